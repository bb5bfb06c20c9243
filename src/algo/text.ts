// Text as the lexical index sees it: words, stems, terms of scripts without spaces, parsed queries, and byte lengths.
// Invariant: for `wordColumn(text)` SQLite FTS5's `porter unicode61 remove_diacritics 2` makes exactly our stems.
import { DAY_MS } from './durations.ts';
import { porterStem } from './porter.ts';
import { clipCodePoints } from './utf8.ts';

export { byteLength, clipCodePoints, textProblem } from './utf8.ts';

/** FTS5 cuts longer tokens (FTS5_MAX_TOKEN_SIZE, bytes). */
export const MAX_WORD_BYTES = 32_768;
export const MAX_QUERY_TERMS = 32;
export const MAX_QUERY_UNSPACED = 64;
export const MAX_QUERY_PHRASES = 8;

/**
 * English function words, and the pieces that contractions fall into ("don't" is indexed as "don" and "t").
 * "may" and "will" are here too; a query keeps them where they look like the month or the name.
 */
export const STOP_WORDS: ReadonlySet<string> = new Set(
  `a about above after again against ain all also am an and any are aren as at be because been before being below
  between both but by can cannot could couldn d did didn do does doesn doing don down during each either else ever few
  for from further had hadn has hasn have haven having he her here hers herself him himself his how however i if in into
  is isn it its itself just let ll m ma may me might mightn more most must mustn my myself needn neither no nor not now
  o of off on once only onto or other our ours ourselves out over own quite rather re s same shall shan she should
  shouldn since so some such t than that the their theirs them themselves then there these they this those though
  through to too under until unto up upon us ve very was wasn we were weren what whatever when where whether which while
  who whom whose why will with within without won would wouldn y yet you your yours yourself yourselves`.split(/\s+/),
);

const NON_ASCII = /\P{ASCII}/u;
/**
 * Letters, marks and digits of scripts that put no spaces between words. Hangul does. The lower bound leaves out an
 * apostrophe (U+02BC) that Thai shares with Latin.
 */
const UNSPACED_CLASS = String.raw`[[\p{scx=Hani}\p{scx=Hira}\p{scx=Kana}\p{scx=Thai}\p{scx=Laoo}\p{scx=Khmr}\p{scx=Mymr}]&&[\p{L}\p{M}\p{N}]&&[\u0e00-\u{10ffff}]]`;
const UNSPACED_RUN = new RegExp(`${UNSPACED_CLASS}+`, 'gv');
/** Also finds squared words such as U+3314, which only become kana once spelled out. */
const MAY_BE_UNSPACED = new RegExp(`[${UNSPACED_CLASS}\\u3200-\\u33ff]`, 'v');
/** unicode61's L*, N* and Co, less the few letters that its Unicode 6.1 table still calls marks. */
const WORD = /[[\p{L}\p{N}\p{Co}]--[\u19b0-\u19c0\u19c8-\u19c9\u1cf2-\u1cf3]]+/gv;
/** Squared, full-width and half-width forms: the same words in other clothes, common next to Han and kana. */
const COMPATIBILITY_FORM = /[\u3200-\u33ff\uff01-\uffee]+/g;
/** Piling up marks would make normalisation quadratic; no orthography needs more. */
const MARK_PILE = /(\p{M}{8})\p{M}+/gu;
const LATIN_WITH_MARKS = /([a-z])\p{Mn}+/gu;
/** Letters whose lower case FTS5 folds further (Unicode case folding). */
const FURTHER_FOLDED: Readonly<Record<string, string>> = {
  µ: 'μ',
  ſ: 's',
  ẛ: 's',
  ς: 'σ',
  ϐ: 'β',
  ϑ: 'θ',
  ϕ: 'φ',
  ϖ: 'π',
  ϰ: 'κ',
  ϱ: 'ρ',
  ϵ: 'ε',
};
const TO_FOLD_FURTHER = /[µſẛςϐϑϕϖϰϱϵ]/g;
const MARK = /\p{M}/gu;
/** Marks that writers leave out at will: accents, vocalisation, variation selectors. */
const OPTIONAL_MARK =
  /[\p{sc=Zinh}\p{sc=Latn}\p{sc=Grek}\p{sc=Cyrl}\p{sc=Copt}\p{sc=Arab}\p{sc=Hebr}\p{sc=Syrc}]|[\u{10000}-\u{10ffff}]/u;
/** Where a mark that matters moves to: FTS5 splits words at marks but keeps private-use characters. */
const PRIVATE_PLANE = 0xf0000;

function foldText(text: string): string {
  return text
    .replace(COMPATIBILITY_FORM, (run) => run.normalize('NFKC'))
    .replace(MARK_PILE, '$1')
    .toLowerCase()
    .normalize('NFD')
    .replace(LATIN_WITH_MARKS, '$1')
    .normalize('NFC')
    .replace(TO_FOLD_FURTHER, (letter) => FURTHER_FOLDED[letter] ?? letter);
}

const moveMarks = (text: string): string =>
  text.replace(MARK, (mark) =>
    OPTIONAL_MARK.test(mark) ? '' : String.fromCodePoint(PRIVATE_PLANE + (mark.codePointAt(0) ?? 0)),
  );

/** Lower case without diacritics, as FTS5 `unicode61 remove_diacritics 2`: Latin loses its accents, Cyrillic keeps й. */
export function foldWord(word: string): string {
  return NON_ASCII.test(word) ? moveMarks(foldText(word)) : word.toLowerCase();
}

/** Words in order, folded; scripts without spaces are left to `unspacedTerms`. */
export function words(text: string): string[] {
  const found = NON_ASCII.test(text)
    ? moveMarks(foldText(text).replace(UNSPACED_RUN, ' ')).match(WORD)
    : text.toLowerCase().match(/[a-z0-9]+/g);
  if (!found) return [];
  return text.length * 4 > MAX_WORD_BYTES ? found.map((word) => clipCodePoints(word, MAX_WORD_BYTES)) : found;
}

/** What to put into the FTS5 column for words, so that it finds there what `words` finds in the text. */
export function wordColumn(text: string): string {
  return NON_ASCII.test(text) ? words(text).join(' ') : text;
}

function unspacedRuns(text: string): string[][] {
  if (!MAY_BE_UNSPACED.test(text)) return [];
  return (foldText(text).match(UNSPACED_RUN) ?? []).map((run) => Array.from(moveMarks(run)));
}

const pairs = (run: readonly string[]): string[] =>
  run.length === 1 ? [...run] : run.slice(1).map((char, i) => `${run[i]}${char}`);

/** Overlapping pairs of characters of each run without spaces; a run of one character gives that character. */
export function unspacedTerms(text: string): string[] {
  return unspacedRuns(text).flatMap(pairs);
}

/** The pairs and, so that a prefix search for one character finds it everywhere, each run's last character. */
function unspacedIndexTerms(text: string): string[] {
  return unspacedRuns(text).flatMap((run) => (run.length === 1 ? run : [...pairs(run), ...run.slice(-1)]));
}

/** What to put into the FTS5 column for scripts without spaces. */
export function unspacedColumn(text: string): string {
  return unspacedIndexTerms(text).join(' ');
}

/** What the index sees: stems with 1-based positions; then, past a gap that no phrase crosses, the unspaced terms. */
export function analyze(text: string): { term: string; position: number }[] {
  const stems = words(text).map((word, i) => ({ term: porterStem(word), position: i + 1 }));
  const start = stems.length === 0 ? 1 : stems.length + 2;
  return [...stems, ...unspacedIndexTerms(text).map((term, i) => ({ term, position: start + i }))];
}

/** A query that any index can run: match any of the parts, rank by how many and how rare. */
export interface LexicalQuery {
  /** Folded words, no two with the same stem. */
  terms: readonly string[];
  /** Parallel to `terms`. */
  stems: readonly string[];
  /** Quoted runs of two or more folded words, stop words included. */
  phrases: readonly (readonly string[])[];
  unspaced: readonly string[];
  /** Those of `unspaced` that are single characters and match as a prefix of the indexed term. */
  prefixes: readonly string[];
}

const NO_NAMES: ReadonlySet<string> = new Set();
const NAME_OR_VERB = /\b(?:may|will)\b/giu;
const NUMBER_BEFORE = /\d(?:st|nd|rd|th)?[\s,./-]*(?:of\s)?$/i;
const NUMBER_AFTER = /^[\s,.'’/-]*\d/;
const MONTH_PREPOSITION = /\b(?:in|of|since|during|last|until|till|before|after|early|mid|late)[\s-]$/i;
const SENTENCE_START = /(?:^|[.?!:;\n])[\s"'“(¿¡]*$/;

/** Which of "may" and "will" the text uses as a month or a name. Looks at a few characters around each, so is linear. */
function namesAmongVerbs(text: string): Set<string> {
  const names = new Set<string>();
  for (const match of text.matchAll(NAME_OR_VERB)) {
    const word = match[0].toLowerCase();
    if (names.has(word)) continue;
    const before = text.slice(Math.max(0, match.index - 12), match.index);
    const after = text.slice(match.index + match[0].length, match.index + match[0].length + 6);
    const capitalised = match[0] !== word && match[0] !== match[0].toUpperCase() && !SENTENCE_START.test(before);
    const dated = NUMBER_BEFORE.test(before) || NUMBER_AFTER.test(after) || MONTH_PREPOSITION.test(before);
    if (capitalised || (word === 'may' && dated)) names.add(word);
  }
  return names;
}

/** Long words and words with digits tell memories apart best; very long ones are rarely words. */
const rarity = (word: string): number => Math.min(word.length, 24) + (/\d/.test(word) ? 4 : 0);

function strongest(terms: readonly (readonly [stem: string, word: string])[]): (readonly [string, string])[] {
  if (terms.length <= MAX_QUERY_TERMS) return [...terms];
  const ranked = terms.map((term, at) => ({ term, at, weight: rarity(term[1]) }));
  ranked.sort((a, b) => b.weight - a.weight || a.at - b.at);
  const kept = ranked.slice(0, MAX_QUERY_TERMS).sort((a, b) => a.at - b.at);
  return kept.map(({ term }) => term);
}

function quotedPhrases(text: string): string[][] {
  const pieces = text.split(/["“”„‟«»＂]/);
  const phrases: string[][] = [];
  for (let i = 1; i + 1 < pieces.length && phrases.length < MAX_QUERY_PHRASES; i += 2) {
    const phrase = words(pieces[i] ?? '').slice(0, MAX_QUERY_TERMS);
    if (phrase.length > 1) phrases.push(phrase);
  }
  return phrases;
}

/** Takes any text: query operators are ordinary characters and words here. */
export function parseLexicalQuery(text: string): LexicalQuery {
  const all = words(text);
  const names = all.includes('may') || all.includes('will') ? namesAmongVerbs(text) : NO_NAMES;
  const telling = all.filter((word) => !STOP_WORDS.has(word) || names.has(word));
  const byStem = new Map<string, string>();
  for (const word of telling.length > 0 ? telling : all) {
    const stem = porterStem(word);
    if (!byStem.has(stem)) byStem.set(stem, word);
  }
  const terms = strongest([...byStem]);
  const unspaced = [...new Set(unspacedTerms(text))].slice(0, MAX_QUERY_UNSPACED);
  return {
    terms: terms.map(([, word]) => word),
    stems: terms.map(([stem]) => stem),
    phrases: /["“”„‟«»＂]/.test(text) ? quotedPhrases(text) : [],
    unspaced,
    prefixes: unspaced.filter((term) => Array.from(term).length === 1),
  };
}

/** Share (0..1) of the query's stems and unspaced terms that the text contains. */
export function termCoverage(query: LexicalQuery, text: string): number {
  const wanted = new Set(query.stems);
  const total = wanted.size + query.unspaced.length;
  if (total === 0) return 0;
  // Stemming keeps the first letter: most words of the text need no stemming to be ruled out.
  const initials = new Set(query.stems.map((stem) => stem.charCodeAt(0)));
  let found = 0;
  for (const word of wanted.size > 0 ? words(text) : []) {
    if (!initials.has(word.charCodeAt(0)) || !wanted.delete(porterStem(word))) continue;
    found++;
    if (wanted.size === 0) break;
  }
  if (query.unspaced.length > 0) {
    const present = unspacedIndexTerms(text);
    const exact = new Set(present);
    const prefixes = new Set(query.prefixes);
    for (const term of query.unspaced)
      if (exact.has(term) || (prefixes.has(term) && present.some((other) => other.startsWith(term)))) found++;
  }
  return found / total;
}

export const MONTHS = [
  'january',
  'february',
  'march',
  'april',
  'may',
  'june',
  'july',
  'august',
  'september',
  'october',
  'november',
  'december',
];
export const WEEKDAYS = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];

/**
 * Words for the day of a time, so that dates in a question match as ordinary words: names, the ordinal, and numbers
 * with and without leading zero. "8 May 2023", "May 8, 2023" and "2023-05-08" also match as phrases.
 * @param time `YYYY-MM-DD HH:MM:SS`
 */
export function dayWords(time: string): string {
  const match = /^(\d{4})-(\d{2})-(\d{2})(?!\d)/.exec(time);
  if (!match) return '';
  const [iso, year] = match;
  const month = Number(match[2]);
  const day = Number(match[3]);
  const name = MONTHS[month - 1];
  if (name === undefined || day < 1 || day > 31) return '';
  const weekday = WEEKDAYS[((Math.floor(Date.UTC(Number(year), month - 1, day) / DAY_MS) % 7) + 11) % 7];
  const ending = day > 10 && day < 14 ? 'th' : (['th', 'st', 'nd', 'rd'][day % 10] ?? 'th');
  const short = name.length > 3 ? ` ${name.slice(0, 3)}` : '';
  return `${weekday} ${day} ${name} ${year} ${day}${ending} ${name} ${day} ${iso} ${month}${short}`;
}
