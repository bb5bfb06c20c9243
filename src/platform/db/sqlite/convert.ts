// Puts a copy of a database under another key in its place. Whenever it is cut off, the file at the path is whole and
// under one key or the other: the copy lies beside it until it is complete, checked and on disk, and a rename is atomic.
import {
  chmodSync,
  closeSync,
  existsSync,
  fstatSync,
  fsyncSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { othersFirst } from '../../../core/event-loop.ts';
import { syncFile, syncFolder } from '../../crypto/durable-file.ts';
import { DatabaseError } from '../dialect.ts';
import { type FreeSpace, freeOnDisk, mib } from './compaction.ts';
import { type ConnectionOptions, explain, openRaw } from './connection.ts';
import { inFileThread } from './file-thread.ts';

const copyOf = (path: string): string => `${path}.converting`;

/** Removes the half copy that a conversion leaves when it is cut off. The caller holds the lock of the folder. */
export function removeHalfCopy(path: string): void {
  for (const tail of ['', '-wal', '-shm', '-journal']) rmSync(copyOf(path) + tail, { force: true });
}

export interface Conversion {
  path: string;
  /** 64 hex digits; null = plain. */
  from: string | null;
  to: string | null;
  /** Overwrites the old file's blocks. How far that reaches is up to the file system and the disk. */
  wipe: boolean;
  tell?: ((done_bytes: number, total_bytes: number) => void) | undefined;
  freeSpace?: FreeSpace | undefined;
  /** Runs when the copy is complete, before it takes the place: from here on either key may be the right one. */
  beforeSwap?(): void;
}

const ZEROS = Buffer.alloc(1 << 20);

/** Zeros over a file that has no name any more, a piece at a time, and closes it. */
export async function overwrite(fd: number): Promise<void> {
  try {
    // Somebody else's hard link to the same blocks is not ours to destroy.
    const { size, nlink } = fstatSync(fd);
    if (nlink > 0) return;
    for (let at = 0; at < size; at += ZEROS.length) {
      writeSync(fd, ZEROS, 0, Math.min(ZEROS.length, size - at), at);
      await othersFirst();
    }
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** Moves everything out of the log. @throws when another program keeps it from that: a log must not meet the new file */
export function emptyLog(file: ConnectionOptions): void {
  const raw = openRaw(file);
  try {
    raw.pragma('wal_checkpoint(TRUNCATE)');
  } finally {
    raw.close();
  }
}

export const hasLog = (path: string): boolean => existsSync(`${path}-wal`) && statSync(`${path}-wal`).size > 0;

const notDone = (path: string, why: string, cause?: unknown): DatabaseError =>
  new DatabaseError(`${path} was not changed: ${why}`, { cause });

/** Writes the copy. No one may write to the original meanwhile. @throws DatabaseError with everything as it was */
export async function writeCopy({ path, from, to, tell, freeSpace = freeOnDisk }: Conversion): Promise<void> {
  removeHalfCopy(path);
  const { size, mode } = statSync(path);
  const free = await freeSpace(dirname(path));
  const needed = size + size / 8;
  if (free < needed)
    throw notDone(path, `that takes ${mib(needed)} of free disk space for a while, and there are ${mib(free)}.`);
  const copy = copyOf(path);
  try {
    await inFileThread(
      { task: 'export', file: { path, key: from, synchronous: 'full' }, to: { path: copy, key: to } },
      ({ written_bytes }) => tell?.(Math.min(written_bytes, size), size),
    );
    if (hasLog(copy)) throw new Error('its copy could not be completed');
    chmodSync(copy, mode & 0o777);
    syncFile(copy);
  } catch (error) {
    removeHalfCopy(path);
    const told = explain(error, { path, key: from });
    throw told instanceof DatabaseError ? told : notDone(path, `${told.message}.`, error);
  }
}

/**
 * Nothing may have the file open.
 * @returns the old file, open, where it is to be overwritten: that may take a while, and the new one is in its place already
 */
export function swapIn({ path, wipe, beforeSwap }: Omit<Conversion, 'from' | 'to'>): number | null {
  if (hasLog(path)) throw notDone(path, 'another program reads it. Stop that one and try again.');
  const old = wipe ? openSync(path, 'r+') : null;
  try {
    beforeSwap?.();
    for (const tail of ['-wal', '-shm']) rmSync(path + tail, { force: true });
    renameSync(copyOf(path), path);
    syncFolder(dirname(path));
    return old;
  } catch (error) {
    if (old !== null) closeSync(old);
    throw error;
  }
}

/** The caller holds the lock of the folder. @throws DatabaseError with everything as it was */
export async function convertFile(conversion: Conversion): Promise<void> {
  const { path, from } = conversion;
  emptyLog({ path, key: from, synchronous: 'full' });
  await writeCopy(conversion);
  const old = swapIn(conversion);
  if (old !== null) await overwrite(old);
}
