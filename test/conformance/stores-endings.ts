// What the stores of the ends of memories promise: expiry, trash, review queue, feedback, health, and looking back.
import { expect, it } from 'vitest';
import type { MemoryFilter } from '../../src/core/ports.ts';
import type { NewMemory } from '../../src/features/memory/rules.ts';
import { type Kind, NOW } from '../support/databases.ts';
import { addMemory, memoryRow, tagged, withTwoUsers } from '../support/rows.ts';

const EARLIER = '2026-03-02 11:00:00';
const LATER = '2026-03-02 13:00:00';

export function endingsSuite(kind: Kind): void {
  const t = withTwoUsers(kind);
  const add = (content: string, change: Partial<NewMemory> = {}, user = t.user) =>
    addMemory(t.bound, memoryRow(user, content, change));
  const mine = (more: Partial<MemoryFilter> = {}): MemoryFilter => ({ user_id: t.user, now: NOW, ...more });

  it('finds and moves what is past its time, the longest overdue first', async () => {
    const due = await add('due', { forget_after: NOW });
    const overdue = await add('overdue', { forget_after: EARLIER, forget_reason: 'mine' });
    const later = await add('later', { forget_after: LATER });
    await add('never');
    await add('gone already', { forget_after: EARLIER, is_forgotten: 1, forgotten_at: EARLIER });
    const theirs = await add('theirs', { forget_after: EARLIER }, t.other);
    const { trash } = t.bound.read;
    expect(await trash.expired(t.user, NOW, 10)).toEqual([overdue, due]);
    expect(await trash.expired(t.user, NOW, 1)).toEqual([overdue]);
    const moved = await t.bound.atomically(({ memories }) =>
      memories.expire(t.user, [due, overdue, later, theirs], NOW),
    );
    expect(moved).toBe(2);
    expect(await trash.expired(t.user, NOW, 10)).toEqual([]);
    expect(await t.bound.read.memories.byId(t.user, due)).toMatchObject({
      is_forgotten: 1,
      forget_reason: 'expired',
      forgotten_at: NOW,
    });
    expect(await t.bound.read.memories.byId(t.user, overdue)).toMatchObject({ forget_reason: 'mine' });
    expect(await t.bound.read.memories.byId(t.other, theirs)).toMatchObject({ is_forgotten: 0 });
  });

  it('tells since when things have been in the trash', async () => {
    const recent = await add('recent', { is_forgotten: 1, forgotten_at: NOW });
    const old = await add('old', { is_forgotten: 1, forgotten_at: EARLIER });
    await add('restored', { forgotten_at: EARLIER });
    await add('theirs', { is_forgotten: 1, forgotten_at: EARLIER }, t.other);
    const { trash } = t.bound.read;
    expect(await trash.forgottenBy(t.user, NOW, 10)).toEqual([old, recent]);
    expect(await trash.forgottenBy(t.user, EARLIER, 10)).toEqual([old]);
  });

  it('counts what hangs on memories, each edge once', async () => {
    const [a, b, c] = [await add('a', tagged('x', 'y')), await add('b', tagged('x')), await add('c')];
    await t.bound.atomically(async ({ links, vectors, feedback }) => {
      for (const [source_id, target_id] of [
        [a, b],
        [c, a],
        [b, c],
      ] as const)
        await links.add(t.user, { source_id, target_id, type: 'follows', similarity: 1 }, NOW);
      const vector = Float32Array.of(1, 0);
      const piece = { user_id: t.user, content_hash: 'h', vector, span_start: 0, span_end: 1 };
      for (const model of ['one', 'two'])
        await vectors.add(
          [0, 1].map((part) => ({ ...piece, memory_id: a, part })),
          model,
          NOW,
        );
      await feedback.add({ user_id: t.user, memory_id: a, rating: 'helpful', context: null, created_at: NOW });
    });
    const { trash } = t.bound.read;
    expect(await trash.attached(t.user, [a, b])).toEqual({ vectors: 4, links: 3, tags: 3, feedback: 1, facts: 0 });
    expect(await trash.attached(t.user, [c])).toEqual({ vectors: 0, links: 2, tags: 0, feedback: 0, facts: 0 });
    expect(await trash.attached(t.other, [a, b])).toEqual({ vectors: 0, links: 0, tags: 0, feedback: 0, facts: 0 });
    await t.bound.atomically(({ memories }) => memories.remove(t.user, [a]));
    expect(await trash.attached(t.user, [a, b, c])).toEqual({ vectors: 0, links: 1, tags: 1, feedback: 0, facts: 0 });
    expect(await t.bound.read.feedback.counts(t.user)).toEqual(new Map());
  });

  it('lists what waits for review, and nothing else', async () => {
    const first = await add('first', { status: 'pending' });
    const second = await add('second', { status: 'pending', space_id: 3 });
    await add('approved');
    await add('rejected', { status: 'rejected' });
    await add('in the trash', { status: 'pending', is_forgotten: 1 });
    await add('replaced', { status: 'pending', is_latest: 0 });
    await add('theirs', { status: 'pending' }, t.other);
    const { inbox } = t.bound.read;
    const ids = async (filter: MemoryFilter, limit = 10, offset = 0) =>
      (await inbox.list(filter, limit, offset)).map(({ id }) => id);
    expect(await ids(mine())).toEqual([second, first]);
    expect(await ids(mine(), 1, 1)).toEqual([first]);
    expect(await ids(mine({ space_id: 3 }))).toEqual([second]);
    expect(await inbox.count(mine())).toBe(2);
    expect(await inbox.count({ user_id: t.other, now: NOW })).toBe(1);
  });

  it('counts feedback by rating, of one user', async () => {
    const id = await add('rated');
    const theirs = await add('theirs', {}, t.other);
    const row = { memory_id: id, context: 'why', created_at: NOW };
    await t.bound.atomically(async ({ feedback }) => {
      for (const rating of ['helpful', 'outdated', 'helpful']) await feedback.add({ ...row, user_id: t.user, rating });
      await feedback.add({ ...row, user_id: t.other, memory_id: theirs, rating: 'off-topic' });
    });
    const { feedback } = t.bound.read;
    expect(await feedback.counts(t.user)).toEqual(new Map([['helpful', 2], ['outdated', 1]])); // biome-ignore format: short
    expect(await feedback.counts(t.other)).toEqual(new Map([['off-topic', 1]]));
  });

  it('looks back: what was the newest, kept and in time then', async () => {
    const first = await add('first', { created_at: EARLIER, is_latest: 0, superseded_at: NOW });
    const second = await add('second', { created_at: NOW });
    const dropped = await add('dropped', { created_at: EARLIER, is_forgotten: 1, forgotten_at: LATER });
    const brief = await add('brief', { created_at: EARLIER, forget_after: NOW });
    const future = await add('future', { created_at: LATER });
    const listed = async (as_of: string, more: Partial<MemoryFilter> = {}) =>
      (await t.bound.read.memories.list(mine({ as_of, ...more }), 10, 0)).map(({ id }) => id);
    expect(await listed('2026-03-02 10:59:59')).toEqual([]);
    expect(await listed(EARLIER)).toEqual([brief, dropped, first]);
    expect(await listed(NOW)).toEqual([dropped, second]);
    expect(await listed(LATER)).toEqual([future, second]);
    expect(await listed(LATER, { include_forgotten: true, include_superseded: true })).toEqual([
      future,
      brief,
      dropped,
      second,
      first,
    ]);
    expect((await t.bound.read.memories.outline(mine({ as_of: NOW }))).count).toBe(2);
  });

  it('remembers since when a version is replaced, and why', async () => {
    const id = await add('wrong');
    expect(await t.bound.atomically(({ memories }) => memories.supersede(t.user, id, LATER, 'a typo'))).toBe(true);
    expect(await t.bound.read.memories.byId(t.user, id)).toMatchObject({
      is_latest: 0,
      superseded_at: LATER,
      forget_reason: 'a typo',
    });
  });

  it('knows how well kept memories are', async () => {
    const old = '2025-01-01 00:00:00';
    const stale = await add('stale', { created_at: old, importance: 3 });
    const read = await add('read', { created_at: old, last_accessed_at: NOW, importance: 9 });
    await add('permanent', { created_at: old, is_static: 1, importance: 3 });
    const twins = [await add('twin'), await add('twin')];
    await add('theirs', { created_at: old }, t.other);
    await add('replaced', { is_latest: 0 });
    await add('archived', { is_archived: 1 });
    await add('forgotten', { is_forgotten: 1 });
    await add('pending', { status: 'pending' });
    await add('rejected', { status: 'rejected', is_archived: 1 });
    await add('rejected and unarchived', { status: 'rejected' });
    await add('rejected and forgotten', { status: 'rejected', is_archived: 1, is_forgotten: 1 });
    await t.bound.atomically(async ({ links, vectors }) => {
      await links.add(t.user, { source_id: stale, target_id: read, type: 'manual', similarity: 1 }, NOW);
      const piece = { part: 0, span_start: 0, span_end: 1, content_hash: 'h', vector: Float32Array.of(1) };
      await vectors.add([{ ...piece, memory_id: read, user_id: t.user }], 'model', NOW);
    });
    const { health } = t.bound.read;
    const care = { stale_before: EARLIER, model: 'model' };
    const count = (flaw: 'stale' | 'unlinked' | 'without_embeddings', model: string | null = 'model') =>
      health.count(mine(), { ...care, model }, flaw);
    expect(await health.outline(mine())).toEqual({ total: 5, avg_importance: 5, oldest: old });
    expect([await count('stale'), await count('unlinked'), await count('without_embeddings')]).toEqual([1, 3, 4]);
    expect(await count('without_embeddings', null)).toBe(5);
    expect(await health.hidden(t.user)).toEqual({
      ...{ superseded: 1, archived: 1, forgotten: 2, pending: 1 },
      rejected: 2,
    });
    expect(await health.hidden(-1)).toEqual({ superseded: 0, archived: 0, forgotten: 0, pending: 0, rejected: 0 });
    expect(await health.examples(mine(), care, 'stale', 10)).toEqual([stale]);
    expect(await health.examples(mine(), care, 'unlinked', 2)).toEqual([...twins].reverse());
    expect(await health.examples(mine(), care, 'without_embeddings', 10)).not.toContain(read);
    const groups = await health.duplicates(mine());
    expect(groups.map(({ n, first }) => [Number(n), first])).toEqual([[2, twins[0]]]);
    expect(await health.sayingAs(mine(), [twins[1]!, read])).toEqual([[read], twins]);
    const theirs = { user_id: t.other, now: NOW };
    expect(await health.duplicates(theirs)).toEqual([]);
    expect(await health.sayingAs(theirs, twins)).toEqual([]);
  });
}
