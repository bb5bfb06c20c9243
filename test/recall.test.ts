// The other views on search: /recall, /search/explain, /search/faceted and the bare array of the SDKs.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTestApp, type TestApp } from './support/app.ts';
import { idsOf, search, sorted, store, storeAll } from './support/memories.ts';

let app: TestApp;
beforeEach(async () => {
  app = await createTestApp();
});
afterEach(() => app.close());

const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);
const total = (counts: Record<string, number>): number => Object.values(counts).reduce((a, b) => a + b, 0);

describe('POST /recall', () => {
  it('brings permanent facts, what fits, what matters and what is new, each once', async () => {
    const [fact, fits, matters] = await storeAll(app, [
      { content: 'The user is allergic to nuts', is_static: true },
      'The harbour is deep',
      { content: 'Never deploy on Fridays', importance: 9 },
      ...range(30).map((i) => `small talk ${i}`),
    ]);
    const got = await search(app, { query: 'harbour' }, '/recall');
    const source = (id: number) => got.memories.find((m: { id: number }) => m.id === id)?.recall_source;
    expect([source(fact!), source(fits!), source(matters!)]).toEqual(['static', 'semantic', 'important']);
    expect(new Set(idsOf(got.memories)).size).toBe(got.memories.length);
    expect(got.memories).toHaveLength(20);
    expect(got.count).toBe(20);
    expect(total(got.breakdown)).toBe(20);
    expect(got.breakdown).toMatchObject({ static: 1, semantic: 1, important: 1, recent: 17 });
    expect(got.results).toEqual(got.memories);
    for (const memory of got.memories) {
      expect(memory).toMatchObject({
        content: expect.any(String),
        category: 'general',
        tags: [],
        recall_score: expect.any(Number),
      });
      expect(memory.recall_score).toBeGreaterThanOrEqual(0);
      expect(memory.recall_score).toBeLessThanOrEqual(1);
    }
  });

  it('keeps room for what fits, however many facts there are, and fills what is left', async () => {
    await storeAll(
      app,
      range(30).map((i) => ({ content: `fact ${i}`, is_static: true })),
    );
    const fits = await storeAll(
      app,
      range(4).map((i) => `harbour ${i}`),
    );
    const got = await search(app, { query: 'harbour', limit: 8 }, '/recall');
    expect(got.memories).toHaveLength(8);
    expect(
      sorted(idsOf(got.memories.filter((m: { recall_source: string }) => m.recall_source === 'semantic'))),
    ).toEqual(sorted(fits));
    const facts = await search(app, { query: 'nothing fits this', limit: 8 }, '/recall');
    expect(facts.breakdown).toMatchObject({ semantic: 0 });
    expect(facts.count).toBe(8);
  });

  it('works without a question, from the text in context, and without a body', async () => {
    const [, fits] = await storeAll(app, ['small talk', 'The harbour is deep']);
    expect((await search(app, { context: 'about the harbour' }, '/recall')).memories[0]).toMatchObject({
      id: fits,
      recall_source: 'semantic',
    });
    expect((await search(app, { query: 'harbour', context: 'talk' }, '/recall')).breakdown.semantic).toBe(1);
    expect((await search(app, { query: '  ', context: 'harbour' }, '/recall')).breakdown.semantic).toBe(1);
    const bare = await app.call('POST', '/recall');
    expect(bare.body).toMatchObject({ count: 2, breakdown: { semantic: 0, recent: 2 }, degraded: [] });
  });

  it('holds filters and hides what is hidden', async () => {
    const space = (await app.call('POST', '/spaces', { name: 'work' })).body.id;
    const [gone, kept, tagged, elsewhere] = await storeAll(app, [
      { content: 'harbour one', is_static: true, importance: 9 },
      'harbour two',
      { content: 'harbour three', tags: ['t'] },
      { content: 'harbour four', space_id: space },
      { content: 'harbour five', status: 'pending', importance: 10, is_static: true },
      { content: 'harbour six', forget_after: '2026-01-01', importance: 10, is_static: true },
    ]);
    await app.call('POST', `/memory/${gone}/archive`);
    const ids = async (request: object) =>
      sorted(idsOf((await search(app, { query: 'harbour', ...request }, '/recall')).memories));
    expect(await ids({})).toEqual([kept, tagged, elsewhere]);
    expect(await ids({ tags: ['T'] })).toEqual([tagged]);
    expect(await ids({ space_id: space })).toEqual([elsewhere]);
    expect(await ids({ limit: 1 })).toHaveLength(1);
  });

  it('takes at most 100', async () => {
    await storeAll(
      app,
      range(110).map((i) => `small talk ${i}`),
    );
    expect((await search(app, { query: 'talk', limit: 500 }, '/recall')).count).toBe(100);
  });
});

describe('POST /search/explain', () => {
  it('carries every key of parity case C26', async () => {
    await storeAll(app, ['The harbour is deep and cold', 'The lake is cold']);
    const got = await search(app, { query: 'deep harbour', limit: 5 }, '/search/explain');
    const [first] = got.results;
    expect(Object.keys(first.scores).sort()).toEqual([
      'fused',
      'graph',
      'lexical',
      'personality',
      'rerank',
      'reranked',
      'reranker_ms',
      'temporal_boost',
      'vector',
    ]);
    expect(first.scores).toMatchObject({
      vector: null,
      personality: null,
      temporal_boost: null,
      reranked: false,
      reranker_ms: null,
    });
    for (const key of ['embed', 'hybrid', 'rerank', 'total']) expect(got.timings_ms[key]).toBeGreaterThanOrEqual(0);
    expect(got.timings_ms.total).toBeGreaterThanOrEqual(got.timings_ms.hybrid);
    expect(got.pipeline).toMatchObject({
      embedded: false,
      reranker_applied: false,
      mode: 'lexical',
      candidates: { lexical: 1, vector: 0, edges: 0 },
    });
    expect(got.count).toBe(got.results.length);
    expect(got.degraded).toEqual(['vector']);
  });

  it('adds up to the score, and ranks as /search does', async () => {
    await storeAll(app, [
      { content: 'Anna: harbour in May', session_id: 's', occurred_at: '2023-05-04', importance: 9 },
      { content: 'Ben: yes indeed', session_id: 's' },
      { content: 'harbour harbour', is_static: true },
      { content: 'a deep harbour', occurred_at: '2001-01-01' },
    ]);
    const query = 'what did Anna say about the harbour in May 2023';
    const got = await search(app, query, '/search/explain');
    expect(idsOf(got.results)).toEqual(idsOf((await search(app, query)).results));
    type Part = { rank: number; score: number; weight: number };
    const weights = new Map<string, number>(
      got.results.flatMap((r: { ranks: Record<string, Part> }) =>
        Object.entries(r.ranks).map(([c, { weight }]) => [c, weight]),
      ),
    );
    const best = [...weights.values()].reduce((sum, weight) => sum + weight / 61, 0);
    for (const { ranks, scores, score, multipliers } of got.results) {
      const sum = (Object.values(ranks) as Part[]).reduce((s, { rank, weight }) => s + weight / (60 + rank), 0);
      expect(score).toBeCloseTo(sum / best, 5);
      expect(scores.fused).toBeCloseTo(score, 5);
      expect(scores.graph).toBe(ranks.graph.score);
      expect(scores.temporal_boost).toBe(multipliers.period);
    }
    expect(got.results[0].multipliers.author).toBe(1.5);
    expect(got.results[0].multipliers.period).toBeGreaterThan(1);
  });

  it('to a blank query is empty', async () => {
    await store(app, 'harbour');
    expect(await search(app, '', '/search/explain')).toMatchObject({ results: [], count: 0 });
  });
});

describe('POST /search/faceted', () => {
  const seed = () =>
    storeAll(app, [
      {
        content: 'harbour a',
        tags: ['sea', 'north'],
        category: 'place',
        source: 'anna',
        importance: 2,
        occurred_at: '2020-01-10 23:59:59',
      },
      {
        content: 'harbour b',
        tags: ['sea', 'south'],
        category: 'place',
        source: 'ben',
        importance: 5,
        occurred_at: '2020-01-11 00:00:00',
      },
      {
        content: 'harbour c',
        tags: ['sea', 'north', 'cold'],
        category: 'trip',
        source: 'anna',
        importance: 8,
        occurred_at: '2020-02-01',
      },
      { content: 'harbour d', category: 'trip', source: 'anna', importance: 10, occurred_at: '2021-01-01' },
      {
        content: 'mountain e',
        tags: ['north'],
        category: 'place',
        source: 'anna',
        importance: 5,
        occurred_at: '2020-01-05',
      },
    ]);
  const faceted = (request: object) => search(app, request as Record<string, unknown>, '/search/faceted');
  const memoryIds = (got: { results: { memory: { id: number } }[] }) => sorted(got.results.map((r) => r.memory.id));

  it('counts labels over what matched', async () => {
    const ids = await seed();
    const got = await faceted({ query: 'harbour' });
    expect(memoryIds(got)).toEqual(ids.slice(0, 4));
    expect(got.total_matched).toBe(4);
    expect(got.facets_tags).toEqual([
      { value: 'sea', count: 3 },
      { value: 'north', count: 2 },
      { value: 'cold', count: 1 },
      { value: 'south', count: 1 },
    ]);
    expect(got.facets_categories).toEqual([
      { value: 'place', count: 2 },
      { value: 'trip', count: 2 },
    ]);
    expect(got.facets_sources).toEqual([
      { value: 'anna', count: 3 },
      { value: 'ben', count: 1 },
    ]);
    expect(sorted(got.facets_importance.map((f: { value: string }) => Number(f.value)))).toEqual([2, 5, 8, 10]);
    expect(got.tag_cooccurrence).toEqual([
      { tag_a: 'north', tag_b: 'sea', count: 2 },
      { tag_a: 'cold', tag_b: 'north', count: 1 },
      { tag_a: 'cold', tag_b: 'sea', count: 1 },
      { tag_a: 'sea', tag_b: 'south', count: 1 },
    ]);
    expect(got.degraded).toEqual(['vector']);
    expect(got.results[0]).toMatchObject({
      memory: { content: expect.stringContaining('harbour') },
      score: 1,
      search_type: 'lexical',
    });
  });

  it.each([1, 10])('counts everything that matched, not the page of %d', async (limit) => {
    await storeAll(
      app,
      range(750).map((i) => ({ content: `harbour ${i}`, tags: [i % 3 ? 'two-thirds' : 'third'] })),
    );
    for (const query of ['harbour', '']) {
      const got = await faceted({ query, limit });
      expect(got.results).toHaveLength(limit);
      expect(got.total_matched).toBe(750);
      expect(got.facets_tags).toEqual([
        { value: 'two-thirds', count: 500 },
        { value: 'third', count: 250 },
      ]);
    }
  });

  it.each<[string, object, number[]]>([
    ['tags_all', { tags_all: ['sea', 'NORTH'] }, [0, 2]],
    ['tags_any', { tags_any: ['cold', 'south'] }, [1, 2]],
    ['tags_none', { tags_none: ['sea'] }, [3, 4]],
    ['all three', { tags_all: ['sea'], tags_any: ['cold', 'south'], tags_none: ['cold'] }, [1]],
    ['importance_min', { importance_min: 8 }, [2, 3]],
    ['importance_max', { importance_max: 2 }, [0]],
    ['importance range', { importance_min: 5, importance_max: 8 }, [1, 2, 4]],
    ['date_to, all of that day', { date_to: '2020-01-10' }, [0, 4]],
    ['date_from', { date_from: '2020-01-11' }, [1, 2, 3]],
    ['date range', { date_from: '2020-01-10', date_to: '2020-02-01' }, [0, 1, 2]],
    ['date_to with a time', { date_to: '2020-01-10 12:00:00' }, [4]],
    ['category', { category: 'PLACE' }, [0, 1, 4]],
    ['source', { source: 'Ben' }, [1]],
    ['an empty list, which asks for nothing', { tags_all: [], tags_any: [], tags_none: [] }, [0, 1, 2, 3, 4]],
  ])('filters, with and without words: %s', async (_name, filter, expected) => {
    const ids = await seed();
    const without = await faceted(filter);
    expect(memoryIds(without)).toEqual(expected.map((i) => ids[i]));
    expect(without.total_matched).toBe(expected.length);
    const words = await faceted({ query: 'harbour', ...filter });
    expect(memoryIds(words)).toEqual(expected.filter((i) => i !== 4).map((i) => ids[i]));
  });

  it('without words gives the newest first, marked as filtered', async () => {
    const ids = await seed();
    const got = await faceted({ limit: 2 });
    expect(got.results.map((r: { memory: { id: number } }) => r.memory.id)).toEqual([ids[4], ids[3]]);
    expect(got.results[0]).toMatchObject({ score: 0, search_type: 'filter' });
    expect(got.degraded).toEqual([]);
  });

  it('gives the facets asked for, each up to its limit', async () => {
    await seed();
    const got = await faceted({ query: 'harbour', facets: ['tags'], facet_limit: 1 });
    expect(got.facets_tags).toEqual([{ value: 'sea', count: 3 }]);
    for (const key of ['facets_categories', 'facets_sources', 'facets_importance']) expect(got).not.toHaveProperty(key);
    expect((await app.call('POST', '/search/faceted', { facets: ['colour'] })).status).toBe(400);
  });

  it('leaves out what is hidden, in counts too', async () => {
    const ids = await seed();
    await app.call('POST', `/memory/${ids[0]}/archive`);
    await app.call('POST', `/memory/${ids[1]}/forget`);
    for (const query of ['harbour', '']) {
      const got = await faceted({ query, category: 'place' });
      expect(memoryIds(got)).toEqual(query === '' ? [ids[4]] : []);
      expect(got.facets_sources.find((f: { value: string }) => f.value === 'ben')).toBeUndefined();
    }
  });
});

describe('POST /memories/search', () => {
  it('answers a bare array, each hit with its whole memory', async () => {
    const [id] = await storeAll(app, [{ content: 'harbour', tags: ['sea'] }, 'mountain']);
    const got = await search(app, 'harbour', '/memories/search');
    expect(Array.isArray(got)).toBe(true);
    expect(got).toHaveLength(1);
    expect(got[0]).toMatchObject({
      id,
      score: 1,
      memory: { id, content: 'harbour', tags: ['sea'], version: 1, is_latest: true },
    });
    expect(await search(app, '', '/memories/search')).toEqual([]);
  });

  it('gives what /search gives', async () => {
    await storeAll(
      app,
      range(20).map((i) => `harbour ${i}`),
    );
    const hits = await search(app, { query: 'harbour', limit: 7 }, '/memories/search');
    expect(idsOf(hits)).toEqual(idsOf((await search(app, { query: 'harbour', limit: 7 })).results));
  });
});
