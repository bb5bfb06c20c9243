// Searching by meaning with a real, small model: paraphrases, vectors that follow their memories, and models that fail.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Embedder } from '../src/core/ports.ts';
import { createTestApp, type TestApp, tempDir } from './support/app.ts';
import { found, search, sorted, store, storeAll } from './support/memories.ts';
import { writeToyModel } from './support/onnx-model.ts';

const DIMS = 64;
const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);
const DISTRACTORS = range(200).map((i) => `Zq${i} wkd${i * 7} mnp ${['jrt', 'vbx', 'hgl'][i % 3]} ${i}`);

let model: string;
let otherModel: string;
beforeAll(async () => {
  model = await writeToyModel(tempDir(), { dims: DIMS, pooling: 'none' });
  otherModel = await writeToyModel(tempDir(), { dims: DIMS, pooling: 'none', seed: 2, name: 'other' });
});

let app: TestApp;
const withModel = (folder: string) => ({ ENGRAM_EMBEDDING_MODEL_DIR: folder, ENGRAM_EMBEDDING_MODEL: '' });
/** Closes the app and opens its folder with another model, or other parts. */
async function switchTo(env: Record<string, string>, ports: { embedder?: Embedder | null } = {}): Promise<void> {
  await app.close();
  app = await createTestApp({ dir: app.dir, key: app.key, env, ports: { clock: app.clock, ...ports } });
}
beforeEach(async () => {
  app = await createTestApp({ env: withModel(model) });
});
afterEach(() => app.close());

describe('a paraphrase', () => {
  it('that shares no word is found first among 200 others', async () => {
    const [id] = await storeAll(app, ['I bought an automobile', ...DISTRACTORS]);
    const answer = await search(app, 'purchase of a car');
    expect(answer.results[0]).toMatchObject({ id, search_type: 'vector' });
    expect(answer.results[0].relevance).toBeGreaterThan(0.6);
    expect(answer).toMatchObject({ degraded: [], abstained: false });
  });

  it('is not taken for an answer when nothing is near', async () => {
    await storeAll(app, DISTRACTORS.slice(0, 30));
    const answer = await search(app, 'espresso holiday');
    expect(answer.abstained).toBe(true);
  });

  it('and the exact words together beat each alone', async () => {
    const [both, words, sense] = await storeAll(app, [
      'the physician drove a car',
      'car xylophone',
      'doctor in an automobile',
      ...DISTRACTORS.slice(0, 50),
    ]);
    const order = await found(app, 'doctor with a car');
    expect(sorted(order.slice(0, 3))).toEqual(sorted([both!, words!, sense!]));
    expect(order.indexOf(words!)).toBe(2);
    const explained = await search(app, 'doctor with a car', '/search/explain');
    expect(explained.pipeline).toMatchObject({ embedded: true, mode: 'hybrid' });
    const hit = explained.results.find((r: { id: number }) => r.id === both);
    expect(hit).toMatchObject({
      search_type: 'hybrid',
      scores: { lexical: expect.any(Number), vector: expect.any(Number), graph: expect.any(Number) },
    });
  });

  it('is searched within filters before the cut', async () => {
    await storeAll(
      app,
      range(150).map((i) => `automobile vehicle ${i}`),
    );
    const wanted = await storeAll(
      app,
      range(5).map((i) => ({ content: `vehicle zqw${i} and something else`, tags: ['kept'] })),
    );
    expect(sorted(await found(app, { query: 'car', tags: ['kept'], limit: 5 }))).toEqual(sorted(wanted));
  });

  it('is found though 150 better ones are hidden', async () => {
    const better = await storeAll(
      app,
      range(150).map((i) => `automobile ${i}`),
    );
    const visible = await storeAll(
      app,
      range(10).map((i) => `vehicle with xkcd zqw plm ${i}`),
    );
    await Promise.all(better.map((id, i) => app.call('POST', `/memory/${id}/${i % 2 ? 'archive' : 'forget'}`)));
    expect(sorted(await found(app, 'car'))).toEqual(sorted(visible));
  });

  it('belongs into a context, what is merely nearest does not', async () => {
    const [near] = await storeAll(app, ['I bought an automobile', ...DISTRACTORS.slice(0, 60)]);
    const ask = async (query: string, options = {}) =>
      (
        await app.call('POST', '/context', { query, include_recent: false, min_relevance: 0.4, ...options })
      ).body.blocks.map((block: { id: number }) => block.id);
    expect(await ask('purchase of a car')).toEqual([near]);
    expect(await ask('espresso holiday')).toEqual([]);
    expect(await ask('a car for the holiday', { min_relevance: 0.99 })).toEqual([]);
    expect(await ask('a car for the holiday', { min_relevance: 0 })).toContain(near);
  });

  it('counts as a match for facets only when it is near', async () => {
    const [near] = await storeAll(app, [{ content: 'automobile', tags: ['near'] }, ...DISTRACTORS.slice(0, 40)]);
    const got = await search(app, { query: 'car' }, '/search/faceted');
    expect(got.total_matched).toBe(1);
    expect(got.results[0]).toMatchObject({ memory: { id: near }, search_type: 'vector' });
    expect(got.facets_tags).toEqual([{ value: 'near', count: 1 }]);
  });
});

describe('vectors', () => {
  it('are there when the store answers', async () => {
    const answer = await app.call('POST', '/store', { content: 'I bought an automobile' });
    expect(answer.body.embedded).toBe(true);
    expect((await app.call('GET', '/me/stats')).body.embedded).toBe(1);
  });

  it('survive reopening', async () => {
    const [id] = await storeAll(app, ['I bought an automobile', ...DISTRACTORS.slice(0, 20)]);
    const before = (await search(app, 'purchase car')).results[0];
    await switchTo(withModel(model));
    const after = (await search(app, 'purchase car')).results[0];
    expect(after).toEqual({ ...before, id });
  });

  it('follow an update, also after reopening', async () => {
    const id = await store(app, 'My favourite film is a secret');
    await storeAll(app, DISTRACTORS.slice(0, 20));
    expect((await found(app, 'movie'))[0]).toBe(id);
    const updated = await app.call('POST', `/memory/${id}/update`, { content: 'My favourite holiday is a secret' });
    expect(updated.body.embedded).toBe(true);
    const next = updated.body.new_id;
    for (const round of ['same', 'reopened']) {
      if (round === 'reopened') await switchTo(withModel(model));
      expect((await found(app, 'vacation'))[0], round).toBe(next);
      expect(await found(app, { query: 'movie' }), round).not.toContain(id);
      const near = await search(app, { query: 'movie' });
      expect(near.results.find((r: { id: number }) => r.id === next)?.relevance ?? 0, round).toBeLessThan(0.7);
    }
  });

  it('of what is forgotten find nothing, and find it again once restored', async () => {
    const id = await store(app, 'I bought an automobile');
    await app.call('POST', `/memory/${id}/forget`);
    expect(await found(app, 'purchase car')).toEqual([]);
    expect(await found(app, { query: 'purchase car', include_forgotten: true })).toEqual([id]);
    await app.call('POST', `/memory/${id}/restore`);
    expect(await found(app, 'purchase car')).toEqual([id]);
    await switchTo(withModel(model));
    expect(await found(app, 'purchase car')).toEqual([id]);
  });

  it('go with an erased memory', async () => {
    const id = await store(app, 'I bought an automobile');
    await app.call('DELETE', `/memory/${id}`);
    expect(await found(app, { query: 'purchase car', include_forgotten: true })).toEqual([]);
    expect((await app.call('GET', '/me/stats')).body.embedded).toBe(0);
  });

  it('stay within one user', async () => {
    const other = await app.newUser('eve');
    await store(app, 'I bought an automobile');
    expect((await other('POST', '/search', { query: 'purchase car' })).body.results).toEqual([]);
  });

  it('are found from the moment of storing, by many at once', async () => {
    const answers = await Promise.all(
      range(30).map(async (i) => {
        const id = await store(app, `automobile qz${i}`);
        return (await found(app, { query: 'car', limit: 100 })).includes(id);
      }),
    );
    expect(answers).toEqual(range(30).map(() => true));
  });

  it('given by the caller are taken when they fit, refused when not', async () => {
    const fits = range(DIMS).map((i) => (i === 3 ? 5 : 0));
    const kept = await app.call('POST', '/store', { content: 'my own vector', embedding: fits });
    expect(kept.body.embedded).toBe(true);
    for (const embedding of [[1, 2, 3], [...fits, 1], fits.map(() => 0)]) {
      const refused = await app.call('POST', '/store', { content: `refused ${embedding.length}`, embedding });
      expect(refused.status).toBe(400);
      expect(refused.body.error).toContain('embedding');
      expect((await app.call('POST', `/memory/${kept.body.id}/update`, { content: 'x', embedding })).status).toBe(400);
    }
    expect((await app.call('GET', '/list')).body.results).toHaveLength(1);
  });
});

describe('a model that fails', () => {
  const failing: Embedder = {
    identity: { key: 'failing@1/64/none', name: 'failing', dims: DIMS },
    embedDocuments: () => Promise.reject(new Error('out of memory')),
    embedQuery: () => Promise.reject(new Error('out of memory')),
    cost: 'network',
    close: async () => {},
  };

  it('costs meaning, not the memory; a working one embeds it later', async () => {
    await switchTo({}, { embedder: failing });
    const answer = await app.call('POST', '/store', { content: 'I bought an automobile' });
    expect(answer).toMatchObject({ status: 201, body: { stored: true, embedded: false } });
    expect(await search(app, 'automobile')).toMatchObject({ degraded: ['vector'], results: [{ id: answer.body.id }] });
    await switchTo(withModel(model));
    await app.jobs.drain();
    expect(await search(app, 'purchase car')).toMatchObject({ degraded: [], results: [{ id: answer.body.id }] });
    expect((await app.call('GET', '/me/stats')).body.embedded).toBe(1);
  });

  it('is replaced by another without mixing their vectors', async () => {
    const ids = await storeAll(app, ['I bought an automobile', 'My kitten sleeps']);
    await switchTo(withModel(otherModel));
    await app.jobs.drain();
    expect((await search(app, 'purchase car')).results[0]).toMatchObject({
      id: ids[0],
      search_type: 'vector',
      relevance: expect.any(Number),
    });
    expect((await search(app, 'cat')).results[0].id).toBe(ids[1]);
    expect((await app.call('GET', '/me/stats')).body.embedded).toBe(2);
    // Back again: the first model's vectors are still there, and nothing has to be embedded.
    await switchTo(withModel(model));
    expect((await search(app, 'purchase car')).results[0].id).toBe(ids[0]);
  });

  it('is not compared with vectors of another model before the job has run', async () => {
    await storeAll(app, ['I bought an automobile']);
    const silent: Embedder = {
      identity: { key: 'silent@1/64/none', name: 'silent', dims: DIMS },
      embedDocuments: () => Promise.reject(new Error('busy')),
      embedQuery: async () => Float32Array.from({ length: DIMS }, () => 1 / 8),
      cost: 'network',
      close: async () => {},
    };
    await switchTo({}, { embedder: silent });
    expect(await search(app, 'purchase car')).toMatchObject({ results: [], degraded: ['vector'] });
  });

  it('because its folder is broken is reported, and the app runs without it', async () => {
    for (const folder of brokenFolders()) {
      const without = await createTestApp({ env: withModel(folder) });
      expect(without.meaning.model).toBeNull();
      expect(without.meaning.problem).toContain(folder);
      expect(without.meaning.problem!.length).toBeGreaterThan(folder.length + 20);
      const id = await store(without, 'harbour at night');
      expect(await search(without, 'harbour')).toMatchObject({ degraded: ['vector'], results: [{ id }] });
      await without.close();
    }
  });

  it('because its folder broke leaves the model before it in use, and says so', async () => {
    const [id] = await storeAll(app, ['I bought an automobile']);
    await app.jobs.drain();
    for (const folder of brokenFolders()) {
      await switchTo(withModel(folder));
      expect(app.meaning.problem).toContain(folder);
      expect(await search(app, 'purchase of a car')).toMatchObject({ degraded: [], results: [{ id }] });
      const { embedding } = (await app.call('GET', '/admin/models')).body;
      expect(embedding).toMatchObject({ wanted: folder, problem: expect.stringContaining(folder) });
      expect(embedding.active.dims).toBe(DIMS);
    }
    await switchTo(withModel(model));
    expect(app.meaning.problem).toBeNull();
  });
});

/** One that holds nonsense, one that is not there. */
function brokenFolders(): string[] {
  const broken = tempDir();
  writeFileSync(join(broken, 'tokenizer.json'), '{}');
  writeFileSync(join(broken, 'model.onnx'), 'not a model');
  return [broken, join(broken, 'nowhere')];
}
