// Searching with a reranker, a real small one in its thread: what it brings up, and what happens when it cannot.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { silentLogger } from '../src/core/log.ts';
import type { Reranker } from '../src/core/ports.ts';
import { openWorkerReranker } from '../src/platform/inference/worker-reranker.ts';
import { createTestApp, type TestApp, tempDir } from './support/app.ts';
import { found, idsOf, search, store, storeAll } from './support/memories.ts';
import { writeToyModel, writeToyReranker } from './support/onnx-model.ts';

const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

let toy: Reranker;
/** The toy in a thread that dies of the question "die". */
let mortal: Reranker;
beforeAll(async () => {
  const model_dir = await writeToyReranker(tempDir(), { style: 'bert' });
  toy = await openWorkerReranker({ model_dir, threads: 1, logger: silentLogger });
  const worker = new URL('../src/platform/inference/reranker-worker.ts', import.meta.url).href;
  const entry = join(tempDir(), 'mortal-worker.ts');
  writeFileSync(
    entry,
    `import { parentPort } from 'node:worker_threads';
parentPort.on('message', ({ ask }) => {
  if (ask?.query === 'die car') process.exit(7);
});
await import(${JSON.stringify(worker)});
`,
  );
  mortal = await openWorkerReranker({
    model_dir,
    threads: 1,
    logger: silentLogger,
    backoff_ms: 1,
    entry: pathToFileURL(entry),
  });
});
afterAll(async () => {
  await toy.close();
  await mortal.close();
});

/** Keeps what it is asked; an app that closes leaves the model to the next. */
function borrowed(model: Reranker) {
  const asked: { query: string; texts: readonly string[] }[] = [];
  const reranker: Reranker = {
    name: model.name,
    score(query, texts, signal) {
      asked.push({ query, texts });
      return model.score(query, texts, signal);
    },
    close: async () => {},
  };
  return { asked, reranker };
}
const fake = (score: Reranker['score']): Reranker => ({ name: 'fake@1', score, close: async () => {} });
/** Reads for ever, until it is told to stop. */
const endless = fake(
  (_, __, signal) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
);

let app: TestApp;
let asked: ReturnType<typeof borrowed>['asked'];
/** Closes the app and opens its folder with another reranker or settings. */
async function switchTo(reranker: Reranker | null, env: Record<string, string> = {}): Promise<void> {
  await app.close();
  app = await createTestApp({ dir: app.dir, key: app.key, env, ports: { clock: app.clock, reranker } });
}
beforeEach(async () => {
  const lent = borrowed(toy);
  asked = lent.asked;
  app = await createTestApp({ ports: { reranker: lent.reranker } });
});
afterEach(() => app.close());

const QUERY = 'harbour master car';
/** The words of the question, most of them or all, and nothing else. */
const NOISE = range(25).map((i) => `harbour master ${i % 2 ? 'car park ' : ''}notice number ${i}`);
const BURIED = `Minutes of the meeting in the harbour, ${range(60)
  .map((i) => `item ${i}`)
  .join(', ')}: an automobile and a vehicle`;
/** Knows the buried one. */
const JUDGE = fake(async (_, texts) => texts.map((text) => (text.includes('automobile') ? 0.95 : 0.05)));

describe('what fusion buries', () => {
  it('is brought up from far behind the limit', async () => {
    const [buried] = await storeAll(app, [BURIED, ...range(25).map((i) => `harbour master notice number ${i}`)]);
    const plain = await search(app, { query: QUERY, limit: 40, rerank: false });
    expect(idsOf(plain.results).indexOf(buried!)).toBeGreaterThan(10);
    expect(await found(app, { query: QUERY, limit: 5, rerank: false })).not.toContain(buried);
    expect(asked).toEqual([]);

    const got = await search(app, { query: QUERY, limit: 5 });
    expect(got.results[0]).toMatchObject({ id: buried, reranked: true });
    expect(got.results).toHaveLength(5);
    expect(got.top_score).toBe(got.results[0].score);
    expect(got.results[0].score).toBeGreaterThan(0.9);
    expect(got.results[0].relevance).toBeGreaterThan(0.9);
    expect(got.abstained).toBe(false);
    expect(asked).toHaveLength(1);
    expect(asked[0]).toMatchObject({ query: QUERY, texts: expect.arrayContaining([BURIED]) });
    expect(asked[0]!.texts).toHaveLength(26);
  });

  it('stays there when it lies behind top_k; the scores go on falling', async () => {
    await storeAll(app, [BURIED, ...NOISE]);
    await switchTo(JUDGE, { ENGRAM_RERANKER_TOP_K: '3' });
    const got = (await search(app, { query: QUERY, limit: 30 })).results;
    expect(got).toHaveLength(26);
    expect(got.map((r: { reranked?: boolean }) => r.reranked ?? false)).toEqual(range(26).map((i) => i < 3));
    const plain = await found(app, { query: QUERY, limit: 30, rerank: false });
    expect(idsOf(got).slice(3)).toEqual(plain.slice(3));
    for (const [i, { score }] of got.entries()) {
      expect(score).toBeLessThanOrEqual(got[i - 1]?.score ?? 1);
      expect(score).toBeGreaterThan(0);
    }
  });

  it('comes first in /recall and in /context too', async () => {
    const [buried] = await storeAll(app, [BURIED, ...NOISE]);
    await switchTo(JUDGE);
    const semantic = async (options = {}) =>
      (await search(app, { query: QUERY, limit: 8, ...options }, '/recall')).memories.filter(
        (m: { recall_source: string }) => m.recall_source === 'semantic',
      );
    expect((await semantic())[0].id).toBe(buried);
    expect(idsOf(await semantic({ rerank: false }))).not.toContain(buried);

    const context = await app.call('POST', '/context', { query: QUERY, include_recent: false, semantic_limit: 3 });
    expect(context.body.blocks[0]).toMatchObject({ id: buried, source: 'semantic' });
    expect(context.body.blocks).toHaveLength(3);
    expect(context.body.timing.rerank_ms).toEqual(expect.any(Number));
    expect(context.body.degraded).toEqual(['vector']);
    await switchTo(null);
    const plain = await app.call('POST', '/context', { query: QUERY, include_recent: false, semantic_limit: 3 });
    expect(idsOf(plain.body.blocks)).not.toContain(buried);
    expect(plain.body.timing.rerank_ms).toBeNull();
  });

  it('must pass the threshold with its final score', async () => {
    const [buried] = await storeAll(app, [BURIED, ...NOISE]);
    await switchTo(JUDGE);
    for (const floor of [{ threshold: 0.5 }, { min_score: 0.5 }])
      expect(await found(app, { query: QUERY, ...floor })).toEqual([buried]);
    expect(await found(app, { query: QUERY, threshold: 0.99 })).toEqual([]);
    expect((await search(app, { query: QUERY, threshold: 0.99, rerank: false })).results).not.toEqual([]);
  });
});

describe('POST /search/explain', () => {
  it('shows what the reranker said and what it took', async () => {
    const [buried] = await storeAll(app, [BURIED, ...NOISE.slice(0, 5)]);
    await switchTo(JUDGE, { ENGRAM_RERANKER_TOP_K: '4' });
    const plain = await search(app, { query: QUERY, rerank: false }, '/search/explain');
    expect(plain.pipeline.reranker_applied).toBe(false);
    expect(plain.timings_ms.rerank).toBe(0);
    for (const { scores, score, reranked } of plain.results) {
      expect(scores).toMatchObject({
        reranked: false,
        reranker_ms: null,
        rerank: null,
        fused: expect.closeTo(score, 5),
      });
      expect(reranked).toBeUndefined();
    }
    await switchTo(JUDGE);
    const got = await search(app, { query: QUERY }, '/search/explain');
    expect(got.pipeline.reranker_applied).toBe(true);
    expect(got.timings_ms.rerank).toBeGreaterThan(0);
    expect(got.results[0]).toMatchObject({ id: buried, scores: { rerank: 0.95, reranked: true } });
    expect(got.results[0].scores.reranker_ms).toBe(got.timings_ms.rerank);
    const top = Math.max(...got.results.map((r: { scores: { fused: number } }) => r.scores.fused));
    for (const { scores, score } of got.results)
      expect(score).toBeCloseTo(0.7 * scores.rerank + 0.3 * (scores.fused / top), 5);
  });
});

describe('without its say', () => {
  const counted = async () => /engram_degraded\w*\{[^}]*"rerank"[^}]*\} (\d+)/.exec(await app.metrics.allText())?.[1];

  it('the answer is the fused one, and names it when it was to be had', async () => {
    await storeAll(app, [BURIED, ...NOISE]);
    const plain = await found(app, { query: QUERY, rerank: false });
    const broken = fake(() => Promise.reject(new Error('heap of trouble')));
    for (const [reranker, env] of [
      [endless, { ENGRAM_RERANKER_BUDGET_MS: '10' }],
      [broken, {}],
    ] as const) {
      await switchTo(reranker, env);
      const got = await search(app, QUERY, '/search/explain');
      expect(idsOf(got.results)).toEqual(plain);
      expect(got.degraded).toEqual(['vector', 'rerank']);
      expect(got.pipeline.reranker_applied).toBe(false);
      expect(got.results[0].reranked).toBeUndefined();
      expect(await counted()).toBe('1');
      expect((await search(app, { query: QUERY, rerank: false })).degraded).toEqual(['vector']);
      expect((await search(app, { query: QUERY }, '/recall')).degraded).toEqual(['vector', 'rerank']);
    }
  });

  it('nothing is missing when none is there, unless it is asked for', async () => {
    await storeAll(app, NOISE.slice(0, 3));
    await switchTo(null);
    for (const rerank of [undefined, null, false])
      expect((await search(app, { query: QUERY, rerank })).degraded).toEqual(['vector']);
    expect((await search(app, { query: QUERY, rerank: true })).degraded).toEqual(['vector', 'rerank']);
    expect(await counted()).toBe('1');
    expect((await app.call('POST', '/search', { query: QUERY, rerank: 'yes' })).status).toBe(400);
  });

  it('a blank question, an answer without results and facets go out', async () => {
    await storeAll(app, NOISE.slice(0, 3));
    await search(app, '  ');
    await search(app, 'xylophone');
    await search(app, { query: QUERY }, '/search/faceted');
    expect(asked).toEqual([]);
  });

  it('an answer goes out while its thread is dead, and the next has it again', async () => {
    const ids = await storeAll(app, ['closed on Mondays', 'on Sundays we have a car']);
    await switchTo(borrowed(mortal).reranker);
    expect(await search(app, 'die car')).toMatchObject({ degraded: ['vector', 'rerank'] });
    const got = await search(app, 'car on Sundays');
    expect(got.degraded).toEqual(['vector']);
    expect(got.results[0]).toMatchObject({ id: ids[1], reranked: true });
  });
});

describe('a long memory', () => {
  it('found by meaning is read, and shown, by the piece that fits best', async () => {
    await app.close();
    const lent = borrowed(toy);
    app = await createTestApp({
      env: {
        ENGRAM_EMBEDDING_MODEL_DIR: await writeToyModel(tempDir(), { dims: 64, pooling: 'none' }),
        ENGRAM_EMBEDDING_MODEL: '',
        ENGRAM_EMBEDDING_CHUNK_MAX_CHARS: '400',
        ENGRAM_EMBEDDING_CHUNK_OVERLAP: '40',
      },
      ports: { reranker: lent.reranker },
    });
    const filler = (seed: number) =>
      range(50)
        .map((i) => `Wq${seed}${i} zk${i}.`)
        .join(' ');
    const long = `${filler(1)} The doctor bought a car. ${filler(2)}`;
    const [id, short] = await storeAll(app, [long, 'a physician', ...range(20).map((i) => `zb${i} qn${i}`)]);
    await app.jobs.drain();
    const { results } = await search(app, { query: 'physician purchase automobile', limit: 3 });
    expect(idsOf(results)).toEqual(expect.arrayContaining([id, short]));
    const piece = results.find((r: { id: number }) => r.id === id).highlight;
    expect(piece).toContain('The doctor bought a car.');
    expect(piece.length).toBeLessThanOrEqual(400);
    expect(long).toContain(piece);
    expect(results.find((r: { id: number }) => r.id === short).highlight).toBeUndefined();
    expect(lent.asked[0]!.texts).toContain(piece);
    expect(lent.asked[0]!.texts).not.toContain(long);
  });
});

describe('channels', () => {
  let ids: Record<'words' | 'meaning' | 'both' | 'neighbour', number>;
  beforeEach(async () => {
    const env = {
      ENGRAM_EMBEDDING_MODEL_DIR: await writeToyModel(tempDir(), { dims: 64, pooling: 'none' }),
      ENGRAM_EMBEDDING_MODEL: '',
    };
    await switchTo(null, env);
    const words = await store(app, 'car xylophone');
    const meaning = await store(app, 'a vehicle, an automobile');
    const both = await store(app, 'car');
    const neighbour = await store(app, 'qwz plm');
    const link = { op: 'link', body: { source_id: words, target_id: neighbour, type: 'causes' } };
    expect((await app.call('POST', '/batch', { ops: [link] })).status).toBe(200);
    await storeAll(
      app,
      range(10).map((i) => `zb${i} qn${i}`),
    );
    ids = { words, meaning, both, neighbour };
  });
  const through = async (...channels: string[]) =>
    search(app, { query: 'car', channels, limit: 100 }, '/search/explain');

  it('by words alone leaves out meaning and neighbours', async () => {
    const got = await through('lexical');
    expect(idsOf(got.results).sort()).toEqual([ids.words, ids.both].sort());
    for (const result of got.results) {
      expect(result).toMatchObject({
        search_type: 'lexical',
        channels: ['lexical'],
        scores: { vector: null, graph: null },
      });
      expect(Object.keys(result.ranks)).toEqual(['lexical']);
    }
    expect(got.results[0].score).toBe(1);
    expect(got.pipeline).toMatchObject({ embedded: false, mode: 'lexical', candidates: { vector: 0, edges: 0 } });
    expect(got.degraded).toEqual([]);
  });

  it('by meaning alone orders by the cosine', async () => {
    const got = await through('vector');
    expect(idsOf(got.results).slice(0, 3)).toContain(ids.meaning);
    const cosines = got.results.map((r: { scores: { vector: number } }) => r.scores.vector);
    expect(cosines).toEqual([...cosines].sort((a, b) => b - a));
    for (const result of got.results) expect(result).toMatchObject({ search_type: 'vector', channels: ['vector'] });
    expect(got.results[0].score).toBe(1);
    expect(got.pipeline).toMatchObject({ embedded: true, mode: 'vector', candidates: { lexical: 0, edges: 0 } });
  });

  it('by both mixes them, without a walk', async () => {
    const got = await through('lexical', 'vector');
    expect(got.results[0]).toMatchObject({ id: ids.both, search_type: 'hybrid' });
    expect(idsOf(got.results)).toContain(ids.meaning);
    for (const { channels } of got.results) expect(channels).not.toContain('graph');
    expect(got.pipeline.candidates.edges).toBe(0);
  });

  it('with the graph brings neighbours of what it finds; alone it starts at what the others find', async () => {
    for (const channels of [['lexical', 'graph'], ['graph']]) {
      const got = await through(...channels);
      const neighbour = got.results.find((r: { id: number }) => r.id === ids.neighbour);
      expect(neighbour, channels.join()).toMatchObject({ search_type: 'graph', channels: ['graph'] });
      for (const result of got.results) for (const name of result.channels) expect(channels).toContain(name);
    }
  });

  it('says when meaning was asked for and is not there, and not otherwise', async () => {
    await switchTo(null);
    expect(await through('vector')).toMatchObject({ results: [], degraded: ['vector'] });
    expect(await through('lexical', 'vector')).toMatchObject({ degraded: ['vector'] });
    expect(await through('lexical', 'graph')).toMatchObject({ degraded: [] });
    for (const channels of [[], ['smell'], 'lexical'])
      expect((await app.call('POST', '/search', { query: 'car', channels })).status).toBe(400);
  });
});
