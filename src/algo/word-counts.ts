// What a small inverted index keeps of a text, and how its hits are ranked.
import { porterStem } from './porter.ts';
import { clipCodePoints, type LexicalQuery, unspacedColumn, words } from './text.ts';

/** Longer words are compared by their beginning: index rows of Postgres hold less than 2,704 bytes. */
const MAX_WORD_BYTES = 256;
/** Okapi BM25: how soon repeating a word stops helping, and how much long texts are held back. */
export const K1 = 1.2;
export const B = 0.75;

const clip = (word: string): string => clipCodePoints(word, MAX_WORD_BYTES);

/**
 * Stems; of scripts without spaces pairs of characters, and every character so that a single one can be asked for.
 * @returns how often each occurs, and how many words and pairs the text has
 */
export function wordCounts(text: string): { counts: Map<string, number>; length: number } {
  const counts = new Map<string, number>();
  const add = (word: string) => counts.set(word, (counts.get(word) ?? 0) + 1);
  const spoken = words(text);
  for (const word of spoken) add(clip(porterStem(word)));
  const unspaced = unspacedColumn(text);
  const pairs = unspaced === '' ? [] : unspaced.split(' ');
  for (const pair of pairs) {
    add(pair);
    const first = String.fromCodePoint(pair.codePointAt(0)!);
    if (first !== pair) add(first);
  }
  return { counts, length: spoken.length + pairs.length };
}

/** The entries of `wordCounts` that a query asks for. */
export const wantedWords = ({ stems, unspaced }: LexicalQuery): string[] => [
  ...new Set([...stems.map(clip), ...unspaced]),
];

/**
 * What having a word is worth, Robertson's idf kept above 0.
 * @param total texts there are
 * @param holding those that have the word
 */
export const wordWeight = (total: number, holding: number): number =>
  Math.log(1 + (Math.max(total, holding) - holding + 0.5) / (holding + 0.5));
