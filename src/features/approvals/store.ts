// All SQL on `approvals`.
import { sql } from 'kysely';
import type { StoreDb } from '../../core/store-db.ts';
import type { ApprovalTable } from '../../core/tables.ts';

export type ApprovalRow = ApprovalTable;

export function approvalStore(db: StoreDb) {
  return {
    insert: async (row: ApprovalRow): Promise<void> => void (await db.insertInto('approvals').values(row).execute()),

    byId: (user_id: number, id: string): Promise<ApprovalRow | undefined> =>
      db.selectFrom('approvals').where('user_id', '=', user_id).where('id', '=', id).selectAll().executeTakeFirst(),

    /** Those that can still be decided, soonest expiry first. */
    pending: (user_id: number, now: string, limit: number): Promise<ApprovalRow[]> =>
      db
        .selectFrom('approvals')
        .where('user_id', '=', user_id)
        .where('status', '=', sql.lit('pending'))
        .where('expires_at', '>', now)
        .selectAll()
        .orderBy('expires_at')
        .orderBy('id')
        .limit(limit)
        .execute(),

    /** Past their time, and not yet swept. */
    async countPast(user_id: number, now: string): Promise<number> {
      const row = await db
        .selectFrom('approvals')
        .where('user_id', '=', user_id)
        .where('status', '=', sql.lit('pending'))
        .where('expires_at', '<=', now)
        .select((eb) => eb.fn.countAll<number>().as('n'))
        .executeTakeFirstOrThrow();
      return Number(row.n);
    },

    /** Only while it waits. @returns false when somebody was earlier, or its time is over */
    async decide(
      user_id: number,
      id: string,
      now: string,
      change: Pick<ApprovalRow, 'status' | 'decision_by' | 'decision_reason' | 'decided_at'>,
    ): Promise<boolean> {
      const result = await db
        .updateTable('approvals')
        .set(change)
        .where('user_id', '=', user_id)
        .where('id', '=', id)
        .where('status', '=', sql.lit('pending'))
        .where('expires_at', '>', now)
        .executeTakeFirst();
      return result.numUpdatedRows > 0n;
    },

    /** Of all users: their time is over whoever asked. */
    async expire(now: string): Promise<void> {
      await db
        .updateTable('approvals')
        .set({ status: 'expired' })
        .where('status', '=', sql.lit('pending'))
        .where('expires_at', '<=', now)
        .execute();
    },
  };
}
export type ApprovalStore = ReturnType<typeof approvalStore>;
