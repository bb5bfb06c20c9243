// Reads are counted in memory and written in batches: answering a question never waits for the disk.
import { type Clock, formatTime } from '../../core/clock.ts';
import type { Logger } from '../../core/log.ts';
import type { Atomically } from '../../core/unit-of-work.ts';
import type { MemoryStore } from './store.ts';

export const FLUSH_EVERY_MS = 5_000;

export interface TouchDeps {
  atomically: Atomically<{ memories: MemoryStore }>;
  clock: Clock;
  logger: Logger;
}

export function createTouches({ atomically, clock, logger }: TouchDeps) {
  let waiting = new Map<number, Map<number, number>>();

  return {
    add(user_id: number, memory_ids: readonly number[]): void {
      const counts = waiting.get(user_id) ?? new Map<number, number>();
      for (const id of memory_ids) counts.set(id, (counts.get(id) ?? 0) + 1);
      waiting.set(user_id, counts);
    },

    /** Writes what has gathered; called every few seconds and at shutdown. */
    async flush(): Promise<void> {
      if (waiting.size === 0) return;
      const batch = waiting;
      waiting = new Map();
      const now = formatTime(clock.now());
      try {
        await atomically(async ({ memories }) => {
          for (const [user_id, counts] of batch) {
            for (const [id, times] of counts) await memories.touch(user_id, id, times, now);
          }
        });
      } catch (error) {
        logger.warn({ err: error }, 'access counts could not be written');
      }
    },
  };
}
export type Touches = ReturnType<typeof createTouches>;
