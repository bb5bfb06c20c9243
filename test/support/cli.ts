// Runs the real program in a process of its own, with nothing in its environment but what a test puts there.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { run } from '../../src/entry/cli/run.ts';
import { thisHost } from '../../src/platform/host.ts';
import { tempDir } from './app.ts';

const MAIN = join(import.meta.dirname, '../../src/main.ts');
const DEADLINE_MS = 20_000;

export interface Ran {
  code: number | null;
  out: string;
  err: string;
}

export interface RunOptions {
  env?: Record<string, string>;
  cwd?: string;
  /** Piped in; without it standard input is empty. */
  stdin?: string | Uint8Array;
}

export const spawnEngram = (args: readonly string[], { env = {}, cwd = tempDir() }: RunOptions): ChildProcess =>
  spawn(process.execPath, [MAIN, ...args], { cwd, env: { HOME: cwd, ...env }, stdio: ['pipe', 'pipe', 'pipe'] });

function collect(child: ChildProcess): { out: string; err: string } {
  const seen = { out: '', err: '' };
  child.stdout!.setEncoding('utf8').on('data', (text) => (seen.out += text));
  child.stderr!.setEncoding('utf8').on('data', (text) => (seen.err += text));
  return seen;
}

export async function engram(args: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const child = spawnEngram(args, options);
  const seen = collect(child);
  child.stdin!.on('error', () => {}); // The program may end without reading what it does not need.
  child.stdin!.end(options.stdin ?? '');
  const [code] = await once(child, 'close');
  return { code, ...seen };
}

/** The command line in this process, for what ends before it needs a server or a store: a hundred times faster. */
export async function dryRun(args: readonly string[], options: Pick<RunOptions, 'env' | 'cwd'> = {}): Promise<Ran> {
  const { env = {}, cwd = '/nowhere' } = options;
  const seen = { out: '', err: '' };
  const terminal = (side: 'out' | 'err') => ({ isTTY: false, write: (text: string) => void (seen[side] += text) });
  const refuse = () => {
    throw new Error('a dry run does not get this far');
  };
  const inspect = { runtime: refuse, folder: refuse, database: refuse, model: refuse, llm: refuse };
  const code = await run({
    ...{ argv: args, env, cwd, home: cwd, version: '0.0.0', now: () => 0 },
    ...{ stdin: { isTTY: true, bytes: refuse }, out: terminal('out'), err: terminal('err') },
    ...{ settle: (config) => config },
    ...{ readFile: () => null, storeExists: () => false, isLocked: () => false, explain: () => null },
    ...{
      openApp: refuse,
      listen: refuse,
      untilStopped: refuse,
      models: refuse,
      vault: refuse,
      newStoreKey: refuse,
      backups: refuse,
      inspect,
      host: { ...thisHost(), runProgram: refuse, writeFile: refuse, makeFolder: refuse, remove: refuse },
    },
  });
  return { code, ...seen };
}

export interface Running {
  child: ChildProcess;
  url: string;
  port: number;
  /** Everything printed so far. */
  seen: { out: string; err: string };
  /** @returns the exit code, null when the signal itself ended it */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
  /** Runs a command against this server. */
  call(args: readonly string[], options?: RunOptions): Promise<Ran>;
}

/** Starts `engram serve` on any free port and waits until it says where it listens. */
export async function serve(dir: string, options: RunOptions & { args?: readonly string[] } = {}): Promise<Running> {
  const args = ['serve', '--data-dir', dir, '--port', '0', ...(options.args ?? [])];
  const child = spawnEngram(args, { ...options, cwd: options.cwd ?? dir });
  const seen = collect(child);
  const closed = once(child, 'close') as Promise<[number | null]>;
  const url = await until(() => /listens on (http:\S+)/.exec(seen.out)?.[1], child, seen);
  return {
    child,
    url,
    port: Number(new URL(url).port),
    seen,
    async stop(signal = 'SIGTERM') {
      child.kill(signal);
      return (await closed)[0];
    },
    call: (words, more = {}) => engram(['--server', url, ...words], more),
  };
}

/** Waits for output, not for time. */
export async function until<T>(
  find: () => T | undefined,
  child: ChildProcess,
  seen: { out: string; err: string },
): Promise<T> {
  const deadline = AbortSignal.timeout(DEADLINE_MS);
  for (;;) {
    const found = find();
    if (found !== undefined) return found;
    if (child.exitCode !== null) throw new Error(`The program ended with ${child.exitCode}: ${seen.out}${seen.err}`);
    const more = [once(child.stdout!, 'data', { signal: deadline }), once(child, 'close', { signal: deadline })];
    await Promise.race(
      more.map((event) => event.catch(() => Promise.reject(new Error(`Waited in vain: ${seen.out}${seen.err}`)))),
    );
  }
}

/** Test files run beside each other, each with its own copy of this: somewhere else for each. */
let nextPort = 12_000 + Math.floor(Math.random() * 18_000);

/**
 * A port nobody listens on, from below those the system hands out by itself: one of these could be taken again, by any
 * connection of a test beside this one, before it is used.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = nextPort++;
    const server = createServer();
    const free = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false));
      server.listen(port, '127.0.0.1', () => resolve(true));
    });
    if (!free) continue;
    server.close();
    await once(server, 'close');
    return port;
  }
}

export async function occupyPort(): Promise<{ server: Server; port: number }> {
  const server = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, port: (server.address() as { port: number }).port };
}
