// All SQL on `user_quotas`, `user_counts` and `usage_days`, and on everything that belongs to one user at once.
import { sql } from 'kysely';
import type { StoreDb } from '../../core/store-db.ts';
import type { UsageDayTable, UserCountTable, UserQuotaTable } from '../../core/tables.ts';
import { MOVING, NAMED, type Quota } from './rules.ts';

interface Parts {
  tables: { name: string; sql: string; of_users: boolean }[];
  indexes: string[];
}

/** Whose row holds what users get who have none of their own. */
const DEFAULTS = 0;

export function tenantStore(db: StoreDb, describe: () => Promise<Parts>) {
  const rowsOf = (table: string, user_id: number) => sql`from ${sql.table(table)} where user_id = ${user_id}`;
  const affected = ({ numAffectedRows }: { numAffectedRows?: bigint }) => Number(numAffectedRows ?? 0n);

  return {
    describe,

    counts: (user_id: number): Promise<UserCountTable | undefined> =>
      db.selectFrom('user_counts').where('user_id', '=', user_id).selectAll().executeTakeFirst(),
    quota: (user_id: number): Promise<UserQuotaTable | undefined> =>
      db.selectFrom('user_quotas').where('user_id', '=', user_id).selectAll().executeTakeFirst(),
    defaults: (): Promise<UserQuotaTable> =>
      db.selectFrom('user_quotas').where('user_id', '=', DEFAULTS).selectAll().executeTakeFirstOrThrow(),
    quotas: (): Promise<(UserQuotaTable & { username: string })[]> =>
      db
        .selectFrom('user_quotas as q')
        .innerJoin('users as u', 'u.id', 'q.user_id')
        .selectAll('q')
        .select('u.username')
        .orderBy('q.user_id')
        .execute(),

    async setQuota(user_id: number, quota: Quota): Promise<void> {
      await db
        .updateTable('user_quotas')
        .set({ ...quota, is_own: 1 })
        .where('user_id', '=', user_id)
        .execute();
    },
    /** Those who have none of their own follow; administrators have no limits then. */
    async setDefaults(quota: Partial<Quota>): Promise<void> {
      await db.updateTable('user_quotas').set(quota).where('user_id', '=', DEFAULTS).execute();
      const members = db.selectFrom('users').where('is_admin', '=', 0).select('id');
      await db.updateTable('user_quotas').set(quota).where('is_own', '=', 0).where('user_id', 'in', members).execute();
    },

    async addUsage(row: UsageDayTable): Promise<void> {
      await db
        .insertInto('usage_days')
        .values(row)
        .onConflict((oc) =>
          oc.columns(['user_id', 'day', 'event_type', 'agent_id']).doUpdateSet((eb) => ({
            events: eb('usage_days.events', '+', row.events),
            quantity: eb('usage_days.quantity', '+', row.quantity),
          })),
        )
        .execute();
    },
    usage: (user_id: number, since: string): Promise<UsageDayTable[]> =>
      db
        .selectFrom('usage_days')
        .where('user_id', '=', user_id)
        .where('day', '>=', since)
        .selectAll()
        .orderBy('day', 'desc')
        .orderBy('event_type')
        .orderBy('agent_id')
        .execute(),

    /** Ids of up to `limit` rows of the user. */
    async someOf(table: string, user_id: number, limit: number): Promise<number[]> {
      const { rows } = await sql<{
        id: number;
      }>`select id ${rowsOf(table, user_id)} order by id limit ${limit}`.execute(db);
      return rows.map(({ id }) => id);
    },
    /** @returns how many went */
    removeUpTo: async (table: string, user_id: number, last_id: number): Promise<number> =>
      affected(await sql`delete ${rowsOf(table, user_id)} and id <= ${last_id}`.execute(db)),
    removeAll: async (table: string, user_id: number): Promise<number> =>
      affected(await sql`delete ${rowsOf(table, user_id)}`.execute(db)),
    async removeUser(user_id: number): Promise<boolean> {
      return affected(await sql`delete from ${sql.table('users')} where id = ${user_id}`.execute(db)) > 0;
    },

    async inSpace(user_id: number, space_id: number, limit: number): Promise<number[]> {
      const rows = await db
        .selectFrom('memories')
        .where('user_id', '=', user_id)
        .where('space_id', '=', space_id)
        .select('id')
        .limit(limit)
        .execute();
      return rows.map(({ id }) => id);
    },

    /** Everything of a space goes where `to` is; memories in it are to be read again. @returns how many memories */
    async move(user_id: number, from: number, to: number): Promise<number> {
      const own = sql`user_id = ${user_id} and space_id = ${from}`;
      await sql`insert into understanding_backlog (user_id, memory_id)
        select user_id, id from memories where ${own} and is_latest = 1 on conflict do nothing`.execute(db);
      const moved = affected(await sql`update memories set space_id = ${to} where ${own}`.execute(db));
      for (const table of MOVING) await sql`update ${sql.table(table)} set space_id = ${to} where ${own}`.execute(db);
      await sql`insert into project_memories (project_id, memory_id, user_id, origin)
        select o.id, p.memory_id, p.user_id, p.origin from project_memories p join projects t on t.id = p.project_id
          join projects o on o.user_id = t.user_id and o.name_key = t.name_key
          where t.user_id = ${user_id} and t.space_id = ${from} and o.space_id = ${to} on conflict do nothing`.execute(
        db,
      );
      for (const table of NAMED) {
        const t = sql.table(table);
        const same = table === 'entities' ? sql`and o.entity_type = t.entity_type` : sql``;
        const twin = sql`select 1 from ${t} o where o.user_id = ${user_id} and o.space_id = ${to} and o.name_key = t.name_key ${same}`;
        await sql`delete from ${t} where id in (select t.id from ${t} t where ${own} and exists (${twin}))`.execute(db);
        await sql`update ${t} set space_id = ${to}, space_key = ${to} where ${own}`.execute(db);
      }
      await sql`update entity_aliases set space_key = ${to} where user_id = ${user_id} and space_key = ${from}`.execute(
        db,
      );
      return moved;
    },

    /** What is left of a space without memories. */
    async emptySpace(user_id: number, space_id: number): Promise<void> {
      const own = sql`user_id = ${user_id} and space_id = ${space_id}`;
      for (const table of [...MOVING, ...NAMED, 'personality_portraits'])
        await sql`delete from ${sql.table(table)} where ${own}`.execute(db);
    },
  };
}
export type TenantStore = ReturnType<typeof tenantStore>;
