// Writes that arrive together share one commit: with synchronous=FULL the disk flush is the price of a commit, not of a write.
import { AppError } from '../../../core/errors.ts';
import { othersFirst } from '../../../core/event-loop.ts';
import type { Handle } from '../dialect.ts';
import { quotaProblem } from '../quota-problem.ts';
import type { LiveConnection } from './live-connection.ts';

/** Units per commit: bounds how long the first one waits for the last. */
const MAX_BATCH = 256;
/** Units allowed to wait; beyond that callers are told to come back. */
const MAX_WAITING = 10_000;

interface Waiting {
  unit(handle: Handle): Promise<unknown>;
  resolve(value: never): void;
  reject(reason: unknown): void;
}

/** Statements that break the schema, or are none: defects, not a failing disk. */
const OURS = /^SQLITE_(?:CONSTRAINT|ERROR|MISMATCH|MISUSE|RANGE)/;

/** What a caller may know: that the database failed, not where it lies. A broken rule of the schema is our own defect. */
function told(error: unknown): unknown {
  const quota = quotaProblem(error);
  if (quota) return quota;
  const code = (error as { code?: string }).code ?? '';
  if (error instanceof AppError || !code.startsWith('SQLITE_') || OURS.test(code)) return error;
  const why = code.startsWith('SQLITE_FULL') ? 'the disk is full' : 'the disk or the database file fails';
  return new AppError(
    'database_unavailable',
    `The database cannot be written: ${why}. Nothing of this request was stored.`,
    { cause: error },
  );
}

/**
 * Queue of units over the single writing connection. Each runs in its own savepoint, so a failing one leaves the others
 * whole; nobody is answered before the shared commit is on disk.
 */
export function createGroupCommit(connection: LiveConnection, handle: Handle) {
  const queue: Waiting[] = [];
  /** Never rejects. */
  const alone: (() => Promise<void>)[] = [];
  let draining: Promise<void> | null = null;
  const saying = (sql: string) => () => void connection.prepare(sql).run();
  const [begin, commit, rollback] = [saying('begin immediate'), saying('commit'), saying('rollback')];
  const [savepoint, release, undo] = [saying('savepoint unit'), saying('release unit'), saying('rollback to unit')];

  async function runBatch(batch: readonly Waiting[]): Promise<void> {
    const settle: (() => void)[] = [];
    try {
      begin();
      for (const { unit, resolve, reject } of batch) {
        savepoint();
        try {
          const value = await unit(handle);
          release();
          settle.push(() => resolve(value as never));
        } catch (error) {
          // A full disk or a failing one makes SQLite roll back everything: then nobody in the batch may be told "stored".
          if (!connection.raw.inTransaction) throw error;
          undo();
          release();
          settle.push(() => reject(told(error)));
        }
      }
      commit();
    } catch (error) {
      if (connection.raw.inTransaction) rollback();
      const reason = told(error);
      for (const { reject } of batch) reject(reason);
      return;
    }
    for (const done of settle) done();
  }

  async function drain(): Promise<void> {
    // One turn of the event loop lets requests that arrived together queue up together.
    await othersFirst();
    while (queue.length + alone.length > 0) {
      const work = alone.shift();
      await (work ? work() : runBatch(queue.splice(0, MAX_BATCH)));
    }
    draining = null;
  }

  return {
    run<T>(unit: (handle: Handle) => Promise<T>): Promise<T> {
      if (queue.length >= MAX_WAITING) {
        return Promise.reject(
          new AppError('database_unavailable', 'Too many writes are waiting; try again in a moment.'),
        );
      }
      return new Promise<T>((resolve, reject) => {
        queue.push({ unit, resolve: resolve as (value: never) => void, reject });
        draining ??= drain();
      });
    },
    /** Runs work that is no unit while no unit runs: those that come meanwhile wait for its end. */
    alone<T>(work: () => Promise<T>): Promise<T> {
      return new Promise<T>((resolve, reject) => {
        alone.push(() => work().then(resolve, reject));
        draining ??= drain();
      });
    },
    /** Resolves when nothing waits any more. */
    async idle(): Promise<void> {
      while (draining) await draining;
    },
  };
}
