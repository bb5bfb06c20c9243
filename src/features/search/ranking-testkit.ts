// Memories as ranking sees them, for its tests.
import fc from 'fast-check';
import { formatTime } from '../../core/clock.ts';
import type { RankingRow } from '../memory/store.ts';
import { planSearch, type SearchPlan } from './recipes.ts';

export const NOW = Date.UTC(2026, 2, 2, 12);
export const DAY = 86_400_000;

export const row = (id: number, change: Partial<RankingRow> = {}): RankingRow => ({
  id,
  session_id: null,
  source: 'unknown',
  pagerank: null,
  importance: 5,
  source_count: 1,
  is_static: 0,
  created_at: formatTime(NOW),
  occurred_at: null,
  fsrs_stability: null,
  fsrs_storage_strength: 1,
  fsrs_retrieval_strength: 1,
  fsrs_last_review_at: null,
  last_accessed_at: null,
  recall_hits: 0,
  recall_misses: 0,
  opening: 'some text',
  ...change,
});
export const plan = (query = 'red bicycle', limit = 10): SearchPlan => planSearch(query, 'fact_recall', limit, NOW);

export const anyRow = fc.record({
  importance: fc.integer({ min: 1, max: 10 }),
  source_count: fc.integer({ min: 1, max: 1_000_000 }),
  is_static: fc.constantFrom(0, 1),
  created_at: fc.integer({ min: 0, max: 20_000 }).map((days) => formatTime(NOW - days * DAY)),
  occurred_at: fc.option(fc.integer({ min: -5_000, max: 20_000 }).map((days) => formatTime(NOW - days * DAY))),
  fsrs_stability: fc.option(fc.double({ min: 0, max: 36_500, noNaN: true })),
  fsrs_storage_strength: fc.double({ min: 1, max: 10, noNaN: true }),
  fsrs_retrieval_strength: fc.double({ min: 0, max: 1, noNaN: true }),
  source: fc.constantFrom('notes', 'decomposition'),
  pagerank: fc.option(fc.double({ min: 0, max: 1, noNaN: true })),
  session_id: fc.option(fc.constantFrom('a', 'b')),
  opening: fc.constantFrom('Alice: hello', 'plain text', 'Bob Miller: yes'),
  recall_hits: fc.nat(1_000),
  recall_misses: fc.nat(1_000),
});
