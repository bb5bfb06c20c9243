// engram models as people run it: the real program against a hub on this machine.
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, request as httpRequest, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tempDir } from '../support/app.ts';
import { dryRun, engram, freePort, type Ran, type Running, serve } from '../support/cli.ts';
import { embeddingRepo, type ModelHub, startModelHub, status } from '../support/model-hub.ts';
import { writeModelFolder } from '../support/onnx-model.ts';

const E5 = 'Xenova/multilingual-e5-small';
const ONNX = 'onnx/model_quantized.onnx';

let hub: ModelHub;
let repo: Record<string, Uint8Array | string>;
/** Nobody listens there, so commands look at the store on the disk. */
let nobody: string;

beforeAll(async () => {
  hub = await startModelHub();
  repo = await embeddingRepo(384);
  hub.publish(E5, repo);
  nobody = String(await freePort());
});
afterAll(() => hub.close());

const run = (dir: string, args: readonly string[], env: Record<string, string> = {}): Promise<Ran> =>
  engram(['models', ...args, '--data-dir', dir, '--port', nobody], {
    env: { ENGRAM_MODEL_HUB: hub.url, ...env },
    cwd: dir,
  });

describe('without a server', () => {
  const dir = tempDir();

  it('pulls, with its progress on stderr and what came of it on stdout', async () => {
    const { code, out, err } = await run(dir, ['pull', 'e5-small-multilingual']);
    expect(code).toBe(0);
    expect(out).toMatch(
      /^Pulled e5-small-multilingual: [\d.]+ MB of Xenova\/multilingual-e5-small at [0-9a-f]{12}, to .*\n/,
    );
    expect(out).toContain('Use it with "engram models use e5-small-multilingual".');
    expect(err).toMatch(/^e5-small-multilingual: \d+ %, .* of [\d.]+ MB\n/);
    expect(err).toMatch(/e5-small-multilingual: 100 %, ([\d.]+ MB) of \1\n$/);
    expect(err).not.toContain('\x1b');
    expect(existsSync(join(dir, 'models', 'e5-small-multilingual', ONNX))).toBe(true);
  });

  it('does not pull twice, and is quiet when asked to be', async () => {
    hub.seen.length = 0;
    const again = await run(dir, ['pull', 'e5-small-multilingual', '--json']);
    expect(again).toMatchObject({ code: 0, err: '' });
    expect(JSON.parse(again.out)).toMatchObject({ changed: false, transferred_bytes: 0, kind: 'embedding', use: null });
    expect(hub.seen).toEqual([]);
    const elsewhere = tempDir();
    const quiet = await run(elsewhere, ['pull', 'e5-small-multilingual', '-q']);
    expect(quiet).toMatchObject({ code: 0, err: '' });
    expect(quiet.out.split('\n').length).toBe(2);
  });

  it('lists what there is', async () => {
    const { code, out, err } = await run(dir, ['list']);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toMatch(/^NAME +KIND +SIZE +DIMS +LANGUAGES +STATE\n/);
    expect(out).toMatch(/^engram-mini +embedding +.* 256 +English +built in$/m);
    expect(out).toMatch(/^e5-small-multilingual +embedding +.* 384 +about 100 +installed$/m);
    expect(out).toMatch(/^granite-reranker +reranker +154 MB +English$/m);
    const { models } = JSON.parse((await run(dir, ['list', '--json'])).out);
    expect(models).toContainEqual(
      expect.objectContaining({ name: 'bge-m3', installed: false, active: null, licence: 'MIT' }),
    );
  });

  it('finds the damaged file, and mends only that', async () => {
    expect((await run(dir, ['verify'])).out).toMatch(/^✓ e5-small-multilingual: 4 files, as downloaded\n$/);
    const file = join(dir, 'models', 'e5-small-multilingual', 'config.json');
    const before = readFileSync(file);
    writeFileSync(
      file,
      before.map((byte) => byte ^ 1),
    );
    const { code, out } = await run(dir, ['verify', 'e5-small-multilingual']);
    expect(code).toBe(1);
    expect(out).toContain(`✗ e5-small-multilingual: ${file} is not what was downloaded (SHA-256 differs).`);
    expect(JSON.parse((await run(dir, ['verify', '--json'])).out)).toMatchObject({ ok: false });
    hub.seen.length = 0;
    const mended = JSON.parse((await run(dir, ['pull', 'e5-small-multilingual', '--json'])).out);
    expect(mended).toMatchObject({ changed: true, transferred_bytes: before.byteLength });
    expect((await run(dir, ['verify'])).code).toBe(0);
  });

  it('removes', async () => {
    const { code, out } = await run(dir, ['remove', 'e5-small-multilingual']);
    expect(code).toBe(0);
    expect(out).toMatch(/^Removed e5-small-multilingual: [\d.]+ MB\.\nNo store was found/);
    expect(existsSync(join(dir, 'models', 'e5-small-multilingual'))).toBe(false);
    expect((await run(dir, ['verify', 'e5-small-multilingual'])).code).toBe(4);
    expect((await run(dir, ['remove', 'e5-small-multilingual'])).code).toBe(4);
    expect((await run(dir, ['remove', 'engram-mini'])).err).toContain('comes with the program and stays');
    const named = await run(dir, ['remove', 'bge-m3'], { ENGRAM_EMBEDDING_MODEL: 'bge-m3' });
    expect(named.err).toContain('ENGRAM_EMBEDDING_MODEL names it');
  });

  it('copies from a folder instead of the network', async () => {
    const mirror = tempDir();
    await writeModelFolder(join(mirror, E5), repo);
    const pulled = await run(tempDir(), ['pull', 'e5-small-multilingual', '--json'], {
      ENGRAM_MODEL_HUB: pathToFileURL(mirror).href,
    });
    expect(JSON.parse(pulled.out)).toMatchObject({ revision: expect.stringMatching(/^sha256-/), changed: true });
  });
});

describe('failures have a sentence and an exit code', () => {
  it('of the hub', async () => {
    const dir = tempDir();
    const missing = await run(dir, ['pull', 'bge-m3', '--json']);
    expect(missing.code).toBe(4);
    expect(JSON.parse(missing.err)).toMatchObject({ code: 'model_not_found' });
    hub.answer('ada/gated', status(403));
    const gated = await run(dir, ['pull', 'ada/gated'], { ENGRAM_MODEL_HUB_TOKEN: 'hf_token' });
    expect(gated).toMatchObject({ code: 5, err: expect.stringContaining('ENGRAM_MODEL_HUB_TOKEN') });
    expect(gated.err).not.toContain('hf_token');
    expect(hub.seen.at(-1)!.headers.authorization).toBe('Bearer hf_token');
    hub.answer('ada/tired', status(503), 1);
    const tired = await run(dir, ['pull', 'ada/tired']);
    expect(tired.err).toContain(`${hub.url} does not work at the moment (HTTP 503); trying again in 1 s.`);
    const nobodyThere = await run(dir, ['pull', 'bge-m3'], { ENGRAM_MODEL_HUB: `http://127.0.0.1:${nobody}` });
    expect(nobodyThere).toMatchObject({ code: 3, err: expect.stringContaining('cannot be reached') });
  });

  it.each([
    [['models'], 'models needs an action: one of list, pull, verify, use, remove'],
    [['models', 'fetch'], 'models has no action "fetch"'],
    [['models', 'pull'], 'models pull needs the name of a model'],
    [['models', 'pull', 'a', 'b'], 'models pull takes no "b"'],
    [['models', 'list', '--update'], '--update does not go with "models list"'],
    [['models', 'use', 'none', '--kind', 'cat'], '--kind must be embedding or reranker, not "cat"'],
    [['models', 'pull', 'bge-m3', '--no-wait'], '--no-wait goes with --use'],
  ])('of the command line: %s', async (args, sentence) => {
    const { code, err } = await dryRun(args);
    expect(code).toBe(2);
    expect(err).toContain(sentence);
  });

  it('are explained beforehand', async () => {
    const { code, out } = await dryRun(['models', 'pull', '--help']);
    expect(code).toBe(0);
    for (const word of ['--update', 'ENGRAM_MODEL_HUB', 'engram models pull bge-m3 --use']) expect(out).toContain(word);
    expect(out).not.toContain('--keep-vectors');
    expect((await dryRun(['models', '--help'])).out).toMatch(/--keep-vectors +remove: /);
  });
});

describe('a proxy', () => {
  let proxy: Server;
  const asked: string[] = [];
  const address = () => `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;

  beforeAll(async () => {
    proxy = createServer((request, response) => {
      asked.push(request.url!);
      const { pathname, search } = new URL(request.url!);
      const onwards = httpRequest(hub.url + pathname + search, { headers: request.headers }, (answer) => {
        response.writeHead(answer.statusCode!, answer.headers);
        answer.pipe(response);
      });
      onwards.end();
    });
    proxy.on('connect', (request, socket) => {
      asked.push(`CONNECT ${request.url}`);
      socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
    });
    proxy.listen(0, '127.0.0.1');
    await once(proxy, 'listening');
  });
  afterAll(() => void proxy.close());

  it('is asked in place of the hub', async () => {
    // Only the proxy knows the way to a host of that name.
    const env = { ENGRAM_MODEL_HUB: 'http://hub.invalid', HTTP_PROXY: address() };
    const pulled = await run(tempDir(), ['pull', 'e5-small-multilingual'], env);
    expect(pulled.code).toBe(0);
    expect(asked[0]).toBe(`http://hub.invalid/api/models/${E5}/revision/main`);
    asked.length = 0;
    const around = await run(tempDir(), ['pull', 'e5-small-multilingual'], { ...env, NO_PROXY: 'hub.invalid' });
    expect({ code: around.code, asked }).toEqual({ code: 3, asked: [] });
  });

  it('gets a tunnel for https', async () => {
    const env = { ENGRAM_MODEL_HUB: 'https://hub.invalid', HTTPS_PROXY: address() };
    expect((await run(tempDir(), ['pull', 'e5-small-multilingual'], env)).code).not.toBe(0);
    expect(asked).toContain('CONNECT hub.invalid:443');
  });
});

describe('with a server', () => {
  const dir = tempDir();
  let server: Running;
  let key: string;
  const models = (...args: string[]): Promise<Ran> =>
    server.call(['models', ...args, '--data-dir', dir], {
      env: { ENGRAM_API_KEY: key, ENGRAM_MODEL_HUB: hub.url },
      cwd: dir,
    });

  beforeAll(async () => {
    server = await serve(dir);
    key = (await server.call(['bootstrap'])).out.trim();
    for (const text of ['Alice sees a physician', 'Bob drives an automobile', 'Carol has a kitten'])
      await server.call(['store', text], { env: { ENGRAM_API_KEY: key } });
  });
  afterAll(() => server.stop());

  it('says what is in use', async () => {
    expect((await models('list')).out).toMatch(/^engram-mini .* in use$/m);
    const keyless = await server.call(['models', 'list', '--data-dir', dir]);
    expect(keyless).toMatchObject({ code: 0, out: expect.stringContaining('What is in use is not known: ') });
  });

  it('names the way to a model that is not there yet', async () => {
    const { code, err } = await models('use', 'e5-small-multilingual');
    expect(code).toBe(4);
    expect(err).toContain('engram models pull e5-small-multilingual');
  });

  it('pulls and uses, and waits until every memory is embedded', async () => {
    const { code, out, err } = await models('pull', 'e5-small-multilingual', '--use');
    expect({ code, last: out.split('\n').at(-2) }, err).toEqual({ code: 0, last: 'e5-small-multilingual is in use.' });
    expect((await models('list')).out).toMatch(/^e5-small-multilingual .* in use$/m);
  });

  it('does not remove what is in use; afterwards the vectors go too', async () => {
    const { code, err } = await models('remove', 'e5-small-multilingual');
    expect(code).toBe(1);
    expect(err).toContain('e5-small-multilingual is in use; choose another first');
    const { code: used, out } = await models('use', 'engram-mini', '--json');
    expect(used).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ name: 'engram-mini', kind: 'embedding', active: true });
    const removed = JSON.parse((await models('remove', 'e5-small-multilingual', '--json')).out);
    expect(removed).toMatchObject({ name: 'e5-small-multilingual', vectors: 3 });
  });

  it('turns the reranker off', async () => {
    expect(await models('use', 'none', '--kind', 'reranker')).toMatchObject({
      code: 0,
      out: 'No reranker is used now.\n',
    });
  });
});
