// Who changed what: one chain of rows per user, in which no row can be changed, and from which only the oldest are cut off.
import { type Kysely, sql } from 'kysely';
import type { Migration } from '../src/platform/db/dialect.ts';

export const audit: Migration = {
  version: 19,
  name: 'audit',
  async up(db: Kysely<unknown>, types) {
    // No foreign keys: rows outlive what they name.
    await db.schema
      .createTable('audit_log')
      .addColumn('id', types.id, (c) =>
        types.id === 'bigint' ? c.primaryKey().generatedByDefaultAsIdentity() : c.primaryKey().autoIncrement(),
      )
      .addColumn('user_id', types.id, (c) => c.notNull())
      .addColumn('seq', types.id, (c) => c.notNull())
      .addColumn('actor_user_id', types.id)
      .addColumn('key_id', types.id, (c) => c.notNull())
      .addColumn('agent_id', types.id)
      .addColumn('action', 'text', (c) => c.notNull())
      .addColumn('target_type', 'text')
      .addColumn('target_id', 'text')
      .addColumn('details', 'text')
      .addColumn('ip', 'text')
      .addColumn('door', 'text', (c) => c.notNull())
      .addColumn('request_id', 'text')
      .addColumn('created_at', 'text', (c) => c.notNull())
      .addColumn('prev_hash', 'text', (c) => c.notNull())
      .addColumn('hash', 'text', (c) => c.notNull())
      .execute();
    const index = (name: string, columns: readonly string[]) =>
      db.schema
        .createIndex(name)
        .on('audit_log')
        .columns([...columns]);
    await index('audit_log_chain', ['user_id', 'seq']).unique().execute(); // listing, verifying
    await index('audit_log_target', ['user_id', 'target_type', 'target_id']).execute(); // what happened to one thing
    // What was done in a while: in the order of the chain, and counted without reading rows.
    await index('audit_log_action', ['user_id', 'action', 'seq', 'created_at']).execute();
    await index('audit_log_request', ['request_id']).execute(); // what one request did

    await db.schema
      .createTable('audit_heads')
      .addColumn('user_id', types.id, (c) => c.primaryKey())
      .addColumn('first_seq', types.id, (c) => c.notNull())
      .addColumn('anchor_hash', 'text', (c) => c.notNull())
      .addColumn('last_seq', types.id, (c) => c.notNull())
      .addColumn('last_hash', 'text', (c) => c.notNull())
      .execute();

    // What may go has been given up before, in the same transaction: `first_seq` moved past it, or the whole chain ended.
    if (types.family === 'sqlite') {
      await sql`create trigger audit_log_fixed before update on audit_log
        begin select raise(abort, 'rows of the audit log are never changed'); end`.execute(db);
      await sql`create trigger audit_log_kept before delete on audit_log
        when old.seq >= (select first_seq from audit_heads where user_id = old.user_id)
        begin select raise(abort, 'rows of the audit log are kept'); end`.execute(db);
      return;
    }
    await sql`create function audit_log_guard() returns trigger language plpgsql as $$
      begin
        if tg_op = 'DELETE' then
          if not exists (select from audit_heads h where h.user_id = old.user_id and h.first_seq <= old.seq) then
            return old;
          end if;
        end if;
        raise exception 'rows of the audit log are kept as they are';
      end $$`.execute(db);
    await sql`create trigger audit_log_fixed before update or delete on audit_log
      for each row execute function audit_log_guard()`.execute(db);
    await sql`create trigger audit_log_kept before truncate on audit_log
      for each statement execute function audit_log_guard()`.execute(db);
  },
};
