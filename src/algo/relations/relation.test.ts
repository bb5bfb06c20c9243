import { describe, expect, it } from 'vitest';
import { nearness, relationsOf, toldOf } from './relation.ts';

const HOUR_MS = 3_600_000;
const FAR = { cosine: 0.1, chance: 0.2, lexical: 0 };
const types = (older: string, newer: string, apart = 0, evidence = FAR) =>
  relationsOf(toldOf(newer, apart, null), toldOf(older, 0, null), evidence).map(({ type, backwards }) =>
    backwards ? `${type} backwards` : type,
  );

describe('relationsOf', () => {
  it.each([
    [['caused_by'], 'The disk of db01 ran full', 'Checkout was down because the disk of db01 ran full'],
    [['caused_by'], 'The nightly import job failed', 'Reports were empty after the nightly import job failed'],
    [['caused_by backwards'], 'Checkout was slow all morning', 'A missing index caused the slow checkout all morning'],
    [['prerequisite_for backwards'], 'The vault key is rotated', 'The deploy requires that the vault key is rotated'],
    [['prerequisite_for'], 'The deploy of the billing service', 'Freeze the schema before the billing service deploy'],
    [['extends'], 'The user has a dog', 'The user has a dog called Rex'],
    [['contradicts'], 'The user has 2 dogs', 'The user has 3 dogs'],
    [['contradicts', 'updates'], 'The cluster has 3 nodes', 'The cluster has 6 nodes now'],
    [[], 'The disk of db01 ran full', 'Lunch was late because the cook was ill'],
    [[], 'The user has a dog', 'The user has a cat called Rex'],
    [[], 'The user does not have a dog', 'Does the user not have a dog called Rex?'],
  ])('%j', (expected, older, newer) => {
    expect(types(older, newer)).toEqual(expected);
  });

  it('takes a cause from the same day or session only', () => {
    const [cause, effect] = ['The disk of db01 ran full', 'Checkout was down because the disk of db01 ran full'];
    expect(types(cause, effect, 23 * HOUR_MS)).toEqual(['caused_by']);
    expect(types(cause, effect, 25 * HOUR_MS)).toEqual([]);
    expect(relationsOf(toldOf(effect, 99 * HOUR_MS, 's'), toldOf(cause, 0, 's'), FAR).map(({ type }) => type)).toEqual([
      'caused_by',
    ]);
  });
});

describe('nearness', () => {
  const near = (a: string, b: string, cosine: number | null, lexical: number) =>
    nearness(toldOf(a, 0, null), toldOf(b, 0, null), { cosine, chance: 0.2, lexical });
  const [a, b] = ['Orders backup goes to Oslo', 'Restoring the orders backup from Oslo takes long'];

  it('needs meaning and words', () => {
    expect(near(a, b, 0.7, 0.4)).toBeCloseTo(0.625);
    expect(near(a, b, 0.7, 0)).toBe(0);
    expect(near(a, b, 0.3, 0.4)).toBe(0);
    expect(near(a, b, null, 0.6)).toBe(0.6);
    expect(near(a, b, null, 0.3)).toBe(0);
  });

  it('small talk and names that are called are no common subject', () => {
    expect(near('Ann: Thanks, Ben! You are great.', 'Ann: Hey, Ben! You are great.', 0.95, 0.9)).toBe(0);
  });

  it('is at most 1', () => {
    expect(near(a, a, 1, 1.7)).toBe(1);
  });
});
