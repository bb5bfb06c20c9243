// The thin end of an agent's hook: what the agent says on stdin goes to the server, what the server answers goes to stdout.
// The agent waits for this process, so it loads next to nothing, decides nothing, and whatever goes wrong it ends in time with
// exit code 0 and silence: a memory must never be why an agent stops. It talks to a running server only: to open a store takes
// longer than a prompt may be held up, and would lock it against the server that is just starting.
import { appendFileSync, existsSync, mkdirSync, readFileSync, statSync, truncateSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { localKey } from './local-key.ts';

export type HookEnv = Readonly<Record<string, string | undefined>>;

export interface HookWorld {
  /** What stands behind `hook`: an agent and an event, or an event alone. */
  readonly words: readonly string[];
  readonly env: HookEnv;
  readonly cwd: string;
  readonly home: string;
  /** All of standard input, once the agent closes it. */
  stdin(): Promise<string>;
  print(text: string): void;
  /** Milliseconds since the Unix epoch. */
  now(): number;
  /** Milliseconds since the process started: starting it is part of what the agent waits for. */
  elapsed(): number;
}

export const HOOK_AGENTS = ['claude-code', 'codex', 'cursor', 'gemini', 'opencode'] as const;
export type HookAgent = (typeof HOOK_AGENTS)[number];

export const HOOK_LIMIT_MS = 1_500;
const LONGEST_LIMIT_MS = 30_000;
/** Between giving up and having ended. */
const RESERVE_MS = 60;
/** Claude Code gives all hooks at the end of a session so long together. */
const SESSION_END_MS = 1_400;
const MAX_STDIN_CHARS = 16 * 1024 * 1024;
/** What a tool printed is told by its beginning and its end. */
const MAX_TEXT_CHARS = 16_000;
/** Below what the server takes at once. */
const MAX_SENT_CHARS = 1_000_000;
const MAX_LOG_BYTES = 512 * 1024;
const MAX_PARENTS = 40;

/** Events after which the end of the transcript is read. */
const LEARNS = /^(?:stop|precompact|precompress|sessionend|afteragent)$/;
const GUARDS = /^(?:pretooluse|pretool|beforetool|beforeshellexecution)$/;
/** Sessions that a program drives: a person's memory is neither shown to them nor fed by them. Their commands are guarded. */
const DRIVEN = /^(?:sdk|mcp|headless|api)/i;
/** All that an answer to an agent may hold: whatever else listens at the address is not passed on. */
const ANSWERS = new Set([
  ...['hookSpecificOutput', 'systemMessage', 'decision', 'reason', 'context', 'verdict'],
  ...['additional_context', 'permission', 'user_message', 'agent_message'],
]);

/** A reason for the log. */
class GivenUp extends Error {}

type Json = Record<string, unknown>;
const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const plain = (event: string): string => event.toLowerCase().replace(/[^a-z]/g, '');

/** Ends in time, never throws. @returns what was told to the log, null when all went well */
export async function runHook(world: HookWorld): Promise<string | null> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const giveUp = new AbortController();
  try {
    if (isOff(world.env)) return null;
    const limit = limitOf(world);
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(
        () => {
          giveUp.abort();
          reject(new GivenUp(`took longer than ${limit} ms`));
        },
        Math.max(1, limit - RESERVE_MS - world.elapsed()),
      );
    });
    const answer = await Promise.race([ask(world, giveUp.signal), late]);
    if (answer !== null) world.print(`${JSON.stringify(answer)}\n`);
    return null;
  } catch (error) {
    const reason = error instanceof GivenUp ? error.message : `failed: ${String(error).slice(0, 200)}`;
    log(world, reason);
    return reason;
  } finally {
    clearTimeout(timer);
  }
}

const isOff = (env: HookEnv): boolean => /^(?:0|off|false|no)$/i.test(env.ENGRAM_HOOKS?.trim() ?? '');

function limitOf({ env, words }: HookWorld): number {
  const asked = Number(env.ENGRAM_HOOK_TIMEOUT_MS?.trim() || HOOK_LIMIT_MS);
  const limit = Number.isFinite(asked) && asked >= 1 ? Math.min(asked, LONGEST_LIMIT_MS) : HOOK_LIMIT_MS;
  return plain(words.at(-1) ?? '') === 'sessionend' ? Math.min(limit, SESSION_END_MS) : limit;
}

async function ask(world: HookWorld, signal: AbortSignal): Promise<Json | null> {
  const { agent, event: named } = wordsOf(world.words);
  const text = await world.stdin();
  if (text.length > MAX_STDIN_CHARS) throw new GivenUp(`more than ${MAX_STDIN_CHARS} characters came in`);
  const said = parsed(text);
  const event = named ?? (typeof said.hook_event_name === 'string' ? said.hook_event_name : '');
  const kind = plain(event);
  if (DRIVEN.test(world.env.CLAUDE_CODE_ENTRYPOINT ?? '') && !GUARDS.test(kind)) return null;

  const { base, key } = await serverOf(world);
  const body: Json = { ...(shortened(said) as Json), project: projectOf(said.cwd, world.cwd) };
  if (LEARNS.test(kind) && typeof said.transcript_path === 'string') {
    const { turnsAtEnd } = await import('./cli/hooks/transcripts.ts');
    body.turns = turnsAtEnd(agent, said.transcript_path);
  }
  const sent = JSON.stringify(body);
  if (sent.length > MAX_SENT_CHARS) throw new GivenUp(`${sent.length} characters are too many to send`);
  return answerOf(await post(`${base}/hooks/${agent}?event=${encodeURIComponent(event)}`, key, sent, signal));
}

/** `claude-code stop`, or `stop` alone, which is what Claude Code was meant by. */
function wordsOf(words: readonly string[]): { agent: HookAgent; event: string | null } {
  const [first, second] = words;
  const agent = HOOK_AGENTS.find((name) => name === first);
  if (agent) return { agent, event: second ?? null };
  return { agent: 'claude-code', event: first ?? null };
}

function parsed(text: string): Json {
  try {
    const value: unknown = JSON.parse(text);
    if (isObject(value)) return value;
  } catch {
    // Said below, for whatever is no object too.
  }
  throw new GivenUp('what came in is no JSON object');
}

/** Long texts lose their middle, at any depth; the shape stays. */
function shortened(value: unknown, depth = 0): unknown {
  if (typeof value === 'string')
    return value.length <= MAX_TEXT_CHARS
      ? value
      : `${value.slice(0, MAX_TEXT_CHARS * 0.75).toWellFormed()}\n[…]\n${value.slice(-MAX_TEXT_CHARS / 4).toWellFormed()}`;
  if (depth > 20) return null;
  if (Array.isArray(value)) return value.slice(0, 500).map((one) => shortened(one, depth + 1));
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, shortened(one, depth + 1)]));
}

async function serverOf({ env, home }: HookWorld): Promise<{ base: string; key: string | null }> {
  const named = env.ENGRAM_URL?.trim();
  const port = env.ENGRAM_PORT?.trim();
  const given = env.ENGRAM_API_KEY?.trim() || env.ENGRAM_KEY?.trim();
  let base = named || (port && /^[1-9]\d{0,4}$/.test(port) ? `http://127.0.0.1:${port}` : undefined);
  let key = given || null;
  // The file in the working folder is not read: a repository somebody cloned could send the key elsewhere with it.
  const file = env.ENGRAM_CONFIG_FILE?.trim() || join(home, '.config', 'engram', 'config.toml');
  if ((base === undefined || key === null) && existsSync(file)) {
    const { parse } = await import('smol-toml');
    const settings = parse(readFileSync(file, 'utf8')) as Json;
    if (base === undefined && typeof settings.server_url === 'string') base = settings.server_url;
    if (base === undefined && Number.isInteger(settings.port)) base = `http://127.0.0.1:${String(settings.port)}`;
    if (key === null && typeof settings.client_key === 'string') key = settings.client_key;
  }
  base = (base ?? 'http://127.0.0.1:4200').replace(/\/+$/, '');
  if (!/^https?:\/\/./i.test(base)) throw new GivenUp('ENGRAM_URL is no http address');
  const read = (path: string) => (existsSync(path) ? readFileSync(path, 'utf8') : null);
  return { base, key: key ?? localKey({ env, home }, base, read) };
}

/** The name of the repository a folder lies in, also from one of its worktrees; else that of the folder. */
export function projectOf(said: unknown, cwd: string): string {
  const start = typeof said === 'string' && said !== '' ? said : cwd;
  let folder = start;
  for (let i = 0; i < MAX_PARENTS; i++) {
    const git = join(folder, '.git');
    if (existsSync(git)) {
      if (statSync(git).isDirectory()) return basename(folder);
      const main = /^gitdir: (.+?)[\\/]\.git[\\/]worktrees[\\/]/m.exec(readFileSync(git, 'utf8'))?.[1];
      return basename(main ?? folder);
    }
    const parent = dirname(folder);
    if (parent === folder) break;
    folder = parent;
  }
  return basename(start);
}

async function post(url: string, key: string | null, body: string, signal: AbortSignal): Promise<string> {
  const headers: Record<string, string> = { 'content-type': 'application/json', accept: 'application/json' };
  if (key !== null) headers.authorization = `Bearer ${key}`;
  let answer: Response;
  try {
    answer = await fetch(url, { method: 'POST', headers, body, signal, redirect: 'error' });
  } catch (error) {
    const { code, name } = error as { code?: string; name?: string };
    throw new GivenUp(`${new URL(url).origin} did not answer (${code ?? name ?? 'unknown reason'})`);
  }
  const text = await answer.text();
  if (answer.status === 401)
    throw new GivenUp(
      key === null
        ? 'the server wants a key: set ENGRAM_API_KEY'
        : 'the server does not accept the key in ENGRAM_API_KEY',
    );
  if (answer.status !== 200) throw new GivenUp(`the server answered ${answer.status}`);
  return text;
}

/** @returns null where there is nothing to tell */
function answerOf(text: string): Json | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new GivenUp('what answers is not an Engram server');
  }
  if (!isObject(value) || Object.keys(value).some((name) => !ANSWERS.has(name)))
    throw new GivenUp('what answers is not an Engram server');
  return Object.keys(value).length === 0 ? null : value;
}

export const hookLogPath = ({ env, home }: Pick<HookWorld, 'env' | 'home'>): string =>
  env.ENGRAM_HOOK_LOG?.trim() ||
  join(env.XDG_STATE_HOME?.trim() || join(home, '.local', 'state'), 'engram', 'hooks.log');

/** One line, for people who wonder; the agent is told nothing. */
function log(world: HookWorld, reason: string): void {
  try {
    const path = hookLogPath(world);
    mkdirSync(dirname(path), { recursive: true });
    if (existsSync(path) && statSync(path).size > MAX_LOG_BYTES) truncateSync(path, 0);
    const at = new Date(world.now()).toISOString();
    const line = reason.replace(/\s+/g, ' ').slice(0, 500);
    appendFileSync(path, `${at} ${world.words.slice(0, 2).join(' ').slice(0, 80)}: ${line}\n`);
  } catch {
    // A log that cannot be written is no reason to hold anybody up.
  }
}
