// The store of installed models, on folders as a pull leaves them.
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { tempDir } from '../../../test/support/app.ts';
import { sha256 } from '../../../test/support/model-hub.ts';
import { writeModelFolder } from '../../../test/support/onnx-model.ts';
import { CATALOGUE, catalogueEntry } from './catalogue.ts';
import { type ModelStore, modelStore } from './installed.ts';
import { isModelName } from './names.ts';

const FILES = { 'model.onnx': 'weights', 'tokenizer.json': '{}' };
const pin = (repo: string, kind = 'embedding') => ({
  repo,
  revision: 'c0ffee1',
  kind,
  files: Object.entries(FILES).map(([path, text]) => ({ path, size: text.length, sha256: sha256(text) })),
  installed_at: '2026-03-02T12:00:00.000Z',
});

let dir: string;
let store: ModelStore;

beforeEach(async () => {
  dir = tempDir();
  store = modelStore(dir);
  await writeModelFolder(join(dir, 'bge-m3'), { ...FILES, 'engram.json': '{}' });
  await writeModelFolder(join(dir, 'ada--tiny'), { ...FILES, 'engram.json': '{}' });
  await writeModelFolder(dir, {
    'models.lock.json': {
      version: 1,
      models: { 'bge-m3': pin('Xenova/bge-m3'), 'ada/tiny': pin('ada/tiny', 'reranker'), gone: pin('x/gone') },
    },
  });
});

describe('an installed model', () => {
  it('is listed with what is known of it, unless its folder is gone', async () => {
    expect(await store.list()).toEqual([
      {
        ...{ name: 'ada/tiny', kind: 'reranker', folder: join(dir, 'ada--tiny'), repo: 'ada/tiny' },
        ...{ revision: 'c0ffee1', size_bytes: 9, installed_at: '2026-03-02T12:00:00.000Z' },
      },
      expect.objectContaining({ name: 'bge-m3', kind: 'embedding', folder: join(dir, 'bge-m3') }),
    ]);
    expect(await modelStore(join(dir, 'nowhere')).list()).toEqual([]);
  });

  it('is found by its name, also when somebody copied it there; never outside the folder', async () => {
    await writeModelFolder(join(dir, 'mine'), { ...FILES, 'engram.json': '{}' });
    mkdirSync(join(dir, 'half'));
    expect(['bge-m3', 'ada/tiny', 'mine'].map(store.folderOf)).toEqual(
      ['bge-m3', 'ada--tiny', 'mine'].map((name) => join(dir, name)),
    );
    for (const name of ['half', 'gone', 'ada--tiny', '..', '.', '', 'bge-m3/', '/etc', 'a\\b', 'models.lock.json'])
      expect(store.folderOf(name)).toBe(null);
  });

  it('says file by file what is wrong with it', async () => {
    expect(await store.verify('bge-m3')).toMatchObject({ files: 2, problems: [] });
    const at = (path: string) => join(dir, 'bge-m3', path);
    writeFileSync(at('model.onnx'), 'weighty');
    appendFileSync(at('tokenizer.json'), ' ');
    expect((await store.verify('bge-m3')).problems).toEqual([
      `${at('model.onnx')} is not what was downloaded (SHA-256 differs).`,
      `${at('tokenizer.json')} has 3 bytes instead of 2.`,
    ]);
    rmSync(at('model.onnx'));
    expect((await store.verify('bge-m3')).problems[0]).toBe(`${at('model.onnx')} is missing.`);
  });

  it('cannot be verified without a pin, or when it is not there', async () => {
    await writeModelFolder(join(dir, 'mine'), { ...FILES, 'engram.json': '{}' });
    await expect(store.verify('mine')).rejects.toThrow(/mine was not pulled here/);
    await expect(store.verify('gone')).rejects.toThrow(/gone is not installed in .*engram models pull gone/);
  });

  it('is removed with everything of it', async () => {
    await writeModelFolder(join(dir, '.incoming', 'bge-m3'), { 'model.onnx.part': 'wei' });
    expect(await store.remove('bge-m3')).toEqual({ size_bytes: 9 });
    expect(existsSync(join(dir, 'bge-m3'))).toBe(false);
    expect(readdirSync(join(dir, '.incoming'))).toEqual([]);
    expect(Object.keys(JSON.parse(readFileSync(join(dir, 'models.lock.json'), 'utf8')).models)).toEqual([
      'ada/tiny',
      'gone',
    ]);
    await expect(store.remove('bge-m3')).rejects.toThrow(/is not installed/);
    await expect(store.remove('../x')).rejects.toThrow(/is not installed/);
    // Half of a model can be removed as well.
    await store.remove('gone');
  });

  it('is not removed while it is pulled', async () => {
    await writeModelFolder(join(dir, '.incoming'), { 'bge-m3.lock': String(process.ppid) });
    await expect(store.remove('bge-m3')).rejects.toMatchObject({ code: 'busy' });
    expect(store.folderOf('bge-m3')).not.toBe(null);
  });
});

describe('the catalogue', () => {
  it('has names that can be installed, and says all that its kind needs', () => {
    expect(new Set(CATALOGUE.map(({ name }) => name)).size).toBe(CATALOGUE.length);
    for (const { name, kind, source, recipe } of CATALOGUE) {
      expect(isModelName(name)).toBe(true);
      expect(recipe === null).toBe(kind === 'reranker');
      if (source) expect(catalogueEntry(source.repo)?.name).toBe(name);
    }
    expect(catalogueEntry('nothing')).toBe(null);
  });
});
