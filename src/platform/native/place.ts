// Puts embedded files on the disk, whole or not at all: written under another name, compared with the digest the build
// took, renamed. What lies there already is compared before it is used, and replaced where it differs.
import { createHash, randomBytes } from 'node:crypto';
import {
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { type EmbeddedFile, NativeError } from './parts.ts';

/** Read and unpacked at once. */
const CHUNK_BYTES = 4 * 2 ** 20;
/** Nobody writes for that long: such a file was left by a process that was killed. */
const ABANDONED_MS = 60 * 60 * 1000;

export interface PlaceDeps {
  /** Bytes of a piece, unpacked. */
  unpack(piece: string): Uint8Array;
  /** Milliseconds since the Unix epoch. */
  now(): number;
}

/**
 * Makes sure that `<folder>/<name>` holds the file. A step at a time, for callers that let others run in between.
 * @returns the absolute path
 * @throws what the disk said, or NativeError when the executable itself is damaged
 */
export function* place(folder: string, file: EmbeddedFile, deps: PlaceDeps): Generator<void, string> {
  const path = join(folder, file.name);
  if (yield* holds(path, file)) return path;
  const home = dirname(path);
  // Code is loaded from here: nobody else may write to it.
  mkdirSync(home, { recursive: true, mode: 0o700 });
  sweep(home, deps.now());
  const temporary = `${path}.${process.pid}-${randomBytes(4).toString('hex')}.part`;
  try {
    yield* write(temporary, file, deps);
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    // Windows does not replace a library that is in use; another process may have put the same one there just now.
    if (error instanceof NativeError || !(yield* holds(path, file))) throw error;
  }
  return path;
}

function* holds(path: string, { bytes, sha256 }: EmbeddedFile): Generator<void, boolean> {
  const found = statSync(path, { throwIfNoEntry: false });
  if (!found?.isFile() || found.size !== bytes) return false;
  const hash = createHash('sha256');
  const chunk = new Uint8Array(Math.min(CHUNK_BYTES, bytes));
  const input = openSync(path, 'r');
  try {
    for (let read = readSync(input, chunk); read > 0; read = readSync(input, chunk)) {
      hash.update(chunk.subarray(0, read));
      yield;
    }
  } finally {
    closeSync(input);
  }
  return hash.digest('hex') === sha256;
}

function* write(path: string, { name, sha256, pieces }: EmbeddedFile, { unpack }: PlaceDeps): Generator<void> {
  const hash = createHash('sha256');
  const output = openSync(path, 'wx', 0o600);
  try {
    for (const piece of pieces) {
      const bytes = unpack(piece);
      hash.update(bytes);
      for (let done = 0; done < bytes.length; ) done += writeSync(output, bytes, done);
      yield;
    }
  } finally {
    closeSync(output);
  }
  if (hash.digest('hex') !== sha256)
    throw new NativeError(`The ${name} inside this executable is damaged: download Engram again.`);
}

function sweep(folder: string, now: number): void {
  for (const name of readdirSync(folder)) {
    if (!name.endsWith('.part')) continue;
    const found = statSync(join(folder, name), { throwIfNoEntry: false });
    if (found && now - found.mtimeMs > ABANDONED_MS) rmSync(join(folder, name), { force: true });
  }
}

/** `1.2.3-linux-x64`. The data folder is people's own: what is not named like this is not ours. */
const VERSION_FOLDER = /^\d+\.\d+\.\d+[\w.+-]*-(?:linux|darwin|windows)-(?:x64|arm64)(?:-musl)?$/;

/** Removes what other versions have put beside `<parent>/<current>`; one that is still running keeps what it has loaded. */
export function removeOthers(parent: string, current: string): void {
  for (const name of readdirSync(parent)) {
    if (name === current || !VERSION_FOLDER.test(name)) continue;
    // Windows keeps libraries that are in use: the next start tries again.
    try {
      rmSync(join(parent, name), { recursive: true, force: true });
    } catch {}
  }
}

/** All steps at once. */
export function finish<T>(steps: Generator<void, T>): T {
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

/** The same, with others having their turn between steps. */
export async function finishInTurns<T>(steps: Generator<void, T>): Promise<T> {
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
}
