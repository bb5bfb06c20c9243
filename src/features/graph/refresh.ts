// Ranks and communities: worked out when enough has changed or enough time has passed, and written where search reads them.

import { HOUR_MS, MINUTE_MS } from '../../algo/durations.ts';
import { indexOf } from '../../algo/graph/csr.ts';
import { ALONE } from '../../algo/graph/keep-names.ts';
import type { GraphCompute, Ranked } from '../../algo/graph/tasks.ts';
import { type Clock, formatTime, parseTime } from '../../core/clock.ts';
import { handler, type JobHandler } from '../../core/job.ts';
import { every, type Schedule } from '../../core/schedule.ts';
import type { Atomically } from '../../core/unit-of-work.ts';
import type { JobStore } from '../jobs/store.ts';
import { refreshGraph } from './contract.ts';
import type { Pace } from './pace.ts';
import type { RankStore } from './rank-store.ts';
import type { Snapshot, Snapshots } from './snapshot.ts';

export interface RefreshSettings {
  /** False: only when asked to. */
  readonly enabled: boolean;
  /** A change waits at most about so long. */
  readonly interval_ms: number;
  /** So many changes do not wait. */
  readonly threshold: number;
}

export interface RefreshDeps {
  read: { ranks: RankStore };
  atomically: Atomically<{ ranks: RankStore; jobs: Pick<JobStore, 'enqueue'> }>;
  snapshots: Snapshots;
  compute: GraphCompute;
  settings: RefreshSettings;
  pace(): Pace;
  clock: Clock;
}

export interface Refreshed {
  memories: number;
  links: number;
  iterations: number;
  /** Communities of two and more. */
  communities: number;
  /** Memories that belong to one. */
  placed: number;
  levels: number;
  modularity: number;
  /** Rows that had to be written. */
  written: number;
}

/** Rows looked at, written or taken away at a time: some milliseconds. */
const PAGE = 1_000;
const COMPARED = 20_000;
/** A rank that moved by less than this share of itself stays as written. */
const NOTICEABLE = 0.01;
const SEED = 1;

/** Aligned with the ids of a snapshot. */
interface Stored {
  ranks: Float64Array;
  communities: Float64Array;
}

export function createRefresh(deps: RefreshDeps) {
  const { read, atomically, snapshots, compute, settings, clock } = deps;
  const underway = new Map<number, Promise<Refreshed>>();

  /** What is written of each memory of the snapshot: 0 and ALONE where nothing is. */
  async function stored(user_id: number, { ids }: Snapshot, pace: Pace): Promise<Stored> {
    const [ranks, communities] = [new Float64Array(ids.length), new Float64Array(ids.length)];
    for (let at = 0; at < ids.length; at += PAGE) {
      for (const row of await read.ranks.ranksOf(user_id, [...ids.subarray(at, at + PAGE)])) {
        const i = indexOf(ids, row.memory_id);
        ranks[i] = row.pagerank;
        communities[i] = row.community_id ?? ALONE;
      }
      await pace.rest();
    }
    return { ranks, communities };
  }

  /** @returns how many rows had to be written */
  async function write(
    user_id: number,
    { ids }: Snapshot,
    { ranks, communities }: Ranked,
    before: Stored,
    pace: Pace,
  ): Promise<number> {
    const changed: { memory_id: number; pagerank: number; community_id: number | null }[] = [];
    for (let i = 0; i < ids.length; i++) {
      const [pagerank, was] = [ranks[i]!, before.ranks[i]!];
      const near = Math.abs(pagerank - was) <= NOTICEABLE * was;
      if (!near || before.communities[i] !== communities[i])
        changed.push({
          memory_id: ids[i]!,
          pagerank,
          community_id: communities[i] === ALONE ? null : communities[i]!,
        });
      if (i % COMPARED === COMPARED - 1) await pace.rest();
    }
    for (let at = 0; at < changed.length; at += PAGE) {
      const page = changed.slice(at, at + PAGE);
      await atomically(({ ranks }) => ranks.put(user_id, page));
      await pace.rest();
    }
    return changed.length;
  }

  async function settle(user_id: number, snapshot: Snapshot, modularity: number, pace: Pace): Promise<void> {
    const gone = [...snapshot.touched].filter((id) => indexOf(snapshot.ids, id) < 0);
    for (let at = 0; at < gone.length; at += PAGE) {
      await atomically(({ ranks }) => ranks.remove(user_id, gone.slice(at, at + PAGE)));
      await pace.rest();
    }
    const changes = [...snapshot.changes];
    const state = { user_id, refreshed_at: formatTime(clock.now()), modularity };
    let generation = 0;
    for (let at = 0; at === 0 || at < changes.length; at += PAGE) {
      if (at > 0) await pace.rest();
      generation = await atomically(({ ranks }) => ranks.settle(user_id, changes.slice(at, at + PAGE), state));
    }
    snapshots.settled(user_id, snapshot, generation);
  }

  async function work(user_id: number): Promise<Refreshed> {
    const pace = deps.pace();
    const snapshot = await snapshots.current(user_id, pace);
    const before = await stored(user_id, snapshot, pace);
    const { ids, edges } = snapshot;
    const found = await compute({ kind: 'rank', ids, edges, earlier: before.communities, seed: SEED });
    const written = await write(user_id, snapshot, found, before, pace);
    await settle(user_id, snapshot, found.modularity, pace);
    return {
      memories: ids.length,
      links: edges.from.length,
      iterations: found.iterations,
      communities: found.community_count,
      placed: found.communities.reduce((n, name) => n + (name === ALONE ? 0 : 1), 0),
      levels: found.levels,
      modularity: found.modularity,
      written,
    };
  }

  /** Now, whatever has changed. Two who ask at once get the same. */
  function refresh(user_id: number): Promise<Refreshed> {
    let working = underway.get(user_id);
    if (!working) {
      working = work(user_id).finally(() => underway.delete(user_id));
      underway.set(user_id, working);
    }
    return working;
  }

  /** Enqueues what is due. Nothing is, where nothing changed. */
  async function check(): Promise<void> {
    if (!settings.enabled) return atomically(({ ranks }) => ranks.fold());
    const now = clock.now();
    let next = await read.ranks.nextChanged(0, settings.threshold);
    while (next) {
      const { user_id, changes, refreshed_at } = next;
      const last = refreshed_at === null ? null : parseTime(refreshed_at);
      const waited = last === null || Math.abs(now - last) >= settings.interval_ms;
      if (waited || changes >= settings.threshold)
        await atomically(({ jobs }) => jobs.enqueue(refreshGraph, { user_id }));
      next = await read.ranks.nextChanged(user_id, settings.threshold);
    }
  }

  return {
    refresh,
    jobs: [handler(refreshGraph, async ({ user_id }) => void (await refresh(user_id)))] as JobHandler[],
    schedules: [
      every(settings.enabled ? Math.min(settings.interval_ms, MINUTE_MS) : HOUR_MS, 'graph.check', check),
    ] as Schedule[],

    async state(user_id: number) {
      const [state, waiting] = [await read.ranks.state(user_id), await read.ranks.changeCount(user_id)];
      return { enabled: settings.enabled, refreshed_at: state?.refreshed_at ?? null, waiting };
    },
  };
}
export type Refresh = ReturnType<typeof createRefresh>;
