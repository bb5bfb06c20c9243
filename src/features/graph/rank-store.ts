// All SQL on `memory_ranks`, `graph_states` and `graph_changes`; triggers add to the last one, see migration 10.
import { matchesFilter } from '../../core/memory-filter.ts';
import type { MemoryFilter } from '../../core/ports.ts';
import { prepared } from '../../core/prepared.ts';
import type { IdList, StoreDb } from '../../core/store-db.ts';
import type { GraphStateTable, MemoryRankTable } from '../../core/tables.ts';

export interface Change {
  id: number;
  memory_id: number;
}
/** Rows of one statement: one prepared statement writes so many. */
const BUNDLE = 64;

export function rankStore(db: StoreDb, idList: IdList) {
  const insertOf = (rows: number) =>
    prepared<Record<string, number | null>, unknown>(db, (slots) =>
      db
        .insertInto('memory_ranks')
        .values(
          Array.from({ length: rows }, (_, i) => ({
            memory_id: slots[`m${i}`]!,
            user_id: slots.user_id!,
            pagerank: slots[`p${i}`]!,
            community_id: slots[`c${i}`]!,
          })),
        )
        .onConflict((oc) =>
          oc.column('memory_id').doUpdateSet((eb) => ({
            pagerank: eb.ref('excluded.pagerank'),
            community_id: eb.ref('excluded.community_id'),
          })),
        ),
    );
  const [insertOne, insertBundle] = [insertOf(1), insertOf(BUNDLE)];
  const shown = (filter: MemoryFilter) =>
    db
      .selectFrom('memory_ranks as r')
      .innerJoin('memories as m', 'm.id', 'r.memory_id')
      .where('r.user_id', '=', filter.user_id)
      .where(matchesFilter(filter));

  return {
    async ranksOf(user_id: number, ids: readonly number[]): Promise<Omit<MemoryRankTable, 'user_id'>[]> {
      return db
        .selectFrom('memory_ranks')
        .where('user_id', '=', user_id)
        .where('memory_id', 'in', idList(ids))
        .select(['memory_id', 'pagerank', 'community_id'])
        .execute();
    },

    /** Only of memories that are still there. */
    async put(user_id: number, rows: readonly Omit<MemoryRankTable, 'user_id'>[]): Promise<void> {
      const ids = await db
        .selectFrom('memories')
        .where('user_id', '=', user_id)
        .where('id', 'in', idList(rows.map(({ memory_id }) => memory_id)))
        .select('id')
        .execute();
      const there = new Set(ids.map(({ id }) => id));
      const kept = rows.filter(({ memory_id }) => there.has(memory_id));
      for (let at = 0; at < kept.length; ) {
        const size = kept.length - at >= BUNDLE ? BUNDLE : 1;
        const values: Record<string, number | null> = { user_id };
        for (const [i, row] of kept.slice(at, at + size).entries()) {
          values[`m${i}`] = row.memory_id;
          values[`p${i}`] = row.pagerank;
          values[`c${i}`] = row.community_id;
        }
        await (size === 1 ? insertOne : insertBundle)(values);
        at += size;
      }
    },

    async remove(user_id: number, ids: readonly number[]): Promise<void> {
      await db
        .deleteFrom('memory_ranks')
        .where('user_id', '=', user_id)
        .where('memory_id', 'in', idList(ids))
        .execute();
    },

    /** Ids of the most central memories that may be shown, the highest rank first. */
    async top(filter: MemoryFilter, limit: number): Promise<number[]> {
      const rows = await shown(filter)
        .select('m.id')
        .orderBy('r.pagerank', 'desc')
        .orderBy('r.memory_id', 'desc')
        .limit(limit)
        .execute();
      return rows.map(({ id }) => id);
    },

    /** Communities, the largest first. In a space they are counted there alone. */
    async communities(filter: MemoryFilter, limit: number, offset: number): Promise<number[]> {
      const everywhere = db
        .selectFrom('memory_ranks as r')
        .where('r.user_id', '=', filter.user_id)
        .where('r.community_id', 'is not', null);
      const there = shown(filter).where('r.community_id', 'is not', null);
      const rows = await (filter.space_id === undefined ? everywhere : (there as unknown as typeof everywhere))
        .select('r.community_id')
        .groupBy('r.community_id')
        .orderBy((eb) => eb.fn.countAll(), 'desc')
        .orderBy('r.community_id')
        .limit(limit)
        .offset(offset)
        .execute();
      return rows.map(({ community_id }) => community_id!);
    },

    async communityCount(filter: MemoryFilter): Promise<number> {
      const row = await shown(filter)
        .select((eb) => eb.fn.count<number>('r.community_id').distinct().as('n'))
        .executeTakeFirstOrThrow();
      return Number(row.n);
    },

    /** How many members that may be shown, by community and category, and what importance they have together. */
    async makeUp(filter: MemoryFilter, community_ids: readonly number[]) {
      const rows = await shown(filter)
        .where('r.community_id', 'in', idList(community_ids))
        .select((eb) => [
          'r.community_id',
          'm.category',
          eb.fn.countAll<number>().as('n'),
          eb.fn.sum<number>('m.importance').as('importance'),
        ])
        .groupBy(['r.community_id', 'm.category'])
        .execute();
      return rows.map((row) => ({
        community_id: row.community_id!,
        category: row.category,
        n: Number(row.n),
        importance: Number(row.importance),
      }));
    },

    /** Members that may be shown, the most central first. */
    members: (filter: MemoryFilter, community_id: number, limit: number) =>
      shown(filter)
        .where('r.community_id', '=', community_id)
        .select(['m.id', 'm.content', 'm.category', 'm.importance', 'm.created_at', 'r.pagerank'])
        .orderBy('r.pagerank', 'desc')
        .orderBy('m.id')
        .limit(limit)
        .execute(),

    /** PageRank of one memory, 0..1; null when it was never ranked. */
    async of(user_id: number, memory_id: number): Promise<number | null> {
      const row = await db
        .selectFrom('memory_ranks')
        .where('memory_id', '=', memory_id)
        .where('user_id', '=', user_id)
        .select('pagerank')
        .executeTakeFirst();
      return row?.pagerank ?? null;
    },

    state: (user_id: number): Promise<GraphStateTable | undefined> =>
      db.selectFrom('graph_states').where('user_id', '=', user_id).selectAll().executeTakeFirst(),

    /** What changed and is not worked in yet, in the order noted. */
    changes: (user_id: number, after_id: number, limit: number): Promise<Change[]> =>
      db
        .selectFrom('graph_changes')
        .where('user_id', '=', user_id)
        .where('id', '>', after_id)
        .select(['id', 'memory_id'])
        .orderBy('id')
        .limit(limit)
        .execute(),

    async changeCount(user_id: number): Promise<number> {
      const row = await db
        .selectFrom('graph_changes')
        .where('user_id', '=', user_id)
        .select((eb) => eb.fn.countAll<number>().as('n'))
        .executeTakeFirstOrThrow();
      return Number(row.n);
    },

    /** The next user whose graph changed, how often (counted up to `enough`), and when that was last worked in. */
    async nextChanged(after_user_id: number, enough: number) {
      const next = await db
        .selectFrom('graph_changes')
        .where('user_id', '>', after_user_id)
        .select('user_id')
        .orderBy('user_id')
        .limit(1)
        .executeTakeFirst();
      if (!next) return undefined;
      const { user_id } = next;
      const some = await db
        .selectFrom((eb) =>
          eb.selectFrom('graph_changes').where('user_id', '=', user_id).select('id').limit(enough).as('some'),
        )
        .select((eb) => eb.fn.countAll<number>().as('n'))
        .executeTakeFirstOrThrow();
      return { user_id, changes: Number(some.n), refreshed_at: (await this.state(user_id))?.refreshed_at ?? null };
    },

    /** Takes away exactly these: one that was noted meanwhile stays. */
    async settle(user_id: number, change_ids: readonly number[], state: Omit<GraphStateTable, 'generation'>) {
      await db
        .deleteFrom('graph_changes')
        .where('user_id', '=', user_id)
        .where('id', 'in', idList(change_ids))
        .execute();
      const { generation } = await db
        .insertInto('graph_states')
        .values({ ...state, generation: 1 })
        .onConflict((oc) =>
          oc.column('user_id').doUpdateSet((eb) => ({
            generation: eb('graph_states.generation', '+', 1),
            refreshed_at: state.refreshed_at,
            modularity: state.modularity,
          })),
        )
        .returning('generation')
        .executeTakeFirstOrThrow();
      return generation;
    },

    /** Keeps one of several changes of the same memory, for a server that works none of them in. */
    async fold(): Promise<void> {
      const last = db
        .selectFrom('graph_changes')
        .select((eb) => eb.fn.max<number>('id').as('id'))
        .groupBy(['user_id', 'memory_id']);
      await db.deleteFrom('graph_changes').where('id', 'not in', last).execute();
    },
  };
}
export type RankStore = ReturnType<typeof rankStore>;
