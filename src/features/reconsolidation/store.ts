// All SQL on `reconsolidations` and `reconsolidation_places`, and what evidence is gathered from.
import { sql } from 'kysely';
import { matchesFilter } from '../../core/memory-filter.ts';
import type { MemoryFilter } from '../../core/ports.ts';
import type { IdList, StoreDb } from '../../core/store-db.ts';
import type { ReconsolidationTable } from '../../core/tables.ts';
import { OVERRULING, type Overruling } from './rules.ts';

export type ReconsolidationRow = ReconsolidationTable;

export function reconsolidationStore(db: StoreDb, idList: IdList) {
  return {
    applied: async (user_id: number, ids: readonly number[]): Promise<Map<number, ReconsolidationRow>> => {
      if (ids.length === 0) return new Map();
      const rows = await db
        .selectFrom('reconsolidations')
        .where('user_id', '=', user_id)
        .where('memory_id', 'in', idList(ids))
        .selectAll()
        .execute();
      return new Map(rows.map((row) => [row.memory_id, row]));
    },
    async put(row: ReconsolidationRow): Promise<void> {
      const { memory_id: _id, user_id: _owner, ...change } = row;
      await db
        .insertInto('reconsolidations')
        .values(row)
        .onConflict((oc) => oc.column('memory_id').doUpdateSet(change))
        .execute();
    },
    async remove(user_id: number, memory_id: number): Promise<void> {
      await db
        .deleteFrom('reconsolidations')
        .where('user_id', '=', user_id)
        .where('memory_id', '=', memory_id)
        .execute();
    },
    /** Newest change first. */
    list: (filter: MemoryFilter, limit: number) =>
      db
        .selectFrom('reconsolidations as r')
        .innerJoin('memories as m', 'm.id', 'r.memory_id')
        .where('r.user_id', '=', filter.user_id)
        .where('r.is_undone', '=', sql.lit(0))
        .where(matchesFilter(filter))
        .selectAll('r')
        .orderBy('r.updated_at', 'desc')
        .orderBy('r.memory_id', 'desc')
        .limit(limit)
        .execute(),

    /** Links by which newer memories that can be recalled overrule these, by memory. */
    async overruled(filter: MemoryFilter, ids: readonly number[]): Promise<Map<number, Overruling[]>> {
      const found = new Map<number, Overruling[]>();
      if (ids.length === 0) return found;
      const rows = await db
        .selectFrom('memory_links as l')
        .innerJoin('memories as m', 'm.id', 'l.source_id')
        .innerJoin('memories as old', 'old.id', 'l.target_id')
        .where('l.user_id', '=', filter.user_id)
        .where('l.target_id', 'in', idList(ids))
        .where('l.type', 'in', [...OVERRULING])
        .where(matchesFilter(filter))
        .where((eb) =>
          eb(
            eb.fn.coalesce('m.occurred_at', 'm.created_at'),
            '>=',
            eb.fn.coalesce('old.occurred_at', 'old.created_at'),
          ),
        )
        .whereRef('m.space_id', 'is not distinct from', 'old.space_id')
        .select(['l.target_id', 'l.type'])
        .orderBy('l.target_id')
        .orderBy('l.type')
        .execute();
      for (const { target_id, type } of rows)
        found.set(target_id, [...(found.get(target_id) ?? []), type as Overruling]);
      return found;
    },

    /** Ascending, past `after`. */
    page: async (filter: MemoryFilter, after: number, limit: number): Promise<number[]> =>
      (
        await db
          .selectFrom('memories as m')
          .where(matchesFilter(filter))
          .where('m.id', '>', after)
          .select('m.id')
          .orderBy('m.id')
          .limit(limit)
          .execute()
      ).map(({ id }) => id),

    /** Those that newer ones overrule, newest first. */
    async disputed(filter: MemoryFilter, limit: number): Promise<number[]> {
      const rows = await db
        .selectFrom('contradictions as c')
        .innerJoin('memories as m', 'm.id', 'c.memory_a')
        .where('c.user_id', '=', filter.user_id)
        .where('c.status', '=', sql.lit('open'))
        .where(matchesFilter(filter))
        .select('c.memory_a')
        .orderBy('c.memory_b', 'desc')
        .limit(limit)
        .execute();
      return rows.map(({ memory_a }) => memory_a);
    },

    async place(user_id: number): Promise<number> {
      const row = await db
        .selectFrom('reconsolidation_places')
        .where('user_id', '=', user_id)
        .select('after_id')
        .executeTakeFirst();
      return row?.after_id ?? 0;
    },
    async setPlace(user_id: number, after_id: number): Promise<void> {
      await db
        .insertInto('reconsolidation_places')
        .values({ user_id, after_id })
        .onConflict((oc) => oc.column('user_id').doUpdateSet({ after_id }))
        .execute();
    },
  };
}
export type ReconsolidationStore = ReturnType<typeof reconsolidationStore>;
