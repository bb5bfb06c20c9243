// The embedded database: one writing connection behind group commit, one read-only connection, one process per folder.
import { existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { sql } from 'kysely';
import { migrations } from '../../../../migrations/index.ts';
import { type Database, DatabaseError, type Handle, type JobClaim, type JobRow } from '../dialect.ts';
import { isDue } from '../due-jobs.ts';
import { migrate } from '../migrate.ts';
import { fileCopies } from './backup.ts';
import { compactFile, type FreeSpace, measureFile } from './compaction.ts';
import { type ConnectionOptions, explain, openRaw } from './connection.ts';
import { removeHalfCopy } from './convert.ts';
import { describeSqlite } from './describe.ts';
import { sqliteFullText } from './full-text.ts';
import { createGroupCommit } from './group-commit.ts';
import { sqliteIdList } from './id-list.ts';
import { LiveConnection } from './live-connection.ts';
import { rekeyFile } from './rekey.ts';
import { createTurns } from './turns.ts';

export interface SqliteOptions {
  path: string;
  key: string | null;
  synchronous: 'full' | 'normal';
  now: string;
  /** Tests hand in a fuller disk. */
  freeSpace?: FreeSpace;
}

/**
 * Holds an exclusive lock on `<path>.lock` for the life of the process: two programs writing one store would each
 * keep caches the other cannot see. The operating system lets go of it even after `kill -9`.
 */
export function lockFolder(path: string): () => void {
  const lock = openRaw({ path: `${path}.lock`, key: null, synchronous: 'normal', exclusive: true });
  // The file stays: removing it would let a third program lock a new one while a second still waits for the old.
  return () => lock.close();
}

/** Counts up with every row the connection writes, those of triggers and of the full-text index too. */
const writeCounter = (connection: LiveConnection) => (): number =>
  connection.prepare('select total_changes()').pluck().get() as number;

const handleOn = (connection: LiveConnection, { db } = connection, written = writeCounter(connection)): Handle => ({
  db,
  fullText: sqliteFullText(db),
  idList: sqliteIdList,
  async lockUser() {
    // One writer at a time is all SQLite has.
  },
  watchWrites() {
    const before = written();
    return async () => written() > before;
  },
  describe: () => describeSqlite(db),
  async claimJobs({ lane, limit, now, owner, leased_until }: JobClaim): Promise<JobRow[]> {
    const due = db
      .selectFrom('jobs')
      .select('id')
      .where('lane', '=', lane)
      .where(isDue(now))
      .orderBy('run_at')
      .orderBy('id')
      .limit(limit);
    const rows = await db
      .updateTable('jobs')
      .set({ status: 'running', lease_owner: owner, leased_until, started_at: now, attempts: sql`attempts + 1` })
      .where('id', 'in', due)
      .returningAll()
      .execute();
    return rows.sort((a, b) => a.id - b.id);
  },
});

export async function openSqlite(options: SqliteOptions): Promise<Database> {
  const { path } = options;
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new DatabaseError(
      `The folder ${dirname(path)} cannot be created (${(error as Error).message}). Set ENGRAM_DATA_DIR to one that can.`,
      { cause: error },
    );
  }
  const unlock = lockFolder(path);
  let file: ConnectionOptions = { path, key: options.key, synchronous: options.synchronous };
  const opened: LiveConnection[] = [];
  try {
    removeHalfCopy(path);
    const writer = new LiveConnection(openRaw(file));
    opened.push(writer);
    writer.raw.exec('begin immediate');
    try {
      await migrate(
        writer.db as never,
        migrations,
        { family: 'sqlite', id: 'integer', blob: 'blob', real: 'real' },
        options.now,
      );
      writer.raw.exec('commit');
    } catch (error) {
      if (writer.raw.inTransaction) writer.raw.exec('rollback');
      throw explain(error, options);
    }
    const reader = new LiveConnection(openRaw({ ...file, readonly: true }));
    opened.push(reader);
    const commits = createGroupCommit(writer, handleOn(writer));
    const version = (writer.raw.prepare('select sqlite_version() as v').get() as { v: string }).v;
    // Threads open the file for themselves: it is not replaced under them.
    const turns = createTurns();
    let wiped = Promise.resolve();

    return {
      description: `SQLite ${version}${options.key === null ? '' : ' (SQLCipher)'} at ${path}`,
      reader: handleOn(reader),
      atomically: (unit) => commits.run(unit),
      async size() {
        return [path, `${path}-wal`].reduce((sum, file) => sum + (existsSync(file) ? statSync(file).size : 0), 0);
      },
      slack: () => turns.beside(() => measureFile(file)),
      compact: () => commits.alone(() => compactFile(file, options.freeSpace)),
      rekey:
        options.key === null
          ? null
          : (to) =>
              turns.alone(() =>
                commits.alone(async () => {
                  const done = await rekeyFile(file, { writer, reader }, to, options.freeSpace);
                  file = done.file;
                  wiped = done.wiped.catch(() => {});
                }),
              ),
      files: fileCopies({
        ...{ file: () => file, alone: commits.alone, beside: turns.beside },
        freeSpace: options.freeSpace,
      }),
      async check() {
        const rows = reader.raw.pragma('quick_check') as { quick_check: string }[];
        return rows.map((row) => row.quick_check).filter((line) => line !== 'ok');
      },
      async close() {
        await commits.idle();
        await wiped;
        reader.close();
        try {
          writer.raw.pragma('optimize');
        } catch {
          // Statistics are a nicety; on a full disk there are none, and the file closes all the same.
        }
        writer.close();
        unlock();
      },
    };
  } catch (error) {
    for (const connection of opened) connection.close();
    unlock();
    throw error;
  }
}
