import fc from 'fast-check';
import betweennessOf from 'graphology-metrics/centrality/betweenness.js';
import { describe, expect, it } from 'vitest';
import { betweenness } from './betweenness.ts';
import { fromEdges, indexOf } from './csr.ts';
import { components, cuts, longestChain, topologyOf } from './structure.ts';
import { anyGraph, bothWays, csrOf, type Edge, edgesOf, undirectedGraph } from './testkit.ts';

const chain = (n: number): Edge[] => Array.from({ length: n - 1 }, (_, i) => [i, i + 1]);

describe('csr', () => {
  it('keeps the strongest of parallel edges and no loops', () => {
    expect(edgesOf(csrOf(3, [[0, 1, 0.2], [0, 1, 0.9], [1, 1, 5], [2, 0, 1], [0, 1, 0.4]]))).toEqual([
      [0, 1, 0.9],
      [2, 0, 1],
    ]); // biome-ignore format: edges
  });
  it('has the stronger of both directions in both rows', () => {
    expect(edgesOf(bothWays(2, [[0, 1, 0.2], [1, 0, 0.7]]))).toEqual([[0, 1, 0.7], [1, 0, 0.7]]); // biome-ignore format: edges
  });
  it('finds ids, and leaves out edges to others', () => {
    const ids = Float64Array.of(3, 8, 2 ** 40);
    expect([3, 8, 2 ** 40, 1, 5, 2 ** 41].map((id) => indexOf(ids, id))).toEqual([0, 1, 2, -1, -1, -1]);
    const edges = {
      from: Float64Array.of(3, 8, 3, 2 ** 40),
      to: Float64Array.of(8, 99, 2 ** 40, 8),
      weight: Float32Array.of(0.5, 1, 0.25, 0),
      mutual: Uint8Array.of(1, 0, 0, 0),
    };
    expect(edgesOf(fromEdges(ids, edges, true))).toEqual([[0, 1, 0.5], [0, 2, 0.25], [1, 0, 0.5]]); // biome-ignore format: edges
    expect(edgesOf(fromEdges(ids, edges, false))).toEqual([[0, 1, 0.5], [0, 2, 0.25]]); // biome-ignore format: edges
  });
});

describe('cuts', () => {
  it('finds bridges and cut points by what goes missing without them', () => {
    fc.assert(
      fc.property(anyGraph, ({ n, edges }) => {
        const graph = bothWays(n, edges);
        const all = edgesOf(graph).filter(([a, b]) => a < b);
        const parts = components(graph).sizes.length;
        const { bridges, cut_points } = cuts(graph);
        const needed = all.filter((edge) => components(bothWays(n, all.filter((one) => one !== edge))).sizes.length > parts); // biome-ignore format: short
        expect(bridges).toEqual(needed.map(([a, b]) => [a, b]).sort((x, y) => x[0]! - y[0]! || x[1]! - y[1]!));
        const without = (i: number) =>
          components(bothWays(n, all.filter(([a, b]) => a !== i && b !== i))).sizes.length - 1; // biome-ignore format: short
        expect(cut_points).toEqual([...Array(n).keys()].filter((i) => without(i) > parts));
      }),
    );
  });
  it('minds neither a very long chain nor a very long cycle', () => {
    const n = 200_000;
    expect(cuts(bothWays(n, chain(n))).bridges).toHaveLength(n - 1);
    expect(cuts(bothWays(n, [...chain(n), [n - 1, 0]]))).toEqual({ bridges: [], cut_points: [] });
    expect(longestChain(csrOf(n, chain(n)))).toBe(n - 1);
    expect(longestChain(csrOf(n, [...chain(n), [n - 1, 0]]))).toBeNull();
  });
});

describe('topologyOf', () => {
  it.each<[string, number, Edge[]]>([
    ['empty', 0, []],
    ['single', 1, []],
    ['disconnected', 3, [[0, 1]]],
    ['pipeline', 4, chain(4)],
    ['cycle', 3, [[0, 1], [1, 2], [2, 0]]],
    ['tree', 4, [[0, 1], [0, 2], [2, 3]]],
    ['tree', 3, [[0, 2], [1, 2]]],
    ['fork-join', 4, [[0, 1], [0, 2], [1, 3], [2, 3]]],
    ['dag', 5, [[0, 1], [0, 2], [1, 3], [2, 3], [4, 3]]],
    ['network', 4, [[0, 1], [1, 2], [2, 0], [2, 3]]],
  ])('%s', (name, n, edges) => {
    expect(topologyOf(csrOf(n, edges), components(bothWays(n, edges)).sizes.length)).toBe(name);
  }); // biome-ignore format: edges
});

describe('betweenness', () => {
  it('agrees with another implementation on any graph', () => {
    fc.assert(
      fc.property(anyGraph, ({ n, edges }) => {
        const graph = bothWays(n, edges);
        const expected = betweennessOf(undirectedGraph(graph), { getEdgeWeight: null });
        const found = betweenness(graph);
        for (let i = 0; i < n; i++) expect(found[i]).toBeCloseTo(n < 3 ? 0 : expected[i]!, 9);
      }),
    );
  });
  it('finds the middle of a star from a sample too', () => {
    const star = bothWays(
      500,
      Array.from({ length: 499 }, (_, i): Edge => [0, i + 1]),
    );
    const found = betweenness(star, 20);
    expect(found[0]).toBeGreaterThan(0.9);
    expect(found.indexOf(Math.max(...found))).toBe(0);
  });
});
