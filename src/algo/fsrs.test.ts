// Retrievability against published values of FSRS-6 and its closed form.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DEFAULT_STABILITY, retrievability } from './fsrs.ts';

describe('retrievability', () => {
  it.each([
    [2.3065, 1, 0.947],
    [2.3065, 7, 0.808],
    [2.3065, 30, 0.668],
    [2.3065, 90, 0.568],
    [2.3065, 365, 0.459],
    [2.3065, 3 * 365, 0.388],
    [30, 30, 0.9],
    [30, 365, 0.674],
  ])('is, with a stability of %d days after %d days, %d', (stability, days, expected) => {
    expect(Math.abs(retrievability(stability, days) - expected)).toBeLessThan(0.0006);
  });

  it('starts from the third weight of FSRS-6 until a memory is reviewed', () => {
    expect(DEFAULT_STABILITY).toBe(2.3065);
    expect(retrievability(null, 7)).toBe(retrievability(2.3065, 7));
  });

  it('follows (1 + f t / S)^-w20', () => {
    const w20 = 0.1542;
    const f = 0.9 ** (-1 / w20) - 1;
    fc.assert(
      fc.property(
        fc.double({ min: 0.1, max: 36_500, noNaN: true }),
        fc.double({ min: 0, max: 20_000, noNaN: true }),
        (s, t) => {
          expect(Math.abs(retrievability(s, t) - (1 + (f * t) / s) ** -w20)).toBeLessThan(1e-6);
        },
      ),
    );
  });

  it('is 0.9 after as many days as the stability says', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.1, max: 36_500, noNaN: true }), (s) => {
        expect(retrievability(s, s)).toBeCloseTo(0.9, 6);
      }),
    );
  });

  it('falls with time, rises with stability, stays in 0..1', () => {
    const days = fc.double({ min: 0, max: 20_000, noNaN: true });
    const stability = fc.double({ min: 0.1, max: 36_500, noNaN: true });
    fc.assert(
      fc.property(stability, days, days, (s, a, b) => {
        const [early, late] = [retrievability(s, Math.min(a, b)), retrievability(s, Math.max(a, b))];
        expect(late).toBeLessThanOrEqual(early);
        expect(early).toBeLessThanOrEqual(1);
        expect(late).toBeGreaterThan(0);
        expect(retrievability(s * 2, a)).toBeGreaterThanOrEqual(retrievability(s, a));
      }),
    );
  });

  it('is 1 now and for clocks that run behind', () => {
    expect(retrievability(5, 0)).toBe(1);
    expect(retrievability(5, -3)).toBe(1);
    expect(retrievability(null, -1e9)).toBe(1);
  });

  it('makes sense of a stability of nothing', () => {
    for (const s of [0, -1]) {
      expect(retrievability(s, 0)).toBe(1);
      expect(retrievability(s, 10)).toBeGreaterThan(0);
      expect(retrievability(s, 10)).toBeLessThan(retrievability(null, 10));
    }
  });
});
