// All SQL on `digests` and `digest_subscriptions`, and the figures of a period.
import { sql } from 'kysely';
import { matchesFilter } from '../../core/memory-filter.ts';
import type { MemoryFilter } from '../../core/ports.ts';
import type { StoreDb } from '../../core/store-db.ts';
import type { DigestSubscriptionTable, DigestTable } from '../../core/tables.ts';
import type { MemoryRow } from '../memory/rules.ts';
import { DERIVED } from '../thinking/rules.ts';

export type DigestRow = { [K in keyof DigestTable]: K extends 'id' ? number : DigestTable[K] };
export type SubscriptionRow = {
  [K in keyof DigestSubscriptionTable]: K extends 'id' ? number : DigestSubscriptionTable[K];
};

export function digestStore(db: StoreDb) {
  /** What was stored in a period: by when it came in, not by when it happened. */
  const stored = (filter: MemoryFilter, from: string, until: string) =>
    db
      .selectFrom('memories as m')
      .where(matchesFilter(filter))
      .where('m.created_at', '>=', from)
      .where('m.created_at', '<=', until);

  return {
    add: (row: Omit<DigestRow, 'id'>): Promise<DigestRow> =>
      db.insertInto('digests').values(row).returningAll().executeTakeFirstOrThrow() as Promise<DigestRow>,

    /** Newest first. @param space_id null: all spaces */
    list: (user_id: number, space_id: number | null, limit: number): Promise<DigestRow[]> =>
      db
        .selectFrom('digests')
        .where('user_id', '=', user_id)
        .$if(space_id !== null, (qb) => qb.where('space_id', '=', space_id))
        .selectAll()
        .orderBy('id', 'desc')
        .limit(limit)
        .execute(),

    async remove(user_id: number, id: number): Promise<void> {
      await db.deleteFrom('digests').where('user_id', '=', user_id).where('id', '=', id).execute();
    },

    /** By category, most frequent first; versions that follow an older one are told apart. */
    async counts(filter: MemoryFilter, from: string, until: string) {
      const rows = await stored(filter, from, until)
        .select((eb) => [
          'm.category',
          eb.fn.countAll<number>().as('n'),
          sql<number>`sum(case when m.version > 1 then 1 else 0 end)`.as('changed'),
        ])
        .groupBy('m.category')
        .execute();
      return rows
        .map(({ category, n, changed }) => ({ category, n: Number(n), changed: Number(changed) }))
        .sort((a, b) => b.n - a.n || (a.category < b.category ? -1 : 1));
    },

    /** The most important first. */
    top: (filter: MemoryFilter, from: string, until: string, limit: number): Promise<MemoryRow[]> =>
      stored(filter, from, until)
        .where('m.source', 'not in', [...DERIVED])
        .selectAll('m')
        .orderBy('m.importance', 'desc')
        .orderBy('m.id', 'desc')
        .limit(limit)
        .execute(),

    subscribe: (row: Omit<SubscriptionRow, 'id'>): Promise<SubscriptionRow> =>
      db
        .insertInto('digest_subscriptions')
        .values(row)
        .returningAll()
        .executeTakeFirstOrThrow() as Promise<SubscriptionRow>,

    subscription: (user_id: number, id: number): Promise<SubscriptionRow | undefined> =>
      db
        .selectFrom('digest_subscriptions')
        .where('user_id', '=', user_id)
        .where('id', '=', id)
        .selectAll()
        .executeTakeFirst(),

    subscriptions: (user_id: number, space_id: number | null): Promise<SubscriptionRow[]> =>
      db
        .selectFrom('digest_subscriptions')
        .where('user_id', '=', user_id)
        .$if(space_id !== null, (qb) => qb.where('space_id', '=', space_id))
        .selectAll()
        .orderBy('id')
        .execute(),

    async unsubscribe(user_id: number, id: number): Promise<void> {
      await db.deleteFrom('digest_subscriptions').where('user_id', '=', user_id).where('id', '=', id).execute();
    },

    async set(user_id: number, id: number, change: Partial<Omit<SubscriptionRow, 'id'>>): Promise<void> {
      await db
        .updateTable('digest_subscriptions')
        .set(change)
        .where('user_id', '=', user_id)
        .where('id', '=', id)
        .execute();
    },

    /** Of all users: whose time has come. */
    due: (now: string, limit: number): Promise<SubscriptionRow[]> =>
      db
        .selectFrom('digest_subscriptions')
        .where('active', '=', sql.lit(1))
        .where('next_send_at', '<=', now)
        .selectAll()
        .orderBy('next_send_at')
        .limit(limit)
        .execute(),
  };
}
export type DigestStore = ReturnType<typeof digestStore>;
