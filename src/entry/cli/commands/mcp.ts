import { nearest } from '../../../algo/nearest.ts';
import { readToolGroups, TOOL_GROUP_NAMES } from '../../../config/tool-groups.ts';
import { localKey } from '../../local-key.ts';
import { SPACE } from '../args.ts';
import { type Command, type Context, noWords } from '../command.ts';
import { CliError, EXIT, type ExitCode, usage } from '../failure.ts';

export const mcp: Command = {
  name: 'mcp',
  summary: 'Give an AI agent this memory, over standard input and output',
  role: 'client',
  starts_store: true,
  flags: [
    { name: 'tools', value: 'groups', help: `Groups of tools to list beside the default ones: ${TOOL_GROUP_NAMES}` },
    SPACE,
    { name: 'print-config', value: 'client', help: 'Print what belongs into the settings of a client, and end' },
    {
      name: 'transport',
      value: 'stdio',
      help: 'Only stdio; "engram serve" answers MCP over HTTP at /mcp',
      hidden: true,
    },
  ],
  about: [
    'Clients of the Model Context Protocol start this themselves; it runs until they close its standard input.',
    'Calls go to the server, or, when none is up, to the store itself, which other windows, hooks and commands can use meanwhile.',
  ],
  examples: [
    'claude mcp add engram -- engram mcp',
    'engram mcp --print-config cursor',
    'ENGRAM_URL=https://engram.example.com ENGRAM_API_KEY=eg_… engram mcp --tools graph,memory',
  ],
  sought_as: ['stdio', 'model-context-protocol', 'agent'],
  async run(context) {
    noWords(context, 'mcp');
    const { args } = context;
    const transport = args.text('transport') ?? 'stdio';
    if (transport !== 'stdio')
      throw usage('mcp speaks over stdio. For HTTP run "engram serve" and use its address /mcp.');
    const tools = args.text('tools');
    if (tools !== null && readToolGroups(tools) === null)
      throw usage(`--tools ${tools.slice(0, 80)} names no groups; there are ${TOOL_GROUP_NAMES}.`);
    const client = args.text('print-config');
    return client === null ? serve(context, tools) : printConfig(context, client, tools);
  },
};

async function serve(context: Context, tools: string | null): Promise<ExitCode> {
  const { machine } = context;
  const stopped = machine.untilStopped();
  const [{ bridge }, { createLink }, { openOwnStore }] = await Promise.all([
    import('../../mcp/bridge.ts'),
    import('../../mcp/link.ts'),
    import('../../mcp/own-store.ts'),
  ]);
  const { base, chosen, key, ofServer } = context.reach();
  const remark = (text: string) => machine.err.write(`engram: ${text}\n`);
  const link = createLink({
    ...{ base, chosen, isLocked: machine.isLocked },
    key: () => key ?? localKey(machine, base, (path) => machine.readFile(path)),
    openStore: () => openOwnStore(machine, { config: ofServer(), key, remark }),
    pause: (ms) => machine.host.pause(ms),
  });
  const listed = tools ?? context.settings().mcp_tools.join(',');
  const space = context.args.text('space');
  const explain = (error: unknown): string => {
    if (error instanceof CliError) return error.message;
    const known = machine.explain(error, context.settings());
    if (known === null) remark(String((error as { stack?: string }).stack ?? error));
    return known ?? 'Something unforeseen went wrong; the standard error of "engram mcp" has the details.';
  };
  const talk = bridge({
    ...{ link, explain, path: '/mcp' },
    input: machine.stdin.bytes(),
    write: (text) => machine.out.write(text),
    headers: {
      ...(listed !== '' && { 'x-engram-tools': listed }),
      ...(space !== null && { 'x-space': encodeURIComponent(space) }),
    },
    pause: (ms) => machine.host.pause(ms),
  });
  if (machine.stdin.isTTY)
    remark('Waiting for a client of the Model Context Protocol. "engram mcp --help" says how to set one up.');
  try {
    await Promise.race([talk, stopped]);
  } finally {
    await link.close();
  }
  return EXIT.ok;
}

function printConfig(context: Context, client: string, tools: string | null): Promise<ExitCode> {
  return import('../../mcp/snippets.ts').then(({ CLIENT_NAMES, snippetFor }) => {
    const { machine, output } = context;
    const { base, chosen, ofServer } = context.reach();
    const words = ['mcp', ...(chosen ? [] : ['--data-dir', ofServer().data_dir]), ...(tools ? ['--tools', tools] : [])];
    const query = tools ? `?tools=${encodeURIComponent(tools)}` : '';
    const snippet = snippetFor(client.toLowerCase(), {
      command: [...machine.host.program, ...words],
      url: chosen ? `${base}/mcp${query}` : null,
    });
    if (!snippet) {
      const guess = nearest(client.toLowerCase(), CLIENT_NAMES);
      throw usage(
        `"${client.slice(0, 80)}" is no client known here${guess ? `; did you mean ${guess}?` : '.'} There are ${CLIENT_NAMES.join(', ')}.`,
      );
    }
    if (output.json) output.data(snippet);
    else output.line(snippet.text);
    machine.err.write(`This belongs into ${snippet.file}.\n`);
    return EXIT.ok;
  });
}
