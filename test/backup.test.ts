// Backups over HTTP: made while memories are stored, sound, complete, kept and given up; refused where they cannot be.

import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { integrityProblems } from '../bench/bare-sqlite.ts';
import { expired, lastBefore, nextKind, preparedName } from '../src/features/backup/rules.ts';
import { openSqlite } from '../src/platform/db/sqlite/open.ts';
import { createTestApp, type TestApp, type TestOptions, tempDir } from './support/app.ts';
import { newPgliteSchema, openPglite } from './support/pglite.ts';

const KEY = 'a1'.repeat(32);
const ENCRYPTED = { ENGRAM_ENCRYPTION_MODE: 'env', ENGRAM_DB_KEY: KEY };
const HOUR_MS = 3_600_000;

const opened: TestApp[] = [];
const open = async (options: TestOptions = {}): Promise<TestApp> => {
  const app = await createTestApp(options);
  opened.push(app);
  return app;
};
afterEach(async () => {
  for (const app of opened.splice(0)) await app.close();
});

const filesIn = (app: Pick<TestApp, 'dir'>, below = ''): string[] => {
  const dir = join(app.dir, 'backups', below);
  return existsSync(dir) ? readdirSync(dir).sort() : [];
};
const storeMany = (app: TestApp, count: number, what = 'memory') =>
  Promise.all(Array.from({ length: count }, (_, i) => app.call('POST', '/store', { content: `${what} number ${i}` })));
const listed = async (app: TestApp): Promise<string[]> =>
  (await app.call('GET', '/list?limit=1000')).body.results.map((m: { content: string }) => m.content).sort();
const raw = (app: TestApp, path: string) =>
  app.fetch(new Request(`http://engram.test${path}`, { headers: { authorization: `Bearer ${app.key}` } }));
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Opens bytes as the store of a new folder. */
async function openBytes(bytes: Uint8Array, options: TestOptions): Promise<TestApp> {
  const dir = tempDir();
  writeFileSync(join(dir, 'engram.db'), bytes);
  return open({ ...options, dir });
}

describe.each([
  ['a plain database', {}, null],
  ['an encrypted one', ENCRYPTED, KEY],
])('a backup of %s', (_what, env, key) => {
  it('downloaded while memories are stored is one whole file with all that was answered before', async () => {
    const app = await open({ env });
    await storeMany(app, 30, 'before');
    const writing = storeMany(app, 60, 'meanwhile');
    const answer = await raw(app, '/backup');
    const bytes = new Uint8Array(await answer.arrayBuffer());
    await writing;
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe('application/octet-stream');
    expect(answer.headers.get('content-disposition')).toBe('attachment; filename="engram-backup-20260302-120000.db"');
    expect(Number(answer.headers.get('content-length'))).toBe(bytes.byteLength);
    const digest = Buffer.from(sha256(bytes), 'hex').toString('base64');
    expect(answer.headers.get('repr-digest')).toBe(`sha-256=:${digest}:`);
    expect(Buffer.from(bytes).includes('before number 3')).toBe(key === null);
    expect(filesIn(app)).toEqual([]);

    const copy = await openBytes(bytes, { env, key: app.key });
    const contents = await listed(copy);
    expect(contents.filter((content) => content.startsWith('before'))).toHaveLength(30);
    expect((await copy.call('POST', '/search', { query: 'before number 17' })).body.results[0].content).toContain('17');
    await copy.close();
    expect(integrityProblems(join(copy.dir, 'engram.db'), key)).toEqual([]);
  });

  it('is listed with what is in it, and read through', async () => {
    const app = await open({ env });
    await storeMany(app, 5);
    const { status, body } = await app.call('POST', '/backup');
    expect(status).toBe(201);
    expect(body).toMatchObject({
      ...{ name: 'engram-20260302-120000-manual.db', kind: 'manual', created_at: '2026-03-02 12:00:00' },
      ...{ memory_count: 5, path: join(app.dir, 'backups', 'engram-20260302-120000-manual.db') },
    });
    expect(body.sha256).toBe(sha256(readFileSync(body.path)));
    expect(integrityProblems(body.path, key)).toEqual([]);
    expect((await app.call('POST', '/backup')).body.name).toBe('engram-20260302-120000-manual-2.db');
    const list = (await app.call('GET', '/backups')).body;
    expect(list.backups).toHaveLength(2);
    expect(list.total_bytes).toBe(2 * body.size_bytes);
    expect((await app.call('GET', '/admin/pitr/snapshots')).body.snapshots).toEqual(list.backups);
    const read = await app.call('POST', '/backup/verify', { name: body.name });
    expect(read.body).toMatchObject({ integrity: 'ok', ok: true, memory_count: 5, problems: [], name: body.name });
    expect(read.body.samples[0]).toMatchObject({ by: 'words', outcome: 'found' });
    expect((await app.call('POST', '/backup/verify')).body).toMatchObject({ ok: true, name: null, memory_count: 5 });
  });
});

describe('a download', () => {
  it('leaves no file behind when nobody reads it to its end', async () => {
    const app = await open();
    await storeMany(app, 200, 'x'.repeat(20_000));
    const answer = await raw(app, '/backup');
    const reader = answer.body!.getReader();
    expect((await reader.read()).value!.byteLength).toBeGreaterThan(0);
    expect(filesIn(app)).toEqual([]);
    await reader.cancel();
    expect(filesIn(app)).toEqual([]);
  });

  it('is for administrators, as is everything about backups', async () => {
    const app = await open();
    const user = await app.newUser('eve');
    for (const [method, path] of [
      ['GET', '/backup'],
      ['POST', '/backup'],
      ['GET', '/backups'],
      ['POST', '/backup/verify'],
      ['POST', '/checkpoint'],
      ['GET', '/admin/pitr/snapshots'],
    ] as const)
      expect((await user(method, path)).status, path).toBe(403);
    const restore = { target: '2026-03-02T12:00:00Z', dest_path: 'x.db' };
    expect((await user('POST', '/admin/pitr/prepare-restore', restore)).status).toBe(403);
  });
});

describe('POST /checkpoint', () => {
  it('empties the log', async () => {
    const app = await open();
    await storeMany(app, 20);
    const wal = () => readFileSync(join(app.dir, 'engram.db-wal')).byteLength;
    expect(wal()).toBeGreaterThan(0);
    const { body, headers } = await app.call('POST', '/checkpoint');
    expect(body).toMatchObject({ status: 'ok', mode: 'truncate', checkpointed: true, busy: 0 });
    expect(body.request_id).toBe(headers.get('x-request-id'));
    expect(wal()).toBe(0);
    expect((await app.call('POST', '/store', { content: 'goes on' })).status).toBe(201);
  });
});

describe('getting ready to go back', () => {
  const prepare = (app: TestApp, target: string, dest_path = 'back.db') =>
    app.call('POST', '/admin/pitr/prepare-restore', { target, dest_path });

  it('takes the last backup of that moment or before', async () => {
    const app = await open();
    for (let i = 0; i < 3; i++) {
      await storeMany(app, 1, `day ${i}`);
      await app.call('POST', '/backup');
      app.clock.advance(24 * HOUR_MS);
    }
    const { status, body } = await prepare(app, '2026-03-03T12:00:00Z');
    expect(status).toBe(200);
    expect(body).toMatchObject({ integrity_ok: true, memory_count: 2, created_at: '2026-03-03 12:00:00' });
    expect(body.dest_path).toBe(join(app.dir, 'backups', 'prepared', 'back.db'));
    expect(integrityProblems(body.dest_path, null)).toEqual([]);
    expect((await prepare(app, '2026-03-03T11:59:59Z', 'b.db')).body.memory_count).toBe(1);
    expect((await prepare(app, '2026-03-03T13:30:00+02:00', 'c.db')).body.memory_count).toBe(1);
    const early = await prepare(app, '2026-03-01T00:00:00Z', 'd.db');
    expect([early.status, early.body.code]).toEqual([404, 'backup_not_found']);
    const again = await prepare(app, '2026-03-09T00:00:00Z');
    expect([again.status, again.body.code]).toEqual([409, 'backup_exists']);
    // What was made ready is no backup of its own.
    expect((await app.call('GET', '/backups')).body.backups).toHaveLength(3);
  });

  it('writes to no other place', async () => {
    const app = await open();
    await app.call('POST', '/backup');
    const before = readdirSync(app.dir);
    for (const dest of [
      ...['../out.db', '/etc/cron.d/engram', 'a/b.db', '..', '.hidden', 'a\\b.db', 'a\0b.db', 'x..db/../../y', '-rf'],
      ...['ünïcode.db', 'a'.repeat(121), '', `${app.dir}/engram.db`],
    ])
      expect((await prepare(app, '2027-01-01T00:00:00Z', dest)).status, dest).toBe(400);
    expect(readdirSync(app.dir)).toEqual(before);
    expect(filesIn(app)).not.toContain('prepared');
  });

  it('wants a moment', async () => {
    const app = await open();
    for (const target of ['yesterday', '', '2026-13-01T00:00:00Z', 'null'])
      expect((await prepare(app, target)).status, target).toBe(400);
  });
});

describe('a file that is no use', () => {
  const verify = async (app: TestApp, name: string) => {
    const { status, body } = await app.call('POST', '/backup/verify', { name });
    return [status, body.code ?? body.integrity, body.error] as const;
  };
  async function withFile(change: (path: string) => void, env: Record<string, string> = {}) {
    const app = await open({ env });
    await storeMany(app, 40, 'x'.repeat(2_000));
    const { path, name } = (await app.call('POST', '/backup')).body;
    change(path);
    return { app, name };
  }

  it.each([
    ['empty', (path: string) => truncateSync(path, 0), /is empty/],
    ['garbage', (path: string) => writeFileSync(path, 'no database '.repeat(500)), /encrypted.*or no database at all/],
    ['cut off', (path: string) => truncateSync(path, 40_960), /cut off: 40,960 of [\d,]+ bytes/],
  ])('because it is %s is said to be so', async (_what, change, sentence) => {
    const { app, name } = await withFile(change);
    const [status, code, error] = await verify(app, name);
    expect([status, code]).toEqual([409, 'backup_unusable']);
    expect(error).toMatch(sentence);
    expect(error).toContain(name);
  });

  it('because bytes in it were changed is said to be so', async () => {
    const { app, name } = await withFile((path) => {
      const bytes = readFileSync(path);
      bytes.fill(0xa5, 8192, 60_000);
      writeFileSync(path, bytes);
    });
    const { status, body } = await app.call('POST', '/backup/verify', { name });
    expect(status === 409 || body.ok === false).toBe(true);
    expect(JSON.stringify(body)).not.toContain('"integrity":"ok"');
  });

  it('because it is encrypted otherwise is said to be so', async () => {
    const other = await open({ env: { ...ENCRYPTED, ENGRAM_DB_KEY: 'b2'.repeat(32) } });
    const { path } = (await other.call('POST', '/backup')).body;
    const plain = await open();
    const plainPath = (await plain.call('POST', '/backup')).body.path;
    const mine = await open({ env: ENCRYPTED });
    mkdirSync(join(mine.dir, 'backups'));
    copyFileSync(path, join(mine.dir, 'backups', 'other.db'));
    copyFileSync(plainPath, join(mine.dir, 'backups', 'plain.db'));
    expect(await verify(mine, 'other.db')).toEqual([
      409,
      'backup_unusable',
      expect.stringMatching(/key does not open/),
    ]);
    expect(await verify(mine, 'plain.db')).toEqual([409, 'backup_unusable', expect.stringMatching(/not encrypted/)]);
    copyFileSync(path, join(plain.dir, 'backups', 'other.db'));
    expect(await verify(plain, 'other.db')).toEqual([409, 'backup_unusable', expect.stringMatching(/is encrypted/)]);
    expect((await verify(plain, 'missing.db')).slice(0, 2)).toEqual([404, 'backup_not_found']);
    expect((await verify(plain, '../engram.db')).slice(0, 2)).toEqual([400, 'invalid_request']);
  });
});

describe('by schedule', () => {
  const pass = async (app: TestApp, ms: number) => {
    app.clock.advance(ms);
    await app.jobs.drain();
  };
  const names = async (app: TestApp): Promise<string[]> =>
    (await app.call('GET', '/backups')).body.backups.map(({ name }: { name: string }) => name);

  it('is made once a day without being asked, and shows in the jobs and the metrics', async () => {
    const app = await open();
    await app.jobs.drain();
    expect(await names(app)).toEqual([]);
    expect(await app.metrics.allText()).not.toMatch(/^engram_last_backup_timestamp_seconds \d/m);
    await pass(app, 24 * HOUR_MS);
    expect(await names(app)).toEqual(['engram-20260303-120000-daily.db']);
    const at = Date.UTC(2026, 2, 3, 12) / 1000;
    expect(await app.metrics.allText()).toContain(`engram_last_backup_timestamp_seconds ${at}`);
    const again = await app.reopen();
    opened.push(again);
    expect(await again.metrics.allText()).toContain(`engram_last_backup_timestamp_seconds ${at}`);
  });

  it('keeps the newest ones and the first of each day, and all that were asked for', async () => {
    const app = await open({
      env: {
        ...{ ENGRAM_BACKUP_INTERVAL_SECS: '21600', ENGRAM_BACKUP_RETENTION: '3', ENGRAM_BACKUP_RETENTION_DAILY: '2' },
      },
    });
    await app.jobs.drain();
    const asked = (await app.call('POST', '/backup')).body.name;
    for (let i = 0; i < 12; i++) await pass(app, 6 * HOUR_MS);
    expect(await names(app)).toEqual([
      'engram-20260305-120000-hourly.db',
      'engram-20260305-060000-hourly.db',
      'engram-20260305-000000-daily.db',
      'engram-20260304-000000-daily.db',
      asked,
    ]);
    expect(filesIn(app)).toHaveLength(10);
  });

  it('can be turned off', async () => {
    const app = await open({ env: { ENGRAM_BACKUP_ENABLED: 'false' } });
    await app.jobs.drain();
    await pass(app, 48 * HOUR_MS);
    const { backups, schedule } = (await app.call('GET', '/backups')).body;
    expect([backups, schedule.enabled]).toEqual([[], false]);
  });

  it('says what is in its way, and gives up nothing old for it', async () => {
    const dir = tempDir();
    let free = 1e12;
    const database = await openSqlite({
      ...{ path: `${dir}/engram.db`, key: null, synchronous: 'full', now: '2026-03-02 12:00:00' },
      freeSpace: async () => free,
    });
    const app = await open({ dir, ports: { database }, env: { ENGRAM_BACKUP_RETENTION: '1' } });
    await app.jobs.drain();
    await pass(app, 24 * HOUR_MS);
    expect(await names(app)).toHaveLength(1);
    free = 2 ** 20;
    await pass(app, 24 * HOUR_MS);
    const { backups, problem } = (await app.call('GET', '/backups')).body;
    expect(backups).toHaveLength(1);
    expect(problem).toMatch(/No backup was made: it takes up to \d+ MiB, and .* has 1 MiB left/);
    const { status, body } = await app.call('POST', '/backup');
    expect([status, body.code]).toEqual([503, 'backup_failed']);
    expect(filesIn(app)).toHaveLength(2);
  });

  it('clears away what a stopped program left half done', async () => {
    const app = await open();
    await app.call('POST', '/backup');
    writeFileSync(join(app.dir, 'backups', '.0123456789ab.part'), 'half');
    writeFileSync(join(app.dir, 'backups', 'engram-20260101-000000-daily.db.json'), '{}');
    writeFileSync(join(app.dir, 'backups', 'notes.txt'), 'mine');
    const again = await app.reopen();
    opened.push(again);
    expect(filesIn(again)).toEqual([
      'engram-20260302-120000-manual.db',
      'engram-20260302-120000-manual.db.json',
      'notes.txt',
    ]);
  });
});

describe('a folder that cannot be written', () => {
  it('is named, and nothing else is harmed', async () => {
    const app = await open();
    writeFileSync(join(app.dir, 'backups'), 'a file where the folder should be');
    const { status, body } = await app.call('POST', '/backup');
    expect([status, body.code]).toEqual([503, 'backup_failed']);
    expect(body.error).toMatch(/backups cannot be written to.*ENGRAM_BACKUP_DIR/);
    expect((await app.call('POST', '/store', { content: 'goes on' })).status).toBe(201);
  });
});

describe('on Postgres', () => {
  it('says what to use in place of this', async () => {
    const database = await openPglite(newPgliteSchema(), '2026-03-02 12:00:00');
    const app = await open({ ports: { database } });
    for (const [method, path] of [
      ['GET', '/backup'],
      ['POST', '/backup'],
      ['GET', '/backups'],
      ['POST', '/backup/verify'],
      ['POST', '/checkpoint'],
      ['GET', '/admin/pitr/snapshots'],
    ] as const) {
      const { status, body } = await app.call(method, path);
      expect([status, body.code], path).toEqual([409, 'backup_unsupported']);
      expect(body.error).toContain('pg_dump');
    }
  });
});

describe('the rules', () => {
  const at = (created_at: string, kind: 'hourly' | 'daily' | 'manual') => ({ created_at, kind });
  const some = [
    at('2026-03-03 06:00:00', 'hourly'),
    at('2026-03-03 00:00:00', 'daily'),
    at('2026-03-02 18:00:00', 'manual'),
    at('2026-03-02 12:00:00', 'hourly'),
    at('2026-03-02 00:00:00', 'daily'),
  ];

  it('never give up the last one', () => {
    expect(expired(some.slice(0, 1), { keep: 0, keep_daily: 0 })).toEqual([]);
    expect(expired(some, { keep: 1, keep_daily: 0 })).toEqual([some[1], some[3], some[4]]);
    expect(expired(some, { keep: 1, keep_daily: 5 })).toEqual([some[3]]);
  });

  it('call the first of a day its daily one, whatever somebody asked for before', () => {
    expect(nextKind(some, '2026-03-03 12:00:00')).toBe('hourly');
    expect(nextKind(some, '2026-03-04 00:00:00')).toBe('daily');
    expect(nextKind([at('2026-03-04 00:00:00', 'manual')], '2026-03-04 06:00:00')).toBe('daily');
  });

  it('go back to the moment itself or before', () => {
    expect(lastBefore(some, '2026-03-02 12:00:00')).toBe(some[3]);
    expect(lastBefore(some, '2026-03-02 11:59:59')).toBe(some[4]);
    expect(lastBefore(some, '2026-03-01 23:59:59')).toBeNull();
  });

  it('take the full path of a name for the name', () => {
    expect(preparedName('/data/backups/prepared/a.db', '/data/backups')).toBe('a.db');
    expect(preparedName('/data/backups/a.db', '/data/backups')).toBe('a.db');
    expect(preparedName('/data/backups/../a.db', '/data/backups')).toBeNull();
  });
});
