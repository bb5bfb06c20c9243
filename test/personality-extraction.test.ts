// How well signals are found in sentences that were labelled by hand before the rules were written. Both parts are
// measured the same way; the rules were adjusted to the first one only.
import { describe, expect, it } from 'vitest';
import { extractSignals } from '../src/algo/personality/extract.ts';
import { SIGNAL_TYPES } from '../src/algo/personality/types.ts';
import { LABELLED, type Labelled } from './fixtures/personality.ts';

interface Score {
  precision: number;
  recall: number;
  /** Of those found: whose, for or against, and about what. */
  subject: number;
  polarity: number;
  topic: number;
}

function measure(sentences: readonly Labelled[]): Score & { wrong: string[] } {
  let [hits, found, wanted, subjects, polarities, topics, firsts] = [0, 0, 0, 0, 0, 0, 0];
  const wrong: string[] = [];
  for (const { text, types, subject, polarity, topic } of sentences) {
    const signals = extractSignals(text);
    const seen = new Set(signals.map(({ type }) => type));
    const right = types.filter((type) => seen.has(type));
    hits += right.length;
    found += seen.size;
    wanted += types.length;
    if (right.length < types.length || seen.size > right.length)
      wrong.push(`${text} -> ${[...seen].join(' ') || 'nothing'}, wanted ${types.join(' ') || 'nothing'}`);
    const first = signals.filter(({ type }) => type === types[0]);
    if (first.length === 0) continue;
    firsts++;
    const good = first.filter((signal) => signal.topic.toLowerCase().includes(topic));
    if (first.some((signal) => signal.subject === subject)) subjects++;
    else wrong.push(`${text} -> whose: ${first[0]!.subject}`);
    if ((good[0] ?? first[0])!.polarity === polarity) polarities++;
    else wrong.push(`${text} -> polarity`);
    if (good.length > 0) topics++;
    else wrong.push(`${text} -> topic: ${first[0]!.topic}`);
  }
  return {
    precision: hits / found,
    recall: hits / wanted,
    subject: subjects / firsts,
    polarity: polarities / firsts,
    topic: topics / firsts,
    wrong,
  };
}

it('is measured on enough sentences of every kind, and on look-alikes', () => {
  for (const type of SIGNAL_TYPES)
    expect(LABELLED.filter(({ types }) => types.includes(type)).length).toBeGreaterThanOrEqual(40);
  expect(LABELLED.filter(({ types }) => types.length === 0).length).toBeGreaterThanOrEqual(60);
  expect(LABELLED.length).toBeGreaterThanOrEqual(300);
  expect(LABELLED.filter(({ held_out }) => held_out).length).toBeGreaterThanOrEqual(100);
});

describe.each([
  ['the two thirds the rules were made with', false],
  ['the third that was held out', true],
])('%s', (_name, held_out) => {
  const score = measure(LABELLED.filter((one) => one.held_out === held_out));
  it('is read well', () => {
    expect(score.precision, score.wrong.join('\n')).toBeGreaterThanOrEqual(0.9);
    expect(score.recall, score.wrong.join('\n')).toBeGreaterThanOrEqual(0.7);
    expect(score.subject).toBeGreaterThanOrEqual(0.9);
    expect(score.polarity).toBeGreaterThanOrEqual(0.9);
    expect(score.topic).toBeGreaterThanOrEqual(0.85);
  });
});
