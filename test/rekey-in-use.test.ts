// A new key for a store that is in use: reads go on, no write is lost, and whatever goes wrong, one of the keys opens it.
import { copyFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { integrityProblems } from '../bench/bare-sqlite.ts';
import { NOBODY } from '../src/platform/crypto/unlock.ts';
import { createVault } from '../src/platform/vault.ts';
import { createTestApp, type TestApp, tempDir, testConfig } from './support/app.ts';
import { engram, serve } from './support/cli.ts';
import { smallDisk } from './support/small-disk.ts';

type Env = Record<string, string>;
const BY_ENV: Env = { ENGRAM_ENCRYPTION_MODE: 'env', ENGRAM_DB_KEY: 'a1'.repeat(32) };
const BY_PHRASE: Env = { ENGRAM_ENCRYPTION_MODE: 'passphrase', ENGRAM_DB_PASSPHRASE: 'correct horse' };

const probe = smallDisk(1);
probe?.unmount();

const opened: TestApp[] = [];
afterEach(async () => {
  for (const app of opened.splice(0)) await app.close();
});
const open = async (options: Parameters<typeof createTestApp>[0]): Promise<TestApp> => {
  const app = await createTestApp(options);
  opened.push(app);
  return app;
};
const vaultOf = (dir: string, env: Env) =>
  createVault({ config: testConfig(dir, env), person: NOBODY, now: '2026-03-02 12:00:00' });
const byFile = (dir: string): Env => ({
  ENGRAM_ENCRYPTION_MODE: 'keyfile',
  ENGRAM_DB_KEY_FILE: join(dir, 'store.key'),
});
/** A store of this mode, in use. */
const encrypted = async (mode: (dir: string) => Env, recovery = false) => {
  const dir = tempDir();
  const env = mode(dir);
  const { recovery_key } = await vaultOf(dir, env).encrypt({ recovery });
  return { app: await open({ dir, env }), dir, env, recovery_key, file: join(dir, 'engram.db') };
};
const contents = async (app: TestApp): Promise<string[]> =>
  (await app.call('GET', '/list?limit=100')).body.results.map((memory: { content: string }) => memory.content).sort();

describe('POST /admin/rekey', () => {
  it.each([
    ['a key file', byFile],
    ['a passphrase', () => BY_PHRASE],
  ])('writes the store under another key, with %s', async (_what, mode) => {
    const { app, dir, env, recovery_key, file } = await encrypted(mode, true);
    const before = await vaultOf(dir, env).dataKey();
    await app.call('POST', '/store', { content: 'the canary sings' });
    await app.call('POST', '/search', { query: 'the canary sings' });

    const { status, body } = await app.call('POST', '/admin/rekey');
    expect([status, body.rekeyed]).toEqual([200, true]);
    expect((await app.call('POST', '/store', { content: 'a lighthouse burns' })).status).toBe(201);
    expect((await app.call('POST', '/search', { query: 'the canary sings' })).body.results[0].content).toBe(
      'the canary sings',
    );
    expect((await app.call('GET', '/audit?action=maintenance.rekey')).body.count).toBe(1);

    const after = await vaultOf(dir, env).dataKey();
    expect(after).not.toBe(before);
    expect(existsSync(`${file}.converting`)).toBe(false);
    expect(existsSync(join(dir, 'store.key.next'))).toBe(false);
    const again = await app.reopen();
    opened.push(again);
    expect(await contents(again)).toEqual(['a lighthouse burns', 'the canary sings']);
    await again.close();
    expect(integrityProblems(file, after)).toEqual([]);
    expect(integrityProblems(file, before)).not.toEqual([]);
    // What opened it besides goes on opening it.
    await open({ dir, env: { ...env, ENGRAM_DB_RECOVERY_KEY: recovery_key! }, key: app.key });
  });

  it('lets searches go on and has writers wait, none of whom is lost', async () => {
    const { app } = await encrypted(byFile);
    await app.call('POST', '/store', { content: 'the harbour at night' });
    const order: string[] = [];
    const done = (what: string) => () => void order.push(what);
    const rekeyed = app.call('POST', '/admin/rekey').then(done('rekeyed'));
    const writes = Array.from({ length: 20 }, (_, i) => app.call('POST', '/store', { content: `meanwhile ${i}` }));
    const searched = app.call('POST', '/search', { query: 'harbour' }).then(done('searched'));
    await Promise.all([rekeyed, searched, Promise.all(writes).then(done('written'))]);
    expect(order[0]).toBe('searched');
    for (const write of writes) expect((await write).status).toBe(201);
    expect(await contents(app)).toHaveLength(21);
  });

  it('is done once for all who ask at the same time, again and again, beside backups', async () => {
    const { app, dir, env } = await encrypted(byFile);
    const keys = new Set([await vaultOf(dir, env).dataKey()]);
    for (let round = 0; round < 3; round++) {
      const all = ['/admin/rekey', '/backup', '/admin/rekey', '/admin/compact'].map((path) => app.call('POST', path));
      for (const { status } of await Promise.all(all)) expect([200, 201]).toContain(status);
      keys.add(await vaultOf(dir, env).dataKey());
      app.clock.advance(1000);
    }
    expect(keys.size).toBe(4);
    expect((await app.call('POST', '/store', { content: 'goes on' })).status).toBe(201);
    expect(await app.database.check()).toEqual([]);
  });

  it('keeps a slot that was added while the server ran', async () => {
    const { app, dir, env } = await encrypted(() => BY_PHRASE);
    const recovery_key = await vaultOf(dir, env).addSlot('recovery');
    expect((await app.call('POST', '/admin/rekey')).status).toBe(200);
    const { key } = app;
    await app.close();
    await open({ dir, env: { ...env, ENGRAM_DB_PASSPHRASE: 'forgotten', ENGRAM_DB_RECOVERY_KEY: recovery_key! }, key });
  });

  it('refuses what it cannot do, and says why', async () => {
    const plain = await open({});
    expect((await plain.call('POST', '/admin/rekey')).body.code).toBe('not_encrypted');
    const { app } = await encrypted(() => BY_ENV);
    const { status, body } = await app.call('POST', '/admin/rekey');
    expect([status, body.code]).toEqual([409, 'setting_decides']);
    expect(body.error).toContain('Stop the server and run "engram rekey"');
    const eve = await app.newUser('eve');
    expect((await eve('POST', '/admin/rekey')).status).toBe(403);
  });

  it('does not touch a store whose slots were tampered with', async () => {
    const { app, file } = await encrypted(() => BY_PHRASE);
    const written = readFileSync(`${file}.keys`, 'utf8');
    writeFileSync(
      `${file}.keys`,
      written.replace(/"mac":\s*"(.)/, (all, digit) => all.slice(0, -1) + (digit === '0' ? '1' : '0')),
    );
    const { status, body } = await app.call('POST', '/admin/rekey');
    expect([status, body.code]).toEqual([409, 'keys_changed']);
    writeFileSync(`${file}.keys`, written);
    expect((await app.call('POST', '/admin/rekey')).status).toBe(200);
  });

  it.skipIf(!probe)('leaves all as it was when the disk is too small', async () => {
    const disk = smallDisk(24)!;
    try {
      const dir = disk.dir;
      const env = byFile(dir);
      await vaultOf(dir, env).encrypt({ recovery: false });
      const app = await createTestApp({ dir, env });
      await app.call('POST', '/store', { content: 'the canary sings' });
      disk.fill(600_000);
      const { status, body } = await app.call('POST', '/admin/rekey');
      expect([status, body.code]).toEqual([503, 'database_unavailable']);
      expect(body.error).toMatch(/of free disk space|the disk is full/);
      disk.makeRoom();
      expect(await contents(app)).toEqual(['the canary sings']);
      expect((await app.call('POST', '/admin/rekey')).status).toBe(200);
      await app.close();
    } finally {
      disk.unmount();
    }
  });
});

describe('a rekey that is cut off', () => {
  it('leaves a store that opens, with either file and both sets of keys', async () => {
    const { app, dir, env, file } = await encrypted(() => BY_PHRASE);
    await app.call('POST', '/store', { content: 'the canary sings' });
    const { key } = app;
    await app.close();
    copyFileSync(file, `${file}.old`);
    const again = await open({ dir, env, key });
    const real = again.database.rekey!;
    let both = '';
    // The moment before the files change places: what a `kill -9` there leaves is both rings and the old file.
    Object.assign(again.database, {
      rekey: (to: Parameters<typeof real>[0]) =>
        real({
          ...to,
          beforeSwap() {
            to.beforeSwap();
            both = readFileSync(`${file}.keys`, 'utf8');
          },
        }),
    });
    expect((await again.call('POST', '/admin/rekey')).status).toBe(200);
    await again.close();
    expect(JSON.parse(both).rings).toHaveLength(2);
    for (const cut of ['new file', 'old file']) {
      if (cut === 'old file') copyFileSync(`${file}.old`, file);
      writeFileSync(`${file}.keys`, both);
      const after = await open({ dir, env, key });
      expect(await contents(after)).toEqual(['the canary sings']);
      await after.close();
      expect(JSON.parse(readFileSync(`${file}.keys`, 'utf8')).rings).toHaveLength(1);
    }
  });
});

describe('engram rekey', () => {
  it('has a running server do it', async () => {
    const dir = tempDir();
    const env = byFile(dir);
    await vaultOf(dir, env).encrypt({ recovery: false });
    const before = await vaultOf(dir, env).dataKey();
    const app = await createTestApp({ dir, env });
    const { key } = app;
    await app.close();
    const server = await serve(dir, { env });
    const client = { ...env, ENGRAM_API_KEY: key };
    const { code, out, err } = await engram(['rekey', '--data-dir', dir, '--port', String(server.port)], {
      env: client,
    });
    expect([code, err]).toEqual([0, '']);
    expect(out).toContain('encrypted with a new key');
    expect(await vaultOf(dir, env).dataKey()).not.toBe(before);
    await server.stop();
  });
});
