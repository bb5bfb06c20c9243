// Pulling models from a hub on this machine that has good days and bad ones.
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { tempDir } from '../../../test/support/app.ts';
import {
  type Answering,
  cutAfter,
  embeddingRepo,
  hang,
  type ModelHub,
  sendFile,
  sha256,
  startModelHub,
  status,
} from '../../../test/support/model-hub.ts';
import { randomTable, writeModelFolder } from '../../../test/support/onnx-model.ts';
import { silentLogger } from '../../core/log.ts';
import { openOnnxEmbedder } from '../inference/onnx-embedder.ts';
import { ModelStoreError } from './failure.ts';
import { openHub } from './hub.ts';
import { modelStore } from './installed.ts';
import { openPins } from './pins.ts';
import { type PullDeps, type PullProgress, type PullRequest, pullModel } from './pull.ts';

const REPO = 'Xenova/bge-small-en-v1.5';
const ONNX = 'onnx/model_quantized.onnx';
/** No model, but of a size that arrives in several pieces. */
const WEIGHTS = new Uint8Array(randomTable(300_000, 1, 5).buffer);
const FILES = { [ONNX]: WEIGHTS, 'tokenizer.json': '{"tokens":[]}', 'config.json': '{}', 'README.md': 'read me' };

let hub: ModelHub;
let dir: string;
let pauses: number[];

beforeEach(async () => {
  hub = await startModelHub();
  dir = join(tempDir(), 'models');
  pauses = [];
});
afterEach(() => hub.close());

interface Options extends Partial<PullDeps> {
  address?: string;
  token?: string;
  stall_ms?: number;
  onProgress?(progress: PullProgress): void;
}

function depsOf({ address, token, stall_ms, onProgress: _, ...more }: Options = {}): PullDeps {
  const pause = async (ms: number) => void pauses.push(ms);
  const now = () => Date.UTC(2026, 2, 2, 12);
  const net = { fetch, now, pause, stall_ms: stall_ms ?? 10_000, attempts: 4 };
  return {
    models_dir: dir,
    hub: openHub(address ?? hub.url, token ?? null, net),
    pins: openPins(dir, pause),
    openFile: open,
    freeSpace: async () => 1e12,
    pause,
    now,
    attempts: 4,
    ...more,
  };
}

const pull = async (request: PullRequest | string, options: Options = {}) =>
  pullModel(
    typeof request === 'string' ? { name: request } : request,
    options.onProgress ?? (() => {}),
    depsOf(options),
  );

/** Ends the next download after so many bytes, when they are on the disk. @returns what has to be told of the progress */
function cutting(bytes: number): Pick<Options, 'onProgress'> {
  const arrived = Promise.withResolvers<void>();
  hub.answer('onnx', cutAfter(bytes, arrived.promise));
  return {
    onProgress({ done }) {
      if (done >= bytes) arrived.resolve();
    },
  };
}

/** The failure, as a code and a sentence. */
async function failing(request: PullRequest | string, options: Options = {}): Promise<{ code: string; said: string }> {
  const error = await pull(request, options).then(
    () => null,
    (reason) => reason,
  );
  expect(error).toBeInstanceOf(ModelStoreError);
  return { code: error.code, said: error.message };
}

const read = (path: string) => readFileSync(join(dir, path));
const lock = () => JSON.parse(readFileSync(join(dir, 'models.lock.json'), 'utf8'));
const resolved = () => hub.seen.filter(({ path }) => path.includes('/resolve/'));

describe('a pull', () => {
  it('brings the files a model needs and no others, says where they are from, and shows its progress', async () => {
    const commit = hub.publish(REPO, FILES);
    const progress: PullProgress[] = [];
    const pulled = await pull('bge-small-en', { onProgress: (at) => progress.push(at) });

    expect(pulled).toMatchObject({
      name: 'bge-small-en',
      kind: 'embedding',
      repo: REPO,
      revision: commit,
      changed: true,
    });
    expect(read(`bge-small-en/${ONNX}`).equals(WEIGHTS)).toBe(true);
    expect(readdirSync(join(dir, 'bge-small-en'), { recursive: true }).sort()).toEqual(
      ['config.json', 'engram.json', 'onnx', ONNX, 'tokenizer.json'].sort(),
    );
    const total = WEIGHTS.byteLength + '{"tokens":[]}'.length + 2;
    expect(pulled).toMatchObject({ size_bytes: total, transferred_bytes: total });
    expect(progress.at(-1)).toEqual({ done: total, total });
    expect(progress.every(({ done }, place) => place === 0 || done >= progress[place - 1]!.done)).toBe(true);
    expect(lock()).toEqual({
      version: 1,
      models: {
        'bge-small-en': {
          repo: REPO,
          revision: commit,
          kind: 'embedding',
          files: [
            { path: ONNX, size: WEIGHTS.byteLength, sha256: sha256(WEIGHTS) },
            { path: 'tokenizer.json', size: 13, sha256: sha256('{"tokens":[]}') },
            { path: 'config.json', size: 2, sha256: sha256('{}') },
          ],
          installed_at: '2026-03-02T12:00:00.000Z',
        },
      },
    });
    expect(readdirSync(join(dir, '.incoming'))).toEqual([]);
  });

  it('gives a model that opens under its name, with the prefixes of its card', async () => {
    hub.publish('Xenova/multilingual-e5-small', await embeddingRepo(384));
    const { folder } = await pull('e5-small-multilingual');
    const embedder = await openOnnxEmbedder({ model_dir: folder, threads: 1, logger: silentLogger });
    const [document] = await embedder.embedDocuments(['the doctor']);
    const query = await embedder.embedQuery('the doctor');
    await embedder.close();
    expect(embedder.identity).toMatchObject({ name: 'e5-small-multilingual', dims: 384 });
    expect(embedder.identity.key).toMatch(/\/mean$/);
    expect(query).not.toEqual(document);
  });

  it('takes the weights beside the graph along, and says what a reranker is', async () => {
    const repo = 'onnx-community/bge-reranker-v2-m3-ONNX';
    hub.publish(repo, { ...FILES, [`${ONNX}_data`]: 'weights', 'onnx/model.onnx_data': 'of another' });
    const { folder } = await pull('bge-reranker-m3');
    expect(existsSync(join(folder, `${ONNX}_data`))).toBe(true);
    expect(existsSync(join(folder, 'onnx/model.onnx_data'))).toBe(false);
    expect(JSON.parse(readFileSync(join(folder, 'engram.json'), 'utf8'))).toEqual({
      name: 'bge-reranker-m3',
      revision: expect.stringMatching(/^[0-9a-f]{12}$/),
      max_seq: 512,
    });
  });

  it('takes any repository of that layout by its name, and renames a file nobody would look for', async () => {
    hub.publish('ada/tiny', { 'int8/tiny.onnx': WEIGHTS, 'int8/tiny.onnx_data': 'w', 'tokenizer.json': '{}' });
    expect((await failing('ada/tiny')).said).toMatch(
      /does not have any of .*it has int8\/tiny\.onnx\. Name one with --file/,
    );
    await pull({ name: 'ada/tiny', kind: 'reranker', file: 'int8/tiny.onnx' });
    const store = modelStore(dir);
    expect(store.folderOf('ada/tiny')).toBe(join(dir, 'ada--tiny'));
    expect(existsSync(join(dir, 'ada--tiny', 'model.onnx'))).toBe(true);
    expect(existsSync(join(dir, 'ada--tiny', 'tiny.onnx_data'))).toBe(true);
    expect(await store.list()).toMatchObject([{ name: 'ada/tiny', kind: 'reranker', repo: 'ada/tiny' }]);
    // Kind and file are remembered.
    expect(await pull('ada/tiny')).toMatchObject({ changed: false, kind: 'reranker' });
  });

  it('takes another file of a known repository, fed as the known one is', async () => {
    hub.publish(REPO, { ...FILES, 'onnx/model_fp16.onnx': WEIGHTS.subarray(0, 1000) });
    expect((await failing({ name: 'bge-small-en', file: 'onnx/model_fp16.onnx' })).said).toContain(`pull ${REPO}`);
    const { folder } = await pull({ name: REPO, file: 'onnx/model_fp16.onnx' });
    expect(JSON.parse(readFileSync(join(folder, 'engram.json'), 'utf8'))).toMatchObject({
      name: REPO,
      pooling: 'cls',
      query_prefix: 'Represent this sentence for searching relevant passages: ',
    });
    rmSync(join(folder, 'model.onnx'));
    expect(await pull(REPO)).toMatchObject({ name: REPO, transferred_bytes: 1000 });
  });

  it('follows the pages of a long list', async () => {
    hub.publish(REPO, FILES);
    hub.answer('/tree/', (request, response) => {
      response.writeHead(200, { link: `<${hub.url}${request.url}&cursor=2>; rel="next"` });
      response.end('[]');
    });
    expect((await pull('bge-small-en')).changed).toBe(true);
  });

  it('is done at once when everything is there, without asking anybody', async () => {
    hub.publish(REPO, FILES);
    await pull('bge-small-en');
    await hub.close();
    expect(await pull('bge-small-en')).toMatchObject({ changed: false, transferred_bytes: 0 });
  });

  it('copies from a folder, twice the same', async () => {
    const mirror = tempDir();
    await writeModelFolder(join(mirror, REPO), FILES);
    const address = pathToFileURL(mirror).href;
    const { revision } = await pull('bge-small-en', { address });
    expect(revision).toMatch(/^sha256-[0-9a-f]{64}$/);
    const settings = read('bge-small-en/engram.json');
    rmSync(dir, { recursive: true });
    hub.publish(REPO, FILES);
    await pull('bge-small-en');
    // The same model makes the same vectors, wherever it came from.
    expect(read('bge-small-en/engram.json')).toEqual(settings);
    expect((await failing('bge-m3', { address })).said).toContain(join(mirror, 'Xenova/bge-m3'));
  });
});

describe('a bad connection', () => {
  beforeEach(() => void hub.publish(REPO, FILES));

  it('is taken up where it broke, within a run', async () => {
    const pulled = await pull('bge-small-en', cutting(500_000));
    const [, second] = resolved();
    expect(second!.headers.range).toBe('bytes=500000-');
    expect(second!.headers['if-range']).toBe(`"${sha256(WEIGHTS).slice(0, 16)}"`);
    expect(pulled.transferred_bytes).toBe(pulled.size_bytes);
    expect(pauses).toEqual([1000]);
  });

  it('is taken up by the next run too, and only the rest is transferred', async () => {
    const cut = cutting(200_000);
    hub.answer('onnx', status(503), 9);
    expect((await failing('bge-small-en', cut)).code).toBe('hub_failed');
    expect(modelStore(dir).folderOf('bge-small-en')).toBe(null);
    hub.seen.length = 0;
    await hub.close();
    const again = await startModelHub();
    again.publish(REPO, FILES);
    const pulled = await pull('bge-small-en', { address: again.url });
    expect(again.seen.find(({ headers }) => headers.range)?.headers.range).toBe('bytes=200000-');
    expect(pulled.transferred_bytes).toBe(pulled.size_bytes - 200_000);
    expect(read(`bge-small-en/${ONNX}`).equals(WEIGHTS)).toBe(true);
    await again.close();
  });

  it('begins anew where the server knows no ranges', async () => {
    const cut = cutting(100_000);
    hub.answer('onnx', (_, response, content) => {
      response.writeHead(200, { 'content-length': content.byteLength });
      response.end(content);
    });
    const pulled = await pull('bge-small-en', cut);
    expect(pulled.transferred_bytes).toBe(pulled.size_bytes + 100_000);
    expect(read(`bge-small-en/${ONNX}`).equals(WEIGHTS)).toBe(true);
  });

  it('throws away what an earlier run left when it turns out damaged', async () => {
    const cut = cutting(300_000);
    hub.answer('onnx', status(503), 9);
    await failing('bge-small-en', cut);
    const part = join(dir, '.incoming', 'bge-small-en', `${ONNX}.part`);
    const kept = readFileSync(part);
    kept[1000]! ^= 1;
    writeFileSync(part, kept);
    const again = await startModelHub();
    again.publish(REPO, FILES);
    const pulled = await pull('bge-small-en', { address: again.url });
    expect(again.seen.filter(({ path }) => path.endsWith(ONNX)).length).toBe(2);
    expect(pulled.transferred_bytes).toBe(2 * WEIGHTS.byteLength - 300_000 + 15);
    expect(read(`bge-small-en/${ONNX}`).equals(WEIGHTS)).toBe(true);
    await again.close();
  });

  it('gives up after a few tries without progress, with growing pauses', async () => {
    hub.answer('resolve', status(500), 99);
    const { code, said } = await failing('bge-small-en');
    expect({ code, pauses }).toEqual({ code: 'hub_failed', pauses: [1000, 2000, 4000] });
    expect(said).toMatch(/does not work at the moment \(HTTP 500\)/);
  });

  it('waits as long as it is asked to, unless that is too long', async () => {
    hub.answer('revision', status(429, { 'retry-after': '7' }));
    hub.answer('tree', status(503, { 'retry-after': 'Mon, 02 Mar 2026 12:00:30 GMT' }));
    await pull('bge-small-en');
    expect(pauses).toEqual([7000, 30_000]);
    hub.answer('revision', status(429, { 'retry-after': '600' }));
    hub.publish('ada/other', FILES);
    expect((await failing('ada/other')).said).toMatch(/asked too often .* try again in 10 minutes/);
  });

  it('notices silence, before an answer and in the middle of one', async () => {
    hub.answer('revision', hang);
    hub.answer('resolve', (_, response, content) => {
      response.writeHead(200, { 'content-length': content.byteLength });
      response.write(content.subarray(0, 1000));
    });
    await pull('bge-small-en', { stall_ms: 300 });
    expect(pauses).toEqual([1000, 1000]);
    hub.publish('ada/other', FILES);
    hub.answer('revision', hang, 99);
    const { code, said } = await failing('ada/other', { stall_ms: 100 });
    expect(code).toBe('unreachable');
    expect(said).toContain('has sent nothing for 0.1 s');
  });

  it('says when nobody is there', async () => {
    const gone = hub.url;
    await hub.close();
    const { code, said } = await failing('bge-small-en', { address: gone });
    expect(code).toBe('unreachable');
    expect(said).toMatch(/cannot be reached.*ECONNREFUSED.*ENGRAM_MODEL_HUB/s);
    const nowhere = await failing('bge-small-en', { address: 'http://hub.invalid' });
    expect(nowhere.said).toContain('http://hub.invalid cannot be reached');
  });
});

describe('a hub that refuses', () => {
  it.each([401, 403])('with %i wants a token, or another one', async (code) => {
    hub.answer('revision', status(code, { 'x-error-code': 'GatedRepo' }), 2);
    const without = await failing('bge-small-en');
    expect(without.code).toBe('unauthorized');
    expect(without.said).toMatch(/terms have to be accepted.*ENGRAM_MODEL_HUB_TOKEN/);
    expect((await failing('bge-small-en', { token: 'hf_x' })).said).toContain('the token in ENGRAM_MODEL_HUB_TOKEN');
    expect(pauses).toEqual([]);
  });

  it('with 404 does not have it, and an unknown repository may look like a private one', async () => {
    const { code, said } = await failing('bge-small-en');
    expect(code).toBe('not_found');
    expect(said).toContain(`${hub.url} does not have ${REPO}`);
    hub.answer('revision', status(401, { 'x-error-code': 'RepoNotFound' }));
    expect((await failing('bge-small-en')).said).toMatch(/does not have.*If it is private, set ENGRAM_MODEL_HUB_TOKEN/);
  });

  it('is no hub when it does not answer as one', async () => {
    hub.answer('revision', (_, response) => void response.end('<html>'));
    expect((await failing('bge-small-en')).said).toContain('does not answer with JSON');
    hub.answer('revision', (_, response) => void response.end('{"sha":"../../etc"}'));
    expect((await failing('bge-small-en')).said).toContain('unknown shape');
  });
});

describe('a redirect', () => {
  it('leads to another host, to which the token is not shown', async () => {
    hub.publish(REPO, FILES);
    const cdn = await startModelHub();
    cdn.publish(REPO, FILES);
    hub.elsewhere(cdn);
    await pull('bge-small-en', { token: 'hf_secret' });
    expect(hub.seen.every(({ headers }) => headers.authorization === 'Bearer hf_secret')).toBe(true);
    expect(cdn.seen.map(({ path }) => path)).toEqual([expect.stringContaining(`${ONNX}?signature=secret`)]);
    expect(cdn.seen[0]!.headers.authorization).toBeUndefined();
    await cdn.close();
  });

  it('is followed to a new name on the same host, with the token; not in circles, not to a file', async () => {
    const commit = hub.publish('ada/renamed', FILES);
    const renamed: Answering = (request, response) =>
      void response.writeHead(307, { location: request.url!.replace('ada/old', 'ada/renamed') }).end();
    hub.answer('ada/old', renamed, 5);
    expect(await pull('ada/old', { token: 't' })).toMatchObject({ revision: commit });
    expect(hub.seen.length).toBe(10);
    expect(hub.seen.every(({ headers }) => headers.authorization === 'Bearer t')).toBe(true);
    const to =
      (location: string): Answering =>
      (_, response) =>
        void response.writeHead(302, { location }).end();
    hub.answer('ada/round', to('/api/models/ada/round/revision/main'), 99);
    expect((await failing('ada/round')).said).toContain('in a circle');
    hub.answer('ada/file', to('file:///etc/passwd'));
    expect((await failing('ada/file')).said).toContain('no web address');
  });
});

describe('what arrives is checked', () => {
  beforeEach(() => void hub.publish(REPO, FILES));
  const nothingInstalled = () => expect(existsSync(join(dir, 'bge-small-en'))).toBe(false);

  it.each([
    ['fewer', WEIGHTS.byteLength - 7],
    ['more', WEIGHTS.byteLength + 7],
  ])('%s bytes than the list announced', async (_, size) => {
    hub.announce(ONNX, { size });
    const { code, said } = await failing('bge-small-en');
    expect(code).toBe('damaged');
    expect(said).toContain(`${WEIGHTS.byteLength} bytes instead of ${size}`);
    nothingInstalled();
  });

  const chunked =
    (change: (content: Uint8Array) => Uint8Array): Answering =>
    (_, response, content) => {
      response.writeHead(200);
      response.write(change(content));
      response.end();
    };

  it('a body that ends too early, or does not end', async () => {
    hub.answer(
      'onnx',
      chunked((content) => content.subarray(0, 1000)),
      99,
    );
    expect((await failing('bge-small-en')).said).toMatch(/ended after 1000 of the 1200000 bytes/);
    nothingInstalled();
    const fresh = await startModelHub();
    fresh.publish(REPO, FILES);
    fresh.answer(
      'onnx',
      chunked((content) => Buffer.concat([content, content])),
      99,
    );
    expect((await failing('bge-small-en', { address: fresh.url })).said).toMatch(/sends more than the 1200000 bytes/);
    await fresh.close();
    nothingInstalled();
  });

  it('another content of the right length, small files included', async () => {
    const flip: Answering = (request, response, content) =>
      sendFile(
        request,
        response,
        content.map((byte) => byte ^ 1),
      );
    hub.answer('onnx', flip);
    const large = await failing('bge-small-en');
    expect(large.code).toBe('damaged');
    expect(large.said).toMatch(new RegExp(`SHA-256 [0-9a-f]{64} instead of ${sha256(WEIGHTS)}`));
    hub.answer('tokenizer.json', flip);
    expect((await failing('bge-small-en')).said).toMatch(/tokenizer\.json .*git hash/);
    nothingInstalled();
    await pull('bge-small-en');
  });

  it('an answer for another commit', async () => {
    hub.answer('onnx', (request, response, content) =>
      sendFile(request, response, content, { 'x-repo-commit': 'f'.repeat(40) }),
    );
    expect((await failing('bge-small-en')).said).toContain(`commit ${'f'.repeat(40)} instead of`);
  });

  it.each(['../../evil.sh', '/etc/passwd', 'onnx/../../x', 'a\\b', 'C:x'])('a path such as %s', async (path) => {
    hub.publish(REPO, { ...FILES, [path]: 'boo' });
    const { code, said } = await failing('bge-small-en');
    expect(code).toBe('damaged');
    expect(said).toContain('outside of itself');
    expect(resolved()).toEqual([]);
  });

  it('a name that would leave the folder', async () => {
    for (const name of ['../evil', 'a/../b', '..', '.incoming', '', 'a/b/c']) {
      expect((await failing(name)).code).toBe('not_found');
      expect(modelStore(dir).folderOf(name)).toBe(null);
    }
    expect((await failing({ name: 'ada/x', file: '../x.onnx' })).code).toBe('invalid');
    expect((await failing('bge-n3')).said).toContain('did you mean bge-m3?');
  });
});

describe('the disk', () => {
  beforeEach(() => void hub.publish(REPO, FILES));

  it('has to have room before anything is fetched', async () => {
    const { code, said } = await failing('bge-small-en', { freeSpace: async () => 200_000 });
    expect(code).toBe('no_space');
    expect(said).toMatch(/^2 MB are needed in .*models, and its disk has 1 MB left: make room for 2 MB more/);
    expect(resolved()).toEqual([]);
  });

  it('may fill up all the same, and what came is kept', async () => {
    let room = 150_000;
    const openFile: PullDeps['openFile'] = async (path, flags) => {
      const file = await open(path, flags);
      const write = async (bytes: Uint8Array, at = 0) => {
        if (room < bytes.byteLength - at) throw Object.assign(new Error('no space'), { code: 'ENOSPC' });
        room -= bytes.byteLength - at;
        return file.write(bytes, at);
      };
      return { write, sync: () => file.sync(), close: () => file.close() } as never;
    };
    const { code, said } = await failing('bge-small-en', { openFile });
    expect(code).toBe('no_space');
    expect(said).toMatch(/^The disk of .* is full: make room, or set ENGRAM_MODELS_DIR/);
    const kept = 150_000 - room;
    const pulled = await pull('bge-small-en');
    expect(pulled.transferred_bytes).toBe(pulled.size_bytes - kept);
  });

  it('does not have to be ours', async () => {
    const file = join(tempDir(), 'file');
    writeFileSync(file, '');
    expect((await failing('bge-small-en', { models_dir: join(file, 'models') })).said).toMatch(
      /cannot be written to \(E/,
    );
  });
});

describe('the pin', () => {
  const changed = { ...FILES, [ONNX]: WEIGHTS.map((byte) => byte ^ 1) };

  it('brings back what was pulled first, although the hub has moved on', async () => {
    const first = hub.publish(REPO, FILES);
    await pull('bge-small-en');
    hub.publish(REPO, changed);
    rmSync(join(dir, 'bge-small-en'), { recursive: true });
    expect(await pull('bge-small-en')).toMatchObject({ revision: first, changed: true });
    expect(read(`bge-small-en/${ONNX}`).equals(WEIGHTS)).toBe(true);
  });

  it('refuses another content under the same name, until an update is asked for', async () => {
    hub.publish(REPO, FILES);
    await pull('bge-small-en');
    const second = hub.publish(REPO, changed);
    // As if the hub had rewritten history.
    const content = readFileSync(join(dir, 'models.lock.json'), 'utf8');
    writeFileSync(join(dir, 'models.lock.json'), content.replace(/"revision": "\w+"/, `"revision": "${second}"`));
    rmSync(join(dir, 'bge-small-en'), { recursive: true });
    const { code, said } = await failing('bge-small-en');
    expect(code).toBe('pinned');
    expect(said).toMatch(
      /another bge-small-en than the one pinned in .*models\.lock\.json \(onnx\/model_quantized.*--update/,
    );
    expect(resolved().length).toBe(3);
    expect(await pull({ name: 'bge-small-en', update: true })).toMatchObject({ revision: second, changed: true });
    expect(lock().models['bge-small-en'].files[0].sha256).toBe(sha256(changed[ONNX]!));
  });

  it('holds for folders too, which announce nothing', async () => {
    const mirror = tempDir();
    const address = pathToFileURL(mirror).href;
    await writeModelFolder(join(mirror, REPO), FILES);
    await pull('bge-small-en', { address });
    await writeModelFolder(join(mirror, REPO), changed);
    rmSync(join(dir, 'bge-small-en'), { recursive: true });
    expect((await failing('bge-small-en', { address })).code).toBe('pinned');
    expect(await pull({ name: 'bge-small-en', update: true }, { address })).toMatchObject({ changed: true });
    expect(read(`bge-small-en/${ONNX}`).equals(changed[ONNX]!)).toBe(true);
  });

  it('with an update, only what changed is fetched', async () => {
    hub.publish(REPO, FILES);
    await pull('bge-small-en');
    const next = hub.publish(REPO, { ...FILES, 'config.json': '{"a":1}' });
    const updated = await pull({ name: 'bge-small-en', update: true });
    expect(updated).toMatchObject({ revision: next, transferred_bytes: 7 });
    expect(await pull({ name: 'bge-small-en', update: true })).toMatchObject({ changed: false });
    expect(readdirSync(dir).sort()).toEqual(['.incoming', 'bge-small-en', 'models.lock.json']);
  });

  it('that somebody spoiled is named', async () => {
    hub.publish(REPO, FILES);
    await pull('bge-small-en');
    writeFileSync(join(dir, 'models.lock.json'), '{"version":1,');
    expect((await failing('bge-small-en')).said).toMatch(/models\.lock\.json is not what Engram wrote there/);
  });
});

describe('two at once', () => {
  it('are told apart', async () => {
    hub.publish(REPO, FILES);
    hub.publish('ada/other', FILES);
    let second: Promise<{ code: string; said: string }> | undefined;
    let other: Promise<unknown> | undefined;
    hub.answer('revision', (_, response) => {
      second = failing('bge-small-en');
      other = pull('ada/other');
      void Promise.allSettled([second, other]).then(() => response.writeHead(503).end());
    });
    await pull('bge-small-en');
    expect(await second).toMatchObject({
      code: 'busy',
      said: expect.stringContaining(`Process ${process.pid} is working`),
    });
    await other;
    expect(Object.keys(lock().models)).toEqual(['ada/other', 'bge-small-en']);
  });

  it('one that is gone does not stand in the way', async () => {
    hub.publish(REPO, FILES);
    await writeModelFolder(join(dir, '.incoming'), { 'bge-small-en.lock': '999999999' });
    expect((await pull('bge-small-en')).changed).toBe(true);
    rmSync(join(dir, 'bge-small-en'), { recursive: true });
    // Somebody else's, alive.
    writeFileSync(join(dir, '.incoming', 'bge-small-en.lock'), String(process.ppid));
    expect((await failing('bge-small-en')).said).toMatch(
      new RegExp(`^Process ${process.ppid} is working on bge-small-en`),
    );
    // The id of this process, from before a container started again.
    writeFileSync(join(dir, '.incoming', 'bge-small-en.lock'), String(process.pid));
    expect((await pull('bge-small-en')).changed).toBe(true);
    expect(readdirSync(join(dir, '.incoming'))).toEqual([]);
  });

  it('a swap that a crash cut in two is ended by the next pull', async () => {
    hub.publish(REPO, FILES);
    const { folder } = await pull('bge-small-en');
    const { rename } = await import('node:fs/promises');
    await rename(folder, join(dir, '.incoming', 'bge-small-en.old'));
    await hub.close();
    expect(await pull('bge-small-en')).toMatchObject({ changed: false });
  });
});
