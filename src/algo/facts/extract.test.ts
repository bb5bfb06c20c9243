// The rules against labels made by hand.
import { describe, expect, it } from 'vitest';
import {
  ALL,
  CHATTER,
  EVENTS,
  NOTHING,
  PEOPLE,
  PLACES,
  SAID_AT,
  SYSTEMS,
  TASTES,
  WORK,
} from '../../../test/fixtures/facts.ts';
import { factsOf } from './extract.ts';
import { factKey } from './fact.ts';

const shown = (sentence: string): string[] =>
  factsOf(sentence, SAID_AT).map(
    ({ subject, predicate, object, ended }) =>
      `${ended ? '-' : ''}${factKey(subject)} | ${predicate.replaceAll('_', ' ')} | ${factKey(object)}`,
  );
const label = (fact: string): string => {
  const [subject, predicate, object] = fact.replace(/^-/, '').split(' | ');
  return `${fact.startsWith('-') ? '-' : ''}${factKey(subject!)} | ${predicate!.replaceAll('_', ' ')} | ${factKey(object!)}`;
};

function measure(set: typeof ALL) {
  let [right, found, wanted] = [0, 0, 0];
  const misses: string[] = [];
  for (const [sentence, ...facts] of set) {
    const [got, want] = [shown(sentence), facts.map(label)];
    right += got.filter((one) => want.includes(one)).length;
    found += got.length;
    wanted += want.length;
    for (const one of got) if (!want.includes(one)) misses.push(`${sentence}  WRONG ${one}`);
    for (const one of want) if (!got.includes(one)) misses.push(`${sentence}  MISSING ${one}`);
  }
  return {
    precision: found === 0 ? 1 : right / found,
    recall: wanted === 0 ? 1 : right / wanted,
    found,
    wanted,
    right,
    misses,
  };
}

describe('facts by rules', () => {
  it('has enough labelled sentences, with many that state nothing', () => {
    expect(ALL.length).toBeGreaterThanOrEqual(200);
    expect(NOTHING.length).toBeGreaterThanOrEqual(80);
  });

  it.each([
    ['work', WORK],
    ['places', PLACES],
    ['people', PEOPLE],
    ['tastes', TASTES],
    ['events', EVENTS],
    ['systems', SYSTEMS],
  ])('%s', (_name, set) => {
    expect(measure(set).misses).toEqual([]);
  });

  it('finds nothing where nothing is stated', () => {
    expect(measure([...NOTHING, ...CHATTER]).misses).toEqual([]);
  });
});
