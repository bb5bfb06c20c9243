// Nothing readable lies on the disk: a server with an encrypted store does everything that writes, is killed, and then
// every byte it left is searched for words and vectors. The same server without encryption leaves them, or this test
// would prove nothing. The file is checked against the format of SQLCipher 4, and given to its own tool.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { openRaw } from '../src/platform/db/sqlite/connection.ts';
import { tempDir } from './support/app.ts';
import { type Running, serve } from './support/cli.ts';
import { decryptSqlcipher } from './support/sqlcipher.ts';

const KEY = 'a1'.repeat(32);
const ENCRYPTED = { ENGRAM_ENCRYPTION_MODE: 'env', ENGRAM_DB_KEY: KEY };
const WORDS = ['quokkavale', 'zibeline', 'Ümlautkanarie'];

const running: Running[] = [];
afterAll(async () => {
  for (const server of running) await server.stop('SIGKILL').catch(() => {});
});

/** Every file below a folder, with its bytes. */
const filesBelow = (folder: string): (readonly [string, Buffer])[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => [path, readFileSync(path)] as const);

const namesWith = (files: readonly (readonly [string, Buffer])[], needles: readonly Buffer[]): string[] =>
  files.filter(([, bytes]) => needles.some((needle) => bytes.includes(needle))).map(([path]) => path);

/** In the encodings a database could hold them in, and as they are folded for full-text search. */
const spellings = WORDS.flatMap((word) => [word, word.toLowerCase(), word.toLowerCase().normalize('NFD')]).flatMap(
  (word) => [Buffer.from(word), Buffer.from(word, 'utf16le')],
);

/** The middle of each stored vector, as it lies in memory and on disk. */
function vectorsIn(path: string, key: string | null): Buffer[] {
  const raw = openRaw({ path, key, synchronous: 'normal' });
  try {
    const rows = raw.prepare('select vector from memory_vectors').all() as { vector: Buffer }[];
    return rows.map(({ vector }) => Buffer.from(vector).subarray(64, 96));
  } finally {
    raw.close();
  }
}

/** Everything that writes, then kill -9 in the middle of a write. @returns what is in the data folder and beside it */
async function lived(env: Record<string, string>): Promise<{ dir: string; temp: string }> {
  const root = tempDir();
  const [dir, temp] = [join(root, 'data'), join(root, 'tmp')];
  for (const folder of [dir, temp]) mkdirSync(folder);
  const settings = {
    ENGRAM_LANCE_THRESHOLD: '1',
    ENGRAM_LOG_LEVEL: 'debug',
    TMPDIR: temp,
    SQLITE_TMPDIR: temp,
    ...env,
  };
  const start = async () => {
    const server = await serve(dir, { env: settings });
    running.push(server);
    return server;
  };
  const logs: string[] = [];
  let server = await start();
  const { key } = (await (await fetch(`${server.url}/bootstrap`, { method: 'POST' })).json()) as { key: string };
  const call = (method: string, path: string, body?: unknown) =>
    fetch(server.url + path, {
      method,
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  const ok = async (method: string, path: string, body?: unknown) => {
    const response = await call(method, path, body);
    expect({ path, status: response.status }).toMatchObject({ status: expect.toSatisfy((n: number) => n < 300) });
    // biome-ignore lint/suspicious/noExplicitAny: answers of every shape
    return (await response.json()) as any;
  };
  const ids: number[] = [];
  for (let i = 0; i < 30; i++)
    ids.push((await ok('POST', '/store', { content: `${WORDS.join(' ')} met Maria number ${i} in Oslo.` })).id);
  await ok('POST', '/search', { query: WORDS.join(' ') });
  await ok('PUT', `/memory/${ids[0]}`, { content: `${WORDS.join(' ')} moved to Bergen.` }).catch(() => {});
  await call('DELETE', `/memory/${ids[1]}`);
  await ok('POST', '/admin/reembed', {}).catch(() => {});
  await ok('POST', '/admin/compact');
  await ok('POST', '/context', { query: WORDS[0] });
  // Killed while it writes: what was on the way to the disk stays as it was.
  const storing = Array.from({ length: 20 }, (_, i) =>
    call('POST', '/store', { content: `${WORDS.join(' ')} once more ${i}` }).catch(() => null),
  );
  await storing[0];
  await server.stop('SIGKILL');
  logs.push(server.seen.out, server.seen.err);
  await Promise.all(storing);
  server = await start();
  await ok('POST', '/search', { query: WORDS[0] });
  await server.stop('SIGKILL');
  logs.push(server.seen.out, server.seen.err);
  writeFileSync(join(root, 'data', 'server.log'), logs.join('\n'));
  return { dir, temp };
}

describe('a data folder after kill -9', () => {
  it('holds no word and no vector when the store is encrypted', async () => {
    const { dir, temp } = await lived(ENCRYPTED);
    // Before the log is moved into the file by looking at it.
    const files = [...filesBelow(dir), ...filesBelow(temp)];
    expect(files.map(([path]) => path)).toContain(join(dir, 'engram.db-wal'));
    expect(namesWith(files, spellings)).toEqual([]);
    const vectors = vectorsIn(join(dir, 'engram.db'), KEY);
    expect(vectors.length).toBeGreaterThan(20);
    expect(namesWith(files, vectors)).toEqual([]);
    expect(existsSync(join(dir, 'lance'))).toBe(false);
  });

  it('holds them when it is not', async () => {
    const { dir } = await lived({});
    const files = filesBelow(dir);
    expect(namesWith(files, spellings)).not.toEqual([]);
    expect(namesWith(files, vectorsIn(join(dir, 'engram.db'), null))).not.toEqual([]);
  });
});

/** Debian 12 has version 3, which knows nothing of the format of version 4. */
const toolVersion = (): number => {
  const { stdout } = spawnSync('sqlcipher', { input: 'PRAGMA cipher_version;', encoding: 'utf8' });
  return Number.parseInt(stdout?.split('\n').findLast((line) => /^\d/.test(line)) ?? '0', 10);
};
const tool = toolVersion();
if (tool < 4) console.log(`No sqlcipher 4 on PATH (${tool === 0 ? 'none' : `version ${tool}`}): its test is skipped.`);

describe('the file of an encrypted store', () => {
  async function store(): Promise<string> {
    const dir = tempDir();
    const server = await serve(dir, { env: { ...ENCRYPTED, ENGRAM_EMBEDDING_MODEL: 'none' } });
    running.push(server);
    const key = (await server.call(['bootstrap'])).out.trim();
    expect((await server.call(['store', 'a quokkavale', '--key', key])).code).toBe(0);
    await server.stop();
    return join(dir, 'engram.db');
  }

  it('is SQLCipher 4, page by page', async () => {
    const path = await store();
    const plain = join(tempDir(), 'plain.db');
    writeFileSync(plain, decryptSqlcipher(readFileSync(path), KEY));
    const raw = openRaw({ path: plain, key: null, synchronous: 'normal' });
    expect(raw.prepare('select content from memories').all()).toEqual([{ content: 'a quokkavale' }]);
    raw.close();
    expect(() => decryptSqlcipher(readFileSync(path), 'a2'.repeat(32))).toThrow('page 1 has another checksum');
  });

  it.skipIf(tool < 4)('opens in the sqlcipher tool', async () => {
    const path = await store();
    const input = `PRAGMA key = "x'${KEY}'";\nselect content from memories;\nPRAGMA integrity_check;\n`;
    const out = execFileSync('sqlcipher', ['-batch', path], { input, encoding: 'utf8' });
    expect(out).toContain('a quokkavale\nok');
  });
});
