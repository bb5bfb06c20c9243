// Tokenizers as models bring them, in the form of tokenizer.json, over words that a test chooses.

const special = (content: string, id: number) => ({
  id,
  content,
  single_word: false,
  lstrip: false,
  rstrip: false,
  normalized: false,
  special: true,
});

/** @param between put between the two texts of a pair; @param second token type of the text behind it */
const template = (ids: Record<string, number>, between: readonly string[], second: 0 | 1) => {
  const [first, last] = Object.keys(ids) as [string, string];
  const token = (id: string, type_id = 0) => ({ SpecialToken: { id, type_id } });
  const part = (id: string, type_id = 0) => ({ Sequence: { id, type_id } });
  return {
    type: 'TemplateProcessing',
    single: [token(first), part('A'), token(last)],
    pair: [token(first), part('A'), ...between.map((id) => token(id)), part('B', second), token(last, second)],
    special_tokens: Object.fromEntries(Object.entries(ids).map(([id, n]) => [id, { id, ids: [n], tokens: [id] }])),
  };
};

/** SentencePiece Unigram as XLM-RoBERTa (bge-m3) has it: `<s> text </s>`, `<s> a </s></s> b </s>`, pad id 1; word n of `words` is id 4 + n. */
export function unigramTokenizer(words: readonly string[]): object {
  const specials = ['<s>', '<pad>', '</s>', '<unk>'];
  return {
    version: '1.0',
    truncation: null,
    padding: { strategy: 'BatchLongest', direction: 'Right', pad_id: 1, pad_type_id: 0, pad_token: '<pad>' },
    added_tokens: specials.map(special),
    normalizer: { type: 'NFKC' },
    pre_tokenizer: {
      type: 'Sequence',
      pretokenizers: [{ type: 'WhitespaceSplit' }, { type: 'Metaspace', replacement: '▁', prepend_scheme: 'always' }],
    },
    post_processor: template({ '<s>': 0, '</s>': 2 }, ['</s>', '</s>'], 0),
    decoder: { type: 'Metaspace', replacement: '▁', prepend_scheme: 'always' },
    model: {
      type: 'Unigram',
      unk_id: 3,
      vocab: [...specials.map((token) => [token, 0]), ...words.map((word) => [`▁${word}`, -2])],
    },
  };
}

/** WordPiece as BERT has it: `[CLS] text [SEP]`, `[CLS] a [SEP] b [SEP]` with token types, lower case; piece n of `pieces` is id 4 + n. */
export function wordPieceTokenizer(pieces: readonly string[]): object {
  const specials = ['[PAD]', '[UNK]', '[CLS]', '[SEP]'];
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: specials.map(special),
    normalizer: {
      type: 'BertNormalizer',
      clean_text: true,
      handle_chinese_chars: true,
      strip_accents: true,
      lowercase: true,
    },
    pre_tokenizer: { type: 'BertPreTokenizer' },
    post_processor: template({ '[CLS]': 2, '[SEP]': 3 }, ['[SEP]'], 1),
    decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
    model: {
      type: 'WordPiece',
      unk_token: '[UNK]',
      continuing_subword_prefix: '##',
      max_input_chars_per_word: 100,
      vocab: Object.fromEntries([...specials, ...pieces].map((piece, id) => [piece, id])),
    },
  };
}

/** Byte-level BPE as ModernBERT has it: case kept, a word after a space is `Ġword`; word n of `words` is id 2n, `Ġword` 2n + 1, then the special tokens. */
export function byteLevelTokenizer(words: readonly string[]): object {
  const specials = ['[UNK]', '[CLS]', '[SEP]', '[PAD]'];
  const vocab = [...words.flatMap((word) => [word, `Ġ${word}`]), ...specials];
  const idOf = (token: string) => vocab.indexOf(token);
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: specials.map((token) => special(token, idOf(token))),
    normalizer: { type: 'NFC' },
    pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
    post_processor: template({ '[CLS]': idOf('[CLS]'), '[SEP]': idOf('[SEP]') }, ['[SEP]'], 1),
    decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: {
      type: 'BPE',
      unk_token: '[UNK]',
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: true,
      vocab: Object.fromEntries(vocab.map((token, id) => [token, id])),
      merges: [],
    },
  };
}
