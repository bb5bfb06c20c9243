// What the end of memories needs to know: whose time is over, and what goes with a memory. Reads only.
import { sql } from 'kysely';
import type { IdList, StoreDb } from '../../core/store-db.ts';

/** What hangs on memories and goes with them. */
export type Attached = Record<'vectors' | 'links' | 'tags' | 'feedback', number>;

export function trashStore(db: StoreDb, idList: IdList) {
  const idsOf = async (rows: Promise<{ id: number }[]>): Promise<number[]> => (await rows).map(({ id }) => id);

  return {
    /** Memories whose time is over and that are not in the trash yet, the longest overdue first. */
    expired: (user_id: number, now: string, limit: number): Promise<number[]> =>
      idsOf(
        db
          .selectFrom('memories')
          .where('user_id', '=', user_id)
          .where('is_forgotten', '=', sql.lit(0))
          .where('forget_after', '<=', now)
          .select('id')
          .orderBy('forget_after')
          .limit(limit)
          .execute(),
      ),

    /** What came into the trash at that time or earlier, oldest first. */
    forgottenBy: (user_id: number, time: string, limit: number): Promise<number[]> =>
      idsOf(
        db
          .selectFrom('memories')
          .where('user_id', '=', user_id)
          .where('is_forgotten', '=', sql.lit(1))
          .where('forgotten_at', '<=', time)
          .select('id')
          .orderBy('forgotten_at')
          .limit(limit)
          .execute(),
      ),

    async attached(user_id: number, memory_ids: readonly number[]): Promise<Attached> {
      const ids = idList(memory_ids);
      const owned = (table: 'memory_vectors' | 'memory_tags' | 'feedback') =>
        db
          .selectFrom(table)
          .where('user_id', '=', user_id)
          .where('memory_id', 'in', ids)
          .select((eb) => eb.fn.countAll<number>().as('n'))
          .executeTakeFirstOrThrow();
      // Two queries in one: an `or` over both ends would read every edge of the user.
      const { rows } = await sql<{ n: number }>`select count(*) as n from (
          select source_id, target_id, type from memory_links where source_id in ${ids} and user_id = ${user_id}
          union select source_id, target_id, type from memory_links where target_id in ${ids} and user_id = ${user_id}
        ) as edges`.execute(db);
      return {
        vectors: Number((await owned('memory_vectors')).n),
        links: Number(rows[0]!.n),
        tags: Number((await owned('memory_tags')).n),
        feedback: Number((await owned('feedback')).n),
      };
    },
  };
}
export type TrashStore = ReturnType<typeof trashStore>;
