// All SQL on users, keys, spaces and app_state.
import type { StoreDb } from '../../core/store-db.ts';
import type { ApiKeyTable, SpaceTable, UserTable } from '../../core/tables.ts';

type Row<T> = { [K in keyof T]: K extends 'id' ? number : T[K] };
export type UserRow = Row<UserTable>;
export type KeyRow = Row<ApiKeyTable>;
export type SpaceRow = Row<SpaceTable>;

export function accessStore(db: StoreDb) {
  return {
    createUser: (row: Omit<UserRow, 'id'> & { id?: number }): Promise<UserRow> =>
      db.insertInto('users').values(row).returningAll().executeTakeFirstOrThrow() as Promise<UserRow>,
    userById: (id: number): Promise<UserRow | undefined> =>
      db.selectFrom('users').where('id', '=', id).selectAll().executeTakeFirst(),
    userByName: (name: string): Promise<UserRow | undefined> =>
      db.selectFrom('users').where('username', '=', name).selectAll().executeTakeFirst(),
    users: (): Promise<UserRow[]> => db.selectFrom('users').selectAll().orderBy('id').execute(),

    createSpace: (row: Omit<SpaceRow, 'id'>): Promise<SpaceRow> =>
      db.insertInto('spaces').values(row).returningAll().executeTakeFirstOrThrow() as Promise<SpaceRow>,
    spaces: (user_id: number): Promise<SpaceRow[]> =>
      db.selectFrom('spaces').where('user_id', '=', user_id).selectAll().orderBy('id').execute(),

    createKey: (row: Omit<KeyRow, 'id'>): Promise<KeyRow> =>
      db.insertInto('api_keys').values(row).returningAll().executeTakeFirstOrThrow() as Promise<KeyRow>,
    keyByHash: (hash: string): Promise<KeyRow | undefined> =>
      db.selectFrom('api_keys').where('key_hash', '=', hash).selectAll().executeTakeFirst(),
    keyById: (id: number): Promise<KeyRow | undefined> =>
      db.selectFrom('api_keys').where('id', '=', id).selectAll().executeTakeFirst(),
    keys: (user_id: number): Promise<KeyRow[]> =>
      db
        .selectFrom('api_keys')
        .where('user_id', '=', user_id)
        .where('is_active', '=', 1)
        .selectAll()
        .orderBy('id')
        .execute(),
    async anyKey(): Promise<boolean> {
      return (await db.selectFrom('api_keys').select('id').limit(1).executeTakeFirst()) !== undefined;
    },
    async deactivate(id: number): Promise<void> {
      await db.updateTable('api_keys').set({ is_active: 0 }).where('id', '=', id).execute();
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
