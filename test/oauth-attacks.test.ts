// What must not work: codes and tokens of others, redirects to elsewhere, forms from other sites, names that are markup.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Caller, createTestApp, type TestApp } from './support/app.ts';
import * as oauth from './support/oauth.ts';

const MINUTE = 60_000;
let app: TestApp;
let anyone: Caller;
let key: string;
let client_id: string;
beforeAll(async () => {
  app = await createTestApp();
  anyone = oauth.at(app.as(null));
  key = (await app.call('POST', '/keys', { name: 'person' })).body.key;
  client_id = await oauth.register(anyone);
});
afterAll(() => app.close());
beforeEach(() => app.clock.advance(MINUTE));

const works = async (token: string): Promise<number> => (await app.as(token)('GET', '/list')).status;
const refused = ({ status, body }: { status: number; body: { error: string } }) => [status, body.error];
const page = async (more: oauth.Fields = {}, id = client_id) => {
  const { verifier, challenge } = oauth.proof();
  return { verifier, ...(await oauth.open(anyone, oauth.asking(id, challenge, more))) };
};

describe('a code', () => {
  it('works once; shown again, it ends what came of it', async () => {
    const { code, verifier } = await oauth.codeFor(anyone, key, client_id);
    const first = await oauth.redeem(anyone, client_id, code, verifier);
    expect(await works(first.body.access_token)).toBe(200);
    expect(refused(await oauth.redeem(anyone, client_id, code, verifier))).toEqual([400, 'invalid_grant']);
    expect(await works(first.body.access_token)).toBe(401);
    expect((await oauth.refresh(anyone, client_id, first.body.refresh_token)).status).toBe(400);
  });

  it('works once also when it is shown twice at the same time', async () => {
    const { code, verifier } = await oauth.codeFor(anyone, key, client_id);
    const both = await Promise.all([1, 2].map(() => oauth.redeem(anyone, client_id, code, verifier)));
    expect(both.map(({ status }) => status).sort()).toEqual([200, 400]);
  });

  it('is of use only with its verifier, to its client, at its address, within a minute', async () => {
    const other = await oauth.register(anyone);
    const { code, verifier } = await oauth.codeFor(anyone, key, client_id);
    for (const wrong of [
      { code_verifier: oauth.proof().verifier },
      { code_verifier: undefined },
      { code_verifier: 'short' },
      { client_id: other },
      { redirect_uri: 'http://127.0.0.1:7778/callback' },
      { redirect_uri: undefined },
      { code: code.replace('engc_', 'engr_') },
    ])
      expect(refused(await oauth.redeem(anyone, client_id, code, verifier, wrong)), JSON.stringify(wrong)).toEqual([
        400,
        'invalid_grant',
      ]);
    const elsewhere = await oauth.redeem(anyone, client_id, code, verifier, { resource: 'https://other.example/mcp' });
    expect(refused(elsewhere)).toEqual([400, 'invalid_target']);
    app.clock.advance(MINUTE);
    expect(refused(await oauth.redeem(anyone, client_id, code, verifier))).toEqual([400, 'invalid_grant']);
  });

  it('is neither a refresh token nor a key', async () => {
    const { code } = await oauth.codeFor(anyone, key, client_id);
    expect(await works(code)).toBe(401);
    expect(refused(await oauth.refresh(anyone, client_id, code))).toEqual([400, 'invalid_grant']);
  });
});

describe('a refresh token', () => {
  it('shown twice ends the grant for whoever has it', async () => {
    const got = await oauth.connect(anyone, key);
    const next = (await oauth.refresh(anyone, got.client_id, got.refresh_token)).body;
    expect(await works(next.access_token)).toBe(200);
    expect(refused(await oauth.refresh(anyone, got.client_id, got.refresh_token))).toEqual([400, 'invalid_grant']);
    expect(await works(next.access_token)).toBe(401);
    expect(refused(await oauth.refresh(anyone, got.client_id, next.refresh_token))).toEqual([400, 'invalid_grant']);
  });

  it('is of use to its client alone, and gives no more than was granted', async () => {
    const got = await oauth.connect(anyone, key, { scope: 'read' });
    expect(refused(await oauth.refresh(anyone, client_id, got.refresh_token))).toEqual([400, 'invalid_grant']);
    for (const scope of ['write', 'read write', 'admin'])
      expect(refused(await oauth.refresh(anyone, got.client_id, got.refresh_token, { scope }))).toEqual([
        400,
        'invalid_scope',
      ]);
    expect(await works(got.refresh_token)).toBe(401);
    expect((await oauth.refresh(anyone, got.client_id, got.refresh_token)).status).toBe(200);
  });
});

describe('an access token', () => {
  it('sees its owner’s memories and nobody else’s', async () => {
    const { body: secret } = await app.call('POST', '/store', { content: 'The quokka sleeps under the bridge.' });
    const bob = await app.newUser('bob');
    const { full_key } = (await bob('POST', '/api-keys', { scopes: 'read,write' })).body;
    const mine = await oauth.connect(anyone, key);
    const theirs = app.as((await oauth.connect(anyone, full_key)).access_token);
    expect((await theirs('GET', `/memory/${secret.id}`)).status).toBe(404);
    expect(JSON.stringify((await theirs('GET', '/list')).body)).not.toContain('quokka');
    const [grant] = (await app.as(mine.access_token)('GET', '/oauth/grants')).body.grants;
    expect((await theirs('DELETE', `/oauth/grants/${grant.id}`)).status).toBe(404);
    expect((await theirs('GET', '/oauth/grants')).body.count).toBe(1);
    expect(await works(mine.access_token)).toBe(200);
  });

  it('makes no keys, ends none, ends no grant but its own, and lets in no other client', async () => {
    const [one, two] = [await oauth.connect(anyone, key), await oauth.connect(anyone, key)];
    const client = app.as(one.access_token);
    expect((await client('POST', '/api-keys', { name: 'for good' })).body.code).toBe('forbidden');
    const [{ id: key_id }] = (await client('GET', '/keys')).body.keys;
    expect((await client('DELETE', `/keys/${key_id}`)).body.code).toBe('forbidden');
    expect((await client('DELETE', `/api-keys/${key_id}`)).body.code).toBe('forbidden');
    const { grants } = (await client('GET', '/oauth/grants')).body;
    const idOf = (id: string): number => grants.find((each: { client_id: string }) => each.client_id === id).id;
    expect((await client('DELETE', `/oauth/grants/${idOf(two.client_id)}`)).status).toBe(404);
    expect((await client('DELETE', `/oauth/grants/${idOf(one.client_id)}`)).status).toBe(200);
    const answer = await oauth.allow(anyone, await page(), two.access_token);
    expect([answer.status, answer.body]).toEqual([403, expect.stringContaining('This key is not valid here.')]);
    expect(await works(two.access_token)).toBe(200);
  });

  it('is for this server at this address', async () => {
    const near = await createTestApp();
    const got = await oauth.connect(oauth.at(near.as(null)), near.key);
    await near.close();
    const { dir, clock } = near;
    const moved = await createTestApp({
      ...{ dir, key: near.key, ports: { clock } },
      env: { ENGRAM_PUBLIC_URL: 'https://engram.example' },
    });
    expect((await moved.as(got.access_token)('GET', '/list')).status).toBe(401);
    expect((await moved.call('GET', '/list')).status).toBe(200);
    await moved.close();
    const back = await createTestApp({ dir, key: near.key, ports: { clock } });
    expect((await back.as(got.access_token)('GET', '/list')).status).toBe(200);
    await back.close();
  });

  it.each(['engt_', `engt_${'0'.repeat(64)}`, `engt_${'g'.repeat(64)}`, `ENGT_${'0'.repeat(64)}`])(
    'that is none is refused: %s',
    async (token) => {
      expect(await works(token)).toBe(401);
    },
  );
});

describe('the authorization endpoint', () => {
  const error = async (more: oauth.Fields) => {
    const { answer } = await page(more);
    const back = oauth.backAt(answer);
    expect(answer.headers.get('location')).toMatch(/^http:\/\/127\.0\.0\.1:7777\/callback\?/);
    return [back.get('error'), back.get('state'), back.get('iss')];
  };

  it.each([
    ['a plain proof key', { code_challenge_method: 'plain' }, 'invalid_request'],
    ['no method, which would mean plain', { code_challenge_method: undefined }, 'invalid_request'],
    ['no proof key', { code_challenge: undefined }, 'invalid_request'],
    ['a proof key that is no SHA-256', { code_challenge: 'short' }, 'invalid_request'],
    ['the implicit grant', { response_type: 'token' }, 'unsupported_response_type'],
    ['another server', { resource: 'https://other.example/mcp' }, 'invalid_target'],
    ['administration', { scope: 'admin' }, 'invalid_scope'],
  ])('tells the client that it does not take %s, with its state and the issuer', async (_what, more, word) => {
    expect(await error(more)).toEqual([word, 'st at/e&1', oauth.BASE]);
  });

  it.each([
    'https://evil.example/callback',
    'http://127.0.0.1:7777/callback/../evil',
    'http://127.0.0.1:7777/other',
    'http://127.0.0.1:7777/callback?more=1',
    'http://127.0.0.1:7777/callback#part',
    'http://127.0.0.1@evil.example/callback',
    'http://localhost:7777/callback',
    'https://127.0.0.1:7777/callback',
    'http://127.0.0.1.evil.example:7777/callback',
    'http://127.0.0.1:7777\\@evil.example/callback',
    'javascript:alert(1)',
    '//evil.example',
    '',
  ])('sends nobody to %s', async (redirect_uri) => {
    const { answer } = await page({ redirect_uri });
    expect([answer.status, answer.headers.get('location')]).toEqual([400, null]);
    expect(answer.body).toContain('not registered');
  });

  it('takes any port of a loopback address, and echoes the state with the code and the issuer', async () => {
    const asked = await page({ redirect_uri: 'http://127.0.0.1:51234/callback' });
    const answer = await oauth.allow(anyone, asked, key);
    expect(answer.headers.get('location')).toMatch(/^http:\/\/127\.0\.0\.1:51234\/callback\?code=engc_/);
    const back = oauth.backAt(answer);
    expect([back.get('state'), back.get('iss')]).toEqual(['st at/e&1', oauth.BASE]);
    const stateless = oauth.backAt(await oauth.allow(anyone, await page({ state: undefined }), key));
    expect([stateless.has('state'), stateless.has('code')]).toEqual([false, true]);
  });

  it('keeps what a registered address says already', async () => {
    const uri = 'https://app.example/cb?tenant=a%20b';
    const id = await oauth.register(anyone, { redirect_uris: [uri] });
    const answer = await oauth.allow(anyone, await page({ redirect_uri: uri }, id), key);
    expect(answer.headers.get('location')).toMatch(/^https:\/\/app\.example\/cb\?tenant=a%20b&code=engc_/);
  });

  it('shows nothing where the name of the host is somebody else’s', async () => {
    const { challenge } = oauth.proof();
    const answer = await oauth.open(oauth.at(app.as(null), 'evil.example'), oauth.asking(client_id, challenge));
    expect(answer.answer).toMatchObject({ status: 404, body: expect.stringContaining('ENGRAM_PUBLIC_URL') });
    const metadata = await app.as(null)('GET', '/.well-known/oauth-authorization-server', undefined, {
      host: 'evil.example',
    });
    expect([metadata.status, metadata.body.code]).toEqual([404, 'oauth_off']);
  });
});

describe('the consent page', () => {
  it('carries no script, loads nothing, stands in no frame, and leads to the client alone', async () => {
    const { answer } = await page();
    const policy = answer.headers.get('content-security-policy')!;
    expect(policy).toMatch(/^default-src 'none'; style-src 'sha256-[\w+/]{43}='; /);
    expect(policy).toContain("form-action 'self' http://127.0.0.1:7777;");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(answer.headers.get('x-frame-options')).toBe('DENY');
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.headers.get('set-cookie')).toMatch(/^engram-oauth=[0-9a-f]{64}; Path=\/; .*HttpOnly; SameSite=Lax$/);
    expect(answer.body).not.toMatch(/<script|\son\w+=|javascript:/i);
    expect(answer.body).toContain('127.0.0.1:7777');
    expect(answer.body).toContain('the name is what the program says of itself');
  });

  it('shows names and states as text, and drops what turns text around', async () => {
    const client_name = '"><script>alert(1)</script>\u202Ekcatta<img src=x onerror=alert(2)>';
    const id = await oauth.register(anyone, { client_name });
    const { answer, fields } = await page({ state: '"><script>alert(3)</script>' }, id);
    expect(answer.status).toBe(200);
    expect(answer.body).not.toMatch(/<script|<img/i);
    expect(answer.body).not.toContain('\u202E');
    expect(answer.body).toContain('&lt;script&gt;alert(1)&lt;/script&gt;kcatta');
    expect(fields.state).toBe('"><script>alert(3)</script>');
    const wrong = await page({ client_id: '<script>alert(4)</script>' });
    expect([wrong.answer.status, wrong.answer.body]).toEqual([400, expect.not.stringMatching(/<script/i)]);
  });

  it('takes a form only from the browser it was made for, for what it showed', async () => {
    const shown = await page();
    const other = await page();
    const sent = { ...shown.fields, decision: 'allow', key };
    const forms: [string, oauth.Fields, Record<string, string>][] = [
      ['no cookie', sent, {}],
      ['another browser’s cookie', sent, { cookie: other.cookie }],
      ['no mark', { ...sent, form: undefined }, { cookie: shown.cookie }],
      ['another page’s mark', { ...sent, form: other.fields.form }, { cookie: shown.cookie }],
      ['another state', { ...sent, state: 'x' }, { cookie: shown.cookie }],
      ['other scopes', { ...sent, scope: 'read' }, { cookie: shown.cookie }],
      ['another proof key', { ...sent, code_challenge: oauth.proof().challenge }, { cookie: shown.cookie }],
      ['another port', { ...sent, redirect_uri: 'http://127.0.0.1:1/callback' }, { cookie: shown.cookie }],
      ['another site', sent, { cookie: shown.cookie, origin: 'https://evil.example' }],
      ['a page without an origin', sent, { cookie: shown.cookie, origin: 'null' }],
    ];
    for (const [what, fields, headers] of forms) {
      const answer = await oauth.post(anyone, '/oauth/authorize', fields, headers);
      expect([what, answer.status, answer.headers.get('location')]).toEqual([what, 403, null]);
    }
    const right = await oauth.post(anyone, '/oauth/authorize', sent, { cookie: shown.cookie, origin: oauth.BASE });
    expect(right.status).toBe(303);
  });

  it('is good for ten minutes', async () => {
    const shown = await page();
    app.clock.advance(10 * MINUTE + 1);
    const answer = await oauth.allow(anyone, shown, key);
    expect([answer.status, answer.body]).toEqual([403, expect.stringContaining('too old')]);
    // It comes again, to be answered once more.
    expect((await oauth.allow(anyone, oauth.pageIn(answer), key)).status).toBe(303);
  });

  it('tells the client of a no, and never asks for a key then', async () => {
    const back = oauth.backAt(await oauth.answerPage(anyone, await page(), { decision: 'deny' }));
    expect([back.get('error'), back.get('state'), back.get('code')]).toEqual(['access_denied', 'st at/e&1', null]);
  });

  it('grants nothing without something chosen', async () => {
    const answer = await oauth.allow(anyone, await page(), key, { allow_read: undefined, allow_write: undefined });
    expect([answer.status, answer.body]).toEqual([403, expect.stringContaining('Choose at least one')]);
  });

  it('never shows a key again, and lets nobody guess many', async () => {
    const wrong = `eg_${'ab'.repeat(32)}`;
    const tries: number[] = [];
    for (let i = 0; i < 12; i++) {
      const answer = await oauth.allow(anyone, await page(), wrong);
      expect(answer.body).not.toContain(wrong);
      tries.push(answer.status);
    }
    expect(tries[0]).toBe(403);
    expect(tries.at(-1)).toBe(429);
  });
});
