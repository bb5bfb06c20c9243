// Pieces against what any right answer must hold, with characters and white space told apart by the platform.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type PieceSize, pieces } from './chunks.ts';

const words = [
  'harbour',
  'a',
  'naïve',
  'cafe\u0301',
  'Привет',
  'مرحبا',
  'שלום',
  'हिन्दी',
  '我昨天去了',
  'กินข้าว',
  '한국어',
];
const odd = [
  '👩‍👩‍👧',
  '🇩🇪',
  '👍🏽',
  '😀',
  'e\u0301\u0302',
  '。\ufe00',
  '\u0600',
  'const x = f(a) ? b : c;',
  '{',
  '"',
  '…',
  'v1.2.3',
];
const gaps = [
  ' ',
  ' ',
  ' ',
  '. ',
  '! ',
  ', ',
  '。',
  '，',
  '\n',
  '\r\n',
  '\n\n',
  '\r\n\r\n',
  '   ',
  '\u3000',
  '\u2029',
  ' \u0301',
  '.”\n',
];
/** Long enough to be cut: by itself fast-check seldom makes more than ten parts. */
const many = (least: number, most: number) => ({ minLength: least, maxLength: most, size: 'max' }) as const;
const joined = (parts: readonly string[], least: number, most: number) =>
  fc.array(fc.constantFrom(...parts), many(least, most)).map((list) => list.join(''));
const anyText = fc.oneof(
  joined([...words, ...odd, ...gaps, ...gaps], 0, 400),
  joined(odd, 0, 150),
  joined(['。\ufe00', 'a \u0301', 'é', '. ', '\u0600 '], 0, 300),
  fc.string({ unit: 'grapheme', ...many(0, 600) }),
  fc.string({ unit: 'binary', ...many(0, 600) }),
  fc.tuple(fc.constantFrom('x', '🇩🇪', ' ', '\n', 'ก', '.', '"', '我'), fc.nat(700)).map(([unit, n]) => unit.repeat(n)),
);
const anySize: fc.Arbitrary<PieceSize> = fc.record({
  chars: fc.integer({ min: 100, max: 300 }),
  overlap: fc.nat(100),
  max: fc.oneof(fc.integer({ min: 1, max: 4 }), fc.constant(1000)),
});

const characters = new Intl.Segmenter('en', { granularity: 'grapheme' });
/** Places between characters as the platform sees them. */
const edges = (text: string): Set<number> =>
  new Set([...Array.from(characters.segment(text), ({ index }) => index), text.length]);
const shown = (text: string, size: PieceSize): string[] => pieces(text, size).map((p) => text.slice(p.start, p.end));
const sizeOf = (chars: number, overlap = 0, max = 1000): PieceSize => ({ chars, overlap, max });

describe('pieces of any text', () => {
  it('hold every character, ascend, keep to the sizes and cut none', () => {
    fc.assert(
      fc.property(anyText, anySize, (text, size) => {
        const found = pieces(text, size);
        expect(pieces(text, size)).toEqual(found);
        if (text.length <= size.chars) {
          expect(found).toEqual([{ start: 0, end: text.length }]);
          return;
        }

        expect(found.length).toBeLessThanOrEqual(size.max);
        // Every place is counted as covered or not, one by one.
        const covered = new Array<boolean>(text.length).fill(false);
        for (const { start, end } of found) covered.fill(true, start, end);
        for (let at = 0; at < text.length; at++) if (text[at]!.trim() !== '') expect(covered[at]).toBe(true);

        const between = edges(text);
        const fitting = text.length * 1.25 < (size.chars - size.overlap - 2) * size.max;
        found.forEach(({ start, end }, i) => {
          const piece = text.slice(start, end);
          expect(piece.trim()).not.toBe('');
          expect(between.has(start)).toBe(true);
          expect(between.has(end)).toBe(true);
          if (fitting) expect(piece.length).toBeLessThanOrEqual(size.chars);
          if (i === 0) return;
          expect(start).toBeGreaterThan(found[i - 1]!.start);
          expect(end).toBeGreaterThan(found[i - 1]!.end);
          expect(found[i - 1]!.end - start).toBeLessThanOrEqual(size.overlap);
        });
      }),
      { numRuns: 600 },
    );
  });

  it('are alike in size, the last one too', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 101, max: 5000 }),
        fc.integer({ min: 100, max: 300 }),
        fc.nat(40),
        (n, chars, overlap) => {
          const lengths = shown(
            'lorem ipsum dolor '.repeat(n).slice(0, n).trim().padEnd(n, 'x'),
            sizeOf(chars, overlap),
          ).map((piece) => piece.length);
          expect(lengths.at(-1)!).toBeGreaterThanOrEqual(Math.max(...lengths) / 3);
        },
      ),
    );
  });

  it('keep code points whole where a character is longer than a piece', () => {
    const text = `${'👩‍'.repeat(300)}👩`;
    const found = shown(text, sizeOf(100, 20));
    expect(found.every((piece) => piece.isWellFormed())).toBe(true);
    expect(Math.max(...found.map((piece) => piece.length))).toBeLessThanOrEqual(100);
    expect(shown(`e${'\u0301'.repeat(999)}`, sizeOf(100)).join('')).toHaveLength(1000);
  });

  it('are none where there is nothing but white space, one where the text is short', () => {
    expect(pieces(' \n'.repeat(500), sizeOf(100))).toEqual([]);
    expect(pieces('', sizeOf(100))).toEqual([{ start: 0, end: 0 }]);
    expect(pieces('  ', sizeOf(100))).toEqual([{ start: 0, end: 2 }]);
    expect(shown(`one${' '.repeat(5000)}two`, sizeOf(100, 50))).toEqual(['one', 'two']);
  });
});

describe('sentences', () => {
  const sentences = [
    'Dr. A. Smith paid 3.50 for it.',
    'See e.g. src/a.ts or v1.2.3 for more!',
    'Ask http://a.test/b.c?d=e. now, vs. then?',
    'He said “that will do.”',
    'it was 5 p.m. in the U.S. of old.',
    'On the 3. of May (or so) it rained…',
    'Mr. J. R. Ames left at No. 10 etc. as usual.',
    'मैं कल गया था।',
    'ذهبت إلى هناك؟',
    'Is A ? B : C ! An operator here?',
    '“So be it!” he said, “or not.” and left.',
  ];
  /** Every second one after a break, so that white space of all kinds follows. */
  const told = fc.array(fc.constantFrom(...sentences), many(20, 120));

  it('are where pieces begin and end, whatever dots they hold', () => {
    fc.assert(
      fc.property(told, fc.constantFrom(' ', '  ', '\n', '\r\n'), fc.constantFrom(60, 15, 0), (list, gap, overlap) => {
        // Written with capitals, as the sentences after "…" and "?" need it.
        const capital = list.map((sentence) => sentence.replace(/^it/, 'It'));
        const text = capital.join(gap);
        const starts = new Set<number>();
        const ends = new Set<number>();
        let at = 0;
        for (const sentence of capital) {
          starts.add(at);
          ends.add(at + sentence.length);
          at += sentence.length + gap.length;
        }
        for (const { start, end } of pieces(text, sizeOf(400, overlap))) {
          expect(starts.has(start)).toBe(true);
          expect(ends.has(end)).toBe(true);
        }
      }),
    );
  });

  it('of a script without spaces end at their stop, after the closing mark', () => {
    const sentence = '他说：「我昨天去了东京，很好。」';
    for (const piece of shown(sentence.repeat(60), sizeOf(200, 40))) {
      expect(piece.startsWith('他说')).toBe(true);
      expect(piece.endsWith('。」')).toBe(true);
    }
  });

  it('are repeated from the piece before, as many as the overlap holds', () => {
    const text = Array.from({ length: 60 }, (_, i) => `Sentence ${String(i).padStart(2, '0')} is here.`).join(' ');
    const found = shown(text, sizeOf(300, 70));
    for (let i = 1; i < found.length; i++) {
      const repeated = found[i]!.slice(0, 62);
      expect(found[i - 1]!.endsWith(repeated)).toBe(true);
      expect(repeated).toMatch(/^Sentence .*here\.$/);
    }
  });
});

describe('the best place to cut', () => {
  const ends = (text: string, size: PieceSize) => shown(text, size).map((piece) => piece.slice(-6));

  it('is between paragraphs before sentences, between sentences before lines, in lines after clauses', () => {
    // Two pieces of about 100; every kind of end lies within 25 of the middle.
    const around = (middle: string) => `${'word '.repeat(17)}${middle}${' word'.repeat(17)}`;
    expect(ends(around('one end.\n\nAnother one. The next, then'), sizeOf(180))[0]).toBe('e end.');
    expect(ends(around('one line\nAnother end. The next, then'), sizeOf(180))[0]).toBe('r end.');
    expect(ends(around('one line\nAnother clause, the next then'), sizeOf(180))[0]).toBe('e line');
    expect(ends(around('one word another clause, the next then'), sizeOf(180))[0]).toBe('lause,');
    expect(shown(around('one word another word the next then'), sizeOf(180))[0]).toMatch(
      / (word|another|the|next|then)$/,
    );
  });

  it('is, of equals, the nearest to the middle', () => {
    const text = `${'word '.repeat(16)}one end. Two end. Three end. Four end. Five end.${' word'.repeat(16)}`;
    expect(shown(text, sizeOf(180))[0]).toMatch(/Three end\.$/);
  });

  it('is at the start of a line in code', () => {
    const line = '  const total = items.map((x) => x.price * 2).reduce(sum);\n';
    for (const piece of shown(line.repeat(100), sizeOf(500, 130))) {
      expect(piece.startsWith('const total')).toBe(true);
      expect(piece.endsWith('(sum);')).toBe(true);
    }
  });

  it('begins the next piece at a word where no sentence is near', () => {
    const found = shown('alpha beta gamma '.repeat(100), sizeOf(200, 50));
    expect(found.length).toBeGreaterThan(5);
    for (const piece of found) expect(piece).toMatch(/^(alpha|beta|gamma) .* (alpha|beta|gamma)$/);
  });
});

describe('limits', () => {
  it('grow the pieces so that no more than max hold all of the text', () => {
    const text = 'A short sentence. '.repeat(1000).trim();
    const found = pieces(text, sizeOf(200, 40, 5));
    expect(found).toHaveLength(5);
    expect(found[0]!.start).toBe(0);
    expect(found.at(-1)!.end).toBe(text.length);
    expect(pieces(text, sizeOf(200, 0, 1))).toEqual([{ start: 0, end: text.length }]);
  });

  it.each(['x', '👩‍👩‍👧', '🇩🇪', '\u0301', 'क्षि', '。\ufe00', '"', '.', ' ', 'a \n', '؟ابجد'])(
    'take a megabyte of %j',
    (unit) => {
      const text = `a${unit.repeat(1e6 / unit.length)}b`;
      const found = pieces(text, sizeOf(1440, 160, 10_000));
      expect(found.length).toBeLessThan(1100);
      expect(found.at(-1)!.end).toBe(text.length);
    },
  );
});
