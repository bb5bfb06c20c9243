// Users come, exchange keys, give up spaces, and go without leaving anything: on every database.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Caller, createTestApp, type TestApp } from './support/app.ts';
import { type Kind, onEachDatabase } from './support/databases.ts';
import { rowsOfUser } from './support/user-rows.ts';

onEachDatabase((kind: Kind) => {
  let app: TestApp;
  let users = 0;
  let id: number;
  let key: string;
  let mine: Caller;
  beforeAll(async () => {
    const database = await (await kind.place()).open();
    app = await createTestApp({ env: { ENGRAM_EMBEDDING_MODEL: '', ENGRAM_UNDERSTANDING: '1' }, ports: { database } });
  });
  afterAll(() => app.close());
  beforeEach(async () => {
    const made = await app.call('POST', '/tenants/provision', { username: `user ${++users}`, email: 'x@example.com' });
    expect(made.status).toBe(201);
    ({ user_id: id, api_key: key } = made.body);
    mine = app.as(key);
  });
  const store = async (content: string, headers = {}): Promise<number> =>
    (await mine('POST', '/store', { content }, headers)).body.id;

  it('a user is provisioned with a key that works and a space, once', async () => {
    expect((await mine('GET', '/spaces')).body.spaces).toEqual([
      expect.objectContaining({ name: 'default', memory_count: 0 }),
    ]);
    const again = await app.call('POST', '/tenants/provision', { username: `user ${users}` });
    expect([again.status, again.body.code]).toEqual([409, 'name_taken']);
    expect((await app.call('GET', '/admin/tenants')).body.at(-1)).toMatchObject({ id, role: 'writer', key_count: 1 });
    const reader = (await app.call('POST', '/tenants/provision', { username: `reader ${users}`, role: 'reader' })).body;
    expect((await app.as(reader.api_key)('POST', '/store', { content: 'x' })).status).toBe(403);
    expect((await mine('POST', '/tenants/provision', { username: 'x' })).status).toBe(403);
  });

  it('a user who is deprovisioned leaves nothing, and their keys stop at once', async () => {
    const second = (await mine('POST', '/api-keys', { scopes: 'read,write' })).body.full_key;
    await mine('POST', '/spaces', { name: 'work' });
    await store('Ann Miller works at Acme in Berlin. The server listens on port 4711.', { 'x-space': 'work' });
    await store('Ann Miller now works at Globex. I love green tea, and I hate coffee.');
    await store('Checkout was down because the disk of the server was full.');
    const talk = (await mine('POST', '/conversations', { agent: 'a' })).body.id;
    await mine('POST', `/conversations/${talk}/messages`, { role: 'user', content: 'hello there' });
    await mine('PUT', '/scratch', { session: 's', agent: 'a', entries: [{ key: 'k', value: 'v' }] });
    await mine('PUT', '/preferences', { tea: 'green' });
    await mine('POST', '/approvals', { action: 'go', requester: 'ada' });
    await mine('POST', '/usage', { event_type: 'tokens' });
    await mine('POST', '/reflect', { content: 'A thought about it all.' });
    await app.jobs.drain();
    await mine('POST', '/graph/pagerank');
    expect((await mine('POST', '/search', { query: 'where does Ann work' })).body.results.length).toBeGreaterThan(0);
    expect(Object.keys(await rowsOfUser(app.database, id)).length).toBeGreaterThan(15);
    await app.flush();
    const others = await rowsOfUser(app.database, 1, ['jobs', 'audit_log', 'audit_heads']);

    const done = await app.call('POST', '/tenants/deprovision', { user_id: id });
    expect(done.body).toEqual({ removed: true, user_id: id, deleted_rows: expect.any(Number) });
    expect(done.body.deleted_rows).toBeGreaterThan(20);
    for (const gone of [key, second]) expect((await app.as(gone)('GET', '/list')).status).toBe(401);
    expect(await rowsOfUser(app.database, id)).toEqual({});
    await app.flush();
    await app.jobs.drain();
    expect(await rowsOfUser(app.database, id)).toEqual({});
    expect(await rowsOfUser(app.database, 1, ['jobs', 'audit_log', 'audit_heads'])).toEqual(others);
    const parts = await app.database.reader.describe();
    expect(parts.tables.map(({ name }) => name)).not.toContain(`memories_fts_${id}`);
    expect(await app.database.check()).toEqual([]);
    const again = await app.call('POST', '/tenants/deprovision', { user_id: id });
    expect([again.status, again.body.code]).toEqual([404, 'user_not_found']);
    // The name is free, and whoever takes it begins with nothing.
    const next = (await app.call('POST', '/tenants/provision', { username: `user ${users}` })).body;
    expect(next.user_id).not.toBe(id);
    expect((await app.as(next.api_key)('GET', '/list')).body.results).toEqual([]);
  });

  it('the owner of the server and oneself cannot be deprovisioned', async () => {
    expect((await app.call('POST', '/tenants/deprovision', { user_id: 1 })).status).toBe(400);
    const admin = await app.call('POST', '/tenants/provision', { username: `admin ${users}`, role: 'admin' });
    const made = await app.call('POST', '/keys', { user_id: admin.body.user_id, scopes: 'admin' });
    const boss = app.as(made.body.key);
    expect((await boss('POST', '/tenants/deprovision', { user_id: admin.body.user_id })).status).toBe(400);
    expect((await boss('POST', '/tenants/deprovision', { user_id: id })).status).toBe(200);
  });

  it('a reset erases what is one’s own, and leaves keys, spaces and others alone', async () => {
    const admin = app.as((await app.call('POST', '/keys', { user_id: id, scopes: 'admin' })).body.key);
    await mine('POST', '/spaces', { name: 'work' });
    await store('The lighthouse keeper eats early.');
    await mine('POST', '/conversations', { agent: 'a' });
    const theirs = (await app.call('POST', '/store', { content: `What the operator keeps ${users}.` })).body.id;
    expect((await admin('POST', '/admin/reset', { confirm: 'yes' })).status).toBe(400);
    expect((await mine('POST', '/reset')).status).toBe(403);
    const { body } = await admin('POST', '/admin/reset', { confirm: 'WIPE_ALL_MEMORIES' });
    expect(body).toEqual({ deleted_rows: expect.any(Number), user_id: id });
    expect((await mine('GET', '/list')).body.results).toEqual([]);
    expect((await mine('POST', '/search', { query: 'lighthouse' })).body.results).toEqual([]);
    expect((await mine('GET', '/quota')).body).toMatchObject({ memory_count: 0, spaces_count: 2, key_count: 2 });
    expect((await app.call('GET', `/memory/${theirs}`)).status).toBe(200);
    const back = await store('The lighthouse keeper eats early.');
    const found = (await mine('POST', '/search', { query: 'lighthouse keeper' })).body.results;
    expect(found.map((row: { id: number }) => row.id)).toEqual([back]);
    expect((await admin('POST', '/reset')).body.deleted_rows).toBeGreaterThan(0);
  });

  describe('a space that goes', () => {
    let work: number;
    const IN_WORK = { 'x-space': 'work' };
    beforeEach(async () => {
      work = (await mine('POST', '/spaces', { name: 'work' })).body.id;
    });

    it('goes when it is empty, and only its owner’s', async () => {
      const other = await app.newUser(`other ${users}`);
      expect((await other('DELETE', `/spaces/${work}`)).status).toBe(404);
      expect((await mine('DELETE', `/spaces/${work}`)).body).toEqual({ deleted: true, id: work, moved: 0, erased: 0 });
      expect((await mine('GET', '/list', undefined, IN_WORK)).body.code).toBe('space_not_found');
      const home = (await mine('GET', '/spaces')).body.spaces[0].id;
      expect((await mine('DELETE', `/spaces/${home}?erase=true`)).status).toBe(400);
    });

    it('stays while nobody says what becomes of its memories', async () => {
      await store('The press kit lies on the shelf.', IN_WORK);
      const { status, body } = await mine('DELETE', `/spaces/${work}`);
      expect([status, body.code]).toEqual([409, 'space_not_empty']);
      expect(body.error).toContain('?move_to=<id of another space>, or ?erase=true');
      for (const query of ['move_to=987654', `move_to=${work}`, 'move_to=1&erase=true'])
        expect((await mine('DELETE', `/spaces/${work}?${query}`)).status).toBe(400);
    });

    it('gives all it has to another', async () => {
      const home = (await mine('GET', '/spaces')).body.spaces[0].id;
      await store('Ann Miller works at Acme.');
      const moved = await store('Ann Miller lives in Berlin. Globex makes lamps.', IN_WORK);
      await mine('POST', '/projects', { name: 'Lamps' }, IN_WORK);
      await app.jobs.drain();
      expect((await mine('DELETE', `/spaces/${work}?move_to=${home}`)).body).toMatchObject({ moved: 1, erased: 0 });
      await app.jobs.drain();
      expect((await mine('GET', `/memory/${moved}`)).body.space_id).toBe(home);
      const names = (await mine('GET', '/entities')).body.entities.map((e: { name: string }) => e.name);
      expect(names.filter((name: string) => name === 'Ann Miller')).toHaveLength(1);
      expect((await mine('GET', '/projects')).body.projects).toHaveLength(1);
      const ann = (await mine('GET', '/entities?q=ann')).body.entities[0];
      expect(ann).toMatchObject({ memory_count: 2, space_id: home });
    });

    it('takes all it has along', async () => {
      const kept = await store('The kettle is red.');
      await store('The press kit lies on the shelf.', IN_WORK);
      await app.jobs.drain();
      expect((await mine('DELETE', `/spaces/${work}?erase=true`)).body).toMatchObject({ moved: 0, erased: 1 });
      expect((await mine('GET', '/list')).body.results.map((row: { id: number }) => row.id)).toEqual([kept]);
      expect(
        (await mine('POST', '/search', { query: 'press kit' })).body.results.map((r: { id: number }) => r.id),
      ).not.toContain(kept + 1);
    });
  });

  describe('a key that is rotated', () => {
    let admin: Caller;
    let old: { key: string; id: number };
    beforeEach(async () => {
      old = (await app.call('POST', '/keys', { name: 'laptop', user_id: id, scopes: 'admin', rate_limit: 77 })).body;
      admin = app.as(old.key);
    });

    it('has a successor like it, and works until its grace is over', async () => {
      const { status, body } = await admin('POST', '/keys/rotate', { key_id: old.id });
      expect(status).toBe(200);
      expect(body).toMatchObject({ old_key_id: old.id, grace_hours: 24, message: expect.stringContaining('Keep') });
      const next = app.as(body.new_key);
      const listed = (await next('GET', '/keys')).body.keys;
      expect(listed.find((k: { id: number }) => k.id === body.new_key_id)).toMatchObject({
        name: 'laptop (rotated)',
        scopes: ['admin'],
        rate_limit: 77,
        hash_version: 1,
        agent_id: null,
        last_used_at: null,
        expires_at: null,
      });
      expect(listed.find((k: { id: number }) => k.id === old.id)).toMatchObject({
        is_replaced: true,
        expires_at: body.old_key_expires,
      });
      expect((await next('POST', '/keys/rotate', { key_id: old.id })).status).toBe(404);
      app.clock.advance(24 * 3_600_000 - 1000);
      expect((await admin('GET', '/quota')).status).toBe(200);
      app.clock.advance(1000);
      expect((await admin('GET', '/quota')).status).toBe(401);
      expect((await next('GET', '/quota')).status).toBe(200);
    });

    it('ends at once without grace, and fits where no other key does', async () => {
      await app.call('PUT', '/admin/quotas', { user_id: id, max_api_keys: 2 });
      const { body } = await admin('POST', '/keys/rotate', { key_id: old.id, grace_hours: 0 });
      expect((await admin('GET', '/quota')).status).toBe(401);
      expect((await app.as(body.new_key)('GET', '/quota')).body.key_count).toBe(2);
    });

    it.each([{ key_id: 987_654 }, { key_id: 1 }])('is one’s own: not %j', async (body) => {
      expect((await admin('POST', '/keys/rotate', body)).body.code).toBe('key_not_found');
    });
  });

  it('a key one makes for oneself may do no more than the one one has', async () => {
    const made = await mine('POST', '/api-keys', { scopes: 'read write', rate_limit: 999_999, name: 'tool' });
    expect(made.status).toBe(201);
    expect(made.body.key).toMatchObject({ name: 'tool', scopes: ['read', 'write'], rate_limit: 1000, user_id: id });
    expect((await app.as(made.body.full_key)('GET', '/quota')).body.user_id).toBe(id);
    expect((await mine('POST', '/api-keys')).body.key.scopes).toEqual(['read']);
    expect((await mine('POST', '/api-keys', { scopes: '*' })).status).toBe(403);
    expect((await mine('POST', '/api-keys', { scopes: 'fly' })).status).toBe(400);
    expect((await mine('GET', '/api-keys')).body.count).toBe(3);
    const reader = app.as((await mine('POST', '/api-keys')).body.full_key);
    expect((await reader('POST', '/api-keys')).status).toBe(403);
  });

  it('statistics are one’s own, and for an administrator those of all', async () => {
    await store('A single memory of mine.');
    const own = (await mine('GET', '/stats')).body;
    expect(own).toMatchObject({
      user_id: id,
      memories: { total: 1 },
      counts: { memories: 1, api_keys: 1, tasks: 0 },
      db_size_mb: null,
    });
    expect((await mine('GET', `/stats?user_id=${id}`)).status).toBe(200);
    expect((await mine('GET', '/stats?user_id=1')).status).toBe(403);
    const all = (await app.call('GET', '/stats')).body;
    expect(all.user_id).toBeNull();
    expect(all.memories.total).toBeGreaterThan(1);
    expect((await app.call('GET', `/stats?user_id=${id}`)).body.memories).toEqual(own.memories);
  });
});
