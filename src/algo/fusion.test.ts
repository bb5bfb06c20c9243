// Reciprocal rank fusion against a slow oracle, and the laws any fusion of ranks must keep.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fuse, type RankedList, RRF_K, ranked } from './fusion.ts';

const ids = fc.uniqueArray(fc.integer({ min: 1, max: 30 }), { maxLength: 15 });
const weight = fc.constantFrom(0, 0.05, 0.1, 0.3, 0.5, 1, 2);
const lists = fc
  .array(fc.record({ weight, ids }), { maxLength: 5 })
  .map((all): RankedList[] => all.map((list, i) => ({ channel: `c${i}`, ...list })));

/** The definition, read off the paper: for every item go through every list. */
function oracle(all: readonly RankedList[], k = RRF_K): Map<number, number> {
  const items = [...new Set(all.flatMap((list) => list.ids))];
  const best = all.map((list) => list.weight / (k + 1)).reduce((a, b) => a + b, 0);
  return new Map(
    items.map((id) => {
      const parts = all.filter((list) => list.ids.includes(id)).map((l) => l.weight / (k + l.ids.indexOf(id) + 1));
      return [id, best === 0 ? 0 : parts.reduce((a, b) => a + b, 0) / best];
    }),
  );
}

const scoreOf = (all: readonly RankedList[], id: number): number =>
  fuse(all).find((item) => item.id === id)?.score ?? 0;

describe('fuse', () => {
  it('gives the scores of its definition, and every item of any list once', () => {
    fc.assert(
      fc.property(lists, fc.integer({ min: 0, max: 100 }), (all, k) => {
        const expected = oracle(all, k);
        const got = fuse(all, k);
        expect(got.map((item) => item.id).sort((a, b) => a - b)).toEqual([...expected.keys()].sort((a, b) => a - b));
        for (const item of got) expect(item.score).toBeCloseTo(expected.get(item.id)!, 12);
      }),
    );
  });

  it('is known by hand for a small case', () => {
    const fused = fuse([
      { channel: 'a', weight: 2, ids: [7, 8] },
      { channel: 'b', weight: 1, ids: [8] },
    ]);
    expect(fused.map((item) => item.id)).toEqual([8, 7]);
    expect(fused[0]!.score).toBeCloseTo((2 / 62 + 1 / 61) / (3 / 61), 12);
    expect(fused[1]!.score).toBeCloseTo(2 / 3, 12);
    expect(fused[0]!.ranks).toEqual({ a: 2, b: 1 });
    expect(fused[1]!.ranks).toEqual({ a: 1 });
  });

  it('orders by score, ties to the larger id', () => {
    fc.assert(
      fc.property(lists, (all) => {
        const got = fuse(all);
        for (const [i, item] of got.entries()) {
          const next = got[i + 1];
          if (next) expect(item.score > next.score || (item.score === next.score && item.id > next.id)).toBe(true);
        }
      }),
    );
  });

  it('gives the larger id to mirrored ranks, whatever the number of lists', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 60 }),
        fc.integer({ min: 1, max: 60 }),
        fc.integer({ min: 1, max: 60 }),
        (a, b, c) => {
          // Items 1000 and 2000 stand at the same three ranks, each in another list: equal evidence.
          const at = (first: number, second: number, from: number): number[] => {
            const filler = Array.from({ length: 61 }, (_, i) => from + i);
            filler[first - 1] = 1000;
            if (second !== first) filler[second - 1] = 2000;
            return filler;
          };
          fc.pre(a !== b && b !== c && c !== a);
          const all = [at(a, b, 3000), at(b, c, 4000), at(c, a, 5000)].map((list, i) => ({
            channel: `c${i}`,
            weight: 1,
            ids: list,
          }));
          const order = fuse(all).map((item) => item.id);
          expect(order.indexOf(2000)).toBe(order.indexOf(1000) - 1);
        },
      ),
    );
  });

  it('does not care in which order the lists come', () => {
    fc.assert(
      fc.property(
        lists.chain((all) => fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length }))),
        ([all, shuffled]) => {
          expect(fuse(shuffled)).toEqual(fuse(all));
        },
      ),
      { numRuns: 500 },
    );
  });

  it('never lowers an item that one more list finds', () => {
    fc.assert(
      fc.property(lists, fc.nat(), fc.integer({ min: 1, max: 30 }), (all, pick, id) => {
        fc.pre(all.length > 0);
        const which = pick % all.length;
        const list = all[which]!;
        fc.pre(!list.ids.includes(id));
        const more = all.map((l, i) => (i === which ? { ...l, ids: [...l.ids, id] } : l));
        const [before, after] = [scoreOf(all, id), scoreOf(more, id)];
        expect(list.weight > 0 ? after > before : after === before).toBe(true);
      }),
    );
  });

  it('never lowers an item that moves up in a list', () => {
    fc.assert(
      fc.property(lists, fc.nat(), fc.nat(), (all, pick, at) => {
        const which = all.findIndex((l) => l.ids.length > 1 && l.weight > 0);
        fc.pre(which >= 0);
        const from = 1 + (at % (all[which]!.ids.length - 1));
        const to = pick % from;
        const id = all[which]!.ids[from]!;
        const moved = [...all[which]!.ids];
        moved.splice(from, 1);
        moved.splice(to, 0, id);
        const better = all.map((l, i) => (i === which ? { ...l, ids: moved } : l));
        expect(scoreOf(better, id)).toBeGreaterThan(scoreOf(all, id));
      }),
    );
  });

  it('keeps the order of a single list', () => {
    fc.assert(
      fc.property(ids, fc.constantFrom(0.1, 1, 3), (list, w) => {
        expect(fuse([{ channel: 'only', weight: w, ids: list }]).map((item) => item.id)).toEqual(list);
      }),
    );
  });

  it('scores between 0 and 1, and 1 only for what is first everywhere', () => {
    fc.assert(
      fc.property(lists, (all) => {
        for (const { score, ranks } of fuse(all)) {
          expect(Number.isFinite(score)).toBe(true);
          expect(score).toBeGreaterThanOrEqual(0);
          expect(score).toBeLessThanOrEqual(1 + 1e-12);
          const counting = all.filter((list) => list.weight > 0);
          const first = counting.length > 0 && counting.every((list) => ranks[list.channel] === 1);
          expect(score > 1 - 1e-9).toBe(first);
        }
      }),
    );
  });

  it('lets a list of weight 0 lend its ranks and nothing else', () => {
    const weighed = { channel: 'a', weight: 1, ids: [3, 1] };
    const silent = { channel: 'b', weight: 0, ids: [1, 2, 3] };
    expect(fuse([weighed, silent]).map(({ id, score, ranks }) => [id, score, ranks])).toEqual([
      [3, 1, { a: 1, b: 3 }],
      [1, expect.closeTo(61 / 62, 12), { a: 2, b: 1 }],
      [2, 0, { b: 2 }],
    ]);
  });

  it('makes nothing of nothing', () => {
    expect(fuse([])).toEqual([]);
    expect(fuse([{ channel: 'a', weight: 1, ids: [] }])).toEqual([]);
  });
});

describe('ranked', () => {
  it('sorts by falling score, ties to the larger id', () => {
    expect(
      ranked(
        new Map([
          [1, 0.5],
          [9, 0.5],
          [4, 0.9],
          [2, 0],
        ]),
      ),
    ).toEqual([4, 9, 1, 2]);
  });

  it('does not depend on the order of insertion', () => {
    const entries = fc.uniqueArray(fc.tuple(fc.integer({ min: 1, max: 50 }), fc.constantFrom(0, 0.1, 0.5, 1)), {
      selector: ([id]) => id,
    });
    fc.assert(
      fc.property(
        entries.chain((e) => fc.tuple(fc.constant(e), fc.shuffledSubarray(e, { minLength: e.length }))),
        ([some, shuffled]) => {
          expect(ranked(new Map(shuffled))).toEqual(ranked(new Map(some)));
        },
      ),
    );
  });
});
