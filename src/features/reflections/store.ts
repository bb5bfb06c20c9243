// All SQL on `reflections`, and which memories are worth reflecting on.
import { type SqlBool, sql } from 'kysely';
import { matchesFilter } from '../../core/memory-filter.ts';
import type { MemoryFilter } from '../../core/ports.ts';
import type { StoreDb } from '../../core/store-db.ts';
import type { ReflectionTable } from '../../core/tables.ts';
import type { MemoryRow } from '../memory/rules.ts';
import { DERIVED } from '../thinking/rules.ts';

export type ReflectionRow = { [K in keyof ReflectionTable]: K extends 'id' ? number : ReflectionTable[K] };

export function reflectionStore(db: StoreDb) {
  const seen = (user_id: number, space_id: number | null) =>
    db
      .selectFrom('reflections')
      .where('user_id', '=', user_id)
      .$if(space_id !== null, (qb) => qb.where('space_id', '=', space_id))
      .selectAll()
      .orderBy('id', 'desc');

  return {
    add: (row: Omit<ReflectionRow, 'id'>): Promise<ReflectionRow> =>
      db.insertInto('reflections').values(row).returningAll().executeTakeFirstOrThrow() as Promise<ReflectionRow>,

    /** Newest first. @param space_id null: all spaces */
    list: (user_id: number, space_id: number | null, before_id: number, limit: number): Promise<ReflectionRow[]> =>
      seen(user_id, space_id).where('id', '<', before_id).limit(limit).execute(),

    /** The newest of a type that was made within a space, or over all of them. */
    latest: (user_id: number, space_id: number | null, reflection_type: string): Promise<ReflectionRow | undefined> =>
      db
        .selectFrom('reflections')
        .where('user_id', '=', user_id)
        .where('space_id', 'is not distinct from', space_id)
        .where('reflection_type', '=', reflection_type)
        .selectAll()
        .orderBy('id', 'desc')
        .limit(1)
        .executeTakeFirst(),

    async remove(user_id: number, id: number): Promise<void> {
      await db.deleteFrom('reflections').where('user_id', '=', user_id).where('id', '=', id).execute();
    },

    /** Important memories that recall never confirmed and nobody reflected on, the most important and oldest first. */
    neglected: (
      filter: MemoryFilter,
      { importance, stored_by }: { importance: number; stored_by: string },
      limit: number,
    ): Promise<MemoryRow[]> =>
      db
        .selectFrom('memories as m')
        .where(matchesFilter(filter))
        .where('m.importance', '>=', importance)
        .where('m.recall_hits', '=', 0)
        .where('m.created_at', '<=', stored_by)
        .where('m.source', 'not in', [...DERIVED])
        .where('m.category', '!=', 'growth')
        .where(
          sql<SqlBool>`not exists (select 1 from thought_sources t join reflections r on r.id = t.thought_id
            where t.memory_id = m.id and t.kind = 'reflection' and r.reflection_type in ('reconsolidate', 'enrich'))`,
        )
        .selectAll('m')
        .orderBy('m.importance', 'desc')
        .orderBy('m.id')
        .limit(limit)
        .execute(),

    /** What was stored or happened in a period, the most important first. */
    ofPeriod: (filter: MemoryFilter, limit: number): Promise<MemoryRow[]> =>
      db
        .selectFrom('memories as m')
        .where(matchesFilter(filter))
        .where('m.source', 'not in', [...DERIVED])
        .selectAll('m')
        .orderBy('m.importance', 'desc')
        .orderBy('m.id', 'desc')
        .limit(limit)
        .execute(),
  };
}
export type ReflectionStore = ReturnType<typeof reflectionStore>;
