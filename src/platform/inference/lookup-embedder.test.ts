// The table against ONNX Runtime itself on the same file, and what holds for every embedder.
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { quantise, sentenceGraph } from '../../../models/train/export.ts';
import { importsOf } from '../../../test/support/arrows.ts';
import {
  randomTable,
  staticModel,
  unigramTokenizer,
  wordPieceTokenizer,
  writeModelFolder,
  writeToyModel,
} from '../../../test/support/onnx-model.ts';
import { type Logger, silentLogger } from '../../core/log.ts';
import type { Embedder } from '../../core/ports.ts';
import { type LookupOptions, openLookup } from './lookup-embedder.ts';
import { ModelError, readModelFolder } from './model-folder.ts';
import { openOnnxEmbedder } from './onnx-embedder.ts';

const PROJECT = join(import.meta.dirname, '..', '..', '..');
const BUILT_IN = join(PROJECT, 'models', 'engram-mini');
const SHIPPED = existsSync(join(BUILT_IN, 'model.onnx'));

const DIMS = 20;
const WORDS = ['alpha', 'beta', 'gamma', 'delta', 'query', 'passage', '漢', '##ly', '😀'];
const TABLE = randomTable(4 + WORDS.length, DIMS, 42);

let root: string;
let folders = 0;
const opened: Embedder[] = [];
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'engram-lookup-'));
});
afterAll(async () => {
  for (const embedder of opened) await embedder.close();
  await rm(root, { recursive: true, force: true });
});

const files = (settings: object = {}) => ({
  'model.onnx': sentenceGraph(quantise(TABLE, DIMS), DIMS),
  'tokenizer.json': wordPieceTokenizer(WORDS),
  'engram.json': { name: 'toy', ...settings },
});
const folder = (content: Parameters<typeof writeModelFolder>[1] = files()) =>
  writeModelFolder(join(root, String(++folders)), content);

async function open(model_dir: string, options: Partial<LookupOptions> = {}): Promise<Embedder> {
  const embedder = await openLookup({ model_dir, logger: silentLogger, ...options });
  expect(embedder).not.toBeNull();
  opened.push(embedder!);
  return embedder!;
}

/** Vectors as ONNX Runtime computes them, all texts in one padded batch. */
async function byRuntime(model_dir: string, texts: readonly string[]): Promise<Float32Array[]> {
  const { onnx_path, tokens } = await readModelFolder({ model_dir, logger: silentLogger });
  const encoded = texts.map((text) => tokens.encode(text));
  const width = Math.max(...encoded.map((ids) => ids.length));
  const ids = new BigInt64Array(texts.length * width).fill(BigInt(tokens.pad_id));
  const mask = new BigInt64Array(texts.length * width);
  encoded.forEach((row, at) => {
    ids.set(row.map(BigInt), at * width);
    mask.fill(1n, at * width, at * width + row.length);
  });
  const session = await InferenceSession.create(onnx_path);
  const shape = [texts.length, width];
  const { sentence_embedding } = await session.run({
    input_ids: new Tensor('int64', ids, shape),
    attention_mask: new Tensor('int64', mask, shape),
  });
  await session.release();
  const data = sentence_embedding!.data as Float32Array;
  const dims = sentence_embedding!.dims[1]!;
  return texts.map((_, at) => data.slice(at * dims, (at + 1) * dims));
}

const difference = (a: Float32Array, b: Float32Array): number =>
  a.length === b.length ? Math.max(...a.map((x, i) => Math.abs(x - b[i]!))) : Number.POSITIVE_INFINITY;

const TEXTS = [
  'alpha',
  'Alpha, BETA gammaly delta alpha alpha',
  '',
  ' \t\n',
  'nothing of this is known',
  '漢字 漢 and 😀😀 👩‍👩‍👧 \u{1F1E9}\u{1F1EA}',
  'שלום עולם مرحبا بالعالم \u202Bابجد\u202C',
  'e\u0301clair Ünïcödé İstanbul ﬁne',
  '\u0000\u200B\uFEFF\uD83D',
  'beta gamma '.repeat(10_000).slice(0, 102_400),
  'x'.repeat(102_400),
  '漢'.repeat(34_000),
];

describe('what ONNX Runtime computes', () => {
  it('comes out for a toy', async () => {
    const dir = await folder();
    const expected = await byRuntime(dir, TEXTS);
    const vectors = await (await open(dir)).embedDocuments(TEXTS);
    for (const [i, vector] of vectors.entries()) {
      expect(difference(vector, expected[i]!), TEXTS[i]!.slice(0, 40)).toBeLessThan(1e-5);
    }
  });

  it.runIf(SHIPPED)('comes out for the built-in model', async () => {
    const prose = readFileSync(join(PROJECT, 'README.md'), 'utf8')
      .split(/\n+/)
      .filter((line) => line.trim() !== '');
    const texts = [...TEXTS, ...prose];
    const expected = await byRuntime(BUILT_IN, texts);
    const embedder = await open(BUILT_IN);
    const vectors = await embedder.embedDocuments(texts);
    for (const [i, vector] of vectors.entries()) {
      expect(difference(vector, expected[i]!), texts[i]!.slice(0, 40)).toBeLessThan(1e-5);
      expect(difference(await embedder.embedQuery(texts[i]!), vector)).toBe(0);
    }
  });

  it('is stored under the same key, so that vectors made before stay valid', async () => {
    for (const dir of [
      BUILT_IN,
      await folder(),
      await folder(files({ revision: 'v3', pooling: 'none', dims: DIMS })),
    ]) {
      const runtime = await openOnnxEmbedder({ model_dir: dir, threads: 1, logger: silentLogger });
      opened.push(runtime);
      const embedder = await open(dir);
      expect(embedder.identity).toEqual(runtime.identity);
      expect([embedder.cost, runtime.cost]).toEqual(['lookup', 'network']);
    }
  });

  it('needs no ONNX Runtime', () => {
    const seen = new Set<string>();
    const visit = (path: string) => {
      if (seen.has(path)) return;
      seen.add(path);
      if (!path.startsWith('src/')) return;
      for (const { to, typeOnly } of importsOf(path, readFileSync(join(PROJECT, path), 'utf8')))
        if (!typeOnly) visit(to);
    };
    visit('src/platform/inference/lookup-embedder.ts');
    expect([...seen]).toContain('@huggingface/tokenizers');
    expect([...seen].filter((path) => path.startsWith('onnxruntime'))).toEqual([]);
  });
});

describe('a folder', () => {
  const at = async (content: Parameters<typeof writeModelFolder>[1], options: Partial<LookupOptions> = {}) =>
    openLookup({ model_dir: await folder(content), logger: silentLogger, ...options });

  it('with any other model is left to ONNX Runtime', async () => {
    expect(await at({ ...files(), 'model.onnx': staticModel(TABLE, DIMS) })).toBeNull();
    expect(await at({ ...files(), 'model.onnx': 'broken' })).toBeNull();
    expect(await at(files({ pooling: 'mean' }))).toBeNull();
    const toy = await writeToyModel(join(root, 'toy'), { dims: 16, pooling: 'mean' });
    expect(await openLookup({ model_dir: toy, logger: silentLogger })).toBeNull();
  });

  it('that is wrong says so', async () => {
    await expect(openLookup({ model_dir: join(root, 'nowhere'), logger: silentLogger })).rejects.toThrow(
      /nowhere does not exist/,
    );
    const { 'tokenizer.json': _, ...rest } = files();
    await expect(at(rest)).rejects.toThrow(ModelError);
    await expect(at(files(), { onnx_file: 'other.onnx' })).rejects.toThrow(/other\.onnx does not exist/);
    await expect(at(files(), { dim: 1024 })).rejects.toThrow(/20 numbers but ENGRAM_EMBEDDING_DIM says 1024/);
    await expect(at(files({ dims: 16 }))).rejects.toThrow(/20 numbers but engram\.json says 16/);
  });

  it('whose tokenizer has more words than the table has rows', async () => {
    const dir = await folder({ ...files(), 'tokenizer.json': wordPieceTokenizer([...WORDS, 'epsilon']) });
    await expect(open(dir)).rejects.toThrow(/model\.onnx does not know every token .* last is 13 .* 13 rows/);
  });

  it('whose tokenizer adds tokens behind the table fails only for texts with such a token', async () => {
    const tokenizer = wordPieceTokenizer(WORDS) as { added_tokens: object[] };
    const [first] = tokenizer.added_tokens;
    tokenizer.added_tokens.push({ ...first, id: 13, content: '<image>' });
    const embedder = await open(await folder({ ...files(), 'tokenizer.json': tokenizer }));
    await expect(embedder.embedDocuments(['alpha', 'an <image>'])).rejects.toThrow(
      /token 13, but .*model\.onnx has 13 rows/,
    );
    expect((await embedder.embedDocuments(['alpha'])).length).toBe(1);
  });
});

describe('text', () => {
  it('gets the prefixes in front', async () => {
    const embedder = await open(await folder(files({ query_prefix: 'query ', document_prefix: 'passage ' })));
    const plain = await open(await folder());
    const [asked, stored] = await plain.embedDocuments(['query alpha', 'passage alpha']);
    expect(await embedder.embedQuery('alpha')).toEqual(asked);
    expect(await embedder.embedDocuments(['alpha'])).toEqual([stored]);
  });

  it('never becomes NaN, even where the table has no direction to give', async () => {
    const warnings: string[] = [];
    const logger: Logger = { ...silentLogger, warn: (_, message) => warnings.push(message) };
    const zeros = sentenceGraph(quantise(new Float32Array(TABLE.length), DIMS), DIMS);
    const embedder = await open(await folder({ ...files(), 'model.onnx': zeros }), { logger });
    const vectors = [...(await embedder.embedDocuments(['', 'alpha'])), await embedder.embedQuery('')];
    for (const vector of vectors) expect(Math.hypot(...vector)).toBeCloseTo(1, 5);
    expect(warnings.length).toBe(1);
  });

  it('may need special tokens around it, and Unigram', async () => {
    const dir = await folder({ ...files(), 'tokenizer.json': unigramTokenizer(WORDS) });
    const texts = TEXTS.filter((text) => text.length < 1000);
    const expected = await byRuntime(dir, texts);
    const vectors = await (await open(dir)).embedDocuments(texts);
    for (const [i, vector] of vectors.entries()) expect(difference(vector, expected[i]!)).toBeLessThan(1e-5);
  });
});

describe('calls', () => {
  /** A clock by which every text takes a whole turn of the event loop. */
  const slow = () => {
    let ms = 0;
    return () => (ms += 5);
  };
  const many = Array.from({ length: 20 }, (_, i) => `${WORDS[i % 4]} ${WORDS[(i * 3) % 5]}`);

  it('come back in the order asked', async () => {
    const embedder = await open(await folder());
    const together = await embedder.embedDocuments(many);
    for (const [i, text] of many.entries()) expect(await embedder.embedQuery(text)).toEqual(together[i]);
    expect(await embedder.embedDocuments([])).toEqual([]);
  });

  it('keep what they were given', async () => {
    const embedder = await open(await folder(), { now: slow() });
    const texts = [...many];
    const waiting = embedder.embedDocuments(texts);
    texts.fill('changed');
    expect(await waiting).toEqual(await embedder.embedDocuments(many));
  });

  it('let the event loop go on', async () => {
    const embedder = await open(await folder(), { now: slow() });
    let turns = 0;
    let done = false;
    const count = () => {
      turns++;
      if (!done) setImmediate(count);
    };
    setImmediate(count);
    await embedder.embedDocuments(many);
    done = true;
    // The first text is embedded before the call returns.
    expect(turns).toBeGreaterThanOrEqual(many.length - 1);
  });

  it('take turns, and queries come first', async () => {
    const embedder = await open(await folder(), { now: slow() });
    const order: string[] = [];
    const ended = (name: string) => () => void order.push(name);
    await Promise.all([
      embedder.embedDocuments(many).then(ended('many')),
      embedder.embedDocuments(['alpha']).then(ended('one')),
      embedder.embedQuery('alpha').then(ended('first query')),
      embedder.embedQuery('beta').then(ended('second query')),
    ]);
    expect(order).toEqual(['first query', 'second query', 'one', 'many']);
  });

  it('give vectors that are their own', async () => {
    const embedder = await open(await folder());
    const [first, second] = await embedder.embedDocuments(['alpha', 'alpha']);
    first!.fill(0);
    expect(await embedder.embedQuery('alpha')).toEqual(second);
  });

  it('stop at close', async () => {
    const embedder = await open(await folder(), { now: slow() });
    const waiting = embedder.embedDocuments(many);
    const closing = embedder.close();
    await expect(waiting).rejects.toThrow('closed');
    await closing;
    await embedder.close();
    await expect(embedder.embedQuery('alpha')).rejects.toThrow('closed');
    await expect(embedder.embedDocuments(['alpha'])).rejects.toThrow('closed');
  });
});
