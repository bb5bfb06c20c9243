// Writes small but real ONNX models (protobuf by hand) with a tokenizer, so that tests run ONNX Runtime itself.
// Every weight comes from a seeded generator: the same arguments give the same bytes, hence the same model identity.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Bytes, bytes, concat, FLOAT, INT64, int, message, text, value } from '../../models/train/onnx-writer.ts';
import { seededRandom } from '../../models/train/random.ts';
import { byteLevelTokenizer, unigramTokenizer, wordPieceTokenizer } from './tokenizers.ts';

export { byteLevelTokenizer, seededRandom, unigramTokenizer, value, wordPieceTokenizer };

// --- ONNX: field numbers from onnx.proto3 ---------------------------------------------------------------------------

const initializer = (name: string, type: number, dims: readonly number[], raw: Bytes): Bytes =>
  message(5, ...dims.map((dim) => int(1, dim)), int(2, type), text(8, name), bytes(9, raw));

const rawBytes = (array: Float32Array | BigInt64Array): Bytes =>
  new Uint8Array(array.buffer, array.byteOffset, array.byteLength);

const floats = (name: string, dims: readonly number[], data: Float32Array) =>
  initializer(name, FLOAT, dims, rawBytes(data));
const axes = (name: string, ...axis: number[]) =>
  initializer(name, INT64, [axis.length], rawBytes(BigInt64Array.from(axis.map(BigInt))));

const attribute = (name: string, number: number): Bytes => message(5, text(1, name), int(3, number), int(20, 2));
const node = (op: string, inputs: readonly string[], output: string, ...attributes: Bytes[]): Bytes =>
  message(1, ...inputs.map((input) => text(1, input)), text(2, output), text(3, output), text(4, op), ...attributes);

const model = (...graph: Bytes[]): Bytes =>
  concat([
    int(1, 8),
    text(2, 'engram-test'),
    message(7, text(2, 'toy'), ...graph),
    message(8, text(1, ''), int(2, 13)),
  ]);

const tokenInput = (name: string) => value(11, name, INT64, ['batch', 'sequence']);

/** Token embeddings and nothing else, in the shape of bge-m3: `last_hidden_state` [batch, sequence, dims]. */
export function hiddenStateModel(table: Float32Array, dims: number, inputs = ['input_ids', 'attention_mask']): Bytes {
  return model(
    node('Gather', ['table', 'input_ids'], 'last_hidden_state', attribute('axis', 0)),
    floats('table', [table.length / dims, dims], table),
    ...inputs.map(tokenInput),
    value(12, 'last_hidden_state', FLOAT, ['batch', 'sequence', dims]),
  );
}

/** Static embedding: the mean of the token vectors under the mask, `sentence_embedding` [batch, dims]. */
export function staticModel(table: Float32Array, dims: number): Bytes {
  return model(
    node('Gather', ['table', 'input_ids'], 'tokens', attribute('axis', 0)),
    node('Cast', ['attention_mask'], 'mask', attribute('to', FLOAT)),
    node('Unsqueeze', ['mask', 'last_axis'], 'mask_column'),
    node('Mul', ['tokens', 'mask_column'], 'masked'),
    node('ReduceSum', ['masked', 'sequence_axis'], 'total', attribute('keepdims', 0)),
    node('ReduceSum', ['mask', 'sequence_axis'], 'count', attribute('keepdims', 1)),
    node('Div', ['total', 'count'], 'sentence_embedding'),
    floats('table', [table.length / dims, dims], table),
    axes('last_axis', 2),
    axes('sequence_axis', 1),
    tokenInput('input_ids'),
    tokenInput('attention_mask'),
    value(12, 'sentence_embedding', FLOAT, ['batch', dims]),
  );
}

/** A model whose output is one number per text: neither of the shapes an embedding can have. */
export function scalarModel(): Bytes {
  return model(
    node('Cast', ['input_ids'], 'numbers', attribute('to', FLOAT)),
    node('ReduceSum', ['numbers', 'sequence_axis'], 'score', attribute('keepdims', 0)),
    axes('sequence_axis', 1),
    tokenInput('input_ids'),
    value(12, 'score', FLOAT, ['batch']),
  );
}

export interface CrossEncoder {
  table: Float32Array;
  dims: number;
  /** Token that ends the first text; null tells the texts apart by `token_type_ids`. */
  separator: number | null;
  /** 1: the logit; 2: minus and plus its half, as a model with the labels unfit and fit has them. Others fit no reranker. */
  labels?: number;
  /** The logit is `scale * cosine + bias`. */
  scale?: number;
  bias?: number;
  /** Adds the mean of `position_ids` to the logit. */
  positions?: boolean;
}

/** Reads a pair: cosine of the sums of the token vectors of both texts, under the mask, as `logits` [batch, labels]. */
export function crossEncoderModel(encoder: CrossEncoder): Bytes {
  const { table, dims, separator, labels = 1, scale = 12, bias = -6, positions = false } = encoder;
  const second =
    separator === null
      ? [node('Cast', ['token_type_ids'], 'second', attribute('to', FLOAT))]
      : [
          node('Equal', ['input_ids', 'separator'], 'ends_text'),
          node('Cast', ['ends_text'], 'ends', attribute('to', FLOAT)),
          node('CumSum', ['ends', 'along_sequence'], 'ends_so_far'),
          node('Sub', ['ends_so_far', 'ends'], 'ends_before'),
          node('Min', ['ends_before', 'one'], 'second'),
          axes('separator', separator),
          initializer('along_sequence', INT64, [], rawBytes(BigInt64Array.of(1n))),
          floats('one', [1], Float32Array.of(1)),
        ];
  const side = (name: string, weights: string) => [
    node('Unsqueeze', [weights, 'last_axis'], `${name}_column`),
    node('Mul', ['tokens', `${name}_column`], `${name}_tokens`),
    node('ReduceSum', [`${name}_tokens`, 'sequence_axis'], `${name}_sum`, attribute('keepdims', 0)),
    node('Mul', [`${name}_sum`, `${name}_sum`], `${name}_squares`),
    node('ReduceSum', [`${name}_squares`, 'sequence_axis'], `${name}_square`, attribute('keepdims', 1)),
    node('Add', [`${name}_square`, 'little'], `${name}_positive`),
    node('Sqrt', [`${name}_positive`], `${name}_length`),
  ];
  return model(
    node('Gather', ['table', 'input_ids'], 'tokens', attribute('axis', 0)),
    node('Cast', ['attention_mask'], 'mask', attribute('to', FLOAT)),
    ...second,
    node('Mul', ['second', 'mask'], 'text_mask'),
    node('Sub', ['mask', 'text_mask'], 'query_mask'),
    ...side('query', 'query_mask'),
    ...side('text', 'text_mask'),
    node('Mul', ['query_sum', 'text_sum'], 'products'),
    node('ReduceSum', ['products', 'sequence_axis'], 'product', attribute('keepdims', 1)),
    node('Mul', ['query_length', 'text_length'], 'lengths'),
    node('Div', ['product', 'lengths'], 'cosine'),
    node('Mul', ['cosine', 'scale'], 'scaled'),
    node('Add', ['scaled', 'bias'], positions ? 'without_positions' : 'logit'),
    ...(positions
      ? [
          node('Cast', ['position_ids'], 'places', attribute('to', FLOAT)),
          node('Mul', ['places', 'mask'], 'masked_places'),
          node('ReduceSum', ['masked_places', 'sequence_axis'], 'place_sum', attribute('keepdims', 1)),
          node('ReduceSum', ['mask', 'sequence_axis'], 'count', attribute('keepdims', 1)),
          node('Div', ['place_sum', 'count'], 'place'),
          node('Add', ['without_positions', 'place'], 'logit'),
        ]
      : []),
    node('Mul', ['logit', 'shares'], 'logits'),
    floats('table', [table.length / dims, dims], table),
    floats('scale', [1], Float32Array.of(scale)),
    floats('bias', [1], Float32Array.of(bias)),
    floats('little', [1], Float32Array.of(1e-6)),
    floats(
      'shares',
      [labels],
      Float32Array.from({ length: labels }, (_, i) => (labels === 2 ? i - 0.5 : 1)),
    ),
    axes('last_axis', 2),
    axes('sequence_axis', 1),
    tokenInput('input_ids'),
    tokenInput('attention_mask'),
    ...(separator === null ? [tokenInput('token_type_ids')] : []),
    ...(positions ? [tokenInput('position_ids')] : []),
    value(12, 'logits', FLOAT, ['batch', labels]),
  );
}

// --- weights --------------------------------------------------------------------------------------------------------

/** `rows` vectors of `dims` numbers in [-1, 1). */
export function randomTable(rows: number, dims: number, seed: number): Float32Array {
  const random = seededRandom(seed);
  return Float32Array.from({ length: rows * dims }, () => random() * 2 - 1);
}

// --- folders --------------------------------------------------------------------------------------------------------

/** Writes each file (objects as JSON) below `dir`. */
export async function writeModelFolder(dir: string, files: Record<string, Bytes | string | object>): Promise<string> {
  for (const [name, content] of Object.entries(files)) {
    const path = join(dir, name);
    await mkdir(join(path, '..'), { recursive: true });
    const raw = typeof content === 'string' || content instanceof Uint8Array;
    await writeFile(path, raw ? content : JSON.stringify(content));
  }
  return dir;
}

const FILLER =
  'a an and are as at be but by for from had has have i in is it its my of on or our she he that the they this to was we were what when where which who will with you your do does did how'.split(
    ' ',
  );

/** Words with one meaning share one vector: the paraphrases tests can rely on without asking for their own. */
export const TOY_MEANINGS: readonly (readonly string[])[] = [
  ['car', 'automobile', 'vehicle'],
  ['doctor', 'physician'],
  ['buy', 'bought', 'purchase', 'purchased'],
  ['cat', 'kitten'],
  ['dog', 'puppy', 'hound'],
  ['job', 'work', 'employment', 'occupation'],
  ['home', 'house', 'residence'],
  ['big', 'large', 'huge'],
  ['fast', 'quick', 'rapid'],
  ['film', 'movie'],
  ['loves', 'likes', 'enjoys', 'love', 'like', 'enjoy', 'prefers', 'favourite', 'favorite'],
  ['coffee', 'espresso'],
  ['holiday', 'vacation'],
  ['error', 'bug', 'defect'],
];

export interface ToyModel {
  dims: number;
  pooling: 'cls' | 'mean' | 'none';
  /** Groups of words that mean the same; a lone word is a meaning of its own. Default `TOY_MEANINGS`. */
  words?: readonly (string | readonly string[])[];
  name?: string;
  seed?: number;
}

/**
 * A model good enough to search with: texts that share meanings are near, others are not. Unknown words are made of
 * letter pairs with a little weight, filler words have nearly none, so a known meaning decides.
 */
export async function writeToyModel(dir: string, toy: ToyModel): Promise<string> {
  const meanings = (toy.words ?? TOY_MEANINGS).map((group) => (typeof group === 'string' ? [group] : group));
  const seen = new Set<string>();
  const pieces: { piece: string; meaning: string; weight: number }[] = [];
  const add = (piece: string, meaning: string, weight: number) => {
    if (seen.has(piece)) return;
    seen.add(piece);
    pieces.push({ piece, meaning, weight });
  };
  for (const group of meanings) for (const word of group) add(word.toLowerCase(), `meaning:${group[0]}`, 1);
  for (const word of FILLER) add(word, `filler:${word}`, 0.02);
  const letters = [...'abcdefghijklmnopqrstuvwxyz0123456789'];
  const pairs = letters.flatMap((first) => letters.map((second) => first + second));
  for (const prefix of ['', '##']) {
    for (const part of [...pairs, ...letters]) add(prefix + part, prefix + part, 0.3);
  }
  const vectors = new Map<string, Float32Array>();
  const rows = 4 + pieces.length;
  const table = new Float32Array(rows * toy.dims);
  table.set(randomTable(4, toy.dims, 7).map((x) => x * 0.02));
  for (const [index, { meaning, weight }] of pieces.entries()) {
    const seed = (toy.seed ?? 1) * 100_003 + vectors.size;
    const vector = vectors.get(meaning) ?? randomTable(1, toy.dims, seed);
    vectors.set(meaning, vector);
    table.set(
      vector.map((x) => x * weight),
      (4 + index) * toy.dims,
    );
  }
  const onnx = toy.pooling === 'none' ? staticModel(table, toy.dims) : hiddenStateModel(table, toy.dims);
  return writeModelFolder(dir, {
    'model.onnx': onnx,
    'tokenizer.json': wordPieceTokenizer(pieces.map(({ piece }) => piece)),
    'engram.json': { name: toy.name ?? 'toy', pooling: toy.pooling, max_seq: 256 },
  });
}

export interface ToyReranker {
  /** `xlm-r`: SentencePiece, texts told apart by `</s>`; `bert`: WordPiece and token types; `modernbert`: byte-level BPE and `[SEP]`. */
  style: 'xlm-r' | 'bert' | 'modernbert';
  /** Groups of words that mean the same; all other words mean nothing. Default `TOY_MEANINGS`. */
  words?: readonly (string | readonly string[])[];
  labels?: number;
  scale?: number;
  bias?: number;
  name?: string;
  seed?: number;
}

/** A cross-encoder good enough to judge with: near 1 for texts that share the question's meanings, near 0 for others. */
export async function writeToyReranker(dir: string, toy: ToyReranker): Promise<string> {
  const { style, labels, scale, bias, name = 'toy-reranker', seed = 1 } = toy;
  const dims = 64;
  const groups = (toy.words ?? TOY_MEANINGS).map((group) => (typeof group === 'string' ? [group] : group));
  const words = groups.flat();
  const tokenizer = { 'xlm-r': unigramTokenizer, bert: wordPieceTokenizer, modernbert: byteLevelTokenizer }[style](
    words,
  );
  const idsOf = (place: number) => (style === 'modernbert' ? [2 * place, 2 * place + 1] : [4 + place]);
  // Special and unknown tokens say nothing, but padding would, were it not masked.
  const table = new Float32Array((style === 'modernbert' ? 2 * words.length + 4 : words.length + 4) * dims);
  const pad = { 'xlm-r': 1, bert: 0, modernbert: 2 * words.length + 3 }[style];
  table.set(randomTable(1, dims, 7), pad * dims);
  let place = 0;
  for (const [meaning, group] of groups.entries()) {
    const vector = randomTable(1, dims, seed * 100_003 + meaning);
    for (let word = 0; word < group.length; word++, place++) {
      for (const id of idsOf(place)) table.set(vector, id * dims);
    }
  }
  const separator = { 'xlm-r': 2, bert: null, modernbert: 2 * words.length + 2 }[style];
  const model_type = { 'xlm-r': 'xlm-roberta', bert: 'bert', modernbert: 'modernbert' }[style];
  return writeModelFolder(dir, {
    'model.onnx': crossEncoderModel({
      table,
      dims,
      separator,
      ...(labels !== undefined && { labels }),
      ...(scale !== undefined && { scale }),
      ...(bias !== undefined && { bias }),
    }),
    'tokenizer.json': tokenizer,
    'config.json': { model_type, architectures: ['ForSequenceClassification'] },
    'engram.json': { name, max_seq: 256 },
  });
}
