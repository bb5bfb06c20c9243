// Reads are counted in memory and written in batches: answering a question never waits for the disk.
import { type Fsrs, GOOD } from '../../algo/fsrs.ts';
import { type Clock, formatTime } from '../../core/clock.ts';
import { othersFirst, pause } from '../../core/event-loop.ts';
import type { Logger } from '../../core/log.ts';
import type { Atomically } from '../../core/unit-of-work.ts';
import type { ReviewState, ReviewStore } from '../fsrs/store.ts';
import { reviewed } from './rules.ts';
import type { MemoryStore } from './store.ts';

export const FLUSH_EVERY_MS = 5_000;
/** Memories per transaction, and the time between two: a search that meets a page waits for a part of it, and few meet one. */
const FLUSH_PAGE = 32;
const REST_MS = 50;

export interface TouchDeps {
  atomically: Atomically<{ memories: MemoryStore; reviews: ReviewStore }>;
  fsrs: Fsrs;
  clock: Clock;
  logger: Logger;
  rest?: typeof pause;
}

/** What happened to one memory since the last flush. */
interface Reads {
  user_id: number;
  id: number;
  times: number;
  /** Milliseconds since the epoch, of the last one. */
  at: number;
  /** At least one was a recall. */
  recalled: boolean;
}

export function createTouches({ atomically, fsrs, clock, logger, rest = pause }: TouchDeps) {
  /** By memory; its id names its owner too. */
  let waiting = new Map<number, Reads>();
  let flushing = Promise.resolve();
  const hurry = new AbortController();

  function note(reads: Reads): void {
    const known = waiting.get(reads.id);
    if (!known) {
      waiting.set(reads.id, reads);
      return;
    }
    known.times += reads.times;
    known.at = Math.max(known.at, reads.at);
    known.recalled ||= reads.recalled;
  }
  const noteAll = (user_id: number, ids: readonly number[], recalled: boolean): void => {
    const at = clock.now();
    for (const id of ids) note({ user_id, id, times: 1, at, recalled });
  };

  /** However often it was recalled since the last flush, it is one review. */
  const write = (page: readonly Reads[]): Promise<void> =>
    atomically(async ({ memories, reviews }) => {
      const recalled = page.filter((reads) => reads.recalled);
      const states = new Map<number, ReviewState>();
      for (const [user_id, own] of Map.groupBy(recalled, (reads) => reads.user_id)) {
        const ids = own.map(({ id }) => id);
        for (const state of await reviews.states(user_id, ids)) states.set(state.id, state);
      }
      for (const { user_id, id, times, at } of page) {
        const state = states.get(id);
        if (state) await memories.review(user_id, id, reviewed(state, GOOD, at, fsrs), times, formatTime(at));
        else await memories.touch(user_id, id, times, formatTime(at));
      }
    });

  async function flushWaiting(): Promise<void> {
    const all = [...waiting.values()];
    waiting = new Map();
    let at = 0;
    try {
      for (; at < all.length; at += FLUSH_PAGE) {
        if (at > 0 && !hurry.signal.aborted) await rest(REST_MS, hurry.signal);
        // Pages that follow each other at once would share a turn of the event loop, and requests would wait for all.
        if (at > 0) await othersFirst();
        await write(all.slice(at, at + FLUSH_PAGE));
      }
    } catch (error) {
      for (const reads of all.slice(at)) note(reads);
      logger.warn({ err: error }, 'reads could not be written; they are kept for the next attempt');
    }
  }

  function flush(): Promise<void> {
    flushing = flushing.then(flushWaiting);
    return flushing;
  }

  return {
    /** Shown as an answer to a question: counts as read, and as a review that went well. */
    add: (user_id: number, memory_ids: readonly number[]): void => noteAll(user_id, memory_ids, true),

    /** Looked up by id, which says nothing about how well it is remembered. */
    addLookup: (user_id: number, memory_id: number): void => noteAll(user_id, [memory_id], false),

    /** Writes what has gathered, in small transactions with rests between them, so that nobody waits long; every few seconds. */
    flush,

    /** The same without rests, also for what is being written now; at shutdown. */
    finish(): Promise<void> {
      hurry.abort();
      return flush();
    },
  };
}
export type Touches = ReturnType<typeof createTouches>;
