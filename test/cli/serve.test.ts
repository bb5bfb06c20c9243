// The server as a process: what it prints, how it stops, what it says when it cannot start.

import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, statSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import Driver from 'better-sqlite3-multiple-ciphers';
import { describe, expect, it } from 'vitest';
import { tempDir } from '../support/app.ts';
import { engram, occupyPort, type Ran, serve, until } from '../support/cli.ts';

const health = (url: string) => fetch(`${url}/health`).then((answer) => answer.json());
const post = (url: string, path: string, key: string, body: object) =>
  fetch(`${url}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
const start = (dir: string, ...more: string[]): Promise<Ran> =>
  engram(['serve', '--data-dir', dir, '--port', '0', ...more]);
/** A store with some memories in it, cleanly closed. */
async function filledStore(): Promise<{ dir: string; file: string }> {
  const dir = tempDir();
  const env = { ENGRAM_DATA_DIR: dir, ENGRAM_PORT: '1' };
  await engram(['store', '-'], { env, stdin: 'some words to fill a page '.repeat(1000) });
  return { dir, file: join(dir, 'engram.db') };
}

describe('a running server', () => {
  it('says what it is, answers, stops on SIGTERM with 0 and finds everything again', async () => {
    const dir = tempDir();
    const first = await serve(dir);
    expect(first.seen.out).toContain(`Engram 0.1.0 listens on ${first.url}\n`);
    expect(first.seen.out).toMatch(new RegExp(`^ {2}data +${dir}$`, 'm'));
    expect(first.seen.out).toMatch(new RegExp(`^ {2}database +SQLite [\\d.]+ at ${dir}/engram.db$`, 'm'));
    expect(first.seen.out).toMatch(/^ {2}embedder +engram-mini, 256 dims$/m);
    expect(first.seen.out).toContain(`  engram bootstrap --server ${first.url}\n`);
    expect(first.seen.out).not.toContain('\x1b');
    const curl = /^ {2}curl -X POST (\S+)$/m.exec(first.seen.out)?.[1];
    const { key } = (await (await fetch(curl!, { method: 'POST' })).json()) as { key: string };
    expect(await health(first.url)).toMatchObject({ status: 'ok', version: '0.1.0' });
    expect((await post(first.url, '/store', key, { content: 'kept' })).status).toBe(201);
    expect(await first.stop('SIGTERM')).toBe(0);
    expect(first.seen.err).toBe('');

    const second = await serve(dir);
    expect(second.seen.out).not.toContain('Nobody has a key yet');
    expect((await second.call(['list', '--key', key])).out).toBe('#1 [general] kept\n');
    expect(await second.stop('SIGINT')).toBe(0);
  });

  it('starts again after kill -9, with all it answered for', async () => {
    const dir = tempDir();
    const first = await serve(dir);
    const key = (await first.call(['bootstrap'])).out.trim();
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, n) => post(first.url, '/store', key, { content: `memory ${n}` })),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]));
    expect(await first.stop('SIGKILL')).toBeNull();

    const second = await serve(dir);
    const { results } = JSON.parse((await second.call(['list', '--limit', '100', '--json', '--key', key])).out);
    expect(results).toHaveLength(50);
    await second.stop();
  });

  it('finishes what it is answering before it stops', async () => {
    const server = await serve(tempDir());
    const key = (await server.call(['bootstrap'])).out.trim();
    const answers = Array.from({ length: 20 }, (_, n) =>
      post(server.url, '/store', key, { content: `in flight ${n}` }),
    );
    await answers[0];
    const stopping = server.stop();
    expect((await Promise.all(answers)).map(({ status }) => status)).toEqual(Array(20).fill(201));
    expect(await stopping).toBe(0);
  });

  it('does not wait for connections that ask nothing', async () => {
    const server = await serve(tempDir());
    const { createConnection } = await import('node:net');
    const idle = createConnection(server.port, '127.0.0.1').on('error', () => {});
    await once(idle, 'connect');
    expect(await server.stop()).toBe(0);
    idle.destroy();
  });

  it('ends at once at the second signal, whatever is unfinished', async () => {
    const server = await serve(tempDir());
    const { createConnection } = await import('node:net');
    const slow = createConnection(server.port, '127.0.0.1').on('error', () => {});
    slow.write('POST /bootstrap HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{');
    await health(server.url);
    const insisting = setInterval(() => server.child.kill('SIGTERM'), 50);
    expect(await server.stop()).toBe(143);
    clearInterval(insisting);
    slow.destroy();
  });

  it('goes on without a model that cannot be used, and says why', async () => {
    const server = await serve(tempDir(), { env: { ENGRAM_EMBEDDING_MODEL_DIR: '/no/such/model' } });
    const said = /^ {2}embedder +none, search goes by words, links and time: .*\/no\/such\/model does not exist/m;
    await until(() => said.exec(server.seen.out)?.[0], server.child, server.seen);
    expect(await server.stop()).toBe(0);
  });

  it('prints one line of JSON, or nothing, when asked to', async () => {
    const dir = tempDir();
    const child = (await import('node:child_process')).spawn(
      process.execPath,
      [
        join(import.meta.dirname, '../../src/main.ts'),
        'serve',
        '--json',
        '--port',
        '0',
        '--data-dir',
        dir,
        '--log-level',
        'debug',
      ],
      { env: { HOME: dir }, cwd: dir },
    );
    const seen = { out: '', err: '' };
    child.stdout.on('data', (data) => (seen.out += data));
    child.stderr.on('data', (data) => (seen.err += data));
    const line = await until(() => /^.*\n/.exec(seen.out)?.[0], child, seen);
    const facts = JSON.parse(line);
    expect(facts).toEqual({
      version: '0.1.0',
      url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
      data_dir: dir,
      database: expect.stringContaining('SQLite'),
      embedder: { name: 'engram-mini', dims: 256 },
      embedder_problem: null,
      embedder_loading: false,
      needs_bootstrap: true,
    });
    await health(facts.url);
    child.kill('SIGTERM');
    const [code] = await once(child, 'close');
    expect(code).toBe(0);
    expect(seen.err).toContain('/health'); // the log is on stderr, where it cannot spoil the answer
    expect(seen.err).not.toContain('listens on');
  });
});

describe('a server that cannot start says why in a sentence and ends with 1', () => {
  const expectSentence = ({ code, out, err }: Ran, ...parts: (string | RegExp)[]) => {
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toMatch(/^Error: [^\n]+\n$/);
    expect(err).not.toMatch(/\bat .*\.ts/);
    for (const part of parts) expect(err).toMatch(part);
  };

  it('port in use', async () => {
    const { server, port } = await occupyPort();
    const dir = tempDir();
    expectSentence(
      await engram(['serve', '--data-dir', dir, '--port', String(port)]),
      `Port ${port} on 127.0.0.1 is in use.`,
      '--port',
    );
    server.close();
  });

  it('a second server on the same folder', async () => {
    const dir = tempDir();
    const first = await serve(dir);
    expectSentence(await start(dir), `${dir}/engram.db is in use by another Engram`);
    expect(await health(first.url)).toMatchObject({ status: 'ok' });
    await first.stop();
  });

  it('a folder that cannot be made', async () => {
    const file = join(tempDir(), 'plain');
    writeFileSync(file, '');
    expectSentence(await start(join(file, 'data')), `The folder ${file}/data cannot be created`, 'ENGRAM_DATA_DIR');
  });

  it('a database file that is a folder', async () => {
    const dir = tempDir();
    mkdirSync(join(dir, 'engram.db'));
    expectSentence(await start(dir), 'engram.db cannot be opened');
  });

  it('a file that is no database', async () => {
    const dir = tempDir();
    writeFileSync(join(dir, 'engram.db'), 'this is certainly not a database '.repeat(500));
    expectSentence(await start(dir), 'is not a readable SQLite database');
  });

  it('a database with damaged pages', async () => {
    const { dir, file } = await filledStore();
    const fd = openSync(file, 'r+');
    const { size } = statSync(file);
    writeSync(fd, Buffer.alloc(size - 4096, 0xa5), 0, size - 4096, 4096);
    closeSync(fd);
    expectSentence(await start(dir), `${file} is damaged.`, 'engram doctor');
  });

  it('a database cut short', async () => {
    const { dir, file } = await filledStore();
    const { truncateSync } = await import('node:fs');
    truncateSync(file, 4096 * 3);
    expectSentence(await start(dir), `${file} is damaged.`);
  });

  it('a database of a newer version', async () => {
    const { dir, file } = await filledStore();
    const db = new Driver(file);
    db.exec(`insert into schema_version values (9999, 'from the future', '2030-01-01 00:00:00')`);
    db.close();
    expectSentence(await start(dir), 'schema version 9999, made by a newer Engram', 'Upgrade Engram');
    const json = await start(dir, '--json');
    expect(JSON.parse(json.err)).toEqual({ error: expect.stringContaining('9999'), code: 'failed' });
  });

  it('a wrong key for an encrypted database', async () => {
    const dir = tempDir();
    const env = (key: string) => ({
      ENGRAM_ENCRYPTION_MODE: 'env',
      ENGRAM_DB_KEY: key.repeat(32),
      ENGRAM_DATA_DIR: dir,
      ENGRAM_PORT: '1',
    });
    await engram(['store', 'x'], { env: env('ab') });
    const result = await engram(['serve'], { env: env('cd') });
    expectSentence(result, 'cannot be opened with this key');
    expect(result.err).not.toContain('cdcd');
  });
});
