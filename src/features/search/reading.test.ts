// What a look at texts tells of each candidate and of its neighbours.
import { describe, expect, it } from 'vitest';
import { type Read, readings } from './reading.ts';

const rowsOf = (texts: readonly string[]) => new Map(texts.map((opening, at) => [at + 1, { opening }]));
const edge = (source_id: number, target_id: number, type = 'follows') => ({
  source_id,
  target_id,
  type,
  similarity: 1,
});

/** Counts what it is asked, and says how much of the text is the letter x. */
function counting() {
  const asked: string[] = [];
  const match = (text: string) => {
    asked.push(text);
    return text.length === 0 ? 0 : text.replaceAll(/[^x]/g, '').length / text.length;
  };
  return { asked, match };
}
const read = (change: Partial<Read>) =>
  readings({ query: 'a question', rows: new Map(), edges: [], match: null, vectors: true, ...change });

describe('the form', () => {
  const TEXTS = ['user: I always use tabs', 'assistant: always use tabs', 'Ann: hm?', 'A note'];

  it('of each text is told', () => {
    const { formOf } = read({ rows: rowsOf(TEXTS) });
    expect(formOf(4)).toEqual({ brief: 0, asks: 0, answer: 0, standing: 0 });
    expect(formOf(3)).toMatchObject({ brief: expect.any(Number), asks: 1 });
    expect(formOf(3).brief).toBeLessThan(0);
  });

  it('speaks against answers only where somebody asks about themselves', () => {
    const answers = (query: string) => [1, 2, 3, 4].map((id) => read({ query, rows: rowsOf(TEXTS) }).formOf(id).answer);
    expect(answers('what do I use?')).toEqual([0, 1, 0, 0]);
    expect(answers('what does Ann use?')).toEqual([0, 0, 0, 0]);
    expect(answers('what did you suggest to me?')).toEqual([0, 0, 0, 0]);
  });

  it('speaks for standing wishes only where something is asked for', () => {
    const wishes = (query: string) =>
      [1, 2, 3, 4].map((id) => read({ query, rows: rowsOf(TEXTS) }).formOf(id).standing);
    expect(wishes('Could you format this file?')).toEqual([1, 0, 0, 0]);
    expect(wishes('Who formats this file?')).toEqual([0, 0, 0, 0]);
  });

  it('of what is not there says nothing', () => {
    expect(read({}).formOf(7)).toEqual({ brief: 0, asks: 0, answer: 0, standing: 0 });
  });
});

describe('the words', () => {
  it('cannot be told without a model that compares them', () => {
    expect(read({ match: null }).wordsOf).toBeNull();
    expect(read({ vectors: false }).vectors).toBe(false);
  });

  it('of the better of two neighbours count beside those of a text', () => {
    const { match } = counting();
    const rows = rowsOf(['xxxx', 'xooo', 'xxoo', 'oooo']);
    const wordsOf = read({ rows, match, edges: [edge(2, 1), edge(3, 2)] }).wordsOf!;
    expect(wordsOf(1)).toEqual({ words: 1, beside: 0.25 });
    expect(wordsOf(2)).toEqual({ words: 0.25, beside: 1 });
    expect(wordsOf(3)).toEqual({ words: 0.5, beside: 0.25 });
    expect(wordsOf(4)).toEqual({ words: 0, beside: 0 });
  });

  it('of what is linked in another way, or may not be shown, have no say', () => {
    const rows = rowsOf(['oooo', 'xxxx']);
    const wordsOf = read({ rows, match: counting().match, edges: [edge(1, 2, 'similar'), edge(9, 1)] }).wordsOf!;
    expect(wordsOf(1)).toEqual({ words: 0, beside: 0 });
  });

  it('of each text are compared once, and only when wanted', () => {
    const { match, asked } = counting();
    const rows = rowsOf(['one', 'two', 'three', 'four']);
    const edges = [edge(2, 1), edge(2, 1), edge(3, 2), edge(4, 3)];
    const wordsOf = read({ rows, match, edges }).wordsOf!;
    expect(asked).toEqual([]);
    for (const id of [1, 2, 1, 2]) wordsOf(id);
    expect(asked.sort()).toEqual(['one', 'three', 'two']);
  });
});
