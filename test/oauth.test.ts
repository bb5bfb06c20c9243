// OAuth 2.1 through HTTP, on every database: a program asks, a person allows, tokens come, are renewed and end.
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { type Caller, createTestApp, type TestApp } from './support/app.ts';
import { onEachDatabase } from './support/databases.ts';
import * as oauth from './support/oauth.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

onEachDatabase((kind) => {
  let app: TestApp;
  let anyone: Caller;
  beforeAll(async () => {
    const place = await kind.place();
    app = await createTestApp({ ports: { database: await place.open() } });
    anyone = oauth.at(app.as(null));
  });
  afterAll(() => app.close());
  // What an address may ask in a minute is no matter of these tests.
  beforeEach(() => app.clock.advance(MINUTE));

  const newKey = async (scopes = 'read,write') => (await app.call('POST', '/keys', { name: 'person', scopes })).body;
  const works = async (token: string): Promise<number> => (await app.as(token)('GET', '/list')).status;
  const grantsOf = async (token: string) => (await app.as(token)('GET', '/oauth/grants')).body.grants;
  const drained = async () => {
    await app.jobs.drain();
    await app.flush();
  };

  it('goes from registration to a token that is taken wherever a key is', async () => {
    const key = await newKey();
    const got = await oauth.connect(anyone, key.key);
    expect(got).toMatchObject({
      access_token: expect.stringMatching(/^engt_[0-9a-f]{64}$/),
      refresh_token: expect.stringMatching(/^engr_[0-9a-f]{64}$/),
      token_type: 'Bearer',
      expires_in: 3600,
      scope: 'read write',
    });
    const stored = await app.as(got.access_token)('POST', '/store', { content: 'The ferry leaves at nine.' });
    expect(stored.status).toBe(201);
    expect((await app.call('GET', `/memory/${stored.body.id}`)).body.content).toBe('The ferry leaves at nine.');

    await app.flush();
    const [grant] = await grantsOf(key.key);
    expect(grant).toMatchObject({
      client_id: got.client_id,
      client_name: 'Quill',
      redirect_host: '127.0.0.1:7777',
      scopes: ['read', 'write'],
      resource: `${oauth.BASE}/mcp`,
      key_id: key.id,
      last_used_at: expect.stringMatching(/^2026-/),
    });
  });

  it('keeps no secret as it was sent', async () => {
    const key = await newKey();
    const client_id = await oauth.register(anyone);
    const { code, verifier } = await oauth.codeFor(anyone, key.key, client_id);
    const { body } = await oauth.redeem(anyone, client_id, code, verifier);
    const rows = JSON.stringify(await app.database.reader.db.selectFrom('oauth_tokens').selectAll().execute());
    for (const secret of [code, body.access_token, body.refresh_token, verifier]) {
      expect(rows).not.toContain(secret);
      expect(rows).not.toContain(secret.slice(5));
    }
  });

  it('gives what was chosen, of what was asked, of what the key may', async () => {
    const client_id = await oauth.register(anyone);
    const scopeOf = async (key: string, scope: string | undefined, allowed: oauth.Fields = {}) => {
      const { verifier, challenge } = oauth.proof();
      const page = await oauth.open(anyone, oauth.asking(client_id, challenge, { scope }));
      const code = oauth.backAt(await oauth.allow(anyone, page, key, allowed)).get('code')!;
      const { body } = await oauth.redeem(anyone, client_id, code, verifier);
      return body;
    };
    const both = (await newKey()).key;
    expect((await scopeOf(both, 'write')).scope).toBe('write');
    expect((await scopeOf(both, undefined)).scope).toBe('read write');
    expect((await scopeOf(both, 'read write admin')).scope).toBe('read write');
    expect((await scopeOf(both, 'read write', { allow_write: undefined })).scope).toBe('read');
    expect((await scopeOf((await newKey('read')).key, 'read write')).scope).toBe('read');
    const admin = await scopeOf(app.key, 'read admin');
    expect(admin.scope).toBe('read');
    expect((await app.as(admin.access_token)('GET', '/users')).status).toBe(403);
    expect((await app.as(admin.access_token)('POST', '/store', { content: 'No.' })).status).toBe(403);
  });

  it('renews tokens, each refresh token once, and asks for less where less is wanted', async () => {
    const got = await oauth.connect(anyone, (await newKey()).key);
    app.clock.advance(HOUR);
    expect(await works(got.access_token)).toBe(401);
    const next = await oauth.refresh(anyone, got.client_id, got.refresh_token, { scope: 'read' });
    expect(next).toMatchObject({ status: 200, body: { scope: 'read', expires_in: 3600 } });
    expect(next.headers.get('cache-control')).toBe('no-store');
    expect(await works(next.body.access_token)).toBe(200);
    expect((await app.as(next.body.access_token)('POST', '/store', { content: 'No.' })).status).toBe(403);
    // What was granted is not lost by having asked for less once.
    const whole = await oauth.refresh(anyone, got.client_id, next.body.refresh_token);
    expect(whole.body.scope).toBe('read write');
  });

  it('slides: a client that comes back within thirty days stays connected, one that does not is gone', async () => {
    const key = (await newKey()).key;
    const [kept, left] = [await oauth.connect(anyone, key), await oauth.connect(anyone, key)];
    app.clock.advance(20 * DAY);
    const second = await oauth.refresh(anyone, kept.client_id, kept.refresh_token);
    app.clock.advance(20 * DAY);
    const late = await oauth.refresh(anyone, left.client_id, left.refresh_token);
    expect([late.status, late.body.error]).toEqual([400, 'invalid_grant']);
    const third = await oauth.refresh(anyone, kept.client_id, second.body.refresh_token);
    expect(third.status).toBe(200);
    expect((await grantsOf(key)).map((one: { client_id: string }) => one.client_id)).toEqual([kept.client_id]);
  });

  it('ends a grant when its person, or its client, says so', async () => {
    const key = (await newKey()).key;
    const [one, two] = [await oauth.connect(anyone, key), await oauth.connect(anyone, key)];
    expect([await works(one.access_token), await works(two.access_token)]).toEqual([200, 200]);
    const [{ id }] = (await grantsOf(key)).filter((each: { client_id: string }) => each.client_id === one.client_id);
    expect((await app.as(key)('DELETE', `/oauth/grants/${id}`)).body).toEqual({ ended: true, id });
    expect((await app.as(key)('DELETE', `/oauth/grants/${id}`)).body.code).toBe('grant_not_found');
    expect(await works(one.access_token)).toBe(401);
    expect((await oauth.refresh(anyone, one.client_id, one.refresh_token)).body.error).toBe('invalid_grant');

    const revoked = await oauth.post(anyone, '/oauth/revoke', { token: two.refresh_token, client_id: two.client_id });
    expect([revoked.status, await works(two.access_token)]).toEqual([200, 401]);
    const unknown = await oauth.post(anyone, '/oauth/revoke', { token: two.refresh_token });
    expect(unknown.status).toBe(200);
    const clients = (await grantsOf(key)).map((each: { client_id: string }) => each.client_id);
    expect(clients).not.toContain(one.client_id);
    expect(clients).not.toContain(two.client_id);
  });

  it('ends with the key that allowed it', async () => {
    const key = await newKey();
    const got = await oauth.connect(anyone, key.key);
    expect(await works(got.access_token)).toBe(200);
    await app.call('DELETE', `/keys/${key.id}`);
    expect(await works(got.access_token)).toBe(401);
    expect((await oauth.refresh(anyone, got.client_id, got.refresh_token)).body.error).toBe('invalid_grant');

    const short = await app.call('POST', '/keys', { name: 'short', ttl_secs: 120 });
    const brief = await oauth.connect(anyone, short.body.key);
    expect(await works(brief.access_token)).toBe(200);
    app.clock.advance(2 * MINUTE);
    expect(await works(brief.access_token)).toBe(401);
    expect((await oauth.refresh(anyone, brief.client_id, brief.refresh_token)).status).toBe(400);
  });

  it('goes with the user who allowed it', async () => {
    const { body: user } = await app.call('POST', '/users', { username: `leaving ${app.clock.now()}` });
    const { body: key } = await app.call('POST', '/keys', { user_id: user.id });
    const got = await oauth.connect(anyone, key.key);
    expect(await works(got.access_token)).toBe(200);
    const gone = await app.call('POST', '/tenants/deprovision', { user_id: user.id });
    expect(gone.status, JSON.stringify(gone.body)).toBe(200);
    expect(await works(got.access_token)).toBe(401);
    const { db } = app.database.reader;
    expect(await db.selectFrom('oauth_grants').where('user_id', '=', user.id).selectAll().execute()).toEqual([]);
    expect(await db.selectFrom('oauth_tokens').where('user_id', '=', user.id).selectAll().execute()).toEqual([]);
  });

  it('writes down who let in whom, and who was shut out', async () => {
    const { body: user } = await app.call('POST', '/users', { username: `ada ${app.clock.now()}` });
    const { body: key } = await app.call('POST', '/keys', { user_id: user.id });
    const got = await oauth.connect(anyone, key.key);
    await oauth.refresh(anyone, got.client_id, got.refresh_token);
    const [{ id }] = await grantsOf(key.key);
    await app.as(key.key)('DELETE', `/oauth/grants/${id}`);
    const { body } = await app.call('GET', `/audit?user_id=${user.id}`);
    const about = (body.entries as Record<string, unknown>[]).filter(({ action }) =>
      String(action).startsWith('oauth.'),
    );
    expect(
      about.map(({ action, target_id, actor_user_id, key_id }) => [action, target_id, actor_user_id, key_id]),
    ).toEqual([
      ['oauth.end_grant', id, user.id, key.id],
      ['oauth.consent', id, user.id, key.id],
    ]);
  });

  it('sweeps away what is past: tokens, grants, and clients that nobody let in', async () => {
    const { db } = app.database.reader;
    const count = async (table: 'oauth_clients' | 'oauth_grants' | 'oauth_tokens') =>
      (await db.selectFrom(table).selectAll().execute()).length;
    const got = await oauth.connect(anyone, (await newKey()).key);
    const unused = await oauth.register(anyone);
    app.clock.advance(25 * HOUR);
    await drained();
    const clients = (await db.selectFrom('oauth_clients').select('client_id').execute()).map((row) => row.client_id);
    expect(clients).toContain(got.client_id);
    expect(clients).not.toContain(unused);
    app.clock.advance(130 * DAY);
    await drained();
    expect([await count('oauth_grants'), await count('oauth_tokens'), await count('oauth_clients')]).toEqual([0, 0, 0]);
  });
});
