// The library's tokenizer, lighter where the vocabulary is large: as an object and then as a Map, 42,000 words take 45 ms
// and 22 MB. Of a WordPiece vocabulary the words stay in the text they were written in and a table says where, which
// takes 18 ms and 9 MB; the search for pieces goes over that table, in half the time.
import { Tokenizer } from '@huggingface/tokenizers';

/**
 * The library's tokenizer, what the file says but for a packed vocabulary, and the largest id of that vocabulary.
 * @param text content of tokenizer.json
 * @param config content of tokenizer_config.json
 * @throws when the file is not JSON or not a tokenizer the library knows
 */
export function openTokenizer(text: string, config: object): { tokenizer: Tokenizer; json: unknown; last_id: number } {
  const found = takeVocabulary(text);
  if (found === null) {
    const json = JSON.parse(text);
    return { json, tokenizer: new Tokenizer(json, config), last_id: lastId(json.model.vocab) };
  }
  const { json, vocabulary, last_id } = found;
  const { unk_token } = json.model;
  const unknown = vocabulary.get(unk_token);
  json.model.vocab = unknown === undefined ? {} : { [unk_token]: unknown };
  const tokenizer = new Tokenizer(json, config);
  const model = tokenizer.model!;
  // What it has by now are added tokens, which win over words of the vocabulary.
  for (const [token, id] of model.tokens_to_ids) if (vocabulary.get(token) !== id) vocabulary.set(token, id);
  model.tokens_to_ids = vocabulary;
  const { continuing_subword_prefix: prefix, max_input_chars_per_word: most = 100 } = json.model;
  // An added token may be a piece too.
  if (vocabulary.size === 0 && prefix !== undefined) {
    model.encode = (words) => {
      const pieces: string[] = [];
      for (const word of words) if (!addPieces(pieces, vocabulary, word, prefix, most)) pieces.push(unk_token);
      return pieces;
    };
  }
  return { json, tokenizer, last_id };
}

/** @param vocab words in the order of their ids, or ids by word */
function lastId(vocab: readonly unknown[] | Readonly<Record<string, number>>): number {
  const ids: readonly number[] = Array.isArray(vocab)
    ? [vocab.length - 1]
    : Object.values(vocab as Record<string, number>);
  // One by one: a quarter of a million arguments are too many for one call of Math.max.
  return ids.reduce((last, id) => Math.max(last, id), 0);
}

interface WordPieceJson {
  model: {
    type: 'WordPiece';
    unk_token: string;
    continuing_subword_prefix?: string;
    max_input_chars_per_word?: number;
    vocab: unknown;
  };
}

/** Stands where the vocabulary stood. */
const TAKEN = 0;

/** @returns null when the file has no such vocabulary, or writes it in an unusual way */
function takeVocabulary(text: string): { json: WordPieceJson; vocabulary: PackedVocabulary; last_id: number } | null {
  // A quotation mark inside a string follows a backslash: this is the name of a field.
  const name = text.indexOf('"vocab"');
  const start = /\s*:\s*\{/y;
  start.lastIndex = name + '"vocab"'.length;
  if (name < 0 || !start.test(text)) return null;
  const packed = pack(text, start.lastIndex);
  if (packed === null) return null;
  const json = JSON.parse(`${text.slice(0, name)}"vocab":${TAKEN}${text.slice(packed.end)}`);
  if (json?.model?.type !== 'WordPiece' || json.model.vocab !== TAKEN) return null;
  return { json, vocabulary: new PackedVocabulary(packed), last_id: packed.last_id };
}

/** Ids by word, for looking up: the Map that this extends holds, counts and lists only what `set` puts in, which wins. */
class PackedVocabulary extends Map<string, number> {
  readonly #packed: Packed;
  /** Of the beginnings of the word that is being looked at. */
  #hashes = new Int32Array(256);

  constructor(packed: Packed) {
    super();
    this.#packed = packed;
  }

  override get(word: string): number | undefined {
    const added = this.size === 0 ? undefined : super.get(word);
    return added ?? find(this.#packed, hashOf(word), '', word, 0, word.length);
  }

  override has(word: string): boolean {
    return this.get(word) !== undefined;
  }

  /**
   * The longest word of the vocabulary that is `prefix` and the next characters of `word`, words added left out.
   * @returns where in `word` it ends; `start` when there is none
   */
  longest(prefix: string, word: string, start: number): number {
    if (word.length > this.#hashes.length) this.#hashes = new Int32Array(word.length * 2);
    const hashes = this.#hashes;
    let hash = hashOf(prefix);
    for (let at = start; at < word.length; at++) hashes[at] = hash = mixed(hash, word.charCodeAt(at));
    // Ends between the halves of a character find nothing: no word of the vocabulary is cut there.
    for (let end = word.length; end > start; end--) {
      if (find(this.#packed, hashes[end - 1]!, prefix, word, start, end) !== undefined) return end;
    }
    return start;
  }
}

/**
 * Adds what the library finds too, which makes a string for every attempt.
 * @param prefix of pieces that do not begin the word
 * @param most characters of a word that is looked at
 * @returns false, with nothing added, when the word is not made of known pieces
 */
function addPieces(
  pieces: string[],
  vocabulary: PackedVocabulary,
  word: string,
  prefix: string,
  most: number,
): boolean {
  if (word.length > most && [...word].length > most) return false;
  const before = pieces.length;
  for (let start = 0; start < word.length; ) {
    const end = vocabulary.longest(start === 0 ? '' : prefix, word, start);
    if (end === start) {
      pieces.length = before;
      return false;
    }
    const part = start === 0 && end === word.length ? word : word.slice(start, end);
    pieces.push(start === 0 ? part : prefix + part);
    start = end;
  }
  return true;
}

// --- words with ids in the text of a JSON object --------------------------------------------------------------------

interface Packed {
  /** The file, and behind it the words that it writes with escapes. */
  text: string;
  /** A hash table with open addressing. Four numbers a slot: hash; place in the text, 0 when free; length; id. */
  table: Int32Array;
  /** Where the file goes on behind the object. */
  end: number;
  last_id: number;
}

const SLOT = 4;
const [QUOTE, BACKSLASH, COMMA, COLON, CLOSE, ZERO] = [0x22, 0x5c, 0x2c, 0x3a, 0x7d, 0x30] as const;

/** FNV-1a over UTF-16 units. */
const EMPTY = 0x811c9dc5 | 0;
const mixed = (hash: number, unit: number): number => Math.imul(hash ^ unit, 0x01000193);

function hashOf(word: string): number {
  let hash = EMPTY;
  for (let i = 0; i < word.length; i++) hash = mixed(hash, word.charCodeAt(i));
  return hash;
}

/** Where in the table to begin looking; the upper bits of the hash are the better ones. */
const slotOf = (hash: number, table: Int32Array): number => ((hash ^ (hash >>> 15)) * SLOT) & (table.length - 1);

/**
 * @param start behind the opening bracket
 * @returns null when there is anything else than words with ids
 */
function pack(file: string, start: number): Packed | null {
  // A word takes six characters at least ("a":1,), so that a slot always stays free.
  const slots = 2 ** Math.ceil(Math.log2((file.length - start) / 6 + 2));
  const table = new Int32Array(slots * SLOT);
  let escaped = '';
  let last_id = 0;
  for (let at = start; ; at++) {
    at = behindSpaces(file, at);
    if (file.charCodeAt(at) !== QUOTE) return null;
    const place = ++at;
    let hash = EMPTY;
    let plain = true;
    for (let unit = file.charCodeAt(at); unit !== QUOTE; unit = file.charCodeAt(++at)) {
      if (at >= file.length) return null;
      hash = mixed(hash, unit);
      if (unit !== BACKSLASH) continue;
      plain = false;
      at++;
    }
    const end = at;
    at = behindSpaces(file, end + 1);
    if (file.charCodeAt(at) !== COLON) return null;
    at = behindSpaces(file, at + 1);
    const digits = at;
    let id = 0;
    for (let unit = file.charCodeAt(at); isDigit(unit); unit = file.charCodeAt(++at)) id = id * 10 + unit - ZERO;
    if (at === digits) return null;
    if (id > last_id) last_id = id;
    if (plain) insert(table, hash, place, end - place, id);
    else {
      const word = JSON.parse(file.slice(place - 1, end + 1)) as string;
      insert(table, hashOf(word), file.length + escaped.length, word.length, id);
      escaped += word;
    }
    at = behindSpaces(file, at);
    if (file.charCodeAt(at) === CLOSE) return { text: file + escaped, table, end: at + 1, last_id };
    if (file.charCodeAt(at) !== COMMA) return null;
  }
}

function insert(table: Int32Array, hash: number, place: number, length: number, id: number): void {
  let slot = slotOf(hash, table);
  while (table[slot + 1] !== 0) slot = (slot + SLOT) & (table.length - 1);
  table[slot] = hash;
  table[slot + 1] = place;
  table[slot + 2] = length;
  table[slot + 3] = id;
}

/** @returns the id of the word that `prefix` and `word` from `start` to `end` make */
function find(
  { text, table }: Packed,
  hash: number,
  prefix: string,
  word: string,
  start: number,
  end: number,
): number | undefined {
  const length = prefix.length + end - start;
  for (let slot = slotOf(hash, table); ; slot = (slot + SLOT) & (table.length - 1)) {
    const place = table[slot + 1]!;
    if (place === 0) return undefined;
    if (table[slot] !== hash || table[slot + 2] !== length || !text.startsWith(prefix, place)) continue;
    let at = start;
    const shift = place + prefix.length - start;
    while (at < end && text.charCodeAt(at + shift) === word.charCodeAt(at)) at++;
    if (at === end) return table[slot + 3];
  }
}

const isDigit = (unit: number): boolean => unit >= ZERO && unit < ZERO + 10;
/** JSON knows four. */
const isSpace = (unit: number): boolean => unit === 32 || unit === 10 || unit === 13 || unit === 9;

function behindSpaces(text: string, at: number): number {
  let end = at;
  while (isSpace(text.charCodeAt(end))) end++;
  return end;
}
