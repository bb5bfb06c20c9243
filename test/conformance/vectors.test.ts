// The vector indexes against their common suite, and what only the exact one or LanceDB does.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from '@lancedb/lancedb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { silentLogger } from '../../src/core/log.ts';
import { adaptiveIndex } from '../../src/platform/vectors/adaptive.ts';
import { exactIndex } from '../../src/platform/vectors/exact.ts';
import { lanceIndex } from '../../src/platform/vectors/lance.ts';
import { seededRandom } from '../support/onnx-model.ts';
import {
  bruteForce,
  expectSameRanking,
  listening,
  MemorySource,
  pieces,
  randomVector,
  record,
  recordsFor,
  testModel,
  unit,
  vectorIndexSuite,
} from './vectors.ts';

const logger = silentLogger;

vectorIndexSuite('exact', async (source, model) => exactIndex(source, model));
vectorIndexSuite('lance', (_, model, path) => lanceIndex({ path, model, logger }));
vectorIndexSuite('lance, filtering and merging at every turn', (_, model, path) =>
  lanceIndex({ path, model, logger, filter_in_query: 2, optimize_every: 3, flush_memories: 5 }),
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

  it('reads memories whose pieces lie on two pages, and replaces one while it reads', async () => {
    const source = new MemorySource();
    // 2100 pieces in threes: a page of 2000 ends within memory 667.
    const random = seededRandom(3);
    const three = (id: number) => pieces(1, id, ...Array.from({ length: 3 }, () => randomVector(random, 4)));
    for (let id = 1; id <= 700; id++) source.write(three(id));
    const index = exactIndex(source, model);
    source.afterPage = async () => {
      source.afterPage = async () => {};
      const fewer = pieces(1, 100, [0, 0, 0, 1], [0, 0, 1, 0]);
      source.write(fewer);
      await index.put(fewer);
    };
    const third = source.of(1).find((row) => row.memory_id === 667 && row.part === 2)!.vector;
    for (const query of [third, unit([0, 0, 0, 1]), unit(randomVector(random, 4))]) {
      const half = new Set(Array.from({ length: 300 }, (_, i) => 400 + i));
      for (const allowed of [null, half]) {
        const hits = await index.search(1, query, 800, allowed);
        expectSameRanking(hits, bruteForce(source.of(1), query, 800, allowed));
      }
    }
    expect(index.loaded(1)).toBe(2099);
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
    const random = seededRandom(5);
    const twoPieces = (id: number) => pieces(1, id, randomVector(random, 16), randomVector(random, 16));
    const records = Array.from({ length: 1500 }, (_, i) => twoPieces(i + 1)).flat();
    const open = () => lanceIndex({ path, model, logger, threshold: 2000 });
    let index = await open();
    await index.put(records.slice(0, 2600));
    await index.search(1, records[0]!.vector, 1, null);
    await index.settled();
    await index.put(records.slice(2600));
    await index.remove(1, [1, 2, 3]);
    const left = records.slice(6);
    const check = async () => {
      for (let i = 0; i < 10; i++) {
        const query = unit(randomVector(random, 16));
        const few = new Set(Array.from({ length: 50 }, () => Math.floor(random() * 1500)));
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
    expect(await index.count(1)).toBe(2994);
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

  it('reconciles memories of many pieces, also where they lie on two pages of the source', async () => {
    const source = new MemorySource();
    const index = await lanceIndex({ path: folder(), model: testModel(4), logger });
    const random = seededRandom(8);
    const several = (id: number, count: number) =>
      pieces(1, id, ...Array.from({ length: count }, () => randomVector(random, 4)));
    for (let id = 1; id <= 700; id++) source.write(several(id, 3));
    await index.put(source.of(1));
    const check = async () => {
      await index.reconcile(1, source);
      const query = unit(randomVector(random, 4));
      expectSameRanking(await index.search(1, query, 800, null), bruteForce(source.of(1), query, 800, null));
      expect(await index.count(1)).toBe(source.of(1).length);
    };
    await check();
    // Longer, shorter, gone, new; and one that lacks a piece without any other change.
    source.write([...several(5, 7), ...several(667, 1), ...several(701, 2500), ...several(702, 2)]);
    source.erase(1, [9]);
    source.rows.delete('1:20:1');
    await check();
  });

  it('empties a table that an older version made, and fills it again', async () => {
    const model = testModel(4);
    const path = folder();
    const source = new MemorySource();
    source.write(recordsFor(1, 20, 4));
    const made = await lanceIndex({ path, model, logger });
    await made.put(source.of(1));
    await made.close();
    const db = await connect(path);
    const [name] = await db.tableNames();
    await (await db.openTable(name!)).dropColumns(['part']);
    db.close();
    const heard = listening();
    const index = await lanceIndex({ path, model, logger: heard.logger });
    expect(await index.count(1)).toBe(0);
    await index.reconcile(1, source);
    const query = unit([1, 0, 0, 0]);
    expectSameRanking(await index.search(1, query, 30, null), bruteForce(source.of(1), query, 30, null));
    expect(heard.warnings).toEqual([]);
    await index.close();
  });

  it('destroys what it keeps of its model and leaves the others', async () => {
    const path = folder();
    const open = (dims: number) => lanceIndex({ path, model: testModel(dims), logger });
    const query = unit([1, 0, 0, 0]);
    let [first, second] = [await open(4), await open(8)];
    await first.put([...recordsFor(1, 9, 4), ...recordsFor(2, 9, 4)]);
    await second.put(recordsFor(1, 9, 8));
    await Promise.all([first.close(), second.close()]);
    // User 1 has been opened, with something not yet written; user 2 has not.
    first = await open(4);
    expect(await first.count(1)).toBe(9);
    await first.put([record(1, 50, [1, 0, 0, 0])]);
    await first.destroy();
    [first, second] = [await open(4), await open(8)];
    expect(await first.search(1, query, 10, null)).toEqual([]);
    expect(await first.search(2, query, 10, null)).toEqual([]);
    expect(await second.count(1)).toBe(9);
    await Promise.all([first.close(), second.close()]);
  });
});
