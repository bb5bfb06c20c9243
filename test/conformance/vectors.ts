// What every VectorIndex must do, whatever it is made of: exact answers for small users, compared with a plain loop.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Logger, silentLogger } from '../../src/core/log.ts';
import type {
  Candidate,
  ModelIdentity,
  VectorIndex,
  VectorPlace,
  VectorRecord,
  VectorSource,
} from '../../src/core/ports.ts';
import { seededRandom } from '../support/onnx-model.ts';

/** The canonical vectors, in memory, by user, memory and part. `page` can be held up, to let something happen while an index reads. */
export class MemorySource implements VectorSource {
  readonly rows = new Map<string, VectorRecord>();
  pages = 0;
  /** Called before a page is read. */
  beforePage: () => Promise<void> = async () => {};
  /** Called with what was read, before it is handed out. */
  afterPage: () => Promise<void> = async () => {};

  /** With every piece of each memory named, as the product does it. */
  write(records: readonly VectorRecord[]): void {
    for (const { user_id, memory_id } of records) this.erase(user_id, [memory_id]);
    for (const record of records) this.rows.set(`${record.user_id}:${record.memory_id}:${record.part}`, record);
  }
  erase(user_id: number, memory_ids: readonly number[]): void {
    for (const [key, row] of this.rows) {
      if (row.user_id === user_id && memory_ids.includes(row.memory_id)) this.rows.delete(key);
    }
  }
  of(user_id: number): VectorRecord[] {
    return [...this.rows.values()]
      .filter((row) => row.user_id === user_id)
      .sort((a, b) => a.memory_id - b.memory_id || a.part - b.part);
  }
  async count(user_id: number): Promise<number> {
    return this.of(user_id).length;
  }
  async page(user_id: number, _model: string, after: VectorPlace, limit: number): Promise<VectorRecord[]> {
    this.pages++;
    await this.beforePage();
    const follows = (row: VectorPlace) =>
      row.memory_id > after.memory_id || (row.memory_id === after.memory_id && row.part > after.part);
    const rows = this.of(user_id).filter(follows).slice(0, limit);
    await this.afterPage();
    return rows;
  }
}

export const testModel = (dims: number): ModelIdentity => ({ key: `test@1/${dims}/mean`, name: 'test', dims });

export const unit = (values: readonly number[]): Float32Array => {
  const length = Math.hypot(...values);
  return Float32Array.from(values, (x) => x / length);
};

let revision = 0;
/** A memory of several pieces, one for each list of values. */
export const pieces = (user_id: number, memory_id: number, ...values: readonly (readonly number[])[]) => {
  const content_hash = `${memory_id}.${++revision}`;
  return values.map((own, part): VectorRecord => ({ memory_id, user_id, part, content_hash, vector: unit(own) }));
};
export const record = (user_id: number, memory_id: number, values: readonly number[]): VectorRecord =>
  pieces(user_id, memory_id, values)[0]!;

export const randomVector = (random: () => number, dims: number): number[] =>
  Array.from({ length: dims }, () => random() * 2 - 1);

export const recordsFor = (user_id: number, count: number, dims: number, seed = 1): VectorRecord[] => {
  const random = seededRandom(seed);
  return Array.from({ length: count }, (_, i) => record(user_id, i + 1, randomVector(random, dims)));
};

/** Collects warnings, to see that nothing falls back in silence. */
export const listening = () => {
  const warnings: string[] = [];
  const heard: Logger = { ...silentLogger, warn: (_, message) => warnings.push(message) };
  return { warnings, logger: heard };
};

/** The definition: every vector compared, sorted, each memory taken at its best piece, cut. */
export function bruteForce(
  rows: readonly VectorRecord[],
  query: Float32Array,
  limit: number,
  allowed: ReadonlySet<number> | null,
): Candidate[] {
  const hits = rows
    .filter((row) => !allowed || allowed.has(row.memory_id))
    .map(({ memory_id: id, part, vector }) => ({
      id,
      score: vector.reduce((sum, x, i) => sum + x * query[i]!, 0),
      part,
    }))
    .sort((a, b) => b.score - a.score || b.id - a.id || a.part - b.part);
  return hits.filter((hit, place) => hits.findIndex(({ id }) => id === hit.id) === place).slice(0, Math.max(0, limit));
}

/**
 * Equal up to float32: the same scores in the same places, the same ids wherever scores are not near-equal, and the same
 * piece of each.
 */
export function expectSameRanking(actual: readonly Candidate[], expected: readonly Candidate[]): void {
  expect(actual.length).toBe(expected.length);
  actual.forEach((hit, place) => {
    expect(hit.score).toBeCloseTo(expected[place]!.score, 4);
    const near = expected.filter((other) => Math.abs(other.score - hit.score) < 1e-4);
    expect(near.length > 1 ? near.map(({ id }) => id) : [expected[place]!.id]).toContain(hit.id);
    const same = expected.find(({ id }) => id === hit.id);
    if (same) expect(hit.part).toBe(same.part);
  });
}

export type OpenVectorIndex = (source: VectorSource, model: ModelIdentity, dir: string) => Promise<VectorIndex>;

export function vectorIndexSuite(name: string, open: OpenVectorIndex): void {
  describe(`vector index: ${name}`, () => {
    let dir: string;
    let source: MemorySource;
    let index: VectorIndex;
    const model = testModel(3);
    const ids = (hits: readonly Candidate[]) => hits.map(({ id }) => id);

    beforeEach(async () => {
      dir = await mkdtemp(join(tmpdir(), 'engram-vectors-'));
      source = new MemorySource();
      index = await open(source, model, dir);
    });
    afterEach(async () => {
      await index.close();
      await rm(dir, { recursive: true, force: true });
    });

    /** As the product does it: first the canonical row, then the index. */
    const put = (...records: VectorRecord[]) => {
      source.write(records);
      return index.put(records);
    };
    const remove = (user_id: number, ...memory_ids: number[]) => {
      source.erase(user_id, memory_ids);
      return index.remove(user_id, memory_ids);
    };
    const search = (values: readonly number[], limit = 10, allowed: ReadonlySet<number> | null = null, user_id = 1) =>
      index.search(user_id, unit(values), limit, allowed);

    it('answers nothing for a user without vectors', async () => {
      expect(await search([1, 0, 0])).toEqual([]);
      await put(record(1, 5, [1, 0, 0]));
      await remove(1, 5);
      expect(await search([1, 0, 0])).toEqual([]);
    });

    it('orders by cosine, best first', async () => {
      await put(record(1, 1, [0, 1, 0]), record(1, 2, [1, 1, 0]), record(1, 3, [1, 0, 0]), record(1, 4, [-1, 0, 0]));
      const hits = await search([1, 0, 0]);
      expect(ids(hits)).toEqual([3, 2, 1, 4]);
      [1, Math.SQRT1_2, 0, -1].forEach((score, place) => {
        expect(hits[place]!.score).toBeCloseTo(score, 5);
      });
    });

    it('gives the larger id first where scores are equal, also at the cut', async () => {
      await put(...Array.from({ length: 30 }, (_, i) => record(1, i + 1, [1, 2, 3])), record(1, 40, [3, 2, -9]));
      expect(ids(await search([1, 2, 3], 4))).toEqual([30, 29, 28, 27]);
      expect(ids(await search([1, 2, 3], 3, new Set([3, 9, 27, 4, 40])))).toEqual([27, 9, 4]);
    });

    it('returns all there is when the limit is larger, and nothing for a limit of 0', async () => {
      await put(record(1, 1, [1, 0, 0]), record(1, 2, [0, 1, 0]));
      expect(ids(await search([1, 0.1, 0], 1000))).toEqual([1, 2]);
      expect(await search([1, 0, 0], 0)).toEqual([]);
    });

    it('filters before the cut', async () => {
      await put(...Array.from({ length: 60 }, (_, i) => record(1, i + 1, [1, i / 10, 0])));
      // The five nearest are not allowed; the allowed ones are the farthest.
      expect(ids(await search([1, 0, 0], 2, new Set([58, 59, 60])))).toEqual([58, 59]);
      expect(ids(await search([1, 0, 0], 5, new Set([60, 999])))).toEqual([60]);
      expect(await search([1, 0, 0], 5, new Set())).toEqual([]);
      expect(await search([1, 0, 0], 5, new Set([999]))).toEqual([]);
    });

    it('replaces the vector of a memory', async () => {
      await put(record(1, 1, [1, 0, 0]), record(1, 2, [0, 1, 0]));
      expect(ids(await search([1, 0, 0], 1))).toEqual([1]);
      await put(record(1, 1, [0, 0, 1]));
      const hits = await search([1, 0, 0]);
      expect(ids(hits)).toEqual([2, 1]);
      expect(ids(await search([0, 0, 1], 1))).toEqual([1]);
      await put(record(1, 1, [0, 1, 0]), record(1, 1, [1, 0, 0]));
      expect(ids(await search([1, 0, 0]))).toEqual([1, 2]);
    });

    it('removes', async () => {
      await put(...Array.from({ length: 12 }, (_, i) => record(1, i + 1, [1, i, 0])));
      await search([1, 0, 0]);
      await remove(1, 1, 3, 12, 77);
      expect(ids(await search([1, 0, 0]))).toEqual([2, 4, 5, 6, 7, 8, 9, 10, 11]);
      await remove(1, 2);
      await put(record(1, 2, [1, 0, 0]));
      expect(ids(await search([1, 0, 0], 2))).toEqual([2, 4]);
    });

    it('finds a memory once, by its nearest piece', async () => {
      await put(
        ...pieces(1, 1, [0, 1, 0], [1, 0, 0], [0, 0, 1]),
        ...pieces(1, 2, [1, 1, 0]),
        ...pieces(1, 3, [-1, 0, 0], [0, 1, 1]),
      );
      const told = (hits: readonly Candidate[]) => hits.map(({ id, part }) => [id, part]);
      expect(told(await search([1, 0.1, 0.05]))).toEqual([
        [1, 1],
        [2, 0],
        [3, 1],
      ]);
      expect(told(await search([0.1, 0.1, 1], 1))).toEqual([[1, 2]]);
      expect(told(await search([1, 0.1, 0.05], 5, new Set([1, 3])))).toEqual([
        [1, 1],
        [3, 1],
      ]);
    });

    it('of equal pieces names the first, of equal memories the larger id', async () => {
      const first = pieces(1, 1, [0, 1, 0], [1, 2, 3], [1, 2, 3]);
      await put(...first.reverse(), ...pieces(1, 2, [1, 2, 3], [9, 0, 0], [1, 2, 3]));
      const expected = [
        { id: 2, part: 0 },
        { id: 1, part: 1 },
      ];
      expect(await search([1, 2, 3])).toMatchObject(expected);
      expect(await search([1, 2, 3], 1)).toMatchObject(expected.slice(0, 1));
    });

    it('fills the limit with memories, however many pieces crowd before them', async () => {
      const near = (count: number, y: number) => Array.from({ length: count }, (_, i) => [1, y + i / 10_000, 0]);
      await put(...pieces(1, 1, ...near(70, 0)), ...pieces(1, 2, ...near(40, 0.02)), record(1, 3, [1, 0.5, 0]));
      await put(...Array.from({ length: 20 }, (_, i) => record(1, i + 4, [-1, i, 0])));
      for (let i = 0; i < 2; i++) {
        expect(ids(await search([1, 0, 0], 1))).toEqual([1]);
        expect(ids(await search([1, 0, 0], 3))).toEqual([1, 2, 3]);
        expect(ids(await search([1, 0, 0], 3, new Set([2, 3, 23])))).toEqual([2, 3, 23]);
        expect((await search([1, 0, 0], 1000)).length).toBe(23);
      }
    });

    it('replaces and removes a memory with all its pieces', async () => {
      await put(...pieces(1, 1, [1, 0, 0], [0, 1, 0], [0, 0, 1]), ...pieces(1, 2, [1, 1, 0], [0, 1, 1]));
      await put(record(1, 3, [1, 0, 1]));
      await search([1, 0, 0]);
      const score = async (values: readonly number[], id: number) =>
        (await search(values)).find((hit) => hit.id === id)?.score;
      await put(...pieces(1, 1, [0, 0, 1], [0, 0, -1]));
      expect(await score([1, 0, 0], 1)).toBeCloseTo(0, 5);
      expect(await score([0, 0, -1], 1)).toBeCloseTo(1, 5);
      await put(...pieces(1, 3, [1, 0, 0], [0, -1, 0], [0, 0, 1], [-1, 0, 0]));
      expect(await score([0, -1, 0], 3)).toBeCloseTo(1, 5);
      await remove(1, 1);
      expect(ids(await search([0, 0, -1]))).toEqual([3, 2]);
      expect(await score([0, 1, 1], 2)).toBeCloseTo(1, 5);
      await remove(1, 3, 2);
      expect(await search([1, 0, 0])).toEqual([]);
    });

    it('never mixes users', async () => {
      await put(record(1, 1, [1, 0, 0]), record(2, 2, [1, 0, 0]), record(12, 3, [1, 0, 0]));
      expect(ids(await search([1, 0, 0], 10, null, 1))).toEqual([1]);
      expect(ids(await search([1, 0, 0], 10, new Set([1, 2, 3]), 2))).toEqual([2]);
      await remove(2, 1);
      expect(ids(await search([1, 0, 0], 10, null, 1))).toEqual([1]);
      await remove(1, 1);
      expect(ids(await search([1, 0, 0], 10, null, 12))).toEqual([3]);
    });

    it('finds at once what was put, whatever else is going on', async () => {
      for (let i = 1; i <= 25; i++) {
        await put(record(1, i, [Math.cos(i), Math.sin(i), 0]));
        expect(ids(await search([Math.cos(i), Math.sin(i), 0], 1))).toEqual([i]);
      }
      const many = Array.from({ length: 20 }, (_, i) => put(record(1, 100 + i, [0, Math.cos(i), Math.sin(i)])));
      await Promise.all([...many, search([0, 1, 0]), search([0, 0, 1])]);
      expect((await search([0, 1, 0], 1000)).length).toBe(45);
    });

    it('refuses a vector or a query of the wrong size', async () => {
      await expect(put(record(1, 1, [1, 0]))).rejects.toThrow(/2 numbers/);
      source.erase(1, [1]);
      await expect(search([1, 0, 0, 0])).rejects.toThrow(/4 numbers/);
    });

    it('is complete again after it is opened anew', async () => {
      await put(...Array.from({ length: 30 }, (_, i) => record(1, i + 1, [1, i, 0])));
      await search([1, 0, 0]);
      await put(record(1, 31, [1, -0.01, 0]), ...pieces(1, 5, [0, 0, 1], [0, 0, -1]));
      await remove(1, 2);
      await index.close();
      index = await open(source, model, dir);
      expect(ids(await search([1, 0, 0], 4))).toEqual([1, 31, 3, 4]);
      expect(await search([0, 0, -1], 1)).toMatchObject([{ id: 5, part: 1 }]);
      await put(record(1, 32, [1, 0, 0]), record(1, 5, [0, 1, 0]));
      await remove(1, 1);
      expect(ids(await search([1, 0, 0], 3))).toEqual([32, 31, 3]);
      expect((await search([0, 0, -1], 1))[0]!.score).toBeCloseTo(0, 5);
      expect((await search([1, 0, 0], 1000)).length).toBe(30);
    });

    it('agrees with comparing everything, through a random life', async () => {
      const random = seededRandom(20_260_101);
      const upTo = (n: number) => Math.floor(random() * n);
      for (let step = 0; step < 60; step++) {
        const user_id = 1 + upTo(2);
        const dice = random();
        if (dice < 0.6) {
          const size = 1 + upTo(12);
          const memory_ids = new Set(Array.from({ length: size }, () => 1 + upTo(300)));
          const some = () => Array.from({ length: random() < 0.5 ? 1 : 1 + upTo(6) }, () => randomVector(random, 3));
          await put(...[...memory_ids].flatMap((id) => pieces(user_id, id, ...some())));
        } else if (dice < 0.75) {
          await remove(user_id, ...Array.from({ length: 1 + upTo(8) }, () => 1 + upTo(300)));
        }
        const allowed = random() < 0.5 ? null : new Set(Array.from({ length: upTo(200) }, () => 1 + upTo(300)));
        const query = unit(randomVector(random, 3));
        const limit = 1 + upTo(20);
        const hits = await index.search(user_id, query, limit, allowed);
        expectSameRanking(hits, bruteForce(source.of(user_id), query, limit, allowed));
      }
    });
  });
}
