// All SQL on `audit_log` and `audit_heads`.
import { sql } from 'kysely';
import type { Sha256 } from '../../core/crypto.ts';
import { prepared } from '../../core/prepared.ts';
import type { StoreDb } from '../../core/store-db.ts';
import { type AuditEntry, type AuditHead, type AuditRow, chained, GENESIS } from './rules.ts';

export interface AuditFilter {
  /** Null: of everybody. */
  user_id: number | null;
  action?: string | undefined;
  target_type?: string | undefined;
  target_id?: string | undefined;
  key_id?: number | undefined;
  request_id?: string | undefined;
  door?: string | undefined;
  /** Both included. */
  since?: string | undefined;
  until?: string | undefined;
}

export function auditStore(db: StoreDb, sha256: Sha256) {
  // Moving the head first makes writers of one chain take turns: the row stays locked until the transaction ends.
  const step = prepared<{ user_id: number }, Pick<AuditHead, 'last_seq' | 'last_hash'>>(db, ({ user_id }) =>
    db
      .updateTable('audit_heads')
      .set((eb) => ({ last_seq: eb('last_seq', '+', 1) }))
      .where('user_id', '=', user_id)
      .returning(['last_seq', 'last_hash']),
  );
  const put = prepared<Omit<AuditRow, 'id'>, unknown>(db, (row) =>
    db.insertInto('audit_log').values({
      user_id: row.user_id,
      seq: row.seq,
      actor_user_id: row.actor_user_id,
      key_id: row.key_id,
      agent_id: row.agent_id,
      action: row.action,
      target_type: row.target_type,
      target_id: row.target_id,
      details: row.details,
      ip: row.ip,
      door: row.door,
      request_id: row.request_id,
      created_at: row.created_at,
      prev_hash: row.prev_hash,
      hash: row.hash,
    }),
  );
  const seal = prepared<{ user_id: number; hash: string }, unknown>(db, ({ user_id, hash }) =>
    db.updateTable('audit_heads').set({ last_hash: hash }).where('user_id', '=', user_id),
  );

  const where = ({ user_id, since, until, ...equal }: AuditFilter) => {
    let query = db.selectFrom('audit_log');
    if (user_id !== null) query = query.where('user_id', '=', user_id);
    for (const column of ['action', 'target_type', 'target_id', 'key_id', 'request_id', 'door'] as const) {
      const value = equal[column];
      if (value !== undefined) query = query.where(column, '=', value);
    }
    if (since !== undefined) query = query.where('created_at', '>=', since);
    if (until !== undefined) query = query.where('created_at', '<=', until);
    return query;
  };

  return {
    async append(user_id: number, entry: AuditEntry): Promise<void> {
      let [head] = await step({ user_id });
      if (!head) {
        await db
          .insertInto('audit_heads')
          .values({ user_id, first_seq: 1, anchor_hash: GENESIS, last_seq: 0, last_hash: GENESIS })
          .onConflict((oc) => oc.column('user_id').doNothing())
          .execute();
        [head] = await step({ user_id });
      }
      const row = chained(entry, user_id, head!.last_seq, head!.last_hash, sha256);
      await put(row);
      await seal({ user_id, hash: row.hash });
    },

    /** Newest first. */
    list: (filter: AuditFilter, limit: number, offset: number): Promise<AuditRow[]> =>
      where(filter)
        .selectAll()
        // Of one user in the order of the chain, which its index has.
        .orderBy(filter.user_id === null ? 'id' : 'seq', 'desc')
        .limit(limit)
        .offset(offset)
        .execute(),

    async count(filter: AuditFilter): Promise<number> {
      const { n } = await where(filter)
        .select((eb) => eb.fn.countAll<number>().as('n'))
        .executeTakeFirstOrThrow();
      return Number(n);
    },

    head: (user_id: number): Promise<AuditHead | undefined> =>
      db.selectFrom('audit_heads').where('user_id', '=', user_id).selectAll().executeTakeFirst(),

    /** Whose chains there are, also of those that lost their head. */
    async owners(): Promise<number[]> {
      // One look-up in the index for each user who has rows, instead of reading the whole log for its few users.
      const least = (after?: ReturnType<typeof sql>) =>
        sql`(select min(user_id) from audit_log${after ? sql` where user_id > ${after}` : sql``})`;
      const { rows } = await sql<{ user_id: number }>`with recursive having_rows(user_id) as (
          select ${least()}
          union all select ${least(sql`h.user_id`)} from having_rows h where h.user_id is not null)
        select user_id from having_rows where user_id is not null
        union select user_id from audit_heads order by user_id`.execute(db);
      return rows.map(({ user_id }) => user_id);
    },

    /** In the order of the chain, after a number. */
    page: (user_id: number, after: number, limit: number): Promise<AuditRow[]> =>
      db
        .selectFrom('audit_log')
        .where('user_id', '=', user_id)
        .where('seq', '>', after)
        .selectAll()
        .orderBy('seq')
        .limit(limit)
        .execute(),

    /** Gives up the rows before a number; `anchor_hash` is that of the last one given up. */
    async cut(user_id: number, first_seq: number, anchor_hash: string): Promise<void> {
      await db.updateTable('audit_heads').set({ first_seq, anchor_hash }).where('user_id', '=', user_id).execute();
      await db.deleteFrom('audit_log').where('user_id', '=', user_id).where('seq', '<', first_seq).execute();
    },

    /** The whole chain, when its user is erased. @returns the number of rows */
    async erase(user_id: number): Promise<number> {
      await db.deleteFrom('audit_heads').where('user_id', '=', user_id).execute();
      const { numDeletedRows } = await db.deleteFrom('audit_log').where('user_id', '=', user_id).executeTakeFirst();
      return Number(numDeletedRows);
    },
  };
}
export type AuditStore = ReturnType<typeof auditStore>;
