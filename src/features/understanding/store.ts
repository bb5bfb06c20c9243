// All SQL on `understanding_backlog`: memories that were stored and not yet read for what they say.
import { sql } from 'kysely';
import type { IdList, StoreDb } from '../../core/store-db.ts';

export function understandingStore(db: StoreDb, idList: IdList) {
  return {
    async add(user_id: number, memory_id: number): Promise<void> {
      await db
        .insertInto('understanding_backlog')
        .values({ user_id, memory_id })
        .onConflict((oc) => oc.doNothing())
        .execute();
    },

    /** Puts every current memory of a user back, so that what is known of them is found anew. @returns how many */
    async addAll(user_id: number): Promise<number> {
      const added = await db
        .insertInto('understanding_backlog')
        .columns(['user_id', 'memory_id'])
        .expression(
          db
            .selectFrom('memories as m')
            .where('m.user_id', '=', user_id)
            .where('m.is_latest', '=', sql.lit(1))
            .select(['m.user_id', 'm.id']),
        )
        .onConflict((oc) => oc.doNothing())
        .executeTakeFirst();
      return Number(added.numInsertedOrUpdatedRows ?? 0);
    },

    /** Memories that can be read now, in the order they were stored; those in review or in the trash wait on. */
    async page(user_id: number, after_id: number, limit: number): Promise<number[]> {
      const rows = await db
        .selectFrom('understanding_backlog as b')
        .innerJoin('memories as m', 'm.id', 'b.memory_id')
        .where('b.user_id', '=', user_id)
        .where('b.memory_id', '>', after_id)
        .where('m.status', '=', sql.lit('approved'))
        .where('m.is_forgotten', '=', sql.lit(0))
        .select('b.memory_id')
        .orderBy('b.memory_id')
        .limit(limit)
        .execute();
      return rows.map(({ memory_id }) => memory_id);
    },

    async remove(user_id: number, memory_ids: readonly number[]): Promise<void> {
      await db
        .deleteFrom('understanding_backlog')
        .where('user_id', '=', user_id)
        .where('memory_id', 'in', idList(memory_ids))
        .execute();
    },

    async count(user_id: number): Promise<number> {
      const row = await db
        .selectFrom('understanding_backlog')
        .where('user_id', '=', user_id)
        .select((eb) => eb.fn.countAll<number>().as('n'))
        .executeTakeFirstOrThrow();
      return Number(row.n);
    },

    /** Users of whom something waits. */
    async users(): Promise<number[]> {
      const rows = await db.selectFrom('understanding_backlog').select('user_id').distinct().execute();
      return rows.map(({ user_id }) => user_id);
    },
  };
}
export type UnderstandingStore = ReturnType<typeof understandingStore>;
