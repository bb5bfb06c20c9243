// Reads are counted in memory and written in batches: answering a question never waits for the disk.
import { type Clock, formatTime } from '../../core/clock.ts';
import type { Logger } from '../../core/log.ts';
import type { Atomically } from '../../core/unit-of-work.ts';
import type { MemoryStore } from './store.ts';

export const FLUSH_EVERY_MS = 5_000;
const FLUSH_PAGE = 64;

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

    /** Writes what has gathered, in small transactions so that nobody waits long for one; every few seconds and at shutdown. */
    async flush(): Promise<void> {
      if (waiting.size === 0) return;
      const reads = [...waiting].flatMap(([user_id, counts]) =>
        [...counts].map(([id, times]) => ({ user_id, id, times })),
      );
      waiting = new Map();
      const now = formatTime(clock.now());
      try {
        for (let at = 0; at < reads.length; at += FLUSH_PAGE) {
          await atomically(async ({ memories }) => {
            for (const { user_id, id, times } of reads.slice(at, at + FLUSH_PAGE))
              await memories.touch(user_id, id, times, now);
          });
        }
      } catch (error) {
        logger.warn({ err: error }, 'access counts could not be written');
      }
    },
  };
}
export type Touches = ReturnType<typeof createTouches>;
