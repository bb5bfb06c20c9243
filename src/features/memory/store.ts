// All SQL on `memories` and `memory_tags`. Named queries, no rules; every one names the owner.
import { type Expression, sql } from 'kysely';
import { isPlain, matchesFilter } from '../../core/memory-filter.ts';
import type { MemoryFilter } from '../../core/ports.ts';
import { prepared } from '../../core/prepared.ts';
import type { IdList, StoreDb } from '../../core/store-db.ts';
import { mayRepeat, type RepeatKey } from './repeat-filter.ts';
import {
  type MemoryRow,
  NEW_MEMORY_COLUMNS,
  type NewMemory,
  REVIEW_COLUMNS,
  type ReviewColumns,
  tagsOf,
} from './rules.ts';

/** Fields ranking needs; content is left out because most candidates are never shown. */
export const RANKING_COLUMNS = [
  'id', 'session_id', 'source', 'importance', 'source_count', 'is_static', 'created_at', 'occurred_at',
  'fsrs_stability', 'fsrs_storage_strength', 'fsrs_retrieval_strength', 'fsrs_last_review_at', 'last_accessed_at',
  'recall_hits', 'recall_misses',
] as const; // biome-ignore format: a list
export type RankingRow = Pick<MemoryRow, (typeof RANKING_COLUMNS)[number]> & {
  opening: string;
  /** How central it is among the links, 0..1; null when it was not ranked yet. */
  pagerank: number | null;
};

/** Characters of content that ranking reads: who speaks, and how well it meets the words of the question. */
const OPENING_CHARS = 800;

const LABEL_PAGE = 1_000;

type ExactKey = RepeatKey & Pick<NewMemory, 'content_hash'>;

export function memoryStore(db: StoreDb, idList: IdList) {
  const owned = (user_id: number) => db.selectFrom('memories').where('user_id', '=', user_id);

  const rankingOf = (filter: MemoryFilter, ids: Expression<number>) =>
    db
      .selectFrom('memories as m')
      .leftJoin('memory_ranks as r', 'r.memory_id', 'm.id')
      .where('m.id', 'in', ids)
      .where(matchesFilter(filter))
      .select('r.pagerank')
      .select(RANKING_COLUMNS.map((column) => `m.${column}` as const))
      .select((eb) => eb.fn<string>('substr', ['m.content', eb.lit(1), eb.lit(OPENING_CHARS)]).as('opening'));
  const plainRanking = prepared<{ user_id: number; now: string; ids: unknown }, RankingRow>(
    db,
    ({ user_id, now, ids }) => rankingOf({ user_id, now }, idList.of(ids)),
  );
  const rowsOf = prepared<{ user_id: number; ids: unknown }, MemoryRow>(db, ({ user_id, ids }) =>
    owned(user_id).where('id', 'in', idList.of(ids)).selectAll(),
  );
  const addReads = prepared<{ user_id: number; id: number; times: number; now: string }, unknown>(db, (slots) =>
    db
      .updateTable('memories')
      .set((eb) => ({ access_count: eb('access_count', '+', slots.times), last_accessed_at: slots.now }))
      .where('user_id', '=', slots.user_id)
      .where('id', '=', slots.id),
  );
  const addReview = prepared<ReviewColumns & { user_id: number; id: number; times: number; now: string }, unknown>(
    db,
    (slots) =>
      db
        .updateTable('memories')
        .set((eb) => ({
          ...(Object.fromEntries(REVIEW_COLUMNS.map((column) => [column, slots[column]])) as unknown as ReviewColumns),
          access_count: eb('access_count', '+', slots.times),
          last_accessed_at: slots.now,
        }))
        .where('user_id', '=', slots.user_id)
        .where('id', '=', slots.id),
  );
  const insertRow = prepared<NewMemory, { id: number }>(db, (slots) =>
    db
      .insertInto('memories')
      .values(Object.fromEntries(NEW_MEMORY_COLUMNS.map((column) => [column, slots[column]])) as unknown as NewMemory)
      .returning('id'),
  );
  // Nearly always in vain, so little is asked first: a bound status makes SQLite prepare the whole statement anew at each
  // run, since it could decide whether a partial index applies.
  const findHash = prepared<Pick<ExactKey, 'user_id' | 'content_hash'>, { id: number }>(db, (slots) =>
    db
      .selectFrom('memories')
      .where('user_id', '=', slots.user_id)
      .where('content_hash', '=', slots.content_hash)
      .select('id')
      .limit(sql.lit(1)),
  );
  const findRepeat = prepared<ExactKey, MemoryRow>(db, (slots) =>
    db
      .selectFrom('memories as m')
      .where('m.content_hash', '=', slots.content_hash)
      .where(mayRepeat(slots))
      .selectAll('m')
      .orderBy('m.id', 'desc')
      .limit(sql.lit(1)),
  );
  const findLast = prepared<{ user_id: number; session_id: string; before_id: number }, { id: number }>(db, (slots) =>
    db
      .selectFrom('memories')
      .where('user_id', '=', slots.user_id)
      .where('session_id', '=', slots.session_id)
      .where('id', '<', slots.before_id)
      .where('is_latest', '=', sql.lit(1))
      .select('id')
      .orderBy('id', 'desc')
      .limit(sql.lit(1)),
  );

  return {
    async insert(row: NewMemory): Promise<number> {
      const [{ id }] = (await insertRow(row)) as [{ id: number }];
      if (row.tags !== '[]') await this.putTags(row.user_id, id, tagsOf(row));
      return id;
    },

    async putTags(user_id: number, memory_id: number, tags: readonly string[]): Promise<void> {
      if (tags.length === 0) return;
      await db
        .insertInto('memory_tags')
        .values(tags.map((tag) => ({ memory_id, user_id, tag })))
        .execute();
    },

    async replaceTags(user_id: number, memory_id: number, tags: readonly string[], now: string): Promise<void> {
      await db.deleteFrom('memory_tags').where('memory_id', '=', memory_id).where('user_id', '=', user_id).execute();
      await this.putTags(user_id, memory_id, tags);
      await this.set(user_id, memory_id, { tags: JSON.stringify(tags), updated_at: now });
    },

    byId: (user_id: number, id: number): Promise<MemoryRow | undefined> =>
      owned(user_id).where('id', '=', id).selectAll().executeTakeFirst(),

    byIds: async (user_id: number, ids: readonly number[]): Promise<MemoryRow[]> =>
      ids.length === 0 ? [] : rowsOf({ user_id, ids: idList.bind(ids) }),

    /** Ranking fields of those of the ids that pass the filter. */
    async ranking(filter: MemoryFilter, ids: readonly number[]): Promise<RankingRow[]> {
      if (ids.length === 0) return [];
      if (isPlain(filter)) return plainRanking({ user_id: filter.user_id, now: filter.now, ids: idList.bind(ids) });
      return rankingOf(filter, idList(ids)).execute();
    },

    /** Ids that pass the filter: what a vector index may return. */
    idsWhere: async (filter: MemoryFilter): Promise<number[]> =>
      (await db.selectFrom('memories as m').where(matchesFilter(filter)).select('m.id').execute()).map((row) => row.id),

    newestIds: async (filter: MemoryFilter, limit: number): Promise<number[]> =>
      (
        await db
          .selectFrom('memories as m')
          .where(matchesFilter(filter))
          .select('m.id')
          .orderBy('m.id', 'desc')
          .limit(limit)
          .execute()
      ).map((row) => row.id),

    /** What facets count, of these memories. */
    async labels(
      user_id: number,
      ids: readonly number[],
    ): Promise<Pick<MemoryRow, 'category' | 'source' | 'importance' | 'tags'>[]> {
      const rows = [];
      for (let at = 0; at < ids.length; at += LABEL_PAGE) {
        const page = idList(ids.slice(at, at + LABEL_PAGE));
        rows.push(
          ...(await owned(user_id)
            .where('id', 'in', page)
            .select(['category', 'source', 'importance', 'tags'])
            .execute()),
        );
      }
      return rows;
    },

    /** Of all users: the one number here that has no owner, for metrics. */
    async total(): Promise<number> {
      const row = await db
        .selectFrom('memories')
        .select((eb) => eb.fn.countAll<number>().as('n'))
        .executeTakeFirstOrThrow();
      return Number(row.n);
    },

    list: (filter: MemoryFilter, limit: number, offset: number): Promise<MemoryRow[]> =>
      db
        .selectFrom('memories as m')
        .where(matchesFilter(filter))
        .selectAll('m')
        .orderBy('m.id', 'desc')
        .limit(limit)
        .offset(offset)
        .execute(),

    /** The latest recallable memory that says exactly this in the same space and session. */
    repeatOf: async (row: ExactKey): Promise<MemoryRow | undefined> =>
      (await findHash(row)).length === 0 ? undefined : (await findRepeat(row))[0],

    /** The newest memory of a session that is still the latest of its chain. */
    async lastInSession(user_id: number, session_id: string, before_id: number): Promise<number | undefined> {
      return (await findLast({ user_id, session_id, before_id }))[0]?.id;
    },

    async set(user_id: number, id: number, change: Partial<NewMemory>): Promise<boolean> {
      const result = await db
        .updateTable('memories')
        .set(change)
        .where('user_id', '=', user_id)
        .where('id', '=', id)
        .executeTakeFirst();
      return result.numUpdatedRows > 0n;
    },

    /**
     * Steps down for a successor; false when something newer already took its place.
     * @param reason why, when it was wrong
     */
    async supersede(user_id: number, id: number, now: string, reason: string | null = null): Promise<boolean> {
      const result = await db
        .updateTable('memories')
        .set({ is_latest: 0, superseded_at: now, updated_at: now, ...(reason !== null && { forget_reason: reason }) })
        .where('user_id', '=', user_id)
        .where('id', '=', id)
        .where('is_latest', '=', sql.lit(1))
        .executeTakeFirst();
      return result.numUpdatedRows > 0n;
    },

    /** Moves those to the trash whose time is over. @returns how many */
    async expire(user_id: number, ids: readonly number[], now: string): Promise<number> {
      const result = await db
        .updateTable('memories')
        .set((eb) => ({
          is_forgotten: 1,
          forgotten_at: now,
          forget_reason: eb.fn.coalesce('forget_reason', sql.lit('expired')),
          updated_at: now,
        }))
        .where('user_id', '=', user_id)
        .where('id', 'in', idList(ids))
        .where('is_forgotten', '=', sql.lit(0))
        .where('forget_after', '<=', now)
        .executeTakeFirst();
      return Number(result.numUpdatedRows);
    },

    async strengthen(user_id: number, id: number, now: string): Promise<void> {
      await db
        .updateTable('memories')
        .set((eb) => ({ source_count: eb('source_count', '+', 1), updated_at: now }))
        .where('user_id', '=', user_id)
        .where('id', '=', id)
        .execute();
    },

    /** Adds buffered reads to the counters. */
    touch: async (user_id: number, id: number, times: number, now: string): Promise<void> =>
      void (await addReads({ user_id, id, times, now })),

    /** What a review made of it, with the reads that were the review. */
    review: async (user_id: number, id: number, change: ReviewColumns, times: number, now: string): Promise<void> =>
      void (await addReview({ ...change, user_id, id, times, now })),

    /** As if these had been reviewed when they were last read, else when they were stored. */
    async initialise(user_id: number, ids: readonly number[], change: Omit<ReviewColumns, 'fsrs_last_review_at'>) {
      await db
        .updateTable('memories')
        .set((eb) => ({ ...change, fsrs_last_review_at: eb.fn.coalesce('last_accessed_at', 'created_at') }))
        .where('user_id', '=', user_id)
        .where('id', 'in', idList(ids))
        .execute();
    },

    /** Puts those that are not in the trash into an episode. @returns how many are in it now */
    async assign(user_id: number, ids: readonly number[], episode_id: number, now: string): Promise<number> {
      const result = await db
        .updateTable('memories')
        .set({ episode_id, updated_at: now })
        .where('user_id', '=', user_id)
        .where('id', 'in', idList(ids))
        .where('is_forgotten', '=', sql.lit(0))
        .executeTakeFirst();
      return Number(result.numUpdatedRows);
    },

    async remove(user_id: number, ids: readonly number[]): Promise<number> {
      if (ids.length === 0) return 0;
      const result = await db
        .deleteFrom('memories')
        .where('user_id', '=', user_id)
        .where('id', 'in', idList(ids))
        .executeTakeFirst();
      return Number(result.numDeletedRows);
    },

    /** Whole version chain, oldest first. */
    chain: (user_id: number, root_id: number): Promise<MemoryRow[]> =>
      owned(user_id)
        .where((eb) => eb.or([eb('id', '=', root_id), eb('root_memory_id', '=', root_id)]))
        .selectAll()
        .orderBy('version')
        .orderBy('id')
        .execute(),

    trash: (user_id: number, limit: number, offset: number): Promise<MemoryRow[]> =>
      owned(user_id)
        .where('is_forgotten', '=', sql.lit(1))
        .selectAll()
        .orderBy('id', 'desc')
        .limit(limit)
        .offset(offset)
        .execute(),

    tagCounts: (filter: MemoryFilter, limit: number): Promise<{ tag: string; count: number }[]> =>
      db
        .selectFrom('memory_tags as t')
        .innerJoin('memories as m', 'm.id', 't.memory_id')
        .where('t.user_id', '=', filter.user_id)
        .where(matchesFilter(filter))
        .select((eb) => ['t.tag', eb.fn.countAll<number>().as('count')])
        .groupBy('t.tag')
        .orderBy('count', 'desc')
        .orderBy('t.tag')
        .limit(limit)
        .execute(),

    categoryCounts: (filter: MemoryFilter): Promise<{ category: string; count: number }[]> =>
      db
        .selectFrom('memories as m')
        .where(matchesFilter(filter))
        .select((eb) => ['m.category', eb.fn.countAll<number>().as('count')])
        .groupBy('m.category')
        .orderBy('count', 'desc')
        .orderBy('m.category')
        .execute(),

    outline: (filter: MemoryFilter) =>
      db
        .selectFrom('memories as m')
        .where(matchesFilter(filter))
        .select((eb) => [
          eb.fn.countAll<number>().as('count'),
          eb.fn.min('m.created_at').as('oldest'),
          eb.fn.max('m.created_at').as('newest'),
          eb.fn.avg<number | null>('m.importance').as('avg_importance'),
        ])
        .executeTakeFirstOrThrow(),

    async flagCounts(user_id: number): Promise<{ archived: number; forgotten: number }> {
      const row = await owned(user_id)
        .where('is_latest', '=', sql.lit(1))
        .select((eb) => [
          // What was rejected in review is archived too, but no unarchiving brings it back.
          sql<number | null>`sum(case when is_archived = 1 and status <> 'rejected' then 1 else 0 end)`.as('archived'),
          eb.fn.sum<number | null>('is_forgotten').as('forgotten'),
        ])
        .executeTakeFirstOrThrow();
      return { archived: Number(row.archived ?? 0), forgotten: Number(row.forgotten ?? 0) };
    },
  };
}

export type MemoryStore = ReturnType<typeof memoryStore>;
