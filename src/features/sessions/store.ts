// All SQL on agent sessions and the lines they put out.
import { sql } from 'kysely';
import type { StoreDb } from '../../core/store-db.ts';
import type { AgentSessionTable, SessionLineTable } from '../../core/tables.ts';

export type SessionRow = AgentSessionTable;
export type LineRow = Pick<SessionLineTable, 'n' | 'line' | 'bytes'>;

export const ACTIVE = 'active';

export function sessionStore(db: StoreDb) {
  /** Written out: with a bound value the partial index could not be told to be the one that is meant. */
  const active = sql.lit(ACTIVE);
  const linesOf = (user_id: number, id: string) =>
    db.selectFrom('session_lines').where('session_id', '=', id).where('user_id', '=', user_id);

  return {
    async insert(row: Pick<SessionRow, 'id' | 'user_id' | 'agent' | 'created_at'>): Promise<SessionRow> {
      const fresh = { status: ACTIVE, lines: 0, first_line: 1, bytes: 0, ended_at: null };
      const values = { ...row, ...fresh, updated_at: row.created_at };
      return db.insertInto('agent_sessions').values(values).returningAll().executeTakeFirstOrThrow();
    },

    byId: (user_id: number, id: string): Promise<SessionRow | undefined> =>
      db
        .selectFrom('agent_sessions')
        .where('id', '=', id)
        .where('user_id', '=', user_id)
        .selectAll()
        .executeTakeFirst(),

    /** Newest first. */
    list: (user_id: number, limit: number, offset: number): Promise<SessionRow[]> =>
      db
        .selectFrom('agent_sessions')
        .where('user_id', '=', user_id)
        .selectAll()
        .orderBy('created_at', 'desc')
        .orderBy('id', 'desc')
        .limit(limit)
        .offset(offset)
        .execute(),

    /** Active ones that said something after `since`. */
    async countLive(user_id: number, since: string): Promise<number> {
      const row = await db
        .selectFrom('agent_sessions')
        .where('status', '=', active)
        .where('updated_at', '>', since)
        .where('user_id', '=', user_id)
        .select((eb) => eb.fn.countAll<number>().as('n'))
        .executeTakeFirstOrThrow();
      return Number(row.n);
    },

    /** Appends while the session is active. @returns it afterwards, undefined when it has ended or is not there */
    async append(
      user_id: number,
      id: string,
      line: string,
      bytes: number,
      now: string,
    ): Promise<SessionRow | undefined> {
      const session = await db
        .updateTable('agent_sessions')
        .set((eb) => ({ lines: eb('lines', '+', 1), bytes: eb('bytes', '+', bytes), updated_at: now }))
        .where('id', '=', id)
        .where('user_id', '=', user_id)
        .where('status', '=', ACTIVE)
        .returningAll()
        .executeTakeFirst();
      if (!session) return undefined;
      const row = { session_id: id, n: session.lines, user_id, line, bytes, created_at: now };
      await db.insertInto('session_lines').values(row).execute();
      return session;
    },

    /** After number `after`, in order. */
    lines: (user_id: number, id: string, after: number, limit: number): Promise<LineRow[]> =>
      linesOf(user_id, id).where('n', '>', after).select(['n', 'line', 'bytes']).orderBy('n').limit(limit).execute(),

    /** Drops the lines before `first_line`; `bytes` are those of the others. */
    async trim(user_id: number, id: string, first_line: number, bytes: number): Promise<void> {
      await db
        .deleteFrom('session_lines')
        .where('session_id', '=', id)
        .where('user_id', '=', user_id)
        .where('n', '<', first_line)
        .execute();
      await db
        .updateTable('agent_sessions')
        .set({ first_line, bytes })
        .where('id', '=', id)
        .where('user_id', '=', user_id)
        .execute();
    },

    /** @returns undefined when it had ended, or is not there */
    end: (user_id: number, id: string, status: string, now: string): Promise<SessionRow | undefined> =>
      db
        .updateTable('agent_sessions')
        .set({ status, updated_at: now, ended_at: now })
        .where('id', '=', id)
        .where('user_id', '=', user_id)
        .where('status', '=', ACTIVE)
        .returningAll()
        .executeTakeFirst(),

    /** Of every user: ends what said nothing after `since`. @returns their ids */
    async endIdle(since: string, status: string, now: string): Promise<string[]> {
      const rows = await db
        .updateTable('agent_sessions')
        .set({ status, updated_at: now, ended_at: now })
        .where('status', '=', active)
        .where('updated_at', '<=', since)
        .returning('id')
        .execute();
      return rows.map((row) => row.id);
    },

    /** Of every user: sessions that ended at `before` or earlier, with their lines. @returns how many went */
    async removeEnded(before: string): Promise<number> {
      const result = await db.deleteFrom('agent_sessions').where('ended_at', '<=', before).executeTakeFirst();
      return Number(result.numDeletedRows);
    },
  };
}
export type SessionStore = ReturnType<typeof sessionStore>;
