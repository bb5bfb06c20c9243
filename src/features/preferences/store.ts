// All SQL on `preferences`: what was set by hand.
import type { StoreDb } from '../../core/store-db.ts';
import type { PreferenceTable } from '../../core/tables.ts';

export type PreferenceRow = { [K in keyof PreferenceTable]: K extends 'id' ? number : PreferenceTable[K] };

export function preferenceStore(db: StoreDb) {
  return {
    /** By key. */
    list(user_id: number, domain: string | null): Promise<PreferenceRow[]> {
      const own = db.selectFrom('preferences').where('user_id', '=', user_id);
      return (domain === null ? own : own.where('domain', '=', domain)).selectAll().orderBy('key').execute();
    },

    byKey: (user_id: number, key: string): Promise<PreferenceRow | undefined> =>
      db.selectFrom('preferences').where('user_id', '=', user_id).where('key', '=', key).selectAll().executeTakeFirst(),

    /** Writes or replaces. */
    async put(row: Omit<PreferenceRow, 'id' | 'created_at'>): Promise<void> {
      const { value, updated_at } = row;
      await db
        .insertInto('preferences')
        .values({ ...row, created_at: updated_at })
        .onConflict((oc) => oc.columns(['user_id', 'key']).doUpdateSet({ value, updated_at }))
        .execute();
    },

    /** @returns how many went */
    async remove(user_id: number, key: string | null): Promise<number> {
      const own = db.deleteFrom('preferences').where('user_id', '=', user_id);
      const gone = await (key === null ? own : own.where('key', '=', key)).executeTakeFirst();
      return Number(gone.numDeletedRows);
    },
  };
}
export type PreferenceStore = ReturnType<typeof preferenceStore>;
