// All SQL on `jobs`. Enqueued in the transaction that causes the work, so neither exists without the other.
import { type Expression, type ExpressionBuilder, type SqlBool, sql } from 'kysely';
import type { z } from 'zod';
import { type Clock, formatTime } from '../../core/clock.ts';
import type { JobSpec } from '../../core/job.ts';
import type { StoreDb } from '../../core/store-db.ts';
import type { JobTable, Schema } from '../../core/tables.ts';

export const JOB_STATUSES = ['waiting', 'running', 'done', 'failed'] as const;
export type JobStatus = (typeof JOB_STATUSES)[number];

export type JobRow = { [K in keyof JobTable]: K extends 'id' ? number : JobTable[K] };

/** The same work does not wait already. */
const noTwinWaits = (eb: ExpressionBuilder<Schema, 'jobs'>): Expression<SqlBool> =>
  eb.not(
    eb.exists(
      eb
        .selectFrom('jobs as twin')
        .select('twin.id')
        .whereRef('twin.kind', '=', 'jobs.kind')
        .whereRef('twin.dedupe_key', '=', 'jobs.dedupe_key')
        .where('twin.status', '=', 'waiting'),
    ),
  );

export function jobStore(db: StoreDb, clock: Clock) {
  const now = () => formatTime(clock.now());
  return {
    /** @returns false when the same work was waiting already */
    async enqueue<P extends z.ZodType>(spec: JobSpec<P>, payload: z.output<P>, runAt?: string): Promise<boolean> {
      const created_at = now();
      const result = await db
        .insertInto('jobs')
        .values({
          kind: spec.kind,
          lane: spec.lane,
          dedupe_key: spec.dedupe(payload),
          payload: JSON.stringify(payload),
          status: 'waiting',
          attempts: 0,
          max_attempts: spec.attempts,
          run_at: runAt ?? created_at,
          created_at,
        })
        // Written out: with a bound value the partial index could not be told to be the one that is meant.
        .onConflict((oc) => oc.columns(['kind', 'dedupe_key']).where('status', '=', sql.lit('waiting')).doNothing())
        .executeTakeFirst();
      if ((result.numInsertedOrUpdatedRows ?? 0n) > 0n) return true;
      // The one that waits may wait for its next try; what is wanted now need not.
      await db
        .updateTable('jobs')
        .set({ run_at: runAt ?? created_at })
        .where('kind', '=', spec.kind)
        .where('dedupe_key', '=', spec.dedupe(payload))
        .where('status', '=', sql.lit('waiting'))
        .where('run_at', '>', runAt ?? created_at)
        .execute();
      return false;
    },

    /**
     * Settles a job that this owner still holds; false when its lease went to somebody else. One that should be tried
     * again is done instead when the same work was enqueued meanwhile: that one runs sooner.
     */
    async settle(
      id: number,
      owner: string,
      change: { status: JobStatus; error: string | null; run_at?: string; attempts?: number },
    ): Promise<boolean> {
      const again = change.status === 'waiting';
      const held = db
        .updateTable('jobs')
        .where('id', '=', id)
        .where('status', '=', 'running')
        .where('lease_owner', '=', owner);
      const released = { ...change, lease_owner: null, leased_until: null, finished_at: again ? null : now() };
      const result = await held
        .set(released)
        .$if(again, (qb) => qb.where(noTwinWaits))
        .executeTakeFirst();
      if (result.numUpdatedRows > 0n || !again) return result.numUpdatedRows > 0n;
      const given = await held.set({ ...released, status: 'done', finished_at: now() }).executeTakeFirst();
      return given.numUpdatedRows > 0n;
    },

    /** Newest first. */
    newest: (kind: string, limit: number): Promise<{ status: string; error: string | null; payload: string }[]> =>
      db
        .selectFrom('jobs')
        .where('kind', '=', kind)
        .select(['status', 'error', 'payload'])
        .orderBy('id', 'desc')
        .limit(limit)
        .execute(),

    async counts(): Promise<Record<JobStatus, number>> {
      const rows = await db
        .selectFrom('jobs')
        .where('status', 'in', JOB_STATUSES)
        .select((eb) => ['status', eb.fn.countAll<number>().as('n')])
        .groupBy('status')
        .execute();
      const counts: Record<JobStatus, number> = { waiting: 0, running: 0, done: 0, failed: 0 };
      for (const row of rows) counts[row.status as JobStatus] = Number(row.n);
      return counts;
    },

    /** Those that ended last first, then the newest. */
    list: (status: JobStatus, limit: number, offset: number): Promise<JobRow[]> =>
      db
        .selectFrom('jobs')
        .where('status', '=', status)
        .selectAll()
        .orderBy('finished_at', 'desc')
        .orderBy('id', 'desc')
        .limit(limit)
        .offset(offset)
        .execute(),

    /**
     * Has a job that failed for good tried again from the start, now; where the same work waits anyway, that one stands
     * for it. @returns false when there is no failed job of this id
     */
    async retry(id: number): Promise<boolean> {
      const failed = db.updateTable('jobs').where('id', '=', id).where('status', '=', 'failed');
      const again = { status: 'waiting', attempts: 0, error: null, run_at: now(), finished_at: null };
      const result = await failed.set(again).where(noTwinWaits).executeTakeFirst();
      if (result.numUpdatedRows > 0n) return true;
      const given = await failed.set({ status: 'done', finished_at: now() }).executeTakeFirst();
      return given.numUpdatedRows > 0n;
    },

    /** Removes jobs of a status that ended at `until` or earlier. @returns how many went */
    async removeEnded(status: 'done' | 'failed', until: string): Promise<number> {
      const result = await db
        .deleteFrom('jobs')
        .where('status', '=', status)
        .where('finished_at', '<=', until)
        .executeTakeFirst();
      return Number(result.numDeletedRows);
    },

    async pruneDone(before: string): Promise<number> {
      const result = await db
        .deleteFrom('jobs')
        .where('status', '=', 'done')
        .where('finished_at', '<', before)
        .executeTakeFirst();
      return Number(result.numDeletedRows);
    },
  };
}
export type JobStore = ReturnType<typeof jobStore>;
