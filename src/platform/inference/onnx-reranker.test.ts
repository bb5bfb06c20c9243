// The cross-encoder against ONNX Runtime itself: token ids of every pair are built by hand here, run through a session
// of the test's own, and computed a third time by plain loops over the token table.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  byteLevelTokenizer,
  type CrossEncoder,
  crossEncoderModel,
  hiddenStateModel,
  randomTable,
  unigramTokenizer,
  wordPieceTokenizer,
  writeModelFolder,
  writeToyReranker,
} from '../../../test/support/onnx-model.ts';
import { type Logger, silentLogger } from '../../core/log.ts';
import type { Reranker } from '../../core/ports.ts';
import { ModelError } from './model-error.ts';
import { type OnnxRerankerOptions, openOnnxReranker } from './onnx-reranker.ts';

const DIMS = 8;
const WORDS = ['alpha', 'beta', 'gamma', 'delta', 'epsilon', 'zeta'];

type Files = Parameters<typeof writeModelFolder>[1];
interface Style {
  tokenizer: object;
  rows: number;
  separator: number | null;
  config: object;
  /** Ids and token types of a pair of whole words, independent of the tokenizer. */
  pair(query: string, text: string): { ids: number[]; types: number[] };
}
const split = (text: string) => text.split(' ').filter((word) => word !== '');
const zeros = (ids: readonly number[]) => ids.map(() => 0);
/** Id of a word behind the four special tokens, of which `unknown` stands for words there are not. */
const wordId = (unknown: number) => (word: string) => (WORDS.includes(word) ? 4 + WORDS.indexOf(word) : unknown);

const STYLES: Record<string, Style> = {
  'XLM-RoBERTa': {
    tokenizer: unigramTokenizer(WORDS),
    rows: 4 + WORDS.length,
    separator: 2,
    config: { model_type: 'xlm-roberta', max_position_embeddings: 514 },
    pair(query, text) {
      const ids = [0, ...split(query).map(wordId(3)), 2, 2, ...split(text).map(wordId(3)), 2];
      return { ids, types: zeros(ids) };
    },
  },
  BERT: {
    tokenizer: wordPieceTokenizer(WORDS),
    rows: 4 + WORDS.length,
    separator: null,
    config: { model_type: 'bert', max_position_embeddings: 512 },
    pair(query, text) {
      const first = [2, ...split(query.toLowerCase()).map(wordId(1)), 3];
      const second = [...split(text.toLowerCase()).map(wordId(1)), 3];
      return { ids: [...first, ...second], types: [...zeros(first), ...second.map(() => 1)] };
    },
  },
  ModernBERT: {
    tokenizer: byteLevelTokenizer(WORDS),
    rows: 2 * WORDS.length + 4,
    separator: 2 * WORDS.length + 2,
    config: { model_type: 'modernbert', max_position_embeddings: 8192 },
    pair(query, text) {
      // The word that begins a text has no space before it.
      const words = (of: string) => split(of).map((word, i) => 2 * WORDS.indexOf(word) + (i === 0 ? 0 : 1));
      const [cls, sep] = [2 * WORDS.length + 1, 2 * WORDS.length + 2];
      const ids = [cls, ...words(query), sep, ...words(text), sep];
      return { ids, types: zeros(ids) };
    },
  },
};
const XLM_R = STYLES['XLM-RoBERTa']!;
const { BERT } = STYLES as { BERT: Style };

const tableOf = ({ rows }: Style) => randomTable(rows, DIMS, 11);
const onnxOf = (style: Style, more: Partial<CrossEncoder> = {}) =>
  crossEncoderModel({ table: tableOf(style), dims: DIMS, separator: style.separator, scale: 4, bias: -1, ...more });
const filesOf = (style: Style, more: Partial<CrossEncoder> = {}): Files => ({
  'model.onnx': onnxOf(style, more),
  'tokenizer.json': style.tokenizer,
  'config.json': style.config,
  'engram.json': { name: 'judge', revision: 'v1' },
});

const sigmoid = (logit: number) => 1 / (1 + Math.exp(-logit));

/** What the model of `filesOf` says, by loops over the table. */
function expected(style: Style, query: string, text: string): number {
  const table = tableOf(style);
  const { ids, types } = style.pair(query, text);
  let texts = 0;
  const sums = [new Array<number>(DIMS).fill(0), new Array<number>(DIMS).fill(0)];
  ids.forEach((id, place) => {
    const side = style.separator === null ? types[place]! : Math.min(texts, 1);
    for (let i = 0; i < DIMS; i++) sums[side]![i]! += table[id * DIMS + i]!;
    if (id === style.separator) texts++;
  });
  const [q, t] = sums as [number[], number[]];
  const product = q.reduce((sum, x, i) => sum + x * t[i]!, 0);
  return sigmoid((4 * product) / (Math.hypot(...q) * Math.hypot(...t)) - 1);
}

let root: string;
let folders = 0;
const opened: Reranker[] = [];
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'engram-rerankers-'));
});
afterAll(async () => {
  for (const reranker of opened) await reranker.close();
  await rm(root, { recursive: true, force: true });
});

const folder = (files: Files) => writeModelFolder(join(root, String(++folders)), files);
async function open(files: Files, options: Partial<OnnxRerankerOptions> = {}): Promise<Reranker> {
  const reranker = await openOnnxReranker({
    model_dir: await folder(files),
    threads: 1,
    logger: silentLogger,
    ...options,
  });
  opened.push(reranker);
  return reranker;
}
const never = () => new AbortController().signal;
const score = (reranker: Reranker, query: string, texts: readonly string[]) => reranker.score(query, texts, never());

function expectScores(actual: readonly number[], wanted: readonly number[]): void {
  expect(actual.length).toBe(wanted.length);
  wanted.forEach((x, i) => {
    expect(actual[i]).toBeCloseTo(x, 5);
  });
}

const TEXTS = ['beta', 'alpha beta gamma', 'zeta', '', 'unheard', 'gamma '.repeat(30).trim()];

describe.each(Object.entries(STYLES))('a pair of %s', (name, style) => {
  const texts = name === 'ModernBERT' ? TEXTS.filter((text) => text !== 'unheard') : TEXTS;

  it('goes through the model as ids joined by hand do', async () => {
    const files = filesOf(style);
    const session = await InferenceSession.create(files['model.onnx'] as Uint8Array);
    const direct: number[] = [];
    for (const text of texts) {
      const { ids, types } = style.pair('alpha delta', text);
      const tensor = (values: readonly number[]) =>
        new Tensor('int64', BigInt64Array.from(values.map(BigInt)), [1, ids.length]);
      const feeds = { input_ids: tensor(ids), attention_mask: tensor(ids.map(() => 1)), token_type_ids: tensor(types) };
      const given = Object.fromEntries(session.inputNames.map((input) => [input, feeds[input as keyof typeof feeds]]));
      direct.push(sigmoid(((await session.run(given)).logits as Tensor).data[0] as number));
    }
    await session.release();
    const reranker = await open(files);
    expect(reranker.name).toBe('judge@v1');
    const scores = await score(reranker, 'alpha delta', texts);
    expectScores(scores, direct);
    expectScores(
      scores,
      texts.map((text) => expected(style, 'alpha delta', text)),
    );
    expect(new Set(scores.map((x) => x.toFixed(4))).size).toBeGreaterThan(3);
  });

  it('scores in a batch of many lengths what it scores alone', async () => {
    const reranker = await open(filesOf(style));
    const many = Array.from({ length: 60 }, (_, i) =>
      Array.from({ length: (i * 7) % 23 }, (_, n) => WORDS[(i + n) % 6]).join(' '),
    );
    const together = await score(reranker, 'gamma epsilon', many);
    for (const [i, text] of many.entries())
      expectScores([together[i]!], await score(reranker, 'gamma epsilon', [text]));
  });

  it('has the prefixes of engram.json in front', async () => {
    const settings = { query_prefix: 'alpha ', document_prefix: 'beta ' };
    const reranker = await open({ ...filesOf(style), 'engram.json': settings });
    expectScores(await score(reranker, 'gamma', ['delta']), [expected(style, 'alpha gamma', 'beta delta')]);
  });

  it('is cut in its text, not in its question, and keeps its special tokens', async () => {
    const reranker = await open(filesOf(style), { max_seq: 16 });
    const room = 16 - style.pair('', '').ids.length;
    const long = Array.from({ length: 500 }, (_, i) => WORDS[(i * i) % 6]);
    const kept = long.slice(0, room - 2).join(' ');
    expectScores(await score(reranker, 'alpha delta', [long.join(' '), kept]), [
      expected(style, 'alpha delta', kept),
      expected(style, 'alpha delta', kept),
    ]);
    // Of a long question a third.
    const asked = long.slice(0, Math.floor(room / 3)).join(' ');
    const rest = long.slice(0, room - Math.floor(room / 3)).join(' ');
    expectScores(await score(reranker, long.join(' '), [long.join(' '), 'zeta']), [
      expected(style, asked, rest),
      expected(style, asked, 'zeta'),
    ]);
  });
});

describe('a score', () => {
  it('of two logits is the softmax of the second', async () => {
    const one = await open(filesOf(XLM_R));
    const two = await open(filesOf(XLM_R, { labels: 2 }));
    expectScores(await score(two, 'alpha', TEXTS), await score(one, 'alpha', TEXTS));
  });

  it('follows positions where the model wants them, from where its family counts', async () => {
    const text = 'beta gamma';
    const logit = (x: number) => Math.log(x / (1 - x));
    const plain = logit(expected(XLM_R, 'alpha', text));
    const length = XLM_R.pair('alpha', text).ids.length;
    const files = filesOf(XLM_R, { positions: true });
    const roberta = await open(files);
    // pad id 1: the first token is at 2.
    expectScores(await score(roberta, 'alpha', [text]), [sigmoid(plain + 2 + (length - 1) / 2)]);
    const other = await open({ ...files, 'config.json': { model_type: 'bert' } });
    expectScores(await score(other, 'alpha', [text, 'beta '.repeat(9)].slice(0, 1)), [
      sigmoid(plain + (length - 1) / 2),
    ]);
  });

  it('stays finite and between 0 and 1, whatever the model says', async () => {
    const warnings: string[] = [];
    const logger: Logger = { ...silentLogger, warn: (_, message) => warnings.push(message) };
    for (const [bias, value] of [
      [1000, 1],
      [-1000, 0],
      [Number.POSITIVE_INFINITY, 1],
      [Number.NaN, 0],
    ] as const) {
      const reranker = await open(filesOf(XLM_R, { bias }), { logger });
      expect(await score(reranker, 'alpha', ['beta', 'gamma'])).toEqual([value, value]);
      expect(await score(reranker, 'alpha', ['beta'])).toEqual([value]);
    }
    expect(warnings.length).toBe(1);
  });

  it('tells what answers a question from what does not', async () => {
    for (const style of ['xlm-r', 'bert', 'modernbert'] as const) {
      const model_dir = await writeToyReranker(join(root, `toy-${style}`), { style });
      const reranker = await openOnnxReranker({ model_dir, threads: 1, logger: silentLogger });
      opened.push(reranker);
      const [fits, half, not] = await score(reranker, 'purchase a car', [
        'bought an automobile',
        'the doctor bought coffee',
        'the kitten sleeps',
      ]);
      expect(fits, style).toBeGreaterThan(0.9);
      expect(half, style).toBeLessThan(fits!);
      expect(half, style).toBeGreaterThan(not!);
      expect(not, style).toBeLessThan(0.2);
    }
  });

  it('is there for 100 KB, one endless word, nothing, and broken characters', async () => {
    const reranker = await open(filesOf(XLM_R), { max_seq: 64 });
    const texts = ['beta '.repeat(20_000), 'x'.repeat(102_400), '漢'.repeat(34_000), `😀${'\uD83D'.repeat(3000)}`, ''];
    const scores = [
      ...(await score(reranker, 'alpha', texts)),
      ...(await score(reranker, '', ['beta', ''])),
      ...(await score(reranker, 'x'.repeat(102_400), ['beta'])),
    ];
    expect(scores.length).toBe(8);
    for (const one of scores) expect(one).toSatisfy((x: number) => x >= 0 && x <= 1);
    expect(await score(reranker, 'alpha', [])).toEqual([]);
  });
});

describe('batches', () => {
  const watching = () => {
    const runs: { pairs: number; tokens: number }[] = [];
    const logger: Logger = { ...silentLogger, debug: (fields) => runs.push(fields as (typeof runs)[number]) };
    return { runs, logger };
  };

  it('are bounded in pairs and in tokens', async () => {
    const { runs, logger } = watching();
    const reranker = await open(filesOf(XLM_R), { logger, batch_size: 5, batch_tokens: 60 });
    const many = Array.from({ length: 40 }, (_, i) => 'beta '.repeat((i * 11) % 20).trim());
    await score(reranker, 'alpha', many);
    expect(runs.reduce((sum, { pairs }) => sum + pairs, 0)).toBe(40);
    for (const { pairs, tokens } of runs) {
      expect(pairs).toBeLessThanOrEqual(5);
      expect(tokens).toBeLessThanOrEqual(60);
    }
  });

  it('that have not run when the call is given up are left out; the next call is not held up', async () => {
    const { runs, logger } = watching();
    const giving = new AbortController();
    const reranker = await open(filesOf(XLM_R), {
      batch_size: 1,
      logger: {
        ...logger,
        debug: (fields, message) => {
          logger.debug(fields, message);
          // As a message to a thread would: when the event loop has its turn.
          if (runs.length === 2) setImmediate(() => giving.abort(new Error('no time left')));
        },
      },
    });
    const first = reranker.score('alpha', new Array(10).fill('beta'), giving.signal);
    const second = score(reranker, 'alpha', ['gamma']);
    await expect(first).rejects.toThrow('no time left');
    expectScores(await second, [expected(XLM_R, 'alpha', 'gamma')]);
    expect(runs.length).toBe(3);
    await expect(reranker.score('alpha', ['beta'], giving.signal)).rejects.toThrow('no time left');
    expect(runs.length).toBe(3);
  });

  it('stop at close', async () => {
    const reranker = await open(filesOf(XLM_R));
    const waiting = score(reranker, 'alpha', TEXTS);
    const closing = reranker.close();
    await expect(waiting).rejects.toThrow('closed');
    await closing;
    await reranker.close();
    await expect(score(reranker, 'alpha', ['beta'])).rejects.toThrow('closed');
  });
});

describe('a broken folder is explained', () => {
  const { 'model.onnx': onnx, ...rest } = filesOf(XLM_R);
  const withoutPairs = (processor: unknown) => ({ ...XLM_R.tokenizer, post_processor: processor });
  const cases: [string, Files, RegExp, Partial<OnnxRerankerOptions>?][] = [
    ['no ONNX file', rest, /has no ONNX file: put one of/],
    ['a cut ONNX file', { ...rest, 'model.onnx': (onnx as Uint8Array).slice(0, 300) }, /cannot load .*model\.onnx/],
    ['no tokenizer', { 'model.onnx': onnx! }, /tokenizer\.json is missing/],
    [
      'foreign inputs',
      { ...rest, 'model.onnx': hiddenStateModel(tableOf(XLM_R), DIMS, ['input_ids', 'pixel_values']) },
      /takes the inputs input_ids, pixel_values, but only .*token_type_ids and position_ids can be given: use a cross-encoder/,
    ],
    [
      'an embedding model',
      { ...rest, 'model.onnx': hiddenStateModel(tableOf(XLM_R), DIMS) },
      /"last_hidden_state" of .* has the shape \[1,6,8\], but a reranker gives \[batch, 1\] or \[batch, 2\]/,
    ],
    ['three labels', filesOf(XLM_R, { labels: 3 }), /"logits" of .* has the shape \[1,3\]/],
    [
      'the tokenizer of a larger vocabulary',
      { ...filesOf(XLM_R), 'tokenizer.json': unigramTokenizer([...WORDS, 'eta', 'theta']) },
      /does not know every token of .*tokenizer\.json, of which the last is 11 .*different models/,
    ],
    [
      'the tokenizer of a larger vocabulary, by words',
      { ...filesOf(BERT), 'tokenizer.json': wordPieceTokenizer([...WORDS, 'eta', 'theta']) },
      /does not know every token of .*tokenizer\.json, of which the last is 11 .*different models/,
    ],
    [
      'a tokenizer that joins nothing',
      { ...filesOf(XLM_R), 'tokenizer.json': withoutPairs(null) },
      /tokenizer\.json does not say how two texts are joined/,
    ],
    [
      'a tokenizer of single texts',
      { ...filesOf(XLM_R), 'tokenizer.json': withoutPairs({ type: 'ByteLevel' }) },
      /tokenizer\.json does not say how two texts are joined/,
    ],
    [
      'a separator there is not',
      {
        ...filesOf(XLM_R),
        'tokenizer.json': withoutPairs({ type: 'RobertaProcessing', cls: ['<s>', 0], sep: ['<end>', 2] }),
      },
      /joins two texts with "<end>", which is not in its vocabulary/,
    ],
    ['no room', filesOf(XLM_R), /max_seq 6 leaves no room for two texts/, { max_seq: 6 }],
  ];
  it.each(cases)('%s', async (_, files, message, options) => {
    const failure = await open(files, options).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ModelError);
    expect((failure as Error).message).toMatch(message);
  });
});
