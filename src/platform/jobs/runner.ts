// The only loop that runs background work: claim, run, settle, sleep until woken or due.
import { type Clock, formatTime } from '../../core/clock.ts';
import { Interrupted, type JobHandler, LANES, type Lane } from '../../core/job.ts';
import type { Logger } from '../../core/log.ts';
import { messageOf } from '../../core/thrown.ts';
import type { JobStore } from '../../features/jobs/store.ts';
import type { JobClaim, JobRow } from '../db/dialect.ts';

const LEASE_MS = 5 * 60_000;
const POLL_MS = 30_000;
const FIRST_RETRY_MS = 2_000;
const LAST_RETRY_MS = 10 * 60_000;

export interface RunnerDeps {
  atomically<T>(
    unit: (stores: { jobs: JobStore; claimJobs(claim: JobClaim): Promise<JobRow[]> }) => Promise<T>,
  ): Promise<T>;
  handlers: readonly JobHandler[];
  /** Enqueues what is due by a schedule, before every claim. */
  tick?: () => Promise<void>;
  /** Lanes of which nothing is to be started. */
  paused?: () => Promise<readonly string[]>;
  clock: Clock;
  owner: string;
  logger: Logger;
}

/** Wait before try n+1: doubles each time, with an upper end. */
export const retryDelayMs = (attempts: number): number => Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** (attempts - 1));

export function createRunner({ atomically, handlers, tick, paused, clock, owner, logger }: RunnerDeps) {
  const byKind = new Map<string, JobHandler>();
  for (const each of handlers) {
    if (byKind.has(each.spec.kind)) throw new Error(`two handlers for job ${each.spec.kind}`);
    byKind.set(each.spec.kind, each);
  }
  const running = new Map<number, Promise<void>>();
  const load: Record<string, number> = {};
  let timer: ReturnType<typeof setTimeout> | null = null;
  let stopped = false;
  let turn: Promise<void> | null = null;
  let again = false;

  async function perform(row: JobRow): Promise<void> {
    let change: Parameters<JobStore['settle']>[2] = { status: 'done', error: null };
    try {
      const found = byKind.get(row.kind);
      if (!found) throw new Error(`no handler for job ${row.kind}`);
      await found.run(found.spec.payload.parse(JSON.parse(row.payload)));
    } catch (error) {
      if (error instanceof Interrupted) {
        const again = { status: 'waiting', error: null, run_at: row.run_at, attempts: row.attempts - 1 } as const;
        await atomically(({ jobs }) => jobs.settle(row.id, owner, again));
        return;
      }
      const message = messageOf(error);
      const last = row.attempts >= row.max_attempts;
      logger.warn(
        { err: error, kind: row.kind, job: row.id, attempt: row.attempts },
        last ? 'job failed for good' : 'job failed; it will be tried again',
      );
      change = last
        ? { status: 'failed', error: message }
        : { status: 'waiting', error: message, run_at: formatTime(clock.now() + retryDelayMs(row.attempts)) };
    }
    await atomically(({ jobs }) => jobs.settle(row.id, owner, change));
  }

  function start(row: JobRow): void {
    load[row.lane] = (load[row.lane] ?? 0) + 1;
    const work = perform(row)
      .catch((error) => logger.error({ err: error, job: row.id }, 'job could not be settled; its lease will expire'))
      .finally(() => {
        load[row.lane] = load[row.lane]! - 1;
        running.delete(row.id);
        wake();
      });
    running.set(row.id, work);
  }

  /** Claims what the lanes have room for. @returns how many were started */
  async function claim(): Promise<number> {
    let started = 0;
    await tick?.();
    const resting = (await paused?.()) ?? [];
    for (const lane of Object.keys(LANES) as Lane[]) {
      const limit = LANES[lane] - (load[lane] ?? 0);
      if (limit <= 0 || resting.includes(lane)) continue;
      const at = clock.now();
      const rows = await atomically(({ claimJobs }) =>
        claimJobs({ lane, limit, now: formatTime(at), owner, leased_until: formatTime(at + LEASE_MS) }),
      );
      rows.forEach(start);
      started += rows.length;
    }
    return started;
  }

  function wake(): void {
    if (stopped) return;
    if (turn) {
      // It may have looked at the lanes just before there was something to find.
      again = true;
      return;
    }
    again = false;
    turn = claim()
      .catch((error) => {
        logger.error({ err: error }, 'jobs could not be claimed');
        return 0;
      })
      .then(() => {
        turn = null;
        if (timer) clearTimeout(timer);
        if (again) return wake();
        if (!stopped) {
          timer = setTimeout(wake, POLL_MS);
          timer.unref?.();
        }
      });
  }

  return {
    wake,
    /** Runs everything that is due, to the end. For tests and for shutdown of short programs. */
    async drain(): Promise<void> {
      for (;;) {
        while (turn) await turn;
        await Promise.all(running.values());
        if (running.size === 0 && !turn && (await claim()) === 0) return;
      }
    },
    /** Claims nothing more and waits for what runs. */
    async close(): Promise<void> {
      stopped = true;
      if (timer) clearTimeout(timer);
      while (turn) await turn;
      await Promise.all(running.values());
    },
  };
}
export type Runner = ReturnType<typeof createRunner>;
