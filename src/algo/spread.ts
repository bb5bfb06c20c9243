// Spreading activation (Collins & Loftus 1975): relevance found in one memory flows along edges to its neighbours.

export interface SpreadEdge {
  readonly source_id: number;
  readonly target_id: number;
  readonly type: string;
  /** 0..1 */
  readonly similarity: number;
}

/** How much of a memory's relevance an edge of this type hands on. */
export const EDGE_WEIGHTS: Readonly<Record<string, number>> = {
  follows: 0.4,
  updates: 0.3,
  corrects: 0.5,
  extends: 0.5,
  contradicts: 0.4,
  caused_by: 0.6,
  causes: 0.6,
  prerequisite_for: 0.5,
  has_fact: 0.6,
  similarity: 0.4,
};
const OTHER_EDGE = 0.4;
/** What is left of a flow when it goes on to a second edge. */
export const SECOND_HOP = 0.8;
/** Edges of one memory that count, strongest first: a hub must not light up everything. */
export const MAX_DEGREE = 16;

const weightOf = ({ type, similarity }: SpreadEdge): number =>
  (Object.hasOwn(EDGE_WEIGHTS, type) ? EDGE_WEIGHTS[type]! : OTHER_EDGE) * similarity;

interface Neighbour {
  readonly id: number;
  readonly weight: number;
}

/** The strongest edge to each other memory, strongest first, at most MAX_DEGREE. */
function strongest(all: Neighbour[]): Neighbour[] {
  if (all.length === 1) return all;
  all.sort((a, b) => b.weight - a.weight || b.id - a.id);
  const kept: Neighbour[] = [];
  for (const one of all) {
    if (kept.length === MAX_DEGREE) break;
    if (!kept.some(({ id }) => id === one.id)) kept.push(one);
  }
  return kept;
}

function adjacency(edges: readonly SpreadEdge[]): Map<number, Neighbour[]> {
  const near = new Map<number, Neighbour[]>();
  const note = (from: number, id: number, weight: number) => {
    const known = near.get(from);
    if (known) known.push({ id, weight });
    else near.set(from, [{ id, weight }]);
  };
  for (const edge of edges) {
    if (edge.source_id === edge.target_id) continue;
    const weight = weightOf(edge);
    note(edge.source_id, edge.target_id, weight);
    note(edge.target_id, edge.source_id, weight);
  }
  for (const [id, all] of near) near.set(id, strongest(all));
  return near;
}

/**
 * Own relevance plus what flows in over one and two edges; a flow never returns to where it came from.
 * @param seeds relevance of the direct hits
 * @param edges undirected; both hops
 * @returns activation of the seeds and of everything within two edges of them
 */
export function spread(seeds: ReadonlyMap<number, number>, edges: readonly SpreadEdge[]): Map<number, number> {
  const near = adjacency(edges);
  const activation = new Map(seeds);
  const add = (id: number, amount: number) => activation.set(id, (activation.get(id) ?? 0) + amount);
  for (const [seed, relevance] of seeds) {
    const first = near.get(seed);
    if (!first) continue;
    for (const one of first) {
      const flow = relevance * one.weight;
      add(one.id, flow);
      for (const two of near.get(one.id)!) {
        if (two.id === seed || first.some(({ id }) => id === two.id)) continue;
        add(two.id, flow * two.weight * SECOND_HOP);
      }
    }
  }
  return activation;
}
