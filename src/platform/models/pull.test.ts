// Pulling models from a hub on this machine: what arrives, where it goes, what stays the same. Bad days: pull-failures.test.ts
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { beforeEach, describe, expect, it } from 'vitest';
import { tempDir } from '../../../test/support/app.ts';
import { embeddingRepo, sha256 } from '../../../test/support/model-hub.ts';
import { writeModelFolder } from '../../../test/support/onnx-model.ts';
import { silentLogger } from '../../core/log.ts';
import { openOnnxEmbedder } from '../inference/onnx-embedder.ts';
import { modelStore } from './installed.ts';
import type { PullDeps, PullProgress } from './pull.ts';
import { dir, FILES, failing, hub, lock, ONNX, pull, REPO, read, resolved, useHub, WEIGHTS } from './pull-testkit.ts';

useHub();

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
