// What holds a graph together: parts, bridges, cut points, chains. Everything is iterative and linear in the edges, so that
// neither a long chain nor a cycle can do harm.
import type { Csr } from './csr.ts';

export interface Components {
  /** Part of each node, from 0 in the order of their first nodes. */
  component: Uint32Array;
  sizes: number[];
}

/** @param graph symmetric */
export function components({ n, offsets, targets }: Csr): Components {
  const component = new Uint32Array(n).fill(n);
  const queue = new Uint32Array(n);
  const sizes: number[] = [];
  for (let start = 0; start < n; start++) {
    if (component[start] !== n) continue;
    let [head, tail] = [0, 0];
    queue[tail++] = start;
    component[start] = sizes.length;
    while (head < tail) {
      const i = queue[head++]!;
      for (let e = offsets[i]!; e < offsets[i + 1]!; e++) {
        const j = targets[e]!;
        if (component[j] !== n) continue;
        component[j] = sizes.length;
        queue[tail++] = j;
      }
    }
    sizes.push(tail);
  }
  return { component, sizes };
}

export interface Cuts {
  /** Edges without which their part falls in two: pairs of nodes, the smaller one first, in order. */
  bridges: [number, number][];
  /** Nodes without which their part falls apart, in order. */
  cut_points: number[];
}

/**
 * Tarjan's low points (1974) with a stack of its own.
 * @param graph symmetric, without parallel edges
 */
export function cuts({ n, offsets, targets }: Csr): Cuts {
  const seen = new Uint32Array(n);
  const low = new Uint32Array(n);
  const parent = new Int32Array(n).fill(-1);
  const at = Uint32Array.from(offsets.subarray(0, n));
  const stack = new Uint32Array(n);
  const cuts_here = new Uint8Array(n);
  const bridges: [number, number][] = [];
  let time = 0;
  for (let root = 0; root < n; root++) {
    if (seen[root] !== 0) continue;
    let [height, children] = [0, 0];
    stack[height++] = root;
    seen[root] = low[root] = ++time;
    while (height > 0) {
      const i = stack[height - 1]!;
      if (at[i]! < offsets[i + 1]!) {
        const j = targets[at[i]!++]!;
        if (seen[j] === 0) {
          parent[j] = i;
          if (i === root) children++;
          seen[j] = low[j] = ++time;
          stack[height++] = j;
        } else if (j !== parent[i] && seen[j]! < low[i]!) low[i] = seen[j]!;
        continue;
      }
      height--;
      const above = parent[i]!;
      if (above < 0) continue;
      if (low[i]! < low[above]!) low[above] = low[i]!;
      if (low[i]! > seen[above]!) bridges.push([Math.min(i, above), Math.max(i, above)]);
      if (above !== root && low[i]! >= seen[above]!) cuts_here[above] = 1;
    }
    if (children > 1) cuts_here[root] = 1;
  }
  bridges.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  return { bridges, cut_points: [...cuts_here.keys()].filter((i) => cuts_here[i] === 1) };
}

/** Kahn's order (1962). @returns edges of the longest chain; null when there is a cycle */
export function longestChain({ n, offsets, targets }: Csr): number | null {
  const incoming = new Uint32Array(n);
  for (const target of targets) incoming[target]!++;
  const queue = new Uint32Array(n);
  const depth = new Uint32Array(n);
  let [head, tail] = [0, 0];
  for (let i = 0; i < n; i++) if (incoming[i] === 0) queue[tail++] = i;
  let longest = 0;
  while (head < tail) {
    const i = queue[head++]!;
    for (let e = offsets[i]!; e < offsets[i + 1]!; e++) {
      const j = targets[e]!;
      if (depth[i]! + 1 > depth[j]!) depth[j] = depth[i]! + 1;
      if (depth[j]! > longest) longest = depth[j]!;
      if (--incoming[j]! === 0) queue[tail++] = j;
    }
  }
  return tail === n ? longest : null;
}

export const TOPOLOGIES = [
  'empty',
  'single',
  'disconnected',
  'cycle',
  'pipeline',
  'tree',
  'fork-join',
  'dag',
  'network',
] as const;
export type Topology = (typeof TOPOLOGIES)[number];

/**
 * The simplest word for a whole graph: `pipeline` is one chain, `tree` has one way to every node, `fork-join` one beginning
 * and one end, `dag` no cycle, `network` is anything else.
 * @param graph directed
 * @param parts how many it falls into
 */
export function topologyOf(graph: Csr, parts: number): Topology {
  const { n, offsets, targets } = graph;
  if (n === 0) return 'empty';
  if (n === 1) return 'single';
  if (parts > 1) return 'disconnected';
  const incoming = new Uint32Array(n);
  for (const target of targets) incoming[target]!++;
  let [most_in, most_out, sources, sinks] = [0, 0, 0, 0];
  for (let i = 0; i < n; i++) {
    const out = offsets[i + 1]! - offsets[i]!;
    most_out = Math.max(most_out, out);
    most_in = Math.max(most_in, incoming[i]!);
    if (incoming[i] === 0) sources++;
    if (out === 0) sinks++;
  }
  if (longestChain(graph) === null) return most_in === 1 && most_out === 1 ? 'cycle' : 'network';
  if (most_in <= 1 && most_out <= 1) return 'pipeline';
  if (most_in <= 1 || most_out <= 1) return 'tree';
  return sources === 1 && sinks === 1 ? 'fork-join' : 'dag';
}
