// All SQL on `memory_entities`, `entity_readings` and `entity_pairs`: which memories name which entities. Triggers count
// them whenever a reading begins or ceases to count, so mentions change only while theirs does not.
import { sql } from 'kysely';
import { matchesFilter } from '../../core/memory-filter.ts';
import type { MemoryFilter } from '../../core/ports.ts';
import type { IdList, StoreDb } from '../../core/store-db.ts';
import { MOST_PAIRED } from './rules.ts';

export interface Mention {
  entity_id: number;
  mentions: number;
  is_paired: number;
  origin: string;
}
export interface Pair {
  entity_id: number;
  memories: number;
}

export function mentionStore(db: StoreDb, idList: IdList) {
  async function uncount(user_id: number, memory_ids: readonly number[]): Promise<void> {
    await db
      .updateTable('entity_readings')
      .set({ is_counted: 0 })
      .where('user_id', '=', user_id)
      .where('memory_id', 'in', idList(memory_ids))
      .where('is_counted', '=', sql.lit(1))
      .execute();
  }

  /** Counts those of these that are current. */
  async function settle(user_id: number, memory_ids: readonly number[]): Promise<void> {
    await db
      .updateTable('entity_readings')
      .set({ is_counted: 1 })
      .where('user_id', '=', user_id)
      .where('memory_id', 'in', idList(memory_ids))
      .where('memory_id', 'in', (eb) =>
        eb
          .selectFrom('memories as m')
          .where('m.id', 'in', idList(memory_ids))
          .where('m.user_id', '=', user_id)
          .where('m.is_latest', '=', sql.lit(1))
          .where('m.is_forgotten', '=', sql.lit(0))
          .where('m.is_archived', '=', sql.lit(0))
          .where('m.status', '=', 'approved')
          .select('m.id'),
      )
      .execute();
  }

  const of = (user_id: number, memory_id: number): Promise<Mention[]> =>
    db
      .selectFrom('memory_entities')
      .where('user_id', '=', user_id)
      .where('memory_id', '=', memory_id)
      .select(['entity_id', 'mentions', 'is_paired', 'origin'])
      .execute();

  return {
    of,

    /** Puts these in place of what a memory mentioned. */
    async replace(user_id: number, memory_id: number, mentions: readonly Mention[]): Promise<void> {
      await uncount(user_id, [memory_id]);
      await db
        .deleteFrom('memory_entities')
        .where('user_id', '=', user_id)
        .where('memory_id', '=', memory_id)
        .execute();
      if (mentions.length > 0)
        await db
          .insertInto('memory_entities')
          .values(
            mentions.map(({ entity_id, mentions, is_paired, origin }) => ({
              memory_id,
              entity_id,
              user_id,
              mentions,
              is_paired,
              origin,
            })),
          )
          .execute();
      await db
        .insertInto('entity_readings')
        .values({ memory_id, user_id, is_counted: 0 })
        .onConflict((oc) => oc.doNothing())
        .execute();
      await settle(user_id, [memory_id]);
    },

    /** Moves the mentions of one entity to another; a memory that names both names it as often as both. */
    async move(user_id: number, from: number, to: number): Promise<void> {
      const rows = await db
        .selectFrom('memory_entities')
        .where('user_id', '=', user_id)
        .where('entity_id', '=', from)
        .select('memory_id')
        .execute();
      if (rows.length === 0) return;
      const ids = rows.map(({ memory_id }) => memory_id);
      await uncount(user_id, ids);
      const moved = sql`from memory_entities y where y.memory_id = memory_entities.memory_id and y.entity_id = ${from}`;
      await db
        .updateTable('memory_entities')
        .set({
          mentions: sql<number>`mentions + (select y.mentions ${moved})`,
          is_paired: sql<number>`(select case when y.is_paired = 1 or memory_entities.is_paired = 1 then 1 else 0 end ${moved})`,
          origin: sql<string>`(select case when y.origin = 'manual' or memory_entities.origin = 'manual' then 'manual' else 'read' end ${moved})`,
        })
        .where('entity_id', '=', to)
        .where('memory_id', 'in', idList(ids))
        .execute();
      await db
        .deleteFrom('memory_entities')
        .where('entity_id', '=', from)
        .where('memory_id', 'in', (eb) =>
          eb.selectFrom('memory_entities as y').where('y.entity_id', '=', to).select('y.memory_id'),
        )
        .execute();
      await db.updateTable('memory_entities').set({ entity_id: to }).where('entity_id', '=', from).execute();
      await settle(user_id, ids);
    },

    memoryIds: async (filter: MemoryFilter, entity_id: number, limit: number): Promise<number[]> =>
      (
        await db
          .selectFrom('memory_entities as x')
          .innerJoin('memories as m', 'm.id', 'x.memory_id')
          .where('x.entity_id', '=', entity_id)
          .where('x.user_id', '=', filter.user_id)
          .where(matchesFilter(filter))
          .select('x.memory_id')
          .orderBy('x.memory_id', 'desc')
          .limit(limit)
          .execute()
      ).map(({ memory_id }) => memory_id),

    /** What these memories name, the most connected entities first. */
    touching: (user_id: number, memory_ids: readonly number[], limit: number) =>
      memory_ids.length === 0
        ? Promise.resolve([])
        : db
            .selectFrom('memory_entities as x')
            .innerJoin('entity_readings as r', 'r.memory_id', 'x.memory_id')
            .where('x.user_id', '=', user_id)
            .where('x.memory_id', 'in', idList(memory_ids))
            .where('r.is_counted', '=', sql.lit(1))
            .select((eb) => ['x.entity_id', eb.fn.countAll<number>().as('n')])
            .groupBy('x.entity_id')
            .orderBy('n', 'desc')
            .orderBy('x.entity_id')
            .limit(limit)
            .execute(),
    edges: (user_id: number, memory_ids: readonly number[], entity_ids: readonly number[]) =>
      db
        .selectFrom('memory_entities')
        .where('user_id', '=', user_id)
        .where('memory_id', 'in', idList(memory_ids))
        .where('entity_id', 'in', idList(entity_ids))
        .select(['memory_id', 'entity_id', 'mentions'])
        .execute(),

    /** Whom it is named together with, most often first. */
    async pairs(user_id: number, entity_id: number, limit: number): Promise<Pair[]> {
      const side = (own: 'entity_id' | 'other_id', other: 'entity_id' | 'other_id') =>
        db
          .selectFrom('entity_pairs')
          .where(own, '=', entity_id)
          .where('user_id', '=', user_id)
          .select([`${other} as entity_id`, 'memories'])
          .orderBy('memories', 'desc')
          .orderBy(other)
          .limit(limit)
          .execute();
      const both = [...(await side('entity_id', 'other_id')), ...(await side('other_id', 'entity_id'))];
      return both.sort((a, b) => b.memories - a.memories || a.entity_id - b.entity_id).slice(0, limit);
    },

    /** Memories whose mentions count. */
    async counted(user_id: number): Promise<number> {
      const row = await db
        .selectFrom('entity_readings')
        .where('user_id', '=', user_id)
        .where('is_counted', '=', sql.lit(1))
        .select((eb) => eb.fn.countAll<number>().as('n'))
        .executeTakeFirstOrThrow();
      return Number(row.n);
    },

    /** Counts the pairs anew in which these are the smaller id. @returns how many there are */
    async rebuildPairs(user_id: number, ids: readonly number[]): Promise<number> {
      await db
        .deleteFrom('entity_pairs')
        .where('user_id', '=', user_id)
        .where('entity_id', 'in', idList(ids))
        .execute();
      const made = await db
        .insertInto('entity_pairs')
        .columns(['entity_id', 'other_id', 'user_id', 'memories'])
        .expression(
          db
            .selectFrom('memory_entities as a')
            .innerJoin('memory_entities as b', 'b.memory_id', 'a.memory_id')
            .innerJoin('entity_readings as r', 'r.memory_id', 'a.memory_id')
            .where('a.user_id', '=', user_id)
            .where('a.entity_id', 'in', idList(ids))
            .whereRef('a.entity_id', '<', 'b.entity_id')
            .where('a.is_paired', '=', sql.lit(1))
            .where('b.is_paired', '=', sql.lit(1))
            .where('r.is_counted', '=', sql.lit(1))
            .select((eb) => ['a.entity_id', 'b.entity_id as other_id', 'a.user_id', eb.fn.countAll<number>().as('n')])
            .groupBy(['a.entity_id', 'b.entity_id', 'a.user_id']),
        )
        .executeTakeFirst();
      return Number(made.numInsertedOrUpdatedRows ?? 0);
    },
  };
}
export type MentionStore = ReturnType<typeof mentionStore>;

/** Adds one that a person put there; it forms pairs while there is room. */
export const withManual = (mentions: readonly Mention[], entity_id: number): Mention[] => {
  const known = mentions.find((mention) => mention.entity_id === entity_id);
  if (known) return mentions.map((mention) => (mention === known ? { ...known, origin: 'manual' } : mention));
  const room = mentions.filter(({ is_paired }) => is_paired === 1).length < MOST_PAIRED;
  return [...mentions, { entity_id, mentions: 1, is_paired: Number(room), origin: 'manual' }];
};
