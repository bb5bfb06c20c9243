// All SQL on `consolidations`, and what could be consolidated.
import { sql } from 'kysely';
import { matchesFilter } from '../../core/memory-filter.ts';
import type { MemoryFilter } from '../../core/ports.ts';
import type { IdList, StoreDb } from '../../core/store-db.ts';
import type { ConsolidationTable } from '../../core/tables.ts';
import { DERIVED } from '../thinking/rules.ts';

export type ConsolidationRow = { [K in keyof ConsolidationTable]: K extends 'id' ? number : ConsolidationTable[K] };
/** What clustering looks at. */
export interface Single {
  id: number;
  category: string;
  space_id: number | null;
}

export function consolidationStore(db: StoreDb, idList: IdList) {
  const owned = (user_id: number) => db.selectFrom('consolidations').where('user_id', '=', user_id);
  return {
    add: (row: Omit<ConsolidationRow, 'id'>): Promise<ConsolidationRow> =>
      db.insertInto('consolidations').values(row).returningAll().executeTakeFirstOrThrow() as Promise<ConsolidationRow>,

    byId: (user_id: number, id: number): Promise<ConsolidationRow | undefined> =>
      owned(user_id).where('id', '=', id).selectAll().executeTakeFirst(),

    /** Newest first. @param space_id null: all spaces */
    active: (user_id: number, space_id: number | null, before_id: number, limit: number): Promise<ConsolidationRow[]> =>
      owned(user_id)
        .where('status', '=', 'active')
        .where('id', '<', before_id)
        .$if(space_id !== null, (qb) => qb.where('space_id', '=', space_id))
        .selectAll()
        .orderBy('id', 'desc')
        .limit(limit)
        .execute(),

    async end(user_id: number, id: number, status: 'undone' | 'stale', now: string): Promise<void> {
      await db
        .updateTable('consolidations')
        .set({ status, undone_at: now })
        .where('user_id', '=', user_id)
        .where('id', '=', id)
        .execute();
    },

    /** Of these memories, those that a consolidation tells. */
    async told(user_id: number, memory_ids: readonly number[]): Promise<Set<number>> {
      const rows = await db
        .selectFrom('thought_sources as t')
        .innerJoin('consolidations as c', 'c.id', 't.thought_id')
        .where('t.user_id', '=', user_id)
        .where('t.kind', '=', sql.lit('consolidation'))
        .where('t.memory_id', 'in', idList(memory_ids))
        .where('c.status', '=', sql.lit('active'))
        .select('t.memory_id')
        .distinct()
        .execute();
      return new Set(rows.map(({ memory_id }) => memory_id));
    },

    /** Newest memories that are in no consolidation, and in none that was taken back. */
    singles: (filter: MemoryFilter, limit: number): Promise<Single[]> =>
      db
        .selectFrom('memories as m')
        .where(matchesFilter(filter))
        .where('m.source', 'not in', [...DERIVED])
        .where('m.category', '!=', 'growth')
        .where((eb) =>
          eb.not(
            eb.exists(
              eb
                .selectFrom('thought_sources as t')
                .innerJoin('consolidations as c', 'c.id', 't.thought_id')
                .whereRef('t.memory_id', '=', 'm.id')
                .where('t.kind', '=', sql.lit('consolidation'))
                .where('c.status', '!=', sql.lit('stale'))
                .select('t.thought_id'),
            ),
          ),
        )
        .select(['m.id', 'm.category', 'm.space_id'])
        .orderBy('m.id', 'desc')
        .limit(limit)
        .execute(),
  };
}
export type ConsolidationStore = ReturnType<typeof consolidationStore>;
