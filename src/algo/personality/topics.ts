// What topics are compared and found by: the stems of their telling words.
import { porterStem } from '../porter.ts';
import { STOP_WORDS, unspacedTerms, words } from '../text.ts';
import { clipCodePoints } from '../utf8.ts';

/** Longer words are compared by their beginning: index rows of Postgres hold less than 2,704 bytes. */
const MAX_WORD_BYTES = 128;

/** Different stems without function words, in order; of scripts without spaces pairs of characters. */
export function stemsOf(text: string): string[] {
  const spoken = words(text).flatMap((word) => (STOP_WORDS.has(word) ? [] : [porterStem(word)]));
  return [...new Set([...spoken, ...unspacedTerms(text)])].map((stem) => clipCodePoints(stem, MAX_WORD_BYTES));
}

/** The first word of a name, folded: Ann and "Ann Lee" are looked up as one. */
export const subjectKey = (subject: string): string => clipCodePoints(words(subject)[0] ?? '', MAX_WORD_BYTES);

export function jaccard(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  let shared = 0;
  for (const item of a) if (b.has(item)) shared++;
  const all = a.size + b.size - shared;
  return all === 0 ? 0 : shared / all;
}
