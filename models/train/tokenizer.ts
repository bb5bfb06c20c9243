// Words and word pieces, written so that the standard tokenizer.json below gives the same ids in any library.
// Lower case without accents, split as BERT does, then the longest known piece from the left.

export const PAD = '[PAD]';
export const UNKNOWN = '[UNK]';
/** Longer words are one unknown token: links and keys would otherwise fill a text with their pieces. */
export const MAX_WORD = 48;

const PUNCTUATION = '\\p{P}\\u0021-\\u002F\\u003A-\\u0040\\u005B-\\u0060\\u007B-\\u007E';
const WORDS = new RegExp(`[^\\s${PUNCTUATION}]+|[${PUNCTUATION}]`, 'gu');
// biome-ignore lint/suspicious/noControlCharactersInRegex: this is what ASCII is
const ASCII = /^[\x00-\x7f]*$/;
/** The ranges BERT puts spaces around, as far as they are one UTF-16 unit (the library looks at units). */
const HAN = /[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]/g;

/** The words of a text as the vocabulary counts them. */
export function words(text: string): string[] {
  let plain = ASCII.test(text) ? text : text.replace(HAN, ' $& ');
  plain = plain.toLowerCase();
  if (!ASCII.test(plain)) plain = plain.normalize('NFD').replace(/\p{Mn}/gu, '');
  return plain.match(WORDS) ?? [];
}

export interface Pieces {
  readonly vocabulary: readonly string[];
  /** Ids of one word as `words` gives it. */
  word(word: string): number[];
  encode(text: string): number[];
}

export function openPieces(vocabulary: readonly string[]): Pieces {
  const ids = new Map(vocabulary.map((piece, id) => [piece, id]));
  const unknown = ids.get(UNKNOWN)!;
  const word = (whole: string): number[] => {
    const known = ids.get(whole);
    const letters = [...whole];
    if (letters.length > MAX_WORD) return [unknown];
    if (known !== undefined) return [known];
    const found: number[] = [];
    for (let start = 0; start < letters.length; ) {
      let end = letters.length;
      let id: number | undefined;
      for (; end > start; end--) {
        id = ids.get((start > 0 ? '##' : '') + letters.slice(start, end).join(''));
        if (id !== undefined) break;
      }
      if (id === undefined) return [unknown];
      found.push(id);
      start = end;
    }
    return found;
  };
  return { vocabulary, word, encode: (text) => words(text).flatMap(word) };
}

/** The same as a Hugging Face tokenizer.json. No added tokens: "[PAD]" in somebody's text is three ordinary words. */
export function tokenizerJson(vocabulary: readonly string[]): object {
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: [],
    normalizer: {
      type: 'BertNormalizer',
      clean_text: false,
      handle_chinese_chars: true,
      strip_accents: true,
      lowercase: true,
    },
    pre_tokenizer: { type: 'BertPreTokenizer' },
    post_processor: null,
    decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
    model: {
      type: 'WordPiece',
      unk_token: UNKNOWN,
      continuing_subword_prefix: '##',
      max_input_chars_per_word: MAX_WORD,
      vocab: Object.fromEntries(vocabulary.map((piece, id) => [piece, id])),
    },
  };
}
