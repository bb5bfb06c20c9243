import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KEPT_ANYWAY, rarestWithin } from './rare-terms.ts';

describe('rarestWithin', () => {
  it.each([
    [[], 10, []],
    [[5, 3], 10, [0, 1]],
    [[100, 3, 4, 90], 10, [1, 2]],
    [[100, 200, 300], 10, [0, 1]],
    [[100, 0, 3, 0, 4], 10, [1, 2, 3, 4]],
    [[6, 4, 1, 5], 11, [1, 2, 3]],
    [[7, 7, 7], 14, [0, 1]],
  ])('%j within %i: %j', (counts, budget, kept) => {
    expect(rarestWithin(counts, budget)).toEqual(kept);
  });

  it('keeps the rarest, in order, within the budget unless few are left', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(1000), { maxLength: 12 }), fc.nat(2000), (counts, budget) => {
        const kept = rarestWithin(counts, budget);
        expect(kept).toEqual([...new Set(kept)].sort((a, b) => a - b));
        const most = Math.max(0, ...kept.map((i) => counts[i]!));
        const dropped = counts.filter((_, i) => !kept.includes(i));
        for (const count of dropped) expect(count).toBeGreaterThanOrEqual(most);
        const spent = kept.reduce((sum, i) => sum + counts[i]!, 0);
        const some = kept.filter((i) => counts[i]! > 0).length;
        expect(spent <= budget || some <= KEPT_ANYWAY).toBe(true);
        expect(some).toBeGreaterThanOrEqual(Math.min(KEPT_ANYWAY, counts.filter((c) => c > 0).length));
      }),
    );
  });
});
