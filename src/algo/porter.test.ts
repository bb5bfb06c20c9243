// The stemmer against SQLite's own: every term is read back from a real FTS5 table.
import { createRequire } from 'node:module';
import type BetterSqlite from 'better-sqlite3-multiple-ciphers';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { porterStem, STEM_MAX_BYTES } from './porter.ts';

const Driver = createRequire(import.meta.url)('better-sqlite3-multiple-ciphers') as typeof BetterSqlite;

/** FTS5's stem of each word; the words must be single tokens. */
function stemsByFts5(words: readonly string[]): string[] {
  const db = new Driver(':memory:');
  db.exec(`create virtual table docs using fts5(word, tokenize = 'porter unicode61 remove_diacritics 2', detail = full);
    create virtual table terms using fts5vocab(docs, instance)`);
  const insert = db.prepare('insert into docs (rowid, word) values (?, ?)');
  db.transaction(() => words.forEach((word, i) => void insert.run(i + 1, word)))();
  const out: string[] = [];
  for (const row of db.prepare('select doc, term from terms').all() as { doc: number; term: string }[])
    out[row.doc - 1] = row.term;
  db.close();
  return out;
}

const pairsOf = (words: readonly string[], stems: readonly (string | undefined)[]) =>
  words.map((word, i) => `${word} → ${stems[i]}`);

const ROOTS = `a y s b at it sky be to tr oat tree by trouble relat condit val hesit digit conform radic differ vile
  analog vietnam predic oper feud decis hope callous form sensit triplic electr good reviv allow infer airlin gyroscop
  adjust defens irrit replac adop commun activ angul homolog effect bowdler prob rate ceas control roll hopp tann fall
  hiss fizz fail fil snow box tray yell play oscill gener gel eed ing ed iz bl agre siz motor ll xy syzyg`.split(/\s+/);
const SUFFIXES =
  `s es ies sses ss eed ed ing at ated ating bl bled bling ized izing y ational tional enci ency anci izer
  bli bly abli ably alli ally entli ently eli ely ousli ously ization ation ator alism iveness fulness ousness aliti
  ality iviti ivity biliti bility logi logy icate ative alize iciti icity ical ful ness al ance ence er ic able ible ant
  ement ment ent ion sion tion ou ism ate iti ity ous ive ize e l ll lle lled lling eeding ingly eded yed ying ys yly`.split(
    /\s+/,
  );

describe('porterStem', () => {
  it('equals FTS5 on every root with every one and two suffixes', () => {
    const all = new Set<string>([...ROOTS, ...SUFFIXES]);
    for (const root of ROOTS)
      for (const suffix of SUFFIXES) {
        all.add(root + suffix);
        for (const second of SUFFIXES) all.add(root + suffix + second);
      }
    const words = [...all];
    expect(words.length).toBeGreaterThan(300_000);
    const expected = stemsByFts5(words);
    const wrong = words.filter((word, i) => porterStem(word) !== expected[i]);
    expect(wrong).toEqual([]);
  });

  it('equals FTS5 on words with letters beyond ASCII, which it treats byte by byte', () => {
    const letters = fc.constantFrom('a', 'e', 'y', 's', 'd', 't', 'l', 'ß', 'ø', 'я', '猫', '\ue000', '\u{f0900}');
    const word = fc
      .tuple(fc.array(letters, { minLength: 1, maxLength: 7 }), fc.constantFrom('', ...SUFFIXES))
      .map(([head, suffix]) => head.join('') + suffix);
    fc.assert(
      fc.property(fc.array(word, { minLength: 500, maxLength: 500 }), (words) => {
        expect(pairsOf(words, words.map(porterStem))).toEqual(pairsOf(words, stemsByFts5(words)));
      }),
      { numRuns: 10 },
    );
  });

  it('equals FTS5 around the longest word that is stemmed', () => {
    const words = [-2, -1, 0, 1, 2].flatMap((extra) =>
      ['s', 'ing', 'ization', 'øed'].map((suffix) => 'ba'.repeat(40).slice(0, STEM_MAX_BYTES + extra - 4) + suffix),
    );
    expect(pairsOf(words, words.map(porterStem))).toEqual(pairsOf(words, stemsByFts5(words)));
  });

  // Examples printed in the 1980 paper.
  it.each([
    ['caresses', 'caress'],
    ['ponies', 'poni'],
    ['plastered', 'plaster'],
    ['motoring', 'motor'],
    ['hopping', 'hop'],
    ['happy', 'happi'],
    ['relational', 'relat'],
    ['triplicate', 'triplic'],
    ['adjustment', 'adjust'],
    ['controll', 'control'],
  ])('stems %s to %s', (word, stem) => {
    expect(porterStem(word)).toBe(stem);
  });

  it('leaves words of fewer than three bytes alone', () => {
    expect(['', 'as', 'is', 'es'].map(porterStem)).toEqual(['', 'as', 'is', 'es']);
  });
});
