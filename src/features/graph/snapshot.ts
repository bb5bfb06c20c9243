// The graph of a user in memory: read from SQL once, then kept up by reading again only what changed.
import type { EdgeList } from '../../algo/graph/csr.ts';
import type { MemoryFilter } from '../../core/ports.ts';
import type { Edge } from '../memory/link-store.ts';
import { FIRST_EDGE, type GraphStore } from './graph-store.ts';
import type { Pace } from './pace.ts';
import type { RankStore } from './rank-store.ts';
import { isMutual, rankWeight } from './rules.ts';

export interface Snapshot {
  /** Memories that may be shown, sorted. */
  readonly ids: Float64Array;
  /** All links, those of hidden memories too. */
  readonly edges: EdgeList;
  /** Ids of the changes that are in it already. */
  readonly changes: ReadonlySet<number>;
  /** Memories those changes were about. */
  readonly touched: ReadonlySet<number>;
  readonly generation: number;
}

export interface SnapshotDeps {
  read: { graph: GraphStore; ranks: RankStore };
  now(): string;
}

/** A few milliseconds' worth of rows. */
const PAGE = 1_000;
const TOUCHED_PAGE = 200;
const KEPT_PAGE = 100_000;
/** Links kept in memory for all users together: 21 bytes each. */
const MOST_EDGES = 4_000_000;
/** So many memories are always read again one by one; beyond that share of all, the whole graph is read anew. */
const FEW = 2_000;
const TOO_MUCH = 0.25;

/** Links as they come, in arrays that grow. */
function edgeBuffer(expected: number) {
  let room = Math.max(1024, expected);
  let from = new Float64Array(room);
  let to = new Float64Array(room);
  let weight = new Float32Array(room);
  let mutual = new Uint8Array(room);
  let length = 0;
  const grown = <A extends Float64Array | Float32Array | Uint8Array>(old: A, made: A): A => {
    made.set(old);
    return made;
  };
  const push = (a: number, b: number, w: number, both: number) => {
    if (length === room) {
      room *= 2;
      from = grown(from, new Float64Array(room));
      to = grown(to, new Float64Array(room));
      weight = grown(weight, new Float32Array(room));
      mutual = grown(mutual, new Uint8Array(room));
    }
    from[length] = a;
    to[length] = b;
    weight[length] = w;
    mutual[length++] = both;
  };
  return {
    push,
    add: (edge: Edge) => push(edge.source_id, edge.target_id, rankWeight(edge), isMutual(edge.type) ? 1 : 0),
    done: (): EdgeList => ({
      from: from.slice(0, length),
      to: to.slice(0, length),
      weight: weight.slice(0, length),
      mutual: mutual.slice(0, length),
    }),
  };
}

export function createSnapshots({ read, now }: SnapshotDeps) {
  /** Last used last. */
  const kept = new Map<number, Snapshot>();
  const filterOf = (user_id: number): MemoryFilter => ({ user_id, now: now() });

  async function ids(filter: MemoryFilter, pace: Pace): Promise<Float64Array> {
    const all: number[] = [];
    for (;;) {
      const page = await read.graph.ids(filter, all.at(-1) ?? 0, PAGE);
      for (const id of page) all.push(id);
      if (page.length < PAGE) return Float64Array.from(all);
      await pace.rest();
    }
  }

  async function whole(user_id: number, pace: Pace): Promise<Pick<Snapshot, 'ids' | 'edges'>> {
    const nodes = await ids(filterOf(user_id), pace);
    const buffer = edgeBuffer(nodes.length * 4);
    let after = FIRST_EDGE;
    for (;;) {
      const page = await read.graph.edgePage(user_id, after, PAGE);
      for (const edge of page) buffer.add(edge);
      if (page.length < PAGE) return { ids: nodes, edges: buffer.done() };
      after = page.at(-1)!;
      await pace.rest();
    }
  }

  /** The graph with everything about these memories read anew. */
  async function renewed(user_id: number, old: Snapshot, touched: ReadonlySet<number>, pace: Pace) {
    const shown = new Set<number>();
    const buffer = edgeBuffer(old.edges.from.length + 4 * touched.size);
    const { from, to, weight, mutual } = old.edges;
    for (let e = 0; e < from.length; e++) {
      if (!touched.has(from[e]!) && !touched.has(to[e]!)) buffer.push(from[e]!, to[e]!, weight[e]!, mutual[e]!);
      if (e % KEPT_PAGE === KEPT_PAGE - 1) await pace.rest();
    }
    const all = [...touched];
    const place = new Map(all.map((id, i) => [id, i]));
    for (let at = 0; at < all.length; at += TOUCHED_PAGE) {
      await pace.rest();
      const page = all.slice(at, at + TOUCHED_PAGE);
      for (const id of await read.graph.present(filterOf(user_id), page)) shown.add(id);
      for (const edge of await read.graph.edgesTouching(user_id, page)) {
        // A link between two pages comes with both of them.
        const first = Math.min(place.get(edge.source_id) ?? all.length, place.get(edge.target_id) ?? all.length);
        if (first >= at) buffer.add(edge);
      }
    }
    const others = old.ids.filter((id) => !touched.has(id));
    const ids = new Float64Array(others.length + shown.size);
    ids.set(others);
    ids.set([...shown], others.length);
    return { ids: ids.sort(), edges: buffer.done() };
  }

  /** @param applied changes that are worked in already */
  async function pending(user_id: number, applied: ReadonlySet<number>, pace: Pace) {
    const [ids, touched, fresh] = [new Set<number>(), new Set<number>(), new Set<number>()];
    let after = 0;
    for (;;) {
      const page = await read.ranks.changes(user_id, after, PAGE);
      for (const { id, memory_id } of page) {
        ids.add(id);
        touched.add(memory_id);
        if (!applied.has(id)) fresh.add(memory_id);
      }
      if (page.length < PAGE) return { ids, touched, fresh };
      after = page.at(-1)!.id;
      await pace.rest();
    }
  }

  function keep(user_id: number, snapshot: Snapshot): void {
    kept.delete(user_id);
    kept.set(user_id, snapshot);
    let edges = 0;
    for (const one of kept.values()) edges += one.edges.from.length;
    for (const [id, one] of kept) {
      if (edges <= MOST_EDGES) break;
      kept.delete(id);
      edges -= one.edges.from.length;
    }
  }

  async function bringUp(user_id: number, pace: Pace): Promise<Snapshot> {
    // In this order: what changes while the rest is read is noted after this, and read again next time.
    const generation = (await read.ranks.state(user_id))?.generation ?? 0;
    const known = kept.get(user_id);
    // Another server took changes away that this one has not seen.
    const old = known?.generation === generation ? known : undefined;
    const { ids: changes, touched, fresh } = await pending(user_id, old?.changes ?? new Set(), pace);
    if (old && fresh.size === 0) return old;
    const small = old && fresh.size <= Math.max(FEW, old.ids.length * TOO_MUCH);
    const graph = small ? await renewed(user_id, old, fresh, pace) : await whole(user_id, pace);
    const snapshot: Snapshot = { ...graph, changes, touched, generation };
    keep(user_id, snapshot);
    return snapshot;
  }

  const underway = new Map<number, Promise<Snapshot>>();
  return {
    ids,
    /** Two who ask at once wait for one reading. */
    current(user_id: number, pace: Pace): Promise<Snapshot> {
      let reading = underway.get(user_id);
      if (!reading) {
        reading = bringUp(user_id, pace).finally(() => underway.delete(user_id));
        underway.set(user_id, reading);
      }
      return reading;
    },
    /** Its changes are worked in and taken away. */
    settled(user_id: number, snapshot: Snapshot, generation: number): void {
      const known = kept.get(user_id);
      if (!known) return;
      const rest = new Set([...known.changes].filter((id) => !snapshot.changes.has(id)));
      // What came in meanwhile is in the newer snapshot, and still to be worked in.
      const touched = known === snapshot ? new Set<number>() : known.touched;
      kept.set(user_id, { ...known, changes: rest, touched, generation });
    },
  };
}
export type Snapshots = ReturnType<typeof createSnapshots>;
