// Putting the store under another key while it is in use: reads go on but for the moment in which one file takes the
// place of the other. Whoever calls this keeps writers away.
import { AppError } from '../../../core/errors.ts';
import { DatabaseError } from '../dialect.ts';
import type { FreeSpace } from './compaction.ts';
import { type ConnectionOptions, openRaw } from './connection.ts';
import { overwrite, removeHalfCopy, swapIn, writeCopy } from './convert.ts';
import type { LiveConnection } from './live-connection.ts';

export interface NewKey {
  /** 64 hex digits. */
  key: string;
  /** Runs when the copy is complete, before it takes the place: from here on either key may be the right one. */
  beforeSwap(): void;
}

function notDone(error: unknown): AppError {
  const full = ((error as { code?: string }).code ?? '').startsWith('SQLITE_FULL');
  const why = full ? 'the disk is full.' : 'the disk or the database file fails.';
  const said = error instanceof DatabaseError ? error.message : why;
  return new AppError('database_unavailable', `The key was not changed: ${said}`, { cause: error });
}

/**
 * @param file as both connections have it open
 * @returns the same under the new key, and the work of overwriting the old file, which nobody has to wait for
 * @throws AppError database_unavailable, with everything as it was
 */
export async function rekeyFile(
  file: ConnectionOptions,
  connections: { writer: LiveConnection; reader: LiveConnection },
  { key, beforeSwap }: NewKey,
  freeSpace?: FreeSpace,
): Promise<{ file: ConnectionOptions; wiped: Promise<void> }> {
  const { writer, reader } = connections;
  const { path } = file;
  try {
    // The copy is made of the file alone.
    writer.raw.pragma('wal_checkpoint(TRUNCATE)');
    await writeCopy({ path, from: file.key, to: key, wipe: true, freeSpace });
  } catch (error) {
    throw notDone(error);
  }
  const open = (options: ConnectionOptions) => {
    writer.replace(openRaw(options));
    reader.replace(openRaw({ ...options, readonly: true }));
  };
  // Nothing is awaited from here to the end: nobody meets a closed connection.
  reader.close();
  writer.close();
  let old: number | null;
  try {
    old = swapIn({ path, wipe: true, beforeSwap });
  } catch (error) {
    open(file);
    removeHalfCopy(path);
    throw notDone(error);
  }
  const fresh = { ...file, key };
  open(fresh);
  return { file: fresh, wiped: old === null ? Promise.resolve() : overwrite(old) };
}
