// Cases the first Engram's own suites assert over HTTP, re-expressed; the number in a title is the case it answers.
// C19, C36 and the rows on what is understood are in parity-mind.test.ts, C28, C29 and C44-C46 in parity-graph.test.ts,
// C40-C43, C47 and C48 in parity-lifecycle.test.ts, the rows of routes (R, M, Q, K) in parity-routes.test.ts; section 2, the
// query plans, in query-plan.test.ts. Of features not built yet: C35 and C55-C62 (credentials, ingestion and uploads).
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Caller, createTestApp, type TestApp } from './support/app.ts';

const SECRET = 'test-bootstrap-secret';
const env = { ENGRAM_OPEN_ACCESS: '0', ENGRAM_BOOTSTRAP_SECRET: SECRET };

let app: TestApp;
let call: Caller;
beforeEach(async () => {
  app = await createTestApp({ env });
  call = app.call;
});
afterEach(() => app.close());

interface Row {
  id: number;
  content: string;
}
const contents = (rows: Row[]): string[] => rows.map((row) => row.content);

async function store(content: string, more: object = {}, as: Caller = call): Promise<number> {
  const answer = await as('POST', '/store', { content, category: 'test', ...more });
  expect(answer.status, JSON.stringify(answer.body)).toBe(201);
  return answer.body.id;
}

describe('health', () => {
  it('C1 C2 says ok and which version, with and without a key', async () => {
    for (const as of [app.as(null), call]) {
      const { status, body } = await as('GET', '/health');
      expect(status).toBe(200);
      expect(body.status).toBe('ok');
      expect(body.version).toMatch(/^\d+\.\d+\.\d+/);
    }
  });

  it('C3 is ready on the database alone', async () => {
    const { status, body } = await app.as(null)('GET', '/health/ready');
    expect(status).toBe(200);
    expect(body).toMatchObject({ status: 'ready', failing: [] });
    expect(body.checks).toMatchObject({ database: 'ok', embedder: 'disabled', reranker: 'disabled' });
  });

  it('C4 lives', async () => {
    const { status, body } = await app.as(null)('GET', '/health/live');
    expect([status, body.status]).toEqual([200, 'ok']);
  });
});

describe('bootstrap and authentication', () => {
  it('C5 hands out the first key under both names, C6 once only', async () => {
    const fresh = await createTestApp({ env, key: 'none' });
    const first = await fresh.as(null)('POST', '/bootstrap', { secret: SECRET });
    expect(first.status).toBe(201);
    expect(first.body.api_key).toMatch(/^eg_[0-9a-f]{64}$/);
    expect(first.body.key).toBe(first.body.api_key);
    expect((await fresh.as(first.body.api_key)('GET', '/list')).status).toBe(200);
    expect((await fresh.as(null)('POST', '/bootstrap', { secret: SECRET })).status).toBe(403);
    await fresh.close();
  });

  it('C7 asks for a key', async () => {
    expect((await app.as(null)('GET', '/list')).status).toBe(401);
    expect((await app.as(null)('POST', '/store', { content: 'x' })).status).toBe(401);
    expect((await app.as(null)('POST', '/search', { query: 'x' })).status).toBe(401);
  });
});

describe('memories', () => {
  it('C8 C9 stores and says what it kept', async () => {
    const request = { content: 'The cellar key hangs by the door', category: 'test', importance: 7 };
    const { status, body } = await call('POST', '/store', request);
    expect(status).toBe(201);
    expect(body).toMatchObject({ stored: true, importance: 7, tags: [] });
    expect(body.id).toBeTypeOf('number');
    expect(body.created_at).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/);
  });

  it.each([
    ['C10', ''],
    ['C11', '   '],
  ])('%s refuses %j', async (_case, content) => {
    expect((await call('POST', '/store', { content, category: 'test' })).status).toBe(400);
    expect((await call('GET', '/list')).body.results).toEqual([]);
  });

  it('C12 reads back what was stored', async () => {
    const id = await store('Oslo is the staging region');
    const { status, body } = await call('GET', `/memory/${id}`);
    expect([status, body.id, body.content]).toEqual([200, id, 'Oslo is the staging region']);
  });

  it('C13 knows when there is no such memory', async () => {
    expect((await call('GET', '/memory/999999')).status).toBe(404);
    expect((await call('DELETE', '/memory/999999')).status).toBe(404);
  });

  it('C14 deletes', async () => {
    const id = await store('short-lived');
    const { status, body } = await call('DELETE', `/memory/${id}`);
    expect([status, body.deleted]).toEqual([200, true]);
    expect((await call('GET', `/memory/${id}`)).status).toBe(404);
    expect((await call('DELETE', `/memory/${id}`)).status).toBe(404);
  });

  it('C15 updates into a new version', async () => {
    const id = await store('the meeting is at nine');
    const { status, body } = await call('POST', `/memory/${id}/update`, { content: 'the meeting is at ten' });
    expect(status).toBe(200);
    expect(body.id).toBeGreaterThan(id);
    expect(body.new_id).toBe(body.id);
    expect((await call('GET', `/memory/${body.id}`)).body.content).toBe('the meeting is at ten');
  });

  it('C16 lists, newest first', async () => {
    await store('first of two');
    await store('second of two');
    const { status, body } = await call('GET', '/list');
    expect(status).toBe(200);
    expect(contents(body.results)).toEqual(['second of two', 'first of two']);
  });

  it('C20 counts what a user has', async () => {
    await store('counted');
    const { body } = await call('GET', '/me/stats');
    expect(body).toMatchObject({ memories: 1, archived: 0, categories: { test: 1 } });
  });

  it('C21 archives and unarchives, forgets for good reading', async () => {
    const id = await store('comes and goes');
    expect((await call('POST', `/memory/${id}/archive`, {})).body.status).toBe('archived');
    expect((await call('GET', '/list')).body.results).toEqual([]);
    expect((await call('POST', `/memory/${id}/unarchive`, {})).body.status).toBe('active');
    expect(contents((await call('GET', '/list')).body.results)).toEqual(['comes and goes']);
    expect((await call('POST', `/memory/${id}/forget`, { reason: 'obsolete' })).body.status).toBe('forgotten');
    expect((await call('GET', `/memory/${id}`)).status).toBe(404);
  });

  it('C22 follows links and versions from the newest id', async () => {
    const first = await store('the printer is on floor two');
    const update = await call('POST', `/memory/${first}/update`, { content: 'the printer is on floor three' });
    const latest = update.body.id;
    const links = await call('GET', `/links/${latest}`);
    expect(links.status).toBe(200);
    expect(links.body.links).toEqual([expect.objectContaining({ id: first, type: 'updates' })]);
    const versions = await call('GET', `/versions/${latest}`);
    expect(versions.body.versions.map((v: Row) => v.id)).toEqual([first, latest]);
  });
});

describe('tags and profile', () => {
  it('C17 C17b folds case, counts and finds', async () => {
    await store('borrow checker', { tags: ['Rust', 'Systems'] });
    await store('web framework', { tags: ['rust', 'Backend'] });
    const { body } = await call('GET', '/tags');
    expect(body.tags).toEqual([
      { tag: 'rust', count: 2 },
      { tag: 'backend', count: 1 },
      { tag: 'systems', count: 1 },
    ]);
    const found = await call('POST', '/tags/search', { tags: ['rust'], limit: 10 });
    expect(contents(found.body.results)).toEqual(['web framework', 'borrow checker']);
    const both = await call('POST', '/tags/search', { tags: ['RUST', 'systems'], match_all: true });
    expect(contents(both.body.results)).toEqual(['borrow checker']);
  });

  it('C17c replaces tags and keeps their order', async () => {
    const id = await store('tagged', { tags: ['old'] });
    const { status, body } = await call('PUT', `/memory/${id}/tags`, { tags: ['updated', 'fresh'] });
    expect(status).toBe(200);
    expect(body.tags).toEqual(['updated', 'fresh']);
    expect((await call('GET', `/memory/${id}`)).body.tags).toEqual(['updated', 'fresh']);
    expect((await call('GET', '/tags')).body.tags.map((t: { tag: string }) => t.tag)).toEqual(['fresh', 'updated']);
  });

  it('C18 outlines a user', async () => {
    await store('a fact with labels', { tags: ['alpha', 'beta'] });
    const { body } = await call('GET', '/profile');
    expect(body).toMatchObject({ user_id: 1, memory_count: 1, top_categories: [{ category: 'test', count: 1 }] });
    expect(body.top_tags.map((t: { tag: string }) => t.tag)).toEqual(['alpha', 'beta']);
    expect(body.personality_traits).toBeTypeOf('object');
  });
});

describe('search', () => {
  it('C23 finds', async () => {
    await store('the kettle whistles at dawn');
    const { status, body } = await call('POST', '/search', { query: 'kettle', limit: 5 });
    expect(status).toBe(200);
    expect(contents(body.results)).toEqual(['the kettle whistles at dawn']);
  });

  it('C24 abstains on nothing', async () => {
    const { status, body } = await call('POST', '/search', { query: 'anything at all', limit: 3 });
    expect(status).toBe(200);
    expect(body).toMatchObject({ results: [], abstained: true, top_score: 0 });
  });

  it('C26 explains how a result came to its place', async () => {
    await store('copper pipes freeze below the garage');
    const { status, body } = await call('POST', '/search/explain', { query: 'copper garage', limit: 5 });
    expect(status).toBe(200);
    const [first] = body.results;
    expect(first.content).toBe('copper pipes freeze below the garage');
    const parts = ['lexical', 'vector', 'graph', 'personality', 'temporal_boost', 'fused', 'reranked', 'reranker_ms'];
    expect(Object.keys(first.scores)).toEqual(expect.arrayContaining(parts));
    expect(first.scores.lexical).toBeGreaterThan(0);
    expect(first.scores.vector).toBeNull();
    for (const timer of ['embed', 'hybrid', 'rerank', 'total']) expect(body.timings_ms[timer]).toBeTypeOf('number');
    expect(body.pipeline).toMatchObject({ embedded: false, reranker_applied: false });
  });

  it('C27 needs no vectors to find words', async () => {
    const text = 'Backups run every night at two and land in the Oslo bucket';
    await store(text);
    await store('lunch is at noon');
    const { body } = await call('POST', '/search', { query: 'nightly backups Oslo' });
    expect(body.results[0].content).toBe(text);
  });

  it('C30 recalls', async () => {
    await store('the vault code changes on Fridays', { importance: 8 });
    const { status, body } = await call('POST', '/recall', { query: 'vault code' });
    expect(status).toBe(200);
    expect(contents(body.memories)).toEqual(['the vault code changes on Fridays']);
    expect(body.results).toEqual(body.memories);
  });
});

describe('conversations', () => {
  it('C31-C34 C38 are begun, listed, read, added to and erased', async () => {
    const made = await call('POST', '/conversations', { agent: 'parity', title: 'a talk' });
    expect(made.status).toBe(201);
    const { id } = made.body;
    const { body: list } = await call('GET', '/conversations');
    expect(list.conversations).toEqual([expect.objectContaining({ id, title: 'a talk' })]);
    expect(list.results).toEqual(list.conversations);
    const { body: read } = await call('GET', `/conversations/${id}`);
    expect([read.id, read.conversation.id]).toEqual([id, id]);
    const said = await call('POST', `/conversations/${id}/messages`, { role: 'user', content: 'hello' });
    expect(said.status).toBe(201);
    expect((await call('DELETE', `/conversations/${id}`)).body.deleted).toBe(true);
  });

  it('C39 are stored whole', async () => {
    const messages = ['one', 'two'].map((content) => ({ role: 'user', content }));
    const { status, body } = await call('POST', '/conversations/bulk', { agent: 'parity', messages });
    expect([status, typeof body.id]).toEqual([201, 'number']);
    expect(contents((await call('GET', `/conversations/${body.id}`)).body.messages)).toEqual(['one', 'two']);
  });
});

describe('schema', () => {
  it('C25 names its parts', async () => {
    const { status, body } = await call('GET', '/schema');
    expect(status).toBe(200);
    expect(body.schemas.map((s: { name: string }) => s.name)).toEqual(
      expect.arrayContaining(['memory', 'services', 'graph']),
    );
  });

  it('C25b describes a memory as it is answered', async () => {
    const { body } = await call('GET', '/schema/memory');
    expect(body.name).toBe('Memory');
    const described = body.fields.map((f: { name: string }) => f.name);
    const id = await store('described');
    const shown = (await call('GET', `/memory/${id}`)).body;
    for (const name of described) expect(Object.keys(shown), name).toContain(name);
    expect(described).toEqual(expect.arrayContaining(['id', 'content', 'tags', 'created_at', 'version']));
    expect(body.related_shapes.SearchResult.fields.map((f: { name: string }) => f.name)).toContain('score');
  });

  it('C25c names the services', async () => {
    const { body } = await call('GET', '/schema/services');
    expect(body.services.map((s: { name: string }) => s.name)).toEqual(expect.arrayContaining(['axon', 'brain']));
  });

  it('C25d describes links, with endpoints that exist', async () => {
    const { body } = await call('GET', '/schema/graph');
    expect(body.edge.name).toBe('MemoryLink');
    expect(body.endpoints.length).toBeGreaterThan(0);
    const known = new Set(app.routes.map(({ spec }) => `${spec.method} ${spec.path}`));
    for (const { method, path } of body.endpoints) expect(known).toContain(`${method} ${path}`);
  });
});

describe('tenancy', () => {
  let other: Caller;
  beforeEach(async () => {
    other = await app.newUser('second');
  });

  it('C54 hides a conversation from the other user', async () => {
    const { id } = (await call('POST', '/conversations', { agent: 'parity' })).body;
    expect((await other('GET', `/conversations/${id}`)).status).toBe(404);
  });

  it('C49 hides a memory from the other user', async () => {
    const id = await store('mine alone');
    expect((await other('GET', `/memory/${id}`)).status).toBe(404);
  });

  it('C50 does not let the other user delete it', async () => {
    const id = await store('still here');
    await other('DELETE', `/memory/${id}`);
    expect((await call('GET', `/memory/${id}`)).body.content).toBe('still here');
  });

  it('C51 keeps it out of the other user’s search', async () => {
    await store('unique_marker_of_the_first_user');
    await store('a shared word: marker', {}, other);
    const { status, body } = await other('POST', '/search', { query: 'unique_marker' });
    expect(status).toBe(200);
    expect(contents(body.results)).toEqual(['a shared word: marker']);
  });

  it('C52 keeps it out of the other user’s list', async () => {
    await store('listed for one');
    await store('the other’s own', {}, other);
    expect(contents((await other('GET', '/list')).body.results)).toEqual(['the other’s own']);
  });

  it('C53 keeps its tags to its owner', async () => {
    await store('tagged privately', { tags: ['private-tag'] });
    await store('own', { tags: ['own-tag'] }, other);
    expect((await other('GET', '/tags')).body.tags).toEqual([{ tag: 'own-tag', count: 1 }]);
  });
});
