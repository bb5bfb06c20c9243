// Which spaces keep secrets as they are, and what a sweep over memories reads.
import type { StoreDb } from '../../core/store-db.ts';
import type { MemoryRow } from '../memory/rules.ts';

export function redactionStore(db: StoreDb) {
  return {
    /** Spaces of the user in which nothing is taken out. */
    async exempt(user_id: number): Promise<number[]> {
      const rows = await db
        .selectFrom('spaces')
        .where('user_id', '=', user_id)
        .where('redaction', '=', 0)
        .select('id')
        .execute();
      return rows.map(({ id }) => id);
    },

    /** Every version of every memory of the user, also those in the trash, in the order of their ids. */
    page: (user_id: number, after: number, limit: number): Promise<MemoryRow[]> =>
      db
        .selectFrom('memories')
        .where('user_id', '=', user_id)
        .where('id', '>', after)
        .selectAll()
        .orderBy('id')
        .limit(limit)
        .execute(),
  };
}
export type RedactionStore = ReturnType<typeof redactionStore>;
