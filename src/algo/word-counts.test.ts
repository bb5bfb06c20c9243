import { describe, expect, it } from 'vitest';
import { parseLexicalQuery } from './text.ts';
import { wantedWords, wordCounts, wordWeight } from './word-counts.ts';

describe('words of a text', () => {
  it('are stems with how often they occur', () => {
    const { counts, length } = wordCounts('Deploying deploys the Café, café!');
    expect(Object.fromEntries(counts)).toEqual({ deploi: 2, the: 1, cafe: 2 });
    expect(length).toBe(5);
  });

  it.each([
    ['東京タワー', '京'],
    ['東京タワー', '東京'],
    ['猫', '猫'],
    [`x${'y'.repeat(5000)}`, `x${'y'.repeat(5000)}`],
    ['naïve plans', 'NAIVE planning'],
  ])('of "%.9s" are found by "%.9s"', (text, query) => {
    const { counts } = wordCounts(text);
    const wanted = wantedWords(parseLexicalQuery(query));
    expect(wanted.length).toBeGreaterThan(0);
    expect(wanted.filter((word) => !counts.has(word))).toEqual([]);
    for (const word of counts.keys()) expect(Buffer.byteLength(word)).toBeLessThanOrEqual(256);
  });

  it('weigh more the rarer they are, and never nothing', () => {
    const weights = [1, 10, 100].map((holding) => wordWeight(100, holding));
    expect(weights).toEqual([...weights].sort((a, b) => b - a));
    expect(Math.min(...weights, wordWeight(3, 5))).toBeGreaterThan(0);
  });
});
