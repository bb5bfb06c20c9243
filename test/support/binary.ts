// The built executable as somebody meets it who has just downloaded it: in an empty folder, with nothing in its environment.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, readdirSync, symlinkSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import packageJson from '../../package.json' with { type: 'json' };
import { fileName, hostTarget } from '../../scripts/build/targets.ts';
import { tempDir } from './app.ts';
import { type Ran, until } from './cli.ts';

const TARGET = hostTarget()!;
const DIST = join(import.meta.dirname, '../../dist');
export const BINARY = join(DIST, fileName(TARGET, false));
export const LITE = join(DIST, fileName(TARGET, true));
export const VERSION = packageJson.version;
/** Folder of native parts below `native/`. */
export const NATIVE = `${VERSION}-${TARGET.name}`;

export interface BinaryOptions {
  env?: Record<string, string>;
  /** The folder it is started in, and its home. */
  cwd: string;
  file?: string;
  stdin?: string;
}

export const emptyFolder = (): string => mkdtempSync(join(tempDir(), 'empty-'));

/** The executable under another name. */
export function named(name: string, folder: string, how: 'link' | 'copy' = 'link'): string {
  const path = join(folder, name);
  if (how === 'link') symlinkSync(BINARY, path);
  else copyFileSync(BINARY, path);
  return path;
}

export function start(args: readonly string[], { env = {}, cwd, file = BINARY }: BinaryOptions): ChildProcess {
  // Found by its name, as by a shell: the program sees what it was called.
  const path = dirname(file);
  return spawn(basename(file), args, { cwd, env: { PATH: path, HOME: cwd, ...env }, stdio: ['pipe', 'pipe', 'pipe'] });
}

export async function run(args: readonly string[], options: BinaryOptions): Promise<Ran> {
  const child = start(args, options);
  const seen = collect(child);
  child.stdin!.on('error', () => {});
  child.stdin!.end(options.stdin ?? '');
  const [code] = await once(child, 'close');
  return { code, ...seen };
}

function collect(child: ChildProcess): { out: string; err: string } {
  const seen = { out: '', err: '' };
  child.stdout!.setEncoding('utf8').on('data', (text) => (seen.out += text));
  child.stderr!.setEncoding('utf8').on('data', (text) => (seen.err += text));
  return seen;
}

// biome-ignore lint/suspicious/noExplicitAny: answers of every shape
type Answer = any;

export interface BinaryServer {
  url: string;
  pid: number;
  seen: { out: string; err: string };
  /** @returns the parsed answer, of whatever status */
  call(method: string, path: string, body?: unknown): Promise<{ status: number; body: Answer }>;
  /** First call only. */
  bootstrap(): Promise<string>;
  stop(): Promise<number | null>;
}

/** Starts `serve` with its store in `<cwd>/data`. @param key of an administrator, where there is one */
export async function serve(
  options: BinaryOptions & { key?: string; args?: readonly string[] },
): Promise<BinaryServer> {
  const args = [...(options.args ?? ['serve']), '--data-dir', join(options.cwd, 'data'), '--port', '0'];
  const child = start(args, options);
  const seen = collect(child);
  const closed = once(child, 'close') as Promise<[number | null]>;
  const url = await until(() => /listens on (http:\S+)/.exec(seen.out)?.[1], child, seen);
  let key = options.key ?? '';
  const call = async (method: string, path: string, body?: unknown) => {
    const response = await fetch(`${url}${path}`, {
      method,
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    return { status: response.status, body: (await response.json()) as Answer };
  };
  return {
    url,
    pid: child.pid!,
    seen,
    call,
    async bootstrap() {
      const { body } = await call('POST', '/bootstrap');
      key = body.api_key;
      return key;
    },
    async stop() {
      child.kill('SIGTERM');
      return (await closed)[0];
    },
  };
}

/** What lies in the folder of native parts, the model left out. */
export const nativeFiles = (data: string): string[] =>
  readdirSync(join(data, 'native', NATIVE))
    .filter((name) => !name.startsWith('engram-mini'))
    .sort();
