// All SQL on `gate_requests`.
import { sql } from 'kysely';
import type { StoreDb } from '../../core/store-db.ts';
import type { GateRequestTable } from '../../core/tables.ts';

export type GateRow = { [K in keyof GateRequestTable]: K extends 'id' ? number : GateRequestTable[K] };

const MOST_COUNTED = 1_000;

export function gateStore(db: StoreDb) {
  const owned = (user_id: number) => db.selectFrom('gate_requests').where('user_id', '=', user_id);

  return {
    async insert(row: Omit<GateRow, 'id'>): Promise<number> {
      return (await db.insertInto('gate_requests').values(row).returning('id').executeTakeFirstOrThrow()).id;
    },

    byId: (user_id: number, id: number): Promise<GateRow | undefined> =>
      owned(user_id).where('id', '=', id).selectAll().executeTakeFirst(),

    latestOf: (user_id: number, session_id: string): Promise<GateRow | undefined> =>
      owned(user_id).where('session_id', '=', session_id).selectAll().orderBy('id', 'desc').limit(1).executeTakeFirst(),

    /** Only while it waits. @returns false when it does not any more */
    async settle(
      user_id: number,
      id: number,
      now: string,
      change: Pick<GateRow, 'status' | 'reason'>,
    ): Promise<boolean> {
      const result = await db
        .updateTable('gate_requests')
        .set({ ...change, updated_at: now })
        .where('user_id', '=', user_id)
        .where('id', '=', id)
        .where('status', '=', sql.lit('pending'))
        // Who ends it because its time is over comes after that time; an answer has to come before.
        .$if(change.status !== 'expired', (query) =>
          query.where((eb) => eb.or([eb('expires_at', 'is', null), eb('expires_at', '>', now)])),
        )
        .executeTakeFirst();
      return result.numUpdatedRows > 0n;
    },

    async complete(user_id: number, id: number, output: string, now: string): Promise<void> {
      await db
        .updateTable('gate_requests')
        .set({ output, updated_at: now })
        .where('user_id', '=', user_id)
        .where('id', '=', id)
        .execute();
    },

    async lastMemory(user_id: number): Promise<number> {
      const row = await db
        .selectFrom('memories')
        .where('user_id', '=', user_id)
        .select('id')
        .orderBy('id', 'desc')
        .limit(1)
        .executeTakeFirst();
      return row?.id ?? 0;
    },

    async memoriesSince(user_id: number, id: number): Promise<number> {
      const rows = await db
        .selectFrom('memories')
        .where('user_id', '=', user_id)
        .where('id', '>', id)
        .select('id')
        .limit(MOST_COUNTED)
        .execute();
      return rows.length;
    },

    /** Of all users. Ends what waited too long, and removes what is old. */
    async sweep(now: string, before: string): Promise<void> {
      await db
        .updateTable('gate_requests')
        .set({ status: 'expired', updated_at: now })
        .where('status', '=', sql.lit('pending'))
        .where('expires_at', '<=', now)
        .execute();
      await db.deleteFrom('gate_requests').where('created_at', '<', before).execute();
    },
  };
}
export type GateStore = ReturnType<typeof gateStore>;
