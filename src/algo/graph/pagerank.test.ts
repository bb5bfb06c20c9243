import fc from 'fast-check';
import pagerank from 'graphology-metrics/centrality/pagerank.js';
import { describe, expect, it } from 'vitest';
import { pageRank, shareOfHighest } from './pagerank.ts';
import { anyGraph, csrOf, directedGraph } from './testkit.ts';

const sum = (ranks: Float64Array): number => ranks.reduce((all, one) => all + one, 0);
const EXACT = { tolerance: 1e-12, max_iterations: 1000 };

describe('pageRank', () => {
  it('gives the known ranks of a small graph', () => {
    // 0 -> 1 and 2, 1 -> 2, 2 -> 0; worked out by solving the equations.
    const { ranks, converged } = pageRank(csrOf(3, [[0, 1], [0, 2], [1, 2], [2, 0]]), EXACT); // biome-ignore format: edges
    expect(converged).toBe(true);
    expect([...ranks]).toEqual([0.3878, 0.2148, 0.3974].map((rank) => expect.closeTo(rank, 4)));
  });

  it('follows a heavier edge more often', () => {
    const { ranks } = pageRank(csrOf(3, [[0, 1, 3], [0, 2, 1]]), EXACT); // biome-ignore format: edges
    const base = ranks[0]!;
    expect((ranks[1]! - base) / (ranks[2]! - base)).toBeCloseTo(3, 9);
  });

  it('loses nothing where there are no links', () => {
    const { ranks } = pageRank(csrOf(4, [[0, 1]]), EXACT);
    expect(sum(ranks)).toBeCloseTo(1, 12);
    expect(ranks[2]).toBe(ranks[3]);
    expect(ranks[1]).toBeGreaterThan(ranks[0]!);
    expect([...pageRank(csrOf(3, [])).ranks]).toEqual([1 / 3, 1 / 3, 1 / 3]);
  });

  it('has nothing to say about nothing', () => {
    expect(pageRank(csrOf(0, []))).toMatchObject({ iterations: 0, converged: true });
  });

  it('agrees with another implementation on any graph', () => {
    fc.assert(
      fc.property(anyGraph, ({ n, edges }) => {
        const graph = csrOf(n, edges);
        const { ranks } = pageRank(graph, EXACT);
        const expected = pagerank(directedGraph(graph), {
          tolerance: 1e-12,
          maxIterations: 1000,
          getEdgeWeight: 'weight',
        });
        expect(sum(ranks)).toBeCloseTo(1, 9);
        for (let i = 0; i < n; i++) expect(ranks[i]).toBeCloseTo(expected[i]!, 8);
      }),
    );
  });

  it('is near its end with the usual tolerance', () => {
    fc.assert(
      fc.property(anyGraph, ({ n, edges }) => {
        const graph = csrOf(n, edges);
        const [rough, exact] = [pageRank(graph).ranks, pageRank(graph, EXACT).ranks];
        for (let i = 0; i < n; i++) expect(Math.abs(rough[i]! / exact[i]! - 1)).toBeLessThan(1e-3);
      }),
    );
  });
});

it('shareOfHighest goes from 0 to 1', () => {
  expect([...shareOfHighest(Float64Array.of(0.1, 0.4, 0.2))]).toEqual([0.25, 1, 0.5]);
  expect([...shareOfHighest(Float64Array.of())]).toEqual([]);
});
