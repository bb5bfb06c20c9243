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
  follows: 0.5,
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

const weightOf = (edge: SpreadEdge): number => (EDGE_WEIGHTS[edge.type] ?? OTHER_EDGE) * edge.similarity;

type Adjacency = Map<number, { id: number; weight: number }[]>;

function adjacency(edges: readonly SpreadEdge[]): Adjacency {
  const strongest = new Map<number, Map<number, number>>();
  const note = (from: number, to: number, weight: number) => {
    const known = strongest.get(from) ?? new Map<number, number>();
    known.set(to, Math.max(weight, known.get(to) ?? 0));
    strongest.set(from, known);
  };
  for (const edge of edges) {
    if (edge.source_id === edge.target_id) continue;
    note(edge.source_id, edge.target_id, weightOf(edge));
    note(edge.target_id, edge.source_id, weightOf(edge));
  }
  const result: Adjacency = new Map();
  for (const [id, known] of strongest) {
    const list = [...known]
      .map(([to, weight]) => ({ id: to, weight }))
      .sort((a, b) => b.weight - a.weight || b.id - a.id);
    result.set(id, list.slice(0, MAX_DEGREE));
  }
  return result;
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
    const first = near.get(seed) ?? [];
    const reached = new Set([seed, ...first.map((n) => n.id)]);
    for (const one of first) {
      const flow = relevance * one.weight;
      add(one.id, flow);
      for (const two of near.get(one.id) ?? []) if (!reached.has(two.id)) add(two.id, flow * two.weight * SECOND_HOP);
    }
  }
  return activation;
}
