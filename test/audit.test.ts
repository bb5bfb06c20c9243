// Who changed what: a row for every write, in its transaction; chains that show what was done to them.
import { createRequire } from 'node:module';
import type BetterSqlite from 'better-sqlite3-multiple-ciphers';
import { sql } from 'kysely';
import { afterEach, describe, expect, it } from 'vitest';
import { createTestApp, type TestApp, type TestOptions } from './support/app.ts';
import { NOW, onEachDatabase, onPostgres } from './support/databases.ts';
import { store } from './support/memories.ts';

const Driver = createRequire(import.meta.url)('better-sqlite3-multiple-ciphers') as typeof BetterSqlite;

interface Entry {
  action: string;
  target_type: string | null;
  target_id: number | string | null;
  [key: string]: unknown;
}

const opened: TestApp[] = [];
const open = async (options: TestOptions = {}): Promise<TestApp> => {
  const app = await createTestApp(options);
  opened.push(app);
  return app;
};
afterEach(async () => {
  for (const app of opened.splice(0)) await app.close();
});

const entries = async (app: TestApp, query = ''): Promise<Entry[]> =>
  (await app.call('GET', `/audit?limit=500${query}`)).body.entries;
const verify = async (app: TestApp) => (await app.call('GET', '/audit/verify')).body;
const newest = async (app: TestApp): Promise<Entry> => (await entries(app))[0]!;

/** What is done by somebody who has the file: triggers are no wall for them. */
function tamper(app: TestApp, ...statements: string[]): void {
  const raw = new Driver(`${app.dir}/engram.db`);
  raw.exec('drop trigger audit_log_fixed; drop trigger audit_log_kept;');
  for (const statement of statements) raw.exec(statement);
  raw.close();
}

onEachDatabase((kind) => {
  describe('the audit log', () => {
    const openHere = async (env: Record<string, string> = {}) => {
      const place = await kind.place();
      return open({ env, ports: { database: await place.open(NOW) } });
    };

    it('has one row for each kind of write, and the chain holds', async () => {
      const app = await openHere();
      const go = async (method: string, path: string, body?: unknown) => {
        const answer = await app.call(method, path, body);
        expect(answer.status, `${path} ${JSON.stringify(answer.body)}`).toBeLessThan(300);
        return answer.body;
      };
      const [bootstrap] = await entries(app);
      expect(bootstrap).toMatchObject({
        seq: 1,
        action: 'access.bootstrap',
        target_type: 'user',
        target_id: 1,
        door: 'http',
        ip: '127.0.0.1',
        actor_user_id: null,
        key_id: 0,
        prev_hash: '0'.repeat(64),
        details: { made: { user: [1], space: [expect.any(Number)], key: [expect.any(Number)] } },
      });

      const { id } = await go('POST', '/store', { content: 'the kettle is copper', session_id: 's' });
      expect(await newest(app)).toMatchObject({
        action: 'memory.store',
        target_type: 'memory',
        target_id: id,
        actor_user_id: 1,
        key_id: expect.any(Number),
      });
      const { new_id } = await go('POST', `/memory/${id}/update`, { content: 'the kettle is made of copper' });
      expect(await newest(app)).toMatchObject({
        action: 'memory.update',
        target_id: id,
        details: { made: { memory: [new_id] }, changed: { memory: expect.arrayContaining([id]) } },
      });
      await go('PUT', `/memory/${new_id}/tags`, { tags: ['kitchen'] });
      await go('POST', `/memory/${new_id}/archive`);
      await go('POST', `/memory/${new_id}/unarchive`);
      await go('POST', `/memory/${new_id}/forget`);
      await go('POST', `/memory/${new_id}/restore`);
      await go('POST', '/correct', { memory_id: new_id, content: 'the kettle is brass' });
      expect(await newest(app)).toMatchObject({ action: 'memory.correct' });
      const other = await store(app, 'another matter');
      await go('DELETE', `/memory/${other}`);
      expect(await newest(app)).toMatchObject({
        action: 'memory.delete',
        target_type: 'memory',
        target_id: other,
        details: { ended: { memory: [other] } },
      });
      await go('POST', '/feedback', { memory_id: await store(app, 'rated'), rating: 'helpful' });
      const conversation = await go('POST', '/conversations', { agent: 'claude' });
      expect(await newest(app)).toMatchObject({ target_type: 'conversation', target_id: conversation.id });
      const entity = await go('POST', '/entities', { name: 'Ada', type: 'person' });
      expect(await newest(app)).toMatchObject({
        action: 'entities.create',
        target_type: 'entity',
        target_id: entity.id,
      });
      await go('PUT', '/scratch', { session: 's1', entries: [{ key: 'k', value: 'v' }] });
      await go('DELETE', '/scratch/s1/k');
      expect(await newest(app)).toMatchObject({ action: 'scratch_delete_key', target_id: 's1' });
      const space = await go('POST', '/spaces', { name: 'work' });
      expect(await newest(app)).toMatchObject({ action: 'access.create_space', target_id: space.id });
      await go('POST', '/jobs/pause', { lane: 'inference' });
      expect(await newest(app)).toMatchObject({ action: 'jobs.pause', target_type: null });
      const batch = { ops: ['one', 'two'].map((content) => ({ op: 'store', body: { content } })) };
      await go('POST', '/batch', batch);
      expect((await entries(app)).slice(0, 2).map(({ action }) => action)).toEqual(['batch.run', 'batch.run']);

      const all = await entries(app);
      expect(all.map(({ seq }) => seq)).toEqual(all.map((_, i) => all.length - i));
      for (const row of all.slice(0, -1)) expect(row.request_id).toMatch(/^[0-9a-f]{16}$/);
      expect(await verify(app)).toMatchObject({ ok: true, checked: all.length });
    });

    it('has none for reads, for what failed, and for what changed nothing', async () => {
      const app = await openHere();
      const id = await store(app, 'only read from here');
      const before = await entries(app);
      await app.call('POST', '/search', { query: 'read', limit: 3 });
      await app.call('GET', `/memory/${id}`);
      await app.call('POST', '/context', { query: 'read' });
      await app.flush();
      expect((await app.call('POST', '/store', { content: 'x', parent_memory_id: 999_999 })).status).toBe(404);
      expect((await app.call('POST', '/store', { content: '' })).status).toBe(400);
      expect((await app.call('POST', '/jobs/cleanup')).status).toBe(200);
      expect((await app.call('DELETE', '/preferences')).status).toBe(200);
      expect(await entries(app)).toEqual(before);
    });

    it('refuses to be changed, unless from its oldest end', async () => {
      const app = await openHere();
      await store(app, 'one');
      const write = (query: ReturnType<typeof sql>) => app.database.atomically(({ db }) => query.execute(db));
      await expect(write(sql`update audit_log set action = 'x'`)).rejects.toThrow(/audit log/);
      await expect(write(sql`delete from audit_log where seq = 1`)).rejects.toThrow(/audit log/);
      expect(await verify(app)).toMatchObject({ ok: true, checked: 2 });
    });

    it('keeps rows for their days, and goes on from where it was cut', async () => {
      const app = await openHere({ ENGRAM_AUDIT_RETENTION_DAYS: '30' });
      for (const content of ['one', 'two', 'three']) await store(app, content);
      await app.jobs.drain();
      app.clock.advance(20 * 86_400_000);
      const kept = await store(app, 'four');
      app.clock.advance(11 * 86_400_000);
      await app.jobs.drain();
      const left = await entries(app);
      expect(left.at(-1)).toMatchObject({ action: 'memory.store', target_id: kept, seq: 5 });
      expect(left[0]).toMatchObject({ action: 'audit.prune', door: 'job', details: { ended: { audit: ['1-4'] } } });
      expect(await verify(app)).toMatchObject({ ok: true, chains: [{ user_id: 1, first_seq: 5 }] });
    });

    it('names what jobs erase, and not what they only read', async () => {
      const app = await openHere({ ENGRAM_TRASH_DAYS: '1' });
      const gone = await store(app, 'to be swept');
      await app.call('POST', `/memory/${gone}/forget`);
      await app.jobs.drain();
      app.clock.advance(2 * 86_400_000);
      await app.jobs.drain();
      expect(await entries(app, '&door=job')).toMatchObject([
        {
          action: 'memory.sweep',
          actor_user_id: null,
          ip: null,
          target_type: 'memory',
          target_id: gone,
          details: { ended: { memory: [gone] } },
        },
      ]);
      expect(await verify(app)).toMatchObject({ ok: true });
    });

    it('keeps its order when one user writes from many sides at once', async () => {
      const app = await openHere();
      const other = await app.newUser('ada');
      await Promise.all(
        Array.from({ length: 24 }, (_, i) => (i % 3 === 0 ? other : app.call)('POST', '/store', { content: `m ${i}` })),
      );
      const { ok, chains } = await verify(app);
      expect([ok, chains.map(({ checked }: { checked: number }) => checked)]).toEqual([true, [17, 10]]);
    });
  });
});

onPostgres((kind) => {
  it('two servers on one database write one chain', async () => {
    const place = await kind.place();
    const first = await open({ ports: { database: await place.open(NOW) } });
    if (!kind.shared) return;
    const second = await open({ key: first.key, ports: { database: await place.open(NOW) } });
    await Promise.all(
      Array.from({ length: 40 }, (_, i) => (i % 2 ? first : second).call('POST', '/store', { content: `side ${i}` })),
    );
    expect(await verify(second)).toMatchObject({ ok: true, checked: 41 });
  });
});

describe('GET /audit', () => {
  it('filters, counts and pages', async () => {
    const app = await open();
    const id = await store(app, 'one');
    await store(app, 'two');
    await app.call('POST', `/memory/${id}/forget`, {}, { 'x-request-id': 'look-for-me' });
    const of = async (query: string) => (await app.call('GET', `/audit?${query}`)).body;
    expect((await of('action=memory.store')).total).toBe(2);
    expect((await of(`target_type=memory&target_id=${id}`)).entries.map((e: Entry) => e.action)).toEqual([
      'memory.forget',
      'memory.store',
    ]);
    expect((await of('request_id=look-for-me')).entries).toMatchObject([{ action: 'memory.forget' }]);
    expect(await of('limit=1&offset=1')).toMatchObject({ total: 4, limit: 1, offset: 1, count: 1 });
    expect((await of('since=2026-03-03')).total).toBe(0);
    expect((await of('since=2026-03-02&until=2026-03-02')).total).toBe(4);
    expect((await of('door=cli')).total).toBe(0);
    expect((await app.call('GET', '/audit?since=soon')).status).toBe(400);
    expect((await app.call('GET', '/audit?limit=9999')).body.limit).toBe(500);
  });

  it('shows each user their own rows, and administrators everybody’s', async () => {
    const app = await open();
    const ada = await app.newUser('ada');
    await ada('POST', '/store', { content: 'hers' });
    const hers = (await ada('GET', '/audit')).body;
    expect(hers.entries.map((e: Entry) => e.action)).toEqual([
      'memory.store',
      'access.create_key',
      'access.create_user',
    ]);
    expect(hers.entries[1]).toMatchObject({ actor_user_id: 1, target_type: 'key' });
    for (const query of ['user_id=1', 'user_id=all', 'user_id=0']) {
      expect((await ada('GET', `/audit?${query}`)).status).toBe(403);
      expect((await ada('GET', `/audit/verify?${query}`)).status).toBe(403);
    }
    expect((await ada('GET', '/audit/verify')).body.chains).toMatchObject([{ user_id: 2, checked: 3, ok: true }]);
    expect((await app.call('GET', '/audit?user_id=2')).body.total).toBe(3);
    expect((await app.call('GET', '/audit?user_id=all')).body.total).toBe(4);
    expect((await app.call('GET', '/audit')).body.total).toBe(1);
  });

  it('holds nothing of what is remembered', async () => {
    const app = await open();
    const words = {
      content: 'canaryone canarytwo',
      tags: ['canarythree'],
      session_id: 'canaryfour',
      category: 'canaryfive',
    };
    const { id } = (await app.call('POST', '/store', words)).body;
    await app.call('POST', `/memory/${id}/update`, { content: 'canarysix' });
    await app.call('POST', `/memory/${id}/forget`, { reason: 'canaryseven' });
    await app.call('POST', '/entities', { name: 'Canaryeight', type: 'person' });
    await app.call('POST', '/preferences', { key: 'canarynine', value: 'canaryten' });
    await app.call('POST', '/conversations/bulk', {
      agent: 'a',
      messages: [{ role: 'user', content: 'canaryeleven' }],
    });
    const { rows } = await sql`select * from audit_log`.execute(app.database.reader.db);
    expect(rows.length).toBeGreaterThan(4);
    expect(JSON.stringify(rows)).not.toMatch(/canary/i);
  });
});

describe('a chain somebody put their hand to', () => {
  const broken = async (...statements: string[]) => {
    const app = await open();
    for (const content of ['one', 'two', 'three', 'four']) await store(app, content);
    expect(await verify(app)).toMatchObject({ ok: true, checked: 5 });
    tamper(app, ...statements);
    const { ok, chains } = await verify(app);
    expect(ok).toBe(false);
    return chains[0].problems as { seq: number; problem: string }[];
  };

  it.each([
    ['action', `'memory.forget'`],
    ['details', 'null'],
    ['created_at', `'2020-01-01 00:00:00'`],
    ['ip', `'10.0.0.9'`],
    ['actor_user_id', '2'],
    ['key_id', '9'],
    ['target_id', `'77'`],
    ['request_id', `'other'`],
    ['door', `'cli'`],
  ])('tells of a changed %s', async (column, value) => {
    const problems = await broken(`update audit_log set ${column} = ${value} where seq = 3`);
    expect(problems).toEqual([{ seq: 3, problem: expect.stringContaining('was changed') }]);
  });

  it('tells of a row that is gone', async () => {
    expect(await broken('delete from audit_log where seq = 3')).toEqual([{ seq: 3, problem: 'row 3 is missing' }]);
  });

  it('tells of a cut end and a cut beginning', async () => {
    expect(await broken('delete from audit_log where seq > 3')).toEqual([
      { seq: 4, problem: 'rows 4 to 5 are missing at the end' },
    ]);
    expect(await broken('delete from audit_log where seq < 3')).toEqual([
      { seq: 1, problem: 'rows 1 to 2 are missing' },
    ]);
    expect(await broken('delete from audit_log where seq < 3', 'update audit_heads set first_seq = 3')).toEqual([
      { seq: 3, problem: expect.stringContaining('does not follow') },
    ]);
  });

  it('tells of rows that changed places, and of one put at the end', async () => {
    expect(
      await broken(
        'update audit_log set seq = -1 where seq = 2',
        'update audit_log set seq = 2 where seq = 3',
        'update audit_log set seq = 3 where seq = -1',
      ),
    ).toMatchObject([{ seq: 2 }, { seq: 3 }, { seq: 4 }]);
    expect(
      await broken(
        `insert into audit_log (user_id, seq, key_id, action, door, created_at, prev_hash, hash)
          values (1, 6, 0, 'x', 'http', '2026-03-02 12:00:00', 'x', 'x')`,
      ),
    ).toEqual([{ seq: 6, problem: expect.stringContaining('added') }]);
  });

  it('tells of a chain without its head, and of a head set back', async () => {
    expect((await broken('delete from audit_heads'))[0]).toMatchObject({ problem: expect.stringContaining('head') });
    expect(await broken('update audit_heads set last_seq = 4')).not.toEqual([]);
  });
});
