// All SQL on users, keys, spaces and app_state.
import type { StoreDb } from '../../core/store-db.ts';
import type { ApiKeyTable, SpaceTable, UserTable } from '../../core/tables.ts';

type Row<T> = { [K in keyof T]: K extends 'id' ? number : T[K] };
export type UserRow = Row<UserTable>;
export type KeyRow = Row<ApiKeyTable>;
export type SpaceRow = Omit<Row<SpaceTable>, 'redaction'>;

export function accessStore(db: StoreDb) {
  return {
    createUser: (row: Omit<UserRow, 'id'> & { id?: number }): Promise<UserRow> =>
      db.insertInto('users').values(row).returningAll().executeTakeFirstOrThrow() as Promise<UserRow>,
    userById: (id: number): Promise<UserRow | undefined> =>
      db.selectFrom('users').where('id', '=', id).selectAll().executeTakeFirst(),
    userByName: (name: string): Promise<UserRow | undefined> =>
      db.selectFrom('users').where('username', '=', name).selectAll().executeTakeFirst(),
    users: (): Promise<UserRow[]> => db.selectFrom('users').selectAll().orderBy('id').execute(),
    usersWithCounts: (): Promise<
      (UserRow & { memory_count: number; conversation_count: number; key_count: number; space_count: number })[]
    > =>
      db
        .selectFrom('users as u')
        .leftJoin('user_counts as c', 'c.user_id', 'u.id')
        .selectAll('u')
        .select((eb) => [
          eb.fn.coalesce('c.memories', eb.lit(0)).as('memory_count'),
          eb.fn.coalesce('c.conversations', eb.lit(0)).as('conversation_count'),
          eb.fn.coalesce('c.api_keys', eb.lit(0)).as('key_count'),
          eb.fn.coalesce('c.spaces', eb.lit(0)).as('space_count'),
        ])
        .orderBy('u.id')
        .execute(),

    createSpace: (row: Omit<SpaceRow, 'id'>): Promise<SpaceRow> =>
      db.insertInto('spaces').values(row).returningAll().executeTakeFirstOrThrow() as Promise<SpaceRow>,
    /** Whether secrets are taken out of what is stored in it. @returns undefined when the user has no such space */
    setRedaction: (user_id: number, space_id: number, on: boolean) =>
      db
        .updateTable('spaces')
        .set({ redaction: on ? 1 : 0 })
        .where('user_id', '=', user_id)
        .where('id', '=', space_id)
        .returning(['id', 'name', 'description', 'redaction', 'created_at'])
        .executeTakeFirst(),
    spaces: (user_id: number): Promise<SpaceRow[]> =>
      db.selectFrom('spaces').where('user_id', '=', user_id).selectAll().orderBy('id').execute(),
    /** Every version of a memory counts, and the trash too: what has to go before the space can. */
    spacesWithCounts: (user_id: number): Promise<(SpaceRow & { memory_count: number })[]> =>
      db
        .selectFrom('spaces as s')
        .where('s.user_id', '=', user_id)
        .selectAll('s')
        .select((eb) =>
          eb
            .selectFrom('memories as m')
            .where('m.user_id', '=', user_id)
            .whereRef('m.space_id', '=', 's.id')
            .select((e) => e.fn.countAll<number>().as('n'))
            .$asScalar()
            .$notNull()
            .as('memory_count'),
        )
        .orderBy('s.id')
        .execute(),
    async removeSpace(user_id: number, id: number): Promise<void> {
      await db.deleteFrom('spaces').where('user_id', '=', user_id).where('id', '=', id).execute();
    },

    createKey: (row: Omit<KeyRow, 'id'>): Promise<KeyRow> =>
      db.insertInto('api_keys').values(row).returningAll().executeTakeFirstOrThrow() as Promise<KeyRow>,
    keyByHash: (hash: string): Promise<KeyRow | undefined> =>
      db.selectFrom('api_keys').where('key_hash', '=', hash).selectAll().executeTakeFirst(),
    keyById: (id: number): Promise<KeyRow | undefined> =>
      db.selectFrom('api_keys').where('id', '=', id).selectAll().executeTakeFirst(),
    /** Those that work now. */
    keys: (user_id: number, now: string): Promise<KeyRow[]> =>
      db
        .selectFrom('api_keys')
        .where('user_id', '=', user_id)
        .where('is_active', '=', 1)
        .where((eb) => eb.or([eb('expires_at', 'is', null), eb('expires_at', '>', now)]))
        .selectAll()
        .orderBy('id')
        .execute(),
    async anyKey(): Promise<boolean> {
      return (await db.selectFrom('api_keys').select('id').limit(1).executeTakeFirst()) !== undefined;
    },
    async setKey(id: number, change: Partial<Pick<KeyRow, 'is_active' | 'is_replaced' | 'expires_at'>>): Promise<void> {
      await db.updateTable('api_keys').set(change).where('id', '=', id).execute();
    },
    async endExpired(user_id: number, now: string): Promise<void> {
      await db
        .updateTable('api_keys')
        .set({ is_active: 0 })
        .where('user_id', '=', user_id)
        .where('is_active', '=', 1)
        .where('expires_at', '<=', now)
        .execute();
    },
    async endKeys(user_id: number): Promise<void> {
      await db.updateTable('api_keys').set({ is_active: 0 }).where('user_id', '=', user_id).execute();
    },
    async used(id: number, at: string): Promise<void> {
      await db.updateTable('api_keys').set({ last_used_at: at }).where('id', '=', id).execute();
    },
    async setState(key: string, value: string, now: string): Promise<void> {
      await db
        .insertInto('app_state')
        .values({ key, value, updated_at: now })
        .onConflict((oc) => oc.column('key').doUpdateSet({ value, updated_at: now }))
        .execute();
    },
    async state(key: string): Promise<string | undefined> {
      return (await db.selectFrom('app_state').where('key', '=', key).select('value').executeTakeFirst())?.value;
    },
  };
}
export type AccessStore = ReturnType<typeof accessStore>;
