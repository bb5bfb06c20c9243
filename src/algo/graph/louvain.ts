// Communities by the Louvain method (Blondel et al. 2008), all levels: nodes move to the neighbouring community that
// raises modularity most; then each community becomes a node of a smaller graph, and so on until nothing moves.
import type { Csr } from './csr.ts';
import { seeded, shuffledIndices } from './random.ts';

export interface LouvainOptions {
  seed?: number;
  /** Above 1 gives smaller communities, below 1 larger ones (Reichardt & Bornholdt 2006). */
  resolution?: number;
}

export interface Louvain {
  /** Community of each node: 0 to count - 1, the largest first. */
  membership: Uint32Array;
  count: number;
  levels: number;
  modularity: number;
}

/** What moving must gain at least, as a share of all weight: less is noise of floating point. */
const LEAST_GAIN = 1e-12;

/** A graph of one level: rows are symmetric, and what is inside a node counts as a loop. */
interface Level extends Csr {
  /** Weight inside each node, counted from both ends. */
  readonly loops: Float64Array;
}

/** @param graph symmetric, as `undirected` makes it */
export function louvain(graph: Csr, { seed = 1, resolution = 1 }: LouvainOptions = {}): Louvain {
  const random = seeded(seed);
  const membership = Uint32Array.from({ length: graph.n }, (_, i) => i);
  let level: Level = { ...graph, loops: new Float64Array(graph.n) };
  let levels = 0;
  for (;;) {
    const moved = moveNodes(level, resolution, random);
    if (moved === null) break;
    levels++;
    for (let i = 0; i < membership.length; i++) membership[i] = moved.community[membership[i]!]!;
    level = aggregate(level, moved.community, moved.count);
  }
  const { parts, count } = bySize(connectedParts(graph, membership));
  return { membership: parts, count, levels, modularity: modularity(graph, parts, resolution) };
}

/** Moves nodes until none gains by moving. @returns null when none did */
function moveNodes({ n, offsets, targets, weights, loops }: Level, resolution: number, random: () => number) {
  const degree = Float64Array.from(loops);
  let all = 0;
  for (let i = 0; i < n; i++) {
    for (let e = offsets[i]!; e < offsets[i + 1]!; e++) degree[i]! += weights[e]!;
    all += degree[i]!;
  }
  if (all === 0) return null;
  const community = Uint32Array.from({ length: n }, (_, i) => i);
  const total = degree.slice();
  const toward = new Float64Array(n);
  const near = new Uint32Array(n);
  // A ring of the nodes that may gain by moving: at first all, then those with a neighbour that moved away.
  const waiting = shuffledIndices(n, random);
  const waits = new Uint8Array(n).fill(1);
  let first = 0;
  let length = n;
  let any = false;

  while (length > 0) {
    const i = waiting[first]!;
    first = first + 1 === n ? 0 : first + 1;
    length--;
    waits[i] = 0;
    const own = community[i]!;
    let found = 0;
    for (let e = offsets[i]!; e < offsets[i + 1]!; e++) {
      const c = community[targets[e]!]!;
      if (toward[c] === 0) near[found++] = c;
      toward[c]! += weights[e]!;
    }
    const pull = (resolution * degree[i]!) / all;
    total[own]! -= degree[i]!;
    let best = own;
    let most = toward[own]! - total[own]! * pull + LEAST_GAIN * all;
    for (let k = 0; k < found; k++) {
      const c = near[k]!;
      const gain = toward[c]! - total[c]! * pull;
      if (c !== own && gain > most) {
        most = gain;
        best = c;
      }
    }
    for (let k = 0; k < found; k++) toward[near[k]!] = 0;
    total[best]! += degree[i]!;
    if (best === own) continue;
    any = true;
    community[i] = best;
    for (let e = offsets[i]!; e < offsets[i + 1]!; e++) {
      const j = targets[e]!;
      if (waits[j] === 1 || community[j] === best) continue;
      waits[j] = 1;
      waiting[(first + length++) % n] = j;
    }
  }
  return any ? { community, count: renumber(community) } : null;
}

/** Numbers from 0 in the order in which they occur, in place. @returns how many there are */
function renumber(labels: Uint32Array): number {
  const names = new Map<number, number>();
  for (let i = 0; i < labels.length; i++) {
    let name = names.get(labels[i]!);
    if (name === undefined) names.set(labels[i]!, (name = names.size));
    labels[i] = name;
  }
  return names.size;
}

/** The graph whose nodes are the communities. */
function aggregate({ n, offsets, targets, weights, loops }: Level, community: Uint32Array, count: number): Level {
  const starts = new Uint32Array(count + 1);
  for (let i = 0; i < n; i++) starts[community[i]! + 1]!++;
  for (let c = 0; c < count; c++) starts[c + 1]! += starts[c]!;
  const members = new Uint32Array(n);
  const next = starts.slice(0, count);
  for (let i = 0; i < n; i++) members[next[community[i]!]!++] = i;

  const inside = new Float64Array(count);
  const rows = new Uint32Array(count + 1);
  const ends = new Uint32Array(targets.length);
  const sums = new Float64Array(targets.length);
  const toward = new Float64Array(count);
  let kept = 0;
  for (let c = 0; c < count; c++) {
    const first = kept;
    for (let k = starts[c]!; k < starts[c + 1]!; k++) {
      const i = members[k]!;
      inside[c]! += loops[i]!;
      for (let e = offsets[i]!; e < offsets[i + 1]!; e++) {
        const other = community[targets[e]!]!;
        if (other === c) {
          inside[c]! += weights[e]!;
          continue;
        }
        if (toward[other] === 0) ends[kept++] = other;
        toward[other]! += weights[e]!;
      }
    }
    for (let e = first; e < kept; e++) {
      sums[e] = toward[ends[e]!]!;
      toward[ends[e]!] = 0;
    }
    rows[c + 1] = kept;
  }
  return { n: count, offsets: rows, targets: ends.slice(0, kept), weights: sums.slice(0, kept), loops: inside };
}

/** Moving can leave a community in pieces that nothing holds together; apart they have the higher modularity. */
function connectedParts({ n, offsets, targets }: Csr, membership: Uint32Array): Uint32Array {
  const part = new Uint32Array(n);
  const seen = new Uint8Array(n);
  const stack = new Uint32Array(n);
  let parts = 0;
  for (let start = 0; start < n; start++) {
    if (seen[start] === 1) continue;
    let height = 0;
    stack[height++] = start;
    seen[start] = 1;
    while (height > 0) {
      const i = stack[--height]!;
      part[i] = parts;
      for (let e = offsets[i]!; e < offsets[i + 1]!; e++) {
        const j = targets[e]!;
        if (seen[j] === 1 || membership[j] !== membership[start]) continue;
        seen[j] = 1;
        stack[height++] = j;
      }
    }
    parts++;
  }
  return part;
}

/** The largest is 0; of two as large, the one with the first node. */
function bySize(parts: Uint32Array): { parts: Uint32Array; count: number } {
  const count = renumber(parts);
  const sizes = new Uint32Array(count);
  for (const part of parts) sizes[part]!++;
  const order = Array.from(sizes.keys()).sort((a, b) => sizes[b]! - sizes[a]! || a - b);
  const place = new Uint32Array(count);
  for (const [at, part] of order.entries()) place[part] = at;
  return { parts: parts.map((part) => place[part]!), count };
}

/** How much more weight lies inside the communities than chance would put there (Newman & Girvan 2004): -0.5 to 1. */
export function modularity({ n, offsets, targets, weights }: Csr, membership: Uint32Array, resolution = 1): number {
  const inside = new Float64Array(n);
  const total = new Float64Array(n);
  let all = 0;
  for (let i = 0; i < n; i++) {
    for (let e = offsets[i]!; e < offsets[i + 1]!; e++) {
      all += weights[e]!;
      total[membership[i]!]! += weights[e]!;
      if (membership[targets[e]!] === membership[i]) inside[membership[i]!]! += weights[e]!;
    }
  }
  if (all === 0) return 0;
  let sum = 0;
  for (let c = 0; c < n; c++) sum += inside[c]! / all - resolution * (total[c]! / all) ** 2;
  return sum;
}
