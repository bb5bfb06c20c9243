// What is worked out over a whole graph, as one function of plain data: it runs the same here and in a thread.
import { betweenness } from './betweenness.ts';
import { type Csr, type EdgeList, fromEdges, undirected } from './csr.ts';
import { keepNames } from './keep-names.ts';
import { louvain } from './louvain.ts';
import { pageRank, shareOfHighest } from './pagerank.ts';
import { components, cuts, longestChain, type Topology, topologyOf } from './structure.ts';

interface Input {
  /** Sorted. */
  ids: Float64Array;
  edges: EdgeList;
}

export interface RankTask extends Input {
  kind: 'rank';
  /** Name of each node's community so far, 0 for none. */
  earlier: Float64Array;
  seed: number;
}
export interface Ranked {
  /** Of each node, share of the highest. */
  ranks: Float64Array;
  /** Of each node, 0 when it is in none. */
  communities: Float64Array;
  iterations: number;
  converged: boolean;
  community_count: number;
  levels: number;
  modularity: number;
  /** What each part took. */
  ms: { csr: number; pagerank: number; louvain: number };
}

export interface AnalyseTask extends Input {
  kind: 'analyse';
  /** Length of the lists. */
  limit: number;
  seed: number;
}
/** A type alias, since an interface does not fit a loose object. */
export type Scored = { id: number; score: number };
/** A type alias as well. */
export type Analysed = {
  nodes: number;
  edges: number;
  /** Edges there are of those there could be. */
  density: number;
  topology: Topology;
  /** Edges of the longest chain; null when there is a cycle. */
  longest_chain: number | null;
  components: { count: number; isolated: number; largest: number[] };
  bridges: { count: number; first: [number, number][] };
  cut_points: { count: number; first: number[] };
  degree: { average: number; highest: Scored[] };
  pagerank: Scored[];
  betweenness: { sampled: boolean; highest: Scored[] };
};

export type GraphTask = RankTask | AnalyseTask;
export type OutcomeOf<T extends GraphTask> = T extends RankTask ? Ranked : Analysed;

/** Works a task out, here or in a thread. */
export type GraphCompute = <T extends GraphTask>(task: T) => Promise<OutcomeOf<T>>;

/** Steps that the sampled betweenness may take: about a second's worth. */
const STEPS = 15_000_000;

function rank({ ids, edges, earlier, seed }: RankTask, now: () => number): Ranked {
  const started = now();
  const directed = fromEdges(ids, edges, true);
  const both = undirected(directed);
  const built = now();
  const { ranks, iterations, converged } = pageRank(directed);
  const ranked = now();
  const found = louvain(both, { seed });
  return {
    ranks: shareOfHighest(ranks),
    communities: keepNames(found, earlier),
    iterations,
    converged,
    community_count: communitiesIn(found.membership, found.count),
    levels: found.levels,
    modularity: found.modularity,
    ms: { csr: built - started, pagerank: ranked - built, louvain: now() - ranked },
  };
}

/** One node alone is no community. */
function communitiesIn(membership: Uint32Array, count: number): number {
  const sizes = new Uint32Array(count);
  for (const c of membership) sizes[c]!++;
  return sizes.reduce((sum, size) => sum + (size > 1 ? 1 : 0), 0);
}

/** Highest first, then smaller ids; zeros are left out. */
function highest(ids: Float64Array, scores: ArrayLike<number>, limit: number): Scored[] {
  const all: Scored[] = [];
  for (let i = 0; i < ids.length; i++) if (scores[i]! > 0) all.push({ id: ids[i]!, score: scores[i]! });
  return all.sort((a, b) => b.score - a.score || a.id - b.id).slice(0, limit);
}

const degreesOf = ({ n, offsets }: Csr): Uint32Array =>
  Uint32Array.from({ length: n }, (_, i) => offsets[i + 1]! - offsets[i]!);

function analyse({ ids, edges, limit, seed }: AnalyseTask): Analysed {
  const directed = fromEdges(ids, edges, false);
  const both = undirected(directed);
  const n = ids.length;
  const m = both.targets.length / 2;
  const { sizes } = components(both);
  const { bridges, cut_points } = cuts(both);
  const pivots = Math.max(1, Math.min(n, Math.floor(STEPS / (n + 2 * m + 1))));
  const { ranks } = pageRank(fromEdges(ids, edges, true));
  return {
    nodes: n,
    edges: m,
    density: n < 2 ? 0 : m / ((n * (n - 1)) / 2),
    topology: topologyOf(directed, sizes.length),
    longest_chain: longestChain(directed),
    components: {
      count: sizes.length,
      isolated: sizes.filter((size) => size === 1).length,
      largest: sizes.sort((a, b) => b - a).slice(0, limit),
    },
    bridges: { count: bridges.length, first: bridges.slice(0, limit).map(([a, b]) => [ids[a]!, ids[b]!]) },
    cut_points: { count: cut_points.length, first: cut_points.slice(0, limit).map((i) => ids[i]!) },
    degree: { average: n === 0 ? 0 : (2 * m) / n, highest: highest(ids, degreesOf(both), limit) },
    pagerank: highest(ids, shareOfHighest(ranks), limit),
    betweenness: { sampled: pivots < n, highest: highest(ids, betweenness(both, pivots, seed), limit) },
  };
}

/** @param now monotonic milliseconds, for what each part took */
export function runTask<T extends GraphTask>(task: T, now: () => number): OutcomeOf<T> {
  return (task.kind === 'rank' ? rank(task, now) : analyse(task)) as OutcomeOf<T>;
}
