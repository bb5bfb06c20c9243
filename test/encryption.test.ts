// What unlocks a store, what refuses to, and changing it: with real files, and processes that are killed.
import { createHmac } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type BetterSqlite from 'better-sqlite3-multiple-ciphers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { integrityProblems } from '../bench/bare-sqlite.ts';
import { kindOfFile } from '../src/platform/crypto/sqlcipher-file.ts';
import { NOBODY, type Person } from '../src/platform/crypto/unlock.ts';
import { askYubikey } from '../src/platform/crypto/yubikey.ts';
import { createVault, type Vault } from '../src/platform/vault.ts';
import { createTestApp, type TestApp, tempDir, testConfig } from './support/app.ts';
import { spawnEngram } from './support/cli.ts';
import { failingYubikey, fakeYubikey, untouchedYubikey } from './support/yubikey.ts';

const Driver = createRequire(import.meta.url)('better-sqlite3-multiple-ciphers') as typeof BetterSqlite;

type Env = Record<string, string>;
const KEY = 'a1'.repeat(32);
const BY_ENV: Env = { ENGRAM_ENCRYPTION_MODE: 'env', ENGRAM_DB_KEY: KEY };
const BY_FILE: Env = { ENGRAM_ENCRYPTION_MODE: 'keyfile' };
const BY_PHRASE: Env = { ENGRAM_ENCRYPTION_MODE: 'passphrase', ENGRAM_DB_PASSPHRASE: 'correct horse' };
const BY_YUBIKEY: Env = { ENGRAM_ENCRYPTION_MODE: 'yubikey' };
const SILENT = { recovery: false };

const opened: TestApp[] = [];
const { PATH } = process.env;
afterEach(async () => {
  for (const app of opened.splice(0)) await app.close();
  process.env.PATH = PATH;
});

let dir: string;
let key: string;
const fileOf = (name = 'engram.db') => join(dir, name);
const vault = (env: Env, person: Person = NOBODY): Vault =>
  createVault({ config: testConfig(dir, env), person, now: '2026-03-02 12:00:00' });
const open = async (env: Env = {}): Promise<TestApp> => {
  const app = await createTestApp({ dir, env, key });
  opened.push(app);
  return app;
};
/** What is stored, read with these settings. */
const read = async (env: Env = {}): Promise<string[]> => {
  const app = await open(env);
  const { results } = (await app.call('GET', '/list?limit=100')).body;
  await opened.pop()!.close();
  return results.map((memory: { content: string }) => memory.content);
};
const sound = (dbKey: string | null) => expect(integrityProblems(fileOf(), dbKey)).toEqual([]);

beforeEach(async () => {
  dir = tempDir();
  const app = await createTestApp({ dir });
  key = app.key;
  await app.call('POST', '/store', { content: 'the canary sings' });
  await app.close();
});
const MEMORIES = ['the canary sings'];

describe('encrypt, rekey, decrypt', () => {
  it.each<[string, Env]>([
    ['a key in the environment', BY_ENV],
    ['a key file', BY_FILE],
    ['a passphrase', BY_PHRASE],
  ])('with %s', async (_what, env) => {
    mkdirSync(fileOf('lance/vectors.lance'), { recursive: true });
    writeFileSync(fileOf('lance/vectors.lance/data'), 'vectors in the clear');
    expect(await vault(env).encrypt(SILENT)).toEqual({ converted: true, recovery_key: null });
    expect(readFileSync(fileOf()).includes('canary')).toBe(false);
    expect(existsSync(fileOf('lance'))).toBe(false);
    expect(await read(env)).toEqual(MEMORIES);
    sound(await vault(env).dataKey());
    await expect(read({})).rejects.toThrow('it is encrypted (set ENGRAM_ENCRYPTION_MODE');
    await expect(vault(env).encrypt(SILENT)).rejects.toThrow('is encrypted already; "engram rekey"');

    const before = await vault(env).dataKey();
    let told: string | null = null;
    await vault(env).rekey(null, { ...SILENT, newKey: (hex) => (told = hex) });
    const now: Env = told === null ? env : { ...env, ENGRAM_DB_KEY: told };
    expect(told !== null).toBe(env === BY_ENV);
    expect(await vault(now).dataKey()).not.toBe(before);
    expect(await read(now)).toEqual(MEMORIES);
    expect(integrityProblems(fileOf(), before)).not.toEqual([]);

    await vault(now).decrypt({});
    expect(await read({})).toEqual(MEMORIES);
    expect([existsSync(fileOf('engram.db.keys')), existsSync(fileOf('engram.db.converting'))]).toEqual([false, false]);
    sound(null);
  });

  it('keeps everything a store has: schema, row ids, full text, counters', async () => {
    const dump = (path: string) => {
      const raw = new Driver(path, { readonly: true });
      const names = raw
        .prepare(`select name, sql from sqlite_master where name not like 'sqlite_stat%' order by name`)
        .all();
      const tables = raw
        .prepare(`select name from sqlite_master where rootpage > 0 and type = 'table' order by name`)
        .pluck()
        .all();
      const rows = (tables as string[])
        .filter((name) => !name.startsWith('sqlite_stat'))
        .map((name) => [name, raw.prepare(`select * from "${name}"`).all()]);
      raw.close();
      return { names, rows };
    };
    const before = dump(fileOf());
    await vault(BY_ENV).encrypt(SILENT);
    await vault(BY_ENV).decrypt({});
    expect(dump(fileOf())).toEqual(before);
    const app = await open();
    expect((await app.call('POST', '/search', { query: 'canary' })).body.results).toHaveLength(1);
    expect((await app.call('POST', '/store', { content: 'another' })).status).toBe(201);
  });

  it('goes from one way to unlock to another, and the old one is worth nothing then', async () => {
    await vault(BY_FILE).encrypt({ recovery: true });
    const old = readFileSync(join(dir, '.config/engram/dbkey'));
    const { recovery_key } = await vault({ ...BY_FILE, ENGRAM_DB_PASSPHRASE: 'correct horse' }).rekey('passphrase', {
      recovery: true,
    });
    expect(await read(BY_PHRASE)).toEqual(MEMORIES);
    expect(await read({ ...BY_FILE, ENGRAM_DB_RECOVERY_KEY: recovery_key! })).toEqual(MEMORIES);
    await expect(read(BY_FILE)).rejects.toThrow('cannot be opened with this key');
    expect(integrityProblems(fileOf(), old.toString('hex'))).not.toEqual([]);
  });

  it('refuses what a server has open', async () => {
    await open();
    await expect(vault(BY_ENV).encrypt(SILENT)).rejects.toThrow('is in use by another Engram. Stop that one');
  });

  it('without a store prepares its keys, and the first start makes it encrypted', async () => {
    dir = tempDir();
    key = '';
    expect(await vault(BY_FILE).encrypt(SILENT)).toEqual({ converted: false, recovery_key: null });
    expect(statSync(join(dir, '.config/engram/dbkey')).mode & 0o777).toBe(0o600);
    await open(BY_FILE);
    expect(readFileSync(fileOf()).subarray(0, 6).toString('latin1')).not.toBe('SQLite');
  });
});

describe('key slots', () => {
  it('open the store by passphrases, recovery keys, and no longer when removed', async () => {
    await vault(BY_PHRASE).encrypt(SILENT);
    const app = await open(BY_PHRASE);
    // The server goes on meanwhile.
    const recovery_key = (await vault(BY_PHRASE).addSlot('recovery'))!;
    await vault({ ...BY_PHRASE, ENGRAM_DB_NEW_PASSPHRASE: 'another horse' }).addSlot('passphrase');
    expect(
      vault(BY_PHRASE)
        .slots()
        .map(({ id, kind }) => [id, kind]),
    ).toEqual([
      [1, 'passphrase'],
      [2, 'recovery'],
      [3, 'passphrase'],
    ]);
    await vault({ ...BY_PHRASE, ENGRAM_DB_PASSPHRASE: 'another horse' }).removeSlot(1);
    expect((await app.call('POST', '/store', { content: 'meanwhile' })).status).toBe(201);
    await opened.pop()!.close();
    await expect(read(BY_PHRASE)).rejects.toThrow('The passphrase is wrong: it opens no slot of');
    const all = ['meanwhile', ...MEMORIES];
    expect(await read({ ...BY_PHRASE, ENGRAM_DB_PASSPHRASE: 'another horse' })).toEqual(all);
    const recovered = { ENGRAM_ENCRYPTION_MODE: 'passphrase', ENGRAM_DB_RECOVERY_KEY: recovery_key.toLowerCase() };
    expect(await read(recovered)).toEqual(all);
    await expect(vault(recovered).removeSlot(3)).rejects.toThrow('is the last but for recovery keys');
    await expect(vault(recovered).removeSlot(9)).rejects.toThrow('There is no slot 9');
  });

  it('hold a recovery key beside a key file, which outlives a rekey', async () => {
    const { recovery_key } = await vault(BY_FILE).encrypt({ recovery: true });
    const recovered = { ...BY_FILE, ENGRAM_DB_RECOVERY_KEY: recovery_key! };
    await vault(BY_FILE).rekey(null, SILENT);
    rmSync(join(dir, '.config/engram/dbkey'));
    await expect(read(BY_FILE)).rejects.toThrow('There is no key file');
    expect(await read(recovered)).toEqual(MEMORIES);
    const slip = { ...BY_FILE, ENGRAM_DB_RECOVERY_KEY: `Z${recovery_key!.slice(1)}`.replace(/^ZZ/, 'ZA') };
    await expect(read(slip)).rejects.toThrow('one with a slip in it');
    await expect(vault(BY_ENV).addSlot('yubikey')).rejects.toThrow('only a recovery key');
  });

  it('ask a terminal for the passphrase, twice for a new one', async () => {
    const BY_TERMINAL = { ENGRAM_ENCRYPTION_MODE: 'passphrase' };
    const asked: string[] = [];
    const typing = (...answers: string[]): Person => ({
      async ask(question) {
        asked.push(question);
        return answers.shift()!;
      },
      tell() {},
    });
    await expect(vault(BY_TERMINAL, typing('short')).encrypt(SILENT)).rejects.toThrow('at least 8 characters');
    await expect(vault(BY_TERMINAL, typing('correct horse', 'horse')).encrypt(SILENT)).rejects.toThrow('differ');
    expect(await read()).toEqual(MEMORIES);
    await vault(BY_TERMINAL, typing('correct horse', 'correct horse')).encrypt(SILENT);
    expect(await vault(BY_TERMINAL, typing('correct horse')).dataKey()).toBe(await vault(BY_PHRASE).dataKey());
    expect(asked.at(-1)).toBe('Passphrase of the store: ');
    await expect(read(BY_TERMINAL)).rejects.toThrow('no terminal to ask for it: set ENGRAM_DB_PASSPHRASE');
  });
});

describe('a YubiKey', () => {
  const SECRET = '0b'.repeat(20);
  const withProgram = (folder: string) => (process.env.PATH = `${folder}:${PATH}`);

  it.each(['ykchalresp', 'ykman'] as const)('answers through %s as RFC 2202 says', async (name) => {
    process.env.PATH = fakeYubikey(dir, name, SECRET);
    const answer = await askYubikey(Buffer.from('Hi There'), { timeout_ms: 20_000, tell() {} });
    expect(answer.toString('hex')).toBe('b617318655057264e28bc0b6fb378c8ef146be00');
    expect(createHmac('sha1', Buffer.from(SECRET, 'hex')).update('Hi There').digest()).toEqual(answer);
  });

  it('opens the store, and another one does not', async () => {
    withProgram(fakeYubikey(dir, 'ykchalresp', SECRET));
    const told: string[] = [];
    await vault(BY_YUBIKEY, { ask: null, tell: (text) => void told.push(text) }).encrypt(SILENT);
    expect(told.join()).toContain('Touch your YubiKey');
    expect(await read(BY_YUBIKEY)).toEqual(MEMORIES);
    withProgram(fakeYubikey(dir, 'ykchalresp', '0c'.repeat(20)));
    await expect(read(BY_YUBIKEY)).rejects.toThrow('This YubiKey opens no slot of');
    withProgram(failingYubikey(dir));
    await expect(read(BY_YUBIKEY)).rejects.toThrow(
      'ykchalresp says "Yubikey core error: no yubikey present". Plug in the key',
    );
    withProgram(untouchedYubikey(dir));
    await expect(read({ ...BY_YUBIKEY, ENGRAM_YUBIKEY_TIMEOUT: '1' })).rejects.toThrow('did not answer within 1 s');
    process.env.PATH = dir;
    await expect(read(BY_YUBIKEY)).rejects.toThrow('neither ykchalresp nor ykman can be run');
  });
});

describe('refusals', () => {
  it('a key file that others may read, or that is no key', async () => {
    await vault(BY_FILE).encrypt(SILENT);
    const file = join(dir, '.config/engram/dbkey');
    for (const mode of [0o644, 0o640, 0o604]) {
      chmodSync(file, mode);
      await expect(read(BY_FILE)).rejects.toThrow(
        `(mode ${mode.toString(8).padStart(4, '0')}). Run: chmod 600 ${file}`,
      );
    }
    chmodSync(file, 0o600);
    writeFileSync(file, KEY);
    await expect(read(BY_FILE)).rejects.toThrow('exactly 32 bytes, as they are and not as digits; it holds 64');
  });

  it('a plain store with a key, a wrong key, another cipher', async () => {
    await expect(read(BY_ENV)).rejects.toThrow(/the file is not encrypted.*Run "engram encrypt --mode env"/);
    await vault(BY_ENV).encrypt(SILENT);
    const before = readFileSync(fileOf());
    await expect(read({ ...BY_ENV, ENGRAM_DB_KEY: 'b2'.repeat(32) })).rejects.toThrow('the key is wrong');
    expect(readFileSync(fileOf()).equals(before)).toBe(true);
    await vault(BY_ENV).decrypt({});
    const raw = new Driver(fileOf());
    raw.pragma('journal_mode = DELETE');
    raw.pragma(`cipher='chacha20'`);
    raw.pragma(`rekey='${KEY}'`);
    raw.close();
    await expect(read(BY_ENV)).rejects.toThrow('encrypted in another way than SQLCipher 4');
  });

  it('keys that are missing, damaged, tampered with, or of another store', async () => {
    await vault(BY_PHRASE).encrypt(SILENT);
    const keys = fileOf('engram.db.keys');
    const text = readFileSync(keys, 'utf8');
    const first = dir;
    dir = tempDir();
    await vault(BY_PHRASE).encrypt(SILENT);
    const others = readFileSync(fileOf('engram.db.keys'), 'utf8');
    dir = first;
    writeFileSync(keys, others);
    await expect(read(BY_PHRASE)).rejects.toThrow(
      'belongs to another store: it was unlocked, but its key does not open',
    );
    writeFileSync(keys, text.slice(0, 100));
    await expect(read(BY_PHRASE)).rejects.toThrow('is damaged, or was written by a newer Engram');
    const file = JSON.parse(text);
    file.rings[0].slots.push({ ...file.rings[0].slots[0], id: 7 });
    writeFileSync(keys, JSON.stringify(file));
    await expect(read(BY_PHRASE)).rejects.toThrow('was changed by something other than Engram');
    chmodSync(keys, 0o644);
    await expect(read(BY_PHRASE)).rejects.toThrow('Run: chmod 600');
    rmSync(keys);
    await expect(read(BY_PHRASE)).rejects.toThrow('is missing: it holds the key slots');
    writeFileSync(keys, text, { mode: 0o600 });
    expect(await read(BY_PHRASE)).toEqual(MEMORIES);
  });

  it('a log cut short loses what was in the missing part, and nothing else', async () => {
    await vault(BY_ENV).encrypt(SILENT);
    const app = await open(BY_ENV);
    for (let i = 0; i < 5; i++) await app.call('POST', '/store', { content: `number ${i}` });
    const copy = tempDir();
    for (const name of ['engram.db', 'engram.db-wal']) copyFileSync(fileOf(name), join(copy, name));
    await opened.pop()!.close();
    truncateSync(join(copy, 'engram.db-wal'), statSync(join(copy, 'engram.db-wal')).size - 3_000);
    dir = copy;
    const left = await read(BY_ENV);
    expect(left).toContain('number 3');
    expect(left).not.toContain('number 4');
    sound(KEY);
  });
});

describe('kill -9', () => {
  const bigger = () => {
    const raw = new Driver(fileOf());
    const add = raw.prepare(`insert into app_state (key, value, updated_at) values (?, ?, '')`);
    for (let i = 0; i < 24; i++) add.run(`ballast ${i}`, 'canary '.repeat(150_000));
    raw.close();
  };
  const size = (name: string) => statSync(fileOf(name), { throwIfNoEntry: false })?.size ?? 0;
  const rings = () =>
    existsSync(fileOf('engram.db.keys')) ? JSON.parse(readFileSync(fileOf('engram.db.keys'), 'utf8')).rings.length : 0;
  const plain = () => kindOfFile(fileOf()) === 'plain';

  async function killedAt(args: string[], env: Env, reached: () => boolean): Promise<boolean> {
    const child = spawnEngram(args, { env: { ENGRAM_DATA_DIR: dir, ...env }, cwd: dir });
    const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
    while (child.exitCode === null && !reached()) await setImmediate();
    const inTime = child.exitCode === null;
    child.kill('SIGKILL');
    await closed;
    return inTime;
  }

  const points: [string, () => boolean][] = [
    ['the copy begins', () => existsSync(fileOf('engram.db.converting'))],
    ['half of the copy is there', () => size('engram.db.converting') > 12 * 2 ** 20],
    ['the copy is in place', () => !plain()],
  ];
  it.each(points)('while encrypting, when %s', async (_when, reached) => {
    bigger();
    expect(
      await killedAt(['encrypt', '--mode', 'passphrase'], { ENGRAM_DB_PASSPHRASE: 'correct horse' }, reached),
    ).toBe(true);
    if (plain()) {
      expect(await read()).toEqual(MEMORIES);
      expect(existsSync(fileOf('engram.db.converting'))).toBe(false);
      await vault(BY_PHRASE).encrypt(SILENT);
    }
    expect(await read(BY_PHRASE)).toEqual(MEMORIES);
    sound(await vault(BY_PHRASE).dataKey());
  });

  it('while rekeying, when either key may be the right one', async () => {
    bigger();
    await vault(BY_PHRASE).encrypt(SILENT);
    const before = await vault(BY_PHRASE).dataKey();
    expect(await killedAt(['rekey'], BY_PHRASE, () => rings() === 2)).toBe(true);
    expect(await read(BY_PHRASE)).toEqual(MEMORIES);
    // Opening it settled which.
    expect(rings()).toBe(1);
    const now = await vault(BY_PHRASE).dataKey();
    sound(now);
    await vault(BY_PHRASE).rekey(null, SILENT);
    expect([before, now]).not.toContain(await vault(BY_PHRASE).dataKey());
  });

  it('while replacing a key file', async () => {
    bigger();
    await vault(BY_FILE).encrypt(SILENT);
    const next = join(dir, '.config/engram/dbkey.next');
    expect(
      await killedAt(['rekey'], BY_FILE, () => existsSync(next) && existsSync(fileOf('engram.db.converting'))),
    ).toBe(true);
    expect(existsSync(next)).toBe(true);
    expect(await read(BY_FILE)).toEqual(MEMORIES);
    expect(existsSync(next)).toBe(false);
    sound(readFileSync(join(dir, '.config/engram/dbkey')).toString('hex'));
  });
});
