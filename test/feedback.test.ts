// What users say about recalled memories, and how well kept the memories are.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTestApp, type TestApp } from './support/app.ts';
import { store, storeAll } from './support/memories.ts';

let app: TestApp;
beforeEach(async () => {
  app = await createTestApp();
});
afterEach(() => app.close());

const rate = (memory_id: number, rating: string, more: object = {}) =>
  app.call('POST', '/feedback', { memory_id, rating, ...more });
const stats = async () => (await app.call('GET', '/feedback/stats')).body;

describe('POST /feedback', () => {
  it.each([
    ['helpful', 6, 1, 0],
    ['irrelevant', 4, 0, 1],
    ['off-topic', 4, 0, 1],
    ['outdated', 3, 0, 1],
  ])('%s moves importance and the counts', async (rating, importance, recall_hits, recall_misses) => {
    const id = await store(app, 'The port is 80');
    const { status, body } = await rate(id, rating, { context: 'asked for the port' });
    expect(status).toBe(201);
    expect(body).toEqual({ ok: true, memory_id: id, rating, importance, recall_hits, recall_misses });
    expect((await app.call('GET', `/memory/${id}`)).body).toMatchObject({ importance, recall_hits, recall_misses });
  });

  it('keeps importance within 1 to 10', async () => {
    const [high, low] = await storeAll(app, [
      { content: 'high', importance: 10 },
      { content: 'low', importance: 2 },
    ]);
    expect((await rate(high!, 'helpful')).body).toMatchObject({ importance: 10, recall_hits: 1 });
    expect((await rate(low!, 'outdated')).body).toMatchObject({ importance: 1, recall_misses: 1 });
    expect((await rate(low!, 'irrelevant')).body).toMatchObject({ importance: 1, recall_misses: 2 });
  });

  it('counts every rating given at once', async () => {
    const id = await store(app, { content: 'busy', importance: 1 });
    await Promise.all(Array.from({ length: 8 }, () => rate(id, 'helpful')));
    expect((await app.call('GET', `/memory/${id}`)).body).toMatchObject({ importance: 9, recall_hits: 8 });
  });

  it('is carried over to a new version', async () => {
    const id = await store(app, 'The port is 80');
    await rate(id, 'helpful');
    const next = await app.call('POST', `/memory/${id}/update`, { content: 'The port is 81' });
    expect(next.body).toMatchObject({ recall_hits: 1, importance: 6 });
  });

  it('refuses other ratings and other memories', async () => {
    const id = await store(app, 'mine');
    expect((await rate(id, 'great')).status).toBe(400);
    expect((await rate(999_999, 'helpful')).body.code).toBe('memory_not_found');
    const other = await app.newUser('other');
    expect((await other('POST', '/feedback', { memory_id: id, rating: 'outdated' })).status).toBe(404);
    await app.call('POST', `/memory/${id}/forget`);
    expect((await rate(id, 'helpful')).status).toBe(404);
    expect(await stats()).toMatchObject({ total: 0 });
  });
});

describe('GET /feedback/stats', () => {
  it('counts one’s own ratings', async () => {
    const [a, b] = await storeAll(app, ['a', 'b']);
    for (const rating of ['helpful', 'off-topic', 'helpful']) await rate(a!, rating);
    await rate(b!, 'outdated');
    const other = await app.newUser('other');
    const theirs = (await other('POST', '/store', { content: 'theirs' })).body.id;
    await other('POST', '/feedback', { memory_id: theirs, rating: 'irrelevant' });
    expect(await stats()).toEqual({ helpful: 2, irrelevant: 0, off_topic: 1, outdated: 1, total: 4 });
    expect((await other('GET', '/feedback/stats')).body).toMatchObject({ irrelevant: 1, total: 1 });
  });
});

describe('GET /memory-health', () => {
  const health = async (query = '') => (await app.call('GET', `/memory-health${query}`)).body;
  const DAY_MS = 86_400_000;

  it('is all zeros without memories', async () => {
    expect(await health()).toMatchObject({
      total_memories: 0,
      avg_importance: 0,
      oldest_memory: null,
      stale: 0,
      duplicates: 0,
      unlinked: 0,
      without_embeddings: 0,
      embedding_coverage_pct: 100,
      examples: { stale: [], duplicates: [], unlinked: [], without_embeddings: [] },
    });
  });

  it('counts what is hidden apart from what can be recalled', async () => {
    const [kept, archived, forgotten] = await storeAll(app, [
      { content: 'kept', importance: 4 },
      { content: 'archived', importance: 10 },
      { content: 'forgotten', importance: 10 },
      { content: 'pending', importance: 10, status: 'pending' },
    ]);
    await app.call('POST', `/memory/${archived}/archive`);
    await app.call('POST', `/memory/${forgotten}/forget`);
    await app.call('POST', `/memory/${kept}/update`, { importance: 6 });
    const untrue = await store(app, { content: 'untrue', importance: 10, status: 'pending' });
    await app.call('POST', `/inbox/${untrue}/reject`);
    expect(await health()).toMatchObject({
      total_memories: 1,
      archived: 1,
      forgotten: 1,
      superseded: 1,
      pending: 1,
      rejected: 1,
      avg_importance: 6,
      oldest_memory: '2026-03-02 12:00:00',
    });
  });

  it('does not call archived what was rejected, in the outline of a user either', async () => {
    const [archived, untrue] = await storeAll(app, ['archived', { content: 'untrue', status: 'pending' }]);
    await app.call('POST', `/memory/${archived}/archive`);
    await app.call('POST', `/inbox/${untrue}/reject`);
    expect((await app.call('GET', '/me/stats')).body).toMatchObject({ memories: 0, archived: 1, forgotten: 0 });
  });

  it('finds what is stale: old, unread, and not permanent', async () => {
    const [unread, older, read] = await storeAll(app, [
      'unread',
      'unread too',
      'read',
      { content: 'permanent', is_static: true },
    ]);
    app.clock.advance(60 * DAY_MS);
    await app.call('GET', `/memory/${read}`);
    await app.flush();
    app.clock.advance(40 * DAY_MS);
    await store(app, 'new');
    expect(await health()).toMatchObject({ total_memories: 5, stale: 2, examples: { stale: [unread, older] } });
    expect(await health('?stale_days=30&limit=1')).toMatchObject({ stale: 3, examples: { stale: [unread] } });
    expect((await app.call('GET', '/memory-health?stale_days=0')).status).toBe(400);
  });

  it('finds what is linked to nothing', async () => {
    const [a, b, alone] = await storeAll(app, [
      { content: 'a', session_id: 's' },
      { content: 'b', session_id: 's' },
      'alone',
    ]);
    expect([a, b]).toHaveLength(2);
    expect(await health()).toMatchObject({ with_links: 2, unlinked: 1, examples: { unlinked: [alone] } });
  });

  it('finds what says the same', async () => {
    const ids = await storeAll(app, [
      { content: 'Thanks!', session_id: 'a' },
      { content: 'Thanks!', session_id: 'b' },
      { content: 'Bye', session_id: 'a' },
      { content: 'Bye', session_id: 'b' },
      { content: 'Bye', session_id: 'c' },
      'once only',
    ]);
    expect(await health()).toMatchObject({
      duplicates: 3,
      examples: { duplicates: [ids.slice(2, 5), ids.slice(0, 2)] },
    });
  });

  it('finds what has no vector of the model in use', async () => {
    const old = await store(app, 'stored without a model');
    expect(await health()).toMatchObject({
      without_embeddings: 1,
      with_embeddings: 0,
      embedding_coverage_pct: 0,
      examples: { without_embeddings: [old] },
    });
    const { dir, key } = app;
    await app.close();
    app = await createTestApp({ dir, key, env: { ENGRAM_EMBEDDING_MODEL: '' } });
    await app.jobs.drain();
    await store(app, 'stored with one');
    expect(await health()).toMatchObject({
      without_embeddings: 0,
      with_embeddings: 2,
      embedding_coverage_pct: 100,
      examples: { without_embeddings: [] },
    });
  });

  it('looks at one’s own memories, and of a space only at what lies in it', async () => {
    const space = (await app.call('POST', '/spaces', { name: 'work' })).body.id;
    await storeAll(app, ['mine', { content: 'at work', space_id: space }]);
    const other = await app.newUser('other');
    expect((await other('GET', '/memory-health')).body).toMatchObject({
      total_memories: 0,
      unlinked: 0,
      superseded: 0,
    });
    const scoped = await app.call('GET', '/memory-health', undefined, { 'x-space': 'work' });
    expect(scoped.body).toMatchObject({ total_memories: 1, unlinked: 1 });
  });
});
