// Chooses the vocabulary: single characters so that nothing is lost, frequent words whole, and the endings that
// cover the most of what is left of rarer words after their longest known beginning.
import { MAX_WORD, PAD, UNKNOWN } from './tokenizer.ts';

/** Of the places after the characters: whole words; the others are endings. */
const WORD_SHARE = 0.9;
const LONGEST_ENDING = 10;

export function buildVocabulary(counts: ReadonlyMap<string, number>, size: number): string[] {
  const ranked = [...counts]
    .filter(([word]) => word.length <= MAX_WORD)
    .sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
  const pieces = new Set<string>([PAD, UNKNOWN]);
  for (const letter of letters(ranked, Math.max(64, Math.floor(size / 40)))) pieces.add(letter).add(`##${letter}`);
  const wordsEnd = pieces.size + Math.floor((size - pieces.size) * WORD_SHARE);
  let next = 0;
  for (; next < ranked.length && pieces.size < wordsEnd; next++) {
    const [word] = ranked[next]!;
    // An object's integer keys change their order when a tokenizer.json is parsed; harmless, ids are explicit.
    pieces.add(word);
  }
  const gains = endings(ranked.slice(next), pieces);
  for (const [piece] of gains) {
    if (pieces.size >= size) break;
    pieces.add(piece);
  }
  for (; next < ranked.length && pieces.size < size; next++) pieces.add(ranked[next]![0]);
  return [...pieces];
}

/** The most frequent characters, ASCII letters and digits always among them. */
function letters(ranked: readonly (readonly [string, number])[], most: number): string[] {
  const counts = new Map<string, number>();
  for (const [word, count] of ranked) {
    for (const letter of word) counts.set(letter, (counts.get(letter) ?? 0) + count);
  }
  for (const letter of 'abcdefghijklmnopqrstuvwxyz0123456789') counts.set(letter, Number.MAX_SAFE_INTEGER);
  return [...counts]
    .sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))
    .slice(0, most)
    .map(([letter]) => letter);
}

function endings(rest: readonly (readonly [string, number])[], known: ReadonlySet<string>): [string, number][] {
  const gains = new Map<string, number>();
  // The long tail changes nothing but the time.
  for (const [word, count] of rest.slice(0, 400_000)) {
    let start = word.length - 1;
    while (start > 1 && !known.has(word.slice(0, start))) start--;
    for (let end = start + 2; end <= Math.min(word.length, start + LONGEST_ENDING); end++) {
      const piece = `##${word.slice(start, end)}`;
      gains.set(piece, (gains.get(piece) ?? 0) + count * (end === word.length ? end - start : (end - start) / 2));
    }
  }
  return [...gains].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
}
