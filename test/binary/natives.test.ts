// The libraries that the executable carries: written once, compared before they are loaded, replaced when they are not what
// they should be, and all of them usable, in threads too.
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { type BinaryServer, emptyFolder, LITE, NATIVE, nativeFiles, run, serve } from '../support/binary.ts';
import { seededRandom, writeToyModel, writeToyReranker } from '../support/onnx-model.ts';

const running: BinaryServer[] = [];
const up = async (options: Parameters<typeof serve>[0]): Promise<BinaryServer> => {
  const server = await serve(options);
  running.push(server);
  return server;
};
afterEach(async () => {
  for (const server of running.splice(0)) await server.stop();
});

const SQLITE = join('native', NATIVE, 'sqlite3.node');
const PLAIN = { ENGRAM_EMBEDDING_MODEL: 'none', ENGRAM_UNDERSTANDING: '0' };

describe('the folder of native parts', () => {
  it('holds what was needed and no more, and is written once', async () => {
    const cwd = emptyFolder();
    const data = join(cwd, 'data');
    expect(await run(['store', 'green tea'], { cwd })).toMatchObject({ code: 0 });
    expect(nativeFiles(data)).toEqual(['sqlite3.node']);
    expect(statSync(data).mode & 0o077).toBe(0);
    const before = statSync(join(data, SQLITE));
    expect(await run(['list'], { cwd })).toMatchObject({ code: 0 });
    expect(statSync(join(data, SQLITE))).toMatchObject({ ino: before.ino, mtimeMs: before.mtimeMs });
  });

  it.each([
    ['changed', (path: string) => writeFileSync(path, readFileSync(path).fill(0, 1000, 2000))],
    ['cut off', (path: string) => writeFileSync(path, readFileSync(path).subarray(0, 5000))],
    ['too long', (path: string) => appendFileSync(path, 'x')],
    ['empty', (path: string) => writeFileSync(path, '')],
    ['gone', (path: string) => rmSync(path)],
  ])('a library that is %s is replaced', async (_, spoil) => {
    const cwd = emptyFolder();
    const path = join(cwd, 'data', SQLITE);
    expect(await run(['store', 'green tea'], { cwd, env: PLAIN })).toMatchObject({ code: 0 });
    const sound = readFileSync(path);
    spoil(path);
    expect(await run(['list'], { cwd, env: PLAIN })).toMatchObject({ code: 0, err: '' });
    expect(readFileSync(path).equals(sound)).toBe(true);
  });

  it('is shared by processes that start at once', async () => {
    const cwd = emptyFolder();
    const env = { ...PLAIN, ENGRAM_DATA_DIR: join(cwd, 'data') };
    mkdirSync(env.ENGRAM_DATA_DIR);
    // A database each: only the libraries are common.
    const each = Array.from({ length: 6 }, (_, n) =>
      run(['store', 'green tea'], { cwd, env: { ...env, ENGRAM_DB_PATH: join(cwd, `${n}.db`) } }),
    );
    for (const ran of await Promise.all(each)) expect(ran).toMatchObject({ code: 0 });
    expect(nativeFiles(env.ENGRAM_DATA_DIR)).toEqual(['sqlite3.node']);
  });

  it('makes way for that of a new version, and leaves alone what is not ours', async () => {
    const cwd = emptyFolder();
    const native = join(cwd, 'data', 'native');
    for (const name of ['0.0.1-linux-x64', 'my-own', NATIVE]) mkdirSync(join(native, name), { recursive: true });
    expect(await run(['store', 'green tea'], { cwd, env: PLAIN })).toMatchObject({ code: 0 });
    expect(readdirSync(native).sort()).toEqual([NATIVE, 'my-own'].sort());
  });

  it('is in the cache of this user where the data folder cannot hold it', async () => {
    const cwd = emptyFolder();
    mkdirSync(join(cwd, 'data'));
    writeFileSync(join(cwd, 'data', 'native'), 'a file in the way');
    const cache = join(cwd, 'cache');
    const ran = await run(['store', 'green tea'], { cwd, env: { ...PLAIN, XDG_CACHE_HOME: cache } });
    expect(ran).toMatchObject({ code: 0 });
    expect(nativeFiles(join(cache, 'engram'))).toEqual(['sqlite3.node']);
  });

  it('nowhere to put them is said with both places and their reasons', async () => {
    const cwd = emptyFolder();
    mkdirSync(join(cwd, 'data'));
    writeFileSync(join(cwd, 'data', 'native'), 'a file in the way');
    writeFileSync(join(cwd, 'cache'), 'another');
    const { code, err } = await run(['store', 'green tea'], {
      cwd,
      env: { ...PLAIN, XDG_CACHE_HOME: join(cwd, 'cache') },
    });
    expect(code).toBe(1);
    expect(err).toContain(join(cwd, 'data', 'native', NATIVE));
    expect(err).toContain(join(cwd, 'cache', 'engram', 'native', NATIVE));
    expect(err).toContain('ENGRAM_DATA_DIR');
  });

  it('is not made by a look at the machine', async () => {
    const cwd = emptyFolder();
    const { out } = await run(['doctor'], { cwd });
    expect(out).toContain('engram-mini');
    expect(existsSync(join(cwd, 'data'))).toBe(false);
  });
});

describe('what the libraries do', () => {
  it('ONNX Runtime embeds and reranks in threads', async () => {
    const cwd = emptyFolder();
    const env = {
      ENGRAM_EMBEDDING_MODEL_DIR: await writeToyModel(join(cwd, 'embedder'), { dims: 32, pooling: 'mean' }),
      ENGRAM_RERANKER_MODEL_DIR: await writeToyReranker(join(cwd, 'reranker'), { style: 'bert' }),
    };
    const options = { cwd, env };
    expect(await run(['store', 'She bought a car'], options)).toMatchObject({ code: 0 });
    const { out, err } = await run(['search', 'which automobile did they purchase?', '--json'], options);
    expect(JSON.parse(out), err).toMatchObject({ degraded: [], results: [{ content: 'She bought a car' }] });
    expect(nativeFiles(join(cwd, 'data'))).toEqual(['libonnxruntime.so.1', 'onnxruntime_binding.node', 'sqlite3.node']);
  });

  it('LanceDB searches once there are enough memories', async () => {
    const cwd = emptyFolder();
    const server = await up({ cwd, env: { ENGRAM_LANCE_THRESHOLD: '1', ENGRAM_LOG_LEVEL: 'info' } });
    await server.bootstrap();
    await server.call('POST', '/store', { content: 'We bought a red automobile' });
    const serving = () =>
      /searched in LanceDB from now on|LanceDB cannot be used/.exec(server.seen.err + server.seen.out)?.[0];
    for (let tries = 0; tries < 2000 && !serving(); tries++)
      await server.call('POST', '/search', { query: 'did anybody purchase any car?' });
    expect(serving()).toBe('searched in LanceDB from now on');
    const { body } = await server.call('POST', '/search', { query: 'did anybody purchase any car?' });
    expect(body).toMatchObject({ degraded: [], results: [{ content: 'We bought a red automobile' }] });
    expect(nativeFiles(join(cwd, 'data'))).toContain('lancedb.node');
  });

  it('LanceDB that cannot be used is told with its reason, and search goes on', async () => {
    const cwd = emptyFolder();
    writeFileSync(join(cwd, 'lance'), 'a file where its folder should be');
    const env = { ENGRAM_LANCE_THRESHOLD: '1', ENGRAM_LANCE_INDEX_PATH: join(cwd, 'lance') };
    const server = await up({ cwd, env });
    await server.bootstrap();
    await server.call('POST', '/store', { content: 'We bought a red automobile' });
    const search = () => server.call('POST', '/search', { query: 'did anybody purchase any car?' });
    for (let tries = 0; tries < 2000 && !server.seen.err.includes('LanceDB cannot be used'); tries++) await search();
    expect(server.seen.err).toContain('Not a directory');
    expect((await search()).body).toMatchObject({ degraded: [], results: [{ content: 'We bought a red automobile' }] });
  });

  it('graphs too large for the event loop are ranked in a thread', async () => {
    const cwd = emptyFolder();
    const server = await up({ cwd, env: PLAIN });
    await server.bootstrap();
    const batch = async (ops: readonly object[]) => {
      const { status, body } = await server.call('POST', '/batch', { ops });
      expect(status, JSON.stringify(body)).toBe(200);
      return body.results as { result: { id: number } }[];
    };
    const random = seededRandom(1);
    const word = () => Math.floor(random() * 1e9).toString(36);
    const content = () => `${word()} ${word()} ${word()}`;
    const stored = await batch(Array.from({ length: 100 }, () => ({ op: 'store', body: { content: content() } })));
    const ids = stored.map(({ result }) => result.id);
    // Every pair: with the memories more than the 5,000 from which a thread is worth it.
    const links = ids.flatMap((source_id, n) =>
      ids.slice(n + 1).map((target_id) => ({ op: 'link', body: { source_id, target_id } })),
    );
    for (let from = 0; from < links.length; from += 100) await batch(links.slice(from, from + 100));
    const { status, body } = await server.call('POST', '/graph/pagerank');
    expect(status, JSON.stringify(body)).toBe(200);
    expect(body).toMatchObject({ memories: 100, links: links.length });
  });
});

describe('the build without LanceDB', () => {
  it('searches all vectors in memory', async () => {
    const options = { cwd: emptyFolder(), file: LITE, env: { ENGRAM_LANCE_THRESHOLD: '0' } };
    expect(await run(['store', 'We bought a red automobile'], options)).toMatchObject({ code: 0 });
    const { out, err } = await run(['search', 'did anybody purchase any car?', '--json'], options);
    expect(JSON.parse(out), err).toMatchObject({ degraded: [], results: [{ content: 'We bought a red automobile' }] });
    expect(err).toBe('');
    expect(statSync(LITE).size).toBeLessThan(250e6);
  });

  it('refuses to be asked for it', async () => {
    const options = { cwd: emptyFolder(), file: LITE, env: { ENGRAM_USE_LANCE_INDEX: '1' } };
    const { code, err } = await run(['store', 'green tea'], options);
    expect(code).toBe(2);
    expect(err).toContain('This build of Engram has no LanceDB');
  });
});
