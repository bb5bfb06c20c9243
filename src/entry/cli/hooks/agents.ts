// The agents whose hooks can be set up: where they keep their configuration, and how they want a hook written down.
import { join } from 'node:path';
import { HOOK_AGENTS, type HookAgent } from '../../hook.ts';
import { type Edit, type HookEntry, jsonHooks, jsonServer, ownFile, tomlBlock } from './edits.ts';
import { OPENCODE_MARK, opencodePlugin } from './opencode.ts';

export { HOOK_AGENTS, type HookAgent };

export interface Place {
  readonly home: string;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: string;
  /** For this folder only. */
  readonly project: boolean;
}

export interface Wish {
  /** The words that start this program. */
  readonly program: readonly string[];
  /** Where hooks of type `http` go; null for commands. */
  readonly http: string | null;
}

export interface Configuration {
  readonly hooks: { readonly path: string; readonly edit: Edit };
  readonly mcp: { readonly path: string; readonly edit: Edit };
  /** What is left for people to do. */
  readonly note: string | null;
}

/** Seconds after which an agent gives up by itself: never reached, since a hook ends long before. */
const TIMEOUT_S = 5;

export const quoted = (words: readonly string[], platform: string): string => {
  if (platform !== 'win32')
    return words.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`)).join(' ');
  return words.map((word) => (/^[\w@%+=:,./\\-]+$/.test(word) ? word : `"${word}"`)).join(' ');
};

/** Where PowerShell runs the line: a path in quotes would only be printed. */
const forPowerShell = (line: string, platform: string): string =>
  platform === 'win32' && line.startsWith('"') ? `& ${line}` : line;

const serverEntry = ([command, ...args]: readonly string[]) => ({ command, args: [...args, 'mcp'] });

function claudeCode({ home, cwd, env, project }: Place, { program, http }: Wish): Configuration {
  const folder = env.CLAUDE_CONFIG_DIR?.trim() || join(home, '.claude');
  const [command, ...first] = program;
  // Words of their own and no shell: nothing to quote, on any system.
  const run = (event: string, more: object = {}) => ({
    ...{ type: 'command', command, args: [...first, 'hook', 'claude-code', event], timeout: TIMEOUT_S },
    ...more,
  });
  const call = (event: string, more: object = {}) =>
    http === null
      ? run(event, more)
      : {
          ...{ type: 'http', url: `${http}/hooks/claude-code`, timeout: TIMEOUT_S },
          headers: { Authorization: 'Bearer $ENGRAM_API_KEY' },
          allowedEnvVars: ['ENGRAM_API_KEY'],
        };
  const group = (event: string, handler: object, matcher?: string): HookEntry => ({
    event,
    entry: { ...(matcher === undefined ? {} : { matcher }), hooks: [handler] },
  });
  const background = { async: true };
  return {
    hooks: {
      // The path of a program is of one machine: it does not belong into the file that a team shares.
      path: project ? join(cwd, '.claude', 'settings.local.json') : join(folder, 'settings.json'),
      edit: jsonHooks([
        // Claude Code calls no HTTP hook at the start of a session.
        group('SessionStart', run('session-start')),
        group('UserPromptSubmit', call('user-prompt-submit')),
        group('PreToolUse', call('pre-tool-use'), 'Bash'),
        group('PostToolUse', call('post-tool-use', background), 'Bash|AskUserQuestion'),
        group('PreCompact', call('pre-compact')),
        group('Stop', call('stop', background)),
        group('SessionEnd', call('session-end')),
      ]),
    },
    mcp: {
      path: project ? join(cwd, '.mcp.json') : join(env.CLAUDE_CONFIG_DIR?.trim() || home, '.claude.json'),
      edit: jsonServer('mcpServers', serverEntry(program)),
    },
    note: http === null ? null : 'Claude Code reads the key from ENGRAM_API_KEY: set it where you start Claude Code.',
  };
}

function codex({ home, cwd, env, platform, project }: Place, { program }: Wish): Configuration {
  const folder = project ? join(cwd, '.codex') : env.CODEX_HOME?.trim() || join(home, '.codex');
  const path = join(folder, 'config.toml');
  const [command, ...args] = program;
  const hook = (event: string, name: string, matcher?: string): string[] => [
    `[[hooks.${event}]]`,
    ...(matcher === undefined ? [] : [`matcher = ${JSON.stringify(matcher)}`]),
    `[[hooks.${event}.hooks]]`,
    'type = "command"',
    `command = ${JSON.stringify(quoted([...program, 'hook', 'codex', name], platform))}`,
    `timeout = ${TIMEOUT_S}`,
  ];
  return {
    hooks: {
      path,
      edit: tomlBlock('hooks', [
        ...hook('SessionStart', 'session-start'),
        ...hook('UserPromptSubmit', 'user-prompt-submit'),
        ...hook('PreToolUse', 'pre-tool-use', '^Bash$'),
        ...hook('PostToolUse', 'post-tool-use', '^Bash$'),
        ...hook('Stop', 'stop'),
      ]),
    },
    mcp: {
      path,
      edit: tomlBlock(
        'mcp',
        ['[mcp_servers.engram]', `command = ${JSON.stringify(command)}`, `args = ${JSON.stringify([...args, 'mcp'])}`],
        ({ mcp_servers }) => typeof mcp_servers === 'object' && mcp_servers !== null && 'engram' in mcp_servers,
      ),
    },
    note: 'Codex runs new hooks once you have looked at them: type /hooks in Codex.',
  };
}

function cursor({ home, cwd, platform, project }: Place, { program }: Wish): Configuration {
  const folder = join(project ? cwd : home, '.cursor');
  const hook = (event: string, name: string): HookEntry => ({
    event,
    entry: {
      command: forPowerShell(quoted([...program, 'hook', 'cursor', name], platform), platform),
      timeout: TIMEOUT_S,
    },
  });
  return {
    hooks: {
      path: join(folder, 'hooks.json'),
      edit: jsonHooks(
        [
          hook('sessionStart', 'session-start'),
          hook('beforeSubmitPrompt', 'before-submit-prompt'),
          hook('beforeShellExecution', 'before-shell-execution'),
          hook('afterShellExecution', 'after-shell-execution'),
          hook('stop', 'stop'),
          hook('sessionEnd', 'session-end'),
        ],
        { version: 1 },
      ),
    },
    mcp: { path: join(folder, 'mcp.json'), edit: jsonServer('mcpServers', serverEntry(program)) },
    note: null,
  };
}

function gemini({ home, cwd, platform, project }: Place, { program }: Wish): Configuration {
  const path = join(project ? cwd : home, '.gemini', 'settings.json');
  const hook = (event: string, name: string, matcher?: string): HookEntry => ({
    event,
    entry: {
      ...(matcher === undefined ? {} : { matcher }),
      hooks: [
        {
          ...{ name: 'engram', type: 'command' },
          command: forPowerShell(quoted([...program, 'hook', 'gemini', name], platform), platform),
          // Here milliseconds.
          timeout: TIMEOUT_S * 1000,
        },
      ],
    },
  });
  const SHELL = 'run_shell_command';
  return {
    hooks: {
      path,
      edit: jsonHooks([
        hook('SessionStart', 'session-start'),
        hook('BeforeAgent', 'before-agent'),
        hook('BeforeTool', 'before-tool', SHELL),
        hook('AfterTool', 'after-tool', SHELL),
        hook('AfterAgent', 'after-agent'),
        hook('PreCompress', 'pre-compress'),
        hook('SessionEnd', 'session-end'),
      ]),
    },
    mcp: { path, edit: jsonServer('mcpServers', serverEntry(program)) },
    note: null,
  };
}

function opencode({ home, cwd, env, project }: Place, { program }: Wish): Configuration {
  const folder = project ? cwd : join(env.XDG_CONFIG_HOME?.trim() || join(home, '.config'), 'opencode');
  return {
    hooks: {
      path: join(folder, project ? '.opencode' : '', 'plugins', 'engram.js'),
      edit: ownFile(opencodePlugin(), OPENCODE_MARK),
    },
    mcp: {
      path: join(folder, 'opencode.json'),
      edit: jsonServer('mcp', { type: 'local', command: [...program, 'mcp'], enabled: true }),
    },
    note: null,
  };
}

const CONFIGURATIONS = { 'claude-code': claudeCode, codex, cursor, gemini, opencode } satisfies Record<
  HookAgent,
  (place: Place, wish: Wish) => Configuration
>;

export const configurationOf = (agent: HookAgent, place: Place, wish: Wish): Configuration =>
  CONFIGURATIONS[agent](place, wish);
