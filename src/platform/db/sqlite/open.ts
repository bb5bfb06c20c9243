// The embedded database: one writing connection behind group commit, one read-only connection, one process per folder.
import { existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { sql } from 'kysely';
import { migrations } from '../../../../migrations/index.ts';
import { type Database, DatabaseError, type Db, type Handle, type JobClaim, type JobRow } from '../dialect.ts';
import { isDue } from '../due-jobs.ts';
import { migrate } from '../migrate.ts';
import { fileCopies } from './backup.ts';
import { compactFile, type FreeSpace, measureFile } from './compaction.ts';
import { type ConnectionOptions, explain, kyselyOn, openRaw, type Raw } from './connection.ts';
import { removeHalfCopy } from './convert.ts';
import { describeSqlite } from './describe.ts';
import { sqliteFullText } from './full-text.ts';
import { createGroupCommit } from './group-commit.ts';
import { sqliteIdList } from './id-list.ts';

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
const writeCounter = (raw: Raw): (() => number) => {
  const counter = raw.prepare('select total_changes()').pluck();
  return () => counter.get() as number;
};

const handleOn = (db: Db, written: () => number): Handle => ({
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
  let writer: Raw | null = null;
  let reader: Raw | null = null;
  try {
    removeHalfCopy(path);
    writer = openRaw({ path, key: options.key, synchronous: options.synchronous });
    const writing = kyselyOn(writer);
    writer.exec('begin immediate');
    try {
      await migrate(
        writing as never,
        migrations,
        { family: 'sqlite', id: 'integer', blob: 'blob', real: 'real' },
        options.now,
      );
      writer.exec('commit');
    } catch (error) {
      if (writer.inTransaction) writer.exec('rollback');
      throw explain(error, options);
    }
    reader = openRaw({ path, key: options.key, synchronous: options.synchronous, readonly: true });
    const reading = kyselyOn(reader);
    const commits = createGroupCommit(writer, handleOn(writing, writeCounter(writer)));
    const version = (writer.prepare('select sqlite_version() as v').get() as { v: string }).v;
    const [rawWriter, rawReader] = [writer, reader];
    const file: ConnectionOptions = { path, key: options.key, synchronous: options.synchronous };

    return {
      description: `SQLite ${version}${options.key === null ? '' : ' (SQLCipher)'} at ${path}`,
      reader: handleOn(reading, writeCounter(rawReader)),
      atomically: (unit) => commits.run(unit),
      async size() {
        return [path, `${path}-wal`].reduce((sum, file) => sum + (existsSync(file) ? statSync(file).size : 0), 0);
      },
      slack: () => measureFile(file),
      compact: () => commits.alone(() => compactFile(file, options.freeSpace)),
      files: fileCopies({ file: () => file, alone: commits.alone, freeSpace: options.freeSpace }),
      async check() {
        const rows = rawReader.pragma('quick_check') as { quick_check: string }[];
        return rows.map((row) => row.quick_check).filter((line) => line !== 'ok');
      },
      async close() {
        await commits.idle();
        rawReader.close();
        try {
          rawWriter.pragma('optimize');
        } catch {
          // Statistics are a nicety; on a full disk there are none, and the file closes all the same.
        }
        rawWriter.close();
        unlock();
      },
    };
  } catch (error) {
    reader?.close();
    writer?.close();
    unlock();
    throw error;
  }
}
