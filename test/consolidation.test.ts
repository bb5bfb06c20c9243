// Memories about one thing told again as one: what becomes of them, of the summary, and of both when either goes.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Caller, createTestApp, type TestApp } from './support/app.ts';
import { KINDS, onEachDatabase } from './support/databases.ts';
import { refuse, startLlm } from './support/llm-server.ts';
import { found, store } from './support/memories.ts';

/** What runs inside the test process. */
const INSIDE = KINDS.filter(({ shared }) => !shared);
const DEPLOY = [
  'The deploy of the billing service failed because the cache was cold',
  'The deploy of the billing service failed because the cache was cold again',
  'The deploy of the billing service failed on Friday because the cache was cold',
];
const BILLING = { category: 'issue', tags: ['billing'], importance: 8 };

onEachDatabase((kind) => {
  let app: TestApp;
  beforeEach(async () => {
    const place = await kind.place();
    app = await createTestApp({
      env: { ENGRAM_UNDERSTANDING: '1', ENGRAM_EMBEDDING_MODEL: '' },
      ports: { database: await place.open() },
    });
  });
  afterEach(() => app.close());

  const storeRead = async (texts: readonly string[], more: Record<string, unknown> = BILLING): Promise<number[]> => {
    const ids: number[] = [];
    for (const content of texts) ids.push(await store(app, { content, ...more }));
    await app.jobs.drain();
    return ids;
  };
  const consolidate = (body: unknown, call: Caller = app.call) => call('POST', '/consolidate', body);
  const listed = async (call: Caller = app.call) =>
    (await call('GET', '/intelligence/consolidations')).body.consolidations as { id: number; memory_id: number }[];
  const follow = async () => {
    app.clock.advance(6 * 60_000);
    await app.jobs.drain();
  };

  it('is a permanent memory made of what its sources say, found by meaning like any other', async () => {
    const ids = await storeRead(DEPLOY);
    const { status, body } = await consolidate({ memory_ids: ids });
    expect(status).toBe(201);
    expect(body).toMatchObject({
      consolidated: true,
      summary_id: body.id,
      source_ids: ids,
      archived: 0,
      method: 'rules',
      degraded: [],
      source: 'consolidation',
      category: 'issue',
      importance: 8,
      is_static: true,
      tags: ['billing'],
    });
    expect(body.content).toContain('because the cache was cold');
    const hits = (await app.call('POST', '/search', { query: 'billing deploy cold cache', limit: 10 })).body.results;
    expect(hits.map(({ id }: { id: number }) => id)).toContain(body.id);
  });

  it('leaves its sources where they were: found, not archived, one link away', async () => {
    const ids = await storeRead(DEPLOY);
    const before = await Promise.all(ids.map(async (id) => (await app.call('GET', `/memory/${id}`)).body));
    const { id } = (await consolidate({ memory_ids: ids })).body;
    expect((await found(app, { query: 'billing deploy cold cache', limit: 10 })).sort()).toEqual([...ids, id].sort());
    for (const [at, source] of ids.entries()) {
      const { content, is_archived, is_latest, status } = (await app.call('GET', `/memory/${source}`)).body;
      expect({ content, is_archived, is_latest, status }).toEqual({
        ...{ content: before[at].content, is_archived: false, is_latest: true, status: 'approved' },
      });
    }
    const { links } = (await app.call('GET', `/links/${id}`)).body;
    const sources = links.filter(({ type }: { type: string }) => type === 'consolidates');
    expect(sources.map((link: { id: number }) => link.id).sort()).toEqual(ids);
  });

  it('marks its sources while it tells them, not the versions that follow, and they are counted as before', async () => {
    const ids = await storeRead([...DEPLOY, 'Bread is baked at four']);
    const sources = ids.slice(0, 3);
    const marked = async () => {
      const rows = (await app.call('GET', '/list?limit=100')).body.results;
      return rows.flatMap((row: { id: number; is_consolidated: boolean }) => (row.is_consolidated ? [row.id] : []));
    };
    const pair = (await consolidate({ memory_ids: sources.slice(0, 2) })).body;
    const all = (await consolidate({ memory_ids: sources })).body;
    expect((await marked()).sort()).toEqual(sources);
    const undo = ({ consolidation_id }: { consolidation_id: number }) =>
      app.call('DELETE', `/intelligence/consolidations/${consolidation_id}`);
    await undo(pair);
    expect((await marked()).sort()).toEqual(sources);
    // Said once more, it is the same memory.
    const again = await app.call('POST', '/store', { content: DEPLOY[0], ...BILLING });
    expect(again.body).toMatchObject({ created: false, duplicate_of: sources[0] });
    await app.call('POST', `/memory/${sources[2]}/update`, {
      content: 'The deploy of the billing service is fine now',
    });
    expect((await marked()).sort()).toEqual(sources.slice(0, 2));
    await undo(all);
    expect(await marked()).toEqual([]);
  });

  it('is made once', async () => {
    const ids = await storeRead(DEPLOY);
    const first = (await consolidate({ memory_ids: ids })).body;
    const again = await consolidate({ memory_ids: [...ids].reverse() });
    expect([again.status, again.body.id, again.body.consolidation_id]).toEqual([200, first.id, first.consolidation_id]);
    expect(await listed()).toHaveLength(1);
    expect((await app.call('POST', '/intelligence/consolidation-candidates')).body.groups).toEqual([]);
    expect((await consolidate({})).body).toMatchObject({ consolidated: false, summary_id: null });
  });

  it('finds groups by itself, within a category and a space', async () => {
    const ids = await storeRead(DEPLOY);
    await storeRead(['Ann plays chess on Tuesdays', 'The harbour of Oslo freezes in winter']);
    await storeRead([DEPLOY[0]!.replace('cold', 'ice cold')], { category: 'task' });
    const { groups, candidates } = (await app.call('POST', '/intelligence/consolidation-candidates')).body;
    expect(groups).toEqual([ids.map(String)]);
    expect(candidates[0]).toMatchObject({ ids, category: 'issue', size: 3 });
    const { status, body } = await consolidate({ memory_id: ids[1] });
    expect([status, body.source_ids]).toEqual([201, ids]);
  });

  it('never tells as one what contradicts each other', async () => {
    const [a, b] = await storeRead(['Redis listens on port 6379', 'Redis listens on port 6380']);
    expect((await app.call('GET', '/contradictions')).body.total).toBe(1);
    const { groups } = (await app.call('POST', '/intelligence/consolidation-candidates', { threshold: 0.3 })).body;
    expect(groups.some((group: string[]) => group.includes(String(a)) && group.includes(String(b)))).toBe(false);
  });

  it('can be taken back, for good', async () => {
    const ids = await storeRead(DEPLOY);
    const made = (await consolidate({ memory_ids: ids })).body;
    const path = `/intelligence/consolidations/${made.consolidation_id}`;
    expect((await app.call('DELETE', path)).body).toEqual({
      ...{ undone: true, id: made.consolidation_id, memory_id: made.id, source_ids: ids },
    });
    expect((await app.call('DELETE', path)).body.code).toBe('consolidation_not_found');
    expect(await listed()).toEqual([]);
    expect((await app.call('GET', `/memory/${made.id}`)).status).toBe(404);
    expect((await found(app, { query: 'billing deploy cold cache', limit: 10 })).sort()).toEqual(ids);
    expect((await app.call('POST', '/intelligence/consolidation-candidates')).body.groups).toEqual([]);
    expect((await consolidate({ memory_ids: ids })).status).toBe(201);
  });

  it('goes with what it tells of', async () => {
    const ids = await storeRead(DEPLOY);
    await follow();
    const made = (await consolidate({ memory_ids: ids })).body;
    await follow();
    expect(await listed()).toHaveLength(1);
    await app.call('DELETE', `/memory/${ids[0]}`);
    await follow();
    expect(await listed()).toEqual([]);
    expect((await app.call('GET', `/memory/${made.id}`)).status).toBe(404);
    const { groups } = (await app.call('POST', '/intelligence/consolidation-candidates')).body;
    expect(groups).toEqual([ids.slice(1).map(String)]);
  });

  it('refuses what it cannot do', async () => {
    const [id] = await storeRead(DEPLOY.slice(0, 1));
    expect((await consolidate({ memory_ids: [] })).status).toBe(400);
    expect((await consolidate({ memory_ids: [id] })).body.code).toBe('invalid_request');
    expect((await consolidate({ memory_ids: [id, 999] })).body.code).toBe('memory_not_found');
    expect((await consolidate({ memory_id: 999 })).body.code).toBe('memory_not_found');
    expect((await app.call('DELETE', '/intelligence/consolidations/9')).status).toBe(404);
  });

  it('is nobody else’s, and of no other space', async () => {
    const other = await app.newUser('other');
    const space = (await app.call('POST', '/spaces', { name: 'work' })).body.id;
    const ids = await storeRead(DEPLOY, { ...BILLING, space_id: space });
    const [outside] = await storeRead(['The deploy of the billing service failed twice because the cache was cold']);
    const inWork: Caller = (method, path, body) => app.call(method, path, body, { 'x-space': 'work' });
    expect((await consolidate({ memory_ids: ids }, other)).status).toBe(404);
    expect((await consolidate({ memory_ids: [...ids, outside] })).body.error).toContain('several spaces');
    expect((await consolidate({ memory_ids: [...ids, outside] }, inWork)).status).toBe(404);
    const made = (await consolidate({ memory_ids: ids })).body;
    expect(made.space_id).toBe(space);
    expect(await listed(inWork)).toHaveLength(1);
    expect(await listed(other)).toEqual([]);
    await app.call('POST', '/spaces', { name: 'home' });
    const inHome: Caller = (method, path, body) => app.call(method, path, body, { 'x-space': 'home' });
    expect(await listed(inHome)).toEqual([]);
    const path = `/intelligence/consolidations/${made.consolidation_id}`;
    expect((await inHome('DELETE', path)).status).toBe(404);
    expect((await other('DELETE', path)).status).toBe(404);
  });
}, INSIDE);

describe('with a language model', () => {
  const SUMMARY = 'The billing service could not be deployed three times, each time because the cache was cold.';
  it('is written by it, from the sources as data', async () => {
    await using llm = await startLlm({ answer: { consolidate: { summary: SUMMARY } } });
    const app = await createTestApp({ env: { ...llm.env } });
    const ids = [];
    for (const content of DEPLOY) ids.push(await store(app, { content, ...BILLING }));
    const { body } = await app.call('POST', '/consolidate', { memory_ids: ids });
    expect(body).toMatchObject({ content: SUMMARY, method: 'llm', model: 'toy-llm', degraded: [] });
    const [asked] = llm.asked('consolidate');
    expect(asked!.data).toContain(DEPLOY[2]);
    expect(asked!.instructions).not.toContain('billing');
    await app.close();
  });

  it('is made of sentences of the sources when it does not answer, and says so', async () => {
    await using llm = await startLlm();
    llm.always = refuse(400);
    const app = await createTestApp({ env: { ...llm.env } });
    const ids = [];
    for (const content of DEPLOY) ids.push(await store(app, { content, ...BILLING }));
    const { status, body } = await app.call('POST', '/consolidate', { memory_ids: ids });
    expect([status, body.method, body.degraded]).toEqual([201, 'rules', ['llm']]);
    expect(body.content).toContain('cache was cold');
    await app.close();
  });
});
