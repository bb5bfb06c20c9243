// Changing the embedding model while the server runs: searches go on, nothing is mixed, a crash only interrupts.
import { renameSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createTestApp, type TestApp, tempDir } from './support/app.ts';
import { search, storeAll } from './support/memories.ts';
import { writeToyModel } from './support/onnx-model.ts';

const DIMS = 64;
const TEXTS = ['I bought an automobile', 'My kitten sleeps', 'espresso before work'];

/** Folder of downloaded models, shared by all tests here: `first` and `second` know the same words, in other vectors. */
let models: string;
beforeAll(async () => {
  models = tempDir();
  for (const [name, seed] of [
    ['first', 1],
    ['second', 2],
  ] as const)
    renameSync(await writeToyModel(tempDir(), { dims: DIMS, pooling: 'none', seed, name }), join(models, name));
});

let app: TestApp;
const settings = (more: Record<string, string> = {}) => ({
  ENGRAM_EMBEDDING_MODEL: '',
  ENGRAM_MODELS_DIR: models,
  ...more,
});
const reopen = async (more: Record<string, string> = {}): Promise<void> => {
  await app.close();
  app = await createTestApp({ dir: app.dir, key: app.key, env: settings(more), ports: { clock: app.clock } });
};
const use = (name: string, kind?: string) => app.call('POST', '/admin/models/use', { name, kind });
const findsCar = async (id: number): Promise<void> => {
  const { results, degraded } = await search(app, 'purchase of a car');
  expect({ first: results[0], degraded }).toMatchObject({ first: { id, search_type: 'vector' }, degraded: [] });
};
const overview = async () => (await app.call('GET', '/admin/models')).body;
const progress = async () => (await app.call('GET', '/admin/reembed')).body;

beforeEach(async () => {
  app = await createTestApp({ env: settings() });
  expect((await use('first')).status).toBe(200);
  await app.jobs.drain();
});
afterEach(() => app.close());

describe('choosing another model', () => {
  it('searches with the old one until every memory has its new vector, then changes at once', async () => {
    const [car] = await storeAll(app, TEXTS);
    const before = await overview();
    expect(before.embedding).toMatchObject({
      active: { name: 'first', dims: DIMS },
      wanted: 'first',
      decided_by: 'choice',
    });
    // The inference lane takes one job at a time and this one has not begun: the answer comes before the change.
    const answer = await use('second');
    expect(answer.body.reembed).toMatchObject({ from: before.embedding.active.key, total: 3 });
    await findsCar(car!);
    await app.jobs.drain();
    const after = await overview();
    expect(after.embedding.active).toMatchObject({ name: 'second' });
    expect(after.reembed).toMatchObject({
      state: 'idle',
      from: after.embedding.active.key,
      to: null,
      done: 3,
      total: 3,
      percent: 100,
      error: null,
    });
    await findsCar(car!);
    expect(after.vectors.map((v: { memories: number }) => v.memories)).toEqual([3, 3]);
  });

  it('takes in what is stored meanwhile', async () => {
    await storeAll(app, TEXTS);
    await use('second');
    const [late] = await storeAll(app, ['the physician drove away']);
    await app.jobs.drain();
    expect((await overview()).embedding.active.name).toBe('second');
    expect((await search(app, 'doctor')).results[0]).toMatchObject({ id: late });
    expect((await app.call('GET', '/me/stats')).body.embedded).toBe(4);
  });

  it('back again needs no embedding of what the old model knows', async () => {
    await storeAll(app, TEXTS);
    await use('second');
    await app.jobs.drain();
    await storeAll(app, ['the physician drove away']);
    expect((await use('first')).body.reembed).toMatchObject({ done: 3, total: 4 });
    await app.jobs.drain();
    expect((await overview()).embedding.active.name).toBe('first');
    expect((await search(app, 'doctor')).results[0].content).toBe('the physician drove away');
  });

  it('is remembered by the next start', async () => {
    const [car] = await storeAll(app, TEXTS);
    await use('second');
    await app.jobs.drain();
    await reopen();
    expect((await overview()).embedding).toMatchObject({
      active: { name: 'second' },
      decided_by: 'choice',
      problem: null,
    });
    await findsCar(car!);
  });

  it('interrupted in the middle goes on after the next start, with the old one in use until then', async () => {
    const [car] = await storeAll(app, TEXTS);
    const { dir, key, clock } = app;
    // A process that dies now leaves this behind: the choice, and no vector of the new model.
    await app.database.atomically(async ({ db }) => {
      const row = { key: 'embedding.chosen', value: 'second', updated_at: '2026-03-02 12:00:00' };
      await db
        .insertInto('app_state')
        .values(row)
        .onConflict((oc) => oc.column('key').doUpdateSet(row))
        .execute();
    });
    await app.close();
    app = await createTestApp({ dir, key, env: settings(), ports: { clock } });
    await findsCar(car!);
    await app.jobs.drain();
    expect((await overview()).embedding).toMatchObject({ active: { name: 'second' }, wanted: 'second' });
    await findsCar(car!);
  });

  it('off and on again', async () => {
    const [car] = await storeAll(app, TEXTS);
    expect((await use('none')).body).toMatchObject({ name: 'none', kind: 'embedding', active: true });
    expect((await search(app, 'automobile')).degraded).toEqual(['vector']);
    expect((await app.call('GET', '/health')).body.embedding_model).toBeNull();
    expect((await use('first')).body.active).toBe(true);
    await findsCar(car!);
    expect((await app.call('GET', '/admin/embedding-info')).body).toEqual({
      model: 'first',
      dimensions: DIMS,
      ready: true,
    });
  });
});

describe('embedding again', () => {
  it('replaces every vector and says how many', async () => {
    await storeAll(app, TEXTS);
    app.clock.advance(60_000);
    const answer = await app.call('POST', '/admin/reembed');
    expect(answer).toMatchObject({
      status: 200,
      body: { cleared: 3, queued: 3, reembed: { from: expect.any(String) } },
    });
    await app.jobs.drain();
    const made = await app.database.reader.db.selectFrom('memory_vectors').select('created_at').execute();
    expect(made.map((row) => row.created_at)).toEqual(Array(3).fill('2026-03-02 12:01:00'));
    expect(await progress()).toMatchObject({ state: 'idle', done: 3, total: 3 });
  });

  it('of one user leaves the others alone', async () => {
    const other = await app.newUser('other');
    await storeAll(app, TEXTS);
    const { body } = await other('POST', '/store', { content: 'a garden' });
    app.clock.advance(60_000);
    expect((await app.call('POST', '/admin/reembed', { user_id: 1 })).body).toMatchObject({ cleared: 3, queued: 3 });
    await app.jobs.drain();
    const rows = await app.database.reader.db
      .selectFrom('memory_vectors')
      .select(['memory_id', 'created_at'])
      .execute();
    expect(rows.filter((row) => row.created_at === '2026-03-02 12:00:00')).toEqual([
      expect.objectContaining({ memory_id: body.id }),
    ]);
  });

  it('needs a model and the scope of an administrator', async () => {
    const reader = await app.newUser('reader');
    expect((await reader('POST', '/admin/reembed')).status).toBe(403);
    expect((await reader('GET', '/admin/models')).status).toBe(403);
    await use('none');
    expect(await app.call('POST', '/admin/reembed')).toMatchObject({ status: 409, body: { code: 'no_model' } });
  });
});

describe('what cannot be', () => {
  it('a name nobody knows, and one that is not installed', async () => {
    expect(await use('secnd')).toMatchObject({ status: 404, body: { code: 'model_not_found' } });
    const known = await use('bge-m3');
    expect(known.status).toBe(404);
    expect(known.body.error).toContain('engram models pull bge-m3');
    expect(await use('engram-mini', 'reranker')).toMatchObject({ status: 400 });
    expect((await overview()).embedding.active.name).toBe('first');
  });

  it('a choice where a setting decides', async () => {
    await reopen({ ENGRAM_EMBEDDING_MODEL: 'first' });
    const answer = await use('second');
    expect(answer).toMatchObject({ status: 409, body: { code: 'setting_decides' } });
    expect(answer.body.error).toContain('ENGRAM_EMBEDDING_MODEL');
  });

  it('forgetting the vectors of a model in use', async () => {
    await storeAll(app, TEXTS);
    expect(await app.call('POST', '/admin/models/forget', { name: 'first' })).toMatchObject({
      status: 409,
      body: { code: 'model_in_use' },
    });
    await use('second');
    await app.jobs.drain();
    expect((await app.call('POST', '/admin/models/forget', { name: 'first' })).body).toEqual({
      name: 'first',
      vectors: 3,
    });
    expect((await overview()).vectors).toEqual([
      expect.objectContaining({ memories: 3, vectors: 3, bytes: 3 * DIMS * 4 }),
    ]);
  });
});
