// What a memory is and how it stands, as factors of its score: their bounds, and what moves them.
import fc from 'fast-check';
import { default_w } from 'ts-fsrs';
import { describe, expect, it } from 'vitest';
import { createFsrs, STANDARD_FSRS } from '../../algo/fsrs.ts';
import { formatTime } from '../../core/clock.ts';
import type { RankingRow } from '../memory/store.ts';
import { multipliersOf } from './ranking.ts';
import { anyRow, DAY, NOW, plan, row } from './ranking-testkit.ts';
import { planSearch } from './recipes.ts';

const context = (change: Partial<Parameters<typeof multipliersOf>[1]> = {}) => ({
  plan: plan(),
  named: new Set<string>(),
  mass: new Map<string, number>(),
  now: NOW,
  fsrs: STANDARD_FSRS,
  ...change,
});

describe('multipliers', () => {
  it('stay within their bounds whatever the memory and the question', () => {
    const queries = fc.constantFrom(
      'alice',
      'what happened in May 2023',
      'yesterday',
      'since 2020',
      'why did bob leave before 1990',
    );
    const mass = fc.record({
      a: fc.double({ min: 0, max: 1, noNaN: true }),
      b: fc.double({ min: 0, max: 1, noNaN: true }),
    });
    fc.assert(
      fc.property(anyRow, queries, mass, (change, query, m) => {
        const p = planSearch(query, undefined, 10, NOW);
        const got = multipliersOf(
          row(1, change),
          context({ plan: p, named: new Set(query.split(' ')), mass: new Map(Object.entries(m)) }),
        );
        const within = (value: number, low: number, high: number) => {
          expect(value).toBeGreaterThanOrEqual(low - 1e-12);
          expect(value).toBeLessThanOrEqual(high + 1e-12);
        };
        within(got.decay, 0.93, 1);
        within(got.storage, 1, 1.03);
        within(got.static, 1, 1.03);
        within(got.importance, 0.96, 1.05);
        within(got.source_count, 1, 1.05);
        within(got.feedback, 0.95, 1.05);
        within(got.author, 1, 1.5);
        within(got.session, 1, 1 + p.recipe.session);
        within(got.period, 1, 1 + p.recipe.time);
      }),
      { numRuns: 500 },
    );
  });

  it('are all 1 for an ordinary fresh memory', () => {
    expect(multipliersOf(row(1), context())).toEqual({
      decay: 1,
      storage: 1,
      static: 1,
      importance: 1,
      source_count: 1,
      centrality: 1,
      feedback: 1,
      author: 1,
      session: 1,
      period: 1,
    });
  });

  it('reach the ends of their ranges', () => {
    const old = multipliersOf(row(1, { created_at: '1990-01-01 00:00:00', importance: 1 }), context());
    expect(old.decay).toBeLessThan(0.96);
    expect(multipliersOf(row(1, { fsrs_retrieval_strength: 0 }), context()).decay).toBeCloseTo(0.93, 12);
    expect(multipliersOf(row(1, { fsrs_storage_strength: 10 }), context()).storage).toBeCloseTo(1.03, 12);
    expect(old.importance).toBeCloseTo(0.96, 12);
    const loved = multipliersOf(
      row(1, { importance: 10, source_count: 11, is_static: 1, created_at: '1990-01-01 00:00:00' }),
      context(),
    );
    expect(loved).toMatchObject({
      decay: 1,
      static: 1.03,
      importance: expect.closeTo(1.05),
      source_count: expect.closeTo(1.05),
    });
  });

  it('count forgetting from the last review, else the last access, else the creation', () => {
    const created_at = formatTime(NOW - 400 * DAY);
    const decay = (change: Partial<RankingRow>) => multipliersOf(row(1, { created_at, ...change }), context()).decay;
    const untouched = decay({});
    const accessed = decay({ last_accessed_at: formatTime(NOW - 40 * DAY) });
    const reviewed = decay({ last_accessed_at: formatTime(NOW - 40 * DAY), fsrs_last_review_at: formatTime(NOW) });
    expect(accessed).toBeGreaterThan(untouched);
    expect(reviewed).toBe(1);
    expect(decay({ fsrs_stability: 1_000 })).toBeGreaterThan(untouched);
    expect(decay({ fsrs_retrieval_strength: 0.5 })).toBeLessThan(untouched);
    expect(decay({ is_static: 1, fsrs_retrieval_strength: 0.5 })).toBe(1);
  });

  it('forget as the weights say', () => {
    const faded = row(1, { created_at: formatTime(NOW - 100 * DAY), fsrs_stability: 10 });
    const fast = createFsrs(default_w.with(20, 0.8));
    expect(multipliersOf(faded, context({ fsrs: fast })).decay).toBeLessThan(multipliersOf(faded, context()).decay);
  });

  it('favour what happened in the period the question names, fading over days around it', () => {
    const p = planSearch('what happened in May 2023', 'temporal', 10, NOW);
    const period = (at: string) => multipliersOf(row(1, { occurred_at: at }), context({ plan: p })).period;
    expect(period('2023-05-08 00:00:00')).toBeCloseTo(1.6, 12);
    expect(period('2023-05-01 00:00:00')).toBeCloseTo(1.6, 12);
    expect(period('2023-05-31 23:59:59')).toBeCloseTo(1.6, 12);
    expect(period('2023-06-04 00:00:00')).toBeGreaterThan(1.4);
    expect(period('2023-06-04 00:00:00')).toBeLessThan(1.6);
    expect(period('2023-04-24 00:00:00')).toBeCloseTo(1 + 0.6 * Math.exp(-0.5), 12);
    expect(period('2024-05-08 00:00:00')).toBeCloseTo(1, 9);
    expect(multipliersOf(row(1, { created_at: '2023-05-08 00:00:00' }), context({ plan: p })).period).toBeCloseTo(
      1.6,
      12,
    );
  });
});
