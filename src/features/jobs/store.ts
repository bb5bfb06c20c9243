// All SQL on `jobs`. Enqueued in the transaction that causes the work, so neither exists without the other.
import type { z } from 'zod';
import { type Clock, formatTime } from '../../core/clock.ts';
import type { JobSpec } from '../../core/job.ts';
import type { StoreDb } from '../../core/store-db.ts';

export const JOB_STATUSES = ['waiting', 'running', 'done', 'failed'] as const;
export type JobStatus = (typeof JOB_STATUSES)[number];

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
        .onConflict((oc) => oc.columns(['kind', 'dedupe_key']).where('status', '=', 'waiting').doNothing())
        .executeTakeFirst();
      return (result.numInsertedOrUpdatedRows ?? 0n) > 0n;
    },

    /** Settles a job that this owner still holds; false when its lease went to somebody else. */
    async settle(id: number, owner: string, change: { status: JobStatus; error: string | null; run_at?: string }): Promise<boolean> {
      const finished = change.status === 'done' || change.status === 'failed';
      const result = await db
        .updateTable('jobs')
        .set({ ...change, lease_owner: null, leased_until: null, finished_at: finished ? now() : null })
        .where('id', '=', id)
        .where('status', '=', 'running')
        .where('lease_owner', '=', owner)
        .executeTakeFirst();
      return result.numUpdatedRows > 0n;
    },

    async counts(): Promise<Record<JobStatus, number>> {
      const rows = await db.selectFrom('jobs').select((eb) => ['status', eb.fn.countAll<number>().as('n')]).groupBy('status').execute();
      const counts: Record<JobStatus, number> = { waiting: 0, running: 0, done: 0, failed: 0 };
      for (const row of rows) counts[row.status as JobStatus] = Number(row.n);
      return counts;
    },

    async pruneDone(before: string): Promise<number> {
      const result = await db.deleteFrom('jobs').where('status', '=', 'done').where('finished_at', '<', before).executeTakeFirst();
      return Number(result.numDeletedRows);
    },
  };
}
export type JobStore = ReturnType<typeof jobStore>;
