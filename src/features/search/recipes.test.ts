// Plans of searches: which recipe a question gets, how wide it looks, and that mixtures are mixtures.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { classifyQuestion, QUESTION_TYPES } from '../../algo/question.ts';
import { planSearch, RECIPES, type Recipe } from './recipes.ts';

const NOW = Date.UTC(2026, 2, 2, 12);
const figures = (r: Recipe): number[] => [
  r.evidence.vector,
  r.evidence.lexical,
  r.weights.vector,
  r.weights.lexical,
  r.weights.graph,
  r.session,
  r.time,
];

describe('RECIPES', () => {
  it.each(QUESTION_TYPES)('shares out all evidence and gives every channel a weight: %s', (type) => {
    const { evidence, weights, session, time } = RECIPES[type];
    expect(evidence.vector + evidence.lexical).toBeCloseTo(1, 12);
    for (const value of [...Object.values(evidence), ...Object.values(weights), session, time]) {
      expect(value).toBeGreaterThan(0);
      expect(value).toBeLessThanOrEqual(1);
    }
  });

  it('weighs time most where the question is about time', () => {
    for (const type of QUESTION_TYPES)
      if (type !== 'temporal') expect(RECIPES.temporal.time).toBeGreaterThan(RECIPES[type].time);
  });
});

describe('planSearch', () => {
  it.each(QUESTION_TYPES)('takes the recipe asked for, whatever the wording: %s', (type) => {
    const plan = planSearch('when did I visit Paris, and why?', type, 10, NOW);
    expect(plan.question_type).toBe(type);
    expect(plan.recipe).toEqual(RECIPES[type]);
  });

  it('mixes the recipes of a question of several kinds by their shares', () => {
    const query = 'why did I decide to visit Paris when I used to love Rome?';
    const { weights, type } = classifyQuestion(query);
    expect(Object.values(weights).filter((w) => w > 0).length).toBeGreaterThan(1);
    const plan = planSearch(query, undefined, 10, NOW);
    expect(plan.question_type).toBe(type);
    const expected = figures(RECIPES.fact_recall).map((_, i) =>
      QUESTION_TYPES.reduce((sum, t) => sum + weights[t] * figures(RECIPES[t])[i]!, 0),
    );
    figures(plan.recipe).forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i]!, 12);
    });
  });

  it('is the pure recipe for a question of one kind', () => {
    const query = 'database connection';
    expect(classifyQuestion(query).weights.fact_recall).toBe(1);
    figures(planSearch(query, undefined, 10, NOW).recipe).forEach((value, i) => {
      expect(value).toBeCloseTo(figures(RECIPES.fact_recall)[i]!, 12);
    });
  });

  it('never leaves the range of the recipes it mixes', () => {
    const words = fc.constantFrom(
      'why',
      'did',
      'when',
      'love',
      'should',
      'i',
      'recommend',
      'because',
      'used',
      'to',
      'my',
      'what',
      'is',
      'May 2023',
    );
    fc.assert(
      fc.property(fc.array(words, { maxLength: 12 }), (some) => {
        const got = figures(planSearch(some.join(' '), undefined, 10, NOW).recipe);
        const all = QUESTION_TYPES.map((type) => figures(RECIPES[type]));
        got.forEach((value, i) => {
          expect(value).toBeGreaterThanOrEqual(Math.min(...all.map((f) => f[i]!)) - 1e-9);
          expect(value).toBeLessThanOrEqual(Math.max(...all.map((f) => f[i]!)) + 1e-9);
        });
      }),
    );
  });

  it('looks at more than it will show, within bounds', () => {
    let before = 0;
    for (const limit of [1, 5, 10, 20, 50, 80, 100]) {
      const { pool, seeds, shortlist } = planSearch('x', undefined, limit, NOW);
      expect(pool).toBeGreaterThanOrEqual(limit * 4);
      expect(pool).toBeLessThanOrEqual(400);
      expect(pool).toBeGreaterThanOrEqual(before);
      expect(seeds).toBeGreaterThan(0);
      expect(seeds).toBeLessThanOrEqual(pool);
      expect(shortlist).toBeGreaterThanOrEqual(pool);
      before = pool;
    }
  });

  it('reads the period a question names, relative to now', () => {
    expect(planSearch('what happened in May 2023', undefined, 10, NOW).period).toMatchObject({
      from: Date.UTC(2023, 4),
      until: Date.UTC(2023, 5),
    });
    expect(planSearch('yesterday', undefined, 10, NOW).period).toMatchObject({
      from: Date.UTC(2026, 2, 1),
      until: Date.UTC(2026, 2, 2),
    });
    expect(planSearch('the red bicycle', undefined, 10, NOW).period).toBeNull();
  });
});
