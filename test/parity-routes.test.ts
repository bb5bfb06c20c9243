// Cases the newest version of the first Engram asserts on its routes over HTTP, re-expressed as in parity.test.ts: health,
// memories, search and keys. The number in a title is the case it answers.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Caller, createTestApp, type TestApp } from './support/app.ts';

const SECRET = 'test-bootstrap-secret';
const env = { ENGRAM_OPEN_ACCESS: '0', ENGRAM_BOOTSTRAP_SECRET: SECRET };

let app: TestApp;
let call: Caller;
let nobody: Caller;
beforeEach(async () => {
  app = await createTestApp({ env });
  call = app.call;
  nobody = app.as(null);
});
afterEach(() => app.close());

const store = (content: string, as: Caller = call) => as('POST', '/store', { content, category: 'test' });

describe('health', () => {
  it('R1 says ok and which version, without a key', async () => {
    const { status, body } = await nobody('GET', '/health');
    expect([status, body.status]).toEqual([200, 'ok']);
    expect(body.version).toMatch(/^\d+\.\d+/);
  });

  it('R2 is ready, asked with a key and without', async () => {
    for (const as of [nobody, call]) {
      const { status, body } = await as('GET', '/health/ready');
      expect([status, body.status, body.failing]).toEqual([200, 'ready', []]);
      expect(body.checks).toMatchObject({ database: 'ok', embedder: 'disabled', reranker: 'disabled' });
    }
  });

  it('R3 lives', async () => {
    const { status, body } = await nobody('GET', '/health/live');
    expect([status, body.status]).toEqual([200, 'ok']);
  });
});

describe('memories', () => {
  it('M1 M4 are stored and read back', async () => {
    const { status, body } = await store('the ferry leaves at six');
    expect([status, body.stored, Number.isInteger(body.id)]).toEqual([201, true, true]);
    const read = await call('GET', `/memory/${body.id}`);
    expect([read.status, read.body.id, read.body.content]).toEqual([200, body.id, 'the ferry leaves at six']);
  });

  it('M2 are stored with a key only', async () => {
    expect((await store('x', nobody)).status).toBe(401);
  });

  it.each(['', '   '])('M3 are refused without content: %j', async (content) => {
    expect((await store(content)).status).toBe(400);
  });

  it('M5 M7 that are unknown are neither read nor deleted', async () => {
    expect((await call('GET', '/memory/999999')).status).toBe(404);
    expect((await call('DELETE', '/memory/999999')).status).toBe(404);
  });

  it('M6 are deleted', async () => {
    const { id } = (await store('the ferry leaves at six')).body;
    const { status, body } = await call('DELETE', `/memory/${id}`);
    expect([status, body.deleted]).toEqual([200, true]);
  });
});

describe('search', () => {
  it('Q1 answers with results, whether it abstained, and the best score', async () => {
    const { id } = (await store('the ferry leaves at six')).body;
    const { status, body } = await call('POST', '/search', { query: 'ferry' });
    expect([status, body.abstained]).toEqual([200, false]);
    expect(body.results.map((one: { id: number }) => one.id)).toEqual([id]);
    expect(body.top_score).toBeGreaterThan(0);
  });

  it('Q2 needs a key', async () => {
    expect((await nobody('POST', '/search', { query: 'ferry' })).status).toBe(401);
  });

  it('Q3 answers the published clients, whose answer is the bare array of what /search names results', async () => {
    const { id } = (await store('the ferry leaves at six')).body;
    const { status, body } = await call('POST', '/memories/search', { query: 'ferry' });
    expect(status).toBe(200);
    expect((body.results ?? body).map((one: { id: number }) => one.id)).toEqual([id]);
  });

  it('Q4 finds nothing where there is nothing', async () => {
    const { body } = await call('POST', '/search', { query: 'ferry' });
    expect(body).toMatchObject({ results: [], abstained: true });
  });

  it('Q5 takes a limit that is too high for the highest there is', async () => {
    expect((await call('POST', '/search', { query: 'ferry', limit: 500 })).status).toBe(200);
  });

  it('Q6 refuses a body that is no JSON', async () => {
    expect((await call('POST', '/search', 'ferry')).status).toBe(400);
  });
});

describe('keys', () => {
  const make = (body: object, as: Caller = call) => as('POST', '/keys', body);

  it('K1 are made by an administrator', async () => {
    const { status, body } = await make({ name: 'laptop', scopes: 'read,write' });
    expect(status).toBe(201);
    expect(body).toMatchObject({ name: 'laptop', scopes: 'read,write' });
    expect([typeof body.key, Number.isInteger(body.id)]).toEqual(['string', true]);
  });

  it('K2 K6 are made by nobody else, with the scope admin or without', async () => {
    const writer = await app.newUser('second');
    for (const scopes of ['read,write', 'admin'])
      expect([401, 403]).toContain((await make({ name: 'mine', scopes }, writer)).status);
  });

  it('K3 K7 are listed to who has one', async () => {
    const { status, body } = await call('GET', '/keys');
    expect([status, body.keys.length > 0]).toEqual([200, true]);
    expect((await nobody('GET', '/keys')).status).toBe(401);
  });

  it('K4 K5 are revoked, if they are there', async () => {
    const { id, key } = (await make({ name: 'laptop', scopes: 'read' })).body;
    expect((await app.as(key)('GET', '/list')).status).toBe(200);
    const { status, body } = await call('DELETE', `/keys/${id}`);
    expect([status, body.revoked]).toEqual([200, true]);
    expect((await app.as(key)('GET', '/list')).status).toBe(401);
    expect((await call('DELETE', '/keys/999999')).status).toBe(404);
  });
});
