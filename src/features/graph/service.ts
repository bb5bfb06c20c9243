// The graph feature, put together.
import type { Fsrs } from '../../algo/fsrs.ts';
import type { GraphCompute } from '../../algo/graph/tasks.ts';
import { type Clock, formatTime } from '../../core/clock.ts';
import type { Scope } from '../../core/scope.ts';
import type { Atomically } from '../../core/unit-of-work.ts';
import type { AccessStore } from '../access/store.ts';
import type { JobStore } from '../jobs/store.ts';
import type { MemoryStore } from '../memory/store.ts';
import { SearchRequest } from '../search/contract.ts';
import type { SearchService } from '../search/service.ts';
import { createCommunities } from './communities.ts';
import { createExport } from './export.ts';
import type { GraphExtras } from './extras.ts';
import type { GraphStore } from './graph-store.ts';
import { startPace } from './pace.ts';
import type { RankStore } from './rank-store.ts';
import { createRefresh, type RefreshSettings } from './refresh.ts';
import { createSnapshots } from './snapshot.ts';
import { createTimeline } from './timeline.ts';
import { createViews, filterFor } from './views.ts';

export interface GraphDeps {
  read: {
    graph: GraphStore;
    ranks: RankStore;
    memories: Pick<MemoryStore, 'byIds' | 'newestIds'>;
    access: Pick<AccessStore, 'users'>;
  };
  atomically: Atomically<{ ranks: RankStore; jobs: Pick<JobStore, 'enqueue'> }>;
  compute: GraphCompute;
  settings: RefreshSettings;
  search: Pick<SearchService, 'search'>;
  extras: GraphExtras;
  /** Requests answered so far: while there are new ones, reading the graph takes a small share of the time. */
  requests(): number;
  fsrs: Fsrs;
  clock: Clock;
}

const SEED = 1;

export function createGraph(deps: GraphDeps) {
  const { read, compute, requests, clock } = deps;
  let stopped = false;
  const pace = () => startPace(requests, () => stopped);
  const now = () => formatTime(clock.now());
  const snapshots = createSnapshots({ read, now });
  const refresh = createRefresh({ ...deps, snapshots, pace });
  const views = createViews({
    ...deps,
    pace,
    async found(scope, asked) {
      const { answer } = await deps.search.search(scope, SearchRequest.parse({ ...asked, rerank: false }), false);
      return answer.results.map(({ id }) => id);
    },
  });

  return {
    views,
    communities: createCommunities({ read, pace, clock }),
    timeline: createTimeline({ ...deps, pace }),
    written: createExport({ read, pace, clock }),
    jobs: refresh.jobs,
    schedules: refresh.schedules,

    async rank({ user_id }: Scope) {
      const { memories, iterations, links, written } = await refresh.refresh(user_id);
      return { memories, iterations, links, written };
    },

    async detect({ user_id }: Scope) {
      const { communities, placed, levels, modularity } = await refresh.refresh(user_id);
      return { communities, memories: placed, levels, modularity };
    },

    async rebuild(user_id: number | undefined) {
      const users = user_id === undefined ? (await read.access.users()).map(({ id }) => id) : [user_id];
      let memories_updated = 0;
      for (const id of users) memories_updated += (await refresh.refresh(id)).memories;
      return { success: true as const, users_updated: users.length, memories_updated };
    },

    async top(scope: Scope, limit: number) {
      const ids = await read.ranks.top(filterFor(scope, now()), limit);
      return { nodes: await views.nodes(scope, ids), ...(await refresh.state(scope.user_id)) };
    },

    async analysis(scope: Scope, limit: number) {
      const going = pace();
      const { ids, edges } = await snapshots.current(scope.user_id, going);
      const shown = scope.space_id === null ? ids : await snapshots.ids(filterFor(scope, now()), going);
      return compute({ kind: 'analyse', ids: shown, edges, limit, seed: SEED });
    },

    /** Ends what is under way at its next page. */
    stop(): void {
      stopped = true;
    },
  };
}
export type Graph = ReturnType<typeof createGraph>;
