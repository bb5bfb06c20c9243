// The order a verdict makes: what speaks for a candidate lifts it, what speaks against it does not.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Senses, type Signs, says, verdict } from './verdict.ts';

const share = fc.double({ min: 0, max: 1, noNaN: true });
const signs: fc.Arbitrary<Signs> = fc.record({
  share,
  meaning: share,
  // Priors may lift it above 1.
  words: fc.double({ min: 0, max: 6, noNaN: true }),
  beside: share,
  brief: fc.double({ min: -3, max: 0, noNaN: true }),
  asks: share,
  answer: fc.constantFrom(0, 1),
  standing: fc.constantFrom(0, 1),
});
const senses = fc.constantFrom<Senses>('words', 'vectors', 'wordwise');
const names = ['share', 'meaning', 'words', 'beside', 'brief', 'asks', 'answer', 'standing'] as const;
const AGAINST: readonly (keyof Signs)[] = ['asks', 'answer'];
const NOTHING: Signs = { share: 0, meaning: 0, words: 0, beside: 0, brief: 0, asks: 0, answer: 0, standing: 0 };

/** What cannot be known without vectors, and without single words. */
const UNKNOWN: Readonly<Record<Senses, readonly (keyof Signs)[]>> = {
  words: ['meaning', 'words', 'beside'],
  vectors: ['words', 'beside'],
  wordwise: [],
};

describe('verdict', () => {
  it('is finite and above 0 for whatever can be', () => {
    fc.assert(
      fc.property(signs, senses, (all, by) => {
        const value = verdict(all, by);
        expect(value).toBeGreaterThan(1e-12);
        expect(value).toBeLessThan(1e12);
      }),
    );
    for (const by of ['words', 'vectors', 'wordwise'] as const) expect(verdict(NOTHING, by)).toBeGreaterThan(0);
  });

  it.each(names)('goes one way with %s alone', (name) => {
    fc.assert(
      fc.property(signs, signs, senses, (all, other, by) => {
        const [low, high] = [all[name], other[name]].sort((a, b) => a - b) as [number, number];
        const [worse, better] = AGAINST.includes(name) ? [high, low] : [low, high];
        const [less, more] = [verdict({ ...all, [name]: worse }, by), verdict({ ...all, [name]: better }, by)];
        if (UNKNOWN[by].includes(name)) expect(more).toBe(less);
        else if (high - low > 1e-6) expect(more).toBeGreaterThan(less);
        else expect(more).toBeGreaterThanOrEqual(less * (1 - 1e-9));
      }),
    );
  });

  it('lets a tenth of the relevance be outweighed, a hundredth hardly', () => {
    const answers = { ...NOTHING, meaning: 0.8, words: 0.9 };
    const echoes = { ...NOTHING, share: 1, meaning: 0.3, words: 0.5 };
    expect(verdict({ ...answers, share: 0.8 }, 'wordwise')).toBeGreaterThan(verdict(echoes, 'wordwise'));
    expect(verdict({ ...answers, share: 0.01 }, 'wordwise')).toBeLessThan(verdict(echoes, 'wordwise'));
  });

  it('is told sign by sign', () => {
    fc.assert(
      fc.property(signs, senses, (all, by) => {
        const parts = says(all, by);
        expect(Object.keys(parts).sort()).toEqual([...names].sort());
        const sum = Object.values(parts).reduce((a, b) => a + b, 0);
        expect(Math.log(verdict(all, by))).toBeCloseTo(sum, 9);
        for (const name of names) if (name !== 'share' && all[name] === 0) expect(parts[name]).toBeCloseTo(0, 12);
      }),
    );
  });
});
