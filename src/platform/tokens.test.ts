// Token counts against gpt-tokenizer itself, and the texts that trip counters up.
import fc from 'fast-check';
import { encode } from 'gpt-tokenizer/encoding/cl100k_base';
import { beforeAll, describe, expect, it } from 'vitest';
import type { TokenCounter } from '../core/ports.ts';
import { loadTokenCounter } from './tokens.ts';

let counter: TokenCounter;
beforeAll(async () => {
  counter = await loadTokenCounter();
});
const truth = (text: string): number => encode(text, { disallowedSpecial: new Set() }).length;
const anyText = fc.oneof(
  fc.string({ maxLength: 100 }),
  fc.string({ unit: 'grapheme', maxLength: 60 }),
  fc
    .array(
      fc.constantFrom(
        'the ',
        'harbour ',
        '我昨天',
        'ありがとう',
        '👩‍👩‍👧',
        'ö',
        '\n',
        '  ',
        '123',
        '<|endoftext|>',
        'กาแฟ',
        '.',
      ),
      { maxLength: 60 },
    )
    .map((parts) => parts.join('')),
);

describe('count', () => {
  it.each([
    ['', 0],
    ['hello world', 2],
    ['tiktoken is great!', 6],
    ['お誕生日おめでとう', 9],
  ])('knows published counts: %j is %d tokens', (text, expected) => {
    expect(counter.count(text)).toBe(expected);
  });

  it('is that of the tokenizer for ordinary text', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(counter.count(text)).toBe(truth(text));
      }),
    );
  });

  it('takes special tokens for text', () => {
    for (const text of ['<|endoftext|>', '<|fim_prefix|>', 'a <|endofprompt|> b']) {
      expect(counter.count(text)).toBeGreaterThan(3);
      expect(counter.count(text)).toBe(truth(text));
    }
  });

  it.each([
    ['letters', 'a'],
    ['mixed letters', 'qzxj'],
    ['Han', '漢字'],
    ['emoji', '👍'],
    ['white space', ' '],
    ['line ends', '\n'],
  ])('of 100 KB without a gap takes less than a second, and is about right: %s', (_name, unit) => {
    const word = unit.repeat(Math.floor(100_000 / Buffer.byteLength(unit)));
    const started = performance.now();
    const count = counter.count(word);
    expect(performance.now() - started).toBeLessThan(1_000);
    const sample = unit.repeat(256);
    const rate = truth(sample) / sample.length;
    expect(count).toBeGreaterThan(word.length * rate * 0.9 - 10);
    expect(count).toBeLessThan(word.length * (rate * 1.1 + 1 / 128) + 10);
  });

  it('is at most a few per cent off for long words, and not below the truth', () => {
    const long = fc
      .array(fc.constantFrom('a', 'b', 'the', 'Z9', '-', '漢', '/', 'ing'), { minLength: 150, maxLength: 400 })
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(long, (text) => {
        const [got, real] = [counter.count(text), truth(text)];
        expect(got).toBeGreaterThanOrEqual(real);
        expect(got).toBeLessThanOrEqual(real + Math.ceil(text.length / 128) * 3);
      }),
    );
  });
});

describe('truncate', () => {
  it('gives a prefix that holds whole characters and fits', () => {
    fc.assert(
      fc.property(anyText, fc.integer({ min: 0, max: 40 }), (text, max) => {
        const kept = counter.truncate(text, max);
        expect(text.startsWith(kept)).toBe(true);
        expect(kept).not.toContain('\uFFFD');
        expect(kept.isWellFormed()).toBe(true);
        expect(truth(kept)).toBeLessThanOrEqual(max);
        if (truth(text) <= max) expect(kept).toBe(text);
      }),
      { numRuns: 300 },
    );
  });

  it('never cuts a CJK character or an emoji in two', () => {
    const text = '我昨天在北京买了一台新电脑，鱻龘靐齉爩，👩‍👩‍👧‍👦🏴‍☠️𠮷野家。';
    for (let max = 0; max <= truth(text); max++) {
      const kept = counter.truncate(text, max);
      expect(text.startsWith(kept)).toBe(true);
      expect(kept).not.toContain('\uFFFD');
      expect(truth(kept)).toBeLessThanOrEqual(max);
      expect(truth(kept)).toBeGreaterThan(max - 8);
    }
    expect(counter.truncate(text, truth(text))).toBe(text);
  });

  it('keeps as much as fits', () => {
    const text = 'one two three four five six seven eight nine ten';
    expect(counter.truncate(text, 3)).toBe('one two three');
    expect(counter.truncate(text, 10)).toBe(text);
    expect(counter.truncate(text, 0)).toBe('');
    expect(counter.truncate('a'.repeat(100_000), 20).length).toBeGreaterThan(20);
    expect(counter.count(counter.truncate('a'.repeat(100_000), 20))).toBeLessThanOrEqual(20);
  });

  it('lets nothing of one text into the next', () => {
    const text = '我昨天在北京买了一台新电脑';
    for (let max = 1; max < 20; max++) {
      counter.truncate(text, max);
      expect(text.startsWith(counter.truncate(text, 9))).toBe(true);
    }
  });

  it('keeps a replacement character that the text itself holds', () => {
    expect(counter.truncate('x \uFFFD y', 100)).toBe('x \uFFFD y');
  });
});
