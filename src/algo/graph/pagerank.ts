// Weighted PageRank (Page, Brin, Motwani & Winograd 1999): how often a walker who follows links, and now and then starts
// anew anywhere, comes by each node.
import type { Csr } from './csr.ts';

export interface PageRankOptions {
  /** Chance to follow a link rather than to start anew. */
  damping?: number;
  /** Ends when ranks change by less than this on average, as a share of the average rank. */
  tolerance?: number;
  max_iterations?: number;
}

export interface PageRank {
  /** They add up to 1. */
  ranks: Float64Array;
  iterations: number;
  converged: boolean;
}

/** A node without links hands its rank to all alike, so that none of it is lost. */
export function pageRank(
  { n, offsets, targets, weights }: Csr,
  { damping = 0.85, tolerance = 1e-6, max_iterations = 100 }: PageRankOptions = {},
): PageRank {
  let ranks = new Float64Array(n).fill(1 / n);
  let next = new Float64Array(n);
  const outgoing = new Float64Array(n);
  for (let i = 0; i < n; i++) for (let e = offsets[i]!; e < offsets[i + 1]!; e++) outgoing[i]! += weights[e]!;

  let iterations = 0;
  let converged = n === 0;
  while (!converged && iterations < max_iterations) {
    iterations++;
    next.fill(0);
    let dangling = 0;
    for (let i = 0; i < n; i++) {
      if (outgoing[i] === 0) {
        dangling += ranks[i]!;
        continue;
      }
      const share = ranks[i]! / outgoing[i]!;
      for (let e = offsets[i]!; e < offsets[i + 1]!; e++) next[targets[e]!]! += share * weights[e]!;
    }
    const base = (1 - damping + damping * dangling) / n;
    let change = 0;
    for (let i = 0; i < n; i++) {
      next[i] = base + damping * next[i]!;
      change += Math.abs(next[i]! - ranks[i]!);
    }
    [ranks, next] = [next, ranks];
    converged = change < tolerance;
  }
  return { ranks, iterations, converged };
}

/** Shares of the highest: 0 to 1. */
export function shareOfHighest(ranks: Float64Array): Float64Array {
  let highest = 0;
  for (const rank of ranks) if (rank > highest) highest = rank;
  return highest > 0 ? ranks.map((rank) => rank / highest) : ranks.slice();
}
