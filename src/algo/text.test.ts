// Words and terms against SQLite: whatever we say is in the index is read back from a real FTS5 table.
import { createRequire } from 'node:module';
import type BetterSqlite from 'better-sqlite3-multiple-ciphers';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { porterStem } from './porter.ts';
import {
  analyze,
  dayWords,
  foldWord,
  MAX_QUERY_TERMS,
  MAX_QUERY_UNSPACED,
  MAX_WORD_BYTES,
  parseLexicalQuery,
  termCoverage,
  unspacedColumn,
  unspacedTerms,
  wordColumn,
  words,
} from './text.ts';

const Driver = createRequire(import.meta.url)('better-sqlite3-multiple-ciphers') as typeof BetterSqlite;
const PLAIN = 'unicode61 remove_diacritics 2';
const PORTER = `porter ${PLAIN}`;

/** The terms FTS5 makes of each text, in order. */
function fts5Terms(texts: readonly string[], tokenize: string): string[][] {
  const db = new Driver(':memory:');
  db.exec(`create virtual table docs using fts5(body, tokenize = '${tokenize}');
    create virtual table terms using fts5vocab(docs, instance)`);
  const insert = db.prepare('insert into docs (rowid, body) values (?, ?)');
  db.transaction(() => texts.forEach((text, i) => void insert.run(i + 1, text)))();
  const out: string[][] = texts.map(() => []);
  const rows = db.prepare('select doc, term, "offset" as at from terms').all() as {
    doc: number;
    term: string;
    at: number;
  }[];
  for (const { doc, term, at } of rows) out[doc - 1]![at] = term;
  db.close();
  return out;
}

/** Which documents FTS5 finds for a MATCH expression. */
function fts5Hits(texts: readonly string[], match: string): number[] {
  const db = new Driver(':memory:');
  db.exec(`create virtual table docs using fts5(body, tokenize = '${PORTER}')`);
  const insert = db.prepare('insert into docs (rowid, body) values (?, ?)');
  texts.forEach((text, i) => void insert.run(i, text));
  const rows = db.prepare('select rowid from docs where docs match ? order by rowid').all(match) as { rowid: number }[];
  db.close();
  return rows.map(({ rowid }) => rowid);
}

const split = (column: string): string[] => (column === '' ? [] : column.split(' '));

/** Every code point but the surrogates and NUL, each inside a word, 64 to a text: far faster than one by one. */
function everyCharacter(): string[] {
  const out: string[] = [];
  for (let start = 0; start < 0x110000; start += 64) {
    if (start >= 0xd800 && start <= 0xdfff) continue;
    const codes = Array.from({ length: 64 }, (_, i) => start + i).filter((code) => code > 0);
    out.push(codes.map((code) => `qa${String.fromCodePoint(code)}zq`).join(' '));
  }
  return out;
}

const anyText = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 60 }),
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc
    .array(
      fc.constantFrom(
        ...[
          "don't ",
          'Running',
          ' ',
          '\n',
          '\0',
          '\ud800',
          'Ünïcödé',
          'naïve ',
          'ЁЖИК й',
          '黒猫が',
          'สวัสดี',
          'हिन्दी ',
          '한국어 ',
        ],
        ...[
          'ΣΊΣΥΦΟΣ',
          'ﬁ',
          '㍿',
          'ｶﾞ',
          '１２',
          '🧠',
          '👩‍👧',
          'e\u0301',
          'и\u0306',
          'İ',
          'ẞ',
          '_',
          '-',
          '"',
          '2023',
          '\u02bc',
          '\u200b',
        ],
      ),
      { maxLength: 20 },
    )
    .map((parts) => parts.join('')),
);

describe('words', () => {
  it('equals FTS5 on the word column for every character there is', { timeout: 120_000 }, () => {
    const texts = everyCharacter();
    const found = fts5Terms(texts.map(wordColumn), PLAIN);
    const wrong = texts.filter((text, i) => words(text).join(' ') !== found[i]?.join(' '));
    expect(wrong).toEqual([]);
  });

  it('equals FTS5 on the bare text for European letters, digits and punctuation', () => {
    // Without what only the word column repairs: marks, Ǡ and ǡ, the letter apostrophe, and letters newer than Unicode 6.1.
    const known = /[\p{Ll}\p{Lu}\p{Lo}\p{Nd}\p{P}\p{S}\p{Z}]/u;
    const repaired = /[ǠǡʼͿ\u{526}-\u{530}\u{58b}-\u{58f}\u{604}-\u{605}\u{61c}-\u{61d}]/u;
    const texts: string[] = [];
    for (let code = 1; code < 0x700; code++) {
      const char = String.fromCodePoint(code);
      if (known.test(char) && !repaired.test(char)) texts.push(`qa${char}zq`);
    }
    expect(texts.length).toBeGreaterThan(1_000);
    expect(texts.map(words)).toEqual(fts5Terms(texts, PLAIN));
  });

  it('equals FTS5 on the word column for any text, and stems there as analyze does', () => {
    fc.assert(
      fc.property(fc.array(anyText, { minLength: 100, maxLength: 100 }), (texts) => {
        const columns = texts.map(wordColumn);
        expect(texts.map(words)).toEqual(fts5Terms(columns, PLAIN));
        const stems = texts.map((text) => words(text).map(porterStem));
        expect(stems).toEqual(fts5Terms(columns, PORTER));
      }),
      { numRuns: 30 },
    );
  });

  it('cuts a word where FTS5 cuts it', () => {
    const texts = [`${'a'.repeat(MAX_WORD_BYTES + 9)} b`, `${'ø'.repeat(MAX_WORD_BYTES / 2 + 9)} b`];
    expect(texts.map(words)).toEqual(fts5Terms(texts.map(wordColumn), PLAIN));
    expect(words(texts[0]!)[0]).toHaveLength(MAX_WORD_BYTES);
  });

  it.each([
    ["I don't, it’s", ['i', 'don', 't', 'it', 's']],
    ['Crème BRÛLÉE', ['creme', 'brulee']],
    ['Tiếng Việt', ['tieng', 'viet']],
    ['и\u0306 й', ['й', 'й']],
    ['מֹ שָׁלוֹם', ['מ', 'שלום']],
    ['iPhone15を買った', ['iphone15']],
    ['ＡＢＣ１２', ['abc12']],
    ['🧠love👩‍👩‍👧 1️⃣', ['love', '1']],
    ['snake_case-word', ['snake', 'case', 'word']],
  ])('splits %j', (text, expected) => {
    expect(words(text)).toEqual(expected);
  });

  it('keeps vowel signs that tell words apart', () => {
    expect(words('की')).toHaveLength(1);
    expect(words('की')).not.toEqual(words('का'));
    expect(words('हिन्दी भाषा')).toHaveLength(2);
  });

  it('leaves ASCII text as it is in the word column', () => {
    expect(wordColumn('Plain ASCII, "kept".')).toBe('Plain ASCII, "kept".');
  });

  it('folds a word as it is found', () => {
    for (const word of ['Crème', 'ЁЖИК', 'ΣΊΣΥΦΟΣ', 'Plain', 'मराठी']) expect(words(word)).toEqual([foldWord(word)]);
  });
});

describe('unspaced scripts', () => {
  it('make pairs, which FTS5 keeps whole and unstemmed, for every character there is', { timeout: 120_000 }, () => {
    const columns = everyCharacter()
      .map(unspacedColumn)
      .filter((column) => column !== '');
    expect(columns.length).toBeGreaterThan(1_500);
    const found = fts5Terms(columns, PORTER);
    expect(columns.filter((column, i) => column !== found[i]?.join(' '))).toEqual([]);
  });

  it('survive FTS5 in any text', () => {
    const alphabet = [...'黒猫がカー々〇ガสวัสดีភាសាខ្មែរພາສາမြန်မာ'.normalize('NFD'), ' ', 'a', '。', '𠮷'];
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...alphabet), { maxLength: 300 }), (chars) => {
        const column = unspacedColumn(chars.join(''));
        expect(fts5Terms([column], PORTER)).toEqual([split(column)]);
      }),
    );
  });

  it.each([
    ['猫', ['猫'], '猫'],
    ['黒猫が', ['黒猫', '猫が'], '黒猫 猫が が'],
    ['猫。犬', ['猫', '犬'], '猫 犬'],
    ['ｶﾞｷﾞ', ['ガギ'], 'ガギ ギ'],
    ['か\u3099き', ['がき'], 'がき き'],
    ['㍿', ['株式', '式会', '会社'], '株式 式会 会社 社'],
    ['한국어 don\u02bct', [], ''],
  ])('splits %j', (text, terms, column) => {
    expect(unspacedTerms(text)).toEqual(terms);
    expect(unspacedColumn(text)).toBe(column);
  });

  it('are found by one character anywhere in a run, through the prefix', () => {
    const texts = ['猫が好き', '黒猫', '白い猫', '犬', '猫'];
    const [prefix] = parseLexicalQuery('猫').prefixes;
    expect(fts5Hits(texts.map(unspacedColumn), `"${prefix}" *`)).toEqual([0, 1, 2, 4]);
    const thai = ['กิน', 'หมา', 'มา'];
    expect(fts5Hits(thai.map(unspacedColumn), `"${parseLexicalQuery('ม').prefixes[0]}" *`)).toEqual([1, 2]);
  });
});

describe('analyze', () => {
  it('numbers stems from 1 and unspaced terms beyond a gap', () => {
    expect(analyze('Running cats 黒猫')).toEqual([
      { term: 'run', position: 1 },
      { term: 'cat', position: 2 },
      { term: '黒猫', position: 4 },
      { term: '猫', position: 5 },
    ]);
    expect(analyze('猫')).toEqual([{ term: '猫', position: 1 }]);
    expect(analyze('')).toEqual([]);
  });
});

describe('parseLexicalQuery', () => {
  const terms = (text: string) => parseLexicalQuery(text).terms;

  it('drops stop words but never everything', () => {
    expect(parseLexicalQuery("What didn't Caroline do with the agencies?")).toEqual({
      terms: ['caroline', 'agencies'],
      stems: ['carolin', 'agenc'],
      phrases: [],
      unspaced: [],
      prefixes: [],
    });
    expect(terms('To be or not to be')).toEqual(['to', 'be', 'or', 'not']);
  });

  it('keeps one word of each stem', () => {
    expect(parseLexicalQuery('Running runs RUN café cafe')).toMatchObject({
      terms: ['running', 'café'.normalize('NFD').replace(/\p{M}/u, '')],
      stems: ['run', 'cafe'],
    });
  });

  it.each([
    ['what may happen', ['happen']],
    ['May I ask', ['ask']],
    ['It rained. May we leave?', ['rained', 'leave']],
    ['what happened on May 8, 2023', ['happened', 'may', '8', '2023']],
    ['may 8', ['may', '8']],
    ['the 8th of may', ['8th', 'may']],
    ['what happened in may', ['happened', 'may']],
    ['is it true that May called', ['true', 'may', 'called']],
    ['WHAT MAY HAPPEN', ['happen']],
    ['what did Will say', ['will', 'say']],
    ['what will happen', ['happen']],
  ])('tells names from verbs in %j', (text, expected) => {
    expect(terms(text)).toEqual(expected);
  });

  it('reads quoted phrases with their stop words, and ignores an unpaired quote', () => {
    expect(parseLexicalQuery('say "to be or" “Red Car” "one" "open end').phrases).toEqual([
      ['to', 'be', 'or'],
      ['red', 'car'],
    ]);
  });

  it('keeps the most telling words of a long query, in order', () => {
    const short = Array.from({ length: 40 }, (_, i) => `${String.fromCharCode(97 + (i % 26))}${i < 26 ? 'b' : 'c'}`);
    const kept = terms(`zebra42 ${short.join(' ')} photosynthesis`);
    expect(kept).toHaveLength(MAX_QUERY_TERMS);
    expect(kept[0]).toBe('zebra42');
    expect(kept.at(-1)).toBe('photosynthesis');
    const han = Array.from({ length: 100 }, (_, i) => String.fromCodePoint(0x4e00 + i)).join('');
    expect(parseLexicalQuery(han).unspaced).toHaveLength(MAX_QUERY_UNSPACED);
  });

  it.each([
    ['', []],
    ['🧠 👩‍👧 🎉', []],
    ['\0\ud800 \udc00', []],
    ['a AND (b* OR NOT ^c:', ['b', 'c']],
    ['NEAR("x y"', ['near', 'x']],
  ])('accepts %j', (text, expected) => {
    expect(terms(text)).toEqual(expected);
  });

  it('gives for any text terms that are plain words of an FTS5 query', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const query = parseLexicalQuery(text);
        const parts = [...query.terms, ...query.unspaced];
        for (const part of parts) expect(part).toMatch(/^[\p{L}\p{N}\p{Co}]+$/u);
        expect(query.stems).toEqual(query.terms.map(porterStem));
        expect(query.unspaced).toEqual(expect.arrayContaining([...query.prefixes]));
        if (parts.length > 0) {
          const match = parts.map((part) => `"${part}"`).join(' AND ');
          expect(fts5Hits([`${wordColumn(text)} ${unspacedColumn(text)}`], match)).toEqual([0]);
        }
      }),
      { numRuns: 300 },
    );
  });

  it.each([
    ['letters', 'a'.repeat(100_000)],
    ['verbs', 'may '.repeat(25_000)],
    ['quotes', '"'.repeat(100_000)],
    ['marks', `a${'\u0316\u0300'.repeat(50_000)}`],
    ['spaces', `${' '.repeat(100_000)}may`],
    ['surrogates', '\ud83d'.repeat(100_000)],
    ['characters', '猫'.repeat(100_000)],
  ])('stays linear on 100 KB of %s', (_name, text) => {
    const start = performance.now();
    parseLexicalQuery(text);
    expect(performance.now() - start).toBeLessThan(1_000);
  });
});

describe('termCoverage', () => {
  it.each([
    ['adoption agencies', 'She called an agency about adopting.', 1],
    ['adoption agencies', 'The AGENCY called', 0.5],
    ['adoption agencies', 'nothing here', 0],
    ['黒猫 milk', '白い黒猫', 0.5],
    ['猫', '黒猫が', 1],
    ['猫', '黒猫', 1],
    ['猫', '犬', 0],
    ['', 'text', 0],
    ['🎉', '🎉', 0],
  ])('of %j in %j is %d', (query, text, expected) => {
    expect(termCoverage(parseLexicalQuery(query), text)).toBe(expected);
  });

  it('is 1 for the text itself and 0 for the empty text', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const query = parseLexicalQuery(text);
        const empty = query.terms.length + query.unspaced.length === 0;
        expect(termCoverage(query, text)).toBe(empty ? 0 : 1);
        expect(termCoverage(query, '')).toBe(0);
      }),
    );
  });
});

describe('dayWords', () => {
  it.each([
    ['2023-05-08 13:56:00', 'monday 8 may 2023 8th may 8 2023-05-08 5'],
    ['2024-02-29 00:00:00', 'thursday 29 february 2024 29th february 29 2024-02-29 2 feb'],
    ['1969-12-01 00:00:00', 'monday 1 december 1969 1st december 1 1969-12-01 12 dec'],
    ['2023-11-12', 'sunday 12 november 2023 12th november 12 2023-11-12 11 nov'],
    ['2023-11-22 00:00:00', 'wednesday 22 november 2023 22nd november 22 2023-11-22 11 nov'],
    ['2023-13-01 00:00:00', ''],
    ['yesterday', ''],
  ])('of %s', (time, expected) => {
    expect(dayWords(time)).toBe(expected);
  });

  it.each(['what happened on May 8, 2023', 'the 8th of May', '2023-05-08', 'on Monday', 'in May 2023', '8/5/2023'])(
    'are all the date words of %j',
    (query) => {
      const dateWords = parseLexicalQuery(query.replace('happened', ''));
      expect(termCoverage(dateWords, dayWords('2023-05-08 10:00:00'))).toBe(1);
    },
  );

  it.each(['May 8 2023', '8 May 2023', '2023-05-08'])('hold %j as a phrase', (phrase) => {
    expect(fts5Hits([dayWords('2023-05-08 10:00:00')], `"${phrase}"`)).toEqual([0]);
  });
});
