import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createBuckets, WINDOW_MS } from './token-bucket.ts';

const step = fc.record({ wait: fc.integer({ min: 0, max: 90_000 }), cost: fc.integer({ min: 1, max: 30 }) });

describe('a token bucket', () => {
  it('allows up to its limit at once, then nothing until time passes', () => {
    const buckets = createBuckets(10);
    for (let left = 4; left >= 0; left--) {
      expect(buckets.take('a', 1, 5, 1000)).toMatchObject({ allowed: true, limit: 5, remaining: left, wait_ms: 0 });
    }
    expect(buckets.take('a', 1, 5, 1000)).toMatchObject({ allowed: false, remaining: 0, wait_ms: 12_000 });
    expect(buckets.take('a', 1, 5, 12_999).allowed).toBe(false);
    expect(buckets.take('a', 1, 5, 13_000).allowed).toBe(true);
  });

  it('is one of many that know nothing of each other', () => {
    const buckets = createBuckets(10);
    expect(buckets.take('a', 5, 5, 0).allowed).toBe(true);
    expect(buckets.take('a', 1, 5, 0).allowed).toBe(false);
    expect(buckets.take('b', 5, 5, 0).allowed).toBe(true);
  });

  it('never gives more in any stretch of time than its limit and what came back meanwhile', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100 }), fc.array(step, { maxLength: 60 }), (limit, steps) => {
        const buckets = createBuckets(10);
        const taken: { at: number; cost: number }[] = [];
        let now = 0;
        for (const { wait, cost } of steps) {
          now += wait;
          if (buckets.take('a', cost, limit, now).allowed) taken.push({ at: now, cost: Math.min(cost, limit) });
        }
        for (let from = 0; from < taken.length; from++) {
          let sum = 0;
          for (let to = from; to < taken.length; to++) {
            sum += taken[to]!.cost;
            const back = ((taken[to]!.at - taken[from]!.at) * limit) / WINDOW_MS;
            expect(sum).toBeLessThanOrEqual(limit + back + 1e-6);
          }
        }
      }),
    );
  });

  it('says truly how long to wait, and that a full bucket is full', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100 }), fc.array(step, { maxLength: 40 }), (limit, steps) => {
        const buckets = createBuckets(10);
        let now = 0;
        for (const { wait, cost } of steps) {
          now += wait;
          const answer = buckets.take('a', cost, limit, now);
          if (answer.allowed) continue;
          expect(answer.wait_ms).toBeGreaterThan(0);
          expect(buckets.take('a', cost, limit, now + answer.wait_ms * 0.99).allowed).toBe(false);
          now += answer.wait_ms;
          expect(buckets.take('a', cost, limit, now).allowed).toBe(true);
        }
        const { reset_ms } = buckets.look('a', limit, now);
        expect(buckets.look('a', limit, now + Math.ceil(reset_ms)).remaining).toBe(limit);
      }),
    );
  });

  it('gives nothing for a clock that goes back', () => {
    const buckets = createBuckets(10);
    buckets.take('a', 5, 5, 100_000);
    expect(buckets.take('a', 1, 5, 0).allowed).toBe(false);
    expect(buckets.take('a', 1, 5, 11_000).allowed).toBe(false);
    expect(buckets.take('a', 1, 5, 12_000).allowed).toBe(true);
  });

  it('lets pass what costs more than the limit, from a full bucket only', () => {
    const buckets = createBuckets(10);
    expect(buckets.take('a', 50, 10, 0)).toMatchObject({ allowed: true, remaining: 0 });
    expect(buckets.take('a', 50, 10, 59_999).allowed).toBe(false);
    expect(buckets.take('a', 50, 10, 60_000).allowed).toBe(true);
  });

  it('is forgotten when too many others were asked for since', () => {
    const buckets = createBuckets(3);
    for (const name of ['a', 'b', 'c']) buckets.take(name, 5, 5, 0);
    buckets.look('a', 5, 0);
    buckets.take('d', 5, 5, 0);
    expect(buckets.size).toBe(3);
    expect(buckets.look('a', 5, 0).allowed).toBe(false);
    expect(buckets.look('b', 5, 0).allowed).toBe(true);
  });

  it('is emptied by charges, never below nothing', () => {
    const buckets = createBuckets(3);
    buckets.charge('a', 100, 10, 0);
    expect(buckets.take('a', 1, 10, 6_000).allowed).toBe(true);
  });
});
