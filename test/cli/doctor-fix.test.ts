// engram doctor --fix: what it mends, that looking alone changes nothing, and that it takes nothing from anybody.
import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Driver from 'better-sqlite3-multiple-ciphers';
import { Kysely, SqliteDialect } from 'kysely';
import { beforeAll, describe, expect, it } from 'vitest';
import { migrations } from '../../migrations/index.ts';
import { migrate } from '../../src/platform/db/migrate.ts';
import { createTestApp, tempDir } from '../support/app.ts';
import { engram, freePort, serve } from '../support/cli.ts';

let port: number;
beforeAll(async () => {
  port = await freePort();
});

interface Told {
  ok: boolean;
  repaired?: { name: string; done: boolean; said: string }[];
  checks: { name: string; state: string; found: string; fixable: boolean }[];
}

const PLAIN = { ENGRAM_EMBEDDING_MODEL: 'none', ENGRAM_UNDERSTANDING: '0' };

async function doctor(dir: string, args: string[] = [], more: Record<string, string> = {}) {
  const env = { ENGRAM_DATA_DIR: dir, ENGRAM_PORT: String(port), ...PLAIN, ...more };
  const { code, out, err } = await engram(['doctor', '--json', ...args], { env });
  const told = JSON.parse(out) as Told;
  const check = (name: string) => told.checks.find((one) => one.name === name);
  return { code, err, ...told, check, fixed: (name: string) => told.repaired?.find((one) => one.name === name) };
}

async function filled(): Promise<{ dir: string; file: string; key: string }> {
  const { dir, key, call, close } = await createTestApp();
  for (const content of ['The roof is slate', 'The cellar is dry']) await call('POST', '/store', { content });
  await close();
  return { dir, file: join(dir, 'engram.db'), key };
}

const onFile = <T>(file: string, work: (db: InstanceType<typeof Driver>) => T): T => {
  const db = new Driver(file);
  try {
    return work(db);
  } finally {
    db.close();
  }
};

/** No process has this id: it is beyond what any system gives out. */
const GONE = 2_000_000_000;

describe('doctor --fix', () => {
  it('has nothing to do on a sound store, and says so', async () => {
    const { dir } = await filled();
    const { code, ok, repaired, check } = await doctor(dir, ['--fix']);
    expect({ code, ok, repaired }).toEqual({ code: 0, ok: true, repaired: [] });
    expect(check('rights')).toMatchObject({ state: 'ok' });
    const env = { ENGRAM_DATA_DIR: dir, ENGRAM_PORT: String(port), ...PLAIN };
    expect((await engram(['doctor', '--fix'], { env })).out).toMatch(/^There was nothing to repair\.\n✓ runtime/);
    expect((await engram(['doctor'], { env })).out).not.toContain('--fix');
  });

  it('makes nothing where there is nothing', async () => {
    const dir = join(tempDir(), 'not', 'yet');
    expect((await doctor(dir, ['--fix'])).repaired).toEqual([]);
    expect(existsSync(dir)).toBe(false);
  });

  it('takes the rights of others away', async () => {
    const { dir, file } = await filled();
    chmodSync(dir, 0o755);
    chmodSync(file, 0o644);
    const looked = await doctor(dir);
    expect(looked.check('rights')).toMatchObject({
      state: 'warning',
      fixable: true,
      found: expect.stringContaining(file),
    });
    expect(statSync(dir).mode & 0o777).toBe(0o755);
    const env = { ENGRAM_DATA_DIR: dir, ENGRAM_PORT: String(port), ...PLAIN };
    const { out } = await engram(['doctor'], { env });
    expect(out).toMatch(/^! rights .*\n {12}.* --fix would take the rights of others away\.$/m);
    expect(out).toMatch(/"engram doctor --fix" repairs it\.\n$/);
    const { fixed, check } = await doctor(dir, ['--fix']);
    expect(fixed('rights')).toEqual({ name: 'rights', done: true, said: expect.stringContaining(dir) });
    expect(check('rights')).toMatchObject({ state: 'ok' });
    expect([statSync(dir).mode & 0o777, statSync(file).mode & 0o777]).toEqual([0o700, 0o600]);
  });

  it('removes what killed programs left, and nothing else', async () => {
    const { dir } = await filled();
    const backups = join(dir, 'backups');
    mkdirSync(join(backups, '.drill-abc'), { recursive: true, mode: 0o700 });
    mkdirSync(join(backups, '.drill-new'));
    utimesSync(join(backups, '.drill-abc'), 1, 1);
    mkdirSync(join(dir, 'models', '.incoming'), { recursive: true });
    const dead = [
      join(backups, '.0123456789ab.part'),
      join(dir, `engram.db.keys.${GONE}.tmp`),
      join(dir, 'models', '.incoming', 'bge-m3.lock'),
    ];
    const alive = [
      join(backups, 'engram-20260302-120000-daily.db'),
      join(dir, `engram.db.keys.${process.pid}.tmp`),
      join(dir, 'models', '.incoming', 'other.lock'),
    ];
    for (const path of [...dead, ...alive]) writeFileSync(path, path === alive[2] ? String(process.pid) : String(GONE));
    const before = await doctor(dir);
    expect(before.check('leftovers')).toMatchObject({ state: 'warning', fixable: true });
    for (const path of dead) expect(existsSync(path)).toBe(true);
    const after = await doctor(dir, ['--fix']);
    expect(after.fixed('leftovers')).toMatchObject({ done: true, said: expect.stringMatching(/^Removed 4 files/) });
    for (const path of [...dead, join(backups, '.drill-abc')]) expect(existsSync(path)).toBe(false);
    for (const path of [...alive, join(backups, '.drill-new')]) expect(existsSync(path)).toBe(true);
    expect(after.check('leftovers')).toBeUndefined();
  });

  it('completes downloads that broke off, or says why it cannot', async () => {
    const { dir } = await filled();
    const half = join(dir, 'models', '.incoming', 'bge-m3', 'model.onnx.part');
    mkdirSync(join(half, '..'), { recursive: true });
    writeFileSync(half, 'half');
    const hub = { ENGRAM_MODEL_HUB: `file://${tempDir()}` };
    expect((await doctor(dir, [], hub)).check('downloads')).toMatchObject({ state: 'warning', fixable: true });
    const { fixed } = await doctor(dir, ['--fix'], hub);
    expect(fixed('downloads')).toMatchObject({ done: false });
    const env = { ENGRAM_DATA_DIR: dir, ENGRAM_PORT: String(port), ...PLAIN, ...hub };
    expect((await engram(['doctor', '--fix'], { env })).out).toMatch(/^- downloads not repaired: .+/);
  });

  it('makes a damaged word index anew', async () => {
    const { dir, file } = await filled();
    onFile(file, (db) => {
      db.unsafeMode();
      const [table] = db.prepare(`select name from sqlite_master where sql like '%using fts5%'`).pluck().all();
      db.exec(`delete from ${table}_data where id > 10`);
    });
    const before = await doctor(dir);
    expect(before.check('database')).toMatchObject({ state: 'broken', fixable: true });
    expect(before.code).toBe(1);
    const { fixed, check, code } = await doctor(dir, ['--fix']);
    expect(fixed('database')).toMatchObject({ done: true, said: 'Made the word index anew, with 2 memories.' });
    expect(check('database')).toMatchObject({ state: 'ok' });
    expect(code).toBe(0);
    const env = { ENGRAM_DATA_DIR: dir, ENGRAM_PORT: String(port), ...PLAIN };
    expect((await engram(['search', 'slate'], { env })).out).toContain('The roof is slate');
  });

  it('does not call damage of memories themselves a thing to fix', async () => {
    const { dir, file } = await filled();
    writeFileSync(file, Buffer.concat([readFileSync(file).subarray(0, 8192), Buffer.alloc(40_000, 0xa5)]));
    const { code, check, repaired } = await doctor(dir, ['--fix']);
    expect(code).toBe(1);
    expect(check('database')).toMatchObject({ state: 'broken', fixable: false });
    expect(repaired).toEqual([]);
  });

  it('tries failed jobs again, on the disk and through a server', async () => {
    const fail = (file: string) =>
      onFile(file, (db) =>
        db.exec(`insert into jobs (kind, lane, dedupe_key, payload, status, attempts, max_attempts, run_at, created_at, finished_at, error)
          values ('graph.refresh', 'maintenance', 'x', '{"user_id":1}', 'failed', 3, 3,
            '2026-03-01 12:00:00', '2026-03-01 12:00:00', '2026-03-01 12:00:00', 'unlucky')`),
      );
    const { dir, file, key } = await filled();
    fail(file);
    expect((await doctor(dir)).check('jobs')).toMatchObject({ state: 'warning', fixable: true });
    const mended = await doctor(dir, ['--fix']);
    expect(mended.fixed('jobs')).toMatchObject({ done: true, said: '1 failed job will be tried again.' });
    expect(mended.check('jobs')).toMatchObject({ state: 'ok' });

    fail(file);
    const server = await serve(dir, { env: PLAIN });
    const asked = { ENGRAM_PORT: String(server.port), ENGRAM_API_KEY: key };
    expect((await doctor(dir, ['--fix'], asked)).fixed('jobs')).toMatchObject({ done: true });
    await server.stop();
  });

  it('brings the schema up to date', async () => {
    const dir = tempDir();
    const file = join(dir, 'engram.db');
    const newest = migrations.at(-1)!.version;
    const db = new Kysely<never>({ dialect: new SqliteDialect({ database: new Driver(file) as never }) });
    const types = { family: 'sqlite', id: 'integer', blob: 'blob', real: 'real' } as const;
    await migrate(db as never, migrations.slice(0, -1), types, '2026-03-01 12:00:00');
    await db.destroy();
    const before = await doctor(dir);
    expect(before.check('database')).toMatchObject({
      fixable: true,
      found: expect.stringContaining(`the next start brings it to schema ${newest}`),
    });
    const { fixed, check } = await doctor(dir, ['--fix']);
    expect(fixed('database')).toMatchObject({ done: true, said: expect.stringMatching(`to ${newest}\\.$`) });
    expect(check('database')).toMatchObject({ fixable: false, found: expect.stringContaining(`schema ${newest}, `) });
  });

  it('embeds what has no vector', async () => {
    const { dir } = await filled();
    const { fixed, check } = await doctor(dir, ['--fix'], { ENGRAM_EMBEDDING_MODEL: '' });
    expect(fixed('vectors')).toEqual({
      name: 'vectors',
      done: true,
      said: 'Embedded 2 memories that had no vector.',
    });
    expect(check('models')).toMatchObject({ state: 'ok' });
    expect((await doctor(dir, ['--fix'], { ENGRAM_EMBEDDING_MODEL: '' })).repaired).toEqual([]);
  }, 60_000);
});
