// What only the adaptive index does: moving users between memory and LanceDB, and going on where LanceDB fails.
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { silentLogger as logger } from '../../src/core/log.ts';
import type { VectorRecord } from '../../src/core/ports.ts';
import { type AdaptiveOptions, adaptiveIndex } from '../../src/platform/vectors/adaptive.ts';
import { lanceIndex } from '../../src/platform/vectors/lance.ts';
import {
  bruteForce,
  expectSameRanking,
  listening,
  MemorySource,
  pieces,
  recordsFor,
  testModel,
  unit,
} from './vectors.ts';

let root: string;
let folders = 0;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'engram-vectors-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));
const folder = () => join(root, String(++folders));

describe('adaptive index', () => {
  const model = testModel(4);
  const query = unit([1, 0, 0, 0]);

  it('moves a user to LanceDB at the threshold and back below half of it', async () => {
    const source = new MemorySource();
    const heard = listening();
    const index = adaptiveIndex({ path: folder(), model, source, logger: heard.logger, threshold: 40 });
    const records = recordsFor(1, 60, 4);
    const check = async () =>
      expectSameRanking(await index.search(1, query, 7, null), bruteForce(source.of(1), query, 7, null));
    source.write(records.slice(0, 30));
    await check();
    expect(index.serving(1)).toBe('exact');
    for (const row of records.slice(30)) {
      source.write([row]);
      await index.put([row]);
      await check();
    }
    await index.settled();
    expect(index.serving(1)).toBe('lance');
    await check();
    for (let id = 1; id <= 35; id++) {
      source.erase(1, [id]);
      await index.remove(1, [id]);
      await check();
      if (id === 25) expect(index.serving(1)).toBe('lance');
    }
    expect(index.serving(1)).toBe('lance');
    const rest = Array.from({ length: 10 }, (_, i) => 36 + i);
    source.erase(1, rest);
    await index.remove(1, rest);
    expect(index.serving(1)).toBe('exact');
    await check();
    expect(heard.warnings).toEqual([]);
    await index.close();
  });

  it('counts pieces, not memories', async () => {
    const source = new MemorySource();
    const index = adaptiveIndex({ path: folder(), model, source, logger, threshold: 40 });
    const long = (id: number, length: number) => pieces(1, id, ...Array.from({ length }, (_, i) => [1, i, id, 0]));
    const put = async (records: VectorRecord[]) => {
      source.write(records);
      await index.put(records);
    };
    await index.search(1, query, 5, null);
    await put(long(1, 39));
    await index.settled();
    expect(index.serving(1)).toBe('exact');
    await put(long(2, 2));
    await index.settled();
    expect(index.serving(1)).toBe('lance');
    expectSameRanking(await index.search(1, query, 5, null), bruteForce(source.of(1), query, 5, null));
    await index.close();
  });

  it('destroys tables, those of an earlier run too, and makes none to do so', async () => {
    const source = new MemorySource();
    source.write(recordsFor(1, 50, 4));
    const path = folder();
    const heard = listening();
    const open = (more: Partial<AdaptiveOptions> = {}) =>
      adaptiveIndex({ path, model, source, logger: heard.logger, threshold: 10, ...more });
    await open().destroy();
    expect(existsSync(path)).toBe(false);
    for (const used of [true, false]) {
      const before = open();
      await before.search(1, query, 5, null);
      await before.settled();
      if (!used) await before.close();
      await (used ? before : open()).destroy();
      const left = await lanceIndex({ path, model, logger });
      expect(await left.count(1)).toBe(0);
      await left.destroy();
    }
    expect(heard.warnings).toEqual([]);
    await open({ openLance: () => Promise.reject(new Error('no native build for this platform')) }).destroy();
    expect(heard.warnings.at(-1)).toMatch(/left behind/);
  });

  it('repairs a table that missed writes before it serves', async () => {
    const source = new MemorySource();
    const path = folder();
    const old = await lanceIndex({ path, model, logger });
    await old.put(recordsFor(1, 50, 4));
    await old.close();
    source.write(recordsFor(1, 45, 4, 2));
    const index = adaptiveIndex({ path, model, source, logger, threshold: 10 });
    for (let i = 0; i < 2; i++) {
      expectSameRanking(await index.search(1, query, 60, null), bruteForce(source.of(1), query, 60, null));
      await index.settled();
      expect(index.serving(1)).toBe('lance');
    }
    await index.close();
  });

  it('waits for LanceDB rather than reading more than it may into memory', async () => {
    const source = new MemorySource();
    source.write(recordsFor(1, 50, 4));
    const index = adaptiveIndex({ path: folder(), model, source, logger, threshold: 10, max_bytes: 100 });
    expect((await index.search(1, query, 60, null)).length).toBe(50);
    expect(index.serving(1)).toBe('lance');
    await index.close();
  });

  it('says so and stays exact when LanceDB cannot be loaded', async () => {
    const source = new MemorySource();
    source.write(recordsFor(1, 50, 4));
    const heard = listening();
    const index = adaptiveIndex({
      path: folder(),
      model,
      source,
      logger: heard.logger,
      threshold: 10,
      openLance: () => Promise.reject(new Error('no native build for this platform')),
    });
    for (let i = 0; i < 2; i++) {
      expectSameRanking(await index.search(1, query, 9, null), bruteForce(source.of(1), query, 9, null));
      await index.settled();
    }
    expect(index.serving(1)).toBe('exact');
    expect(heard.warnings.length).toBe(1);
    await index.close();
  });

  it('answers from memory when LanceDB breaks later', async () => {
    const source = new MemorySource();
    source.write(recordsFor(1, 50, 4));
    const heard = listening();
    const path = folder();
    const openLance = async () => {
      const real = await lanceIndex({ path, model, logger });
      return { ...real, search: () => Promise.reject(new Error('disk failure')) };
    };
    const index = adaptiveIndex({ path, model, source, logger: heard.logger, threshold: 10, openLance });
    await index.search(1, query, 5, null);
    await index.settled();
    expect(index.serving(1)).toBe('lance');
    expectSameRanking(await index.search(1, query, 9, null), bruteForce(source.of(1), query, 9, null));
    expect(index.serving(1)).toBe('exact');
    expect(heard.warnings.length).toBe(1);
    await index.close();
  });
});
