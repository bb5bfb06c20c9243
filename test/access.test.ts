// Who gets in, with what, and what one user can learn of another: nothing.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Answer, type Caller, createTestApp, type TestApp, type TestOptions } from './support/app.ts';

const SECRET = 'a secret for the first key';
const opened: TestApp[] = [];
const open = async (options: TestOptions = {}): Promise<TestApp> => {
  const app = await createTestApp(options);
  opened.push(app);
  return app;
};
/** Nobody has a key yet. */
const unclaimed = (env: Record<string, string> = {}) => open({ env, key: 'none' });
afterEach(async () => {
  for (const app of opened.splice(0)) await app.close();
});

const bootstrap = (app: TestApp, body?: object): Promise<Answer> => app.as(null)('POST', '/bootstrap', body);
async function bootstrapFrom(app: TestApp, peer: string | null): Promise<number> {
  const request = new Request('http://engram.test/bootstrap', { method: 'POST' });
  return (await app.fetch(request, { peer })).status;
}
const hexOf = (key: string): string => key.slice(key.indexOf('_') + 1);

describe('POST /bootstrap', () => {
  it('names the key as asked and works once', async () => {
    const app = await unclaimed();
    const first = await bootstrap(app, { name: 'my laptop' });
    expect(first.status).toBe(201);
    expect(first.body).toMatchObject({ name: 'my laptop', scopes: ['read', 'write', 'admin'], user_id: 1 });
    expect(first.body.key).toMatch(/^eg_[0-9a-f]{64}$/);
    const listed = await app.as(first.body.key)('GET', '/keys');
    expect(listed.body.keys).toEqual([expect.objectContaining({ name: 'my laptop', is_active: true })]);
    const again = await bootstrap(app, { name: 'theirs' });
    expect([again.status, again.body.code, again.body.key]).toEqual([403, 'already_bootstrapped', undefined]);
  });

  it('needs no body', async () => {
    const app = await unclaimed();
    const { status, body } = await bootstrap(app);
    expect([status, body.name]).toEqual([201, 'admin']);
  });

  it.each(['10.0.0.7', '192.168.1.20', '::ffff:10.0.0.7', '2001:db8::1', '1270.0.0.1', '0.0.0.0'])(
    'is closed to %s without a secret',
    async (peer) => {
      const app = await unclaimed();
      expect(await bootstrapFrom(app, peer)).toBe(403);
      expect(await bootstrapFrom(app, '127.0.0.1')).toBe(201);
    },
  );

  it.each(['127.0.0.1', '127.8.8.8', '::1', '::ffff:127.0.0.1'])('is open to %s without a secret', async (peer) => {
    expect(await bootstrapFrom(await unclaimed(), peer)).toBe(201);
  });

  it('asks for the secret where there is one, from everywhere', async () => {
    const app = await unclaimed({ ENGRAM_BOOTSTRAP_SECRET: SECRET });
    for (const body of [{}, { secret: '' }, { secret: `${SECRET}x` }, { secret: null }]) {
      const { status, body: said, headers } = await bootstrap(app, body);
      expect([status, said.code]).toEqual([401, 'bootstrap_secret_wrong']);
      expect(headers.get('www-authenticate')).toBe('Bearer');
      expect(JSON.stringify(said)).not.toContain(SECRET);
    }
    expect((await bootstrap(app, { secret: SECRET })).status).toBe(201);
  });

  it('stops guessing at the sixth try of a minute, even with the right secret', async () => {
    const app = await unclaimed({ ENGRAM_BOOTSTRAP_SECRET: SECRET });
    for (let i = 0; i < 5; i++) {
      expect((await bootstrap(app, { secret: `guess ${i}` })).status).toBe(401);
      app.clock.advance(10_000);
    }
    const sixth = await bootstrap(app, { secret: SECRET });
    expect([sixth.status, sixth.body.code]).toEqual([429, 'rate_limited']);
    expect(sixth.headers.get('retry-after')).toBe('60');
    app.clock.advance(11_000);
    expect((await bootstrap(app, { secret: SECRET })).status).toBe(201);
  });

  it('gives exactly one key to many who ask at once', async () => {
    const app = await unclaimed();
    const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => bootstrap(app, { name: `caller ${i}` })));
    const statuses = answers.map(({ status }) => status).sort();
    expect(statuses).toEqual([201, ...Array(19).fill(403)]);
    const { key } = answers.find(({ status }) => status === 201)!.body;
    expect((await app.as(key)('GET', '/keys')).body.count).toBe(1);
  });
});

describe('ENGRAM_API_KEY', () => {
  const given = `engram_${'0123456789abcdef'.repeat(2)}`;

  it('becomes the first admin key', async () => {
    const app = await unclaimed({ ENGRAM_API_KEY: given });
    expect((await app.as(given)('GET', '/users')).body.users).toEqual([
      expect.objectContaining({ id: 1, role: 'admin' }),
    ]);
    expect((await bootstrap(app)).status).toBe(403);
  });

  it('changes nothing where there is a key already', async () => {
    const app = await open();
    await app.close();
    const later = await open({ dir: app.dir, key: app.key, env: { ENGRAM_API_KEY: given } });
    expect((await later.as(given)('GET', '/list')).status).toBe(401);
    expect((await later.call('GET', '/list')).status).toBe(200);
  });
});

describe('keys as text', () => {
  it.each([32, 64])('is the same key under both prefixes and in any case, %i digits', async (digits) => {
    const hex = 'abcdef0123456789'.repeat(digits / 16);
    const app = await unclaimed({ ENGRAM_API_KEY: `eg_${hex}` });
    for (const key of [`eg_${hex}`, `engram_${hex}`, `EG_${hex}`, `eg_${hex.toUpperCase()}`]) {
      expect((await app.as(key)('GET', '/list')).status, key).toBe(200);
    }
  });

  it('says one and the same of everything that is no valid key', async () => {
    const app = await open();
    const hex = hexOf(app.key);
    const revoked = (await app.call('POST', '/keys')).body;
    await app.call('DELETE', `/keys/${revoked.id}`);
    const expired = (await app.call('POST', '/keys', { ttl_secs: 5 })).body;
    app.clock.advance(6_000);
    const tokens = ['', 'x', 'eg_', hex, `eg-${hex}`, `eg_${hex}0`, `eg_${hex.slice(0, 63)}`, `eg_${hex.slice(0, 32)}`];
    tokens.push(`eg_${'g'.repeat(64)}`, `eg_${'0'.repeat(64)}`, `eg_${hex}'--`, revoked.key, expired.key, 'ключ');
    for (const token of tokens) {
      const { status, body, headers } = await app.as(null)('GET', '/list', undefined, {
        authorization: `Bearer ${encodeURI(token)}`,
      });
      expect([status, body.code, body.error], token).toEqual([401, 'unauthorized', 'This key is not valid here.']);
      expect(headers.get('www-authenticate')).toBe('Bearer');
    }
    for (const authorization of [`Basic ${hex}`, app.key, `Bearer${app.key}`, `Bearer ${app.key} x`]) {
      const { status, body } = await app.as(null)('GET', '/list', undefined, { authorization });
      expect([status, body.error], authorization).toEqual([401, 'This key is not valid here.']);
    }
  });

  it('says how to come in when there is no key at all', async () => {
    const { status, body, headers } = await (await open()).as(null)('GET', '/list');
    expect([status, body.code]).toEqual([401, 'unauthorized']);
    expect(body.error).toContain('Bearer eg_');
    expect(headers.get('www-authenticate')).toBe('Bearer');
  });
});

describe('keys at rest', () => {
  const bytesOf = (dir: string): string =>
    readdirSync(dir)
      .filter((name) => name.startsWith('engram.db') && !name.endsWith('.lock'))
      .map((name) => readFileSync(join(dir, name), 'latin1'))
      .join('');

  it('keeps no key in the database file or its log', async () => {
    const app = await open();
    const other = (await app.call('POST', '/keys', { name: 'marker-of-the-row' })).body.key;
    expect((await app.as(other)('GET', '/list')).status).toBe(200);
    await app.flush();
    const live = bytesOf(app.dir);
    await app.close();
    const closed = bytesOf(app.dir);
    for (const bytes of [live, closed]) {
      expect(bytes).toContain('marker-of-the-row');
      for (const key of [app.key, other]) {
        expect(bytes.toLowerCase()).not.toContain(hexOf(key));
        expect(bytes).not.toContain(Buffer.from(hexOf(key), 'hex').toString('latin1'));
      }
    }
  });

  it('never lists a key or its hash', async () => {
    const app = await open();
    const [row] = (await app.call('GET', '/keys')).body.keys;
    expect(row.key_prefix).toBe(hexOf(app.key).slice(0, 8));
    expect(row).not.toHaveProperty('key_hash');
    expect(JSON.stringify(row)).not.toContain(hexOf(app.key));
  });

  it('is useless without the pepper it was made with', async () => {
    const pepper = (digit: string) => ({ ENGRAM_API_KEY_PEPPER: digit.repeat(64) });
    const app = await open({ env: pepper('a') });
    expect((await app.call('GET', '/list')).status).toBe(200);
    await app.close();
    const at = { dir: app.dir, key: app.key };
    const other = await open({ ...at, env: pepper('b') });
    expect((await other.call('GET', '/list')).status).toBe(401);
    await other.close();
    const without = await open(at);
    expect((await without.call('GET', '/list')).status).toBe(401);
    await without.close();
    const right = await open({ ...at, env: pepper('a') });
    expect((await right.call('GET', '/list')).status).toBe(200);
  });
});

describe('life of a key', () => {
  let app: TestApp;
  beforeEach(async () => {
    app = await open();
  });
  const make = async (body: object) => (await app.call('POST', '/keys', body)).body;

  it.each([
    ['ttl_secs', { ttl_secs: 60 }],
    ['a stored time', { expires_at: '2026-03-02 12:01:00' }],
    ['RFC 3339', { expires_at: '2026-03-02T13:01:00+01:00' }],
  ])('ends on time: %s', async (_name, body) => {
    const { key, expires_at } = await make(body);
    expect(expires_at).toBe('2026-03-02 12:01:00');
    app.clock.advance(59_999);
    expect((await app.as(key)('GET', '/list')).status).toBe(200);
    app.clock.advance(1);
    expect((await app.as(key)('GET', '/list')).status).toBe(401);
    app = await app.reopen();
    opened.push(app);
    expect((await app.as(key)('GET', '/list')).status).toBe(401);
  });

  it('is over at once when revoked, also for requests under way', async () => {
    const { key, id } = await make({ name: 'lost laptop' });
    expect((await app.as(key)('GET', '/list')).status).toBe(200);
    const racing = Array.from({ length: 20 }, () => app.as(key)('GET', '/list'));
    expect((await app.call('DELETE', `/keys/${id}`)).body).toEqual({ revoked: true, id });
    expect((await app.as(key)('GET', '/list')).status).toBe(401);
    await Promise.all(racing);
    expect((await app.as(key)('GET', '/list')).status).toBe(401);
    expect((await app.call('GET', '/keys')).body.keys.map((k: { id: number }) => k.id)).not.toContain(id);
  });

  it('is noted when last used, without writing at each request', async () => {
    const { key } = await make({ name: 'used' });
    app.clock.advance(5_000);
    await app.as(key)('GET', '/list');
    const lastUsed = async () =>
      (await app.call('GET', '/keys')).body.keys.find((k: { name: string }) => k.name === 'used').last_used_at;
    expect(await lastUsed()).toBeNull();
    await app.flush();
    expect(await lastUsed()).toBe('2026-03-02 12:00:05');
  });

  it.each([
    [{ scopes: 'read,fly' }],
    [{ scopes: '' }],
    [{ scopes: 7 }],
    [{ expires_at: 'tomorrow' }],
    [{ expires_at: '2026-02-30' }],
    [{ ttl_secs: 0 }],
    [{ ttl_secs: 1e15 }],
    [{ rate_limit: 0 }],
    [{ user_id: 'x' }],
  ])('is not made from %j', async (body) => {
    const before = (await app.call('GET', '/keys')).body.count;
    const { status, body: said } = await app.call('POST', '/keys', body);
    expect([status, said.code]).toEqual([400, 'invalid_request']);
    expect((await app.call('GET', '/keys')).body.count).toBe(before);
  });

  it('belongs to whom it was made for', async () => {
    const user = (await app.call('POST', '/users', { username: 'ada' })).body;
    const { key, scopes, user_id } = await make({ user_id: user.id, scopes: ['read', 'write'] });
    expect([scopes, user_id]).toEqual(['read,write', user.id]);
    expect((await app.as(key)('GET', '/profile')).body.user_id).toBe(user.id);
    expect((await app.call('POST', '/keys', { user_id: 999 })).status).toBe(404);
    expect((await app.call('DELETE', '/keys/999')).status).toBe(404);
  });
});

describe('scopes', () => {
  let app: TestApp;
  let reader: Caller;
  beforeEach(async () => {
    app = await open();
    await app.call('POST', '/store', { content: 'readable', tags: ['t'] });
    reader = app.as((await app.call('POST', '/keys', { scopes: 'read' })).body.key);
  });

  it.each([
    ['/search', { query: 'readable' }],
    ['/memories/search', { query: 'readable' }],
    ['/search/explain', { query: 'readable' }],
    ['/search/faceted', {}],
    ['/recall', { query: 'readable' }],
    ['/tags/search', { tags: ['t'] }],
    ['/context', { query: 'readable' }],
    ['/context/stream', { query: 'readable' }],
  ])('lets a read key POST %s', async (path, body) => {
    const { status, body: said } = await reader('POST', path, body);
    expect(status).toBe(200);
    expect(JSON.stringify(said)).toContain('readable');
  });

  it.each([
    ['POST', '/store', { content: 'x' }],
    ['POST', '/memories', { content: 'x' }],
    ['POST', '/memory/1/update', { content: 'x' }],
    ['PATCH', '/memories/1', { content: 'x' }],
    ['DELETE', '/memory/1', undefined],
    ['POST', '/memory/1/forget', undefined],
    ['POST', '/memory/1/archive', undefined],
    ['PUT', '/memory/1/tags', { tags: [] }],
    ['POST', '/batch', { ops: [{ op: 'store', body: { content: 'x' } }] }],
    ['POST', '/spaces', { name: 'x' }],
    ['DELETE', '/keys/1', undefined],
  ])('keeps a read key from %s %s', async (method, path, body) => {
    const { status, body: said } = await reader(method, path, body);
    expect([status, said.code]).toEqual([403, 'forbidden']);
    const { body: list } = await app.call('GET', '/list');
    expect(list.results).toEqual([expect.objectContaining({ content: 'readable', tags: ['t'], version: 1 })]);
  });

  it.each([
    ['POST', '/users', { username: 'x' }],
    ['GET', '/users', undefined],
    ['POST', '/keys', {}],
    ['GET', '/metrics', undefined],
  ])('keeps a write key from %s %s', async (method, path, body) => {
    const writer = app.as((await app.call('POST', '/keys', { scopes: 'read,write' })).body.key);
    const { status, body: said } = await writer(method, path, body);
    expect([status, said.code]).toEqual([403, 'forbidden']);
    expect((await app.call(method, path, body)).status).toBeLessThan(300);
  });

  it('checks who asks before it reads what is asked', async () => {
    expect((await app.as(null)('POST', '/store', '{"broken')).status).toBe(401);
    expect((await reader('POST', '/store', '{"broken')).status).toBe(403);
  });
});

describe('open access', () => {
  it('reads as user 1 without a key, and only reads', async () => {
    const app = await open({ env: { ENGRAM_OPEN_ACCESS: '1' } });
    await app.call('POST', '/store', { content: 'for everyone here' });
    const anyone = app.as(null);
    expect((await anyone('GET', '/list')).body.results).toHaveLength(1);
    expect((await anyone('POST', '/search', { query: 'everyone' })).body.results).toHaveLength(1);
    expect((await anyone('POST', '/store', { content: 'x' })).status).toBe(403);
    expect((await anyone('GET', '/users')).status).toBe(403);
    expect((await app.as(`eg_${'0'.repeat(64)}`)('GET', '/list')).status).toBe(401);
    expect((await app.as('')('GET', '/list')).status).toBe(401);
  });

  it('has a user to read as from the start', async () => {
    const app = await unclaimed({ ENGRAM_OPEN_ACCESS: '1' });
    expect((await app.as(null)('GET', '/list')).body.results).toEqual([]);
    expect((await bootstrap(app)).body.user_id).toBe(1);
  });
});
