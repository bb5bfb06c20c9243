// engram graph: what lies around a memory as a tree, or all of it as a file for other programs.
import { exportGraph, neighbourhood } from '../../../features/graph/contract.ts';
import { SPACE } from '../args.ts';
import type { Command, Context } from '../command.ts';
import { EXIT, type ExitCode, usage } from '../failure.ts';
import { graphTree } from '../graph-tree.ts';
import { pipe } from '../pipe.ts';

const FORMATS = ['json', 'graphml', 'dot'] as const;

async function everything(context: Context, word: string): Promise<ExitCode> {
  const { args, machine } = context;
  const format = FORMATS.find((name) => name === word);
  if (!format) throw usage(`--format must be ${FORMATS.join(', ')}, not "${word.slice(0, 80)}".`);
  const query = { format, content: args.has('content') };
  await context.withCall(async (_call, open) => pipe(await open(exportGraph, { query }), machine.out));
  return EXIT.ok;
}

/** `42` and `#42` are memories, as elsewhere; `e3` is an entity, `p1` a project. */
function nodeOf(word: string): string {
  const id = /^(?:#?(\d{1,15})|([mep]\d{1,15}))$/.exec(word);
  if (id) return id[2] ?? `m${id[1]}`;
  throw usage(`"${word.slice(0, 80)}" is neither a memory such as 42 nor an entity such as e3.`);
}

export const graph: Command = {
  name: 'graph',
  summary: 'What lies around a memory, as a tree; or the whole graph as a file',
  operands: '<id>',
  role: 'client',
  flags: [
    { name: 'depth', short: 'd', value: 'links', help: 'How far to walk, 1 to 5; default 2' },
    { name: 'types', value: 'list', help: 'Only links of these types, by commas' },
    { name: 'format', short: 'f', value: 'name', help: 'The whole graph to standard output: json, graphml or dot' },
    { name: 'content', help: 'With --format: whole texts (not in dot)' },
    SPACE,
  ],
  about: [
    'e3 stands for entity 3, p1 for project 1. What hangs together in several ways is shown where it is nearest.',
  ],
  examples: [
    'engram graph 42',
    'engram graph 42 --depth 3 --types follows,updates',
    'engram graph --format graphml > memories.graphml',
  ],
  sought_as: ['network', 'neighborhood', 'neighbourhood', 'tree', 'map'],
  async run(context) {
    const { args, output } = context;
    const [word, ...more] = args.words;
    const format = args.text('format');
    if (format !== null) {
      if (word !== undefined) throw usage('graph takes either an id or --format, which writes the whole graph.');
      return everything(context, format);
    }
    if (args.has('content')) throw usage('--content goes with --format.');
    if (word === undefined || more.length > 0) throw usage('graph takes one id, or --format: engram graph 42');
    const types = args.text('types');
    const depth = args.whole('depth', { min: 1, max: 5 }) ?? 2;
    const params = { id: nodeOf(word) };
    const query = { depth, ...(types !== null && { link_types: types }) };
    const answer = await context.withCall((call) => call(neighbourhood, { params, query }));
    if (output.json) output.data(answer);
    else {
      for (const { before, text } of graphTree(answer)) output.excerptLine(before, text);
      if (!answer.complete) output.remark('There is more than can be shown; a smaller --depth shows all of it.');
    }
    return EXIT.ok;
  },
};
