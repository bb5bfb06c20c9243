// The packed vocabulary against the library's own on the same file.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Tokenizer } from '@huggingface/tokenizers';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { unigramTokenizer, wordPieceTokenizer } from '../../../test/support/onnx-model.ts';
import { openTokenizer } from './packed-vocabulary.ts';

const BUILT_IN = join(import.meta.dirname, '..', '..', '..', 'models', 'engram-mini', 'tokenizer.json');

/** Words or pieces, and texts, for which both must say the same. */
function compare(text: string, words: readonly string[], texts: readonly string[] = []): void {
  const packed = openTokenizer(text, {}).tokenizer;
  const plain = new Tokenizer(JSON.parse(text), {});
  expect(words.filter((word) => packed.token_to_id(word) !== plain.token_to_id(word))).toEqual([]);
  for (const one of texts) expect(packed.encode(one).ids, one).toEqual(plain.encode(one).ids);
}

const PIECES = [
  'alpha',
  '##bet',
  'é',
  '漢',
  '😀',
  '"',
  '\\',
  'a"b',
  'a":4,"b',
  'C:\\path',
  '/',
  ':',
  '{',
  '}',
  ',',
  '\t',
  '',
  '__proto__',
  'toString',
  '7',
];
const ABSENT = ['alph', 'alphab', 'bet', 'a"', 'a":4', 'a":4,', 'b', 'vocab', ' ', '##', 'é'.normalize('NFD')];
const toy = wordPieceTokenizer(PIECES);

describe('a WordPiece vocabulary', () => {
  it('is the same however the file is written', () => {
    const escaped = JSON.stringify(toy).replace(
      /[\u0080-\uffff]/g,
      (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
    );
    for (const text of [
      JSON.stringify(toy),
      JSON.stringify(toy, null, 2),
      JSON.stringify(toy, null, '\t').replaceAll('\n', '\r\n').replaceAll('":', '" :'),
      escaped,
      escaped.replaceAll('/', '\\/'),
    ]) {
      compare(
        text,
        [...PIECES, ...ABSENT, '[UNK]', '[CLS]'],
        ['Alphabet a"b é 漢字 😀 C:\\path "7"', 'alphaalpha [SEP]'],
      );
    }
  });

  it.runIf(existsSync(BUILT_IN))('of the built-in model is complete', () => {
    const text = readFileSync(BUILT_IN, 'utf8');
    const words = Object.keys(JSON.parse(text).model.vocab);
    expect(words.length).toBe(42_000);
    compare(text, [...words, ...words.map((word) => `${word}~`)], ['The quick brown fox: "C:\\Users"', '日本語 ñandú']);
  });

  it('gives the pieces the library finds, whatever the text', () => {
    const pieces = ['a', 'b', 'ab', 'abb', '##a', '##b', '##bab', '##😀', '😀', '😀a', '漢', '##"', '"', '##\\', '#'];
    const text = JSON.stringify({
      ...wordPieceTokenizer(pieces),
      normalizer: null,
      pre_tokenizer: { type: 'WhitespaceSplit' },
    });
    const packed = openTokenizer(text, {}).tokenizer;
    const plain = new Tokenizer(JSON.parse(text), {});
    const same = (words: string) => expect(packed.encode(words).ids).toEqual(plain.encode(words).ids);
    const unit = fc.constantFrom('a', 'b', 'b', '😀', '\uD83D', '\uDE00', '漢', '"', '\\', '#', ' ', 'x');
    fc.assert(
      fc.property(fc.array(unit, { maxLength: 130 }), (units) => {
        same(units.join(''));
      }),
      { numRuns: 500 },
    );
    for (const length of [99, 100, 101]) for (const one of ['a', '😀']) same(one.repeat(length));
  });

  it('does not hide words added to it', () => {
    const added = structuredClone(toy) as { added_tokens: object[] };
    added.added_tokens.push({ id: 99, content: 'alpha', special: false, normalized: false });
    added.added_tokens.push({ id: 100, content: 'new word', special: false, normalized: false });
    compare(JSON.stringify(added), ['alpha', 'new word', '##bet'], ['alpha and a new word', 'alphabet']);
  });

  it('may lack the unknown token', () => {
    const { '[UNK]': _, ...vocab } = (toy as { model: { vocab: Record<string, number> } }).model.vocab;
    const text = JSON.stringify({ ...toy, model: { ...(toy as { model: object }).model, vocab } });
    compare(text, ['[UNK]', 'alpha'], ['alpha']);
  });

  it('is kept out of what is read of the rest', () => {
    const { json } = openTokenizer(JSON.stringify(toy), {});
    expect(json).toMatchObject({ model: { type: 'WordPiece', vocab: { '[UNK]': 1 } } });
    expect(Object.keys((json as { model: { vocab: object } }).model.vocab)).toEqual(['[UNK]']);
  });
});

describe('any other file', () => {
  it('is read by the library alone', () => {
    compare(JSON.stringify(unigramTokenizer(PIECES)), PIECES, ['alpha beta']);
    const elsewhere = { vocab: { alpha: 1 }, ...toy };
    compare(JSON.stringify(elsewhere), PIECES, ['alpha']);
  });

  it('fails as it does there', () => {
    const text = JSON.stringify(toy);
    const without = (word: string) => text.replace(`"${word}":`, '');
    for (const broken of [
      '',
      '{',
      '[]',
      text.slice(0, -1),
      text.slice(0, text.indexOf('"alpha"') + 3),
      without('alpha'),
    ]) {
      expect(() => openTokenizer(broken, {}), broken.slice(-40)).toThrow();
    }
  });
});
