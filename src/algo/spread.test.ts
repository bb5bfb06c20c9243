// Spreading activation against a slow oracle that writes out every path, and the laws that keep a graph from drowning search.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EDGE_WEIGHTS, MAX_DEGREE, SECOND_HOP, type SpreadEdge, spread } from './spread.ts';

const edge = (source_id: number, target_id: number, type = 'follows', similarity = 1): SpreadEdge => ({
  source_id,
  target_id,
  type,
  similarity,
});
const node = fc.integer({ min: 1, max: 12 });
const edges = fc.array(
  fc.record({
    source_id: node,
    target_id: node,
    type: fc.constantFrom('follows', 'updates', 'causes', 'has_fact', 'made-up'),
    similarity: fc.double({ min: 0, max: 1, noNaN: true }),
  }),
  { maxLength: 30 },
);
const seeds = fc
  .uniqueArray(fc.tuple(node, fc.double({ min: 0, max: 1, noNaN: true })), { selector: ([id]) => id, maxLength: 5 })
  .map((entries) => new Map(entries));

/** Every path of one and two edges, written out. Assumes no node has more than MAX_DEGREE neighbours. */
function oracle(from: ReadonlyMap<number, number>, all: readonly SpreadEdge[]): Map<number, number> {
  const nodes = [...new Set([...from.keys(), ...all.flatMap((e) => [e.source_id, e.target_id])])];
  const between = (a: number, b: number): number | null => {
    const found = all.filter(
      (e) => a !== b && ((e.source_id === a && e.target_id === b) || (e.source_id === b && e.target_id === a)),
    );
    return found.length === 0 ? null : Math.max(...found.map((e) => (EDGE_WEIGHTS[e.type] ?? 0.4) * e.similarity));
  };
  const result = new Map(from);
  for (const [seed, relevance] of from) {
    for (const one of nodes) {
      const first = between(seed, one);
      if (first === null) continue;
      result.set(one, (result.get(one) ?? 0) + relevance * first);
      for (const two of nodes) {
        const second = between(one, two);
        if (second === null || two === seed || between(seed, two) !== null) continue;
        result.set(two, (result.get(two) ?? 0) + relevance * first * second * SECOND_HOP);
      }
    }
  }
  return result;
}

const expectSame = (got: ReadonlyMap<number, number>, expected: ReadonlyMap<number, number>) => {
  expect([...got.keys()].sort((a, b) => a - b)).toEqual([...expected.keys()].sort((a, b) => a - b));
  for (const [id, value] of expected) expect(got.get(id)).toBeCloseTo(value, 10);
};

describe('spread', () => {
  it('adds up every path of one and two edges', () => {
    fc.assert(
      fc.property(seeds, edges, (from, all) => expectSame(spread(from, all), oracle(from, all))),
      { numRuns: 300 },
    );
  });

  it('is known by hand for a chain', () => {
    const got = spread(new Map([[1, 1]]), [edge(1, 2), edge(2, 3), edge(3, 4)]);
    const follows = EDGE_WEIGHTS.follows!;
    expectSame(
      got,
      new Map([
        [1, 1],
        [2, follows],
        [3, follows * follows * SECOND_HOP],
      ]),
    );
  });

  it('leaves the seeds at least what they had, and never sends a flow back', () => {
    fc.assert(
      fc.property(seeds, edges, (from, all) => {
        const got = spread(from, all);
        for (const [id, relevance] of from) expect(got.get(id)).toBeGreaterThanOrEqual(relevance);
      }),
    );
    fc.assert(
      fc.property(node, fc.double({ min: 0.01, max: 1, noNaN: true }), edges, (seed, relevance, all) => {
        // A single seed can gain only from itself, so it must gain nothing.
        expect(spread(new Map([[seed, relevance]]), all).get(seed)).toBe(relevance);
      }),
    );
  });

  it('lights a neighbour less than the seed that found it', () => {
    fc.assert(
      fc.property(node, edges, (seed, all) => {
        const got = spread(new Map([[seed, 1]]), all.slice(0, 1));
        for (const [id, value] of got) if (id !== seed) expect(value).toBeLessThan(1);
      }),
    );
  });

  it('does not care which end of an edge is called its source, nor in which order edges come', () => {
    fc.assert(
      fc.property(
        seeds,
        edges.chain((all) => fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length }))),
        (from, [all, shuffled]) => {
          const turned = shuffled.map((e) => ({ ...e, source_id: e.target_id, target_id: e.source_id }));
          expectSame(spread(from, turned), spread(from, all));
        },
      ),
    );
  });

  it('renames its answer when the memories are renamed', () => {
    const names = fc.shuffledSubarray(
      Array.from({ length: 12 }, (_, i) => 100 + i),
      { minLength: 12 },
    );
    fc.assert(
      fc.property(seeds, edges, names, (from, all, name) => {
        const to = (id: number) => name[id - 1]!;
        const renamed = spread(
          new Map([...from].map(([id, relevance]) => [to(id), relevance])),
          all.map((e) => ({ ...e, source_id: to(e.source_id), target_id: to(e.target_id) })),
        );
        expectSame(renamed, new Map([...spread(from, all)].map(([id, value]) => [to(id), value])));
      }),
    );
  });

  it('counts of several edges between two memories only the strongest', () => {
    const once = spread(new Map([[1, 1]]), [edge(1, 2, 'caused_by')]);
    expect(
      spread(new Map([[1, 1]]), [edge(1, 2, 'caused_by'), edge(2, 1, 'follows'), edge(1, 2, 'caused_by')]),
    ).toEqual(once);
  });

  it('ignores an edge from a memory to itself', () => {
    expect(spread(new Map([[1, 0.5]]), [edge(1, 1)])).toEqual(new Map([[1, 0.5]]));
  });

  it('lets a hub light its strongest neighbours only, larger ids first among equals', () => {
    const many = Array.from({ length: MAX_DEGREE + 10 }, (_, i) => edge(1, 100 + i, 'follows', i < 3 ? 1 : 0.5));
    const lit = [...spread(new Map([[1, 1]]), many).keys()].filter((id) => id !== 1).sort((a, b) => a - b);
    const strongest = [100, 101, 102];
    const newest = Array.from({ length: MAX_DEGREE - 3 }, (_, i) => 100 + MAX_DEGREE + 9 - i).reverse();
    expect(lit).toEqual([...strongest, ...newest]);
  });

  it('does not flood what lies behind a hub', () => {
    const hub = Array.from({ length: 100 }, (_, i) => edge(2, 100 + i, 'follows', 1));
    const lit = spread(new Map([[1, 1]]), [edge(1, 2, 'follows', 1), ...hub]);
    expect(lit.size).toBeLessThanOrEqual(2 + MAX_DEGREE);
  });

  it('changes nothing that was given to it, and needs no edges', () => {
    const from = new Map([[1, 0.3]]);
    expect(spread(from, [])).toEqual(from);
    spread(from, [edge(1, 2)]);
    expect([...from]).toEqual([[1, 0.3]]);
  });

  it('knows only weights that hand on less than everything', () => {
    for (const weight of Object.values(EDGE_WEIGHTS)) {
      expect(weight).toBeGreaterThan(0);
      expect(weight).toBeLessThan(1);
    }
    expect(SECOND_HOP).toBeLessThan(1);
  });
});

it('weighs an edge of a type named like a property of every object as any other', () => {
  const edge = (type: string) => [{ source_id: 1, target_id: 2, type, similarity: 1 }];
  expect(spread(new Map([[1, 1]]), edge('constructor'))).toEqual(spread(new Map([[1, 1]]), edge('anything')));
});
