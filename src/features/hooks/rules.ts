// Reads what each agent says in its own way into one form. Pure, and strict about nothing: what is odd is passed over.
import { parseTime } from '../../core/clock.ts';
import type { Agent, HookInput } from './contract.ts';

export const EVENTS = [
  'session-start',
  'user-prompt',
  'pre-tool',
  'post-tool',
  'pre-compact',
  'stop',
  'session-end',
] as const;
export type HookEvent = (typeof EVENTS)[number];

export interface SaidTurn {
  readonly role: 'user' | 'assistant';
  readonly content: string;
  /** Epoch milliseconds. */
  readonly at: number;
}

export interface Heard {
  readonly event: HookEvent;
  /** By the name that the agent has for the event, where it said one. */
  readonly native: string;
  readonly session_id: string | null;
  readonly cwd: string | null;
  readonly project: string | null;
  readonly source: string | null;
  readonly prompt: string | null;
  readonly tool: string;
  /** What a shell is about to run, or has run. */
  readonly command: string | null;
  readonly tool_input: unknown;
  readonly tool_response: unknown;
  readonly last_assistant_message: string | null;
  /** Null where none came along, which is not the same as that nothing was said. */
  readonly turns: readonly SaidTurn[] | null;
}

/** Names of events without capitals and separators. */
const EVENT_NAMES: Readonly<Record<string, HookEvent>> = {
  sessionstart: 'session-start',
  userpromptsubmit: 'user-prompt',
  userprompt: 'user-prompt',
  beforesubmitprompt: 'user-prompt',
  beforeagent: 'user-prompt',
  pretooluse: 'pre-tool',
  pretool: 'pre-tool',
  beforetool: 'pre-tool',
  beforeshellexecution: 'pre-tool',
  posttooluse: 'post-tool',
  posttool: 'post-tool',
  aftertool: 'post-tool',
  aftershellexecution: 'post-tool',
  precompact: 'pre-compact',
  precompress: 'pre-compact',
  stop: 'stop',
  afteragent: 'stop',
  sessionend: 'session-end',
};
const CLAUDE_NAMES: Readonly<Record<HookEvent, string>> = {
  'session-start': 'SessionStart',
  'user-prompt': 'UserPromptSubmit',
  'pre-tool': 'PreToolUse',
  'post-tool': 'PostToolUse',
  'pre-compact': 'PreCompact',
  stop: 'Stop',
  'session-end': 'SessionEnd',
};
const GEMINI_NAMES: Partial<Record<HookEvent, string>> = {
  'user-prompt': 'BeforeAgent',
  'pre-tool': 'BeforeTool',
  'post-tool': 'AfterTool',
  'pre-compact': 'PreCompress',
  stop: 'AfterAgent',
};

const SHELLS = /^(?:bash|shell|local_?shell|powershell|run_shell_command|exec_command|run_terminal_cmd|terminal)$/i;
const MAX_PROMPT_CHARS = 20_000;
const MAX_COMMAND_CHARS = 100_000;

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Text that can be stored, or null for none. */
export function textOf(value: unknown, max: number): string | null {
  if (typeof value !== 'string') return null;
  const text = value.replaceAll('\0', '').slice(0, max).toWellFormed().trim();
  return text === '' ? null : text;
}

/** `command` of most agents, a list of words of others. */
function commandOf(input: unknown): string | null {
  if (!isObject(input)) return null;
  const said = input.command ?? input.cmd;
  if (!Array.isArray(said)) return textOf(said, MAX_COMMAND_CHARS);
  const words = said.filter((word): word is string => typeof word === 'string');
  // ["bash", "-lc", "…"] says in its last word what runs.
  const script = words.length === 3 && /(?:^|\/)(?:ba|z|da)?sh$/.test(words[0]!) && /^-\w*c$/.test(words[1]!);
  return textOf(script ? words[2] : words.join(' '), MAX_COMMAND_CHARS);
}

function turnsOf(value: unknown): SaidTurn[] | null {
  if (!Array.isArray(value)) return null;
  return value.flatMap((turn): SaidTurn[] => {
    if (!isObject(turn) || (turn.role !== 'user' && turn.role !== 'assistant')) return [];
    const content = textOf(turn.content, MAX_PROMPT_CHARS);
    const at = typeof turn.at === 'string' ? instantOf(turn.at) : null;
    return content === null || at === null ? [] : [{ role: turn.role, content, at }];
  });
}

/** Epoch milliseconds with their fraction of a second, which tells turns of one second apart. */
export function instantOf(text: string): number | null {
  const seconds = parseTime(text);
  if (seconds === null) return null;
  const fraction = /\d:\d\d\.(\d{1,3})/.exec(text)?.[1] ?? '';
  return Math.floor(seconds / 1000) * 1000 + Number(fraction.padEnd(3, '0'));
}

/** @returns null for an event that nothing is done about */
export function heard(agent: Agent, input: HookInput, named: string | undefined): Heard | null {
  const said = textOf(input.hook_event_name, 100);
  const event = EVENT_NAMES[(said ?? named ?? '').toLowerCase().replace(/[^a-z]/g, '')];
  if (event === undefined) return null;
  const fallback = (agent === 'gemini' ? GEMINI_NAMES[event] : undefined) ?? CLAUDE_NAMES[event];
  const roots = Array.isArray(input.workspace_roots) ? input.workspace_roots : [];
  const cwd = textOf(input.cwd, 4_096) ?? textOf(roots[0], 4_096);
  const tool = textOf(input.tool_name, 200) ?? '';
  const shellEvent = agent === 'cursor' && input.command !== undefined;
  return {
    event,
    native: said ?? fallback,
    session_id: textOf(input.session_id ?? input.conversation_id, 200),
    cwd,
    project: textOf(input.project, 200) ?? projectOf(cwd),
    source: textOf(input.source, 50),
    prompt: textOf(input.prompt, MAX_PROMPT_CHARS),
    tool,
    command: shellEvent
      ? textOf(input.command, MAX_COMMAND_CHARS)
      : SHELLS.test(tool)
        ? commandOf(input.tool_input)
        : null,
    tool_input: input.tool_input,
    tool_response: input.tool_response ?? input.tool_output ?? input.output,
    last_assistant_message: textOf(
      input.last_assistant_message ?? input.prompt_response ?? input.text,
      MAX_PROMPT_CHARS,
    ),
    turns: turnsOf(input.turns),
  };
}

export const projectOf = (cwd: string | null): string | null =>
  cwd?.split(/[\\/]+/).findLast((part) => part !== '' && !/^[a-z]:$/i.test(part)) ?? null;

/** What agents put among the words of a user. */
const MACHINE_TAGS =
  /<(system-reminder|command-(?:name|message|args|stdout|contents)|local-command-(?:stdout|stderr|caveat)|bash-(?:input|stdout|stderr)|user-prompt-submit-hook|task-notification|environment_context|user_instructions|user_memory|ide_\w+)\b[^>]*>[\s\S]*?(?:<\/\1>|$)/gi;
const MACHINE_TURN =
  /^(?:\[Request interrupted by user|Caveat: The messages below|This session is being continued from|# AGENTS\.md instructions|\[Image:?\b|<turn_aborted>|API Error\b|\(no content\))/i;

/** What somebody said, without what the agent put in. @returns null when nothing is left */
export function spoken(content: string): string | null {
  const text = content.replace(MACHINE_TAGS, '').trim();
  return text === '' || MACHINE_TURN.test(text) ? null : text;
}

/** Longer ones are pasted: logs and files, of which no sentence is the user's own. */
const MAX_OWN_CHARS = 4_000;
export const isOwnWords = ({ role, content }: SaidTurn): boolean => role === 'user' && content.length <= MAX_OWN_CHARS;

/** Nothing to look up: a word of consent, a command of the agent itself. */
const SHORTEST_PROMPT = 10;
export const isQuestion = (prompt: string): boolean => prompt.length >= SHORTEST_PROMPT && !/^[/!#]\S/.test(prompt);

/** One line of at most `max` characters. */
export function excerpt(text: string, max: number): string {
  const flat = text.replace(/\s+/g, ' ').trim();
  return flat.length <= max
    ? flat
    : `${flat
        .slice(0, max - 1)
        .toWellFormed()
        .replace(/\uFFFD$/, '')
        .trimEnd()}…`;
}
