// The embedder against ONNX Runtime itself, with models whose every weight is known: what comes out is computed
// a second time here, by plain loops over the token table.
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  hiddenStateModel,
  randomTable,
  staticModel,
  unigramTokenizer,
  wordPieceTokenizer,
  writeModelFolder,
  writeToyModel,
} from '../../../test/support/onnx-model.ts';
import { type Logger, silentLogger } from '../../core/log.ts';
import type { Embedder } from '../../core/ports.ts';
import { ModelError } from './model-folder.ts';
import { type OnnxEmbedderOptions, openOnnxEmbedder } from './onnx-embedder.ts';

const DIMS = 8;
const WORDS = ['alpha', 'beta', 'gamma', 'delta', 'epsilon', 'zeta', 'query', 'passage', '漢字', '😀'];
const TABLE = randomTable(4 + WORDS.length, DIMS, 42);
const [START, END, UNKNOWN] = [0, 2, 3];

/** Token ids of a text of whole words, independent of the tokenizer. */
const idsOf = (text: string): number[] => {
  const words = text.split(/\s+/).filter((word) => word !== '');
  return [START, ...words.map((word) => (WORDS.includes(word) ? 4 + WORDS.indexOf(word) : UNKNOWN)), END];
};
const row = (id: number): number[] => Array.from(TABLE.slice(id * DIMS, (id + 1) * DIMS));
const normalized = (vector: readonly number[]): number[] => vector.map((x) => x / Math.hypot(...vector));
const clsOf = (ids: readonly number[]) => normalized(row(ids[0]!));
const meanOf = (ids: readonly number[]) =>
  normalized(row(0).map((_, i) => ids.reduce((sum, id) => sum + row(id)[i]!, 0) / ids.length));

function expectVector(actual: Float32Array | undefined, expected: readonly number[]): void {
  expect(actual?.length).toBe(expected.length);
  expected.forEach((x, i) => {
    expect(actual![i]).toBeCloseTo(x, 5);
  });
}

let root: string;
let folders = 0;
const opened: Embedder[] = [];
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'engram-models-'));
});
afterAll(async () => {
  for (const embedder of opened) await embedder.close();
  await rm(root, { recursive: true, force: true });
});

const bgeFiles = (settings: object = { pooling: 'mean' }) => ({
  'model.onnx': hiddenStateModel(TABLE, DIMS),
  'tokenizer.json': unigramTokenizer(WORDS),
  'engram.json': { name: 'bge-toy', ...settings },
});
const folder = (files: Parameters<typeof writeModelFolder>[1]) =>
  writeModelFolder(join(root, String(++folders)), files);

async function open(model_dir: string, options: Partial<OnnxEmbedderOptions> = {}): Promise<Embedder> {
  const embedder = await openOnnxEmbedder({ model_dir, threads: 1, logger: silentLogger, ...options });
  opened.push(embedder);
  return embedder;
}

/** Sizes of the batches that ran. */
const watching = () => {
  const runs: { texts: number; tokens: number }[] = [];
  const logger: Logger = {
    ...silentLogger,
    debug: (fields) => void ('texts' in fields && runs.push(fields as { texts: number; tokens: number })),
  };
  return { runs, logger };
};

describe('pooling', () => {
  it('cls takes the first token, whatever follows', async () => {
    const embedder = await open(await folder(bgeFiles({ pooling: 'cls' })));
    const vectors = await embedder.embedDocuments(['alpha beta', '']);
    for (const vector of vectors) expectVector(vector, clsOf([START]));
    expect(embedder.identity).toMatchObject({ name: 'bge-toy', dims: DIMS });
    expect(embedder.identity.key).toMatch(/^bge-toy@[0-9a-f]{12}\/8\/cls$/);
  });

  it('mean leaves out padding: a mixed batch gives what each text gives alone', async () => {
    const embedder = await open(await folder(bgeFiles()));
    const texts = [
      'alpha beta gamma delta epsilon zeta alpha alpha',
      'beta',
      '',
      'gamma nothing delta',
      '漢字 😀 alpha',
    ];
    const together = await embedder.embedDocuments(texts);
    for (const [i, text] of texts.entries()) {
      expectVector(together[i], meanOf(idsOf(text)));
      expectVector((await embedder.embedDocuments([text]))[0], Array.from(together[i]!));
    }
  });

  it('none takes the vector the model made', async () => {
    const pieces = WORDS.slice(0, 6);
    const dir = await folder({ 'model.onnx': staticModel(TABLE, DIMS), 'tokenizer.json': wordPieceTokenizer(pieces) });
    const embedder = await open(dir);
    expect(embedder.identity.key).toMatch(/\/8\/none$/);
    const texts = ['Alpha, BETA', 'gamma'];
    const vectors = await embedder.embedDocuments(texts);
    // [CLS] is 2, [SEP] 3, the comma [UNK] 1.
    expectVector(vectors[0], meanOf([2, 4, 1, 5, 3]));
    expectVector(vectors[1], meanOf([2, 6, 3]));
  });

  it('follows sentence-transformers where engram.json says nothing', async () => {
    const { 'engram.json': _, ...files } = bgeFiles();
    const cls = await folder({ ...files, '1_Pooling/config.json': { pooling_mode_cls_token: true } });
    expect((await open(cls)).identity.key).toMatch(/\/cls$/);
    const mean = await folder({ ...files, '1_Pooling/config.json': { pooling_mode_mean_tokens: true } });
    expect((await open(mean)).identity.key).toMatch(/\/mean$/);
    expect((await open(await folder(files))).identity.key).toMatch(/\/mean$/);
  });

  it('gives token_type_ids and int64 masks to models that want them, and no mask to those that do not', async () => {
    for (const inputs of [['input_ids', 'attention_mask', 'token_type_ids'], ['input_ids']]) {
      const files = { ...bgeFiles(), 'model.onnx': hiddenStateModel(TABLE, DIMS, inputs) };
      const [vector] = await (await open(await folder(files))).embedDocuments(['alpha beta']);
      expectVector(vector, meanOf(idsOf('alpha beta')));
    }
  });
});

describe('text', () => {
  it('cuts long text but keeps the final special token', async () => {
    const embedder = await open(await folder(bgeFiles()), { max_seq: 6 });
    const [long, exact] = await embedder.embedDocuments([
      'alpha beta gamma delta epsilon zeta',
      'alpha beta gamma delta',
    ]);
    expectVector(long, meanOf([...idsOf('alpha beta gamma delta')]));
    expectVector(exact, Array.from(long!));
  });

  it('takes max_seq from engram.json, and never more than the model has positions for', async () => {
    const text = 'alpha beta gamma delta epsilon zeta';
    const own = await open(await folder(bgeFiles({ pooling: 'mean', max_seq: 5 })));
    expectVector((await own.embedDocuments([text]))[0], meanOf(idsOf('alpha beta gamma')));
    const config = { max_position_embeddings: 6, model_type: 'xlm-roberta' };
    const limited = await open(await folder({ ...bgeFiles(), 'config.json': config }));
    expectVector((await limited.embedDocuments([text]))[0], meanOf(idsOf('alpha beta')));
  });

  it('puts the prefixes in front', async () => {
    const settings = { pooling: 'mean', query_prefix: 'query ', document_prefix: 'passage ' };
    const embedder = await open(await folder(bgeFiles(settings)));
    expectVector(await embedder.embedQuery('alpha'), meanOf(idsOf('query alpha')));
    expectVector((await embedder.embedDocuments(['alpha']))[0], meanOf(idsOf('passage alpha')));
  });

  it('embeds 100 KB, one endless word and broken characters', async () => {
    const embedder = await open(await folder(bgeFiles()), { max_seq: 64 });
    const long = 'beta gamma '.repeat(10_000).slice(0, 102_400);
    const texts = [
      long,
      'x'.repeat(102_400),
      '漢'.repeat(34_000),
      `😀${'\uD83D'.repeat(3000)}`,
      '\u0000\u200b',
      '</s> <pad>',
    ];
    const vectors = await embedder.embedDocuments(texts);
    expectVector(vectors[0], meanOf([START, ...Array.from({ length: 62 }, (_, i) => 5 + (i % 2)), END]));
    expectVector(vectors[1], meanOf([START, UNKNOWN, END]));
    expectVector(vectors[2], meanOf([START, UNKNOWN, END]));
    for (const vector of vectors) expect(Math.hypot(...vector)).toBeCloseTo(1, 4);
  });

  it('never gives NaN, even where the model has no direction to give', async () => {
    const warnings: string[] = [];
    const logger: Logger = { ...silentLogger, warn: (_, message) => warnings.push(message) };
    const zeros = { ...bgeFiles(), 'model.onnx': hiddenStateModel(new Float32Array(TABLE.length), DIMS) };
    const embedder = await open(await folder(zeros), { logger });
    const vectors = [...(await embedder.embedDocuments(['', 'alpha'])), await embedder.embedQuery('')];
    for (const vector of vectors) expect(Math.hypot(...vector)).toBeCloseTo(1, 5);
    expect(warnings.length).toBe(1);
  });
});

describe('batches', () => {
  const many = Array.from({ length: 150 }, (_, i) =>
    Array.from({ length: (i * 7) % 23 }, (_, n) => WORDS[(i + n) % 6]).join(' '),
  );

  it('come back in the order asked, whatever their lengths', async () => {
    const { runs, logger } = watching();
    const embedder = await open(await folder(bgeFiles()), { logger, batch_tokens: 200 });
    const vectors = await embedder.embedDocuments(many);
    expect(vectors.length).toBe(many.length);
    for (const [i, text] of many.entries()) expectVector(vectors[i], meanOf(idsOf(text)));
    expect(runs.reduce((sum, { texts }) => sum + texts, 0)).toBe(many.length);
    for (const { texts, tokens } of runs) {
      expect(texts).toBeLessThanOrEqual(32);
      expect(tokens).toBeLessThanOrEqual(200);
    }
    expect(await embedder.embedDocuments([])).toEqual([]);
  });

  it('are shared by calls of the same tick, with queries first', async () => {
    const { runs, logger } = watching();
    const embedder = await open(await folder(bgeFiles()), { logger });
    const order: string[] = [];
    const documents = many.slice(0, 20).map(async (text) => {
      const [vector] = await embedder.embedDocuments([text]);
      order.push('document');
      return vector;
    });
    const queries = ['alpha', 'beta', 'gamma'].map(async (text) => {
      const vector = await embedder.embedQuery(text);
      order.push('query');
      return vector;
    });
    for (const [i, vector] of (await Promise.all(documents)).entries()) expectVector(vector, meanOf(idsOf(many[i]!)));
    expectVector((await Promise.all(queries))[2], meanOf(idsOf('gamma')));
    expect(runs.map(({ texts }) => texts)).toEqual([3, 20]);
    expect(order.slice(0, 3)).toEqual(['query', 'query', 'query']);
  });

  it('are not run for a query asked before; what the caller does to the answer stays with the caller', async () => {
    const { runs, logger } = watching();
    const embedder = await open(await folder(bgeFiles()), { logger, query_cache: 2 });
    const [first, again] = await Promise.all([embedder.embedQuery('alpha'), embedder.embedQuery('alpha')]);
    first.fill(0);
    expectVector(again, meanOf(idsOf('alpha')));
    expectVector(await embedder.embedQuery('alpha'), meanOf(idsOf('alpha')));
    expect(runs.length).toBe(1);
    for (const text of ['beta', 'alpha', 'gamma', 'alpha']) await embedder.embedQuery(text);
    expect(runs.length).toBe(3);
    await embedder.embedQuery('beta');
    expect(runs.length).toBe(4);
  });

  it('stop at close', async () => {
    const embedder = await open(await folder(bgeFiles()));
    const waiting = embedder.embedDocuments(['alpha']);
    const closing = embedder.close();
    await expect(waiting).rejects.toThrow('closed');
    await closing;
    await embedder.close();
    await expect(embedder.embedQuery('alpha')).rejects.toThrow('closed');
  });
});

describe('identity', () => {
  it('changes with the weights, the tokenizer and the prefix, and not with the place', async () => {
    const key = async (files: Parameters<typeof writeModelFolder>[1]) => (await open(await folder(files))).identity.key;
    const first = await key(bgeFiles());
    expect(await key(bgeFiles())).toBe(first);
    expect(await key({ ...bgeFiles(), 'model.onnx': hiddenStateModel(randomTable(14, DIMS, 1), DIMS) })).not.toBe(
      first,
    );
    expect(await key({ ...bgeFiles(), 'tokenizer.json': unigramTokenizer([...WORDS].reverse()) })).not.toBe(first);
    expect(await key(bgeFiles({ pooling: 'mean', document_prefix: 'passage ' }))).not.toBe(first);
    expect(await key(bgeFiles({ pooling: 'mean', revision: 'v3' }))).toBe('bge-toy@v3/8/mean');
  });

  it('prefers the quantized file, unless another is configured', async () => {
    const dir = await folder({ ...bgeFiles(), 'onnx/model_quantized.onnx': 'not a model' });
    expect((await open(dir)).identity.dims).toBe(DIMS);
    await cp(join(dir, 'model.onnx'), join(dir, 'model_quantized.onnx'));
    await writeFile(join(dir, 'model.onnx'), 'broken');
    expect((await open(dir)).identity.dims).toBe(DIMS);
    await expect(open(dir, { onnx_file: 'onnx/model_quantized.onnx' })).rejects.toThrow(ModelError);
  });
});

describe('the toy model of other tests', () => {
  const cosine = (a: Float32Array, b: Float32Array) => a.reduce((sum, x, i) => sum + x * b[i]!, 0);

  it('puts paraphrases near each other and other texts far away', async () => {
    for (const pooling of ['none', 'mean'] as const) {
      const dir = await writeToyModel(join(root, `toy-${pooling}`), { dims: 64, pooling });
      const embedder = await open(dir);
      const [car, pet, unknown] = await embedder.embedDocuments([
        'He bought a large car',
        'The kitten likes the puppy',
        'Quarterly zoning paperwork',
      ]);
      const query = await embedder.embedQuery('huge automobile purchase');
      expect(cosine(query, car!)).toBeGreaterThan(0.9);
      expect(cosine(query, pet!)).toBeLessThan(0.5);
      expect(cosine(query, unknown!)).toBeLessThan(0.5);
      expect(cosine(await embedder.embedQuery('quarterly zoning paperwork'), unknown!)).toBeGreaterThan(0.99);
    }
  });

  it('is the same model every time', async () => {
    const read = async (name: string) =>
      readFile(
        join(
          await writeToyModel(join(root, name), { dims: 16, pooling: 'none', words: ['sun', ['moon', 'luna']] }),
          'model.onnx',
        ),
      );
    expect((await read('same-1')).equals(await read('same-2'))).toBe(true);
  });
});
