// Finds names that are known already, however they are written.
import { foldName } from './keys.ts';
import type { Span } from './types.ts';

const WORD = /[\p{L}\p{N}@][\p{L}\p{M}\p{N}_@./+#'’-]*/gu;
const MOST_WORDS = 5;
const READ_WORDS = 4_000;

/**
 * The longest known name at each place.
 * @param keys folded names
 */
export function knownIn(text: string, keys: ReadonlySet<string>): (Span & { key: string })[] {
  if (keys.size === 0) return [];
  const words: Span[] = [];
  for (const { 0: word, index } of text.matchAll(WORD)) {
    if (words.length === READ_WORDS) break;
    const end = index + word.replace(/(?:['’]s)?[.'’/-]*$/u, '').length;
    if (end > index) words.push({ start: index, end });
  }
  const found: (Span & { key: string })[] = [];
  for (let at = 0; at < words.length; at++) {
    for (let length = Math.min(MOST_WORDS, words.length - at); length > 0; length--) {
      const [start, end] = [words[at]!.start, words[at + length - 1]!.end];
      const key = foldName(text.slice(start, end));
      if (!keys.has(key)) continue;
      found.push({ key, start, end });
      at += length - 1;
      break;
    }
  }
  return found;
}
