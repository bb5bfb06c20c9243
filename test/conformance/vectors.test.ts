// The vector indexes against their common suite, and what only one of them does.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Logger, silentLogger } from '../../src/core/log.ts';
import type { VectorRecord } from '../../src/core/ports.ts';
import { adaptiveIndex } from '../../src/platform/vectors/adaptive.ts';
import { exactIndex } from '../../src/platform/vectors/exact.ts';
import { lanceIndex } from '../../src/platform/vectors/lance.ts';
import { seededRandom } from '../support/onnx-model.ts';
import {
  bruteForce,
  expectSameRanking,
  MemorySource,
  randomVector,
  record,
  testModel,
  unit,
  vectorIndexSuite,
} from './vectors.ts';

const logger = silentLogger;

vectorIndexSuite('exact', async (source, model) => exactIndex(source, model));
vectorIndexSuite('lance', (_, model, path) => lanceIndex({ path, model, logger }));
vectorIndexSuite('lance, filtering and merging at every turn', (_, model, path) =>
  lanceIndex({ path, model, logger, filter_in_query: 2, optimize_every: 3, flush_rows: 5 }),
);
vectorIndexSuite('adaptive', async (source, model, path) =>
  adaptiveIndex({ path, model, source, logger, threshold: 20 }),
);

vectorIndexSuite('adaptive, each search answered by both sides', async (source, model, path) => {
  const index = adaptiveIndex({ path, model, source, logger, threshold: 1 });
  return {
    ...index,
    async search(...query) {
      const before = await index.search(...query);
      await index.settled();
      const after = await index.search(...query);
      expectSameRanking(after, before);
      return after;
    },
  };
});

let root: string;
let folders = 0;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'engram-vectors-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));
const folder = () => join(root, String(++folders));

const recordsFor = (user_id: number, count: number, dims: number, seed = 1): VectorRecord[] => {
  const random = seededRandom(seed);
  return Array.from({ length: count }, (_, i) => record(user_id, i + 1, randomVector(random, dims)));
};

/** Collects warnings, to see that nothing falls back in silence. */
const listening = () => {
  const warnings: string[] = [];
  const heard: Logger = { ...silentLogger, warn: (_, message) => warnings.push(message) };
  return { warnings, logger: heard };
};

describe('exact index', () => {
  const model = testModel(4);

  it('reads once for searches that come together, and keeps what is put while it reads', async () => {
    const source = new MemorySource();
    source.write(recordsFor(1, 2500, 4));
    const index = exactIndex(source, model);
    const late = record(1, 9999, [1, 0, 0, 0]);
    const replaced = record(1, 10, [1, 0, 0, 0.001]);
    source.afterPage = async () => {
      source.afterPage = async () => {};
      source.write([late, replaced]);
      source.erase(1, [11]);
      await index.put([late, replaced]);
      await index.remove(1, [11]);
    };
    const query = unit([1, 0, 0, 0]);
    const answers = await Promise.all(Array.from({ length: 5 }, () => index.search(1, query, 3000, null)));
    expect(source.pages).toBe(2);
    for (const hits of answers) expectSameRanking(hits, bruteForce(source.of(1), query, 3000, null));
    expect(answers[0]!.slice(0, 2).map(({ id }) => id)).toEqual([9999, 10]);
  });

  it('reads again after a failed read', async () => {
    const source = new MemorySource();
    source.write(recordsFor(1, 3, 4));
    source.beforePage = () => Promise.reject(new Error('database is locked'));
    const index = exactIndex(source, model);
    await expect(index.search(1, unit([1, 0, 0, 0]), 5, null)).rejects.toThrow('database is locked');
    source.beforePage = async () => {};
    expect((await index.search(1, unit([1, 0, 0, 0]), 5, null)).length).toBe(3);
  });

  it('frees the user searched longest ago when memory is short', async () => {
    const source = new MemorySource();
    for (const user_id of [1, 2, 3]) source.write(recordsFor(user_id, 100, 4, user_id));
    const index = exactIndex(source, model, { max_bytes: 2 * 100 * 4 * 4 });
    for (const user_id of [1, 2, 1, 3]) await index.search(user_id, unit([1, 0, 0, 0]), 1, null);
    expect([1, 2, 3].map((user_id) => index.loaded(user_id))).toEqual([100, null, 100]);
    expect((await index.search(2, unit([1, 0, 0, 0]), 500, null)).length).toBe(100);
  });
});

describe('lance index', () => {
  it('builds an approximate index in the background, stays right with it and finds it again', async () => {
    const model = testModel(16);
    const path = folder();
    const records = recordsFor(1, 3000, 16);
    const open = () => lanceIndex({ path, model, logger, threshold: 2000 });
    let index = await open();
    await index.put(records.slice(0, 2600));
    await index.search(1, records[0]!.vector, 1, null);
    await index.settled();
    await index.put(records.slice(2600));
    await index.remove(1, [1, 2, 3]);
    const random = seededRandom(5);
    const left = records.slice(3);
    const check = async () => {
      for (let i = 0; i < 10; i++) {
        const query = unit(randomVector(random, 16));
        const few = new Set(Array.from({ length: 50 }, () => Math.floor(random() * 3000)));
        const many = new Set(left.filter((_, n) => n % 1.2 < 1).map((row) => row.memory_id));
        for (const allowed of [null, few, many]) {
          expectSameRanking(await index.search(1, query, 20, allowed), bruteForce(left, query, 20, allowed));
        }
      }
    };
    await check();
    await index.close();
    index = await open();
    await check();
    expect(await index.count(1)).toBe(2997);
    await index.close();
  });

  it('reconciles with the source: what is missing, replaced or gone; writes meanwhile win', async () => {
    const model = testModel(4);
    const source = new MemorySource();
    const path = folder();
    const index = await lanceIndex({ path, model, logger });
    const records = recordsFor(1, 50, 4);
    await index.put(records.slice(0, 40));
    source.write(records);
    source.write([record(1, 5, [0, 0, 0, 1])]);
    source.erase(1, [6]);
    // Of the ten the table lacks, one is replaced and one removed after the source was read.
    const newest = record(1, 45, [1, 0, 0, 0]);
    source.afterPage = async () => {
      source.write([newest]);
      source.erase(1, [46]);
      await index.put([newest]);
      await index.remove(1, [46]);
    };
    await index.reconcile(1, source);
    const query = unit([1, 0.5, 0, 0]);
    expectSameRanking(await index.search(1, query, 100, null), bruteForce(source.of(1), query, 100, null));
    await index.drop(1);
    expect(await index.search(1, query, 100, null)).toEqual([]);
    await index.close();
  });
});

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
