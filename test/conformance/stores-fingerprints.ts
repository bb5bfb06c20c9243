// What the store of fingerprints promises: repeats by their words within one owner and place, and pages of the index.
import { expect, it } from 'vitest';
import { fingerprintOf } from '../../src/algo/simhash.ts';
import type { Keyed } from '../../src/features/memory/fingerprint-store.ts';
import { type Kind, NOW } from '../support/databases.ts';
import { addMemory, memoryRow, withTwoUsers } from '../support/rows.ts';

export function fingerprintSuite(kind: Kind): void {
  const t = withTwoUsers(kind);
  const printOf = (text: string) => fingerprintOf(text)!;
  async function add(content: string, change = {}, user = t.user): Promise<number> {
    const id = await addMemory(t.bound, memoryRow(user, content, change));
    await t.bound.atomically(({ fingerprints }) => fingerprints.add(user, id, printOf(content)));
    return id;
  }
  const candidates = async (content: string, change = {}, user = t.user, model: string | null = null) =>
    t.bound.read.fingerprints.candidates(memoryRow(user, content, change), printOf(content).words_key, model);
  const idsOf = async (...asked: Parameters<typeof candidates>) =>
    (await candidates(...asked)).map(({ row }) => row.id);

  it('finds the same words, newest first, and nothing that belongs elsewhere', async () => {
    const first = await add('Alice prefers tea');
    const second = await add('alice prefers TEA!');
    await add('Alice prefers coffee');
    await add('Alice prefers tea', {}, t.other);
    expect(await idsOf('Tea prefers Alice')).toEqual([second, first]);
    for (const change of [
      { space_id: 5 },
      { session_id: 's' },
      { category: 'task' },
      { status: 'pending' },
      { forget_after: '2030-01-01 00:00:00' },
      { occurred_at: '2020-01-01 00:00:00' },
    ]) {
      expect(await idsOf('Alice prefers tea', change)).toEqual([]);
      const own = await add('Alice prefers tea', change);
      expect(await idsOf('Alice prefers tea', change)).toEqual([own]);
    }
    for (const hidden of [{ is_latest: 0 }, { is_forgotten: 1 }, { is_archived: 1 }]) {
      await t.bound.atomically(({ memories }) => memories.set(t.user, second, hidden));
      expect(await idsOf('Alice prefers tea')).toEqual([first]);
      const shown = { is_latest: 1, is_forgotten: 0, is_archived: 0 };
      await t.bound.atomically(({ memories }) => memories.set(t.user, second, shown));
    }
    await t.bound.atomically(({ fingerprints }) => fingerprints.remove(t.user, [second]));
    await t.bound.atomically(({ fingerprints }) => fingerprints.remove(t.other, [first]));
    expect(await idsOf('Alice prefers tea')).toEqual([first]);
    await t.bound.atomically(({ memories }) => memories.remove(t.user, [first]));
    expect(await idsOf('Alice prefers tea')).toEqual([]);
  });

  it('gives whole rows, with the vector of the model asked for', async () => {
    const id = await add('Alice prefers tea');
    const record = { memory_id: id, user_id: t.user, content_hash: 'h', span_start: 0, span_end: 9 };
    await t.bound.atomically(async ({ vectors }) => {
      const parts = [0, 1].map((part) => ({ ...record, part, vector: Float32Array.from([part, 0.1]) }));
      await vectors.add(parts, 'm', NOW);
      await vectors.add([{ ...record, part: 0, vector: Float32Array.from([7]) }], 'other', NOW);
    });
    const [found] = await candidates('Alice prefers tea', {}, t.user, 'm');
    expect(found!.row).toEqual(await t.bound.read.memories.byId(t.user, id));
    expect([...found!.vector!]).toEqual([0, Math.fround(0.1)]);
    expect((await candidates('Alice prefers tea', {}, t.user, 'none'))[0]!.vector).toBeNull();
    expect((await candidates('Alice prefers tea'))[0]!.vector).toBeNull();
    const { fingerprints } = t.bound.read;
    expect([...(await fingerprints.vectors(t.user, 'm', [id])).entries()]).toEqual([
      [id, Float32Array.from([0, Math.fround(0.1)])],
    ]);
    expect((await fingerprints.vectors(t.other, 'm', [id])).size).toBe(0);
  });

  it('pages through the index of one user in the order of keys', async () => {
    const texts = ['one', 'two', 'three', 'one'];
    for (const text of texts) await add(text);
    await add('four', {}, t.other);
    const all: Keyed[] = [];
    for (let after: Keyed | null = null; ; ) {
      const page: Keyed[] = await t.bound.read.fingerprints.page(t.user, after, 3);
      all.push(...page);
      after = page.at(-1) ?? null;
      if (page.length < 3) break;
    }
    const place = ({ key, memory_id }: Keyed) => [key, memory_id];
    const sorted = [...all].sort((a, b) => a.key - b.key || a.memory_id - b.memory_id);
    expect(all.map(place)).toEqual(sorted.map(place));
    expect(all).toHaveLength(5 * texts.length);
    const { simhash, bands, words_key } = printOf('two');
    const two = all.filter((entry) => entry.key === words_key);
    expect(two).toHaveLength(1);
    expect(all.filter(({ memory_id }) => memory_id === two[0]!.memory_id)).toEqual(
      [...bands, words_key].map((key) => ({ key, memory_id: two[0]!.memory_id, simhash })),
    );
  });

  it('knows which latest versions have none', async () => {
    const bare = await addMemory(t.bound, memoryRow(t.user, 'bare'));
    const old = await addMemory(t.bound, memoryRow(t.user, 'old', { is_latest: 0 }));
    const forgotten = await addMemory(t.bound, memoryRow(t.other, 'forgotten', { is_forgotten: 1 }));
    await add('printed');
    const missing = await t.bound.read.fingerprints.missing(bare - 1, 10);
    expect(missing).toEqual([
      { id: bare, user_id: t.user, content: 'bare' },
      { id: forgotten, user_id: t.other, content: 'forgotten' },
    ]);
    expect(missing.map(({ id }) => id)).not.toContain(old);
    expect(await t.bound.read.fingerprints.missing(bare, 1)).toMatchObject([{ id: forgotten }]);
  });
}
