// Words against words, by tables as models bring them and by hand.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { quantise, sentenceGraph } from '../../../models/train/export.ts';
import { tempDir } from '../../../test/support/app.ts';
import {
  randomTable,
  unigramTokenizer,
  wordPieceTokenizer,
  writeModelFolder,
} from '../../../test/support/onnx-model.ts';
import { silentLogger } from '../../core/log.ts';
import type { WordMatcher } from '../../core/ports.ts';
import { openLookup } from './lookup-embedder.ts';
import { createWordMatcher } from './word-matcher.ts';

const DIMS = 20;
const WORDS = ['alpha', 'beta', 'gamma', 'delta', 'eps', 'zeta', 'eta', 'theta', 'iota', 'kappa', 'lambda', 'mu'];
const SPECIALS = 4;
const TABLE = quantise(randomTable(SPECIALS + WORDS.length, DIMS, 42), DIMS);

/** Words by their place, behind the special tokens; 1 for any other, 0 when there is none. */
const idsOf = (text: string): number[] => {
  const ids = (text.match(/\S+/g) ?? []).map((word) => WORDS.indexOf(word)).map((at) => (at < 0 ? 1 : at + SPECIALS));
  return ids.length > 0 ? ids : [0];
};
const tokens = { encode: idsOf, wordless: new Set([0, 1, 2, 3]) };
const tables = { dims: DIMS, rows: TABLE.values, scales: TABLE.scales };
const matcher = (question: string): WordMatcher => createWordMatcher(tables, tokens)(question);

/** The definition: every word of the question finds the nearest of the text, weighed by its length in the model. */
function oracle(question: string, text: string): number {
  const vector = (id: number) =>
    [...TABLE.values.subarray(id * DIMS, (id + 1) * DIMS)].map((x) => x * TABLE.scales[id]!);
  const words = (of: string) => [...new Set(idsOf(of))].filter((id) => id >= SPECIALS).map(vector);
  const dot = (a: readonly number[], b: readonly number[]) => a.reduce((sum, x, i) => sum + x * b[i]!, 0);
  const length = (a: readonly number[]) => Math.sqrt(dot(a, a));
  const asked = words(question)
    .sort((a, b) => length(b) - length(a))
    .slice(0, 8);
  const met = asked.map((a) => Math.max(0, ...words(text).map((b) => dot(a, b) / length(a) / length(b))));
  const total = asked.reduce((sum, a) => sum + length(a), 0);
  return total === 0 ? 0 : asked.reduce((sum, a, n) => sum + length(a) * met[n]!, 0) / total;
}

const sentence = fc.array(fc.constantFrom(...WORDS, 'unknown', '?'), { maxLength: 16 }).map((all) => all.join(' '));

describe('how well words are met', () => {
  it('is what the definition says', () => {
    fc.assert(
      fc.property(sentence, fc.array(sentence, { minLength: 1, maxLength: 5 }), (question, texts) => {
        const match = matcher(question);
        for (const text of texts) expect(match(text)).toBeCloseTo(oracle(question, text), 9);
      }),
    );
  });

  it('is 1 for the same words in any order, and within 0..1', () => {
    fc.assert(
      fc.property(sentence, sentence, (question, text) => {
        const match = matcher(question);
        const known = idsOf(question).some((id) => id >= SPECIALS);
        expect(match(`${text} ${question}`)).toBe(known ? 1 : 0);
        expect(match(text)).toBeGreaterThanOrEqual(0);
        expect(match(text)).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('does not depend on the order of words, nor on what was compared before', () => {
    fc.assert(
      fc.property(sentence, fc.array(sentence, { maxLength: 5 }), sentence, (question, before, text) => {
        const match = matcher(question);
        for (const other of before) match(other);
        const backwards = text.split(' ').reverse().join(' ');
        expect(match(text)).toBe(matcher(question)(text));
        expect(match(backwards)).toBeCloseTo(match(text), 12);
        expect(matcher(question.split(' ').reverse().join(' '))(text)).toBeCloseTo(match(text), 12);
      }),
    );
  });

  it.each([
    ['', 'alpha'],
    ['alpha', ''],
    ['nonsense', 'nonsense'],
    ['alpha', 'nonsense'],
    ['nonsense', 'alpha'],
  ])('is 0 where nothing is known: %j and %j', (question, text) => {
    expect(matcher(question)(text)).toBe(0);
  });

  it('is not lifted by the opposite', () => {
    const opposite = { dims: 2, rows: Int8Array.of(0, 0, 100, 0, -100, 0), scales: Float32Array.of(1, 1, 1) };
    const encode = (text: string) => [text === 'hot' ? 1 : 2];
    expect(createWordMatcher(opposite, { encode, wordless: new Set([0]) })('hot')('cold')).toBe(0);
  });

  it('ignores tokens behind the table, and rows of zeros', () => {
    const holes = { dims: 2, rows: Int8Array.of(0, 0, 100, 0, 0, 0), scales: Float32Array.of(1, 1, 1) };
    const encode = (text: string) => text.split(' ').map(Number);
    const match = createWordMatcher(holes, { encode, wordless: new Set([0]) });
    expect(match('1 2 9')('1')).toBe(1);
    expect(match('1 2 9')('2 9')).toBe(0);
    expect(match('2 9')('1 2 9')).toBe(0);
  });
});

describe('words', () => {
  const reading = () => {
    const read: string[] = [];
    const encode = (text: string) => {
      read.push(text);
      return idsOf(text);
    };
    return { read, match: createWordMatcher(tables, { ...tokens, encode })('alpha') };
  };

  it('are taken apart once, in whatever text they stand', () => {
    const { read, match } = reading();
    for (const text of ['beta gamma', 'gamma delta', 'alpha beta\ngamma']) match(text);
    expect(read).toEqual(['alpha', 'beta', 'gamma', 'delta']);
  });

  it('are let go in time, the long ones at once', () => {
    const { read, match } = reading();
    const long = 'x'.repeat(30);
    match(`beta ${long} ${long}`);
    expect(read.filter((word) => word === long)).toHaveLength(2);
    for (let i = 0; i < 60_000; i++) match(`${i}`);
    match('beta');
    expect(read.filter((word) => word === 'beta')).toHaveLength(2);
    expect(match('alpha')).toBe(1);
  });
});

describe('models', () => {
  it.each([
    ['WordPiece', wordPieceTokenizer(WORDS)],
    ['Unigram with tokens around each text', unigramTokenizer(WORDS)],
  ])('with %s compare words only', async (_, tokenizer) => {
    const dir = await writeModelFolder(tempDir(), {
      'model.onnx': sentenceGraph(TABLE, DIMS),
      'tokenizer.json': tokenizer,
      'engram.json': { name: 'toy' },
    });
    const embedder = (await openLookup({ model_dir: dir, logger: silentLogger }))!;
    const of = (question: string, text: string) => embedder.wordMatcher!(question)(text);
    expect(of('alpha beta', 'beta alpha')).toBe(1);
    expect(of('alpha beta', 'gamma delta')).toBeCloseTo(oracle('alpha beta', 'gamma delta'), 6);
    for (const [question, text] of [
      ['', ''],
      ['漢', '漢'],
      ['alpha', ''],
      ['', 'alpha'],
      ['alpha', '漢'],
    ] as const)
      expect(of(question, text), `${question} and ${text}`).toBe(0);
    await embedder.close();
  });

  const BUILT_IN = join(import.meta.dirname, '..', '..', '..', 'models', 'engram-mini');
  it.runIf(existsSync(join(BUILT_IN, 'model.onnx')))('built in know that yoga is exercise', async () => {
    const embedder = (await openLookup({ model_dir: BUILT_IN, logger: silentLogger }))!;
    const match = embedder.wordMatcher!('exercise');
    expect(match('I joined a yoga class near the station')).toBeGreaterThan(match('I joined a choir near the station'));
    await embedder.close();
  });
});
