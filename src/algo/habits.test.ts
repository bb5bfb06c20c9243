import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Event, expected, habitsOf, momentOf, sequencesOf } from './habits.ts';

const MINUTE = 60_000;
const DAY = 86_400_000;
const MONDAY_9 = Date.UTC(2026, 1, 2, 9);
const event = (category: string, at: number, session: string | null = null): Event => ({ category, at, session });

describe('sequencesOf', () => {
  const twice = [0, 1].flatMap((day) => [
    event('issue', MONDAY_9 + day * DAY),
    event('task', MONDAY_9 + day * DAY + 10 * MINUTE),
  ]);

  it('finds pairs that came twice, with how often and how surely', () => {
    const events = [...twice, event('issue', MONDAY_9 + 2 * DAY), event('note', MONDAY_9 + 2 * DAY + MINUTE)];
    expect(sequencesOf(events, 60)).toEqual([
      { antecedent: 'issue', consequent: 'task', support: 2, confidence: 0.667 },
    ]);
  });
  it('passes over what is too far apart, or in another session', () => {
    expect(sequencesOf(twice, 5)).toEqual([]);
    expect(
      sequencesOf(
        twice.map((one, at) => ({ ...one, session: `s${at}` })),
        60,
      ),
    ).toEqual([]);
  });
  it('is empty without two events or without a window', () => {
    for (const [events, window] of [
      [twice.slice(0, 1), 60],
      [[], 60],
      [twice, 0],
      [twice, -1],
      [twice, Number.NaN],
    ] as const)
      expect(sequencesOf(events, window)).toEqual([]);
  });
  it('does not depend on the order in which events are given', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray(twice, { minLength: 4 }), (some) => {
        expect(sequencesOf(some, 60)).toEqual(sequencesOf(twice, 60));
      }),
    );
  });
});

describe('habitsOf', () => {
  it('finds what is done on certain days and at certain times', () => {
    const weekly = [0, 7, 14].map((day) => event('planning', MONDAY_9 + day * DAY));
    expect(habitsOf(weekly)[0]).toMatchObject({ category: 'planning', support: 3, days: 3, share: 1 });
    expect(habitsOf(weekly).map(({ when }) => when)).toContain('monday morning');
  });
  it('needs several days, and more than chance', () => {
    expect(habitsOf([0, 1, 2].map((n) => event('note', MONDAY_9 + n * MINUTE)))).toEqual([]);
    const spread = Array.from({ length: 28 }, (_, n) => event('note', MONDAY_9 + n * 6.25 * 3_600_000 * 4));
    expect(habitsOf(spread).filter(({ kind }) => kind === 'weekday')).toEqual([]);
  });
});

describe('expected', () => {
  it('goes by the time of day and the weekday', () => {
    const events = [7, 14, 21].flatMap((day) => [
      event('planning', MONDAY_9 - day * DAY),
      event('review', MONDAY_9 - day * DAY + 8 * 60 * MINUTE),
    ]);
    expect(expected(events, MONDAY_9, 60)[0]).toMatchObject({ category: 'planning', reason: 'time' });
    expect(expected(events, MONDAY_9 + 8 * 60 * MINUTE, 60)[0]).toMatchObject({ category: 'review' });
  });
  it('goes by what was done last', () => {
    const events = [3, 2, 1].flatMap((day) => [
      event('issue', MONDAY_9 - day * DAY + 6 * 60 * MINUTE),
      event('fix', MONDAY_9 - day * DAY + 6 * 60 * MINUTE + MINUTE),
    ]);
    const now = MONDAY_9 + MINUTE;
    expect(expected([...events, event('issue', MONDAY_9)], now, 60)[0]).toMatchObject({
      category: 'fix',
      reason: 'sequence',
    });
  });
  it('is empty for nothing', () => expect(expected([], MONDAY_9, 60)).toEqual([]));
});

it('names the moment in UTC', () =>
  expect(momentOf(MONDAY_9)).toEqual({
    hour: 9,
    day_of_week: 1,
    day: 'monday',
    part_of_day: 'morning',
    is_weekend: false,
  }));
