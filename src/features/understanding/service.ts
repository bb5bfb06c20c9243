// Every stored memory is read once, in the background, by a list of steps; what they find is written in one unit.

import { type Clock, formatTime } from '../../core/clock.ts';
import { othersFirst } from '../../core/event-loop.ts';
import { handler, Interrupted, type JobHandler } from '../../core/job.ts';
import type { Logger } from '../../core/log.ts';
import type { Scope } from '../../core/scope.ts';
import type { Atomically } from '../../core/unit-of-work.ts';
import type { JobStore } from '../jobs/store.ts';
import type { MemoryRow } from '../memory/rules.ts';
import type { MemoryStore } from '../memory/store.ts';
import { understand } from './contract.ts';
import type { Neighbour } from './neighbours.ts';
import type { UnderstandingStore } from './store.ts';

/** A memory as the steps see it. */
export interface Subject {
  readonly row: MemoryRow;
  /** The version it replaced; its findings are to be taken over or ended. */
  readonly previous: MemoryRow | null;
  /** Recallable memories around it, nearest first; looked for once, and only if a step asks. */
  near(): Promise<readonly Neighbour[]>;
  /** core/clock text. */
  readonly now: string;
}

export type Write<Stores> = (stores: Stores) => Promise<void>;

/**
 * Reads a memory for one kind of thing. Looks, computes and may ask models; what it returns is written together with what
 * the other steps found. It may run again for the same memory, so a write replaces what an earlier one left.
 */
export interface Step<Stores> {
  readonly name: string;
  read(subject: Subject): Promise<Write<Stores> | null>;
}

interface Stores {
  memories: Pick<MemoryStore, 'byId'>;
  understanding: UnderstandingStore;
  jobs: Pick<JobStore, 'enqueue'>;
}

export interface UnderstandingDeps<S extends Stores> {
  read: Pick<S, 'memories' | 'understanding'>;
  atomically: Atomically<S>;
  enabled: boolean;
  neighbours(row: MemoryRow): Promise<Neighbour[]>;
  steps: readonly Step<S>[];
  /** Requests answered so far: while there are new ones, the work takes a small share of the time. */
  requests(): number;
  wake(): void;
  clock: Clock;
  logger: Logger;
}

const PAGE = 32;
/** While requests come in, it rests so many times as long as it worked. */
const REST = 9;
const LONGEST_REST_MS = 500;

export function createUnderstanding<S extends Stores>(deps: UnderstandingDeps<S>) {
  const { read, atomically, enabled, neighbours, steps, requests, wake, clock, logger } = deps;
  /** Users for whom a job waits or runs: it will find what comes in meanwhile. */
  const awaited = new Set<number>();
  let stopped = false;

  async function readOne(user_id: number, id: number): Promise<void> {
    const row = await read.memories.byId(user_id, id);
    if (!row || row.is_latest === 0) {
      await atomically(({ understanding }) => understanding.remove(user_id, [id]));
      return;
    }
    const parent = row.parent_memory_id;
    const previous = parent === null ? null : ((await read.memories.byId(user_id, parent)) ?? null);
    let found: Promise<readonly Neighbour[]> | null = null;
    const near = () => (found ??= neighbours(row));
    const subject: Subject = { row, previous, near, now: formatTime(clock.now()) };
    const writes: Write<S>[] = [];
    for (const step of steps) {
      try {
        const write = await step.read(subject);
        if (write) writes.push(write);
        await othersFirst();
      } catch (error) {
        logger.warn({ err: error, step: step.name, memory: id }, 'a memory could not be read for this');
      }
    }
    await atomically(async (stores) => {
      // Erased, or changed meanwhile: then its next version is read.
      if ((await stores.memories.byId(user_id, id))?.is_latest === 1) for (const write of writes) await write(stores);
      await stores.understanding.remove(user_id, [id]);
    });
  }

  /** As of the last rest: while a memory is read, few requests get as far as being answered. */
  let answered = requests();
  async function rest(worked_ms: number): Promise<void> {
    const busy = requests() !== answered;
    answered = requests();
    await new Promise((resolve) =>
      busy ? setTimeout(resolve, Math.min(LONGEST_REST_MS, worked_ms * REST)) : setImmediate(resolve),
    );
  }

  async function readAll(user_id: number): Promise<void> {
    let after = 0;
    for (;;) {
      const page = await read.understanding.page(user_id, after, PAGE);
      if (page.length === 0) return;
      for (const id of page) {
        if (stopped) throw new Interrupted();
        const started = performance.now();
        await readOne(user_id, id);
        await rest(performance.now() - started);
      }
      after = page.at(-1)!;
    }
  }

  /** After commit: what was stored is read soon. */
  async function soon(user_id: number): Promise<void> {
    if (!enabled || stopped || awaited.has(user_id)) return;
    awaited.add(user_id);
    await atomically(({ jobs }) => jobs.enqueue(understand, { user_id }));
    wake();
  }

  return {
    enabled,
    soon,

    /** What a stopped or killed program left. */
    async resume(): Promise<void> {
      for (const user_id of await read.understanding.users()) await soon(user_id);
    },

    jobs: [
      handler(understand, async ({ user_id }) => {
        // From here on, what is stored may come too late for this run.
        awaited.delete(user_id);
        await readAll(user_id);
      }),
    ] as JobHandler[],

    async state({ user_id }: Scope) {
      return { enabled, waiting: await read.understanding.count(user_id), steps: steps.map(({ name }) => name) };
    },

    async again(scope: Scope) {
      await atomically(({ understanding }) => understanding.addAll(scope.user_id));
      await soon(scope.user_id);
      return this.state(scope);
    },

    /** Ends the work at the next memory; what is left waits for the next start. */
    stop(): void {
      stopped = true;
    },
  };
}
export type Understanding = Pick<ReturnType<typeof createUnderstanding>, 'state' | 'again'>;
