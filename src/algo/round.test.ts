import fc from 'fast-check';
import { expect, it } from 'vitest';
import { round } from './round.ts';

it.each([
  [[1 / 3], 0.333333],
  [[2 / 3, 2], 0.67],
  [[0.125, 2], 0.13],
  [[-0.125, 2], -0.12],
  [[7, 3], 7],
  [[0.0000004], 0],
] as [[number, number?], number][])('round(...%j) is %d', (given, rounded) => {
  expect(round(given[0], given[1])).toBeCloseTo(rounded, 12);
});

it('moves a number by half a last digit at most, and a rounded one not at all', () => {
  const numbers = fc.double({ min: -1e6, max: 1e6, noNaN: true });
  fc.assert(
    fc.property(numbers, fc.integer({ min: 0, max: 6 }), (n, digits) => {
      const rounded = round(n, digits);
      expect(Math.abs(rounded - n)).toBeLessThanOrEqual(0.5 * 10 ** -digits + 1e-9);
      expect(round(rounded, digits)).toBe(rounded);
    }),
  );
});
