// What leaving a channel out costs, from answers made by hand.
import { describe, expect, it } from 'vitest';
import { ablationOf, ablationTables } from '../bench/ablation.ts';
import type { Asked } from '../bench/conversations.ts';

type Ranks = (number | null)[];
const asked = (ranks: Ranks, without: Asked['ranks_without']): Asked => ({
  question: 'q',
  group: '1',
  gold: ranks.map(String),
  conversation: 'c',
  age: null,
  gold_ids: [],
  returned: [],
  ranks,
  bare_ranks: [],
  vector_ranks: null,
  ranks_without: without,
  abstained: false,
  top_score: null,
  ms: 1,
  vector_ms: null,
});

describe('ablation', () => {
  const helped = asked([1, 12], { graph: [null, null], lexical: [1, 3] });
  const unmoved = asked([10], { graph: [10], lexical: [11] });
  const noEvidence = asked([], { graph: [], lexical: [] });

  it('sets recall with a channel against recall without it', () => {
    expect(ablationOf({ all: [helped, unmoved, noEvidence], none: [noEvidence] })).toEqual({
      all: { all: 0.75, without: { graph: 0.5, lexical: 0.5 } },
      none: { all: null, without: { graph: null, lexical: null } },
    });
  });

  it('says how many points a channel adds or takes', () => {
    const [table] = ablationTables(ablationOf({ one: [helped], none: [noEvidence] }));
    expect(table!.columns).toEqual(['', 'all', 'graph', 'lexical']);
    expect(table!.rows).toEqual([
      ['one', '50.0 %', '+50.0', '-50.0'],
      ['none', '-', '-', '-'],
    ]);
  });

  it('is silent when nothing was left out', () => {
    expect(ablationOf({ all: [asked([1], null)] })).toBeNull();
    expect(ablationTables(null)).toEqual([]);
  });
});
