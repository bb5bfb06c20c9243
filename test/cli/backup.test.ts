// engram backup, restore and verify as programs: with a server and without one, on files that are no use, cut off.
import {
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type BetterSqlite from 'better-sqlite3-multiple-ciphers';
import { afterEach, describe, expect, it } from 'vitest';
import { integrityProblems } from '../../bench/bare-sqlite.ts';
import { createTestApp, type TestApp, type TestOptions, tempDir } from '../support/app.ts';
import { engram, serve } from '../support/cli.ts';

const Driver = createRequire(import.meta.url)('better-sqlite3-multiple-ciphers') as typeof BetterSqlite;
const PLAIN = { ENGRAM_EMBEDDING_MODEL: 'none', ENGRAM_UNDERSTANDING: '0' };

const opened: TestApp[] = [];
const open = async (options: TestOptions = {}): Promise<TestApp> => {
  const app = await createTestApp(options);
  opened.push(app);
  return app;
};
afterEach(async () => {
  for (const app of opened.splice(0)) await app.close();
});

const dbOf = (dir: string): string => join(dir, 'engram.db');
const contents = async (dir: string, key: string, env: Record<string, string> = {}): Promise<string[]> => {
  const app = await open({ dir, key, env });
  const { results } = (await app.call('GET', '/list?limit=1000')).body;
  await app.close();
  return results.map((m: { content: string }) => m.content).sort();
};
const run = (dir: string, args: readonly string[], env: Record<string, string> = {}) =>
  engram([...args, '--data-dir', dir], { env: { ...PLAIN, ...env } });

/** A store with some memories, closed, and a backup of it as it was before the last of them. */
async function storeWithBackup(env: Record<string, string> = {}) {
  const app = await open({ env });
  for (const content of ['apples are red', 'boilers want servicing in May'])
    await app.call('POST', '/store', { content });
  const backup = (await app.call('POST', '/backup')).body.path as string;
  await app.call('POST', '/store', { content: 'stored after the backup' });
  await app.close();
  return { dir: app.dir, key: app.key, backup };
}
const BEFORE = ['apples are red', 'boilers want servicing in May'];
const AFTER = [...BEFORE, 'stored after the backup'];
const asides = (dir: string): string[] => readdirSync(dir).filter((name) => name.includes('before-restore'));

describe('engram backup', () => {
  it('fetches everything from a running server, and does not replace what is there', async () => {
    const { dir, key } = await storeWithBackup();
    const server = await serve(dir, { env: PLAIN });
    const to = tempDir();
    const env = { ENGRAM_API_KEY: key };
    const named = await server.call(['backup', join(to, 'mine.db')], { env });
    expect([named.code, named.out]).toEqual([
      0,
      expect.stringMatching(/^Backed up everything, [\d.]+ [KM]B, to .*mine\.db\n$/),
    ]);
    const again = await server.call(['backup', join(to, 'mine.db')], { env });
    expect([again.code, again.err]).toEqual([2, expect.stringContaining('is there already')]);
    const inFolder = await server.call(['backup', to, '--json'], { env });
    expect(JSON.parse(inFolder.out).path).toMatch(/engram-backup-\d{8}-\d{6}\.db$/);
    expect(readdirSync(to)).toHaveLength(2);
    const kept = await server.call(['backup'], { env });
    expect(kept.out).toMatch(/^Backed up 3 memories, [\d.]+ [KM]B, to .*backups.*manual\.db\n$/);
    expect(await server.stop()).toBe(0);
    expect(integrityProblems(join(to, 'mine.db'), null)).toEqual([]);
    const elsewhere = tempDir();
    copyFileSync(join(to, 'mine.db'), dbOf(elsewhere));
    expect(await contents(elsewhere, key)).toEqual(AFTER);
  });

  it('opens the store itself where no server is up', async () => {
    const { dir, key } = await storeWithBackup();
    const to = join(tempDir(), 'offline.db');
    const { code } = await run(dir, ['backup', to, '--port', '1']);
    expect(code).toBe(0);
    const elsewhere = tempDir();
    copyFileSync(to, dbOf(elsewhere));
    expect(await contents(elsewhere, key)).toEqual(AFTER);
  });
});

describe('engram restore', () => {
  it('puts a backup in the place of the store, and keeps what was there', async () => {
    const { dir, key, backup } = await storeWithBackup();
    const { code, out } = await run(dir, ['restore', backup]);
    expect([code, out]).toEqual([
      0,
      expect.stringMatching(/^Restored 2 memories of 2026-03-02 12:00:00 UTC to .*engram\.db\n/),
    ]);
    expect(await contents(dir, key)).toEqual(BEFORE);
    const [aside] = asides(dir);
    expect(out).toContain(aside);
    const old = tempDir();
    copyFileSync(join(dir, aside!), dbOf(old));
    expect(await contents(old, key)).toEqual(AFTER);
    // And back again, from what was put aside.
    expect((await run(dir, ['restore', join(dir, aside!)])).code).toBe(0);
    expect(await contents(dir, key)).toEqual(AFTER);
    expect(asides(dir)).toHaveLength(2);
  });

  it('takes an encrypted one with its key, into an empty folder too', async () => {
    const env = { ENGRAM_ENCRYPTION_MODE: 'env', ENGRAM_DB_KEY: 'a1'.repeat(32) };
    const { key, backup } = await storeWithBackup(env);
    const dir = tempDir();
    const { code, out } = await run(dir, ['restore', backup], env);
    expect([code, out]).toEqual([0, expect.stringContaining('Restored 2 memories')]);
    expect(readFileSync(dbOf(dir), 'latin1')).not.toContain('SQLite format 3');
    expect(await contents(dir, key, env)).toEqual(BEFORE);
  });

  it('takes the slots that hold its key from beside it', async () => {
    const env = { ENGRAM_ENCRYPTION_MODE: 'passphrase', ENGRAM_DB_PASSPHRASE: 'correct horse battery' };
    const { key, backup } = await storeWithBackup(env);
    expect(existsSync(`${backup}.keys`)).toBe(true);
    const dir = tempDir();
    expect((await run(dir, ['restore', backup], env)).code).toBe(0);
    expect(await contents(dir, key, env)).toEqual(BEFORE);
    const wrong = await run(tempDir(), ['restore', backup], { ...env, ENGRAM_DB_PASSPHRASE: 'wrong horse battery' });
    expect([wrong.code, wrong.err]).toEqual([1, expect.stringContaining('passphrase is wrong')]);
  });

  it('takes the log that lies beside a copied store', async () => {
    const app = await open();
    await app.call('POST', '/store', { content: 'only in the log' });
    const copy = tempDir();
    for (const name of ['engram.db', 'engram.db-wal']) copyFileSync(join(app.dir, name), join(copy, name));
    const dir = tempDir();
    expect((await run(dir, ['restore', dbOf(copy)])).code).toBe(0);
    expect(await contents(dir, app.key)).toEqual(['only in the log']);
  });

  it('waits for nobody: a store in use is refused', async () => {
    const { dir, backup, key } = await storeWithBackup();
    const server = await serve(dir, { env: PLAIN });
    const { code, err } = await run(dir, ['restore', backup]);
    expect([code, err]).toEqual([1, expect.stringContaining('in use by another Engram')]);
    await server.stop();
    expect(await contents(dir, key)).toEqual(AFTER);
  });

  const KEYED = { ENGRAM_ENCRYPTION_MODE: 'env', ENGRAM_DB_KEY: 'b2'.repeat(32) };
  const sql = (path: string, statement: string) => {
    const raw = new Driver(path);
    raw.exec(statement);
    raw.close();
    rmSync(`${path}.json`, { force: true });
  };
  /** Without its description, whose checksum would tell before anything else does. */
  const alone = (spoil: (path: string) => void) => (path: string) => {
    spoil(path);
    rmSync(`${path}.json`, { force: true });
  };
  it.each<[string, (path: string) => void, Record<string, string>, RegExp]>([
    ['is missing', (path) => rmSync(path), {}, /there is no file/],
    ['is empty', (path) => writeFileSync(path, ''), {}, /checksum|empty/],
    ['is empty and alone', alone((path) => writeFileSync(path, '')), {}, /is empty/],
    ['is garbage', alone((path) => writeFileSync(path, 'x'.repeat(9_000))), {}, /no database at all/],
    ['was cut off', alone((path) => truncateSync(path, 40_960)), {}, /cut off/],
    ['was changed', (path) => truncateSync(path, 40_960), {}, /changed since it was made/],
    [
      'is of a newer Engram',
      (path) => sql(path, `insert into schema_version values (999, 'later', '')`),
      {},
      /newer Engram/,
    ],
    [
      'is of another program',
      (path) => {
        rmSync(path);
        sql(path, 'create table t (x); insert into t values (1)');
      },
      {},
      /no tables of Engram/,
    ],
    ['is plain where the store is encrypted', () => {}, KEYED, /not encrypted, but this store is/],
  ])('refuses a backup that %s, and changes nothing', async (_what, spoil, env, sentence) => {
    const { dir, key, backup } = await storeWithBackup();
    spoil(backup);
    const before = readFileSync(dbOf(dir));
    const { code, err } = await run(dir, ['restore', backup], env);
    expect([code, err]).toEqual([1, expect.stringMatching(sentence)]);
    expect(readFileSync(dbOf(dir)).equals(before)).toBe(true);
    expect(readdirSync(dir).filter((name) => /restor/.test(name))).toEqual([]);
    if (Object.keys(env).length === 0) expect(await contents(dir, key)).toEqual(AFTER);
  });

  it('refuses one under another key', async () => {
    const other = await storeWithBackup(KEYED);
    const mine = { ...KEYED, ENGRAM_DB_KEY: 'c3'.repeat(32) };
    const { dir } = await storeWithBackup(mine);
    const { code, err } = await run(dir, ['restore', other.backup], mine);
    expect([code, err]).toEqual([1, expect.stringContaining('this key does not open it')]);
  });

  it('clears away what one that was cut off has left', async () => {
    const { dir, key, backup } = await storeWithBackup();
    writeFileSync(`${dbOf(dir)}.restoring`, 'half');
    linkSync(dbOf(dir), `${dbOf(dir)}.before-restore-20260101-000000`);
    expect((await run(dir, ['restore', backup])).code).toBe(0);
    expect(asides(dir)).toHaveLength(1);
    expect(asides(dir)[0]).not.toContain('20260101');
    expect(existsSync(`${dbOf(dir)}.restoring`)).toBe(false);
    expect(await contents(dir, key)).toEqual(BEFORE);
  });

  it('mends a store that is damaged, and keeps the damaged one', async () => {
    const { dir, key, backup } = await storeWithBackup();
    const bytes = readFileSync(dbOf(dir));
    writeFileSync(dbOf(dir), bytes.fill(0, 0, 8_192));
    expect((await run(dir, ['restore', backup])).code).toBe(0);
    expect(await contents(dir, key)).toEqual(BEFORE);
    expect(readFileSync(join(dir, asides(dir)[0]!)).equals(bytes)).toBe(true);
  });
});

describe('engram verify', () => {
  it('reads the store and a backup through, beside a running server', async () => {
    const { dir, backup } = await storeWithBackup();
    const server = await serve(dir, { env: PLAIN });
    const store = await run(dir, ['verify']);
    expect([store.code, store.out]).toEqual([
      0,
      expect.stringMatching(/3 memories\nby words {2}found.*\nby vector none.*\nSound\.\n$/s),
    ]);
    await server.stop();
    const file = await run(dir, ['verify', backup, '--json']);
    expect(JSON.parse(file.out)).toMatchObject({ ok: true, problems: [], rows: { memories: 2 } });
  });

  it('says what is wrong', async () => {
    const { dir, backup } = await storeWithBackup();
    const raw = new Driver(backup);
    raw.exec('delete from memories_fts_1 where rowid in (select id from memories); delete from memory_tags;');
    raw.exec(`delete from memories where content like 'apples%'`);
    raw.close();
    const { code, out } = await run(dir, ['verify', backup]);
    expect(code).toBe(1);
    expect(out).toMatch(/by words {2}NOT found/);
    expect(out).toMatch(/WRONG +memories has 1 of the 2 rows/);
    const none = await run(dir, ['verify', join(dir, 'no.db')]);
    expect([none.code, none.err]).toEqual([1, expect.stringContaining('There is no file')]);
  });

  it('shows that a restore would work, and leaves nothing behind', async () => {
    const { dir, key } = await storeWithBackup();
    const before = readdirSync(join(dir, 'backups'));
    const { code, out } = await run(dir, ['verify', '--drill']);
    expect([code, out]).toEqual([
      0,
      expect.stringMatching(
        /^OK: .*manual\.db was restored and opened, and a search found memory \d+ by its own words\.\n$/,
      ),
    ]);
    expect(readdirSync(join(dir, 'backups'))).toEqual(before);
    expect(await contents(dir, key)).toEqual(AFTER);
    const empty = tempDir();
    mkdirSync(join(empty, 'backups'));
    const none = await run(empty, ['verify', '--drill']);
    expect([none.code, none.err]).toEqual([1, expect.stringContaining('no backup in')]);
  });
});

describe('engram doctor', () => {
  it('tells how old the newest backup is', async () => {
    const { dir } = await storeWithBackup();
    const old = await run(dir, ['doctor', '--json']);
    const check = (text: string) => JSON.parse(text).checks.find((one: { name: string }) => one.name === 'backups');
    expect(check(old.out)).toMatchObject({ state: 'warning', found: expect.stringMatching(/manual\.db.*days old/) });
    await run(dir, ['backup', '--port', '1']);
    expect(check((await run(dir, ['doctor', '--json'])).out)).toMatchObject({
      state: 'ok',
      found: expect.stringContaining('0 hours old'),
    });
    rmSync(join(dir, 'backups'), { recursive: true });
    expect(check((await run(dir, ['doctor', '--json'])).out)).toMatchObject({
      state: 'warning',
      found: expect.stringContaining('none in'),
    });
  });
});
