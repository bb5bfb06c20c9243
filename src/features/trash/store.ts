// What the end of memories needs to know: whose time is over, and what goes with a memory. Reads only.
import { sql } from 'kysely';
import type { IdList, StoreDb } from '../../core/store-db.ts';

/** What hangs on memories and goes with them. */
export type Attached = Record<'vectors' | 'links' | 'tags' | 'feedback' | 'facts', number>;

export function trashStore(db: StoreDb, idList: IdList) {
  /** Memories in or out of the trash whose time in a column is over, the longest past first. */
  async function due(
    column: 'forget_after' | 'forgotten_at',
    is_forgotten: 0 | 1,
    { user_id, by, limit }: { user_id: number; by: string; limit: number },
  ): Promise<number[]> {
    const rows = await db
      .selectFrom('memories')
      .where('user_id', '=', user_id)
      .where('is_forgotten', '=', sql.lit(is_forgotten))
      .where(column, '<=', by)
      .select('id')
      .orderBy(column)
      .limit(limit)
      .execute();
    return rows.map(({ id }) => id);
  }

  return {
    /** Memories whose time is over and that are not in the trash yet, the longest overdue first. */
    expired: (user_id: number, now: string, limit: number): Promise<number[]> =>
      due('forget_after', 0, { user_id, by: now, limit }),

    /** What came into the trash at that time or earlier, oldest first. */
    forgottenBy: (user_id: number, by: string, limit: number): Promise<number[]> =>
      due('forgotten_at', 1, { user_id, by, limit }),

    /** Episodes that these memories are in, each once. */
    async episodesOf(user_id: number, memory_ids: readonly number[]): Promise<number[]> {
      const rows = await db
        .selectFrom('memories')
        .where('user_id', '=', user_id)
        .where('id', 'in', idList(memory_ids))
        .where('episode_id', 'is not', null)
        .select('episode_id')
        .distinct()
        .execute();
      return rows.map(({ episode_id }) => episode_id!);
    },

    async attached(user_id: number, memory_ids: readonly number[]): Promise<Attached> {
      const ids = idList(memory_ids);
      const owned = (table: 'memory_vectors' | 'memory_tags' | 'feedback' | 'structured_facts') =>
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
        facts: Number((await owned('structured_facts')).n),
      };
    },
  };
}
export type TrashStore = ReturnType<typeof trashStore>;
