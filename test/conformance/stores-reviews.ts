// What reviews read and write, whichever database is under it.
import { expect, it } from 'vitest';
import { AGAIN, GOOD, STANDARD_FSRS } from '../../src/algo/fsrs.ts';
import { parseTime } from '../../src/core/clock.ts';
import { type ReviewColumns, reviewColumns, reviewed } from '../../src/features/memory/rules.ts';
import { type Kind, NOW } from '../support/databases.ts';
import { addMemory, memoryRow, withTwoUsers } from '../support/rows.ts';

const LATER = '2026-03-09 08:00:00';
const UNREVIEWED: ReviewColumns = {
  fsrs_stability: null,
  fsrs_difficulty: null,
  fsrs_storage_strength: 1,
  fsrs_retrieval_strength: 1,
  fsrs_learning_state: 0,
  fsrs_reps: 0,
  fsrs_lapses: 0,
  fsrs_last_review_at: null,
};

export function reviewsSuite(kind: Kind): void {
  const t = withTwoUsers(kind);
  const add = (content: string, change = {}, user = t.user) => addMemory(t.bound, memoryRow(user, content, change));
  const filter = () => ({ user_id: t.user, now: NOW });

  it('begins every memory with a first review, figures as they were computed', async () => {
    const id = await add('x');
    const [state] = await t.bound.read.reviews.states(t.user, [id]);
    const first = reviewColumns(STANDARD_FSRS.first(GOOD), NOW);
    expect(state).toEqual({ id, is_static: 0, ...first, last_accessed_at: null, created_at: NOW });
    expect(await t.bound.read.reviews.states(t.user, [])).toEqual([]);
  });

  it('writes a review with its reads, for the owner alone', async () => {
    const [id, other] = [await add('x'), await add('y')];
    const before = (await t.bound.read.memories.byId(t.user, id))!;
    const change = reviewed(before, AGAIN, parseTime(LATER)!, STANDARD_FSRS);
    expect(change).toMatchObject({ fsrs_lapses: 1, fsrs_last_review_at: LATER });
    await t.bound.atomically(async ({ memories }) => {
      await memories.review(t.user, id, change, 3, LATER);
      await memories.review(t.other, id, reviewed(before, GOOD, parseTime(LATER)!, STANDARD_FSRS), 9, LATER);
    });
    expect(await t.bound.read.memories.byId(t.user, id)).toEqual({
      ...before,
      ...change,
      access_count: 3,
      last_accessed_at: LATER,
    });
    expect(await t.bound.read.memories.byId(t.user, other)).toMatchObject({ access_count: 0, fsrs_lapses: 0 });
  });

  it('gives states of what is shown, to the owner alone', async () => {
    const ids = [
      await add('shown'),
      await add('replaced', { is_latest: 0 }),
      await add('forgotten', { is_forgotten: 1 }),
      await add('archived', { is_archived: 1 }),
      await add('theirs', {}, t.other),
    ];
    const states = await t.bound.read.reviews.states(t.user, ids);
    expect(states.map(({ id }) => id).sort((a, b) => a - b)).toEqual(ids.slice(0, 2));
  });

  it('finds what was never reviewed in pages, and gives it a first review as of when it was read or stored', async () => {
    await add('reviewed');
    const ids = [
      await add('a', UNREVIEWED),
      await add('b', { ...UNREVIEWED, last_accessed_at: LATER }),
      await add('c', { ...UNREVIEWED, is_forgotten: 1 }),
    ];
    const theirs = await add('theirs', UNREVIEWED, t.other);
    const { reviews } = t.bound.read;
    expect(await reviews.unreviewed(t.user, 0, 2)).toEqual(ids.slice(0, 2));
    expect(await reviews.unreviewed(t.user, ids[1]!, 2)).toEqual(ids.slice(2));
    const { fsrs_last_review_at: _, ...first } = reviewColumns(STANDARD_FSRS.first(GOOD), '');
    await t.bound.atomically(({ memories }) => memories.initialise(t.user, [...ids, theirs], first));
    expect(await reviews.unreviewed(t.user, 0, 5)).toEqual([]);
    expect(await reviews.unreviewed(t.other, 0, 5)).toEqual([theirs]);
    const rows = await t.bound.read.memories.byIds(t.user, ids);
    expect(rows.map((row) => row.fsrs_last_review_at).sort()).toEqual([NOW, NOW, LATER]);
    expect(rows.every((row) => row.fsrs_stability === first.fsrs_stability && row.fsrs_reps === 1)).toBe(true);
  });

  it('lists what was not reviewed for longest, of what can fade and is shown', async () => {
    const at = (day: number) => ({ fsrs_last_review_at: `2026-01-0${day} 00:00:00` });
    const third = await add('third', at(3));
    const first = await add('first', at(1));
    const second = await add('second', { ...at(2), session_id: 's' });
    await add('static', { ...at(1), is_static: 1 });
    await add('archived', { ...at(1), is_archived: 1 });
    await add('never', UNREVIEWED);
    await add('theirs', at(1), t.other);
    const ids = async (more: object, limit: number) =>
      (await t.bound.read.reviews.longestUnreviewed({ ...filter(), ...more }, limit)).map(({ id }) => id);
    expect(await ids({}, 10)).toEqual([first, second, third]);
    expect(await ids({}, 2)).toEqual([first, second]);
    expect(await ids({ session_id: 's' }, 10)).toEqual([second]);
  });
}
