// All SQL on `entities` and `entity_aliases`.
import { sql } from 'kysely';
import type { IdList, StoreDb } from '../../core/store-db.ts';
import type { EntityAliasTable } from '../../core/tables.ts';
import type { EntityRow } from './rules.ts';

export interface EntityFilter {
  user_id: number;
  space_id: number | null;
  type?: string | undefined;
  /** Part of its name. */
  q?: string | undefined;
}

const DAY_CHARS = 10;

export function entityStore(db: StoreDb, idList: IdList) {
  const owned = (user_id: number) => db.selectFrom('entities').where('user_id', '=', user_id);
  /** What only memories name that are hidden now is not there. */
  const shown = ({ user_id, space_id, type, q }: EntityFilter) => {
    let query = owned(user_id).where((eb) => eb.or([eb('memory_count', '>', 0), eb('origin', '=', 'manual')]));
    if (space_id !== null) query = query.where('space_key', '=', space_id);
    if (type !== undefined) query = query.where('entity_type', '=', type);
    if (q !== undefined)
      query = query.where('name_key', 'like', sql<string>`${`%${q.replace(/[\\%_]/g, '\\$&')}%`} escape '\\'`);
    return query;
  };

  return {
    /** @returns null when this name is taken */
    async insert(row: Omit<EntityRow, 'id'>): Promise<number | null> {
      const made = await db
        .insertInto('entities')
        .values(row)
        .onConflict((oc) => oc.doNothing())
        .returning('id')
        .executeTakeFirst();
      return made?.id ?? null;
    },

    byId: (filter: EntityFilter, id: number): Promise<EntityRow | undefined> =>
      shown(filter).where('id', '=', id).selectAll().executeTakeFirst(),
    byIds: async (filter: EntityFilter, ids: readonly number[]): Promise<EntityRow[]> =>
      ids.length === 0 ? [] : shown(filter).where('id', 'in', idList(ids)).selectAll().execute(),
    list: (filter: EntityFilter, limit: number, offset: number): Promise<EntityRow[]> =>
      shown(filter)
        .selectAll()
        .orderBy('occurrence_count', 'desc')
        .orderBy('id', 'desc')
        .limit(limit)
        .offset(offset)
        .execute(),
    async count(filter: EntityFilter): Promise<number> {
      const row = await shown(filter)
        .select((eb) => eb.fn.countAll<number>().as('n'))
        .executeTakeFirstOrThrow();
      return Number(row.n);
    },
    /** How many came on each day. */
    async days(filter: EntityFilter): Promise<Map<string, number>> {
      const day = sql<string>`substr(first_seen_at, 1, ${sql.lit(DAY_CHARS)})`;
      const rows = await shown(filter)
        .select((eb) => [day.as('day'), eb.fn.countAll<number>().as('n')])
        .groupBy(day)
        .execute();
      return new Map(rows.map(({ day, n }) => [day, Number(n)]));
    },

    /** Those of these names, hidden or not. */
    named: (user_id: number, space_key: number, keys: readonly string[]): Promise<EntityRow[]> =>
      keys.length === 0
        ? Promise.resolve([])
        : owned(user_id)
            .where('space_key', '=', space_key)
            .where('name_key', 'in', [...keys])
            .selectAll()
            .execute(),
    shortened: (user_id: number, space_key: number, keys: readonly string[]): Promise<EntityRow[]> =>
      keys.length === 0
        ? Promise.resolve([])
        : owned(user_id)
            .where('space_key', '=', space_key)
            .where('short_key', 'in', [...keys])
            .selectAll()
            .limit(200)
            .execute(),
    aliased: (user_id: number, space_key: number, keys: readonly string[]): Promise<EntityAliasTable[]> =>
      keys.length === 0
        ? Promise.resolve([])
        : db
            .selectFrom('entity_aliases')
            .where('user_id', '=', user_id)
            .where('space_key', '=', space_key)
            .where('alias_key', 'in', [...keys])
            .where('origin', '<>', 'removed')
            .selectAll()
            .execute(),
    allByIds: async (user_id: number, ids: readonly number[]): Promise<EntityRow[]> =>
      ids.length === 0 ? [] : owned(user_id).where('id', 'in', idList(ids)).selectAll().execute(),
    /** Names of entities made by hand: they count however they are written. */
    async handMade(user_id: number, space_key: number, limit: number): Promise<string[]> {
      const made = owned(user_id).where('space_key', '=', space_key).where('origin', '=', 'manual');
      const names = await made.select('name').limit(limit).execute();
      const aliases = await db
        .selectFrom('entity_aliases')
        .where('entity_id', 'in', made.select('id').limit(limit))
        .where('origin', '<>', 'removed')
        .select('alias')
        .limit(limit)
        .execute();
      return [...names.map(({ name }) => name), ...aliases.map(({ alias }) => alias)];
    },

    async set(user_id: number, id: number, change: Partial<Omit<EntityRow, 'id'>>): Promise<void> {
      await db.updateTable('entities').set(change).where('user_id', '=', user_id).where('id', '=', id).execute();
    },
    /** Widens the time in which it was seen. */
    async seen(user_id: number, ids: readonly number[], at: string): Promise<void> {
      const of = (column: 'first_seen_at' | 'last_seen_at', sign: '>' | '<') =>
        db
          .updateTable('entities')
          .set({ [column]: at })
          .where('user_id', '=', user_id)
          .where('id', 'in', idList(ids))
          .where(column, sign, at)
          .execute();
      await of('first_seen_at', '>');
      await of('last_seen_at', '<');
    },
    async remove(user_id: number, id: number): Promise<void> {
      await db.deleteFrom('entities').where('user_id', '=', user_id).where('id', '=', id).execute();
    },
    /** Takes away those of these that no memory names and nobody made. */
    async removeUnnamed(user_id: number, ids: readonly number[]): Promise<void> {
      if (ids.length === 0) return;
      await db
        .deleteFrom('entities')
        .where('user_id', '=', user_id)
        .where('id', 'in', idList(ids))
        .where('origin', '=', 'read')
        .where((eb) =>
          eb.not(
            eb.exists(
              eb.selectFrom('memory_entities as x').whereRef('x.entity_id', '=', 'entities.id').select('x.memory_id'),
            ),
          ),
        )
        .execute();
    },
    /** Brings the counts of these back to what the mentions say. */
    async recount(user_id: number, ids: readonly number[]): Promise<void> {
      const counted = sql`from memory_entities x join entity_readings r on r.memory_id = x.memory_id
        where x.entity_id = entities.id and r.is_counted = 1`;
      await db
        .updateTable('entities')
        .set({
          memory_count: sql<number>`(select count(*) ${counted})`,
          occurrence_count: sql<number>`(select coalesce(sum(x.mentions), 0) ${counted})`,
        })
        .where('user_id', '=', user_id)
        .where('id', 'in', idList(ids))
        .execute();
    },
    page: async (user_id: number, after_id: number, limit: number): Promise<number[]> =>
      (await owned(user_id).where('id', '>', after_id).select('id').orderBy('id').limit(limit).execute()).map(
        ({ id }) => id,
      ),

    aliases: (user_id: number, ids: readonly number[]): Promise<EntityAliasTable[]> =>
      ids.length === 0
        ? Promise.resolve([])
        : db
            .selectFrom('entity_aliases')
            .where('user_id', '=', user_id)
            .where('entity_id', 'in', idList(ids))
            .where('origin', '<>', 'removed')
            .selectAll()
            .orderBy('alias_key')
            .execute(),
    /** One that is there stays as it is: what was removed by hand is not learnt again. */
    async addAlias(row: EntityAliasTable): Promise<void> {
      await db
        .insertInto('entity_aliases')
        .values(row)
        .onConflict((oc) => oc.doNothing())
        .execute();
    },
    async putAlias(row: EntityAliasTable): Promise<void> {
      await db
        .insertInto('entity_aliases')
        .values(row)
        .onConflict((oc) =>
          oc.columns(['entity_id', 'alias_key']).doUpdateSet({ alias: row.alias, origin: row.origin }),
        )
        .execute();
    },
  };
}
export type EntityStore = ReturnType<typeof entityStore>;
