// Counts tokens with OpenAI's cl100k_base vocabulary: real counts for many models, a close estimate for the rest.
import type { TokenCounter } from '../core/ports.ts';

/** Byte-pair merging takes quadratic time in the length of a word, so words longer than this are counted in pieces. */
const LONGEST_WORD = 128;
const LONG_WORD = new RegExp(`[^\\s]{${LONGEST_WORD}}(?=[^\\s])|\\s{${LONGEST_WORD}}(?=\\s)`, 'gu');
/** Merging greedily, a word can take a token more than its pieces do; counts are limits, so they err upwards. */
const SEAM = 1;
/** Text such as `<|endoftext|>` in a memory is text. */
const AS_TEXT = { disallowedSpecial: new Set<string>() };

const pieces = (text: string): string[] => text.replace(LONG_WORD, '$&\0').split('\0');

/** Loading the vocabulary takes some 200 ms and 60 MB, so it waits for the first use. */
export async function loadTokenCounter(): Promise<TokenCounter> {
  // Not `decode`: it keeps the bytes of a character cut in two and puts them into whatever is decoded next.
  const { countTokens, isWithinTokenLimit } = await import('gpt-tokenizer/encoding/cl100k_base');

  /** Longest beginning of at most `max` tokens, found by halving; looks no further into the text than it must. */
  function beginning(text: string, max: number): string {
    const fits = (length: number) => isWithinTokenLimit(wholeCharacters(text, length), max, AS_TEXT) !== false;
    let enough = 0;
    let tooMuch = Math.max(1, max);
    while (tooMuch < text.length && fits(tooMuch)) {
      enough = tooMuch;
      tooMuch *= 2;
    }
    tooMuch = Math.min(tooMuch, text.length);
    while (tooMuch - enough > 1) {
      const middle = Math.floor((enough + tooMuch) / 2);
      if (fits(middle)) enough = middle;
      else tooMuch = middle;
    }
    // Part of a word can take more tokens than all of it, and so seem to end what fits.
    for (let end = wordEnd(text, enough); end > enough && fits(end); end = wordEnd(text, enough)) enough = end;
    return wholeCharacters(text, enough);
  }

  return {
    count: (text) => pieces(text).reduce((sum, piece, i) => sum + countTokens(piece, AS_TEXT) + (i > 0 ? SEAM : 0), 0),
    truncate(text, max) {
      let left = max;
      let kept = '';
      for (const [i, piece] of pieces(text).entries()) {
        if (i > 0) left -= SEAM;
        const tokens = left < 0 ? false : isWithinTokenLimit(piece, left, AS_TEXT);
        if (tokens === false) return kept + beginning(piece, Math.max(0, left));
        kept += piece;
        left -= tokens;
      }
      return kept;
    },
  };
}

function wordEnd(text: string, from: number): number {
  const word = /\s*\S+/y;
  word.lastIndex = from;
  return word.test(text) ? word.lastIndex : from;
}

/** The first `length` UTF-16 units, one less where that would cut a surrogate pair. */
const wholeCharacters = (text: string, length: number): string => {
  const last = text.charCodeAt(length - 1);
  return text.slice(0, length < text.length && last >= 0xd800 && last < 0xdc00 ? length - 1 : length);
};
