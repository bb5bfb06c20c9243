// What a user may have, what the counters say, and what happens at the limit: on every database.
import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Caller, createTestApp, type TestApp } from './support/app.ts';
import { type Kind, onEachDatabase } from './support/databases.ts';

onEachDatabase((kind: Kind) => {
  let app: TestApp;
  let users = 0;
  let id: number;
  let mine: Caller;
  beforeAll(async () => {
    app = await createTestApp({ ports: { database: await (await kind.place()).open() } });
  });
  afterAll(() => app.close());
  beforeEach(async () => {
    const made = await app.call('POST', '/tenants/provision', { username: `user ${++users}` });
    id = made.body.user_id;
    mine = app.as(made.body.api_key);
  });

  const limit = async (quota: object) =>
    expect((await app.call('PUT', '/admin/quotas', { user_id: id, ...quota })).body).toEqual({
      status: 'ok',
      user_id: id,
    });
  const store = (content: string) => mine('POST', '/store', { content });
  const refused = (answer: { status: number; body: { code: string; error: string } }, said: RegExp) => {
    expect([answer.status, answer.body.code]).toEqual([403, 'quota_exceeded']);
    expect(answer.body.error).toMatch(said);
  };

  it('is what the contract says by default, and none for administrators', async () => {
    expect((await mine('GET', '/quota')).body).toEqual({
      user_id: id,
      memory_count: 0,
      memory_limit: 100_000,
      conversation_count: 0,
      conversation_limit: 1000,
      key_count: 1,
      key_limit: 10,
      spaces_count: 1,
      spaces_limit: 10,
      max_memory_size_bytes: 102_400,
      within_limits: true,
    });
    expect((await app.call('GET', '/quota')).body).toMatchObject({ memory_limit: 0, within_limits: true });
    const all = (await app.call('GET', '/admin/quotas')).body;
    expect(all[0]).toMatchObject({ user_id: 1, username: 'operator', max_memories: 0, rate_limit_override: null });
    expect(all.at(-1)).toMatchObject({ user_id: id, max_memories: 100_000, is_own: false });
  });

  it('ends storing, in every way there is, until something goes', async () => {
    await limit({ max_memories: 2 });
    const first = (await store('The first thing to know.')).body.id;
    await store('Another thing altogether.');
    refused(await store('One too many of them.'), /^Your quota of memories is full; .*Erase some/);
    refused(await mine('POST', `/memory/${first}/update`, { content: 'A new version.' }), /quota of memories/);
    const batch = await mine('POST', '/batch', { ops: [{ op: 'store', body: { content: 'In a batch.' } }] });
    expect(batch.body.results[0]).toMatchObject({
      success: false,
      error: expect.stringContaining('quota of memories'),
    });
    expect((await mine('GET', '/quota')).body).toMatchObject({ memory_count: 2, within_limits: false });
    expect((await mine('GET', '/list')).body.results).toHaveLength(2);
    await mine('POST', `/memory/${first}/forget`);
    refused(await store('The trash counts too.'), /the trash too/);
    await mine('DELETE', '/memory/trash');
    expect((await store('Now there is room.')).status).toBe(201);
  });

  it('lets no two pass the limit together', async () => {
    await limit({ max_memories: 3, max_conversations: 3, max_spaces: 3 });
    const at_once = async (make: (i: number) => ReturnType<Caller>) =>
      (await Promise.all(Array.from({ length: 8 }, (_, i) => make(i)))).map(({ status }) => status).sort();
    const texts = [
      'red apples',
      'a blue boat',
      'the old mill',
      'nine cats',
      'green tea',
      'a tall tower',
      'wet sand',
      'ice',
    ];
    expect(await at_once((i) => store(texts[i]!))).toEqual([201, 201, 201, 403, 403, 403, 403, 403]);
    expect(await at_once((i) => mine('POST', '/conversations', { agent: `a${i}` }))).toEqual([
      201, 201, 201, 403, 403, 403, 403, 403,
    ]);
    expect(await at_once((i) => mine('POST', '/spaces', { name: `s${i}` }))).toEqual([
      201, 201, 403, 403, 403, 403, 403, 403,
    ]);
  });

  it('holds for one memory’s size, in bytes', async () => {
    await limit({ max_memory_size_bytes: 10 });
    expect((await store('0123456789')).status).toBe(201);
    refused(await store('ünf ünf ünf'), /larger than your quota/);
  });

  it('counts keys that work: one that was rotated, revoked or is over makes room', async () => {
    await limit({ max_api_keys: 2 });
    const second = (await mine('POST', '/api-keys', { name: 'second' })).body;
    refused(await mine('POST', '/api-keys'), /keys for one user is full/);
    expect((await mine('DELETE', `/api-keys/${second.key.id}`)).body).toEqual({ deleted: true, id: second.key.id });
    const brief = await app.call('POST', '/keys', { user_id: id, ttl_secs: 60 });
    expect(brief.status).toBe(201);
    refused(await app.call('POST', '/keys', { user_id: id }), /keys for one user/);
    app.clock.advance(61_000);
    expect((await app.call('POST', '/keys', { user_id: id })).status).toBe(201);
    expect((await mine('GET', '/quota')).body.key_count).toBe(2);
  });

  it('follows a change of what all users get, unless the user has a quota of their own', async () => {
    expect((await app.call('PUT', '/admin/settings', { 'quota.max_spaces': 1 })).body).toEqual({ updated: 1 });
    refused(await mine('POST', '/spaces', { name: 'more' }), /quota of spaces/);
    await limit({ max_spaces: 2 });
    expect((await mine('POST', '/spaces', { name: 'more' })).status).toBe(201);
    await app.call('PUT', '/admin/settings', { 'quota.max_spaces': 10 });
    refused(await mine('POST', '/spaces', { name: 'third' }), /quota of spaces/);
    expect((await app.call('POST', '/spaces', { name: `of the operator ${users}` })).status).toBe(201);
  });

  it('is counted exactly, whatever happens', async () => {
    const kept = (await store('A memory that stays.')).body.id;
    const gone = (await store('Quite another one that goes.')).body.id;
    await mine('POST', `/memory/${kept}/update`, { content: 'A memory that stays and changed.' });
    await mine('DELETE', `/memory/${gone}`);
    const talk = (await mine('POST', '/conversations', { agent: 'a' })).body.id;
    await mine('POST', '/conversations', { agent: 'b' });
    await mine('DELETE', `/conversations/${talk}`);
    await mine('POST', '/spaces', { name: 'work' });
    expect((await mine('GET', '/quota')).body).toMatchObject({
      memory_count: 2,
      conversation_count: 1,
      spaces_count: 2,
      key_count: 1,
    });
    const { rows } = await sql<{ wrong: number }>`
      select count(*) as wrong from user_counts c where c.memories <> (select count(*) from memories m where m.user_id = c.user_id)
        or c.conversations <> (select count(*) from conversations v where v.user_id = c.user_id)
        or c.spaces <> (select count(*) from spaces s where s.user_id = c.user_id)`.execute(app.database.reader.db);
    expect(Number(rows[0]!.wrong)).toBe(0);
    const usage = (await app.call('GET', '/admin/usage')).body.find((row: { user_id: number }) => row.user_id === id);
    expect(usage).toMatchObject({ memory_count: 2, conversation_count: 1, api_key_count: 1 });
    const user = (await app.call('GET', '/users')).body.users.find((row: { id: number }) => row.id === id);
    expect(user).toMatchObject({ memory_count: 2, key_count: 1, space_count: 2 });
  });

  it('use that is reported adds up by day', async () => {
    const report = (body: object) => mine('POST', '/usage', body);
    expect((await report({ event_type: 'tokens', quantity: 5 })).body).toEqual({ recorded: true });
    await report({ event_type: 'tokens', quantity: 2.5 });
    await report({ event_type: 'tokens', agent_id: 7 });
    expect((await mine('GET', '/usage')).body.usage.map((row: object) => ({ ...row, day: '' }))).toEqual([
      { day: '', event_type: 'tokens', agent_id: null, events: 2, quantity: 7.5 },
      { day: '', event_type: 'tokens', agent_id: '7', events: 1, quantity: 1 },
    ]);
    expect((await app.call('GET', '/usage')).body.usage).toEqual([]);
    expect((await report({ event_type: ' ' })).status).toBe(400);
  });

  describe('what is no quota', () => {
    afterEach(async () => expect((await mine('GET', '/quota')).body.memory_limit).toBe(100_000));
    it.each([{ max_memories: -1 }, { max_memories: 1.5 }, { max_spaces: '9' }, { rate_limit_override: 0 }, { x: 1 }])(
      '%j',
      async (quota) => {
        expect((await app.call('PUT', '/admin/quotas', { user_id: id, ...quota })).status).toBe(400);
      },
    );
    it('of nobody', async () => {
      expect((await app.call('PUT', '/admin/quotas', { user_id: 987_654, max_memories: 1 })).status).toBe(404);
    });
  });
});
