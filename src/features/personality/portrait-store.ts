// All SQL on portraits: what a language model wrote about a user, from which memories, and whether it is still so.
import { sql } from 'kysely';
import type { StoreDb } from '../../core/store-db.ts';
import type { PersonalityPortraitTable } from '../../core/tables.ts';

export function portraitStore(db: StoreDb) {
  return {
    bySpace: (user_id: number, space_id: number): Promise<PersonalityPortraitTable | undefined> =>
      db
        .selectFrom('personality_portraits')
        .where('user_id', '=', user_id)
        .where('space_id', '=', space_id)
        .selectAll()
        .executeTakeFirst(),

    async put(row: PersonalityPortraitTable): Promise<void> {
      const { portrait, memory_ids, is_stale, last_updated_at } = row;
      await db
        .insertInto('personality_portraits')
        .values(row)
        .onConflict((oc) =>
          oc.columns(['user_id', 'space_id']).doUpdateSet({ portrait, memory_ids, is_stale, last_updated_at }),
        )
        .execute();
    },

    /** There is something new about a user: portraits that exist are stale, and one of all spaces is wanted. */
    async outdate(user_id: number, now: string): Promise<void> {
      await db
        .insertInto('personality_portraits')
        .values({
          user_id,
          space_id: 0,
          portrait: null,
          memory_ids: '[]',
          is_stale: 1,
          created_at: now,
          last_updated_at: now,
        })
        .onConflict((oc) => oc.doNothing())
        .execute();
      await db
        .updateTable('personality_portraits')
        .set({ is_stale: 1 })
        .where('user_id', '=', user_id)
        .where('is_stale', '=', 0)
        .execute();
    },

    /** Users whose portrait of all spaces is stale. Reads the whole table, which has a row or two for each user. */
    async stale(limit: number): Promise<number[]> {
      const rows = await db
        .selectFrom('personality_portraits')
        .where('is_stale', '=', sql.lit(1))
        .where('space_id', '=', sql.lit(0))
        .select('user_id')
        .orderBy('user_id')
        .limit(limit)
        .execute();
      return rows.map(({ user_id }) => user_id);
    },
  };
}
export type PortraitStore = ReturnType<typeof portraitStore>;
