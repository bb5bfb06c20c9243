import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { baseOf, OVERRULING, type Overruling, review } from './rules.ts';

const NOW = Date.UTC(2026, 2, 2, 12);
const row = {
  id: 1,
  importance: 6,
  confidence: 1,
  recall_hits: 0,
  recall_misses: 0,
  fsrs_stability: 3,
  created_at: '2026-03-01 12:00:00',
  last_accessed_at: null,
  access_count: 0,
  is_static: 0,
  source_count: 1,
};
type Row = typeof row | (Omit<typeof row, 'last_accessed_at'> & { last_accessed_at: string | null });

/** Reviews it and applies the result, as the service does. */
function applied(state: Row, overruled: readonly Overruling[], before: Parameters<typeof review>[2], now = NOW) {
  const result = review(state, overruled, before, now);
  const { new_importance: importance, new_confidence: confidence, base_importance, base_confidence } = result;
  const record = {
    ...{ memory_id: state.id, user_id: 1, base_importance, base_confidence, importance, confidence },
    ...{ action: result.action, reason: result.reason, is_undone: 0, updated_at: '' },
  };
  return { result, record, state: { ...state, importance, confidence } };
}

describe('review', () => {
  it.each(OVERRULING)('counts less what a newer memory %s, once however many do', (type) => {
    expect(review(row, [type, type, 'updates'], null, NOW)).toMatchObject({
      action: 'corrected',
      old_importance: 6,
      new_importance: 4,
      old_confidence: 1,
      new_confidence: 0.5,
    });
  });
  it('follows how often recall helped', () => {
    expect(review({ ...row, recall_hits: 4 }, [], null, NOW)).toMatchObject({
      action: 'strengthened',
      new_importance: 7,
    });
    expect(review({ ...row, recall_misses: 4 }, [], null, NOW)).toMatchObject({
      action: 'weakened',
      new_importance: 5,
    });
    expect(review({ ...row, recall_misses: 3 }, [], null, NOW).action).toBe('unchanged');
  });
  it('counts less what is never read, unless it is permanent', () => {
    const old = { ...row, created_at: '2026-01-01 00:00:00' };
    expect(review(old, [], null, NOW)).toMatchObject({ action: 'weakened', new_importance: 5 });
    expect(review({ ...old, is_static: 1 }, [], null, NOW).action).toBe('unchanged');
    expect(review({ ...old, access_count: 3 }, [], null, NOW).action).toBe('unchanged');
  });
  it('takes back what the evidence did when the evidence is gone', () => {
    const first = applied(row, ['contradicts'], null);
    expect(first.state).toMatchObject({ importance: 4, confidence: 0.5 });
    expect(applied(first.state, [], first.record)).toMatchObject({
      result: { action: 'strengthened' },
      state: { importance: 6, confidence: 1 },
    });
  });
  it('keeps what feedback changed meanwhile', () => {
    const first = applied(row, ['contradicts'], null);
    const rated = { ...first.state, importance: first.state.importance + 1 };
    expect(baseOf(rated, first.record)).toEqual({ importance: 7, confidence: 1 });
  });
  it('keeps what somebody set with a new version', () => {
    const first = applied(row, ['contradicts'], null);
    expect(baseOf({ ...first.state, id: 2 }, first.record)).toEqual({ importance: 6, confidence: 1 });
    expect(baseOf({ ...first.state, id: 2, importance: 9 }, first.record).importance).toBe(9);
  });

  it('changes nothing the second time, whatever the evidence, and comes back when it goes', () => {
    const rows = fc.record({
      importance: fc.integer({ min: 1, max: 10 }),
      confidence: fc.double({ min: 0, max: 1, noNaN: true }),
      recall_hits: fc.nat(20),
      recall_misses: fc.nat(20),
      fsrs_stability: fc.option(fc.double({ min: 0.01, max: 90, noNaN: true })),
      access_count: fc.nat(9),
      source_count: fc.integer({ min: 1, max: 6 }),
      is_static: fc.constantFrom(0, 1),
      created_at: fc.constantFrom('2026-03-01 00:00:00', '2025-01-01 00:00:00'),
      last_accessed_at: fc.constantFrom(null, '2026-03-02 00:00:00', '2025-02-01 00:00:00'),
    });
    fc.assert(
      fc.property(
        rows,
        fc.array(fc.constantFrom(...OVERRULING)),
        fc.array(fc.array(fc.constantFrom(...OVERRULING))),
        (some, now, others) => {
          const start = { ...row, ...some, fsrs_stability: some.fsrs_stability ?? 3 };
          let { state, record } = applied(start, now, null);
          for (const evidence of others) ({ state, record } = applied(state, evidence, record));
          ({ state, record } = applied(state, now, record));
          const again = applied(state, now, record);
          expect(again.result.action).toBe('unchanged');
          expect(again.state).toEqual(state);
          expect(state).toEqual(applied(start, now, null).state);
          expect(baseOf(state, record)).toEqual({ importance: start.importance, confidence: start.confidence });
        },
      ),
    );
  });
});
