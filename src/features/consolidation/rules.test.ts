import { describe, expect, it } from 'vitest';
import { clustersOf, type Likeness, MOST_MEMBERS } from './rules.ts';
import type { Single } from './store.ts';

const single = (id: number, more: Partial<Single> = {}): Single => ({
  id,
  category: 'general',
  space_id: null,
  ...more,
});
const like = (a: number, b: number, similarity = 0.9): Likeness => ({ a, b, similarity });
const never = () => false;
const ids = (...args: Parameters<typeof clustersOf>) => clustersOf(...args).map((cluster) => cluster.ids);

describe('groups', () => {
  it('hold what is like the one in the middle', () => {
    const found = clustersOf(
      [1, 2, 3, 4].map((id) => single(id)),
      [like(1, 2, 0.8), like(2, 3, 1)],
      never,
      0.7,
      2,
    );
    expect(found).toEqual([{ ids: [1, 2, 3], category: 'general', space_id: null, similarity: 0.9 }]);
  });

  it('do not grow along a chain', () => {
    const chain = [1, 2, 3, 4, 5].map((id) => like(id, id + 1));
    for (const group of ids(
      [1, 2, 3, 4, 5, 6].map((id) => single(id)),
      chain,
      never,
      0.7,
      2,
    ))
      expect(group.length).toBeLessThanOrEqual(3);
  });

  it('need enough members, and enough likeness', () => {
    const two = [single(1), single(2)];
    expect(ids(two, [like(1, 2)], never, 0.7, 3)).toEqual([]);
    expect(ids(two, [like(1, 2, 0.69)], never, 0.7, 2)).toEqual([]);
    expect(ids(two, [like(1, 2, 0.7)], never, 0.7, 2)).toEqual([[1, 2]]);
    expect(ids(two, [like(1, 1), like(1, 9)], never, 0.7, 2)).toEqual([]);
  });

  it('never cross categories or spaces', () => {
    expect(ids([single(1), single(2, { category: 'task' })], [like(1, 2)], never, 0.7, 2)).toEqual([]);
    expect(ids([single(1), single(2, { space_id: 1 })], [like(1, 2)], never, 0.7, 2)).toEqual([]);
  });

  it('never hold two that must stay apart, even when both are like a third', () => {
    const apart = (a: number, b: number) => Math.min(a, b) === 1 && Math.max(a, b) === 3;
    const found = ids(
      [1, 2, 3].map((id) => single(id)),
      [like(1, 2), like(2, 3), like(1, 3)],
      apart,
      0.7,
      2,
    );
    expect(found).toEqual([[1, 2]]);
  });

  it('are bounded, share no member, and come the same from any order', () => {
    const many = Array.from({ length: 40 }, (_, at) => single(at + 1));
    const all = many.flatMap(({ id: a }) =>
      many.flatMap(({ id: b }) => (a < b ? [like(a, b, 0.7 + ((a * b) % 30) / 100)] : [])),
    );
    const found = ids(many, all, never, 0.7, 2);
    expect(found.flat().length).toBe(new Set(found.flat()).size);
    for (const group of found) expect(group.length).toBeLessThanOrEqual(MOST_MEMBERS);
    expect(ids([...many].reverse(), [...all].reverse(), never, 0.7, 2)).toEqual(found);
  });
});
