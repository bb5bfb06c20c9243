// All SQL on `thinking_states`.
import type { StoreDb } from '../../core/store-db.ts';
import type { ThinkingStateTable } from '../../core/tables.ts';

export function thinkingStore(db: StoreDb) {
  return {
    state: (user_id: number): Promise<ThinkingStateTable | undefined> =>
      db.selectFrom('thinking_states').where('user_id', '=', user_id).selectAll().executeTakeFirst(),

    async put(row: ThinkingStateTable): Promise<void> {
      const { user_id: _id, ...change } = row;
      await db
        .insertInto('thinking_states')
        .values(row)
        .onConflict((oc) => oc.column('user_id').doUpdateSet(change))
        .execute();
    },
  };
}
export type ThinkingStore = ReturnType<typeof thinkingStore>;
