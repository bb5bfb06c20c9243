// What is read of memories and their links as a graph. Everything comes in pages: a graph may be large, and the event loop
// must go on in between.
import { type SqlBool, sql } from 'kysely';
import { matchesFilter } from '../../core/memory-filter.ts';
import type { MemoryFilter } from '../../core/ports.ts';
import { prepared } from '../../core/prepared.ts';
import type { IdList, StoreDb } from '../../core/store-db.ts';
import type { Edge } from '../memory/link-store.ts';

/** Before every edge there is. */
export const FIRST_EDGE: Omit<Edge, 'similarity'> = { source_id: 0, target_id: 0, type: '' };

interface DayCount {
  day: string;
  n: number;
}

export function graphStore(db: StoreDb, idList: IdList) {
  const columns = sql`source_id, target_id, type, similarity`;
  const edgePage = prepared<Omit<Edge, 'similarity'> & { user_id: number; limit: number }, Edge>(
    db,
    ({ user_id, source_id, target_id, type, limit }) => ({
      compile: () =>
        sql<Edge>`select ${columns} from memory_links
          where user_id = ${user_id} and (source_id, target_id, type) > (${source_id}, ${target_id}, ${type})
          order by user_id, source_id, target_id, type limit ${limit}`.compile(db),
    }),
  );
  /** SQLite looks up each end by itself; `or` would make it read all links of the user. */
  const touching = (user_id: number, ids: readonly number[]) => {
    const list = idList(ids);
    return sql`select ${columns} from memory_links where source_id in ${list} and user_id = ${user_id}
      union select ${columns} from memory_links where target_id in ${list} and user_id = ${user_id}`;
  };
  const days = <T extends { n: unknown; day: string }>(rows: readonly T[]): DayCount[] =>
    rows.map(({ day, n }) => ({ day, n: Number(n) }));

  return {
    /** Ids of memories that may be shown, in order. */
    async ids(filter: MemoryFilter, after_id: number, limit: number): Promise<number[]> {
      const rows = await db
        .selectFrom('memories as m')
        .where(matchesFilter(filter))
        .where('m.id', '>', after_id)
        .select('m.id')
        .orderBy('m.id')
        .limit(limit)
        .execute();
      return rows.map(({ id }) => id);
    },

    /** Those of the ids that may be shown, in order. */
    async present(filter: MemoryFilter, ids: readonly number[]): Promise<number[]> {
      const rows = await db
        .selectFrom('memories as m')
        .where('m.id', 'in', idList(ids))
        .where(matchesFilter(filter))
        .select('m.id')
        .orderBy('m.id')
        .execute();
      return rows.map(({ id }) => id);
    },

    /** All links of a user in the order of their key. */
    edgePage: (user_id: number, after: Omit<Edge, 'similarity'>, limit: number): Promise<Edge[]> =>
      edgePage({ user_id, limit, source_id: after.source_id, target_id: after.target_id, type: after.type }),

    /** Every link of these memories, each once. */
    edgesTouching: async (user_id: number, ids: readonly number[]): Promise<Edge[]> =>
      (await sql<Edge>`${touching(user_id, ids)}`.execute(db)).rows,

    /** The strongest links of these memories. */
    strongestOf: async (user_id: number, ids: readonly number[], limit: number): Promise<Edge[]> =>
      (
        await sql<Edge>`select * from (${touching(user_id, ids)}) e
          order by similarity desc, source_id, target_id, type limit ${limit}`.execute(db)
      ).rows,

    /** Links from the first to the second, in order. */
    async edgesBetween(user_id: number, from: readonly number[], to: readonly number[]): Promise<Edge[]> {
      const { rows } = await sql<Edge>`select ${columns} from memory_links
        where source_id in ${idList(from)} and user_id = ${user_id} and target_id in ${idList(to)}
        order by source_id, target_id, type`.execute(db);
      return rows;
    },

    /** Links that start at these, in order. */
    edgesFrom: async (user_id: number, ids: readonly number[]): Promise<Edge[]> =>
      (
        await sql<Edge>`select ${columns} from memory_links where source_id in ${idList(ids)} and user_id = ${user_id}
          order by source_id, target_id, type`.execute(db)
      ).rows,

    /** How many memories of an id in (after, until] came on each day. */
    async memoryDays(filter: MemoryFilter, after_id: number, until_id: number): Promise<DayCount[]> {
      const day = sql<string>`substr(m.created_at, 1, 10)`;
      return days(
        await db
          .selectFrom('memories as m')
          .where(matchesFilter(filter))
          .where('m.id', '>', after_id)
          .where('m.id', '<=', until_id)
          .select((eb) => [day.as('day'), eb.fn.countAll().as('n')])
          .groupBy(day)
          .execute(),
      );
    },

    /** How many links from these memories to one that may be shown came on each day. */
    async linkDays(filter: MemoryFilter, source_ids: readonly number[]): Promise<DayCount[]> {
      const day = sql<string>`substr(l.created_at, 1, 10)`;
      return days(
        await db
          .selectFrom('memory_links as l')
          .innerJoin('memories as m', 'm.id', 'l.target_id')
          .where('l.user_id', '=', filter.user_id)
          .where('l.source_id', 'in', idList(source_ids))
          .where(matchesFilter(filter) as never)
          .where(sql<SqlBool>`l.source_id <> l.target_id`)
          .select((eb) => [day.as('day'), eb.fn.countAll().as('n')])
          .groupBy(day)
          .execute(),
      );
    },
  };
}
export type GraphStore = ReturnType<typeof graphStore>;
