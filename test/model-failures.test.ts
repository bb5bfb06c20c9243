// Models that cannot be used: the server comes up, says which file or setting is wrong, and serves with what it has.
import { chmodSync, cpSync, mkdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { FLOAT, INT64, int, message, text, value } from '../models/train/onnx-writer.ts';
import { inspectModel } from '../src/platform/inspect.ts';
import { createTestApp, type TestApp, tempDir } from './support/app.ts';
import { engram } from './support/cli.ts';
import { search, store } from './support/memories.ts';
import { hiddenStateModel, randomTable, writeToyModel, writeToyReranker } from './support/onnx-model.ts';

const DIMS = 64;

/** Good ones, copied and then spoiled. */
let toy: string;
let reranker: string;
beforeAll(async () => {
  toy = await writeToyModel(tempDir(), { dims: DIMS, pooling: 'none' });
  reranker = await writeToyReranker(tempDir(), { style: 'bert' });
});

let app: TestApp;
afterEach(() => app.close());

/** @returns a copy of a model folder with something done to it */
function spoiled(good: string, spoil: (folder: string) => void): string {
  const folder = tempDir();
  cpSync(good, folder, { recursive: true });
  spoil(folder);
  return folder;
}
const cut = (file: string) => (folder: string) => truncateSync(join(folder, file), 3000);
const without = (file: string) => (folder: string) => rmSync(join(folder, file));
const holding = (file: string, content: string | Uint8Array) => (folder: string) =>
  writeFileSync(join(folder, file), content);

const vocabularyAndMore = (folder: string) => {
  const file = join(folder, 'tokenizer.json');
  const tokenizer = JSON.parse(readFileSync(file, 'utf8'));
  const { vocab } = tokenizer.model;
  vocab.zebra = Object.keys(vocab).length;
  writeFileSync(file, JSON.stringify(tokenizer));
};

/** Graphs of a node or two; field numbers from onnx.proto3. */
const graph = (...parts: Uint8Array[]) =>
  Buffer.concat([int(1, 8), message(7, text(2, 'odd'), ...parts), message(8, text(1, ''), int(2, 13))]);
const node = (op: string, inputs: readonly string[], output: string) =>
  message(1, ...inputs.map((input) => text(1, input)), text(2, output), text(4, op));
const ids = value(11, 'input_ids', INT64, ['batch', 'sequence']);

const wholeNumbers = graph(
  node('Identity', ['input_ids'], 'sentence_embedding'),
  ids,
  value(12, 'sentence_embedding', INT64, ['batch', DIMS]),
);
const weightsElsewhere = graph(
  node('Gather', ['table', 'input_ids'], 'last_hidden_state'),
  message(
    5,
    ...[int(1, 2000), int(1, DIMS), int(2, FLOAT), text(8, 'table')],
    message(13, text(1, 'location'), text(2, 'model.onnx_data')),
    int(14, 1),
  ),
  ids,
  value(12, 'last_hidden_state', FLOAT, ['batch', 'sequence', DIMS]),
);

const BY_FOLDER = { ENGRAM_EMBEDDING_MODEL: '' };

async function servesWithoutMeaning(): Promise<void> {
  const ready = await app.call('GET', '/health/ready');
  expect(ready).toMatchObject({ status: 200, body: { status: 'ready', checks: { embedder: 'disabled' } } });
  const stored = await app.call('POST', '/store', { content: 'harbour at night' });
  expect(stored).toMatchObject({ status: 201, body: { embedded: false } });
  expect(await search(app, 'harbour')).toMatchObject({ degraded: ['vector'], results: [{ id: stored.body.id }] });
}

describe('a folder that cannot be used', () => {
  const cases: [string, (folder: string) => void, RegExp, Record<string, string>?][] = [
    ['no tokenizer', without('tokenizer.json'), /\/tokenizer\.json is missing: copy it/],
    ['no ONNX file', without('model.onnx'), /has no ONNX file: put one of model_quantized\.onnx/],
    ['half an ONNX file', cut('model.onnx'), /model\.onnx .*cut short or not a model, copy it again/],
    ['an empty ONNX file', holding('model.onnx', ''), /model\.onnx .*cut short or not a model, copy it again/],
    ['half a tokenizer', cut('tokenizer.json'), /\/tokenizer\.json cannot be used .*copy it again/],
    ['no external data', holding('model.onnx', weightsElsewhere), /model\.onnx_data.* copy/],
    [
      'half the external data',
      (folder) => {
        holding('model.onnx', weightsElsewhere)(folder);
        holding('model.onnx_data', Buffer.alloc(1000))(folder);
        holding('engram.json', '{"pooling":"mean"}')(folder);
      },
      /model\.onnx.* copy/,
    ],
    [
      'a model of images',
      holding('model.onnx', hiddenStateModel(randomTable(2000, DIMS, 1), DIMS, ['input_ids', 'pixel_values'])),
      /model\.onnx takes the inputs input_ids, pixel_values.*use a text embedding model/,
    ],
    ['whole numbers', holding('model.onnx', wholeNumbers), /model\.onnx is int64: export the model with float32/],
    [
      'a tokenizer of another model',
      vocabularyAndMore,
      /model\.onnx does not know every token of its tokenizer\.json.*copy both from one export/,
    ],
    [
      'another length of vectors',
      () => {},
      /64 numbers but ENGRAM_EMBEDDING_DIM says 1024/,
      { ENGRAM_EMBEDDING_DIM: '1024' },
    ],
    [
      'a file that is not there',
      () => {},
      /\/other\.onnx does not exist: correct ENGRAM_EMBEDDING_ONNX_FILE/,
      { ENGRAM_EMBEDDING_ONNX_FILE: 'other.onnx' },
    ],
    [
      'engram.json that is no JSON',
      holding('engram.json', 'name: toy'),
      /\/engram\.json is not a JSON object: repair it/,
    ],
    ['engram.json with a slip', holding('engram.json', '{"poolling":"mean"}'), /\/engram\.json is wrong: .*poolling/],
    [
      'a folder for a file',
      (folder) => {
        rmSync(join(folder, 'engram.json'));
        mkdirSync(join(folder, 'engram.json'));
      },
      /\/engram\.json cannot be read \(EISDIR\)/,
    ],
    [
      'a tokenizer that is a folder',
      (folder) => {
        rmSync(join(folder, 'tokenizer.json'));
        mkdirSync(join(folder, 'tokenizer.json'));
      },
      /\/tokenizer\.json cannot be read \(EISDIR\)/,
    ],
  ];

  it.each(cases)('%s', async (_, spoil, message, env = {}) => {
    const folder = spoiled(toy, spoil);
    app = await createTestApp({ env: { ...BY_FOLDER, ENGRAM_EMBEDDING_MODEL_DIR: folder, ...env } });
    const { embedding } = (await app.call('GET', '/admin/models')).body;
    expect(embedding).toMatchObject({ active: null, wanted: folder, problem: expect.stringMatching(message) });
    await servesWithoutMeaning();
    const examined = await inspectModel(
      { kind: 'folder', dir: folder, onnx_file: env.ENGRAM_EMBEDDING_ONNX_FILE ?? null },
      { models_dir: '', max_seq: null, dim: env.ENGRAM_EMBEDDING_DIM ? 1024 : null },
    );
    expect(examined).toEqual({ problem: embedding.problem });
  });

  it('that is a file', async () => {
    const file = join(toy, 'model.onnx');
    app = await createTestApp({ env: { ...BY_FOLDER, ENGRAM_EMBEDDING_MODEL_DIR: file } });
    expect(app.meaning.problem).toContain(`${file} is a file: point the model setting at a folder`);
    await servesWithoutMeaning();
  });

  // Root may read everything.
  it.skipIf(process.getuid?.() === 0)('that may not be looked into', async () => {
    const folder = spoiled(toy, (it) => chmodSync(it, 0));
    app = await createTestApp({ env: { ...BY_FOLDER, ENGRAM_EMBEDDING_MODEL_DIR: folder } });
    chmodSync(folder, 0o700);
    expect(app.meaning.problem).toMatch(/cannot be read \(EACCES\): give this user the right to/);
    await servesWithoutMeaning();
  });

  it('is told by doctor in the same words', async () => {
    const folder = spoiled(toy, cut('model.onnx'));
    app = await createTestApp({ env: { ...BY_FOLDER, ENGRAM_EMBEDDING_MODEL_DIR: folder } });
    const { out, code } = await engram(['doctor', '--json'], {
      env: { ENGRAM_DATA_DIR: tempDir(), ENGRAM_PORT: '0', ENGRAM_EMBEDDING_MODEL_DIR: folder },
    });
    expect(code).toBe(1);
    const check = JSON.parse(out).checks.find(({ name }: { name: string }) => name === 'models');
    expect(check).toMatchObject({ state: 'broken', found: app.meaning.problem });
  });
});

/** A folder of downloaded models with good ones and bad ones in it. */
function modelsFolder(): string {
  const models = tempDir();
  cpSync(toy, join(models, 'good'), { recursive: true });
  writeFileSync(join(models, 'good', 'engram.json'), '{"name":"good","pooling":"none"}');
  cpSync(spoiled(toy, cut('model.onnx')), join(models, 'half'), { recursive: true });
  cpSync(spoiled(toy, vocabularyAndMore), join(models, 'mixed'), { recursive: true });
  cpSync(reranker, join(models, 'judge'), { recursive: true });
  writeFileSync(join(models, 'judge', 'engram.json'), '{"name":"judge"}');
  cpSync(spoiled(reranker, cut('model.onnx')), join(models, 'half-judge'), { recursive: true });
  return models;
}
const use = (name: string, kind?: string) => app.call('POST', '/admin/models/use', { name, kind });
const overview = async () => (await app.call('GET', '/admin/models')).body;
const reopen = async (env: Record<string, string>): Promise<void> => {
  await app.close();
  app = await createTestApp({ dir: app.dir, key: app.key, env, ports: { clock: app.clock } });
};

describe('choosing a model that is broken', () => {
  it('is refused with the sentence, and leaves everything as it was', async () => {
    const models = modelsFolder();
    const env = { ...BY_FOLDER, ENGRAM_MODELS_DIR: models };
    app = await createTestApp({ env });
    expect((await use('good')).status).toBe(200);
    const id = await store(app, 'I bought an automobile');
    await app.jobs.drain();
    const before = await overview();
    for (const [name, sentence] of [
      ['half', /model\.onnx .*cut short/],
      ['mixed', /does not know every token/],
    ] as const) {
      const answer = await use(name);
      expect(answer).toMatchObject({ status: 409, body: { code: 'model_unusable' } });
      expect(answer.body.error).toMatch(sentence);
      expect(answer.body.error).toContain(join(models, name));
      expect(await overview()).toEqual(before);
      expect(await search(app, 'purchase of a car')).toMatchObject({ degraded: [], results: [{ id }] });
    }
    await reopen(env);
    expect((await overview()).embedding).toEqual(before.embedding);
  });

  it('while another is on its way does not stop that one', async () => {
    const models = modelsFolder();
    const env = { ...BY_FOLDER, ENGRAM_MODELS_DIR: models };
    app = await createTestApp({ env });
    await store(app, 'I bought an automobile');
    await app.jobs.drain();
    expect((await use('good')).status).toBe(200);
    expect((await use('half')).status).toBe(409);
    expect((await overview()).embedding).toMatchObject({ wanted: 'good', problem: null });
    await app.jobs.drain();
    expect((await overview()).embedding).toMatchObject({ active: { name: 'good' }, wanted: 'good', problem: null });
  });
});

describe('a reranker', () => {
  const MEMORIES = ['closed on Mondays', 'on Sundays we have a car'];
  const ranks = async (extra: string[] = []) => {
    const { degraded, results } = await search(app, 'car on Sundays');
    expect(degraded).toEqual(['vector', ...extra]);
    return results[0].reranked ?? false;
  };

  it('in a broken folder is named, and the others rank', async () => {
    const folder = spoiled(reranker, cut('model.onnx'));
    app = await createTestApp({ env: { ENGRAM_RERANKER_MODEL_DIR: folder } });
    const found = (await overview()).reranker;
    expect(found).toMatchObject({ active: null, wanted: folder, decided_by: 'setting' });
    expect(found.problem).toContain(join(folder, 'model.onnx'));
    expect((await app.call('GET', '/health/ready')).status).toBe(200);
    for (const content of MEMORIES) await store(app, content);
    expect(await ranks()).toBe(false);
  });

  it('chosen and broken is refused, and the one in use stays, also after the next start', async () => {
    const models = modelsFolder();
    const env = { ENGRAM_MODELS_DIR: models };
    app = await createTestApp({ env });
    for (const content of MEMORIES) await store(app, content);
    expect((await use('judge', 'reranker')).body).toMatchObject({ active: true, kind: 'reranker' });
    const before = (await overview()).reranker;
    const refused = await use('half-judge', 'reranker');
    expect(refused).toMatchObject({ status: 409, body: { code: 'model_unusable' } });
    expect(refused.body.error).toContain(join(models, 'half-judge', 'model.onnx'));
    expect((await overview()).reranker).toEqual(before);
    expect(await ranks()).toBe(true);
    await reopen(env);
    expect((await overview()).reranker).toEqual(before);
    expect(await ranks()).toBe(true);

    expect((await use('none', 'reranker')).body).toMatchObject({ name: 'none', kind: 'reranker', active: true });
    expect((await overview()).reranker).toMatchObject({ active: null, wanted: null, problem: null });
    expect(await ranks()).toBe(false);
    await reopen(env);
    expect((await overview()).reranker).toMatchObject({ active: null, wanted: null, decided_by: 'choice' });
  });

  it('that is turned off cannot be chosen', async () => {
    app = await createTestApp({ env: { ENGRAM_MODELS_DIR: modelsFolder(), ENGRAM_RERANKER_ENABLED: '0' } });
    const answer = await use('judge', 'reranker');
    expect(answer).toMatchObject({ status: 409, body: { code: 'setting_decides' } });
    expect(answer.body.error).toContain('ENGRAM_RERANKER_ENABLED');
    expect((await overview()).reranker).toMatchObject({ active: null, wanted: null, decided_by: 'setting' });
  });
});

describe('a vector of the caller while another model is on its way', () => {
  it('must fit the model in use, and the memory is embedded for the other by its text', async () => {
    app = await createTestApp({ env: { ...BY_FOLDER, ENGRAM_MODELS_DIR: modelsFolder() } });
    await store(app, 'My kitten sleeps');
    await app.jobs.drain();
    const before = app.meaning.model!;
    expect((await use('good')).body.reembed).toMatchObject({ from: before.key });
    const fits = Array.from({ length: before.dims }, (_, i) => (i === 3 ? 5 : 0));
    const refused = async (embedding: unknown) => {
      const { status, body } = await app.call('POST', '/store', { content: 'my own vector', embedding });
      expect(status).toBe(400);
      return body.error;
    };
    expect(await refused(fits.slice(0, DIMS))).toContain(`has ${DIMS} numbers; the model in use has ${before.dims}`);
    expect(await refused(fits.map(() => 0))).toContain('not all zero');
    expect(await refused(fits.map(() => Number.NaN))).toContain('embedding');
    expect(await refused(fits.map(() => 1e308))).toContain('finite numbers');
    const kept = await app.call('POST', '/store', { content: 'I bought an automobile', embedding: fits });
    expect(kept).toMatchObject({ status: 201, body: { embedded: true } });
    await app.jobs.drain();
    expect(app.meaning.model).toMatchObject({ name: 'good', dims: DIMS });
    const { results, degraded } = await search(app, { query: 'purchase of a car', channels: ['vector'] });
    expect(degraded).toEqual([]);
    expect(results[0].id).toBe(kept.body.id);
  });
});

describe('the list of downloaded models', () => {
  it('that somebody spoiled keeps nobody from seeing and choosing models', async () => {
    const models = modelsFolder();
    writeFileSync(join(models, 'models.lock.json'), '{"version":');
    app = await createTestApp({ env: { ...BY_FOLDER, ENGRAM_MODELS_DIR: models } });
    const seen = await app.call('GET', '/admin/models');
    expect(seen.status, JSON.stringify(seen.body)).toBe(200);
    expect((await use('none')).status).toBe(200);
  });
});

describe('settings', () => {
  const refused = async (env: Record<string, string>): Promise<string> =>
    createTestApp({ env }).then(
      () => 'accepted',
      (error: Error) => error.message,
    );

  it('that contradict each other are named before anything starts', async () => {
    app = await createTestApp();
    expect(await refused({ ENGRAM_EMBEDDING_MODEL: '', ENGRAM_EMBEDDING_URL: 'http://127.0.0.1:1' })).toMatch(
      /ENGRAM_EMBEDDING_URL is set, so ENGRAM_EMBEDDING_MODEL must name the model/,
    );
    expect(await refused({ ENGRAM_EMBEDDING_CHUNK_MAX_CHARS: '400', ENGRAM_EMBEDDING_CHUNK_OVERLAP: '201' })).toMatch(
      /ENGRAM_EMBEDDING_CHUNK_OVERLAP may be at most half/,
    );
    expect(await refused({ ENGRAM_MODEL_HUB: 'ftp://x' })).toMatch(
      /ENGRAM_MODEL_HUB: "ftp:\/\/x" is not allowed; expected an http:\/\/, https:\/\/ or file:\/\/ address/,
    );
  });

  it('a folder for models that cannot be written to is named by pull', async () => {
    app = await createTestApp();
    const models = join(tempDir(), 'models');
    writeFileSync(models, 'a file');
    const { code, err } = await engram(['models', 'pull', 'bge-small-en'], {
      env: { ENGRAM_DATA_DIR: tempDir(), ENGRAM_MODELS_DIR: models, ENGRAM_MODEL_HUB: 'file:///nowhere' },
    });
    expect(code).not.toBe(0);
    expect(err).toContain(models);
    expect(err).toContain('set ENGRAM_MODELS_DIR to another folder');
    expect((await overview()).models.length).toBeGreaterThan(0);
  });
});
