// A graph as three arrays (compressed sparse rows): the neighbours of node i are targets[offsets[i] .. offsets[i + 1]].
// A million edges are some megabytes this way, and going through them is reading memory in order.

export interface Csr {
  /** Nodes are 0 to n - 1. */
  readonly n: number;
  /** n + 1 positions. */
  readonly offsets: Uint32Array;
  readonly targets: Uint32Array;
  readonly weights: Float64Array;
}

/** Edges between things with ids of their own, as they come. */
export interface EdgeList {
  readonly from: Float64Array;
  readonly to: Float64Array;
  /** Above 0; an edge without weight is no edge. */
  readonly weight: Float32Array;
  /** 1 = holds in both directions. */
  readonly mutual: Uint8Array;
}

/** Index of an id among sorted ones, -1 when it is not there. */
export function indexOf(sorted: Float64Array, id: number): number {
  let low = 0;
  let high = sorted.length - 1;
  while (low <= high) {
    const middle = (low + high) >>> 1;
    const found = sorted[middle]!;
    if (found === id) return middle;
    if (found < id) low = middle + 1;
    else high = middle - 1;
  }
  return -1;
}

/**
 * Sorts edges into rows. Of several between the same two nodes in the same direction the strongest counts; loops do not.
 */
export function toCsr(n: number, from: Uint32Array, to: Uint32Array, weight: ArrayLike<number>): Csr {
  const starts = new Uint32Array(n + 1);
  for (let e = 0; e < from.length; e++) if (from[e] !== to[e]) starts[from[e]! + 1]!++;
  for (let i = 0; i < n; i++) starts[i + 1]! += starts[i]!;
  const targets = new Uint32Array(starts[n]!);
  const weights = new Float64Array(starts[n]!);
  const next = starts.slice(0, n);
  for (let e = 0; e < from.length; e++) {
    if (from[e] === to[e]) continue;
    const at = next[from[e]!]!++;
    targets[at] = to[e]!;
    weights[at] = weight[e]!;
  }
  // Where the edge to a node stands in the row that is being read.
  const place = new Int32Array(n).fill(-1);
  const offsets = new Uint32Array(n + 1);
  let kept = 0;
  for (let i = 0; i < n; i++) {
    const first = kept;
    for (let e = starts[i]!; e < starts[i + 1]!; e++) {
      const target = targets[e]!;
      const at = place[target]!;
      if (at >= first) {
        if (weights[e]! > weights[at]!) weights[at] = weights[e]!;
        continue;
      }
      place[target] = kept;
      targets[kept] = target;
      weights[kept++] = weights[e]!;
    }
    offsets[i + 1] = kept;
  }
  return { n, offsets, targets: targets.subarray(0, kept), weights: weights.subarray(0, kept) };
}

/** Both directions in one: an edge stands in the row of each end, with the stronger of its two weights. */
export function undirected({ n, offsets, targets, weights }: Csr): Csr {
  const m = targets.length;
  const from = new Uint32Array(2 * m);
  const to = new Uint32Array(2 * m);
  const weight = new Float64Array(2 * m);
  for (let i = 0; i < n; i++) {
    for (let e = offsets[i]!; e < offsets[i + 1]!; e++) {
      from[e] = to[m + e] = i;
      to[e] = from[m + e] = targets[e]!;
      weight[e] = weight[m + e] = weights[e]!;
    }
  }
  return toCsr(n, from, to, weight);
}

/**
 * @param ids sorted; edges that touch anything else are left out
 * @param mutual_both whether an edge that holds both ways stands in both rows
 */
export function fromEdges(ids: Float64Array, edges: EdgeList, mutual_both: boolean): Csr {
  const most = edges.from.length * (mutual_both ? 2 : 1);
  const from = new Uint32Array(most);
  const to = new Uint32Array(most);
  const weight = new Float32Array(most);
  let kept = 0;
  const add = (a: number, b: number, w: number) => {
    from[kept] = a;
    to[kept] = b;
    weight[kept++] = w;
  };
  for (let e = 0; e < edges.from.length; e++) {
    if (!(edges.weight[e]! > 0)) continue;
    const a = indexOf(ids, edges.from[e]!);
    const b = a < 0 ? -1 : indexOf(ids, edges.to[e]!);
    if (b < 0) continue;
    add(a, b, edges.weight[e]!);
    if (mutual_both && edges.mutual[e] === 1) add(b, a, edges.weight[e]!);
  }
  return toCsr(ids.length, from.subarray(0, kept), to.subarray(0, kept), weight);
}
