// The client against a real server over HTTP: every documented method, and what comes back when something is wrong.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EngramClient, EngramError } from '../../sdk/typescript/src/index.ts';
import { type ServedApp, serveApp } from './support.ts';

let served: ServedApp;
let client: EngramClient;
beforeAll(async () => {
  served = await serveApp();
  client = new EngramClient({ url: `${served.url}/`, apiKey: served.app.key });
});
afterAll(() => served.close());

const failure = (promise: Promise<unknown>): Promise<EngramError> =>
  promise.then(
    () => expect.unreachable('it worked'),
    (error) => {
      expect(error).toBeInstanceOf(EngramError);
      return error;
    },
  );

describe('a memory', () => {
  it('is stored, read, found, changed, forgotten and erased', async () => {
    const memory = {
      content: 'The staging server moved to Oslo',
      category: 'state',
      tags: ['servers'],
      importance: 7,
      source: 'sdk-test',
    };
    const stored = await client.store(memory);
    expect(stored).toMatchObject({ created: true, duplicate_of: null });
    const again = await client.store(memory);
    expect(again).toMatchObject({ id: stored.id, created: false, duplicate_of: stored.id });

    expect(await client.get(stored.id)).toMatchObject({ id: stored.id, category: 'state', tags: ['servers'] });
    const [best] = await client.search({ query: 'staging server', limit: 3 });
    expect(best?.memory).toMatchObject({ id: stored.id, content: 'The staging server moved to Oslo' });
    expect(best?.score).toBeGreaterThan(0);
    expect(typeof best?.search_type).toBe('string');

    const updated = await client.update(stored.id, { content: 'The staging server moved to Bergen', importance: 8 });
    expect(updated).toMatchObject({ content: 'The staging server moved to Bergen', importance: 8, old_id: stored.id });
    expect((await client.list({ source: 'sdk-test' })).map(({ content }) => content)).toEqual([updated.content]);

    expect(await client.forget(updated.id, 'moved again')).toMatchObject({ ok: true });
    expect(await client.search({ query: 'staging server Bergen' })).toEqual([]);
    expect((await client.list({ include_forgotten: true, source: 'sdk-test' })).map(({ id }) => id)).toContain(
      updated.id,
    );
    expect(await client.delete(updated.id)).toMatchObject({ ok: true, erased: 1 });
    expect(await client.get(updated.id)).toBeNull();
  });

  it('is forgotten without a reason too', async () => {
    const { id } = await client.store({ content: 'a passing thought' });
    expect(await client.forget(id)).toMatchObject({ ok: true, id });
  });

  it('is null when there is none', async () => {
    expect(await client.get(987_654)).toBeNull();
  });

  it('is listed page by page', async () => {
    for (let n = 0; n < 7; n++) await client.store({ content: `entry ${n} of the log`, source: 'pages' });
    const all = [];
    for await (const memory of client.listAll({ source: 'pages', pageSize: 3 })) all.push(memory.content);
    expect(all).toEqual([6, 5, 4, 3, 2, 1, 0].map((n) => `entry ${n} of the log`));
    const rest = [];
    for await (const memory of client.listAll({ source: 'pages', pageSize: 3, offset: 5 })) rest.push(memory.content);
    expect(rest).toEqual(['entry 1 of the log', 'entry 0 of the log']);
  });
});

describe('a context', () => {
  beforeAll(() => client.store({ content: 'Deployments run on Fridays at noon', importance: 9 }));

  it('is assembled, with the names older clients use', async () => {
    const answer = await client.assembleContext({
      query: 'when do deployments run',
      strategy: 'semantic',
      mode: 'focused',
      max_tokens: 500,
      categories: ['general'],
    });
    expect(answer.blocks[0]).toMatchObject({ content: 'Deployments run on Fridays at noon' });
    expect(answer.total_tokens).toBeLessThanOrEqual(500);
    expect(answer).toMatchObject({ strategy: expect.any(String), mode: expect.any(String) });
  });

  it('is streamed: phases, then the result', async () => {
    const types: string[] = [];
    for await (const event of client.streamContext({ query: 'when do deployments run' })) {
      types.push(event.type);
      if (event.type === 'result') expect(event.result.context).toContain('Fridays at noon');
    }
    expect(types.slice(-2)).toEqual(['done', 'result']);
    expect(types[0]).toBe('phase');
  });

  it('may be left in the middle of its stream', async () => {
    for await (const event of client.streamContext({ query: 'when do deployments run' })) {
      expect(event.type).toBe('phase');
      break;
    }
    expect((await client.api.system.live()).status).toBe('ok');
  });
});

describe('a session', () => {
  it('is followed from its beginning, and after a line', async () => {
    const { id } = await client.api.sessions.create({ agent: 'ada' });
    for (const line of ['one', 'two', 'three']) await client.api.sessions.append(id, { line });
    const heard: unknown[] = [];
    for await (const event of client.followSession(id)) {
      heard.push(event.type === 'output' ? event.data : event);
      if (heard.length === 3) await client.api.sessions.end(id, { status: 'failed' });
    }
    expect(heard).toEqual(['one', 'two', 'three', { type: 'session_end', status: 'failed' }]);

    const rest: unknown[] = [];
    for await (const event of client.followSession(id, { after: 2 })) rest.push(event);
    expect(rest).toEqual([
      { type: 'output', line: 3, data: 'three' },
      { type: 'session_end', status: 'failed' },
    ]);
  });
});

describe('api', () => {
  it('reaches any path by hand', async () => {
    const made = await client.api.post<{ id: number }>('/store', { content: 'by hand' });
    expect(await client.api.get(`/memory/${made.id}`)).toMatchObject({ content: 'by hand' });
    const page = await client.api.get<{ results: { id: number }[] }>('/list', { limit: 1, category: undefined });
    expect(page.results.map(({ id }) => id)).toEqual([made.id]);
    expect(await client.api.put(`/memory/${made.id}/tags`, { tags: ['x'] })).toMatchObject({ tags: ['x'] });
    const changed = await client.api.patch<{ id: number }>(`/memories/${made.id}`, { content: 'by hand, twice' });
    expect(await client.api.delete(`/memory/${changed.id}`)).toMatchObject({ deleted: true });
  });

  it('reaches every endpoint by name', async () => {
    expect((await client.api.stats.get()).memories).toBeDefined();
    expect((await client.api.search.search({ query: 'nothing like it at all' })).degraded).toContain('vector');
    expect(await client.api.system.metrics()).toContain('engram_');
    const lines = await (await client.api.transfer.export()).text();
    expect(JSON.parse(lines.split('\n')[0]!)).toMatchObject({ type: 'header' });
  });

  it('works in a space, of the client or of a call', async () => {
    await client.api.access.createSpace({ name: 'Büro' });
    const office = new EngramClient({ url: served.url, apiKey: served.app.key, space: 'Büro' });
    const { id } = await office.store({ content: 'the coffee machine has a secret menu' });
    expect((await office.list()).map((memory) => memory.id)).toEqual([id]);
    expect((await client.list({}, { space: 'Büro' })).map((memory) => memory.id)).toEqual([id]);
  });
});

describe('an error', () => {
  it('carries message, status, code and answer', async () => {
    const error = await failure(client.update(424_242, { content: 'x' }));
    expect(error).toMatchObject({ name: 'EngramError', statusCode: 404, code: 'memory_not_found' });
    expect(error.response).toMatchObject({ error: error.message, request_id: error.requestId });
  });

  it('says what is wrong with a request', async () => {
    const error = await failure(client.store({ content: 'x', importance: 'high' as unknown as number }));
    expect(error).toMatchObject({ statusCode: 400, code: 'invalid_request' });
    expect(error.response).toMatchObject({ issues: [{ path: 'body.importance' }] });
  });

  it('tells a missing key from one that may not', async () => {
    expect(await failure(new EngramClient({ url: served.url }).list())).toMatchObject({ statusCode: 401 });
    const { key } = await client.api.access.createKey({ name: 'reader', scopes: 'read' });
    const reader = new EngramClient({ url: served.url, apiKey: key });
    expect(await failure(reader.store({ content: 'x' }))).toMatchObject({ statusCode: 403 });
  });
});
