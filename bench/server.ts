// The real server as a process of its own on a folder of its own: started, measured, killed and started again.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Answered, Obeyed, Order } from './clocked.ts';
import { type Call, caller, expectStatus } from './http.ts';
import { cpuMs, residentMib } from './machine.ts';
import { BenchError } from './options.ts';
import { PROJECT } from './report.ts';

export interface ServerFacts {
  entry: string;
  /** Name, revision, dimensions and pooling of the embedding model; null when there is none. */
  model: string | null;
  reranker: string | null;
  database: string;
  /** ENGRAM_* variables it got, from our caller or chosen by an option; secrets hidden. */
  settings: Record<string, string>;
}

/** ENGRAM_* variables on top of our caller's; null takes one away. */
export type Settings = Readonly<Record<string, string | null>>;

export interface BenchServer {
  readonly url: string;
  readonly dir: string;
  readonly key: string;
  /** Of the last start. */
  readonly facts: ServerFacts;
  /** Calls as the first administrator. */
  call: Call;
  residentMib(): number;
  /** Processor time it has used: less noisy than time passed. Null where that cannot be known. */
  cpuMs(): number | null;
  /** Bytes of everything in the data folder. */
  diskBytes(): number;
  /** Only for servers whose program takes orders, see clocked-server.ts; one at a time. */
  order(order: Order): Promise<Obeyed>;
  /** kill -9: no handler runs, nothing is flushed. */
  kill(): Promise<void>;
  /** Asks it to stop and waits until it has. */
  stop(): Promise<void>;
  /**
   * @param settings for this start and those that follow; as before when left out
   * @returns milliseconds from starting the process to its first 200 from /health/ready
   */
  start(settings?: Settings): Promise<number>;
  /** Stops it and removes the folder. */
  [Symbol.asyncDispose](): Promise<void>;
}

export interface ServerOptions {
  /** Where the folder is made. */
  parent: string | null;
  profile: string | null;
  settings?: Settings;
  /** What runs instead of the program as it is. */
  program?: Program;
}

export interface Program {
  /** From the root of the project; takes the arguments of `engram serve`. */
  entry: string;
  /** Loaded before it; from the root of the project. */
  preload?: string;
}

const START_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 20_000;
/** No limiter shall be what is measured. */
const UNLIMITED = 1_000_000;
/** Chosen by the harness; anything else comes from the caller's environment. */
const OWN = ['ENGRAM_DATA_DIR', 'ENGRAM_HOST', 'ENGRAM_PORT', 'ENGRAM_API_KEY', 'ENGRAM_DB_PATH'];
const SECRET = /KEY|SECRET|PEPPER|URL|PASS/;

const bun = (): string =>
  process.versions.bun ? process.execPath : join(PROJECT, 'node_modules', 'bun', 'bin', 'bun.exe');

export const ENTRY = 'src/main.ts';
/** The value of ENGRAM_EMBEDDING_MODEL that turns the sense of meaning off. */
export const NO_MODEL = 'none';

const running = new Set<ChildProcess>();
const folders = new Set<string>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
  for (const dir of folders) rmSync(dir, { recursive: true, force: true });
});

export function tempFolder(parent: string | null): string {
  if (parent !== null) mkdirSync(parent, { recursive: true });
  const dir = mkdtempSync(join(parent ?? tmpdir(), 'engram-bench-'));
  folders.add(dir);
  return dir;
}

export function removeFolder(dir: string): void {
  rmSync(dir, { recursive: true, force: true });
  folders.delete(dir);
}

/** What our caller set and what an option chose. */
export function engramVariables(settings: Settings): Record<string, string> {
  const callers = Object.entries(process.env).filter(([name]) => name.startsWith('ENGRAM_') && !OWN.includes(name));
  const all = { ...Object.fromEntries(callers), ...settings };
  return Object.fromEntries(Object.entries(all).filter((pair): pair is [string, string] => pair[1] != null));
}

function spawnServer(dir: string, { profile, program }: ServerOptions, settings: Settings): ChildProcess {
  const { PATH = '', TMPDIR, LANG } = process.env;
  // A home and a working folder without settings files: what the machine's owner configured is not what is measured.
  const env: Record<string, string> = { PATH, HOME: dir, ENGRAM_LOG_LEVEL: 'warn', ...engramVariables(settings) };
  if (TMPDIR) env.TMPDIR = TMPDIR;
  if (LANG) env.LANG = LANG;
  const { entry, preload } = program ?? { entry: ENTRY };
  const flags = [
    ...(profile === null ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`]),
    ...(preload === undefined ? [] : ['--preload', join(PROJECT, preload)]),
  ];
  const args = [...flags, join(PROJECT, entry), 'serve', '--port', '0', '--host', '127.0.0.1', '--data-dir', dir];
  // The channel is for orders; a program that listens to none never notices it.
  const child = spawn(bun(), args, { cwd: dir, env, stdio: ['ignore', 'pipe', 'pipe', program ? 'ipc' : 'ignore'] });
  running.add(child);
  child.once('exit', () => running.delete(child));
  return child;
}

/** Waits for the address the server prints; goes on reading afterwards, so that it never blocks on a full pipe. */
function printedUrl(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = '';
    const timer = setTimeout(() => reject(new BenchError(`The server printed no address: ${said}`)), START_TIMEOUT_MS);
    const hear = (chunk: Buffer) => {
      if (said.length < 20_000) said += chunk.toString();
      const url = /https?:\/\/(?:127\.0\.0\.1|localhost|\[::1\]):\d+/.exec(said)?.[0];
      if (!url) return;
      clearTimeout(timer);
      resolve(url);
    };
    child.stdout!.on('data', hear);
    child.stderr!.on('data', hear);
    child.once('exit', (code, signal) => {
      clearTimeout(timer);
      reject(new BenchError(`The server ended (${signal ?? code}) before it listened:\n${said}`));
    });
  });
}

function ordered(child: ChildProcess, order: Order): Promise<Obeyed> {
  return new Promise((resolve, reject) => {
    const settle = (answer: Answered) => {
      child.off('exit', ended);
      if ('error' in answer) reject(new Error(`the server could not ${order.do}: ${answer.error}`));
      else resolve(answer);
    };
    const ended = () => {
      child.off('message', settle);
      reject(new Error(`the server ended while it was to ${order.do}`));
    };
    child.once('message', settle);
    child.once('exit', ended);
    child.send(order);
  });
}

async function untilReady(url: string): Promise<void> {
  const end = performance.now() + START_TIMEOUT_MS;
  for (;;) {
    const answer = await fetch(`${url}/health/ready`).then(
      async (response) => ({ status: response.status, text: await response.text() }),
      (error: Error) => ({ status: 0, text: error.message }),
    );
    if (answer.status === 200) return;
    if (answer.status >= 400 && answer.status !== 503) throw new BenchError(`The server is broken: ${answer.text}`);
    if (performance.now() > end) throw new BenchError(`The server did not become ready: ${answer.text}`);
    await Bun.sleep(2);
  }
}

async function gone(child: ChildProcess | null, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
  if (child === null || child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.kill(signal);
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
  await ended;
  clearTimeout(timer);
}

const bytesIn = (dir: string): number =>
  readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((file) => file.isFile())
    .reduce((sum, file) => sum + statSync(join(file.parentPath, file.name)).size, 0);

/** A slow model loads while the server answers already: waits until it is in use. */
async function modelsInUse(call: Call): Promise<Pick<ServerFacts, 'model' | 'reranker'>> {
  const end = performance.now() + START_TIMEOUT_MS;
  for (;;) {
    const { embedding, reranker } = expectStatus(await call('GET', '/admin/models'), 200).body;
    const waiting = [embedding, reranker].filter((use) => use.wanted !== null && use.active === null);
    if (waiting.length === 0) return { model: embedding.active?.key ?? null, reranker: reranker.active?.key ?? null };
    // The server goes on without a model it cannot use; a figure about it must not.
    const problem = waiting.find((use) => use.problem !== null)?.problem;
    if (problem) throw new BenchError(problem);
    if (performance.now() > end) throw new BenchError(`The server did not load the model ${waiting[0].wanted}.`);
    await Bun.sleep(20);
  }
}

async function factsOf(call: Call, entry: string, settings: Settings): Promise<ServerFacts> {
  const { database } = expectStatus(await call('GET', '/health'), 200).body;
  const shown = Object.entries(engramVariables(settings)).map(([name, value]) => [
    name,
    SECRET.test(name) ? '(hidden)' : value,
  ]);
  return { entry, ...(await modelsInUse(call)), database, settings: Object.fromEntries(shown) };
}

/** Takes the key a new server hands out once, for one without a limit. */
async function firstKey(url: string): Promise<string> {
  const first = expectStatus(await caller(url, null)('POST', '/bootstrap', { name: 'bench' }), 201).body.key as string;
  const asked = { name: 'bench', scopes: 'read,write,admin', rate_limit: UNLIMITED };
  return expectStatus(await caller(url, first)('POST', '/keys', asked), 201).body.key;
}

/** A first start on an empty folder, with the first key taken. */
export async function startServer(options: ServerOptions): Promise<BenchServer> {
  const dir = tempFolder(options.parent);
  let child: ChildProcess | null = null;
  let url = '';
  let settings = options.settings ?? {};
  let facts: ServerFacts;
  let key: string | null = null;
  const start = async (chosen: Settings = settings): Promise<number> => {
    settings = chosen;
    const started = performance.now();
    child = spawnServer(dir, options, settings);
    url = await printedUrl(child);
    await untilReady(url);
    const ms = performance.now() - started;
    key ??= await firstKey(url);
    facts = await factsOf(caller(url, key), options.program?.entry ?? ENTRY, settings);
    return ms;
  };
  try {
    await start();
    return {
      get url() {
        return url;
      },
      dir,
      key: key!,
      get facts() {
        return facts;
      },
      call: (method, path, body) => caller(url, key)(method, path, body),
      residentMib: () => residentMib(child!.pid!),
      cpuMs: () => cpuMs(child!.pid!),
      diskBytes: () => bytesIn(dir),
      order: (order) => ordered(child!, order),
      kill: () => gone(child, 'SIGKILL'),
      stop: () => gone(child, 'SIGTERM'),
      start,
      async [Symbol.asyncDispose]() {
        await gone(child, 'SIGTERM');
        removeFolder(dir);
      },
    };
  } catch (error) {
    await gone(child, 'SIGKILL');
    removeFolder(dir);
    throw error;
  }
}

/** A user of their own, who shares nothing with the others. @returns calls as that user */
export async function newUser(server: BenchServer, username: string): Promise<Call> {
  const user = expectStatus(await server.call('POST', '/users', { username }), 201).body;
  const asked = { name: username, scopes: 'read,write', user_id: user.id, rate_limit: UNLIMITED };
  const made = expectStatus(await server.call('POST', '/keys', asked), 201).body;
  return caller(server.url, made.key);
}

/** Says so at once, rather than after loading for minutes. */
export async function needSearch(call: Call): Promise<void> {
  const reply = await call('POST', '/search', { query: 'hello', limit: 1 });
  if (reply.status === 404) throw new BenchError('This server has no POST /search.');
  expectStatus(reply, 200);
}
