// All SQL on `memory_parts`: which memories each state one fact of which longer one.
import { sql } from 'kysely';
import type { IdList, StoreDb } from '../../core/store-db.ts';
import type { MemoryRow } from '../memory/rules.ts';
import { AUTO_CHARS, PART_SOURCE } from './rules.ts';

/** A part, and whether it is in the trash or archived. */
export type Part = Pick<
  MemoryRow,
  'id' | 'content' | 'source' | 'is_forgotten' | 'is_archived' | 'forget_reason' | 'content_hash'
>;

export function partStore(db: StoreDb, idList: IdList) {
  const PART = [
    'm.id',
    'm.content',
    'm.source',
    'm.is_forgotten',
    'm.is_archived',
    'm.forget_reason',
    'm.content_hash',
  ] as const;
  /** Recallable. */
  const shown = (alias: 'm' | 'w') =>
    sql<boolean>`${sql.ref(`${alias}.is_forgotten`)} + ${sql.ref(`${alias}.is_archived`)} = 0`;

  return {
    /** In the order in which they stand in the whole; those in the trash too. */
    of: (user_id: number, whole_id: number): Promise<Part[]> =>
      db
        .selectFrom('memory_parts as p')
        .innerJoin('memories as m', 'm.id', 'p.part_id')
        .where('p.whole_id', '=', whole_id)
        .where('p.user_id', '=', user_id)
        .select(PART)
        .orderBy('p.id')
        .execute(),

    async add(user_id: number, whole_id: number, part_id: number): Promise<void> {
      await db
        .insertInto('memory_parts')
        .values({ user_id, whole_id, part_id })
        .onConflict((oc) => oc.columns(['whole_id', 'part_id']).doNothing())
        .execute();
    },

    async remove(user_id: number, whole_id: number, part_ids: readonly number[]): Promise<void> {
      await db
        .deleteFrom('memory_parts')
        .where('user_id', '=', user_id)
        .where('whole_id', '=', whole_id)
        .where('part_id', 'in', idList(part_ids))
        .execute();
    },

    /** A new version takes over the parts of the one before. */
    async move(user_id: number, from_id: number, to_id: number): Promise<void> {
      const there = db.selectFrom('memory_parts').select('part_id').where('whole_id', '=', to_id);
      await db
        .deleteFrom('memory_parts')
        .where('whole_id', '=', from_id)
        .where('part_id', 'in', there)
        .where('user_id', '=', user_id)
        .execute();
      await db
        .updateTable('memory_parts')
        .set({ whole_id: to_id })
        .where('user_id', '=', user_id)
        .where('whole_id', '=', from_id)
        .execute();
    },

    /** Of these parts, those that a memory that can be recalled still states. */
    async stated(user_id: number, part_ids: readonly number[]): Promise<Set<number>> {
      const rows = await db
        .selectFrom('memory_parts as p')
        .innerJoin('memories as w', 'w.id', 'p.whole_id')
        .where('p.part_id', 'in', idList(part_ids))
        .where('p.user_id', '=', user_id)
        .where(shown('w'))
        .where('w.is_latest', '=', sql.lit(1))
        .select('p.part_id')
        .execute();
      return new Set(rows.map(({ part_id }) => part_id));
    },

    /** Parts that are shown though a memory they are part of is in the trash, archived or erased. */
    async left(user_id: number, limit: number): Promise<Part[]> {
      const parts = (query: 'hidden' | 'erased') =>
        query === 'erased'
          ? db
              .selectFrom('memory_parts as p')
              .innerJoin('memories as m', 'm.id', 'p.part_id')
              .where('p.user_id', '=', user_id)
              .where('p.whole_id', 'is', null)
          : db
              .selectFrom('memories as w')
              .innerJoin('memory_parts as p', 'p.whole_id', 'w.id')
              .innerJoin('memories as m', 'm.id', 'p.part_id')
              .where('w.user_id', '=', user_id)
              .where('w.is_decomposed', '=', sql.lit(1))
              // Written as in the index of hidden wholes, so that it applies.
              .where(sql<boolean>`w.is_forgotten + w.is_archived > 0`);
      const found = [];
      for (const query of ['hidden', 'erased'] as const)
        found.push(
          ...(await parts(query)
            .where('m.source', '=', PART_SOURCE)
            .where(shown('m'))
            .where('m.is_latest', '=', sql.lit(1))
            .select(PART)
            .limit(limit)
            .execute()),
        );
      return found;
    },

    /** Parts that are hidden though a memory that can be recalled states them. */
    back: (user_id: number, reason: string, limit: number): Promise<Part[]> =>
      db
        .selectFrom('memories as m')
        .innerJoin('memory_parts as p', 'p.part_id', 'm.id')
        .innerJoin('memories as w', 'w.id', 'p.whole_id')
        .where('m.user_id', '=', user_id)
        .where('m.source', '=', sql.lit(PART_SOURCE))
        .where(sql<boolean>`m.is_forgotten + m.is_archived > 0`)
        .where('m.forget_reason', '=', reason)
        .where(shown('w'))
        .where('w.is_latest', '=', sql.lit(1))
        .select(PART)
        .distinct()
        .limit(limit)
        .execute(),

    /** Erased wholes leave rows behind; once their parts have followed they are of no use. */
    async forgetErased(user_id: number): Promise<void> {
      await db.deleteFrom('memory_parts').where('user_id', '=', user_id).where('whole_id', 'is', null).execute();
    },

    /** Long memories that were never taken apart, in the order they were stored. */
    undivided: (user_id: number, after_id: number, now: string, limit: number): Promise<MemoryRow[]> =>
      db
        .selectFrom('memories as m')
        .where('m.user_id', '=', user_id)
        .where('m.id', '>', after_id)
        .where('m.is_latest', '=', sql.lit(1))
        .where('m.is_forgotten', '=', sql.lit(0))
        .where('m.is_archived', '=', sql.lit(0))
        .where('m.is_decomposed', '=', sql.lit(0))
        .where('m.status', '=', sql.lit('approved'))
        .where('m.category', '!=', sql.lit('fact'))
        .where(sql<boolean>`length(m.content) >= ${sql.lit(AUTO_CHARS)}`)
        .where((eb) => eb.or([eb('m.forget_after', 'is', null), eb('m.forget_after', '>', now)]))
        .selectAll('m')
        .orderBy('m.id')
        .limit(limit)
        .execute(),
  };
}
export type PartStore = ReturnType<typeof partStore>;
