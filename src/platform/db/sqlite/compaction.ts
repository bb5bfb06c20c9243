// Writing a database file anew without what holds nothing (VACUUM), in a thread: readers go on, and whoever calls this
// keeps writers away meanwhile. It is one transaction: cut off in the middle, even by `kill -9`, it has changed nothing.
import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { AppError } from '../../../core/errors.ts';
import type { Slack } from '../dialect.ts';
import type { CompactionTask } from './compaction-worker.ts';
import type { ConnectionOptions } from './connection.ts';
import { inFileThread } from './file-thread.ts';

/** Bytes that may still be written to the disk of a folder. */
export type FreeSpace = (folder: string) => Promise<number>;

export const freeOnDisk: FreeSpace = async (folder) => {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
};

const inThread = async (task: CompactionTask): Promise<Slack> => {
  const found = await inFileThread(task);
  if ('slack' in found) return found.slack;
  throw new Error(`The thread that works on ${task.file.path} answered something else.`);
};

/** Reads all of the file, in a thread. */
export const measureFile = (file: ConnectionOptions): Promise<Slack> => inThread({ task: 'measure', file });

export const mib = (bytes: number): string => `${Math.ceil(bytes / 2 ** 20).toLocaleString('en-US')} MiB`;

const notDone = (why: string, cause?: unknown): AppError =>
  new AppError('database_unavailable', `The database was not compacted: ${why} Nothing was changed.`, { cause });

/**
 * Writers must be kept away. The file is copied twice before it shrinks: to a temporary place and to its log. Both are
 * counted as if they lay on the same disk, which may ask for too much but lets nobody else run into a full one.
 * @returns how large it is now
 * @throws AppError database_unavailable
 */
export async function compactFile(file: ConnectionOptions, freeSpace: FreeSpace = freeOnDisk): Promise<Slack> {
  try {
    const { size, slack } = await measureFile(file);
    const needed = (size - slack) * (file.key === null ? 2 : 1);
    const free = await freeSpace(dirname(file.path));
    if (free < needed)
      throw notDone(`that takes ${mib(needed)} of free disk space for a while, and there are ${mib(free)}.`);
    return await inThread({ task: 'compact', file });
  } catch (error) {
    if (error instanceof AppError) throw error;
    const { code = '' } = error as { code?: string };
    if (code.startsWith('SQLITE_FULL'))
      throw notDone('the disk with the data folder or with temporary files is full.', error);
    if (code.startsWith('SQLITE_BUSY')) throw notDone('another program is using its file.', error);
    throw notDone('the disk or the database file fails.', error);
  }
}
