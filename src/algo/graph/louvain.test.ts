import fc from 'fast-check';
import louvainOf from 'graphology-communities-louvain';
import modularityOf from 'graphology-metrics/graph/modularity.js';
import { describe, expect, it } from 'vitest';
import { ALONE, keepNames } from './keep-names.ts';
import { louvain, modularity } from './louvain.ts';
import { components } from './structure.ts';
import { anyGraph, bothWays, type Edge, edgesOf, KARATE_CLUB, undirectedGraph } from './testkit.ts';

/** Rings of cliques: the partition that is meant is known. */
function cliques(count: number, size: number): Edge[] {
  const edges: Edge[] = [];
  for (let c = 0; c < count; c++) {
    for (let i = 0; i < size; i++) for (let j = i + 1; j < size; j++) edges.push([c * size + i, c * size + j]);
    edges.push([c * size, ((c + 1) % count) * size + 1]);
  }
  return edges;
}

describe('louvain', () => {
  it('finds the cliques of a ring', () => {
    const { membership, count } = louvain(bothWays(40, cliques(8, 5)));
    expect(count).toBe(8);
    for (let i = 0; i < 40; i++) expect(membership[i]).toBe(membership[i - (i % 5)]);
  });

  it('comes near the best there is on the karate club, with any seed', () => {
    const graph = KARATE_CLUB();
    expect(edgesOf(graph)).toHaveLength(156);
    for (let seed = 1; seed <= 20; seed++) {
      const found = louvain(graph, { seed });
      expect(found.modularity).toBeGreaterThan(0.385);
      expect(found.modularity).toBeLessThan(0.4199);
      expect(found.count).toBeGreaterThanOrEqual(3);
      expect(found.count).toBeLessThanOrEqual(5);
    }
    const all = Array.from({ length: 20 }, (_, i) => louvain(graph, { seed: i + 1 }).modularity);
    expect(Math.max(...all)).toBeCloseTo(0.4198, 4);
  });

  it('goes on to further levels where one would stop too early', () => {
    const { levels, count, modularity } = louvain(bothWays(600, cliques(200, 3)));
    expect(levels).toBeGreaterThan(1);
    // Newman and Girvan's measure holds neighbouring cliques for one, the more so the larger the ring.
    expect(count).toBeLessThan(100);
    expect(modularity).toBeGreaterThan(0.9);
  });

  it('gives smaller communities at a higher resolution', () => {
    const graph = KARATE_CLUB();
    expect(louvain(graph, { resolution: 2 }).count).toBeGreaterThan(louvain(graph, { resolution: 0.5 }).count);
  });

  it('leaves nodes without edges alone', () => {
    expect(louvain(bothWays(3, []))).toMatchObject({ count: 3, levels: 0, modularity: 0 });
    expect(louvain(bothWays(0, []))).toMatchObject({ count: 0 });
  });

  it('is the same for the same seed, and numbers the largest first', () => {
    fc.assert(
      fc.property(anyGraph, fc.integer(), ({ n, edges }, seed) => {
        const graph = bothWays(n, edges);
        const found = louvain(graph, { seed });
        expect(louvain(graph, { seed })).toEqual(found);
        const sizes = new Array<number>(found.count).fill(0);
        for (const c of found.membership) sizes[c]!++;
        expect(sizes).toEqual([...sizes].sort((a, b) => b - a));
        expect(Math.min(...sizes)).toBeGreaterThan(0);
      }),
    );
  });

  it('never joins what nothing connects', () => {
    fc.assert(
      fc.property(anyGraph, ({ n, edges }) => {
        const graph = bothWays(n, edges);
        const { membership, count } = louvain(graph);
        const inside = edgesOf(graph).filter(([a, b]) => membership[a] === membership[b]);
        expect(components(bothWays(n, inside)).sizes).toHaveLength(count);
      }),
    );
  });

  it('does about as well as another implementation, and measures modularity alike', () => {
    fc.assert(
      fc.property(anyGraph, ({ n, edges }) => {
        const graph = bothWays(n, edges);
        if (graph.targets.length === 0) return;
        const found = louvain(graph);
        const other = undirectedGraph(graph);
        const communities = Object.fromEntries(found.membership.entries());
        const measured = modularityOf(other, { getNodeCommunity: (node: string) => communities[Number(node)]! });
        expect(found.modularity).toBeCloseTo(measured, 9);
        const theirs = louvainOf.detailed(other, { rng: () => 0.5 }).modularity;
        expect(found.modularity).toBeGreaterThan(theirs - 0.08);
        // Together in one, each alone: no better than what was found.
        expect(found.modularity).toBeGreaterThanOrEqual(modularity(graph, new Uint32Array(n)) - 1e-9);
      }),
    );
  });
});

describe('keepNames', () => {
  const named = (membership: number[], earlier: number[]) => [
    ...keepNames(
      { membership: Uint32Array.from(membership), count: Math.max(...membership) + 1 },
      Float64Array.from(earlier),
    ),
  ];

  it('starts at 1 and names nobody who is alone', () => {
    expect(named([0, 0, 1, 1, 2], [0, 0, 0, 0, 0])).toEqual([1, 1, 2, 2, ALONE]);
  });
  it('keeps the names of communities that go on', () => {
    expect(named([0, 0, 0, 1, 1], [2, 2, 0, 1, 1])).toEqual([2, 2, 2, 1, 1]);
  });
  it('leaves the name to the larger part of one that split, and takes no name twice', () => {
    expect(named([0, 0, 0, 1, 1], [7, 7, 7, 7, 7])).toEqual([7, 7, 7, 8, 8]);
    expect(named([0, 0, 0, 0, 1, 1], [3, 3, 9, 0, 9, 9])).toEqual([3, 3, 3, 3, 9, 9]);
  });
  it('gives every community a name of its own', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(5), fc.nat(6)), { minLength: 1, maxLength: 40 }), (pairs) => {
        const labels = [...new Set(pairs.map(([c]) => c))];
        const membership = pairs.map(([c]) => labels.indexOf(c));
        const names = named(membership, pairs.map(([, name]) => name)); // biome-ignore format: short
        const of = new Map<number, number>();
        for (const [i, name] of names.entries()) {
          const alone = membership.filter((c) => c === membership[i]).length === 1;
          expect(name === ALONE).toBe(alone);
          if (!alone) expect(of.get(name) ?? membership[i]).toBe(membership[i]);
          of.set(name, membership[i]!);
        }
      }),
    );
  });
});
