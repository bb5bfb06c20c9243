// What every answer has, whatever it answers: headers, request id, CORS, the shape of an error.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, type Caller, createTestApp, type TestApp } from './support/app.ts';

const ORIGIN = 'https://app.example.com';
let open: TestApp;
let closed: TestApp;
beforeAll(async () => {
  open = await createTestApp({ env: { ENGRAM_ALLOWED_ORIGINS: `${ORIGIN},https://two.example.com` } });
  closed = await createTestApp();
});
afterAll(async () => {
  await open.close();
  await closed.close();
});

let things = 0;
/** One request for each way an answer comes about, with the status it gets. */
const KINDS: [string, number, (app: TestApp, headers: Record<string, string>) => Promise<Answer>][] = [
  ['success', 200, (app, h) => app.call('GET', '/list', undefined, h)],
  ['creation', 201, (app, h) => app.call('POST', '/store', { content: `thing ${things++}` }, h)],
  ['bad input', 400, (app, h) => app.call('GET', '/memory/x', undefined, h)],
  ['bad JSON', 400, (app, h) => app.call('POST', '/store', '{', h)],
  ['no key', 401, (app, h) => app.as(null)('GET', '/list', undefined, h)],
  ['already bootstrapped', 403, (app, h) => app.as(null)('POST', '/bootstrap', undefined, h)],
  ['nothing there', 404, (app, h) => app.call('GET', '/memory/987654', undefined, h)],
  ['an unknown path', 404, (app, h) => app.call('GET', '/nowhere', undefined, h)],
  ['an unknown path without a key', 404, (app, h) => app.as(null)('POST', '/nowhere', {}, h)],
  ['a wrong method', 405, (app, h) => app.call('PUT', '/store', {}, h)],
  ['too much', 413, (app, h) => app.call('POST', '/store', { content: 'x'.repeat(1_100_000) }, h)],
  ['another media type', 415, (app, h) => app.call('POST', '/store', 'x', { ...h, 'content-type': 'text/plain' })],
  ['a page', 200, (app, h) => app.call('GET', '/docs', undefined, h)],
  ['a document', 200, (app, h) => app.call('GET', '/openapi.json', undefined, h)],
  ['a stream', 200, (app, h) => app.call('POST', '/context/stream', { query: 'x' }, h)],
];

describe.each([
  ['without CORS', () => closed],
  ['with CORS', () => open],
])('every answer, %s', (_name, app) => {
  it.each(KINDS)('of %s (%i) carries the security headers', async (_kind, status, ask) => {
    const { status: got, headers } = await ask(app(), {});
    expect(got).toBe(status);
    expect(Object.fromEntries(headers)).toMatchObject({
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'no-referrer',
      'strict-transport-security': 'max-age=31536000; includeSubDomains',
      'x-permitted-cross-domain-policies': 'none',
    });
    expect(headers.get('content-security-policy')).toContain("default-src 'none'");
  });

  it.each(KINDS)('of %s (%i) echoes the request id or makes one', async (_kind, _status, ask) => {
    const { headers, body } = await ask(app(), { 'x-request-id': 'trace-1:a.b_c' });
    expect(headers.get('x-request-id')).toBe('trace-1:a.b_c');
    if (body.error) expect(body.request_id).toBe('trace-1:a.b_c');
    const made = [await ask(app(), {}), await ask(app(), {})].map((answer) => answer.headers.get('x-request-id'));
    for (const id of made) expect(id).toMatch(/^[0-9a-f]{16}$/);
    expect(made[0]).not.toBe(made[1]);
  });
});

describe('every refusal', () => {
  it.each(KINDS.filter(([, status]) => status >= 400))('of %s (%i) has the one shape', async (_kind, status, ask) => {
    const { body, headers } = await ask(closed, {});
    const { error, code, request_id, issues, ...rest } = body;
    expect(rest).toEqual({});
    expect(error).toMatch(/\w/);
    expect(code).toMatch(/^[a-z_]+$/);
    expect(request_id).toBe(headers.get('x-request-id'));
    expect(issues === undefined || Array.isArray(issues)).toBe(true);
    expect(headers.get('content-type')).toContain('application/json');
    expect(headers.get('www-authenticate')).toBe(status === 401 ? 'Bearer' : null);
    expect(JSON.stringify(body)).not.toMatch(/\.[jt]s:\d+|\bat \S+ \(|node_modules|\/src\//);
  });
});

describe('request ids', () => {
  it.each(['', 'x'.repeat(65), 'two words', 'a,b', '<script>', 'é', '"quoted"', '$id'])(
    'like %j are replaced',
    async (id) => {
      const { headers } = await closed.call('GET', '/list', undefined, { 'x-request-id': id });
      expect(headers.get('x-request-id')).toMatch(/^[0-9a-f]{16}$/);
    },
  );

  it('of 64 characters are kept', async () => {
    const id = 'x'.repeat(64);
    const { headers } = await closed.call('GET', '/list', undefined, { 'x-request-id': id });
    expect(headers.get('x-request-id')).toBe(id);
  });
});

describe('paths and methods', () => {
  it.each([
    ['PUT', '/store', 'POST'],
    ['GET', '/search', 'POST'],
    ['DELETE', '/list', 'GET'],
    ['POST', '/memory/1', 'GET, DELETE'],
    ['PUT', '/memories/1', 'GET, PATCH, DELETE'],
    ['PATCH', '/memories', 'POST, GET'],
    ['DELETE', '/batch', 'POST'],
  ])('%s %s is answered with what is allowed', async (method, path, allowed) => {
    const { status, headers, body } = await closed.call(method, path, {});
    expect([status, body.code]).toEqual([405, 'method_not_allowed']);
    const listed = headers.get('allow')!.split(', ').sort();
    expect(listed).toEqual(allowed.split(', ').sort());
    for (const each of listed) {
      const answer = await closed.call(each, path, each === 'GET' ? undefined : {});
      expect(answer.status, each).not.toBe(405);
    }
  });

  it.each([
    '/',
    '/nowhere',
    '/Store',
    '//store',
    '/store/x',
    '/memory/1/nothing',
    '/.env',
    '/%2e%2e/etc/passwd',
    '/store%00',
  ])('there is nothing at %s', async (path) => {
    const { status, body } = await closed.call('GET', path);
    expect([status, body.code]).toEqual([404, 'route_not_found']);
  });

  it('a path that is far too long is cut in the answer', async () => {
    const { status, body } = await closed.call('GET', `/${'x'.repeat(5000)}`);
    expect(status).toBe(404);
    expect(body.error.length).toBeLessThan(400);
  });

  it('HEAD answers as GET does, without a body', async () => {
    const head = (path: string) => closed.fetch(new Request(`http://engram.test${path}`, { method: 'HEAD' }));
    const answer = await head('/health');
    expect([answer.status, await answer.text()]).toEqual([200, '']);
    expect(answer.headers.get('x-frame-options')).toBe('DENY');
    expect((await head('/list')).status).toBe(401);
  });

  it('a slash at the end changes nothing', async () => {
    expect((await closed.call('GET', '/list/')).status).toBe(200);
    expect((await closed.as(null)('GET', '/list/')).status).toBe(401);
  });
});

describe('CORS', () => {
  const preflight = (app: TestApp, origin: string) =>
    app.as(null)('OPTIONS', '/store', undefined, {
      origin,
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'authorization,content-type,x-space',
    });

  it.each([ORIGIN, 'https://two.example.com'])('lets %s in, without a key for the preflight', async (origin) => {
    const { status, headers } = await preflight(open, origin);
    expect(status).toBe(204);
    expect(headers.get('access-control-allow-origin')).toBe(origin);
    expect(headers.get('access-control-allow-credentials')).toBe('true');
    expect(headers.get('access-control-max-age')).toBe('3600');
    expect(headers.get('vary')).toContain('Origin');
    const methods = headers.get('access-control-allow-methods')!;
    for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']) expect(methods).toContain(method);
    const allowed = headers.get('access-control-allow-headers')!.toLowerCase();
    for (const header of ['authorization', 'content-type', 'x-space']) expect(allowed).toContain(header);
  });

  it('tells a page why it was refused', async () => {
    const { status, headers } = await open.as(null)('GET', '/list', undefined, { origin: ORIGIN });
    expect([status, headers.get('access-control-allow-origin')]).toEqual([401, ORIGIN]);
    expect(headers.get('access-control-expose-headers')).toContain('x-request-id');
  });

  it.each(['https://evil.example.com', 'http://app.example.com', `${ORIGIN}.evil.com`, `${ORIGIN}:8443`, 'null', ''])(
    'keeps %j out',
    async (origin) => {
      const { headers } = await preflight(open, origin);
      expect(headers.get('access-control-allow-origin')).toBeNull();
      const { headers: got } = await open.call('GET', '/list', undefined, { origin });
      expect(got.get('access-control-allow-origin')).toBeNull();
    },
  );

  it('is off unless origins are named', async () => {
    const { status, headers } = await preflight(closed, ORIGIN);
    expect(status).toBe(405);
    expect([...headers.keys()].filter((name) => name.startsWith('access-control-'))).toEqual([]);
  });
});

describe('addresses', () => {
  const search = (call: Caller, query: string) => call('GET', `/list?${query}`);
  it.each(['category=%00', 'limit=2&nothing=1', 'include_forgotten=maybe', '__proto__=1', 'space_id=-1'])(
    'with ?%s are refused',
    async (query) => {
      expect((await search(closed.call, query)).status).toBe(400);
    },
  );
  it.each(['category=%ff', 'category=%', 'category=a%20b&limit=2', 'category=', 'source=%F0%9F%A6%80'])(
    'with ?%s are read',
    async (query) => {
      expect((await search(closed.call, query)).status).toBe(200);
    },
  );
});
