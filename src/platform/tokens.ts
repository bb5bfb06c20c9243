// Counts tokens with OpenAI's cl100k_base vocabulary: real counts for many models, a close estimate for the rest.
import type { TokenCounter } from '../core/ports.ts';

/** Byte-pair merging takes quadratic time in the length of a word, so words longer than this are counted in pieces. */
const LONGEST_WORD = 128;
const LONG_WORD = new RegExp(`[^\\s]{${LONGEST_WORD}}(?=[^\\s])|\\s{${LONGEST_WORD}}(?=\\s)`, 'gu');
/** Text such as `<|endoftext|>` in a memory is text. */
const AS_TEXT = { disallowedSpecial: new Set<string>() };

const pieces = (text: string): string[] => text.replace(LONG_WORD, '$&\0').split('\0');

/** Loading the vocabulary takes some 200 ms and 60 MB, so it waits for the first use. */
export async function loadTokenCounter(): Promise<TokenCounter> {
  const { countTokens, decode, encode } = await import('gpt-tokenizer/encoding/cl100k_base');
  return {
    count: (text) => pieces(text).reduce((sum, piece) => sum + countTokens(piece, AS_TEXT), 0),
    truncate(text, max) {
      let left = max;
      let kept = '';
      for (const piece of pieces(text)) {
        const tokens = encode(piece, AS_TEXT);
        if (tokens.length > left) {
          // A token may hold part of a character; what does not decode cleanly is left out.
          return kept + decode(tokens.slice(0, left)).replace(/\uFFFD+$/u, '');
        }
        kept += piece;
        left -= tokens.length;
      }
      return kept;
    },
  };
}
