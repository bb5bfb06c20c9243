// How much callers may ask for: per address, per key, at once; and what a server does that keeps crashing.

import { connect } from 'node:net';
import fc from 'fast-check';
import { sql } from 'kysely';
import { afterEach, describe, expect, it } from 'vitest';
import { callerOf } from '../src/entry/http/caller.ts';
import { createLoad } from '../src/entry/http/load.ts';
import { addressGroup } from '../src/features/limits/rules.ts';
import { listen } from '../src/platform/listen.ts';
import { createTestApp, type TestApp, type TestOptions } from './support/app.ts';

const opened: TestApp[] = [];
const open = async (options: TestOptions = {}): Promise<TestApp> => {
  const app = await createTestApp(options);
  opened.push(app);
  return app;
};
afterEach(async () => {
  for (const app of opened.splice(0)) await app.close();
});

interface From {
  path?: string;
  method?: string;
  body?: object;
  key?: string | null;
  peer?: string | null;
  headers?: Record<string, string>;
}
async function ask(app: TestApp, { path = '/me/stats', method = 'GET', body, key, peer, headers = {} }: From = {}) {
  const token = key === undefined ? app.key : key;
  const response = await app.fetch(
    new Request(`http://engram.test${path}`, {
      method,
      headers: {
        ...(token !== null && { authorization: `Bearer ${token}` }),
        ...(body && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body && { body: JSON.stringify(body) }),
    }),
    { peer: peer === undefined ? '203.0.113.7' : peer },
  );
  return { status: response.status, headers: response.headers, body: await response.json() };
}
const statuses = async (n: number, one: () => Promise<{ status: number }>): Promise<number[]> => {
  const all = [];
  for (let i = 0; i < n; i++) all.push((await one()).status);
  return all;
};

describe('the limit of an address', () => {
  it('is counted before the key is looked at, and tells when to come back', async () => {
    const app = await open({ env: { ENGRAM_RATE_LIMIT_PER_ADDRESS: '3' } });
    expect(await statuses(3, () => ask(app))).toEqual([200, 200, 200]);
    const refused = await ask(app, { key: null });
    expect(refused.status).toBe(429);
    expect(refused.body).toEqual({
      error: expect.stringContaining('address'),
      code: 'rate_limited',
      request_id: expect.any(String),
      retry_after: 20,
    });
    expect(Object.fromEntries(refused.headers)).toMatchObject({
      'retry-after': '20',
      'ratelimit-policy': '"address";q=3;w=60',
      ratelimit: '"address";r=0;t=60',
      'ratelimit-limit': '3',
      'ratelimit-remaining': '0',
      'ratelimit-reset': '60',
    });
    expect((await ask(app, { peer: '203.0.113.8' })).status).toBe(200);
    app.clock.advance(20_000);
    expect((await ask(app)).status).toBe(200);
  });

  it('does not hold back this machine, probes, or calls from within', async () => {
    const app = await open({ env: { ENGRAM_RATE_LIMIT_PER_ADDRESS: '1' } });
    for (const peer of ['127.0.0.1', '::1', '::ffff:127.0.0.1', null])
      expect(await statuses(3, () => ask(app, { peer }))).toEqual([200, 200, 200]);
    expect(await statuses(3, () => ask(app, { path: '/health' }))).toEqual([200, 200, 200]);
    expect((await ask(app, { peer: '127.0.0.1' })).headers.get('ratelimit')).toBeNull();
  });

  it('holds back this machine when asked to, and can be turned off', async () => {
    const strict = await open({ env: { ENGRAM_RATE_LIMIT_PER_ADDRESS: '2', ENGRAM_RATE_LIMIT_LOOPBACK: '1' } });
    expect(await statuses(3, () => ask(strict, { peer: '127.0.0.1' }))).toEqual([200, 200, 429]);
    const none = await open({ env: { ENGRAM_RATE_LIMIT_PER_ADDRESS: '0' } });
    expect(new Set(await statuses(20, () => ask(none)))).toEqual(new Set([200]));
  });

  it('is soon used up by guessing keys', async () => {
    const app = await open({ env: { ENGRAM_RATE_LIMIT_PER_ADDRESS: '60' } });
    const wrong = `eg_${'0'.repeat(64)}`;
    expect(await statuses(4, () => ask(app, { key: wrong }))).toEqual([401, 401, 401, 429]);
    expect((await ask(app)).status).toBe(429);
    expect((await ask(app, { peer: '203.0.113.8' })).status).toBe(200);
    const counted = await app.metrics.allText();
    expect(counted).toContain('engram_refused_total{reason="unauthorized"} 3');
    expect(counted).toContain('engram_refused_total{reason="rate_limited"} 2');
  });
});

describe('the limit of a key', () => {
  const keyWith = async (app: TestApp, rate_limit: number): Promise<{ key: string; id: number }> =>
    (await app.call('POST', '/keys', { name: 'limited', rate_limit, scopes: 'read,write' })).body;

  it('is used up by what requests cost, each key for itself', async () => {
    const app = await open();
    const { key } = await keyWith(app, 10);
    const search = { path: '/search', method: 'POST', body: { query: 'x' }, key };
    const first = await ask(app, search);
    expect(first.status).toBe(200);
    expect(first.headers.get('ratelimit')).toBe('"key";r=8;t=12');
    expect((await ask(app, { key })).headers.get('ratelimit-remaining')).toBe('7');
    expect((await ask(app, { ...search, path: '/context' })).headers.get('ratelimit-remaining')).toBe('2');
    expect((await ask(app, search)).status).toBe(200);
    expect((await ask(app, search)).status).toBe(429);
    const other = await keyWith(app, 10);
    expect((await ask(app, { ...search, key: other.key })).status).toBe(200);
    app.clock.advance(12_000);
    expect((await ask(app, search)).status).toBe(200);
  });

  it('can be looked at without using it up', async () => {
    const app = await open();
    const { key, id } = await keyWith(app, 5);
    for (let i = 0; i < 3; i++) await ask(app, { key });
    const look = async (name: string, as: string) => (await ask(app, { path: `/rate-limit/${name}`, key: as })).body;
    expect(await look('user:99', key)).toEqual({
      key: 'user:1',
      allowed: true,
      limit: 5,
      remaining: 1,
      reset: 48,
      retry_after: 0,
    });
    expect(await look(`key:${id}`, app.key)).toMatchObject({ key: `key:${id}`, limit: 5, remaining: 1 });
    expect(await look('ip:203.0.113.7', app.key)).toMatchObject({ key: 'ip:203.0.113.7', limit: 600 });
    expect((await ask(app, { path: '/rate-limit/key:987' })).body).toMatchObject({ code: 'key_not_found' });
    expect((await ask(app, { path: '/rate-limit/user:987' })).body).toMatchObject({ limit: 1000, remaining: 1000 });
  });
});

describe('behind a proxy', () => {
  const trusted = new Set(['10.0.0.1', '10.0.0.2', '127.0.0.1']);

  it.each([
    ['203.0.113.7', undefined, '203.0.113.7', false],
    ['203.0.113.7', '198.51.100.1', '203.0.113.7', false],
    ['10.0.0.1', '198.51.100.1', '198.51.100.1', false],
    ['10.0.0.1', '6.6.6.6, 198.51.100.1, 10.0.0.2', '198.51.100.1', false],
    ['10.0.0.1', '10.0.0.2', '10.0.0.2', false],
    ['10.0.0.1', 'nonsense', '10.0.0.1', false],
    ['10.0.0.1', '198.51.100.1, nonsense', '10.0.0.1', false],
    ['10.0.0.1', '[2001:DB8::1]:443', '2001:db8::1', false],
    ['10.0.0.1', '198.51.100.1:5555', '198.51.100.1', false],
    ['::ffff:10.0.0.1', '198.51.100.1', '198.51.100.1', false],
    ['127.0.0.1', undefined, '127.0.0.1', true],
    ['127.0.0.1', '198.51.100.1', '198.51.100.1', false],
    ['127.0.0.1', '127.0.0.1', '127.0.0.1', true],
    ['::1', '198.51.100.1', '::1', false],
  ])('%s with X-Forwarded-For %s is %s', (peer, forwarded, address, local) => {
    expect(callerOf(peer, forwarded, trusted)).toEqual({ address, local });
  });

  it('nobody untrusted chooses the address they are counted under', () => {
    fc.assert(
      fc.property(
        fc.ipV4().filter((ip) => !trusted.has(ip)),
        fc.array(fc.ipV4()),
        fc.string(),
        (real, made, junk) => {
          const forwarded = [junk.replaceAll(',', ''), ...made, real].join(', ');
          expect(callerOf('10.0.0.1', forwarded, trusted).address).toBe(real);
          expect(callerOf(real, forwarded, trusted).address).toBe(real);
        },
      ),
    );
  });

  it('each client has a limit of their own, and the audit log names them', async () => {
    const app = await open({ env: { ENGRAM_TRUSTED_PROXIES: '127.0.0.1', ENGRAM_RATE_LIMIT_PER_ADDRESS: '2' } });
    const from = (ip: string) => ({ peer: '127.0.0.1', headers: { 'x-forwarded-for': ip } });
    expect(await statuses(3, () => ask(app, from('198.51.100.1')))).toEqual([200, 200, 429]);
    const stored = { method: 'POST', path: '/store', body: { content: 'from afar' } };
    expect((await ask(app, { ...stored, ...from('198.51.100.2') })).status).toBe(201);
    expect((await app.call('GET', '/audit')).body.entries[0].ip).toBe('198.51.100.2');
  });

  it.each([
    ['198.51.100.1', '198.51.100.1'],
    ['2001:db8:0:1:aaaa::1', '2001:db8:0:1::/64'],
    ['2001:0DB8::1', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ])('%s is counted as %s', (address, group) => {
    expect(addressGroup(address)).toBe(group);
  });
});

describe('a server with too much to do', () => {
  it('turns requests away before it reads them, and takes them again afterwards', async () => {
    const app = await open({ env: { ENGRAM_MAX_IN_FLIGHT: '2' } });
    let send: (chunk: Uint8Array) => void = () => {};
    let end: () => void = () => {};
    const slow = () => {
      const body = new ReadableStream<Uint8Array>({
        start(controller) {
          send = (chunk) => controller.enqueue(chunk);
          end = () => controller.close();
        },
      });
      const init = { method: 'POST', body, duplex: 'half', headers: { authorization: `Bearer ${app.key}` } };
      const answer = app.fetch(new Request('http://engram.test/store', init as RequestInit), { peer: '127.0.0.1' });
      return { answer, send, end };
    };
    const [one, two] = [slow(), slow()];
    const refused = await app.call('GET', '/me/stats');
    expect([refused.status, refused.body.code, refused.headers.get('retry-after')]).toEqual([503, 'overloaded', '1']);
    expect((await app.call('GET', '/health')).status).toBe(200);
    for (const each of [one, two]) {
      each.send(new TextEncoder().encode(`{"content":"slow ${each === one}"}`));
      each.end();
      expect((await each.answer).status).toBe(201);
    }
    expect((await app.call('GET', '/me/stats')).status).toBe(200);
    expect(await app.metrics.allText()).toContain('engram_refused_total{reason="overloaded"} 1');
  });

  it('counts the bytes it was promised', () => {
    const load = createLoad({ requests: 10, bytes: 100 });
    const first = load.enter(90)!;
    expect(load.enter(20)).toBeNull();
    const second = load.enter(10)!;
    first();
    expect(load.enter(50)).not.toBeNull();
    second();
    expect(createLoad({ requests: 10, bytes: 100 }).enter(1000)).not.toBeNull();
  });
});

describe('a client that dawdles', () => {
  it('is cut off before its request is there, and not while it waits for the answer', async () => {
    let answer: () => void = () => {};
    const asked = new Promise<void>((arrived) => {
      answer = arrived;
    });
    const later = Promise.withResolvers<Response>();
    const server = await listen(
      () => {
        answer();
        return later.promise;
      },
      { host: '127.0.0.1', port: 0, maxBodyBytes: 1024, idleSecs: 1 },
    );
    const patient = fetch(server.url);
    await asked;
    const slow = connect(server.port, '127.0.0.1');
    slow.on('error', () => {});
    slow.write('POST /store HTTP/1.1\r\nHost: x\r\n');
    await new Promise((closed) => slow.once('close', closed));
    later.resolve(new Response('late'));
    expect(await (await patient).text()).toBe('late');
    await server.close();
  }, 30_000);
});

describe('a server that crashes again and again', () => {
  /** As after `kill -9`: what was begun is never ended. */
  async function crash(app: TestApp): Promise<TestApp> {
    await app.begin();
    const life = sql<{ value: string }>`select value from app_state where key = 'server.life'`;
    const { rows } = await life.execute(app.database.reader.db);
    const next = await app.reopen();
    opened.push(next);
    await next.database.atomically(async ({ db }) => {
      await db.updateTable('app_state').set({ value: rows[0]!.value }).where('key', '=', 'server.life').execute();
    });
    return next;
  }

  it('only reads from the third crash on, until an administrator says otherwise', async () => {
    let app = await open();
    for (let i = 0; i < 3; i++) app = await crash(app);
    await app.begin();
    const refused = await app.call('POST', '/store', { content: 'x' });
    expect([refused.status, refused.body]).toEqual([
      503,
      {
        error: expect.stringContaining('crashed'),
        code: 'safe_mode',
        hint: expect.stringContaining('/admin/safe-mode/exit'),
        request_id: expect.any(String),
        retry_after: 60,
      },
    ]);
    expect((await app.call('POST', '/search', { query: 'x' })).status).toBe(200);
    expect((await app.call('GET', '/health')).body.safe_mode).toBe(true);
    expect((await app.call('POST', '/admin/safe-mode/exit')).body).toEqual({ safe_mode: false, was: true });
    expect((await app.call('GET', '/health')).body.safe_mode).toBe(false);
    expect((await app.call('POST', '/store', { content: 'x' })).status).toBe(201);
    app = await crash(app);
    await app.begin();
    expect((await app.call('GET', '/health')).body.safe_mode).toBe(false);
  });

  it('is not one that was stopped, or crashed long ago, or was told not to mind', async () => {
    let stopped = await open();
    for (let i = 0; i < 5; i++) {
      await stopped.begin();
      stopped = await stopped.reopen();
      opened.push(stopped);
    }
    await stopped.begin();
    expect((await stopped.call('GET', '/health')).body.safe_mode).toBe(false);

    let rare = await open();
    for (let i = 0; i < 5; i++) {
      rare = await crash(rare);
      rare.clock.advance(4 * 60_000);
    }
    await rare.begin();
    expect((await rare.call('GET', '/health')).body.safe_mode).toBe(false);

    const careless = await open({ env: { ENGRAM_SAFE_MODE: '0' } });
    await careless.begin();
    expect((await careless.call('POST', '/store', { content: 'x' })).status).toBe(201);
  });
});
