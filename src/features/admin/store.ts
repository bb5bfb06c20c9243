// Reads of the operator, over all users.
import { sql } from 'kysely';
import type { StoreDb } from '../../core/store-db.ts';
import type { MemoryRow } from '../memory/rules.ts';

export function adminStore(db: StoreDb) {
  return {
    async rows(table: string): Promise<number> {
      const { rows } = await sql<{ n: number }>`select count(*) as n from ${sql.table(table)}`.execute(db);
      return Number(rows[0]!.n);
    },

    /** Current memories that were neither stored nor read since. */
    async unread(since: string): Promise<number> {
      const row = await db
        .selectFrom('memories')
        .where('is_latest', '=', sql.lit(1))
        .where('is_forgotten', '=', sql.lit(0))
        .where((eb) => eb(eb.fn.coalesce('last_accessed_at', 'created_at'), '<', since))
        .select((eb) => eb.fn.countAll<number>().as('n'))
        .executeTakeFirstOrThrow();
      return Number(row.n);
    },

    memories: (user_id: number, after_id: number, limit: number): Promise<MemoryRow[]> =>
      db
        .selectFrom('memories')
        .where('user_id', '=', user_id)
        .where('id', '>', after_id)
        .selectAll()
        .orderBy('id')
        .limit(limit)
        .execute(),

    async vectors(): Promise<number> {
      const row = await db
        .selectFrom('memory_vectors')
        .select((eb) => eb.fn.countAll<number>().as('n'))
        .executeTakeFirstOrThrow();
      return Number(row.n);
    },
    /** Ids of failed jobs of these kinds, oldest first. */
    async failedJobs(kinds: readonly string[], limit: number): Promise<number[]> {
      const rows = await db
        .selectFrom('jobs')
        .where('status', '=', 'failed')
        .where('kind', 'in', kinds)
        .select('id')
        .orderBy('id')
        .limit(limit)
        .execute();
      return rows.map(({ id }) => id);
    },
  };
}
export type AdminStore = ReturnType<typeof adminStore>;
