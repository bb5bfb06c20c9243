// All SQL on `thought_sources`: which memories a thought was made from. Reflections, consolidations and digests share it.
import { type SqlBool, sql } from 'kysely';
import type { IdList, StoreDb } from '../../core/store-db.ts';
import type { ThoughtSourceTable } from '../../core/tables.ts';

export type Kind = ThoughtSourceTable['kind'];

export function sourceStore(db: StoreDb, idList: IdList) {
  return {
    async add(user_id: number, kind: Kind, thought_id: number, memory_ids: readonly number[]): Promise<void> {
      if (memory_ids.length === 0) return;
      await db
        .insertInto('thought_sources')
        .values(memory_ids.map((memory_id) => ({ kind, thought_id, memory_id, user_id })))
        .onConflict((oc) => oc.doNothing())
        .execute();
    },

    async remove(user_id: number, kind: Kind, thought_ids: readonly number[]): Promise<void> {
      await db
        .deleteFrom('thought_sources')
        .where('user_id', '=', user_id)
        .where('kind', '=', kind)
        .where('thought_id', 'in', idList(thought_ids))
        .execute();
    },

    /** Ids of the sources of each thought, ascending; those erased are missing. */
    async of(user_id: number, kind: Kind, thought_ids: readonly number[]): Promise<Map<number, number[]>> {
      const found = new Map<number, number[]>();
      if (thought_ids.length === 0) return found;
      const rows = await db
        .selectFrom('thought_sources')
        .where('user_id', '=', user_id)
        .where('kind', '=', kind)
        .where('thought_id', 'in', idList(thought_ids))
        .select(['thought_id', 'memory_id'])
        .orderBy('thought_id')
        .orderBy('memory_id')
        .execute();
      for (const { thought_id, memory_id } of rows)
        found.set(thought_id, [...(found.get(thought_id) ?? []), memory_id]);
      return found;
    },

    /**
     * How many sources of each thought may still be told: not erased, not in the trash, not archived, not past their time,
     * and approved. An older version may: what a thought said of the past stays so when the memory is changed.
     */
    async telling(
      user_id: number,
      kind: Kind,
      thought_ids: readonly number[],
      now: string,
    ): Promise<Map<number, number>> {
      if (thought_ids.length === 0) return new Map();
      const rows = await db
        .selectFrom('thought_sources as t')
        .innerJoin('memories as m', 'm.id', 't.memory_id')
        .where('t.user_id', '=', user_id)
        .where('t.kind', '=', kind)
        .where('t.thought_id', 'in', idList(thought_ids))
        .where('m.is_forgotten', '=', sql.lit(0))
        .where('m.is_archived', '=', sql.lit(0))
        .where('m.status', '=', 'approved')
        .where(sql<SqlBool>`(m.forget_after is null or m.forget_after > ${now})`)
        .select((eb) => ['t.thought_id', eb.fn.countAll<number>().as('n')])
        .groupBy('t.thought_id')
        .execute();
      return new Map(rows.map(({ thought_id, n }) => [thought_id, Number(n)]));
    },

    /** Which of these memories are sources of a thought of this kind. */
    async used(
      user_id: number,
      kind: Kind,
      memory_ids: readonly number[],
    ): Promise<{ memory_id: number; thought_id: number }[]> {
      if (memory_ids.length === 0) return [];
      return db
        .selectFrom('thought_sources')
        .where('user_id', '=', user_id)
        .where('kind', '=', kind)
        .where('memory_id', 'in', idList(memory_ids))
        .select(['memory_id', 'thought_id'])
        .orderBy('memory_id')
        .orderBy('thought_id')
        .execute();
    },
  };
}
export type SourceStore = ReturnType<typeof sourceStore>;
