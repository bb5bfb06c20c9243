// Betweenness (Brandes 2001): how many shortest ways between others lead through a node. On a large graph from a sample of
// starting points (Brandes & Pich 2007).
import type { Csr } from './csr.ts';
import { seeded, shuffledIndices } from './random.ts';

/**
 * @param graph symmetric; every edge is one step
 * @param pivots starting points at most; with one for each node the result is exact
 * @returns share of the pairs of other nodes, 0 to 1
 */
export function betweenness({ n, offsets, targets }: Csr, pivots = n, seed = 1): Float64Array {
  const through = new Float64Array(n);
  if (n < 3) return through;
  const count = Math.min(n, pivots);
  const sources = shuffledIndices(n, seeded(seed)).subarray(0, count);
  const order = new Uint32Array(n);
  const distance = new Int32Array(n);
  const ways = new Float64Array(n);
  const owed = new Float64Array(n);
  for (const source of sources) {
    distance.fill(-1);
    ways.fill(0);
    owed.fill(0);
    let [head, tail] = [0, 0];
    order[tail++] = source;
    distance[source] = 0;
    ways[source] = 1;
    while (head < tail) {
      const i = order[head++]!;
      for (let e = offsets[i]!; e < offsets[i + 1]!; e++) {
        const j = targets[e]!;
        if (distance[j]! < 0) {
          distance[j] = distance[i]! + 1;
          order[tail++] = j;
        }
        if (distance[j] === distance[i]! + 1) ways[j]! += ways[i]!;
      }
    }
    while (--tail > 0) {
      const j = order[tail]!;
      const share = (1 + owed[j]!) / ways[j]!;
      for (let e = offsets[j]!; e < offsets[j + 1]!; e++) {
        const i = targets[e]!;
        if (distance[i] === distance[j]! - 1) owed[i]! += ways[i]! * share;
      }
      through[j]! += owed[j]!;
    }
  }
  const scale = n / count / ((n - 1) * (n - 2));
  return through.map((sum) => sum * scale);
}
