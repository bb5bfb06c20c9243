// Graphs for tests: made at random, well known, and as another library sees them.
import fc from 'fast-check';
import { DirectedGraph, UndirectedGraph } from 'graphology';
import { type Csr, toCsr, undirected } from './csr.ts';

export type Edge = readonly [from: number, to: number, weight?: number];

export const csrOf = (n: number, edges: readonly Edge[]): Csr =>
  toCsr(
    n,
    Uint32Array.from(edges, ([from]) => from),
    Uint32Array.from(edges, ([, to]) => to),
    Float64Array.from(edges, ([, , weight = 1]) => weight),
  );
export const bothWays = (n: number, edges: readonly Edge[]): Csr => undirected(csrOf(n, edges));

export const edgesOf = ({ n, offsets, targets, weights }: Csr): [number, number, number][] => {
  const edges: [number, number, number][] = [];
  for (let i = 0; i < n; i++)
    for (let e = offsets[i]!; e < offsets[i + 1]!; e++) edges.push([i, targets[e]!, weights[e]!]);
  return edges;
};

/** Up to 30 nodes, sparse to dense, with parallel edges and loops among them. */
export const anyGraph: fc.Arbitrary<{ n: number; edges: Edge[] }> = fc.integer({ min: 1, max: 30 }).chain((n) => {
  const node = fc.integer({ min: 0, max: n - 1 });
  const edge = fc.tuple(
    node,
    node,
    fc.integer({ min: 1, max: 8 }).map((w) => w / 4),
  );
  return fc.record({ n: fc.constant(n), edges: fc.array(edge, { maxLength: 3 * n }) });
});

export function directedGraph(graph: Csr): DirectedGraph {
  const made = new DirectedGraph();
  for (let i = 0; i < graph.n; i++) made.addNode(i);
  for (const [from, to, weight] of edgesOf(graph)) made.addEdge(from, to, { weight });
  return made;
}
/** @param graph symmetric */
export function undirectedGraph(graph: Csr): UndirectedGraph {
  const made = new UndirectedGraph();
  for (let i = 0; i < graph.n; i++) made.addNode(i);
  for (const [from, to, weight] of edgesOf(graph)) if (from < to) made.addEdge(from, to, { weight });
  return made;
}

/** Zachary's karate club (1977): 34 members, 78 friendships. The highest modularity of any partition is 0.4198. */
export const KARATE: readonly Edge[] = [
  '1:2-9,11-14,18,20,22,32', '2:3,4,8,14,18,20,22,31', '3:4,8-10,14,28,29,33', '4:8,13,14', '5:7,11', '6:7,11,17',
  '7:17', '9:31,33,34', '10:34', '14:34', '15:33,34', '16:33,34', '19:33,34', '20:34', '21:33,34', '23:33,34',
  '24:26,28,30,33,34', '25:26,28,32', '26:32', '27:30,34', '28:34', '29:32,34', '30:33,34', '31:33,34', '32:33,34',
  '33:34',
].flatMap((line) => {
  const [from, list] = line.split(':') as [string, string];
  return list.split(',').flatMap((range) => {
    const [first, last = first] = range.split('-').map(Number) as [number, number?];
    return Array.from({ length: last! - first + 1 }, (_, i): Edge => [Number(from) - 1, first + i - 1]);
  });
}); // biome-ignore format: a table
export const KARATE_CLUB = (): Csr => bothWays(34, KARATE);
