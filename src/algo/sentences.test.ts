import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sentencesOf } from './sentences.ts';

const texts = (text: string) => sentencesOf(text).map((sentence) => sentence.text);

describe('sentences', () => {
  it.each([
    ['We run 1.2.3 on 10.0.0.1. It costs 3.5 euros.', 2],
    ['Edit engram.toml and src/app.ts. Then restart.', 2],
    ['See https://example.com/a.b?c=d. It explains all.', 2],
    ['Dr. Smith met Mrs. Jones at 5 p.m. on Monday.', 1],
    ['Dr. Smith came at 5 p.m. He left soon.', 2],
    ['J. R. Tolkien wrote it. I read it.', 2],
    ['Use e.g. Redis, i.e. a cache. Done.', 2],
    ['Well... maybe not. Or so?', 2],
    ['Wait... What is it?', 2],
    ['He said "Stop. Go back." and left.', 1],
    ['"It works." Bob smiled.', 2],
    ['It broke (see fig. 3. Or not.) again. We fixed it!', 2],
    ['Acme Inc. hired Bob. Acme Inc. is big.', 2],
    ['No. 5 is alive. No. Really?', 3],
    ['Version v2. Released today.', 2],
    ['今日は晴れ。明日は雨。', 2],
    ['Really?! Yes!! ok', 2],
    ['The U.S. is big. The U.K. is not.', 2],
  ])('%s', (text, count) => {
    expect(texts(text)).toHaveLength(count);
  });

  it('keeps items, headings and code for themselves', () => {
    const text =
      '# Setup. Now\nIntro line\nthat goes on. Next.\n\n- first item\n- second. Two\n1. third\n\n```\na. b.\n\nc.\n```\nEnd';
    expect(sentencesOf(text).map(({ text, kind }) => [kind, text])).toEqual([
      ['heading', 'Setup.'],
      ['heading', 'Now'],
      ['prose', 'Intro line that goes on.'],
      ['prose', 'Next.'],
      ['item', 'first item'],
      ['item', 'second.'],
      ['item', 'Two'],
      ['item', 'third'],
      ['code', '```\na. b.\n\nc.\n```'],
      ['prose', 'End'],
    ]);
  });

  it('does not join notes that stand on lines of their own', () => {
    expect(texts('DB host: db1\nDB port: 5432\nAll good')).toEqual(['DB host: db1', 'DB port: 5432', 'All good']);
  });

  it('loses nothing but white space, markers aside', () => {
    const word = fc.constantFrom(
      'Alice',
      'ran',
      '1.2',
      'e.g.',
      '"so',
      'so"',
      '(a',
      'b)',
      'end.',
      'what?',
      '…',
      'v1.0.',
      '`x.',
      'y`',
    );
    fc.assert(
      fc.property(fc.array(word), (all) => {
        const line = `So ${all.join(' ')}`;
        expect(texts(line).join('').replace(/\s/g, '')).toBe(line.replace(/\s/g, ''));
      }),
    );
  });
});
