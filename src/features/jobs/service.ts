// Background jobs as an operator sees them: looking, trying again, clearing away, holding lanes back.
import { DAY_MS } from '../../algo/durations.ts';
import { type Clock, formatTime } from '../../core/clock.ts';
import { AppError } from '../../core/errors.ts';
import type { Lane } from '../../core/job.ts';
import { ALL_SERVERS } from '../../core/schedule.ts';
import type { Atomically } from '../../core/unit-of-work.ts';
import type { AccessStore } from '../access/store.ts';
import { KEPT_STATUS, parsePaused, presentJob } from './rules.ts';
import type { JobStore } from './store.ts';

const PAUSED = 'jobs.paused';
const KEEP_DONE_MS = DAY_MS;

type State = Pick<AccessStore, 'state' | 'setState'>;

export interface JobsDeps {
  read: { jobs: JobStore; access: Pick<State, 'state'> };
  atomically: Atomically<{ jobs: JobStore; access: State; lockUser(user_id: number): Promise<void> }>;
  /** Starts due jobs. */
  wake(): void;
  clock: Clock;
}

export function createJobs({ read, atomically, wake, clock }: JobsDeps) {
  const now = () => formatTime(clock.now());
  const daysAgo = (days: number) => formatTime(clock.now() - days * DAY_MS);
  const paused = async (): Promise<string[]> => parsePaused(await read.access.state(PAUSED));

  async function setPaused(lane: Lane, pause: boolean) {
    const lanes = await atomically(async ({ access, lockUser }) => {
      await lockUser(ALL_SERVERS);
      const others = parsePaused(await access.state(PAUSED)).filter((each) => each !== lane);
      const lanes = pause ? [...others, lane].sort() : others;
      await access.setState(PAUSED, lanes.join(','), now());
      return lanes;
    });
    if (!pause) wake();
    return { lane, paused: lanes };
  }

  return {
    async list(status: keyof typeof KEPT_STATUS, { limit, offset }: { limit: number; offset: number }) {
      const kept = KEPT_STATUS[status];
      const [rows, counts] = await Promise.all([read.jobs.list(kept, limit, offset), read.jobs.counts()]);
      return { jobs: rows.map(presentJob), count: rows.length, total: counts[kept], limit, offset, status };
    },

    async stats() {
      const [{ waiting, running, done, failed }, lanes] = await Promise.all([read.jobs.counts(), paused()]);
      return { pending: waiting, running, completed: done, failed, paused: lanes };
    },

    async retry(id: number) {
      const found = await atomically(({ jobs }) => jobs.retry(id));
      if (!found)
        throw new AppError(
          'job_not_found',
          `There is no failed job ${id}. GET /jobs lists those that failed for good.`,
        );
      wake();
      return { retried: true as const, id };
    },

    async purge(older_than_days: number) {
      const purged = await atomically(({ jobs }) => jobs.removeEnded('failed', daysAgo(older_than_days)));
      return { purged, older_than_days };
    },

    async cleanup(older_than_days: number) {
      const deleted = await atomically(({ jobs }) => jobs.removeEnded('done', daysAgo(older_than_days)));
      return { deleted, older_than_days };
    },

    pause: (lane: Lane) => setPaused(lane, true),
    resume: (lane: Lane) => setPaused(lane, false),
    /** Lanes of which nothing is to be started. */
    paused,

    /** Removes what was done more than a day ago. */
    prune: (): Promise<number> => atomically(({ jobs }) => jobs.pruneDone(formatTime(clock.now() - KEEP_DONE_MS))),
  };
}
export type JobsService = ReturnType<typeof createJobs>;
