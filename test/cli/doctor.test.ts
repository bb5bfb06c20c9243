// engram doctor: every check in good and in bad condition, and that looking changes nothing.
import { closeSync, existsSync, openSync, readFileSync, statSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import Driver from 'better-sqlite3-multiple-ciphers';
import { beforeAll, describe, expect, it } from 'vitest';
import { tempDir } from '../support/app.ts';
import { engram, freePort, occupyPort, serve } from '../support/cli.ts';

interface Check {
  name: string;
  state: string;
  found: string;
  advice: string | null;
}

let port: number;
beforeAll(async () => {
  port = await freePort();
});

async function examine(
  dir: string,
  more: Record<string, string> = {},
): Promise<{ code: number | null; ok: boolean; of: (name: string) => Check | undefined }> {
  const { code, out, err } = await engram(['doctor', '--json'], {
    env: { ENGRAM_DATA_DIR: dir, ENGRAM_PORT: String(port), ...more },
  });
  expect(err).toBe('');
  const { ok, checks } = JSON.parse(out) as { ok: boolean; checks: Check[] };
  return { code, ok, of: (name) => checks.find((check) => check.name === name) };
}

async function filledStore(more: Record<string, string> = {}): Promise<{ dir: string; file: string }> {
  const dir = tempDir();
  await engram(['store', '-'], {
    env: { ENGRAM_DATA_DIR: dir, ENGRAM_PORT: String(port), ...more },
    stdin: 'some words to fill a page '.repeat(1000),
  });
  return { dir, file: join(dir, 'engram.db') };
}

describe('doctor', () => {
  it('finds nothing wrong before the first start, and makes nothing', async () => {
    const dir = join(tempDir(), 'not', 'yet');
    const { code, ok, of } = await examine(dir);
    expect({ code, ok }).toEqual({ code: 0, ok: true });
    expect(of('runtime')).toMatchObject({ state: 'ok', found: expect.stringMatching(/^Engram 0\.1\.0, Bun /) });
    expect(of('settings')).toMatchObject({ state: 'ok', found: expect.stringContaining('2 by environment') });
    expect(of('folder')).toMatchObject({ state: 'ok', found: expect.stringContaining('does not exist yet') });
    expect(of('database')).toMatchObject({ state: 'ok', found: expect.stringContaining('does not exist yet') });
    expect(of('models')).toMatchObject({
      state: 'ok',
      found: expect.stringMatching(/^engram-mini from .*model\.onnx$/),
    });
    expect(of('port')).toMatchObject({ state: 'ok', found: expect.stringContaining(`${port} on 127.0.0.1 is free`) });
    expect(existsSync(dir)).toBe(false);
  });

  it('prints marks and advice for people, and only what is not fine when quiet', async () => {
    const env = { ENGRAM_DATA_DIR: tempDir(), ENGRAM_PORT: String(port), ENGRAM_EMBEDDING_MODEL: 'none' };
    const [all, quiet] = await Promise.all([engram(['doctor'], { env }), engram(['doctor', '-q'], { env })]);
    expect(all.code).toBe(0);
    expect(all.out).toMatch(
      /^✓ runtime .*\n✓ settings .*\n✓ folder .*\n✓ database .*\n! models .*\n {12}To search .*\n✓ port .*\n$/,
    );
    expect(quiet.out).toMatch(/^! models .*\n {12}To search .*\n$/);
  });

  it('checks a store that nobody has open, encrypted or not', async () => {
    const { dir, file } = await filledStore();
    const before = readFileSync(file);
    const { ok, of } = await examine(dir);
    expect(ok).toBe(true);
    expect(of('folder')).toMatchObject({ state: 'ok', found: expect.stringContaining('is there and writable') });
    expect(of('database')!.found).toMatch(
      new RegExp(`^SQLite [\\d.]+ at ${file}, schema \\d+, [\\d.]+ [KM]B, not encrypted, sound$`),
    );
    expect(readFileSync(file).equals(before)).toBe(true);

    const secret = { ENGRAM_ENCRYPTION_MODE: 'env', ENGRAM_DB_KEY: 'ab'.repeat(32) };
    const locked = await filledStore(secret);
    expect((await examine(locked.dir, secret)).of('database')).toMatchObject({
      state: 'ok',
      found: expect.stringContaining(', encrypted (env), sound'),
    });
    expect((await examine(locked.dir)).of('database')).toMatchObject({
      state: 'broken',
      found: expect.stringContaining('it is encrypted'),
    });
  });

  it('asks the running server about the store it has open', async () => {
    const dir = tempDir();
    const server = await serve(dir);
    const there = await examine(dir, { ENGRAM_PORT: String(server.port) });
    expect(there.ok).toBe(true);
    expect(there.of('database')).toMatchObject({
      state: 'ok',
      found: `${dir}/engram.db is open in the server at ${server.url}, which says it is ready`,
    });
    expect(there.of('port')).toMatchObject({ state: 'ok', found: `Engram 0.1.0 answers at ${server.url}` });
    const elsewhere = await examine(dir);
    expect(elsewhere.of('database')).toMatchObject({
      state: 'warning',
      found: expect.stringContaining('does not answer at'),
    });
    await server.stop();
  });

  it('finds damage', async () => {
    const { dir, file } = await filledStore();
    const { size } = statSync(file);
    const fd = openSync(file, 'r+');
    writeSync(fd, Buffer.alloc(8192, 0xa5), 0, 8192, size - 8192);
    closeSync(fd);
    const { code, ok, of } = await examine(dir);
    expect({ code, ok }).toEqual({ code: 1, ok: false });
    expect(of('database')).toMatchObject({ state: 'broken', advice: expect.stringContaining('backup') });
    writeFileSync(file, 'garbage '.repeat(1000));
    expect((await examine(dir)).of('database')).toMatchObject({
      state: 'broken',
      found: expect.stringContaining('is not a readable SQLite database'),
    });
  });

  it('knows a schema that is too new', async () => {
    const { dir, file } = await filledStore();
    const db = new Driver(file);
    db.exec(`insert into schema_version values (9999, 'from the future', '2030-01-01 00:00:00')`);
    db.close();
    expect((await examine(dir)).of('database')).toMatchObject({
      state: 'broken',
      advice: expect.stringContaining('Upgrade Engram'),
    });
  });

  it('finds a folder, a port, a model folder that cannot be used', async () => {
    const file = join(tempDir(), 'plain');
    writeFileSync(file, '');
    const { server, port: taken } = await occupyPort();
    const { code, of } = await examine(join(file, 'data'), {
      ENGRAM_PORT: String(taken),
      ENGRAM_EMBEDDING_MODEL_DIR: '/no/such/model',
    });
    expect(code).toBe(1);
    expect(of('folder')).toMatchObject({
      state: 'broken',
      found: expect.stringContaining(`${file} is a file, not a folder`),
    });
    expect(of('port')).toMatchObject({ state: 'broken', found: expect.stringContaining('is not Engram') });
    expect(of('models')).toMatchObject({
      state: 'broken',
      found: expect.stringContaining('/no/such/model does not exist'),
    });
    server.close();
  });

  it('tells every mistake in the settings', async () => {
    const { code, ok, of } = await examine(tempDir(), { ENGRAM_PORT: 'x', ENGRAM_NONSENSE: '1' });
    expect({ code, ok }).toEqual({ code: 1, ok: false });
    expect(of('settings')).toMatchObject({ state: 'broken' });
    expect(of('database')).toBeUndefined();
  });
});
