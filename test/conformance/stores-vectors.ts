// What the store of vectors promises: pieces bit by bit, several models side by side, and what is missing of each.
import { expect, it } from 'vitest';
import { FIRST_PLACE } from '../../src/core/ports.ts';
import type { StoredVector } from '../../src/features/memory/vector-store.ts';
import { NOW } from '../support/databases.ts';
import type { withTwoUsers } from '../support/rows.ts';
import { addMemory, memoryRow } from '../support/rows.ts';

const EARLIER = '2026-03-01 00:00:00';
const LATER = '2026-03-02 12:00:05';

export function vectorSuite(
  t: ReturnType<typeof withTwoUsers>,
  add: (content: string, change?: object) => Promise<number>,
): void {
  /** Pieces of ten characters, one for each list of values. */
  const stored = (memory_id: number, values: readonly (readonly number[])[], more: Partial<StoredVector> = {}) =>
    values.map(
      (own, part): StoredVector => ({
        memory_id,
        user_id: t.user,
        part,
        span_start: 10 * part,
        span_end: 10 * part + 10,
        content_hash: 'h',
        vector: Float32Array.from(own),
        ...more,
      }),
    );
  const put = (how: 'add' | 'replace', records: readonly StoredVector[], model = 'm', now = NOW) =>
    t.bound.atomically(({ vectors }) => vectors[how](records, model, now));
  const all = async (model = 'm', user_id = t.user) =>
    (await t.bound.read.vectors.page(user_id, model, FIRST_PLACE, 100)).map((row) => [
      row.memory_id,
      row.part,
      row.content_hash,
      [...row.vector],
    ]);

  it('keeps vectors bit by bit', async () => {
    const ids = [await add('a'), await add('b')];
    const vector = Float32Array.from([0.1, -1e-30, 3.4e38, 0, -0]);
    const view = new Float32Array([9, 1, 2, 3, 4, 5, 9]).subarray(1, 6);
    await put('add', stored(ids[0]!, [[]], { vector }));
    await put('add', stored(ids[1]!, [[]], { vector: view }));
    const page = await t.bound.read.vectors.page(t.user, 'm', FIRST_PLACE, 10);
    expect(page.map(({ memory_id, user_id, part }) => [memory_id, user_id, part])).toEqual([
      [ids[0], t.user, 0],
      [ids[1], t.user, 0],
    ]);
    expect(new Uint8Array(page[0]!.vector.buffer)).toEqual(new Uint8Array(vector.buffer));
    expect([...page[1]!.vector]).toEqual([1, 2, 3, 4, 5]);
  });

  it('keeps the pieces of a memory, and pages through them in order', async () => {
    const [a, b] = [await add('a'), await add('b')];
    await put('add', stored(b, [[4], [5]]));
    await put('add', stored(a, [[1], [2], [3]]));
    const { vectors } = t.bound.read;
    expect(await vectors.count(t.user, 'm')).toBe(5);
    expect(await vectors.count(t.other, 'm')).toBe(0);
    const read: number[][] = [];
    for (let after = FIRST_PLACE; ; ) {
      const page = await vectors.page(t.user, 'm', after, 2);
      read.push(...page.map(({ memory_id, part, vector }) => [memory_id, part, vector[0]!]));
      if (page.length < 2) break;
      after = page.at(-1)!;
    }
    expect(read).toEqual([
      [a, 0, 1],
      [a, 1, 2],
      [a, 2, 3],
      [b, 0, 4],
      [b, 1, 5],
    ]);
    expect(await vectors.page(t.other, 'm', FIRST_PLACE, 10)).toEqual([]);
    await t.bound.atomically(({ memories }) => memories.remove(t.user, [a]));
    expect(await vectors.count(t.user, 'm')).toBe(2);
  });

  it('replaces all pieces of a memory under one model, and refuses to add a piece twice', async () => {
    const [a, b] = [await add('a'), await add('b')];
    await put('add', stored(a, [[1], [2], [3]]));
    await put('add', stored(a, [[7]]), 'other');
    await put('add', stored(b, [[4]]));
    await expect(put('add', stored(a, [[9]]))).rejects.toThrow(/unique/i);
    await put('replace', stored(a, [[5], [6]], { content_hash: 'h2' }));
    await put('replace', []);
    expect(await all()).toEqual([
      [a, 0, 'h2', [5]],
      [a, 1, 'h2', [6]],
      [b, 0, 'h', [4]],
    ]);
    expect(await all('other')).toEqual([[a, 0, 'h', [7]]]);
  });

  it('tells where the pieces stand', async () => {
    const [a, b, theirs] = [await add('a'), await add('b'), await addMemory(t.bound, memoryRow(t.other, 'c'))];
    await put('add', [...stored(a, [[1], [2]])]);
    await put('add', stored(b, [[3]]));
    await put('add', stored(a, [[4]], { span_end: 77 }), 'other');
    await put('add', stored(theirs, [[5]], { user_id: t.other }));
    const spans = async (ids: number[], model = 'm') =>
      (await t.bound.read.vectors.spans(t.user, model, ids))
        .map((row) => [row.memory_id, row.part, row.span_start, row.span_end])
        .sort((x, y) => x[0]! - y[0]! || x[1]! - y[1]!);
    expect(await spans([a, theirs])).toEqual([
      [a, 0, 0, 10],
      [a, 1, 10, 20],
    ]);
    expect(await spans([a], 'other')).toEqual([[a, 0, 0, 77]]);
    expect(await spans([b])).toEqual([[b, 0, 0, 10]]);
    expect(await spans([])).toEqual([]);
  });

  it('knows which memories lack vectors, of one user or of all, or have only old ones', async () => {
    const { vectors } = t.bound.read;
    const before = { recallable: await vectors.recallable(), missing: await vectors.countMissing({ model: 'm' }) };
    const [a, b] = [await add('a'), await add('b')];
    await add('forgotten', { is_forgotten: 1 });
    await add('replaced', { is_latest: 0 });
    const theirs = await addMemory(t.bound, memoryRow(t.other, 'c'));
    const missing = async (of: { model?: string; user_id?: number; made_before?: string } = {}, after = a - 1) =>
      (await vectors.missing({ model: 'm', ...of }, after, 10)).map((row) => row.id);
    const mine = { user_id: t.user };
    expect(await vectors.recallable()).toBe(before.recallable + 3);
    expect(await vectors.recallable(t.user)).toBe(2);
    expect(await vectors.missing({ model: 'm', ...mine }, a - 1, 1)).toEqual([
      { id: a, user_id: t.user, content: 'a', content_hash: memoryRow(t.user, 'a').content_hash },
    ]);
    expect(await missing()).toEqual([a, b, theirs]);
    expect(await missing({}, a)).toEqual([b, theirs]);
    expect(await vectors.countMissing({ model: 'm' })).toBe(before.missing + 3);

    await put('add', stored(a, [[1], [2]]), 'm', EARLIER);
    await put('add', stored(b, [[3]]), 'other');
    expect(await missing()).toEqual([b, theirs]);
    expect(await missing(mine)).toEqual([b]);
    expect(await missing({ ...mine, model: 'other' })).toEqual([a]);
    expect(await vectors.countMissing({ model: 'm', ...mine })).toBe(1);

    await put('add', stored(b, [[3]]), 'm', NOW);
    expect(await missing(mine)).toEqual([]);
    expect(await missing({ ...mine, made_before: EARLIER })).toEqual([]);
    expect(await missing({ ...mine, made_before: NOW })).toEqual([a]);
    expect(await missing({ ...mine, made_before: LATER })).toEqual([a, b]);
    expect(await vectors.countMissing({ model: 'm', ...mine, made_before: LATER })).toBe(2);
    await put('replace', stored(a, [[1]]), 'm', LATER);
    expect(await missing({ ...mine, made_before: LATER })).toEqual([b]);
  });

  it('counts by model, and drops a model for all users', async () => {
    const [a, b, theirs] = [await add('a'), await add('b'), await addMemory(t.bound, memoryRow(t.other, 'c'))];
    const { vectors } = t.bound.read;
    // Other tests leave vectors of other models in the same database.
    const [small, large] = [`small ${t.user}`, `large ${t.user}`];
    const counted = async () => (await vectors.byModel()).filter(({ model }) => [small, large].includes(model));
    const total = await vectors.total();
    await put('add', stored(a, [[1, 2]]), small);
    await put('add', stored(theirs, [[1, 2]], { user_id: t.other }), small);
    await put('add', stored(a, [[1, 2, 3], [4, 5, 6]]), large); // biome-ignore format: short
    await put('add', stored(b, [[7, 8, 9]]), large);
    expect(await counted()).toEqual([
      { model: large, memories: 2, vectors: 3, bytes: 36 },
      { model: small, memories: 2, vectors: 2, bytes: 16 },
    ]);
    expect(await vectors.total()).toBe(total + 3);
    const drop = (model: string) => t.bound.atomically((stores) => stores.vectors.drop(model));
    expect(await drop(large)).toBe(3);
    expect(await drop(large)).toBe(0);
    expect(await counted()).toEqual([{ model: small, memories: 2, vectors: 2, bytes: 16 }]);
    expect(await all(large)).toEqual([]);
    expect(await all(small, t.other)).toHaveLength(1);
  });
}
