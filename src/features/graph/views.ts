// The graph as callers see it: its centre, what lies around a node, and the way between two.
import type { Fsrs } from '../../algo/fsrs.ts';
import { type Clock, formatTime } from '../../core/clock.ts';
import { AppError } from '../../core/errors.ts';
import type { MemoryFilter } from '../../core/ports.ts';
import type { Scope } from '../../core/scope.ts';
import type { Edge } from '../memory/link-store.ts';
import type { MemoryRow } from '../memory/rules.ts';
import type { MemoryStore } from '../memory/store.ts';
import type { SearchRequest } from '../search/contract.ts';
import type { ExtraEdge, ExtraNode, GraphExtras } from './extras.ts';
import type { GraphStore } from './graph-store.ts';
import type { Pace } from './pace.ts';
import type { RankStore } from './rank-store.ts';
import { edgeOf, type MemoryNode, memoryNode } from './rules.ts';
import { createWalks } from './walk.ts';

export interface ViewDeps {
  read: { graph: GraphStore; ranks: RankStore; memories: Pick<MemoryStore, 'byIds' | 'newestIds'> };
  /** Ids of what a search finds, best first. */
  found(scope: Scope, request: Pick<SearchRequest, 'query' | 'limit'>): Promise<number[]>;
  extras: GraphExtras;
  pace(): Pace;
  fsrs: Fsrs;
  clock: Clock;
}

const PAGE = 500;
/** Share of the nodes that is kept for the newest: they have no rank yet. */
const NEWEST_SHARE = 0.2;
const MOST_NEIGHBOURS = 1_000;
/** Memories of an entity or project that a walk starts from. */
const MOST_STARTS = 200;
/** Entities and projects shown with memories. */
const MOST_EXTRAS = 200;

export function filterFor(scope: Scope, now: string): MemoryFilter {
  return { user_id: scope.user_id, space_id: scope.space_id ?? undefined, now };
}

const extraNode = ({ id, type, label, weight, category, created_at }: ExtraNode) => ({
  id,
  type,
  label,
  weight,
  category,
  group: type,
  size: 3 + weight,
  pagerank: null,
  community: null,
  metadata: null,
  created_at,
});
const extraEdge = ({ source, target, type, link_type, weight }: ExtraEdge) => ({
  source,
  target,
  type: type as string,
  link_type,
  edge_type: link_type,
  weight,
});

export function createViews({ read, found, extras, pace, fsrs, clock }: ViewDeps) {
  const walks = createWalks({ read });
  const filterOf = (scope: Scope) => filterFor(scope, formatTime(clock.now()));
  const missing = (id: string | number) =>
    new AppError('node_not_found', `There is no node ${id} in your graph. It does not exist, or is hidden.`);

  /** In the order of the ids. */
  async function nodesOf(user_id: number, ids: readonly number[], going: Pace): Promise<MemoryNode[]> {
    const rows = new Map<number, MemoryRow>();
    const ranks = new Map<number, { pagerank: number; community_id: number | null }>();
    for (let at = 0; at < ids.length; at += PAGE) {
      const page = ids.slice(at, at + PAGE);
      for (const row of await read.memories.byIds(user_id, page)) rows.set(row.id, row);
      for (const { memory_id, ...rank } of await read.ranks.ranksOf(user_id, page)) ranks.set(memory_id, rank);
      if (ids.length > PAGE) await going.rest();
    }
    const now = clock.now();
    return ids.flatMap((id) => {
      const row = rows.get(id);
      return row ? [memoryNode(row, ranks.get(id), now, fsrs)] : [];
    });
  }

  async function edgesAmong(user_id: number, ids: readonly number[], going: Pace): Promise<Edge[]> {
    const edges: Edge[] = [];
    for (let at = 0; at < ids.length; at += PAGE) {
      edges.push(...(await read.graph.edgesBetween(user_id, ids.slice(at, at + PAGE), ids)));
      if (ids.length > PAGE) await going.rest();
    }
    return edges.filter(({ source_id, target_id }) => source_id !== target_id);
  }

  /** The most central, and some of the newest, which have no rank yet. */
  async function centre(filter: MemoryFilter, limit: number): Promise<number[]> {
    const top = await read.ranks.top(filter, limit);
    const ranked = new Set(top);
    const newest = (await read.memories.newestIds(filter, limit)).filter((id) => !ranked.has(id));
    const room = Math.max(limit - top.length, Math.floor(limit * NEWEST_SHARE));
    const fresh = newest.slice(0, room);
    return [...top.slice(0, limit - fresh.length), ...fresh];
  }

  async function drawn(
    scope: Scope,
    ids: readonly number[],
    edges: readonly Edge[],
    with_extras: boolean,
    going: Pace,
  ) {
    const nodes = await nodesOf(scope.user_id, ids, going);
    nodes.sort((a, b) => b.decay_score - a.decay_score || b.memory_id - a.memory_id);
    const more = with_extras ? await extras.around(scope, ids, MOST_EXTRAS) : { nodes: [], edges: [] };
    const all = {
      nodes: [...nodes, ...more.nodes.map(extraNode)],
      edges: [...edges.map(edgeOf), ...more.edges.map(extraEdge)],
    };
    return { ...all, node_count: all.nodes.length, edge_count: all.edges.length };
  }

  /** The memory, or those of the entity or project, that an id of a node means. */
  async function startsOf(scope: Scope, node: string): Promise<number[]> {
    const [, kind = '', digits] = /^([mep]?)(\d{1,15})$/.exec(node)!;
    const filter = filterOf(scope);
    if (kind === 'e' || kind === 'p') {
      const ids = await extras.memoriesOf(scope, node, MOST_STARTS);
      if (ids === null) throw missing(node);
      return read.graph.present(filter, ids);
    }
    const ids = await read.graph.present(filter, [Number(digits)]);
    if (ids.length === 0) throw missing(node);
    return ids;
  }

  const typesOf = (list: readonly string[] | undefined) => (list?.length ? new Set(list) : null);

  return {
    async graph(
      scope: Scope,
      asked: { limit: number; depth?: number; center?: string | undefined; q?: string | undefined; entities: boolean },
    ) {
      const { limit, depth = 2, center, q, entities } = asked;
      const going = pace();
      const filter = filterOf(scope);
      if (center !== undefined) {
        const { steps, edges } = await walks.around(filter, await startsOf(scope, center), depth, limit, null, going);
        const ids = steps.map(({ id }) => id);
        return drawn(scope, ids, edges, entities, going);
      }
      const ids = q === undefined ? await centre(filter, limit) : await found(scope, { query: q, limit });
      return drawn(scope, ids, await edgesAmong(scope.user_id, ids, going), entities, going);
    },

    async raw(scope: Scope, limit: number) {
      const going = pace();
      const ids = await centre(filterOf(scope), limit);
      const nodes = await nodesOf(scope.user_id, ids, going);
      const links = await edgesAmong(scope.user_id, ids, going);
      return {
        nodes,
        edges: links.map((link) => ({ ...edgeOf(link), type: link.type })),
        memories: nodes,
        links: links.map((link) => ({ ...link })),
        raw: true as const,
      };
    },

    nodes: (scope: Scope, ids: readonly number[]) => nodesOf(scope.user_id, ids, pace()),

    async search(scope: Scope, query: string, limit: number) {
      const nodes = await nodesOf(scope.user_id, await found(scope, { query, limit }), pace());
      return { nodes, count: nodes.length };
    },

    async neighbourhood(scope: Scope, node: string, depth: number, link_types: readonly string[] | undefined) {
      const going = pace();
      const starts = await startsOf(scope, node);
      const around = await walks.around(filterOf(scope), starts, depth, MOST_NEIGHBOURS, typesOf(link_types), going);
      const hops = new Map(around.steps.map((step) => [step.id, step.hops]));
      const graph = await drawn(scope, [...hops.keys()], around.edges, true, going);
      return {
        ...graph,
        nodes: graph.nodes.map((one) => ('memory_id' in one ? { ...one, hops: hops.get(one.memory_id)! } : one)),
        center_id: /^\d/.test(node) ? `m${node}` : node,
        hops: Math.max(0, ...hops.values()),
        complete: around.steps.length < MOST_NEIGHBOURS,
      };
    },

    async path(
      scope: Scope,
      {
        from,
        to,
        max_hops,
        link_types,
      }: { from: string; to: string; max_hops: number; link_types?: string[] | undefined },
    ) {
      const going = pace();
      const memoryOf = async (node: string) => (await startsOf(scope, node))[0]!;
      const [start, end] = [await memoryOf(from), await memoryOf(to)];
      const way = await walks.shortest(filterOf(scope), start, end, max_hops, typesOf(link_types), going);
      return {
        found: way !== null,
        hops: way === null ? null : way.edges.length,
        path: (way?.ids ?? []).map((id) => `m${id}`),
        nodes: way === null ? [] : await nodesOf(scope.user_id, way.ids, going),
        edges: (way?.edges ?? []).map(edgeOf),
      };
    },
  };
}
export type Views = ReturnType<typeof createViews>;
