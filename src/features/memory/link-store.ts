// All SQL on `memory_links`: the edges that the graph channel walks.
import { sql } from 'kysely';
import type { IdList, StoreDb } from '../../core/store-db.ts';

export interface Edge {
  source_id: number;
  target_id: number;
  type: string;
  similarity: number;
}

export function linkStore(db: StoreDb, idList: IdList) {
  return {
    /** @returns false when the edge was there already */
    async add(user_id: number, edge: Edge, now: string): Promise<boolean> {
      const result = await db
        .insertInto('memory_links')
        .values({ ...edge, user_id, created_at: now })
        .onConflict((oc) => oc.columns(['source_id', 'target_id', 'type']).doNothing())
        .executeTakeFirst();
      return (result.numInsertedOrUpdatedRows ?? 0n) > 0n;
    },

    /** Edges that touch any of these memories, in no order, at most `limit`; one between two of them may come twice. */
    async touching(user_id: number, ids: readonly number[], limit: number): Promise<Edge[]> {
      if (ids.length === 0) return [];
      const columns = sql`source_id, target_id, type, similarity`;
      const { rows } = await sql<Edge>`
        select ${columns} from memory_links where source_id in ${idList(ids)} and user_id = ${user_id}
        union all select ${columns} from memory_links where target_id in ${idList(ids)} and user_id = ${user_id}
        limit ${limit}`.execute(db);
      return rows;
    },

    /** Lets a new version take over the edges of the old one, except those of the chain itself. */
    async move(user_id: number, from_id: number, to_id: number): Promise<void> {
      for (const end of ['source_id', 'target_id'] as const) {
        await db
          .updateTable('memory_links')
          .set({ [end]: to_id })
          .where('user_id', '=', user_id)
          .where(end, '=', from_id)
          .where('type', '!=', 'updates')
          .execute();
      }
    },

    async count(user_id: number): Promise<number> {
      const row = await db.selectFrom('memory_links').where('user_id', '=', user_id).select((eb) => eb.fn.countAll<number>().as('n')).executeTakeFirstOrThrow();
      return row.n;
    },
  };
}
export type LinkStore = ReturnType<typeof linkStore>;
