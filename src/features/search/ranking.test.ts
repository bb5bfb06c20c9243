// Ranking as arithmetic: what outranks what, and that every figure can be added up again. Factors: multipliers.test.ts
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { STANDARD_FSRS } from '../../algo/fsrs.ts';
import { RRF_K } from '../../algo/fusion.ts';
import { formatTime } from '../../core/clock.ts';
import type { Candidate } from '../../core/ports.ts';
import type { RankingRow } from '../memory/store.ts';
import { activate, evidenceOf, type Retrieved, rank as rankBy } from './ranking.ts';
import { anyRow, DAY, NOW, plan, row } from './ranking-testkit.ts';
import { planSearch, type SearchPlan } from './recipes.ts';

const hits = (...pairs: [id: number, score: number][]): Candidate[] => pairs.map(([id, score]) => ({ id, score }));
const asRows = (rows: RankingRow[]) => new Map(rows.map((r) => [r.id, r]));

/** Everything from what the retrievers found, without edges. */
function retrieved(
  found: { lexical: Candidate[]; vector?: Candidate[] | null; rows: RankingRow[] },
  p: SearchPlan,
): Retrieved {
  const raw = { lexical: found.lexical, vector: found.vector ?? null };
  return { ...raw, activation: activate(evidenceOf(raw, p), [], p.shortlist), rows: asRows(found.rows) };
}
const rank = (found: Retrieved, p: SearchPlan, query: string) => rankBy(found, p, query, NOW, STANDARD_FSRS);

describe('a name in the question', () => {
  it('lifts what the person named in the question said over what others said', () => {
    const p = plan('what did Caroline paint');
    const rows = [row(1, { opening: 'Caroline: I painted a lake' }), row(2, { opening: 'Melanie: I painted a lake' })];
    const order = rank(retrieved({ lexical: hits([2, 4.1], [1, 4]), rows }, p), p, 'what did Caroline paint');
    expect(order.map((item) => item.id)).toEqual([1, 2]);
    expect(order[0]!.multipliers.author).toBe(1.5);
    expect(order[1]!.multipliers.author).toBe(1);
  });
});

describe('evidenceOf', () => {
  it('shares words by the best, and counts meaning by how far it is above chance', () => {
    const p = plan();
    const vector_hits = hits([2, 1], [3, 0.6], [4, 0.2], [5, 0.1]);
    const evidence = evidenceOf({ lexical: hits([1, 8], [2, 4]), vector: vector_hits, chance: 0.2 }, p);
    const { vector, lexical } = p.recipe.evidence;
    expect(evidence.get(1)).toBeCloseTo(lexical, 12);
    expect(evidence.get(2)).toBeCloseTo(vector + lexical / 2, 12);
    expect(evidence.get(3)).toBeCloseTo(vector / 2, 12);
    expect(evidence.get(4)).toBeCloseTo(0, 12);
    expect(evidence.get(5)).toBe(0);
  });

  it('rests on the one retriever there is', () => {
    expect(evidenceOf({ lexical: hits([1, 8], [2, 4]), vector: null }, plan())).toEqual(
      new Map([
        [1, 1],
        [2, 0.5],
      ]),
    );
    expect(evidenceOf({ lexical: [], vector: hits([1, 0.8], [2, 0.6]) }, plan())).toEqual(
      new Map([
        [1, 0.8],
        [2, 0.6],
      ]),
    );
    expect(evidenceOf({ lexical: [], vector: null }, plan()).size).toBe(0);
  });

  it('stays within 0..1 for scores of any scale, opposite vectors included', () => {
    const list = (min: number, max: number) =>
      fc
        .uniqueArray(fc.tuple(fc.integer({ min: 1, max: 20 }), fc.double({ min, max, noNaN: true })), {
          selector: ([id]) => id,
        })
        .map((all) => hits(...all.sort(([, a], [, b]) => b - a)));
    fc.assert(
      fc.property(list(0, 500), list(-1, 1), (lexical, vector) => {
        for (const value of evidenceOf({ lexical, vector }, plan()).values()) {
          expect(value).toBeGreaterThanOrEqual(0);
          expect(value).toBeLessThanOrEqual(1 + 1e-12);
        }
      }),
    );
  });
});

describe('rank', () => {
  it('puts an exact answer of three years ago before a weak one of today', () => {
    const p = plan();
    const old = row(1, { created_at: formatTime(NOW - 3 * 365 * DAY), importance: 1 });
    const fresh = row(2, { importance: 10, is_static: 1, source_count: 20 });
    for (const vector of [null, hits([1, 0.8], [2, 0.4])]) {
      const order = rank(retrieved({ lexical: hits([1, 9], [2, 4]), vector, rows: [old, fresh] }, p), p, 'red bicycle');
      expect(order.map((item) => item.id)).toEqual([1, 2]);
    }
  });

  it('lets neither strength outrank an answer that fits a tenth better', () => {
    const p = plan();
    const forgotten = row(1, { created_at: '1990-01-01 00:00:00', fsrs_retrieval_strength: 0 });
    const known = row(2, { fsrs_storage_strength: 10, fsrs_stability: 36_500 });
    const found = (better: number) => {
      const lexical = [1, 2].map((id) => ({ id, score: id === 1 ? better : 1 }));
      return rank(retrieved({ lexical, rows: [forgotten, known] }, p), p, 'red bicycle').map(({ id }) => id);
    };
    expect(found(1.05)).toEqual([2, 1]);
    expect(found(1.12)).toEqual([1, 2]);
  });

  it('lets recency decide between equals, then the larger id', () => {
    const p = plan();
    const rows = [row(1), row(2), row(3, { created_at: formatTime(NOW - 100 * DAY) })];
    const order = rank(retrieved({ lexical: hits([3, 5], [2, 5], [1, 5]), rows }, p), p, 'x');
    expect(order.map((item) => item.id)).toEqual([2, 1, 3]);
  });

  it('gathers sessions: where much was found, little counts for more', () => {
    const p = plan();
    const busy = [1, 2, 3, 4].map((id) => row(id, { session_id: 'busy' }));
    const rows = [...busy, row(5, { session_id: 'lone' })];
    const lexical = hits([1, 10], [2, 9], [3, 8.5], [5, 6.2], [4, 6]);
    const order = rank(retrieved({ lexical, rows }, p), p, 'x');
    const at = (id: number) => order.findIndex((item) => item.id === id);
    expect(at(4)).toBeLessThan(at(5));
    expect(order[at(1)]!.multipliers.session).toBeCloseTo(1 + p.recipe.session, 12);
    const lone = order[at(5)]!.multipliers.session;
    expect(lone).toBeGreaterThan(1);
    expect(lone).toBeLessThan(1 + p.recipe.session / 2);
  });

  it('drops what has no row, and closes its ranks', () => {
    const p = plan();
    const order = rank(retrieved({ lexical: hits([9, 9], [1, 5]), rows: [row(1)] }, p), p, 'x');
    expect(order.map((item) => [item.id, item.channels.lexical?.rank, item.score])).toEqual([[1, 1, 1]]);
  });

  it('shows a neighbour below the memory that led to it, by channel graph alone', () => {
    const p = plan();
    const lexical = hits([1, 5]);
    const evidence = evidenceOf({ lexical, vector: null }, p);
    const activation = activate(
      evidence,
      [{ source_id: 2, target_id: 1, type: 'follows', similarity: 1 }],
      p.shortlist,
    );
    const order = rank({ lexical, vector: null, activation, rows: asRows([row(1), row(2)]) }, p, 'x');
    expect(order.map((item) => [item.id, Object.keys(item.channels)])).toEqual([
      [1, ['lexical', 'graph']],
      [2, ['graph']],
    ]);
  });

  const scene = fc.record({
    rows: fc.array(anyRow, { minLength: 1, maxLength: 25 }).map((all) => all.map((change, i) => row(i + 1, change))),
    lexical: fc.array(fc.double({ min: 0, max: 30, noNaN: true }), { maxLength: 25 }),
    vector: fc.option(fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { maxLength: 25 })),
  });
  const listOf = (scores: number[]) =>
    hits(...scores.map((s, i) => [i + 1, s] as [number, number]).sort(([a, x], [b, y]) => y - x || b - a));

  it('adds up: the score of each result is the sum of its parts', () => {
    fc.assert(
      fc.property(scene, (s) => {
        const p = planSearch('alice in May 2023', undefined, 10, NOW);
        const found = retrieved({ lexical: listOf(s.lexical), vector: s.vector && listOf(s.vector), rows: s.rows }, p);
        const order = rank(found, p, 'alice in May 2023');
        const used = new Set(order.flatMap((item) => Object.keys(item.channels) as (keyof typeof p.recipe.weights)[]));
        const best = [...used].reduce((sum, channel) => sum + p.recipe.weights[channel] / (RRF_K + 1), 0);
        for (const item of order) {
          const parts = Object.values(item.channels).map(({ weight, rank: at }) => weight / (RRF_K + at));
          expect(item.score).toBeCloseTo(parts.reduce((a, b) => a + b, 0) / best, 10);
          const { session, ...direct } = item.multipliers;
          const factor = Object.values(direct).reduce((a, b) => a * b, 1);
          const raw = (list: readonly Candidate[] | null) =>
            list?.find((hit) => hit.id === item.id)?.score ?? Number.NaN;
          if (item.channels.lexical) expect(item.channels.lexical.score).toBeCloseTo(raw(found.lexical) * factor, 10);
          if (item.channels.vector) expect(item.channels.vector.score).toBeCloseTo(raw(found.vector) * factor, 10);
          expect(item.channels.graph?.score).toBeCloseTo(found.activation.get(item.id)! * factor * session, 10);
        }
      }),
    );
  });

  it('gives finite scores in 0..1, falling, ties to the larger id', () => {
    fc.assert(
      fc.property(scene, (s) => {
        const p = plan();
        const order = rank(
          retrieved({ lexical: listOf(s.lexical), vector: s.vector && listOf(s.vector), rows: s.rows }, p),
          p,
          'x',
        );
        for (const [i, item] of order.entries()) {
          expect(item.score).toBeGreaterThan(0);
          expect(item.score).toBeLessThanOrEqual(1 + 1e-12);
          const next = order[i + 1];
          if (next) expect(item.score > next.score || (item.score === next.score && item.id > next.id)).toBe(true);
        }
      }),
    );
  });

  it('gives the same for the same, whatever order rows and activations come in', () => {
    fc.assert(
      fc.property(
        scene.chain((s) => fc.tuple(fc.constant(s), fc.shuffledSubarray(s.rows, { minLength: s.rows.length }))),
        ([s, shuffled]) => {
          const p = plan();
          const first = retrieved(
            { lexical: listOf(s.lexical), vector: s.vector && listOf(s.vector), rows: s.rows },
            p,
          );
          const second = { ...first, rows: asRows(shuffled), activation: new Map([...first.activation].reverse()) };
          expect(rank(second, p, 'alice')).toEqual(rank(first, p, 'alice'));
        },
      ),
    );
  });

  it('finds nothing in nothing', () => {
    expect(rank({ lexical: [], vector: null, activation: new Map(), rows: new Map() }, plan(), '')).toEqual([]);
  });
});

describe('activate', () => {
  it('keeps the most activated, ties to the larger id', () => {
    const evidence = new Map([
      [1, 0.5],
      [2, 0.5],
      [3, 0.9],
      [4, 0.1],
    ]);
    expect([...activate(evidence, [], 2).keys()].sort()).toEqual([2, 3]);
    expect(activate(evidence, [], 4).size).toBe(4);
  });
});
