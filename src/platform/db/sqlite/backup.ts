// Copies of the database file while it is in use (VACUUM INTO, in a thread), and reading copies through.
// Of the two ways SQLite has, this one: the page by page backup cannot copy an encrypted database, and starts over whenever
// another connection writes. See docs/backup.md.
import { closeSync, existsSync, openSync, readFileSync, readSync, rmSync, statSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { FileCopies, Inspected } from '../../../core/backup.ts';
import { AppError } from '../../../core/errors.ts';
import { keysFileOf } from '../../crypto/key-files.ts';
import type { BackupOutcome, BackupResult, BackupTask } from './backup-worker.ts';
import { type FreeSpace, freeOnDisk, mib } from './compaction.ts';
import type { ConnectionOptions } from './connection.ts';
import { hasLog } from './convert.ts';

async function inThread<T extends BackupTask>(task: T): Promise<BackupResult<T['task']>> {
  const worker = new Worker(new URL('./backup-worker.ts', import.meta.url), { workerData: task });
  const ended = Promise.withResolvers<BackupOutcome>();
  let outcome: BackupOutcome | null = null;
  worker.on('message', (message: BackupOutcome) => {
    outcome = message;
  });
  worker.on('error', ended.reject);
  // Not before its end: the files are closed then.
  worker.on('exit', (code) => {
    if (outcome) ended.resolve(outcome);
    else ended.reject(new Error(`The thread that works on ${task.file.path} ended with exit code ${code}.`));
  });
  const found = await ended.promise;
  if ('result' in found) return found.result as BackupResult<T['task']>;
  throw Object.assign(new Error(found.failure.message), { code: found.failure.code });
}

const codeOf = (error: unknown): string => (error as { code?: string }).code ?? '';

const notDone = (why: string, cause?: unknown): AppError =>
  new AppError('backup_failed', `No backup was made: ${why}`, { cause });

/** Left free on the disk: the memories of the next hours matter more than a copy of the old ones. */
const RESERVE_BYTES = 16 * 2 ** 20;

async function needRoom(file: ConnectionOptions, to: string, freeSpace: FreeSpace): Promise<void> {
  const size = [file.path, `${file.path}-wal`].reduce(
    (sum, path) => sum + (existsSync(path) ? statSync(path).size : 0),
    0,
  );
  const folder = dirname(to);
  const free = await freeSpace(folder);
  if (free < size + RESERVE_BYTES)
    throw notDone(
      `it takes up to ${mib(size)}, and ${folder} has ${mib(free)} left, of which ${mib(RESERVE_BYTES)} stay free.`,
    );
}

function explainWriting(error: unknown, to: string): AppError {
  if (error instanceof AppError) return error;
  const code = codeOf(error);
  const folder = dirname(to);
  if (code.startsWith('SQLITE_FULL') || code === 'ENOSPC') return notDone(`the disk with ${folder} is full.`, error);
  if (/^(SQLITE_CANTOPEN|SQLITE_READONLY|EACCES|EROFS|ENOENT|EPERM)/.test(code))
    return notDone(
      `${folder} cannot be written to. Check that it exists and belongs to this user, or set ENGRAM_BACKUP_DIR.`,
      error,
    );
  if (code.startsWith('SQLITE_CORRUPT') || code.startsWith('SQLITE_NOTADB'))
    return notDone('the database file is damaged. "engram verify" says more; older backups are untouched.', error);
  return notDone(`the disk fails (${(error as Error).message}).`, error);
}

const unusable = (path: string, why: string, cause?: unknown): AppError =>
  new AppError('backup_unusable', `${basename(path)} cannot be used: ${why}`, { cause });

const PLAIN_HEADER = 'SQLite format 3\0';
/** Of the smallest database there can be. */
const LEAST_BYTES = 512;

/** What can be told without opening it as a database, and without its very key. @throws AppError backup_unusable */
export function lookAt({ path, key }: ConnectionOptions, called: string): void {
  let head: Buffer;
  let size: number;
  try {
    const file = openSync(path, 'r');
    try {
      head = Buffer.alloc(100);
      readSync(file, head);
      size = statSync(path).size;
    } finally {
      closeSync(file);
    }
  } catch (error) {
    if (codeOf(error) === 'ENOENT') throw unusable(called, 'there is no such file.', error);
    if (codeOf(error) === 'EISDIR') throw unusable(called, 'it is a folder.', error);
    throw unusable(called, `it cannot be read (${codeOf(error)}).`, error);
  }
  if (size < LEAST_BYTES) throw unusable(called, size === 0 ? 'it is empty.' : 'it is far too short for a database.');
  const plain = head.toString('latin1', 0, 16) === PLAIN_HEADER;
  if (plain && key !== null)
    throw unusable(
      called,
      'it is not encrypted, but this store is. Set ENGRAM_ENCRYPTION_MODE=none to use it as it is; "engram encrypt" encrypts the store afterwards.',
    );
  if (!plain && key === null)
    throw unusable(called, 'it is encrypted (set ENGRAM_ENCRYPTION_MODE and its key), or no database at all.');
  // What a log holds may be more than the file does yet.
  if (!plain || hasLog(path)) return;
  // Bytes 16 and 28 of the header: size of a page, and how many there are.
  const page = head.readUInt16BE(16) === 1 ? 65_536 : head.readUInt16BE(16);
  const expected = head.readUInt32BE(28) * page;
  if (size < expected)
    throw unusable(
      called,
      `it is cut off: ${size.toLocaleString('en-US')} of ${expected.toLocaleString('en-US')} bytes.`,
    );
}

/**
 * Reads all of a file that is said to be a database of Engram.
 * @throws AppError backup_unusable when it cannot even be opened; what is found wrong inside is in the answer
 * @param called what people know it as, where that is not its path
 */
export async function inspectFile(file: ConnectionOptions, called = file.path): Promise<Inspected> {
  lookAt(file, called);
  try {
    return await inThread({ task: 'inspect', file });
  } catch (error) {
    const code = codeOf(error);
    if (code.startsWith('SQLITE_NOTADB'))
      throw unusable(
        called,
        file.key === null
          ? 'it is no database.'
          : 'this key does not open it. It was made under another key, is damaged, or is no database.',
        error,
      );
    if (code.startsWith('SQLITE_CORRUPT')) throw unusable(called, 'it is damaged.', error);
    throw unusable(called, `it cannot be read (${(error as Error).message}).`, error);
  }
}

/** @throws AppError backup_unusable, unless it is sound and of a schema this program knows */
export function needSound(path: string, { problems, schema_version, newest_schema }: Inspected): void {
  if (problems.length > 0) throw unusable(path, `${problems[0]}.`);
  if (schema_version > newest_schema)
    throw unusable(
      path,
      `it has schema version ${schema_version}, made by a newer Engram; this program knows up to ${newest_schema}. Upgrade Engram first.`,
    );
}

export interface FileCopiesOptions {
  /** The database file as it is opened now. */
  file(): ConnectionOptions;
  /** Runs work while no write runs. */
  alone<T>(work: () => Promise<T>): Promise<T>;
  /** Runs work while the file is not replaced. */
  beside<T>(work: () => Promise<T>): Promise<T>;
  freeSpace?: FreeSpace | undefined;
}

export function fileCopies({ file, alone, beside, freeSpace = freeOnDisk }: FileCopiesOptions): FileCopies {
  return {
    async copy(to, options) {
      try {
        await needRoom(file(), to, freeSpace);
        return await beside(() => inThread({ task: 'copy', file: file(), to, options }));
      } catch (error) {
        for (const half of [to, `${to}-journal`, `${to}-wal`, `${to}-shm`]) rmSync(half, { force: true });
        throw explainWriting(error, to);
      }
    },
    keys() {
      const path = keysFileOf(file().path);
      return existsSync(path) ? readFileSync(path, 'utf8') : null;
    },
    inspect: (path) => inspectFile({ ...file(), path }),
    inspectSelf: () => beside(() => inThread({ task: 'inspect', file: file() })),
    checkpoint: () => beside(() => alone(() => inThread({ task: 'checkpoint', file: file() }))),
  };
}
