// engram hooks: sets coding agents up to use this memory, and takes that back.

import { runHook } from '../../hook.ts';
import { withActions } from '../actions.ts';
import { loopbackUrl } from '../address.ts';
import type { Context } from '../command.ts';
import { EXIT, type ExitCode, usage } from '../failure.ts';
import { type Configuration, configurationOf, HOOK_AGENTS, type HookAgent, type Place } from '../hooks/agents.ts';
import {
  backupOf,
  type FileChange,
  hasOurs,
  install,
  installedText,
  type Outcome,
  readText,
  uninstall,
} from '../hooks/files.ts';

const PROJECT = { name: 'project', help: 'For the folder you are in, instead of for you everywhere' };
const MCP = { name: 'mcp', help: 'Register the MCP server with the agent too' };
const HTTP = { name: 'http', help: 'claude-code: let it call the server itself, without starting a program' };

function placeOf({ machine: { home, cwd, env }, args }: Context): Place {
  return { home, cwd, env, platform: process.platform, project: args.has('project') };
}

function agentsOf({ args }: Context, action: string, all: boolean): readonly HookAgent[] {
  const { words } = args;
  if (words.length === 0 && all) return HOOK_AGENTS;
  if (words.length === 0) throw usage(`hooks ${action} needs an agent: one or more of ${HOOK_AGENTS.join(', ')}.`);
  return words.map((word) => {
    const agent = HOOK_AGENTS.find((name) => name === word);
    if (agent) return agent;
    throw usage(`"${word.slice(0, 80)}" is not an agent whose hooks are known: ${HOOK_AGENTS.join(', ')}.`);
  });
}

const wishOf = (context: Context, http: boolean) => ({
  program: context.machine.host.program,
  http: http ? serverOf(context) : null,
});

function serverOf(context: Context): string {
  const { server_url, host, port } = context.settings();
  return server_url === 'http://127.0.0.1:4200' && port !== 0 ? loopbackUrl(host, port) : server_url;
}

/** The files of one agent, each once, with all of ours that it may hold. */
function changesOf({ hooks, mcp }: Configuration): FileChange[] {
  return hooks.path === mcp.path
    ? [{ path: hooks.path, edits: [hooks.edit, mcp.edit] }]
    : [
        { path: hooks.path, edits: [hooks.edit] },
        { path: mcp.path, edits: [mcp.edit] },
      ];
}

const SAID: Readonly<Record<Outcome, string>> = {
  written: 'written',
  unchanged: 'is as it should be',
  restored: 'is what it was before',
  removed: 'removed',
  absent: 'holds nothing of ours',
};

interface Done {
  agent: HookAgent;
  path: string;
  outcome: Outcome;
  backup: string | null;
}

function tell({ output }: Context, done: readonly Done[], notes: readonly string[] = []): ExitCode {
  if (output.json) output.data({ files: done, notes });
  else {
    for (const { agent, path, outcome, backup } of done)
      output.line(`${agent}: ${path} ${SAID[outcome]}${backup === null ? '' : `; as it was: ${backup}`}`);
    for (const note of notes) output.remark(note);
  }
  return EXIT.ok;
}

async function installAll(context: Context): Promise<ExitCode> {
  const { args } = context;
  const agents = agentsOf(context, 'install', false);
  const http = args.has('http');
  if (http && agents.some((agent) => agent !== 'claude-code'))
    throw usage('--http goes with claude-code only: the others call no server themselves.');
  const place = placeOf(context);
  const done: Done[] = [];
  const notes: string[] = [];
  for (const agent of agents) {
    const configuration = configurationOf(agent, place, wishOf(context, http));
    const { hooks, mcp, note } = configuration;
    for (const change of changesOf(configuration)) {
      const before = readText(change.path) ?? '';
      // What was registered before stays registered.
      const wanted =
        args.has('mcp') ||
        (before !== '' && hasOurs({ ...change, edits: [mcp.edit] }, before) && change.path === mcp.path);
      const chosen = [
        ...(change.path === hooks.path ? [hooks.edit] : []),
        ...(change.path === mcp.path && wanted ? [mcp.edit] : []),
      ];
      if (chosen.length === 0) continue;
      const had = readText(change.path) !== null;
      const outcome = install(change, chosen);
      const backup = had && readText(backupOf(change.path)) !== null ? backupOf(change.path) : null;
      done.push({ agent, path: change.path, outcome, backup });
    }
    if (note !== null) notes.push(note);
  }
  return tell(context, done, notes);
}

async function uninstallAll(context: Context): Promise<ExitCode> {
  const place = placeOf(context);
  const done: Done[] = agentsOf(context, 'uninstall', false).flatMap((agent) =>
    changesOf(configurationOf(agent, place, wishOf(context, false))).map((change) => ({
      ...{ agent, path: change.path, outcome: uninstall(change), backup: null },
    })),
  );
  return tell(context, done);
}

type State = 'installed' | 'other version' | 'not installed' | 'unreadable';

function stateOf(context: Context, agent: HookAgent, place: Place): { path: string; state: State; mcp: boolean } {
  const over = [false, agent === 'claude-code'].map((http) => configurationOf(agent, place, wishOf(context, http)));
  const { hooks, mcp } = over[0]!;
  const has = (path: string, edit: Configuration['hooks']['edit']): boolean => {
    const text = readText(path);
    return text !== null && hasOurs({ path, edits: [edit] }, text);
  };
  try {
    const text = readText(hooks.path) ?? '';
    const registered = has(mcp.path, mcp.edit);
    if (text === '' || !has(hooks.path, hooks.edit))
      return { path: hooks.path, state: 'not installed', mcp: registered };
    const current = over.some((one) => {
      const change = changesOf(one).find(({ path }) => path === one.hooks.path)!;
      const chosen = registered && one.mcp.path === one.hooks.path ? [one.hooks.edit, one.mcp.edit] : [one.hooks.edit];
      return installedText(change, chosen, text) === text;
    });
    return { path: hooks.path, state: current ? 'installed' : 'other version', mcp: registered };
  } catch {
    return { path: hooks.path, state: 'unreadable', mcp: false };
  }
}

async function status(context: Context): Promise<ExitCode> {
  const { output } = context;
  const place = placeOf(context);
  const states = agentsOf(context, 'status', true).map((agent) => ({ agent, ...stateOf(context, agent, place) }));
  if (output.json) output.data({ agents: states });
  else
    output.table(
      ['AGENT', 'HOOKS', 'MCP', 'FILE'],
      states.map(({ agent, state, mcp, path }) => [agent, state, mcp ? 'registered' : '', path]),
    );
  return EXIT.ok;
}

/** What an agent would ask; nothing of it is stored. */
const CANNED = [
  ['session-start', { source: 'startup' }],
  ['user-prompt-submit', { prompt: 'What do you know about this project and its user?' }],
  ['pre-tool-use', { tool_name: 'Bash', tool_input: { command: 'rm -rf /' } }],
] as const;

async function test(context: Context): Promise<ExitCode> {
  const { machine, output } = context;
  const [agent] = agentsOf(context, 'test', true);
  const { server_url, client_key } = context.settings();
  const env = {
    ...machine.env,
    ...{ ENGRAM_URL: server_url, CLAUDE_CODE_ENTRYPOINT: undefined },
    ...(client_key === null ? {} : { ENGRAM_API_KEY: client_key.reveal() }),
  };
  const tried = [];
  for (const [event, input] of CANNED) {
    let answer = '';
    const began = performance.now();
    const problem = await runHook({
      ...{ words: [agent!, event], env, cwd: machine.cwd, home: machine.home, now: () => machine.now() },
      stdin: async () => JSON.stringify({ session_id: 'engram-hooks-test', cwd: machine.cwd, ...input }),
      print: (text) => (answer = text.trim()),
      elapsed: () => performance.now() - began,
    });
    const ms = Math.round(performance.now() - began);
    tried.push({ event, ms, answered: answer !== '', problem });
  }
  if (output.json) output.data({ agent, tried });
  else
    output.table(
      ['EVENT', { name: 'MS', right: true }, 'ANSWER'],
      tried.map(({ event, ms, answered, problem }) => [
        ...[event, String(ms), problem ?? (answered ? 'told the agent something' : 'had nothing to tell')],
      ]),
    );
  return tried.some(({ problem }) => problem !== null) ? EXIT.failed : EXIT.ok;
}

export const hooks = withActions({
  name: 'hooks',
  summary: 'Let coding agents use this memory by themselves',
  role: 'client',
  fallback: 'status',
  about: [
    `Agents: ${HOOK_AGENTS.join(', ')}.`,
    'What is installed tells the agent at the start and with every prompt what is known, checks commands before they run, and',
    'remembers what was done and decided. A hook never holds an agent up: see "engram hook --help".',
  ],
  sought_as: ['claude', 'claude-code', 'codex', 'cursor', 'gemini', 'opencode', 'connect', 'setup', 'plugin'],
  actions: [
    {
      name: 'install',
      operands: '<agent …>',
      summary: 'Write the hooks into the configuration of an agent; the file as it was lies beside it',
      flags: [PROJECT, MCP, HTTP],
      examples: [
        'engram hooks install claude-code --mcp',
        'engram hooks install codex gemini',
        'engram hooks install cursor --project',
      ],
      run: installAll,
    },
    {
      name: 'uninstall',
      operands: '<agent …>',
      summary: 'Take the hooks away again, and the MCP server with them',
      // Who repeats the words that installed it is not told to leave one out.
      flags: [PROJECT, { ...MCP, help: 'Done in any case' }],
      examples: ['engram hooks uninstall claude-code'],
      run: uninstallAll,
    },
    {
      name: 'status',
      operands: '[agent …]',
      summary: 'Which agents are set up',
      flags: [PROJECT],
      examples: ['engram hooks status'],
      run: status,
    },
    {
      name: 'test',
      operands: '[agent]',
      summary: 'Ask the server what an agent would ask',
      examples: ['engram hooks test'],
      run: test,
    },
  ],
});
