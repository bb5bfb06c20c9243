// FSRS-6 against figures its reference implementations publish, and what must hold whatever the figures.
import fc from 'fast-check';
import { CLAMP_PARAMETERS, default_w } from 'ts-fsrs';
import { describe, expect, it } from 'vitest';
import {
  AGAIN,
  createFsrs,
  GOOD,
  type Grade,
  type Learnt,
  STANDARD_FSRS,
  storedShare,
  weightsProblem,
} from './fsrs.ts';

const { first, next, retrievability, interval } = STANDARD_FSRS;
const GRADES: readonly Grade[] = [1, 2, 3, 4];

const run = (reviews: readonly [Grade, days: number][], fsrs = STANDARD_FSRS): Learnt =>
  reviews.slice(1).reduce((state, [grade, days]) => fsrs.next(state, grade, days), fsrs.first(reviews[0]![0]));
const learnt = (change: Partial<Learnt> = {}): Learnt => ({ ...first(GOOD), ...change });

const stability = fc.double({ min: 0.001, max: 36_500, noNaN: true });
const days = fc.nat(4_000);
const grade = fc.constantFrom(...GRADES);
const anyState = fc.record({
  stability,
  difficulty: fc.double({ min: 1, max: 10, noNaN: true }),
  storage: fc.double({ min: 1, max: 10, noNaN: true }),
  retrieval: fc.double({ min: 0, max: 1, noNaN: true }),
  state: fc.constantFrom(1, 2, 3),
  reps: fc.nat(1_000),
  lapses: fc.nat(1_000),
});
/** Weights anywhere within their bounds. */
const anyWeights = fc.tuple(
  ...CLAMP_PARAMETERS(2).map(([min, max]) => fc.double({ min: min!, max: max!, noNaN: true })),
);
const anyFsrs = fc.option(anyWeights, { nil: undefined }).map((weights) => createFsrs(weights));

describe('the reference', () => {
  // fsrs-rs, src/model_v6.rs: test_init_stability, test_init_difficulty; ts-fsrs, FSRS-6.test.ts: "first repeat".
  it.each([
    [1, 0.212, 6.4133, 'Learning'],
    [2, 1.2931, 5.11217071, 'Learning'],
    [3, 2.3065, 2.11810397, 'Review'],
    [4, 8.2956, 1, 'Review'],
  ] as const)('begins, after a first grade of %d, with a stability of %d and a difficulty of %d', (g, s, d, state) => {
    expect(first(g)).toEqual({
      stability: s,
      difficulty: d,
      storage: 1,
      retrieval: 1,
      state: state === 'Learning' ? 1 : 2,
      reps: 1,
      lapses: 0,
    });
  });

  // fsrs-rs, src/model_v6.rs: test_forward. The same grade twice, days apart.
  it.each([
    [1, 1, 0.10088589, 8.806304],
    [2, 1, 3.2494123, 6.7404594],
    [3, 1, 7.3153, 2.1112142],
    [4, 1, 18.014914, 1],
    [1, 2, 0.112798266, 8.806304],
    [2, 2, 4.4694576, 6.7404594],
  ] as const)('has, after grade %d twice and %d days between, a stability of %d', (g, t, s, d) => {
    const after = run([[g, 0], [g, t]]); // biome-ignore format: a pair of reviews
    expect(after.stability).toBeCloseTo(s, 4);
    expect(after.difficulty).toBeCloseTo(d, 4);
  });

  // fsrs-rs, src/model_v6.rs: test_next_stability, the last check: same-day reviews at a stability of 5.
  it.each([
    [1, 1.596818],
    [2, 5],
    [3, 5],
    [4, 8.12961],
  ] as const)('takes a stability of 5 on the same day, by grade %d, to %d', (g, s) => {
    expect(next(learnt({ stability: 5 }), g, 0).stability).toBeCloseTo(s, 5);
  });

  // fsrs-rs, src/model_v6.rs: test_next_difficulty, after mean reversion.
  it.each([
    [1, 8.341763],
    [2, 6.6659956],
    [3, 4.990228],
    [4, 3.3144615],
  ] as const)('takes a difficulty of 5, by grade %d, to %d', (g, d) => {
    expect(next(learnt({ difficulty: 5 }), g, 1).difficulty).toBeCloseTo(d, 5);
  });

  // fsrs-rs, src/inference.rs, quoted in ts-fsrs, FSRS-6.test.ts: "memory state[short-term]".
  it('ends a course of reviews with the published state', () => {
    const after = run([[1, 0], [3, 0], [3, 1], [3, 3], [3, 8], [3, 21]]); // biome-ignore format: a course of reviews
    expect(after.stability).toBeCloseTo(53.62691, 4);
    expect(after.difficulty).toBeCloseTo(6.3574867, 4);
    expect(after).toMatchObject({ reps: 6, lapses: 0 });
  });

  // ts-fsrs, FSRS-6.test.ts: "ivl_history". Its steps of minutes are reviews of the same day here.
  it('asks again after the published intervals', () => {
    const again = [false, false, false, false, false, false, true, true, false, false, false, false, false];
    const waits = [0, 0, 2, 11, 46, 163, 498, 0, 0, 2, 4, 7, 12];
    const intervals: number[] = [];
    let state: Learnt | null = null;
    for (const [i, lapsed] of again.entries()) {
      const g = lapsed ? AGAIN : GOOD;
      state = state === null ? first(g) : next(state, g, waits[i]!);
      intervals.push(interval(state.stability));
    }
    expect([...intervals.slice(1, 6), ...intervals.slice(8)]).toEqual([2, 11, 46, 163, 498, 2, 4, 7, 12, 21]);
  });

  // fsrs-rs, src/model_v6.rs: test_power_forgetting_curve.
  it.each([
    [0, 1, 1],
    [1, 2, 0.9403443],
    [2, 3, 0.9253786],
    [3, 4, 0.9185229],
    [4, 4, 0.9],
    [5, 2, 0.8261359],
  ])('recalls after %d days, with a stability of %d, with a chance of %d', (t, s, r) => {
    expect(retrievability(s, t)).toBeCloseTo(r, 5);
  });
});

describe('retrievability', () => {
  it('follows (1 + f t / S)^-w20, whatever w20', () => {
    fc.assert(
      fc.property(anyWeights, fc.double({ min: 0.1, max: 36_500, noNaN: true }), days, (weights, s, t) => {
        const w20 = weights[20]!;
        const f = 0.9 ** (-1 / w20) - 1;
        expect(Math.abs(createFsrs(weights).retrievability(s, t) - (1 + (f * t) / s) ** -w20)).toBeLessThan(1e-6);
      }),
    );
  });

  it('is 0.9 after as many days as the stability says', () => {
    fc.assert(
      fc.property(anyFsrs, stability, (fsrs, s) => {
        expect(fsrs.retrievability(s, s)).toBeCloseTo(0.9, 6);
      }),
    );
  });

  it('falls with time, rises with stability, stays in 0..1', () => {
    fc.assert(
      fc.property(anyFsrs, stability, days, days, (fsrs, s, a, b) => {
        const early = fsrs.retrievability(s, Math.min(a, b));
        const late = fsrs.retrievability(s, Math.max(a, b));
        expect(late).toBeLessThanOrEqual(early);
        expect(early).toBeLessThanOrEqual(1);
        expect(late).toBeGreaterThanOrEqual(0);
        expect(fsrs.retrievability(s * 2, a)).toBeGreaterThanOrEqual(fsrs.retrievability(s, a));
      }),
    );
  });

  it('is 1 now and for clocks that run behind', () => {
    expect(retrievability(5, 0)).toBe(1);
    expect(retrievability(5, -3)).toBe(1);
    expect(retrievability(null, -1e9)).toBe(1);
  });

  it('without a review is that of a first "Good"', () => {
    expect(retrievability(null, 7)).toBe(retrievability(first(GOOD).stability, 7));
    const slow = createFsrs(default_w.with(2, 50));
    expect(slow.retrievability(null, 50)).toBeCloseTo(0.9, 6);
  });

  it('makes sense of a stability of nothing', () => {
    for (const s of [0, -1]) {
      expect(retrievability(s, 0)).toBe(1);
      expect(retrievability(s, 10)).toBeGreaterThan(0);
      expect(retrievability(s, 10)).toBeLessThan(retrievability(null, 10));
    }
  });
});

describe('a review', () => {
  it('keeps every figure within its bounds', () => {
    fc.assert(
      fc.property(anyFsrs, anyState, grade, days, (fsrs, before, g, t) => {
        const after = fsrs.next(before, g, t);
        expect(after.stability).toBeGreaterThanOrEqual(0.001);
        expect(after.stability).toBeLessThanOrEqual(36_500);
        expect(after.difficulty).toBeGreaterThanOrEqual(1);
        expect(after.difficulty).toBeLessThanOrEqual(10);
        expect(after.retrieval).toBeGreaterThanOrEqual(0);
        expect(after.retrieval).toBeLessThanOrEqual(1);
        expect(after.reps).toBe(before.reps + 1);
      }),
    );
  });

  it('that failed never raises stability and always shows', () => {
    fc.assert(
      fc.property(anyFsrs, anyState, days, (fsrs, before, t) => {
        const after = fsrs.next(before, AGAIN, t);
        expect(after.stability).toBeLessThanOrEqual(before.stability);
        expect(after).toMatchObject({ state: 3, lapses: before.lapses + 1 });
      }),
    );
  });

  it('that went well never shrinks stability, on the same day or later', () => {
    fc.assert(
      fc.property(anyFsrs, anyState, fc.constantFrom<Grade>(2, 3, 4), days, (fsrs, before, g, t) => {
        for (const wait of [0, t]) {
          const after = fsrs.next(before, g, wait);
          expect(after.stability).toBeGreaterThanOrEqual(before.stability - 1e-8);
          expect(after).toMatchObject({ state: 2, lapses: before.lapses, retrieval: 1 });
        }
      }),
    );
  });

  it('a hundred times a day leaves a large stability where it was', () => {
    const before = learnt({ stability: 100 });
    const after = Array.from({ length: 100 }).reduce<Learnt>((state) => next(state, GOOD, 0), before);
    expect(after.stability).toBe(100);
  });

  it('counts whole days, and clocks that run behind as the same day', () => {
    expect(next(learnt(), GOOD, 0.99)).toEqual(next(learnt(), GOOD, 0));
    expect(next(learnt(), GOOD, -5)).toEqual(next(learnt(), GOOD, 0));
    expect(next(learnt(), GOOD, 3.7)).toEqual(next(learnt(), GOOD, 3));
  });

  it('mends figures that could not be', () => {
    const after = next(learnt({ stability: 0, difficulty: 0 }), GOOD, 3);
    expect(after.stability).toBeGreaterThan(0);
    expect(after.difficulty).toBeGreaterThanOrEqual(1);
  });
});

describe('the two strengths', () => {
  it('of storage only ever grows: 0.1 for a recall, once a day, 0.3 for a lapse, up to 10', () => {
    expect(run([[3, 0], [3, 1]]).storage).toBe(1.1); // biome-ignore format: a pair of reviews
    expect(run([[3, 0], [3, 1], [3, 0], [4, 0]]).storage).toBe(1.1); // biome-ignore format: a course of reviews
    expect(run([[3, 0], [1, 1], [1, 0]]).storage).toBe(1.6); // biome-ignore format: a course of reviews
    expect(next(learnt({ storage: 9.95 }), GOOD, 1).storage).toBe(10);
    expect(next(learnt({ storage: 9.95 }), AGAIN, 1).storage).toBe(10);
    fc.assert(
      fc.property(anyState, grade, days, (before, g, t) => {
        expect(next(before, g, t).storage).toBeGreaterThanOrEqual(before.storage - 5e-5);
      }),
    );
  });

  it('of retrieval comes back with a success and not with a lapse', () => {
    const faded = learnt({ stability: 10, retrieval: 0.8 });
    expect(next(faded, GOOD, 30).retrieval).toBe(1);
    const lapse = next(faded, AGAIN, 30);
    expect(lapse.retrieval).toBeCloseTo(0.8 * retrievability(10, 30) * (lapse.stability / 10), 9);
    fc.assert(
      fc.property(anyFsrs, anyState, days, (fsrs, before, t) => {
        const left = before.retrieval * fsrs.retrievability(before.stability, t);
        expect(fsrs.next(before, AGAIN, t).retrieval).toBeLessThanOrEqual(left + 1e-9);
      }),
    );
    expect(next(learnt(), AGAIN, 0).retrieval).toBeLessThan(1);
  });

  it('of storage counts by how far it can rise', () => {
    expect([0, 1, 5.5, 10, 99].map(storedShare)).toEqual([0, 0, 0.5, 1, 1]);
  });
});

describe('intervals', () => {
  it('are the stability at 0.9, whole days from 1 to 36,500', () => {
    expect([0.2, 2.4, 2.6, 100, 1e9].map(interval)).toEqual([1, 2, 3, 100, 36_500]);
  });

  it('grow with stability and shrink with the retention that is wanted', () => {
    const retention = fc.double({ min: 0.5, max: 0.99, noNaN: true });
    fc.assert(
      fc.property(retention, retention, stability, stability, (a, b, s, t) => {
        const [careless, careful] = [createFsrs(default_w, Math.min(a, b)), createFsrs(default_w, Math.max(a, b))];
        expect(careless.interval(s)).toBeGreaterThanOrEqual(careful.interval(s));
        expect(careful.interval(Math.max(s, t))).toBeGreaterThanOrEqual(careful.interval(Math.min(s, t)));
      }),
    );
  });

  it('end when the chance of recall is down to the retention that is wanted', () => {
    const fsrs = createFsrs(default_w, 0.8);
    expect(fsrs.retention).toBe(0.8);
    expect(fsrs.retrievability(1_000, fsrs.interval(1_000))).toBeCloseTo(0.8, 4);
  });
});

describe('weights', () => {
  it('are refused with the reason, and used as they are when they can be', () => {
    expect(weightsProblem(default_w)).toBeNull();
    expect(weightsProblem([1, 2])).toBe('holds 2 numbers, but FSRS-6 has 21 weights');
    expect(weightsProblem(default_w.with(4, 11))).toBe('gives w4 as 11, but it must be from 1 to 10');
    expect(weightsProblem(default_w.with(20, Number.NaN))).toContain('w20');
    fc.assert(
      fc.property(anyWeights, (weights) => {
        expect(weightsProblem(weights)).toBeNull();
        expect(createFsrs(weights).first(4).stability).toBeCloseTo(Math.max(0.1, weights[3]!), 8);
      }),
    );
  });
});
