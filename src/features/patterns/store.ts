// What habits are read from.
import { matchesFilter } from '../../core/memory-filter.ts';
import type { MemoryFilter } from '../../core/ports.ts';
import type { StoreDb } from '../../core/store-db.ts';

export function patternStore(db: StoreDb) {
  return {
    /** Newest first. */
    traces: (filter: MemoryFilter, limit: number) =>
      db
        .selectFrom('memories as m')
        .where(matchesFilter(filter))
        .select(['m.id', 'm.category', 'm.session_id', 'm.importance', 'm.created_at', 'm.last_accessed_at'])
        .orderBy('m.id', 'desc')
        .limit(limit)
        .execute(),
  };
}
export type PatternStore = ReturnType<typeof patternStore>;
export type Trace = Awaited<ReturnType<PatternStore['traces']>>[number];
