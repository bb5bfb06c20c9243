// Walks over the graph that read only what they come by: the surroundings of a memory, and the shortest way between two.
import type { MemoryFilter } from '../../core/ports.ts';
import type { Edge } from '../memory/link-store.ts';
import type { GraphStore } from './graph-store.ts';
import type { Pace } from './pace.ts';

export interface WalkDeps {
  read: { graph: GraphStore };
}

/** Of memories in one query. */
const PAGE = 200;
/** Links read for one page of memories: around hubs the strongest. */
const PAGE_EDGES = 4_000;
/** Memories that the two sides of a path may look at together. */
const MOST_VISITED = 20_000;

export interface Step {
  id: number;
  /** Links from the start. */
  hops: number;
}

export function createWalks({ read: { graph } }: WalkDeps) {
  /** Strongest first within a page; only links of these types, when any are named. */
  async function* edgesFrom(
    filter: MemoryFilter,
    ids: readonly number[],
    types: ReadonlySet<string> | null,
    pace: Pace,
  ) {
    for (let at = 0; at < ids.length; at += PAGE) {
      const page = ids.slice(at, at + PAGE);
      const edges = (await graph.strongestOf(filter.user_id, page, PAGE_EDGES)).filter(
        ({ type }) => types === null || types.has(type),
      );
      const ends = new Set(edges.flatMap(({ source_id, target_id }) => [source_id, target_id]));
      const shown = new Set(ends.size === 0 ? [] : await graph.present(filter, [...ends]));
      yield edges.filter(({ source_id, target_id }) => shown.has(source_id) && shown.has(target_id));
      await pace.rest();
    }
  }

  /**
   * Breadth first; of more than fit, those with the strongest links.
   * @param starts memories that may be shown
   */
  async function around(
    filter: MemoryFilter,
    starts: readonly number[],
    depth: number,
    limit: number,
    types: ReadonlySet<string> | null,
    pace: Pace,
  ): Promise<{ steps: Step[]; edges: Edge[] }> {
    const hops = new Map(starts.slice(0, limit).map((id) => [id, 0]));
    const edges = new Map<string, Edge>();
    let frontier = [...hops.keys()];
    for (let hop = 1; hop <= depth && frontier.length > 0; hop++) {
      const next: number[] = [];
      for await (const page of edgesFrom(filter, frontier, types, pace)) {
        for (const edge of page) {
          for (const id of [edge.source_id, edge.target_id]) {
            if (hops.has(id) || hops.size >= limit) continue;
            hops.set(id, hop);
            next.push(id);
          }
          if (hops.has(edge.source_id) && hops.has(edge.target_id))
            edges.set(`${edge.source_id} ${edge.target_id} ${edge.type}`, edge);
        }
      }
      frontier = next;
    }
    return { steps: [...hops].map(([id, at]) => ({ id, hops: at })), edges: [...edges.values()] };
  }

  interface Reached {
    hops: number;
    /** Product of the similarities on the way here. */
    strength: number;
    /** Null at the start. */
    by: { from: number; edge: Edge } | null;
  }

  /** @returns the edges of the shortest way, of several as short the strongest; null when there is none within reach */
  async function shortest(
    filter: MemoryFilter,
    from: number,
    to: number,
    max_hops: number,
    types: ReadonlySet<string> | null,
    pace: Pace,
  ): Promise<{ ids: number[]; edges: Edge[] } | null> {
    if (from === to) return { ids: [from], edges: [] };
    const start = (id: number) => ({
      reached: new Map<number, Reached>([[id, { hops: 0, strength: 1, by: null }]]),
      frontier: [id],
      hops: 0,
    });
    const [near, far] = [start(from), start(to)];
    while (near.hops + far.hops < max_hops && near.reached.size + far.reached.size < MOST_VISITED) {
      const side = near.frontier.length <= far.frontier.length ? near : far;
      if (side.frontier.length === 0) return null;
      const other = side === near ? far : near;
      side.hops++;
      for await (const page of edgesFrom(filter, side.frontier, types, pace)) {
        for (const edge of page) {
          for (const [a, b] of [
            [edge.source_id, edge.target_id],
            [edge.target_id, edge.source_id],
          ] as const) {
            const before = side.reached.get(a);
            if (before?.hops !== side.hops - 1) continue;
            const known = side.reached.get(b);
            const strength = before.strength * edge.similarity;
            if (known && (known.hops < side.hops || known.strength >= strength)) continue;
            side.reached.set(b, { hops: side.hops, strength, by: { from: a, edge } });
          }
        }
      }
      side.frontier = [...side.reached].filter(([, one]) => one.hops === side.hops).map(([id]) => id);
      const meeting = side.frontier
        .filter((id) => other.reached.has(id))
        .map((id) => ({ id, strength: side.reached.get(id)!.strength * other.reached.get(id)!.strength }))
        .sort((a, b) => b.strength - a.strength || a.id - b.id)[0];
      if (meeting) return joined(meeting.id, near.reached, far.reached);
    }
    return null;
  }

  function joined(meeting: number, near: ReadonlyMap<number, Reached>, far: ReadonlyMap<number, Reached>) {
    const back = (side: ReadonlyMap<number, Reached>) => {
      const [ids, edges]: [number[], Edge[]] = [[], []];
      for (let by = side.get(meeting)!.by; by !== null; by = side.get(by.from)!.by) {
        ids.push(by.from);
        edges.push(by.edge);
      }
      return { ids, edges };
    };
    const [before, after] = [back(near), back(far)];
    return {
      ids: [...before.ids.reverse(), meeting, ...after.ids],
      edges: [...before.edges.reverse(), ...after.edges],
    };
  }

  return { around, shortest };
}
export type Walks = ReturnType<typeof createWalks>;
