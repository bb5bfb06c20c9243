// All SQL on `memory_links`: the edges that the graph channel walks.
import { sql } from 'kysely';
import { prepared } from '../../core/prepared.ts';
import type { IdList, StoreDb } from '../../core/store-db.ts';
import type { Succession } from './service.ts';

export interface Edge {
  source_id: number;
  target_id: number;
  type: string;
  similarity: number;
}

/** From a version to the one whose place it took: true of those two alone. */
const CHAIN_EDGES: readonly Succession['edge'][] = ['updates', 'corrects'];

/** Edges looked at per step: two per seed in a conversation, more around hubs. */
export const MAX_EDGES = 2_000;

const ENDS = [
  ['source_id', 'target_id'],
  ['target_id', 'source_id'],
] as const;

export function linkStore(db: StoreDb, idList: IdList) {
  const columns = sql`source_id, target_id, type, similarity`;
  const edgesOf = prepared<{ user_id: number; ids: unknown }, Edge>(db, ({ user_id, ids }) => ({
    compile: () =>
      sql<Edge>`
        select ${columns} from memory_links where source_id in ${idList.of(ids)} and user_id = ${user_id}
        union all select ${columns} from memory_links where target_id in ${idList.of(ids)} and user_id = ${user_id}
        limit ${sql.lit(MAX_EDGES)}`.compile(db),
  }));
  const insertEdge = prepared<Edge & { user_id: number; created_at: string }, { source_id: number }>(db, (slots) =>
    db
      .insertInto('memory_links')
      .values({
        source_id: slots.source_id,
        target_id: slots.target_id,
        type: slots.type,
        similarity: slots.similarity,
        user_id: slots.user_id,
        created_at: slots.created_at,
      })
      // What the program had found is from now on what somebody said.
      .onConflict((oc) =>
        oc
          .columns(['source_id', 'target_id', 'type'])
          .doUpdateSet({ origin: sql.lit('manual'), similarity: slots.similarity })
          .where('memory_links.origin', '=', sql.lit('auto')),
      )
      .returning('source_id'),
  );

  return {
    /** @returns false when the edge was there already */
    async add(user_id: number, edge: Edge, now: string): Promise<boolean> {
      return (
        (
          await insertEdge({
            source_id: edge.source_id,
            target_id: edge.target_id,
            type: edge.type,
            similarity: edge.similarity,
            user_id,
            created_at: now,
          })
        ).length > 0
      );
    },

    /**
     * Replaces what the program found between a memory and those stored before it. Edges that are there already, however
     * they came about, stay as they are.
     */
    async replaceFound(user_id: number, id: number, edges: readonly Edge[], now: string): Promise<void> {
      for (const [end, other] of ENDS) {
        // Looked at first: a range over ids would lead the database to read the user's whole index.
        const found = await db
          .selectFrom('memory_links')
          .where('user_id', '=', user_id)
          .where(end, '=', id)
          .where('origin', '=', sql.lit('auto'))
          .select([`${other} as other`, 'type'])
          .execute();
        for (const edge of found)
          if (edge.other < id)
            await db
              .deleteFrom('memory_links')
              .where('user_id', '=', user_id)
              .where(end, '=', id)
              .where(other, '=', edge.other)
              .where('type', '=', edge.type)
              .execute();
      }
      if (edges.length === 0) return;
      await db
        .insertInto('memory_links')
        .values(
          edges.map(({ source_id, target_id, type, similarity }) => ({
            ...{ user_id, source_id, target_id, type, similarity },
            origin: 'auto',
            created_at: now,
          })),
        )
        .onConflict((oc) => oc.columns(['source_id', 'target_id', 'type']).doNothing())
        .execute();
    },

    /** Memories that are linked with this one by something else than what the program found. */
    async givenTo(user_id: number, id: number): Promise<Set<number>> {
      const given = new Set<number>();
      for (const [end, other] of ENDS) {
        const rows = await db
          .selectFrom('memory_links')
          .where('user_id', '=', user_id)
          .where(end, '=', id)
          .where('origin', '!=', sql.lit('auto'))
          .select(`${other} as other`)
          .limit(MAX_EDGES)
          .execute();
        for (const row of rows) given.add(row.other);
      }
      return given;
    },

    /** Takes away the edges of a type between two memories, in either direction. */
    async drop(user_id: number, one: number, other: number, type: string): Promise<void> {
      for (const [end, opposite] of ENDS)
        await db
          .deleteFrom('memory_links')
          .where('user_id', '=', user_id)
          .where(end, '=', one)
          .where(opposite, '=', other)
          .where('type', '=', type)
          .execute();
    },

    /** Edges that touch any of these memories, in no order, at most MAX_EDGES; one between two of them may come twice. */
    async touching(user_id: number, ids: readonly number[]): Promise<Edge[]> {
      return ids.length === 0 ? [] : edgesOf({ user_id, ids: idList.bind(ids) });
    },

    /** Lets a new version take over the edges of the old one, except those that say which version it replaced. */
    async move(user_id: number, from_id: number, to_id: number): Promise<void> {
      for (const [end] of ENDS) {
        await db
          .updateTable('memory_links')
          .set({ [end]: to_id })
          .where('user_id', '=', user_id)
          .where(end, '=', from_id)
          .where('type', 'not in', CHAIN_EDGES)
          .execute();
      }
    },

    async count(user_id: number): Promise<number> {
      const row = await db
        .selectFrom('memory_links')
        .where('user_id', '=', user_id)
        .select((eb) => eb.fn.countAll<number>().as('n'))
        .executeTakeFirstOrThrow();
      return row.n;
    },
  };
}
export type LinkStore = ReturnType<typeof linkStore>;
