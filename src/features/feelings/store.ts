// Counts over how memories feel.
import { matchesFilter } from '../../core/memory-filter.ts';
import type { MemoryFilter } from '../../core/ports.ts';
import type { StoreDb } from '../../core/store-db.ts';

export function feelingStore(db: StoreDb) {
  return {
    /** By emotion and by side; null for memories that tell no feeling. */
    counts: (filter: MemoryFilter) =>
      db
        .selectFrom('memories as m')
        .where(matchesFilter(filter))
        .select((eb) => [
          'm.dominant_emotion',
          eb
            .case()
            .when('m.valence', '>', 0)
            .then(eb.lit(1))
            .when('m.valence', '<', 0)
            .then(eb.lit(-1))
            .else(eb.lit(0))
            .end()
            .as('side'),
          eb.fn.countAll<number>().as('count'),
          eb.fn.sum<number | null>('m.valence').as('valence'),
          eb.fn.sum<number | null>('m.arousal').as('arousal'),
        ])
        .groupBy(['m.dominant_emotion', 'side'])
        .execute(),

    /** Newest first, of those stored at `since` or later. */
    newest: (filter: MemoryFilter, since: string, limit: number) =>
      db
        .selectFrom('memories as m')
        .where(matchesFilter(filter))
        .where('m.created_at', '>=', since)
        .select(['m.id', 'm.content', 'm.created_at'])
        .orderBy('m.id', 'desc')
        .limit(limit)
        .execute(),
  };
}
export type FeelingStore = ReturnType<typeof feelingStore>;
