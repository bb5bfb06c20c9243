// What reviews need to know about memories. Reads only: memory/store.ts writes the table.
import { sql } from 'kysely';
import { matchesFilter } from '../../core/memory-filter.ts';
import type { MemoryFilter } from '../../core/ports.ts';
import { prepared } from '../../core/prepared.ts';
import type { IdList, StoreDb } from '../../core/store-db.ts';
import { type MemoryRow, REVIEW_COLUMNS } from '../memory/rules.ts';

const COLUMNS = ['id', 'is_static', ...REVIEW_COLUMNS, 'last_accessed_at', 'created_at'] as const;
/** A memory as a review sees it. */
export type ReviewState = Pick<MemoryRow, (typeof COLUMNS)[number]>;

export function reviewStore(db: StoreDb, idList: IdList) {
  const statesOf = prepared<{ user_id: number; ids: unknown }, ReviewState>(db, ({ user_id, ids }) =>
    db
      .selectFrom('memories')
      .where('user_id', '=', user_id)
      .where('id', 'in', idList.of(ids))
      .where('is_forgotten', '=', sql.lit(0))
      .where('is_archived', '=', sql.lit(0))
      .select(COLUMNS),
  );

  return {
    /** Without those that were hidden meanwhile: their last word was "Again". */
    states: async (user_id: number, ids: readonly number[]): Promise<ReviewState[]> =>
      ids.length === 0 ? [] : statesOf({ user_id, ids: idList.bind(ids) }),

    /** Memories from before there were reviews, ascending, hidden ones too. */
    unreviewed: async (user_id: number, after: number, limit: number): Promise<number[]> =>
      (
        await db
          .selectFrom('memories')
          .where('user_id', '=', user_id)
          .where('fsrs_stability', 'is', null)
          .where('id', '>', after)
          .select('id')
          .orderBy('id')
          .limit(limit)
          .execute()
      ).map(({ id }) => id),

    /** Of the memories that pass the filter and can fade, those whose last review is longest ago. */
    longestUnreviewed: (filter: MemoryFilter, limit: number): Promise<ReviewState[]> =>
      db
        .selectFrom('memories as m')
        .where(matchesFilter({ ...filter, is_static: false }))
        .where('m.fsrs_last_review_at', 'is not', null)
        .select(COLUMNS.map((column) => `m.${column}` as const))
        .orderBy('m.fsrs_last_review_at')
        .orderBy('m.id')
        .limit(limit)
        .execute(),
  };
}
export type ReviewStore = ReturnType<typeof reviewStore>;
