// What the store of memories promises, whichever database is under it.
import { expect, it } from 'vitest';
import type { MemoryFilter } from '../../src/core/ports.ts';
import { type Kind, NOW } from '../support/databases.ts';
import { addMemory, memoryRow, tagged, withTwoUsers } from '../support/rows.ts';

const LATER = '2026-03-02 12:00:05';

export function storesSuite(kind: Kind): void {
  const t = withTwoUsers(kind);
  const mine = (more: Partial<MemoryFilter> = {}): MemoryFilter => ({ user_id: t.user, now: NOW, ...more });
  const add = (content: string, change = {}) => addMemory(t.bound, memoryRow(t.user, content, change));
  const listed = async (filter: Partial<MemoryFilter>) =>
    (await t.bound.read.memories.list(mine(filter), 50, 0)).map((row) => row.id);

  it('gives back exactly what was stored, numbers as numbers', async () => {
    const row = memoryRow(t.user, 'Grüße 東京 🙂\n\'quoted\' "too" \\ % _', {
      ...tagged('b', 'a'),
      session_id: 's',
      confidence: 0.25,
      adaptive_score: 1 / 3,
      occurred_at: '2020-01-02 03:04:05',
      space_id: 7,
      is_static: 1,
    });
    const id = await addMemory(t.bound, row);
    expect(typeof id).toBe('number');
    const read = await t.bound.read.memories.byId(t.user, id);
    expect(read).toEqual({ ...row, id });
    expect(await t.bound.read.memories.byId(t.user, id + 1_000_000)).toBeUndefined();
    expect(await t.bound.read.memories.byIds(t.user, [])).toEqual([]);
    expect((await t.bound.read.memories.byIds(t.user, [id, id, 999_999_999])).map((r) => r.id)).toEqual([id]);
  });

  it('lists newest first, in pages', async () => {
    const ids = [];
    for (const n of [1, 2, 3, 4]) ids.push(await add(`m${n}`));
    expect((await t.bound.read.memories.list(mine(), 2, 1)).map((row) => row.id)).toEqual([ids[2], ids[1]]);
    expect(await t.bound.read.memories.newestIds(mine(), 3)).toEqual([ids[3], ids[2], ids[1]]);
    expect((await t.bound.read.memories.idsWhere(mine())).sort((a, b) => a - b)).toEqual(ids);
  });

  it('filters by every field', async () => {
    const plain = await add('plain');
    const odd = await add('odd', {
      ...tagged('red', 'blue'),
      space_id: 5,
      category: 'Ärger',
      source: 'Claude',
      session_id: 's1',
      episode_id: 9,
      is_static: 1,
      importance: 9,
      occurred_at: '2020-05-05 10:00:00',
    });
    const green = await add('green', tagged('green'));
    const only: Partial<MemoryFilter>[] = [
      { space_id: 5 },
      { category: 'Ärger' },
      { source: 'cLAUDE' },
      { session_id: 's1' },
      { episode_id: 9 },
      { is_static: true },
      { importance_min: 9 },
      { until: '2020-05-05 10:00:00' },
      { from: '2020-05-05 10:00:00', until: '2020-05-06 00:00:00' },
      { tags_all: ['red', 'blue'] },
      { tags_all: ['red'], tags_none: ['green'] },
      { tags_any: ['red', 'nothing'] },
    ];
    for (const filter of only) expect([filter, await listed(filter)]).toEqual([filter, [odd]]);
    expect(await listed({ tags_all: ['red', 'green'] })).toEqual([]);
    expect(await listed({ tags_any: ['red', 'green'] })).toEqual([green, odd]);
    expect(await listed({ tags_none: ['red'] })).toEqual([green, plain]);
    expect(await listed({ importance_max: 8 })).toEqual([green, plain]);
    expect(await listed({ is_static: false })).toEqual([green, plain]);
    expect(await listed({ from: '2021-01-01 00:00:00' })).toEqual([green, plain]);
    expect(await listed({ category: 'GENERAL' })).toEqual([green, plain]);
    expect(await listed({ category: "x' or '1'='1" })).toEqual([]);
  });

  it('hides what is forgotten, due to be, archived, replaced or pending, until asked; not what is consolidated', async () => {
    const shown = await add('shown', { forget_after: '2026-03-02 12:00:01' });
    const forgotten = await add('forgotten', { is_forgotten: 1 });
    const due = await add('due', { forget_after: NOW });
    const archived = await add('archived', { is_archived: 1 });
    const replaced = await add('replaced', { is_latest: 0 });
    const consolidated = await add('consolidated', { is_consolidated: 1 });
    const pending = await add('pending', { status: 'pending' });
    const rejected = await add('rejected', { status: 'rejected', is_archived: 1 });
    expect(await listed({})).toEqual([consolidated, shown]);
    expect(await listed({ include_forgotten: true })).toEqual([consolidated, due, forgotten, shown]);
    expect(await listed({ include_archived: true })).toEqual([consolidated, archived, shown]);
    expect(await listed({ status: 'rejected', include_archived: true })).toEqual([rejected]);
    expect(await listed({ include_superseded: true })).toEqual([consolidated, replaced, shown]);
    expect(await listed({ status: 'pending' })).toEqual([pending]);
    expect((await t.bound.read.memories.trash(t.user, 10, 0)).map((row) => row.id)).toEqual([forgotten]);
    expect(await t.bound.read.memories.flagCounts(t.user)).toEqual({ archived: 1, forgotten: 1 });
    expect(await t.bound.read.memories.flagCounts(t.other)).toEqual({ archived: 0, forgotten: 0 });
  });

  it('gives ranking fields with the opening of the text', async () => {
    const id = await add(`${'é'.repeat(799)}🙂 and more`, { importance: 7 });
    const hidden = await add('hidden', { is_archived: 1 });
    const rows = await t.bound.read.memories.ranking(mine(), [id, hidden]);
    expect(rows).toEqual([
      expect.objectContaining({ id, importance: 7, opening: `${'é'.repeat(799)}🙂`, fsrs_stability: 2.3065 }),
    ]);
    expect(await t.bound.read.memories.ranking(mine(), [])).toEqual([]);
  });

  it('reads many ids at once', async () => {
    const id = await add('one');
    const ids = Array.from({ length: 5_000 }, (_, i) => id + i);
    expect((await t.bound.read.memories.byIds(t.user, ids)).map((row) => row.id)).toEqual([id]);
    expect(await t.bound.read.memories.labels(t.user, ids)).toEqual([
      { category: 'general', source: 'unknown', importance: 5, tags: '[]' },
    ]);
  });

  it('finds the exact repeat in the same session, space and category alone', async () => {
    const row = memoryRow(t.user, 'same');
    const first = await addMemory(t.bound, row);
    const second = await addMemory(t.bound, row);
    expect((await t.bound.read.memories.repeatOf(row))?.id).toBe(second);
    await t.bound.atomically(({ memories }) => memories.set(t.user, second, { is_forgotten: 1 }));
    expect((await t.bound.read.memories.repeatOf(row))?.id).toBe(first);
    for (const change of [{ session_id: 's' }, { space_id: 3 }, { category: 'other' }, { user_id: t.other }]) {
      expect(await t.bound.read.memories.repeatOf({ ...row, ...change })).toBeUndefined();
    }
  });

  it('replaces tags, and counts them most used first, then bytewise', async () => {
    const one = await add('one', tagged('b', 'a', 'Z', 'é'));
    await add('two', tagged('b'));
    await add('hidden', { ...tagged('a', 'secret'), is_forgotten: 1 });
    const counts = () => t.bound.read.memories.tagCounts(mine(), 10);
    expect(await counts()).toEqual([
      { tag: 'b', count: 2 },
      { tag: 'Z', count: 1 },
      { tag: 'a', count: 1 },
      { tag: 'é', count: 1 },
    ]);
    await t.bound.atomically(({ memories }) => memories.replaceTags(t.user, one, ['c'], LATER));
    expect(await counts()).toEqual([
      { tag: 'b', count: 1 },
      { tag: 'c', count: 1 },
    ]);
    expect(await t.bound.read.memories.byId(t.user, one)).toMatchObject({ tags: '["c"]', updated_at: LATER });
    await t.bound.atomically(({ memories }) => memories.replaceTags(t.user, one, [], LATER));
    expect(await counts()).toEqual([{ tag: 'b', count: 1 }]);
  });

  it('outlines a user with numbers, also one without memories', async () => {
    expect(await t.bound.read.memories.outline(mine())).toEqual({
      count: 0,
      oldest: null,
      newest: null,
      avg_importance: null,
    });
    await add('a', { importance: 1, category: 'x', created_at: '2020-01-01 00:00:00' });
    await add('b', { importance: 2, category: 'y' });
    await add('c', { importance: 2, category: 'y' });
    const outline = await t.bound.read.memories.outline(mine());
    expect(outline).toEqual({
      count: 3,
      oldest: '2020-01-01 00:00:00',
      newest: NOW,
      avg_importance: expect.closeTo(5 / 3, 9),
    });
    expect(await t.bound.read.memories.categoryCounts(mine())).toEqual([
      { category: 'y', count: 2 },
      { category: 'x', count: 1 },
    ]);
    expect(await t.bound.read.memories.total()).toBeGreaterThanOrEqual(3);
  });

  it('keeps version chains, sessions and counters', async () => {
    const first = await add('v1', { session_id: 's' });
    const second = await add('v2', { session_id: 's', version: 2, parent_memory_id: first, root_memory_id: first });
    const { memories } = t.bound.read;
    expect((await memories.chain(t.user, first)).map((row) => row.id)).toEqual([first, second]);
    await t.bound.atomically(async ({ memories }) => {
      expect(await memories.supersede(t.user, first, LATER)).toBe(true);
      expect(await memories.supersede(t.user, first, LATER)).toBe(false);
      await memories.strengthen(t.user, second, LATER);
      await memories.touch(t.user, second, 3, LATER);
      await memories.touch(t.user, second, 2, LATER);
      expect(await memories.set(t.other, second, { importance: 1 })).toBe(false);
    });
    expect(await memories.lastInSession(t.user, 's', second)).toBeUndefined();
    expect(await memories.lastInSession(t.user, 's', second + 1)).toBe(second);
    expect(await memories.byId(t.user, second)).toMatchObject({
      source_count: 2,
      access_count: 5,
      last_accessed_at: LATER,
    });
    await t.bound.atomically(async ({ memories }) => {
      expect(await memories.remove(t.user, [first, first])).toBe(1);
      expect(await memories.remove(t.user, [])).toBe(0);
    });
  });

  it('never shows one user what another has', async () => {
    const id = await add('secret', { ...tagged('secret'), session_id: 's', category: 'secret' });
    const theirs = { ...mine(), user_id: t.other };
    const { memories } = t.bound.read;
    expect(await memories.byId(t.other, id)).toBeUndefined();
    expect(await memories.byIds(t.other, [id])).toEqual([]);
    expect(await memories.list(theirs, 10, 0)).toEqual([]);
    expect(await memories.ranking(theirs, [id])).toEqual([]);
    expect(await memories.labels(t.other, [id])).toEqual([]);
    expect(await memories.idsWhere(theirs)).toEqual([]);
    expect(await memories.chain(t.other, id)).toEqual([]);
    expect(await memories.tagCounts(theirs, 10)).toEqual([]);
    expect(await memories.categoryCounts(theirs)).toEqual([]);
    expect(await memories.lastInSession(t.other, 's', id + 1)).toBeUndefined();
    await t.bound.atomically(async ({ memories }) => {
      expect(await memories.remove(t.other, [id])).toBe(0);
      expect(await memories.supersede(t.other, id, LATER)).toBe(false);
      await memories.touch(t.other, id, 1, LATER);
      await memories.strengthen(t.other, id, LATER);
    });
    expect(await memories.byId(t.user, id)).toMatchObject({ access_count: 0, source_count: 1, is_latest: 1 });
  });
}
