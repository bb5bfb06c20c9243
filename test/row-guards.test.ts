// The second wall between users: Postgres itself shows and takes only rows of whoever asks, whatever a query leaves out.
import { AsyncLocalStorage } from 'node:async_hooks';
import { sql } from 'kysely';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Rows } from '../src/core/rows.ts';
import type { Database } from '../src/platform/db/dialect.ts';
import { openPostgres } from '../src/platform/db/postgres/open.ts';
import { type Caller, createTestApp, type TestApp } from './support/app.ts';
import { NOW, onPostgres, postgresUrl } from './support/databases.ts';
import { type OrdinaryRole, ordinaryRole } from './support/ordinary-role.ts';
import { addFindable, memoryRow, newUser, stores } from './support/rows.ts';

onPostgres((kind) => {
  it('guards every table with a user_id, those of later steps too', async () => {
    const place = await kind.unmade();
    const before = await place.open();
    await before.atomically(
      async ({ db }) => void (await sql`create table added_later (id bigint, user_id bigint)`.execute(db)),
    );
    await before.close();
    const database = await place.open();
    const { rows } = await sql<{ name: string; guarded: boolean; policies: string }>`
      select c.table_name as name, t.relrowsecurity and t.relforcerowsecurity as guarded,
        (select string_agg(concat_ws(' ', policyname, cmd), ', ' order by policyname) from pg_policies p
          where p.schemaname = c.table_schema and p.tablename = c.table_name and p.permissive = 'PERMISSIVE') as policies
      from information_schema.columns c
      join pg_class t on t.oid = format('%I.%I', c.table_schema, c.table_name)::regclass and t.relkind = 'r'
      where c.table_schema = current_schema() and c.column_name = 'user_id'`.execute(database.reader.db);
    const names = rows.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(['memories', 'api_keys', 'audit_log', 'memories_fts', 'added_later']));
    const words = { name: 'memories_fts', guarded: true, policies: 'engram_rows ALL, engram_words SELECT' };
    expect(rows.filter(({ name }) => name === 'memories_fts')).toEqual([words]);
    for (const row of rows.filter(({ name }) => name !== 'memories_fts'))
      expect(row).toEqual({ name: row.name, guarded: true, policies: 'engram_rows ALL' });
    await database.close();
  });
});

describe.skipIf(postgresUrl() === null)('queries that forget whose rows they want', () => {
  let role: OrdinaryRole;
  let database: Database;
  let ann: number;
  let bob: number;
  const whose = new AsyncLocalStorage<Rows>();
  const as = <T>(rows: Rows, work: () => Promise<T>): Promise<T> => whose.run(rows, work);
  const owners = async () => {
    const { rows } = await sql<{ user_id: number }>`select distinct user_id from memories order by 1`.execute(
      database.reader.db,
    );
    return rows.map(({ user_id }) => user_id);
  };
  const writing = (statement: ReturnType<typeof sql>) =>
    database.atomically(async ({ db }) => Number((await statement.execute(db)).numAffectedRows));

  beforeAll(async () => {
    role = await ordinaryRole();
    database = await openPostgres({ url: role.url, now: NOW, rows: () => whose.getStore() ?? 'all' });
    ann = await newUser(stores(database));
    bob = await newUser(stores(database));
    for (const user of [ann, bob]) await addFindable(stores(database), memoryRow(user, `of ${user}`));
  });
  afterAll(async () => {
    await database.close();
    await role.remove();
  });

  it('are shown those of who asks', async () => {
    expect(await as('all', owners)).toEqual([ann, bob]);
    expect(await as(ann, owners)).toEqual([ann]);
    expect(await as(bob, owners)).toEqual([bob]);
    expect(await as(987_654, owners)).toEqual([]);
  });

  it('change and erase those of who asks, in a transaction', async () => {
    const touched = (rows: Rows) => as(rows, () => writing(sql`update memories set importance = 7`));
    expect(await touched(ann)).toBe(1);
    expect(await touched('all')).toBe(2);
    expect(await as(ann, () => writing(sql`delete from memories where user_id = ${bob}`))).toBe(0);
    expect(await as(ann, () => writing(sql`delete from memories_fts where user_id = ${bob}`))).toBe(0);
  });

  it('cannot write rows of others, nor give theirs away', async () => {
    const refused = { code: '42501', message: expect.stringContaining('row-level security') };
    const bobs = memoryRow(bob, 'slipped in');
    await expect(
      as(ann, () => stores(database).atomically(({ memories }) => memories.insert(bobs))),
    ).rejects.toMatchObject(refused);
    await expect(as(ann, () => writing(sql`update memories set user_id = ${bob}`))).rejects.toMatchObject(refused);
    expect(await as(bob, () => stores(database).atomically(({ memories }) => memories.insert(bobs)))).toBeGreaterThan(
      0,
    );
  });

  it('find nothing when they do not say who asks', async () => {
    const client = new Client({ connectionString: role.url });
    await client.connect();
    const count = async () => (await client.query('select count(*)::int4 as n from memories')).rows[0].n;
    expect(await count()).toBe(0);
    await client.query(`begin; set local engram.user_id = 'all'`);
    expect(await count()).toBeGreaterThan(0);
    await client.query('commit');
    expect(await count()).toBe(0);
    await client.end();
  });

  it('share connections without a trace of who had them before', async () => {
    const setting = async ({ db }: Database['reader']) => {
      const { rows } = await sql<{ is: string }>`select current_setting('engram.user_id', true) as is`.execute(db);
      return rows[0]!.is;
    };
    const fails = sql`select 1 / (select 0 from memories limit 1)`;
    const asks: ((rows: Rows) => Promise<void>)[] = [
      async (rows) => expect(await owners()).toEqual(rows === 'all' ? [ann, bob] : [rows]),
      async (rows) => expect(await setting(database.reader)).toBe(String(rows)),
      async (rows) => expect(await database.atomically(setting)).toBe(String(rows)),
      async () => void (await expect(fails.execute(database.reader.db)).rejects.toMatchObject({ code: '22012' })),
      async () => void (await expect(writing(fails)).rejects.toMatchObject({ code: '22012' })),
      async () => void (await expect(writing(sql`insert into`)).rejects.toMatchObject({ code: '42601' })),
      async (rows) => {
        const given = database.atomically(async (handle) => {
          await setting(handle);
          throw new Error(`given up by ${rows}`);
        });
        await expect(given).rejects.toThrow(`given up by ${rows}`);
      },
    ];
    await Promise.all(
      Array.from({ length: 210 }, (_, i) => {
        const rows = ([ann, bob, 'all'] as const)[i % 3]!;
        return as(rows, () => asks[Math.floor(i / 3) % asks.length]!(rows));
      }),
    );
  });

  it('find by words what is of who asks', async () => {
    const query = { terms: [String(bob)], stems: [String(bob)], phrases: [], unspaced: [], prefixes: [] };
    const seek = () => database.reader.fullText.search(query, { user_id: bob, now: NOW }, 5);
    expect(await as(bob, seek)).toHaveLength(1);
    expect(await as(ann, seek)).toEqual([]);
  });
});

describe.skipIf(postgresUrl() === null)('a server whose role is an ordinary one', () => {
  let role: OrdinaryRole;
  let app: TestApp;
  let ann: Caller;
  let bob: Caller;
  const idOf = async (call: Caller, content: string): Promise<number> =>
    (await call('POST', '/store', { content, ttl: 60 })).body.id;
  beforeAll(async () => {
    role = await ordinaryRole();
    app = await createTestApp({ env: { ENGRAM_DATABASE_URL: role.url } });
    ann = await app.newUser('ann');
    bob = await app.newUser('bob');
  });
  afterAll(async () => {
    await app.close();
    await role.remove();
  });

  it('serves many users at once, each their own', async () => {
    await Promise.all(
      Array.from({ length: 40 }, async (_, i) => {
        const [call, name] = i % 2 ? ([ann, 'ann'] as const) : ([bob, 'bob'] as const);
        const stored = await call('POST', '/store', { content: `${name} saw heron ${i}` });
        expect(stored.status).toBe(201);
      }),
    );
    await Promise.all(
      Array.from({ length: 160 }, async (_, i) => {
        const [call, name] = i % 2 ? ([ann, 'ann'] as const) : ([bob, 'bob'] as const);
        const { body } =
          i % 4 < 2 ? await call('GET', '/list?limit=50') : await call('POST', '/search', { query: 'heron' });
        const contents: string[] = body.results.map((row: { content: string }) => row.content);
        expect(contents.length).toBeGreaterThan(0);
        expect(contents.filter((content) => !content.startsWith(`${name} `))).toEqual([]);
      }),
    );
  });

  it('lets administrators and the program at the rows of all', async () => {
    const ids = [await idOf(ann, 'ann: the code is 1234'), await idOf(bob, 'bob: the code is 4321')];
    const users = (await app.call('GET', '/users')).body.users;
    expect(users.map((user: { memory_count: number }) => user.memory_count)).toEqual([0, 21, 21]);
    expect((await app.call('GET', '/stats')).body.memories).toMatchObject({ total: 42 });
    expect((await ann('GET', '/stats')).body.memories).toMatchObject({ total: 21 });
    const { entries } = (await app.call('GET', '/audit?user_id=all&limit=100')).body;
    expect(new Set(entries.map((entry: { user_id: number }) => entry.user_id)).size).toBeGreaterThan(2);
    expect((await app.call('GET', '/audit/verify')).body).toMatchObject({ ok: true });

    app.clock.advance(10 * 60_000);
    await app.jobs.drain();
    expect((await ann('GET', '/memory/trash')).body.memories).toEqual([expect.objectContaining({ id: ids[0] })]);
    expect((await bob('GET', '/memory/trash')).body.memories).toEqual([expect.objectContaining({ id: ids[1] })]);

    const key = (await ann('GET', '/keys')).body.keys[0];
    expect((await bob('DELETE', `/keys/${key.id}`)).status).toBe(404);
    expect((await app.call('DELETE', `/keys/${key.id}`)).body.revoked).toBe(true);
    expect((await ann('GET', '/list')).status).toBe(401);
  });

  it('says who asks at each query, not only that it may see all', async () => {
    const strict = `user_id::text = current_setting('engram.user_id', true)`;
    const owner = new Client({ connectionString: role.url });
    await owner.connect();
    await owner.query(`alter policy engram_rows on memories using (${strict}) with check (${strict})`);
    await owner.end();
    expect((await bob('GET', '/list')).body.results.length).toBeGreaterThan(0);
    expect((await bob('POST', '/search', { query: 'heron' })).body.results.length).toBeGreaterThan(0);
    expect((await bob('POST', '/store', { content: 'a stork' })).status).toBe(201);
    expect((await app.call('GET', '/stats')).body.memories).toMatchObject({ total: 0 });
  });
});
