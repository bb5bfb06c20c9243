import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type SlotRow, timeline } from './rules.ts';

const row = (id: number, object_key: string, valid_at: string, more: Partial<SlotRow> = {}): SlotRow => ({
  id, user_id: 1, space_id: null, memory_id: id, subject: 's', subject_key: 's', predicate: 'lives_in', verb: 'live',
  object: object_key, object_key, quantity: null, unit: null, date_ref: null, date_approx: null, confidence: 1,
  origin: 'rules', is_end: 0, valid_at, withdrawn_at: null, invalid_at: null, invalidated_by: null, created_at: valid_at, counts: 1, ...more,
}); // biome-ignore format: columns

describe('timeline', () => {
  it('closes with the next that says otherwise', () => {
    expect([...timeline([row(1, 'a', '1'), row(2, 'a', '2'), row(3, 'b', '3'), row(4, 'c', '4')])]).toEqual([
      [1, { invalid_at: '3', invalidated_by: 3 }],
      [2, { invalid_at: '3', invalidated_by: 3 }],
      [3, { invalid_at: '4', invalidated_by: 4 }],
    ]);
  });

  it('is closed by nothing that is hidden or replaced', () => {
    expect(
      timeline([
        row(1, 'a', '1'),
        row(2, 'b', '2', { counts: 0 }),
        row(3, 'c', '3', { withdrawn_at: '9', invalid_at: '9' }),
      ]).size,
    ).toBe(0);
  });

  it('several values may stand side by side, until one is said to be over', () => {
    const likes = { predicate: 'likes' };
    const rows = [row(1, 'tea', '1', likes), row(2, 'coffee', '2', likes), row(3, 'tea', '3', { ...likes, is_end: 1 })];
    expect([...timeline(rows)]).toEqual([[1, { invalid_at: '3', invalidated_by: 3 }]]);
  });

  it('has at most one value open, in whatever order facts came, and is settled after one pass', () => {
    const some = fc.array(
      fc.record({ object: fc.constantFrom('a', 'b', 'c'), at: fc.integer({ min: 1, max: 9 }), hidden: fc.boolean() }),
      { maxLength: 12 },
    );
    fc.assert(
      fc.property(some, (all) => {
        const rows = all.map(({ object, at, hidden }, i) => row(i + 1, object, String(at), { counts: hidden ? 0 : 1 }));
        const settled = rows.map((one) => ({ ...one, ...timeline(rows).get(one.id) }));
        expect(timeline(settled).size).toBe(0);
        const open = settled.filter((one) => one.counts === 1 && one.invalid_at === null);
        expect(new Set(open.map((one) => one.object_key)).size).toBeLessThanOrEqual(1);
        for (const one of settled) if (one.invalid_at !== null) expect(one.invalid_at >= one.valid_at).toBe(true);
      }),
    );
  });
});
