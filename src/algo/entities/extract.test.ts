// How well names are found, measured on sentences labelled before the rules were written.
import { describe, expect, it } from 'vitest';
import { LABELLED } from '../../../test/fixtures/entities.ts';
import { namesOf } from './extract.ts';

const found = (text: string) => [
  ...new Set(namesOf(text).flatMap(({ type, name }) => (type === 'unknown' ? [] : [`${type}:${name}`]))),
];

describe('names in labelled sentences', () => {
  const seen = LABELLED.map(({ text, entities }) => {
    const names = found(text);
    return {
      text,
      wrong: names.filter((name) => !entities.includes(name)),
      missing: entities.filter((name) => !names.includes(name)),
      right: names.filter((name) => entities.includes(name)).length,
    };
  });
  const sum = (of: (one: (typeof seen)[number]) => number) => seen.reduce((all, one) => all + of(one), 0);
  const right = sum((one) => one.right);

  it('finds hardly anything that is not there', () => {
    const wrong = seen.filter((one) => one.wrong.length > 0).map((one) => `${one.text} → ${one.wrong}`);
    expect(right / (right + sum((one) => one.wrong.length)), wrong.join('\n')).toBeGreaterThanOrEqual(0.97);
  });
  it('finds most of what is there', () => {
    const missing = seen.filter((one) => one.missing.length > 0).map((one) => `${one.text} → ${one.missing}`);
    expect(right / (right + sum((one) => one.missing.length)), missing.join('\n')).toBeGreaterThanOrEqual(0.95);
  });
});
