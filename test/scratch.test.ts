// The scratchpad over HTTP: notes that go when their time is over, and what becomes a memory of them.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Caller, createTestApp, type TestApp } from './support/app.ts';

let app: TestApp;
let mine: Caller;
beforeEach(async () => {
  app = await createTestApp();
  mine = app.call;
});
afterEach(() => app.close());

const MINUTE = 60_000;
const note = (session: string, entries: Record<string, string>, more: object = {}, call: Caller = mine) =>
  call('PUT', '/scratch', {
    session,
    entries: Object.entries(entries).map(([key, value]) => ({ key, value })),
    ...more,
  });
const listed = async (query = '', call: Caller = mine) => (await call('GET', `/scratch${query}`)).body;
const keys = async (query = '', call: Caller = mine) =>
  (await listed(query, call)).entries.map((entry: { key: string }) => entry.key);
const rows = async () =>
  (await app.database.reader.db.selectFrom('scratch_entries').select('key').orderBy('key').execute()).map((r) => r.key);

describe('writing and reading', () => {
  it('says what it stored, for whom and until when', async () => {
    const { status, body } = await note('s1', { 'step:1': 'read the file', plan: '' }, { agent: 'ada', model: 'm' });
    expect(status).toBe(200);
    expect(body).toMatchObject({ stored: true, session: 's1', agent: 'ada', model: 'm', count: 2, ttl_minutes: 30 });
    expect(body.expires_at).toBe('2026-03-02 12:30:00');
    const { entries, count } = await listed('?session=s1');
    expect(count).toBe(2);
    expect(entries[1]).toEqual({
      session: 's1',
      agent: 'ada',
      model: 'm',
      key: 'step:1',
      value: 'read the file',
      created_at: '2026-03-02 12:00:00',
      updated_at: '2026-03-02 12:00:00',
      expires_at: '2026-03-02 12:30:00',
    });
    expect(entries.map((entry: object) => ({ ...entry }))).toEqual(
      [...body.entries].sort((a, b) => (a.key < b.key ? -1 : 1)),
    );
  });

  it('needs nothing but keys', async () => {
    const { body } = await mine('PUT', '/scratch', {
      entries: [{ key: 'a' }, { key: 'b', value: null }],
      session: null,
    });
    expect(body).toMatchObject({ session: 'default', agent: 'unknown', model: '', count: 2 });
    expect((await listed()).entries).toEqual([
      expect.objectContaining({ key: 'a', value: '' }),
      expect.objectContaining({ key: 'b', value: '' }),
    ]);
  });

  it('keeps agents and models of one session apart, and replaces what one of them wrote before', async () => {
    await note('s', { plan: 'one' }, { agent: 'ada' });
    await note('s', { plan: 'two' }, { agent: 'bob' });
    await note('s', { plan: 'three' }, { agent: 'bob', model: 'm' });
    app.clock.advance(MINUTE);
    await note('s', { plan: 'four' }, { agent: 'ada' });
    const values = async (query: string) =>
      (await listed(query)).entries.map((entry: { value: string }) => entry.value);
    expect(await values('?session=s')).toEqual(['four', 'two', 'three']);
    expect(await values('?agent=bob')).toEqual(['two', 'three']);
    expect(await values('?agent=bob&model=m')).toEqual(['three']);
    expect(await values('?session=other')).toEqual([]);
    expect((await listed('?agent=ada')).entries[0]).toMatchObject({
      created_at: '2026-03-02 12:00:00',
      updated_at: '2026-03-02 12:01:00',
      expires_at: '2026-03-02 12:31:00',
    });
  });

  it('takes the last of a key that is given twice', async () => {
    const entries = [
      { key: 'k', value: 'first' },
      { key: 'k', value: 'second' },
    ];
    expect((await mine('PUT', '/scratch', { entries })).body.count).toBe(1);
    expect((await listed()).entries).toEqual([expect.objectContaining({ value: 'second' })]);
  });

  it.each([
    [{ entries: [] }, 'body.entries'],
    [{ entries: [{ key: ' ' }] }, 'body.entries.0.key'],
    [{ entries: [{ key: 'k', value: 'ä'.repeat(32_769) }] }, 'body.entries.0.value'],
    [{ entries: [{ key: 'k' }], ttl: 0 }, 'body.ttl'],
    [{ entries: [{ key: 'k' }], ttl: 1441 }, 'body.ttl'],
    [{ entries: Array.from({ length: 201 }, (_, i) => ({ key: `${i}` })) }, 'body.entries'],
  ])('refuses %j', async (body, path) => {
    const answer = await mine('PUT', '/scratch', body);
    expect([answer.status, answer.body.issues[0].path]).toEqual([400, path]);
    expect(await keys()).toEqual([]);
  });
});

describe('time', () => {
  it('hides a note in the very second its time is over, wherever one looks', async () => {
    await note('s', { short: 'x' }, { ttl: 1 });
    await note('s', { long: 'y' }, { ttl: 1440 });
    app.clock.advance(MINUTE - 1000);
    expect(await keys()).toEqual(['long', 'short']);
    app.clock.advance(1000);
    expect(await keys()).toEqual(['long']);
    expect((await mine('DELETE', '/scratch/s/short')).body.count).toBe(0);
    const { status, body } = await mine('POST', '/scratch/s/promote', { keys: ['short'] });
    expect([status, body.code]).toEqual([404, 'scratch_not_found']);
  });

  it('begins anew when a note is written again after its end', async () => {
    await note('s', { k: 'old' }, { ttl: 1 });
    app.clock.advance(2 * MINUTE);
    await note('s', { k: 'new' }, { ttl: 1 });
    expect((await listed()).entries).toEqual([
      expect.objectContaining({ value: 'new', created_at: '2026-03-02 12:02:00', expires_at: '2026-03-02 12:03:00' }),
    ]);
  });

  it('gives the room of old notes back every five minutes', async () => {
    await note('s', Object.fromEntries(Array.from({ length: 150 }, (_, i) => [`old ${i}`, ''])), { ttl: 1 });
    await note('s', { young: '' }, { ttl: 60 });
    await app.jobs.drain();
    app.clock.advance(4 * MINUTE);
    await app.jobs.drain();
    expect(await rows()).toHaveLength(151);
    app.clock.advance(MINUTE);
    await app.jobs.drain();
    expect(await rows()).toEqual(['young']);
  });
});

describe('deleting', () => {
  it('takes a session, or one key of all its agents', async () => {
    await note('s', { 'delete:this': '1', 'a/b %41': '2', keep: '3' });
    await note('s', { 'delete:this': '1' }, { agent: 'ada' });
    await note('other', { 'delete:this': '1' });
    const one = await mine('DELETE', '/scratch/s/delete%3Athis');
    expect([one.status, one.body]).toEqual([200, { deleted: true, session: 's', key: 'delete:this', count: 2 }]);
    expect((await mine('DELETE', `/scratch/s/${encodeURIComponent('a/b %41')}`)).body).toMatchObject({
      key: 'a/b %41',
      count: 1,
    });
    expect(await keys()).toEqual(['delete:this', 'keep']);
    const all = await mine('DELETE', '/scratch/s');
    expect(all.body).toEqual({ deleted: true, session: 's', count: 1 });
    expect((await listed('?session=s')).count).toBe(0);
    expect(await keys()).toEqual(['delete:this']);
    expect((await mine('DELETE', '/scratch/s')).body).toEqual({ deleted: true, session: 's', count: 0 });
  });
});

describe('promoting', () => {
  const memory = async (id: number) => (await mine('GET', `/memory/${id}`)).body;

  it('makes a memory of each note, in the order they were written', async () => {
    await note('s', { zebra: 'has stripes' }, { agent: 'ada' });
    await note('s', { ape: 'climbs', bare: '' });
    const { status, body } = await mine('POST', '/scratch/s/promote');
    expect(status).toBe(200);
    expect(body).toMatchObject({ promoted: true, count: 3, missing: [] });
    const made = await Promise.all(body.memory_ids.map(memory));
    expect(made.map(({ content }) => content)).toEqual(['zebra: has stripes', 'ape: climbs', 'bare']);
    expect(made[0]).toMatchObject({ category: 'discovery', source: 'ada', session_id: 's', tags: ['scratchpad'] });
    expect(made[1].source).toBe('scratchpad');
    expect((await mine('POST', '/search', { query: 'zebra stripes' })).body.results[0].id).toBe(body.memory_ids[0]);
    expect(await keys()).toHaveLength(3);
  });

  it('meets the memories it made before', async () => {
    await note('s', { k: 'v' });
    const first = (await mine('POST', '/scratch/s/promote')).body;
    expect((await mine('POST', '/scratch/s/promote', {})).body.memory_ids).toEqual(first.memory_ids);
    expect((await mine('GET', '/list')).body.results).toHaveLength(1);
  });

  it('takes the keys that are wanted, in one memory if wanted', async () => {
    await note('s', { a: '1', b: '2', c: '3' });
    const { body } = await mine('POST', '/scratch/s/promote', {
      keys: ['c', 'a', 'nowhere', 'c'],
      combine: true,
      category: 'decision',
    });
    expect(body).toMatchObject({ count: 1, missing: ['nowhere'] });
    expect(await memory(body.memory_ids[0])).toMatchObject({ content: 'c: 3\na: 1', category: 'decision' });
  });

  it.each([{}, { keys: ['nowhere'] }])('says when there is nothing to promote: %j', async (body) => {
    await note('other', { k: 'v' });
    const answer = await mine('POST', '/scratch/s/promote', body);
    expect([answer.status, answer.body.code]).toEqual([404, 'scratch_not_found']);
    expect((await mine('GET', '/list')).body.results).toEqual([]);
  });
});

describe('between users', () => {
  it('nothing is seen, replaced, dropped or promoted', async () => {
    const theirs = await app.newUser('ada');
    await note('s', { k: 'mine' });
    expect(await listed('', theirs)).toEqual({ entries: [], count: 0 });
    expect((await theirs('DELETE', '/scratch/s')).body.count).toBe(0);
    expect((await theirs('DELETE', '/scratch/s/k')).body.count).toBe(0);
    expect((await theirs('POST', '/scratch/s/promote')).status).toBe(404);
    await note('s', { k: 'theirs' }, {}, theirs);
    expect((await listed()).entries[0].value).toBe('mine');
    expect((await listed('', theirs)).entries[0].value).toBe('theirs');
  });

  it('a key that only reads may look, and no more', async () => {
    const reader = app.as((await mine('POST', '/keys', { scopes: 'read' })).body.key);
    await note('s', { k: 'v' });
    expect(await keys('', reader)).toEqual(['k']);
    const refused = [
      await note('s', { k: 'w' }, {}, reader),
      await reader('DELETE', '/scratch/s'),
      await reader('DELETE', '/scratch/s/k'),
      await reader('POST', '/scratch/s/promote'),
    ];
    expect(refused.map(({ status }) => status)).toEqual([403, 403, 403, 403]);
    expect(await keys()).toEqual(['k']);
  });
});
