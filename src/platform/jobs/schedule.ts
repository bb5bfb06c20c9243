// Enqueues periodic jobs when they are due. When each ran last is kept in the database, so restarts change nothing.
import { type Clock, formatTime, parseTime } from '../../core/clock.ts';
import { ALL_SERVERS, type Schedule } from '../../core/schedule.ts';
import type { AccessStore } from '../../features/access/store.ts';
import type { JobStore } from '../../features/jobs/store.ts';

type State = Pick<AccessStore, 'state' | 'setState'>;

export interface SchedulerDeps {
  read: { access: Pick<State, 'state'> };
  atomically<T>(
    unit: (stores: {
      access: State;
      jobs: Pick<JobStore, 'enqueue'>;
      lockUser(user_id: number): Promise<void>;
    }) => Promise<T>,
  ): Promise<T>;
  schedules: readonly Schedule[];
  clock: Clock;
}

const kindOf = ({ handler }: Schedule): string => handler.spec.kind;

/** Epoch milliseconds of the last start; null when it was never due, or the text is none of ours. */
const lastOf = async (state: Pick<State, 'state'>, schedule: Schedule): Promise<number | null> => {
  const text = await state.state(`schedule.${kindOf(schedule)}`);
  return text === undefined ? null : parseTime(text);
};

/** A last start far ahead was written under a clock that ran wrong; waiting for it could take for ever. */
const isDue = (last: number | null, { every_ms }: Schedule, now: number): boolean =>
  last === null || Math.abs(now - last) >= every_ms;

export function createScheduler({ read, atomically, schedules, clock }: SchedulerDeps) {
  const kinds = new Set(schedules.map(kindOf));
  if (kinds.size < schedules.length) throw new Error('two schedules for one kind of job');
  /** Until when the database need not be asked. */
  const quiet = new Map<Schedule, number>();

  return {
    /**
     * Enqueues what is due; asked before every claim, so it is quick while nothing is. What was never seen before counts
     * from now: a database that was just made needs no sweeping.
     */
    async tick(): Promise<void> {
      const now = clock.now();
      const due: Schedule[] = [];
      for (const schedule of schedules) {
        if (now < (quiet.get(schedule) ?? Number.NEGATIVE_INFINITY)) continue;
        const last = await lastOf(read.access, schedule);
        if (isDue(last, schedule, now)) due.push(schedule);
        else quiet.set(schedule, last! + schedule.every_ms);
      }
      if (due.length === 0) return;
      await atomically(async ({ access, jobs, lockUser }) => {
        await lockUser(ALL_SERVERS);
        for (const schedule of due) {
          // Another server may have been quicker.
          const last = await lastOf(access, schedule);
          if (!isDue(last, schedule, now)) continue;
          if (last !== null) await jobs.enqueue(schedule.handler.spec, {});
          await access.setState(`schedule.${kindOf(schedule)}`, formatTime(now), formatTime(now));
        }
      });
    },
  };
}
export type Scheduler = ReturnType<typeof createScheduler>;
