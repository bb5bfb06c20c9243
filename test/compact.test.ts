// Giving room back to the disk: on real files, encrypted ones too, beside readers and writers, and cut off in the middle.
import { statSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { sql } from 'kysely';
import { afterEach, describe, expect, it } from 'vitest';
import { integrityProblems } from '../bench/bare-sqlite.ts';
import { worthCompacting } from '../src/features/maintenance/rules.ts';
import type { Database } from '../src/platform/db/dialect.ts';
import { openSqlite } from '../src/platform/db/sqlite/open.ts';
import { createTestApp, type TestApp, type TestOptions, tempDir } from './support/app.ts';
import { engram, serve } from './support/cli.ts';

const MIB = 2 ** 20;
const DAY_MS = 86_400_000;
const KEY = 'a1'.repeat(32);
const ENCRYPTED = { ENGRAM_ENCRYPTION_MODE: 'env', ENGRAM_DB_KEY: KEY };

const opened: TestApp[] = [];
const open = async (options: TestOptions = {}): Promise<TestApp> => {
  const app = await createTestApp(options);
  opened.push(app);
  return app;
};
afterEach(async () => {
  for (const app of opened.splice(0)) await app.close();
});

const fileOf = (dir: string): string => `${dir}/engram.db`;
const listed = async (app: TestApp): Promise<string[]> =>
  (await app.call('GET', '/list?limit=1000')).body.results.map((m: { content: string }) => m.content).sort();
/** Rows of a megabyte that belong to nobody. */
const fill = (database: Database, from: number, to: number) =>
  database.atomically(async ({ db }) => {
    for (let i = from; i < to; i++)
      await sql`insert into app_state (key, value, updated_at) values (${`ballast ${i}`}, ${'x'.repeat(MIB)}, '')`.execute(
        db,
      );
  });
const empty = (database: Database, from: number) =>
  database.atomically(({ db }) =>
    sql`delete from app_state where key like 'ballast %' and cast(substr(key, 9) as integer) >= ${from}`.execute(db),
  );

describe('compacting', () => {
  it.each([
    ['a plain file', {}, null],
    ['an encrypted file', ENCRYPTED, KEY],
  ])('makes %s smaller, which stays sound and opens again', async (_what, env, key) => {
    const app = await open({ env });
    const contents = Array.from({ length: 20 }, (_, i) => `memory ${i} about boilers`);
    await Promise.all(contents.map((content) => app.call('POST', '/store', { content })));
    await fill(app.database, 0, 24);
    await empty(app.database, 2);
    const { status, body } = await app.call('POST', '/admin/compact');
    expect(status).toBe(200);
    expect(body.size_before).toBeGreaterThan(24 * MIB);
    expect(body.size_after).toBeLessThan(4 * MIB);
    expect(body.saved_bytes).toBe(body.size_before - body.size_after);
    expect(statSync(fileOf(app.dir)).size).toBeLessThan(4 * MIB);
    expect(await app.database.check()).toEqual([]);
    expect((await app.call('POST', '/search', { query: 'boilers 7' })).body.results[0].content).toContain('memory 7');
    expect((await app.call('POST', '/store', { content: 'stored afterwards' })).status).toBe(201);
    const again = await app.reopen();
    opened.push(again);
    expect(await listed(again)).toEqual([...contents, 'stored afterwards'].sort());
    await again.close();
    expect(integrityProblems(fileOf(app.dir), key)).toEqual([]);
  });

  it('lets readers go on and has writers wait, none of whom is lost', async () => {
    const app = await open();
    await fill(app.database, 0, 12);
    await empty(app.database, 6);
    const order: string[] = [];
    const done = (what: string) => () => void order.push(what);
    const compacted = app.database.compact().then(done('compacted'));
    const writes = Array.from({ length: 20 }, (_, i) => app.call('POST', '/store', { content: `meanwhile ${i}` }));
    const read = app.database.reader.db.selectFrom('app_state').select('key').execute().then(done('read'));
    await Promise.all([compacted, read, Promise.all(writes).then(done('written'))]);
    expect(order).toEqual(['read', 'compacted', 'written']);
    for (const write of writes) expect((await write).status).toBe(201);
    expect(await listed(app)).toHaveLength(20);
  });

  it('is done once for all who ask at the same time', async () => {
    const app = await open();
    const answers = await Promise.all([1, 2, 3].map(() => app.call('POST', '/admin/compact')));
    expect(new Set(answers.map(({ body }) => JSON.stringify(body))).size).toBe(1);
  });

  it('says how much room it takes when there is too little, and leaves all as it was', async () => {
    const dir = tempDir();
    const database = await openSqlite({
      ...{ path: fileOf(dir), key: null, synchronous: 'full', now: '2026-03-02 12:00:00' },
      freeSpace: async () => MIB / 2,
    });
    const app = await open({ dir, ports: { database } });
    await fill(database, 0, 5);
    const { status, body } = await app.call('POST', '/admin/compact');
    expect([status, body.code]).toEqual([503, 'database_unavailable']);
    expect(body.error).toMatch(
      /takes 1\d MiB of free disk space for a while, and there are 1 MiB\. Nothing was changed/,
    );
    expect((await app.call('POST', '/store', { content: 'goes on' })).status).toBe(201);
  });

  it('is for administrators', async () => {
    const app = await open();
    const user = await app.newUser('eve');
    expect((await user('POST', '/admin/compact')).status).toBe(403);
  });
});

describe('by itself', () => {
  const week = async (app: TestApp) => {
    await app.jobs.drain();
    app.clock.advance(7 * DAY_MS);
    await app.jobs.drain();
  };
  const size = (app: TestApp) => statSync(fileOf(app.dir)).size;

  it('happens at the weekly look when there is much to be had, and not for little', async () => {
    const app = await open();
    await week(app);
    await fill(app.database, 0, 24);
    await empty(app.database, 12);
    const large = size(app);
    await app.call('POST', '/store', { content: 'in between' });
    await week(app);
    // Twelve megabytes are half of it, but not sixteen.
    expect(size(app)).toBeGreaterThanOrEqual(large);
    await fill(app.database, 24, 60);
    await empty(app.database, 12);
    await week(app);
    expect(size(app)).toBeLessThan(16 * MIB);
    expect(await listed(app)).toEqual(['in between']);
  });

  it.each([
    ['much', 100, 40, 0, true],
    ['too small a share', 100, 20, 0, false],
    ['too few bytes', 20, 15, 0, false],
    ['no more than is always left', 100, 40, 0.3, false],
    ['nothing at all', 0, 0, 0, false],
  ])('%s', (_what, size, slack, left, worth) => {
    expect(worthCompacting({ size: size * MIB, slack: slack * MIB }, left)).toBe(worth);
  });
});

describe('a kill in the middle', () => {
  it('leaves a sound database with everything in it', async () => {
    const dir = tempDir();
    const app = await open({ dir });
    await app.call('POST', '/store', { content: 'outlives the kill' });
    await fill(app.database, 0, 40);
    await empty(app.database, 20);
    await app.close();
    const server = await serve(dir);
    const call = fetch(`${server.url}/admin/compact`, {
      method: 'POST',
      headers: { authorization: `Bearer ${app.key}` },
    });
    let answered = false;
    const over = call.catch(() => {}).finally(() => (answered = true));
    const log = () => statSync(`${fileOf(dir)}-wal`, { throwIfNoEntry: false })?.size ?? 0;
    while (!answered && log() < MIB) await setImmediate();
    await server.stop('SIGKILL');
    await over;
    const again = await open({ dir, key: app.key });
    expect(await listed(again)).toEqual(['outlives the kill']);
    await again.close();
    expect(integrityProblems(fileOf(dir), null)).toEqual([]);
  });
});

describe('engram compact', () => {
  it('asks the server, or works on the folder itself', async () => {
    const app = await open();
    await fill(app.database, 0, 4);
    await empty(app.database, 0);
    await app.close();
    const server = await serve(app.dir);
    const env = { ENGRAM_API_KEY: app.key };
    const { code, out } = await server.call(['compact'], { env });
    expect([code, out]).toEqual([
      0,
      expect.stringMatching(/^Saved \d+\.\d MB: \d+\.\d MB before, [\d.]+ [KM]B now\.\n$/),
    ]);
    expect(await server.stop()).toBe(0);
    const local = await engram(['compact', '--json', '--data-dir', app.dir, '--port', String(server.port)]);
    expect(local.code).toBe(0);
    expect(JSON.parse(local.out)).toMatchObject({ size_after: expect.any(Number), saved_bytes: expect.any(Number) });
  });
});
