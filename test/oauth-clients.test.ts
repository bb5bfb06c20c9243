// Who may ask: clients described by an address, clients that register, and what their requests look like.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ReadPage } from '../src/core/web-page.ts';
import { type Caller, createTestApp, type TestApp } from './support/app.ts';
import * as oauth from './support/oauth.ts';

const MINUTE = 60_000;
let app: TestApp;
let anyone: Caller;
let client_id: string;
beforeAll(async () => {
  app = await createTestApp();
  anyone = oauth.at(app.as(null));
  client_id = await oauth.register(anyone);
});
afterAll(() => app.close());
beforeEach(() => app.clock.advance(MINUTE));

const refused = ({ status, body }: { status: number; body: { error: string } }) => [status, body.error];

describe('a client that names an address', () => {
  it.each([
    'https://127.0.0.1/client.json',
    'https://localhost/client.json',
    'https://[::1]/client.json',
    'https://169.254.169.254/latest/meta-data',
    'https://10.0.0.1/client.json',
    'https://metadata.internal/client.json',
    'https://2130706433/client.json',
    'http://client.example/client.json',
    'https://client.example',
    'https://user:pass@client.example/client.json',
    'https://client.example/a/../client.json',
    'https://client.example/client.json#x',
  ])('is not looked for inside, nor at what is no plain address: %s', async (client_id) => {
    const { answer } = await oauth.open(anyone, oauth.asking(client_id, oauth.proof().challenge));
    expect([answer.status, answer.headers.get('location')]).toEqual([400, null]);
    expect(answer.body).not.toMatch(/private|refused|network/i);
  });

  const address = 'https://client.example/oauth/client.json';
  const described = {
    client_id: address,
    client_name: 'Chat',
    redirect_uris: ['https://client.example/back'],
    token_endpoint_auth_method: 'none',
  };
  async function withDocument(document: unknown, found = address) {
    let asked = 0;
    const readPage: ReadPage = async () => {
      asked++;
      const text = typeof document === 'string' ? document : JSON.stringify(document);
      return { url: found, content_type: 'application/json', bytes: new TextEncoder().encode(text) };
    };
    const there = await createTestApp({ ports: { readPage } });
    const call = oauth.at(there.as(null));
    const open = (more: oauth.Fields = {}, { challenge } = oauth.proof()) =>
      oauth.open(call, oauth.asking(address, challenge, { redirect_uri: 'https://client.example/back', ...more }));
    return { there, call, open, asked: () => asked };
  }

  it('is known by the document there, which is read once and vouches for its name', async () => {
    const { there, call, open, asked } = await withDocument(described);
    const { verifier, challenge } = oauth.proof();
    const shown = await open({}, { verifier, challenge });
    expect(shown.answer.body).toMatch(/Name confirmed by<\/dt><dd>client\.example</);
    const redirect_uri = 'https://client.example/back';
    const code = oauth.backAt(await oauth.allow(call, shown, there.key)).get('code')!;
    const { body } = await oauth.redeem(call, address, code, verifier, { redirect_uri });
    expect((await there.as(body.access_token)('GET', '/list')).status).toBe(200);
    expect((await there.call('GET', '/oauth/grants')).body.grants[0]).toMatchObject({
      client_id: address,
      client_name: 'Chat',
    });
    expect(asked()).toBe(1);
    there.clock.advance(11 * MINUTE);
    await open();
    expect(asked()).toBe(2);
    const elsewhere = await open({ redirect_uri: 'https://evil.example/back' });
    expect([elsewhere.answer.status, elsewhere.answer.headers.get('location')]).toEqual([400, null]);
    await there.close();
  });

  it.each([
    ['no JSON', '<html>'],
    ['about another client', { ...described, client_id: 'https://client.example/other.json' }],
    ['with a secret in it', { ...described, client_secret: 'hush' }],
    [
      'of a client with a way to prove itself that is not served',
      { ...described, token_endpoint_auth_method: 'private_key_jwt' },
    ],
    ['without redirect addresses', { ...described, redirect_uris: [] }],
    ['with a redirect address in the clear', { ...described, redirect_uris: ['http://client.example/back'] }],
  ])('is refused with a document that is %s, which is not asked for again at once', async (_what, document) => {
    const { there, open, asked } = await withDocument(document);
    for (let i = 0; i < 3; i++) expect((await open()).answer.status).toBe(400);
    expect(asked()).toBe(1);
    await there.close();
  });

  it('is refused with a document that was found elsewhere', async () => {
    const { there, open } = await withDocument(described, 'https://evil.example/client.json');
    expect((await open()).answer.status).toBe(400);
    await there.close();
  });

  it('makes this server ask others only so often', async () => {
    const { there, call, asked } = await withDocument('no');
    const statuses: number[] = [];
    for (let i = 0; i < 15; i++) {
      const { challenge } = oauth.proof();
      statuses.push((await oauth.open(call, oauth.asking(`${address}?${i}`, challenge))).answer.status);
    }
    expect(statuses.at(-1)).toBe(429);
    expect(asked()).toBeLessThanOrEqual(10);
    await there.close();
  });
});

describe('registration', () => {
  const tryToRegister = (body: unknown) => anyone('POST', '/oauth/register', body);

  it.each([
    ['http://client.example/cb', 'invalid_redirect_uri'],
    ['myapp://cb', 'invalid_redirect_uri'],
    ['javascript:alert(1)', 'invalid_redirect_uri'],
    ['data:text/html,x', 'invalid_redirect_uri'],
    ['https://client.example/cb#x', 'invalid_redirect_uri'],
    ['https://me:pw@client.example/cb', 'invalid_redirect_uri'],
    ["https://client.example;script-src'unsafe-inline'/cb", 'invalid_redirect_uri'],
    ['http://10.0.0.1/cb', 'invalid_redirect_uri'],
    ['not an address', 'invalid_redirect_uri'],
  ])('refuses the redirect address %s', async (uri, word) => {
    expect(refused(await tryToRegister({ redirect_uris: [uri] }))).toEqual([400, word]);
  });

  it.each([
    ['nothing', {}],
    ['no addresses', { redirect_uris: [] }],
    ['eleven addresses', { redirect_uris: Array.from({ length: 11 }, (_, i) => `https://client.example/${i}`) }],
    ['a long address', { redirect_uris: [`https://client.example/${'x'.repeat(2000)}`] }],
    ['a long name', { redirect_uris: [oauth.REDIRECT], client_name: 'x'.repeat(201) }],
    ['other grants', { redirect_uris: [oauth.REDIRECT], grant_types: ['client_credentials'] }],
    ['other responses', { redirect_uris: [oauth.REDIRECT], response_types: ['token'] }],
    ['a list', []],
    ['a text', '"x"'],
    ['no JSON', '{'],
  ])('refuses %s, in the words of RFC 7591', async (_what, body) => {
    const answer = await tryToRegister(body);
    expect(refused(answer)).toEqual([400, 'invalid_client_metadata']);
    expect(answer.body.error_description).toMatch(/^[ -~]+$/);
  });

  it('reads no more than 16 KiB', async () => {
    const { status, body } = await tryToRegister({ redirect_uris: [oauth.REDIRECT], more: 'x'.repeat(20_000) });
    expect([status, body.code]).toEqual([413, 'body_too_large']);
  });

  it('hands out no secrets, whatever is asked for', async () => {
    const { body } = await tryToRegister({
      redirect_uris: [oauth.REDIRECT],
      token_endpoint_auth_method: 'client_secret_basic',
      grant_types: ['authorization_code', 'refresh_token', 'implicit'],
      software_id: 'x',
    });
    expect(body).toMatchObject({
      token_endpoint_auth_method: 'none',
      grant_types: ['authorization_code', 'refresh_token'],
    });
    expect(body.client_secret).toBeUndefined();
  });

  it('is slow for whoever floods it, and makes room for those who mean it', async () => {
    const statuses: number[] = [];
    for (let i = 0; i < 12; i++) statuses.push((await tryToRegister({ redirect_uris: [oauth.REDIRECT] })).status);
    expect(statuses.filter((status) => status === 201)).toHaveLength(10);
    const last = await tryToRegister({ redirect_uris: [oauth.REDIRECT] });
    expect(refused(last)).toEqual([429, 'temporarily_unavailable']);
    expect(Number(last.headers.get('retry-after'))).toBeGreaterThan(0);

    app.clock.advance(MINUTE);
    const meant = await oauth.register(anyone);
    const { db } = app.database.reader;
    const rows = (await db.selectFrom('oauth_clients').selectAll().execute()).length;
    const flood = Array.from({ length: 1_000 - rows }, (_, i) => ({
      ...{ client_id: `flood ${i}`, client_name: 'x', redirect_uris: '[]' },
      ...{ created_at: '2026-03-01 00:00:00', used_at: null },
    }));
    await app.database.atomically(async ({ db }) => {
      for (const row of flood) await db.insertInto('oauth_clients').values(row).execute();
    });
    app.clock.advance(MINUTE);
    expect((await tryToRegister({ redirect_uris: [oauth.REDIRECT] })).status).toBe(201);
    const left = await db.selectFrom('oauth_clients').select('client_id').execute();
    expect(left.filter(({ client_id: id }) => id.startsWith('flood'))).toEqual([]);
    expect(left.map((row) => row.client_id)).toContain(meant);
  });
});

describe('forms', () => {
  it('are forms, with each field once, in the words of RFC 6749', async () => {
    const token = (body: string, type = 'application/x-www-form-urlencoded') =>
      anyone('POST', '/oauth/token', body, { 'content-type': type });
    for (const [body, type, status, word] of [
      ['{"grant_type":"refresh_token"}', 'application/json', 415, 'invalid_request'],
      ['grant_type=refresh_token&grant_type=refresh_token', undefined, 400, 'invalid_request'],
      ['grant_type=', undefined, 400, 'invalid_request'],
      ['x=1', undefined, 400, 'invalid_request'],
      [`grant_type=password&client_id=${client_id}`, undefined, 400, 'unsupported_grant_type'],
      ['grant_type=refresh_token', undefined, 400, 'invalid_client'],
      [`grant_type=refresh_token&client_id=${client_id}&refresh_token=%00`, undefined, 400, 'invalid_request'],
      [`grant_type=refresh_token&client_id=${client_id}&refresh_token=x`, undefined, 400, 'invalid_grant'],
      [`a=${'x'.repeat(70_000)}`, undefined, 413, 'invalid_request'],
    ] as const) {
      const answer = await token(body, type);
      expect([body.slice(0, 60), ...refused(answer)]).toEqual([body.slice(0, 60), status, word]);
      expect(answer.body.error_description).toMatch(/^[ -~]+$/);
      expect(answer.headers.get('cache-control')).toBe('no-store');
    }
  });

  it('are not taken where JSON is asked for', async () => {
    const answer = await oauth.post(app.call, '/store', { content: 'x' });
    expect([answer.status, answer.body.code]).toEqual([415, 'unsupported_media_type']);
  });
});

describe('turned off', () => {
  it('offers nothing, and no token works any more', async () => {
    const on = await createTestApp();
    const got = await oauth.connect(oauth.at(on.as(null)), on.key);
    await on.close();
    const off = await createTestApp({
      ...{ dir: on.dir, key: on.key, ports: { clock: on.clock } },
      env: { ENGRAM_OAUTH: 'off' },
    });
    const call = oauth.at(off.as(null));
    expect((await call('GET', '/.well-known/oauth-protected-resource/mcp')).body.code).toBe('oauth_off');
    expect((await call('POST', '/oauth/register', { redirect_uris: [oauth.REDIRECT] })).status).toBe(404);
    expect((await oauth.refresh(call, got.client_id, got.refresh_token)).status).toBe(404);
    expect((await off.as(got.access_token)('GET', '/list')).status).toBe(401);
    await off.close();
  });

  it('registers nobody where that alone is off', async () => {
    const off = await createTestApp({ env: { ENGRAM_OAUTH_REGISTRATION: 'off' } });
    const call = oauth.at(off.as(null));
    const { body } = await call('GET', '/.well-known/oauth-authorization-server');
    expect([body.issuer, body.registration_endpoint]).toEqual([oauth.BASE, undefined]);
    expect((await call('POST', '/oauth/register', { redirect_uris: [oauth.REDIRECT] })).status).toBe(404);
    await off.close();
  });
});
