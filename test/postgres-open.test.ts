// What people are told when Postgres cannot be used, and how units that lose a race are run again.
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AppError } from '../src/core/errors.ts';
import { type Database, DatabaseError } from '../src/platform/db/dialect.ts';
import { explainConnecting, explainRunning, triesAfter } from '../src/platform/db/postgres/errors.ts';
import { openPostgres } from '../src/platform/db/postgres/open.ts';
import { freshSchemaUrl, NOW, postgresUrl } from './support/databases.ts';
import { addMemory, memoryRow, newUser, stores } from './support/rows.ts';

const PASSWORD = 'hunter2-secret';
const everything = (error: Error): string =>
  `${error.message} ${error.stack} ${JSON.stringify(error)} ${String((error.cause as Error)?.message)}`;

async function refusal(url: string): Promise<Error> {
  const error = await openPostgres({ url, now: NOW }).then(
    () => new Error('opened'),
    (reason: Error) => reason,
  );
  expect(error).toBeInstanceOf(DatabaseError);
  expect(error.message).toContain('ENGRAM_DATABASE_URL');
  expect(everything(error)).not.toContain(PASSWORD);
  return error;
}

describe('an address that leads nowhere', () => {
  it('names host and port', async () => {
    const error = await refusal(`postgres://ann:${PASSWORD}@127.0.0.1:1/mind`);
    expect(error.message).toMatch(/cannot be reached at 127\.0\.0\.1:1\/mind \(ECONNREFUSED\)/);
    expect((await refusal(`postgres://ann:${PASSWORD}@no-such-host.invalid/mind`)).message).toContain(
      'no-such-host.invalid/mind',
    );
  });

  it('is explained when it is no address', async () => {
    expect((await refusal(`postgres://ann:${PASSWORD}%zz@[bad/mind`)).message).toMatch(
      /form postgres:|cannot be reached/,
    );
  });

  it.each([
    ['28P01', 'password authentication failed for user "ann"', /does not let user "ann" in/],
    ['', 'SASL: SCRAM-SERVER-FIRST-MESSAGE: client password must be a string', /password is wrong or missing/],
    ['28000', 'no pg_hba.conf entry', /pg_hba/],
    ['3D000', 'database "mind" does not exist', /createdb mind/],
    ['53300', 'too many clients', /max_connections/],
    ['57P03', 'the database system is starting up', /starting/],
    ['ETIMEDOUT', '', /cannot be reached/],
    ['', 'timeout exceeded when trying to connect', /cannot be reached/],
    ['', 'The server does not support SSL connections', /sslmode/],
    ['XX000', 'odd', /cannot be used: odd/],
  ])('says what to do about %s %s', (code, message, sentence) => {
    const place = { host: 'db', port: 5433, database: 'mind', user: 'ann' };
    expect(explainConnecting(Object.assign(new Error(message), { code }), place)).toMatch(sentence);
  });

  it('calls failures of the server unavailable and leaves other errors alone', () => {
    const coded = (code: string) => Object.assign(new Error('x'), { code });
    for (const code of ['57P01', '53100', '08006', '40P01', '55P03', '57014', '25006', 'ECONNRESET']) {
      expect(explainRunning(coded(code))).toMatchObject({ code: 'database_unavailable' });
    }
    const [plain, ours] = [coded('23505'), new AppError('name_taken')];
    expect(explainRunning(plain)).toBe(plain);
    expect(explainRunning(ours)).toBe(ours);
    expect(['40001', '23505', '42601'].map((code) => triesAfter(coded(code), true))).toEqual([10, 3, 1]);
  });
});

describe.skipIf(postgresUrl() === null)('on a real server', () => {
  let url: string;
  let database: Database;
  beforeAll(async () => {
    url = await freshSchemaUrl();
    database = await openPostgres({ url, now: NOW });
  });
  afterAll(() => database.close());
  const bound = () => stores(database);

  it('says that a database is missing', async () => {
    const missing = new URL(url);
    missing.pathname = '/no_such_database';
    missing.password = PASSWORD;
    expect((await refusal(missing.href)).message).toContain('createdb no_such_database');
  });

  it('says that the user may not create tables', async () => {
    const owner = new Client({ connectionString: url });
    await owner.connect();
    const name = `guest_${crypto.randomUUID().slice(0, 8)}`;
    await owner.query(`create role ${name} login password '${PASSWORD}'`);
    const guest = new URL(await freshSchemaUrl());
    guest.username = name;
    guest.password = PASSWORD;
    expect((await refusal(guest.href)).message).toMatch(/may not create tables/);
    await owner.query(`drop role ${name}`);
    await owner.end();
  });

  it('runs a unit again after a deadlock', async () => {
    const user = await newUser(bound());
    const ids = [await addMemory(bound(), memoryRow(user, 'a')), await addMemory(bound(), memoryRow(user, 'b'))];
    let runs = 0;
    const crosswise = (order: number[]) =>
      bound().atomically(async ({ memories }) => {
        runs++;
        await memories.strengthen(user, order[0]!, NOW);
        await new Promise((resolve) => setTimeout(resolve, 100));
        await memories.strengthen(user, order[1]!, NOW);
      });
    await Promise.all([crosswise(ids), crosswise([...ids].reverse())]);
    expect(runs).toBe(3);
    expect((await bound().read.memories.byIds(user, ids)).map((row) => row.source_count)).toEqual([3, 3]);
  });

  it('lets a unit that was overtaken decide again', async () => {
    const create = () =>
      bound().atomically(async ({ access }) => {
        if (await access.userByName('both')) throw new AppError('name_taken');
        await new Promise((resolve) => setTimeout(resolve, 50));
        return access.createUser({ username: 'both', email: null, role: 'writer', is_admin: 0, created_at: NOW });
      });
    const results = await Promise.allSettled([create(), create()]);
    expect(results.map((result) => result.status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(results.find((result) => result.status === 'rejected')).toMatchObject({ reason: { code: 'name_taken' } });
  });

  it('survives when its connections are cut, between units and within one', async () => {
    const name = `cut_${crypto.randomUUID()}`;
    const cut = await openPostgres({ url: `${url}&application_name=${name}`, now: NOW });
    const victim = stores(cut);
    const user = await newUser(victim);
    const surgeon = new Client({ connectionString: url });
    await surgeon.connect();
    const cutAll = () =>
      surgeon.query('select pg_terminate_backend(pid) from pg_stat_activity where application_name = $1', [name]);

    await Promise.all([1, 2, 3].map((n) => addMemory(victim, memoryRow(user, `warm ${n}`))));
    await cutAll();
    const id = await addMemory(victim, memoryRow(user, 'after the cut'));
    let runs = 0;
    const within = victim.atomically(async ({ memories }) => {
      runs++;
      await memories.insert(memoryRow(user, 'never whole'));
      await cutAll();
      await new Promise((resolve) => setTimeout(resolve, 50));
      await memories.insert(memoryRow(user, 'never whole'));
    });
    await expect(within).rejects.toMatchObject({ code: 'database_unavailable' });
    expect(runs).toBe(1);
    expect(await bound().read.memories.byId(user, id)).toMatchObject({ content: 'after the cut' });
    expect(await bound().read.memories.list({ user_id: user, now: NOW }, 10, 0)).toHaveLength(4);
    await surgeon.end();
    await cut.close();
  });

  it('does not let waiting writers keep readers out', async () => {
    const user = await newUser(bound());
    let release = () => {};
    const gate = new Promise<void>((resolve) => (release = resolve));
    const writers = Array.from({ length: 30 }, () =>
      bound().atomically(async ({ lockUser }) => {
        await lockUser(user);
        await gate;
      }),
    );
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(await bound().read.memories.list({ user_id: user, now: NOW }, 1, 0)).toEqual([]);
    release();
    await Promise.all(writers);
  });
});
