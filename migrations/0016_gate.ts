// What agents ask to do, and what people answer.
import { type Kysely, sql } from 'kysely';
import type { Migration } from '../src/platform/db/dialect.ts';

export const gate: Migration = {
  version: 16,
  name: 'gate',
  async up(db: Kysely<unknown>, types) {
    await db.schema
      .createTable('gate_requests')
      .addColumn('id', types.id, (c) =>
        types.id === 'bigint' ? c.primaryKey().generatedByDefaultAsIdentity() : c.primaryKey().autoIncrement(),
      )
      .addColumn('user_id', types.id, (c) => c.notNull())
      .addColumn('agent', 'text', (c) => c.notNull())
      .addColumn('command', 'text', (c) => c.notNull())
      .addColumn('tool_name', 'text')
      .addColumn('session_id', 'text')
      .addColumn('context', 'text')
      .addColumn('status', 'text', (c) => c.notNull())
      .addColumn('reason', 'text')
      .addColumn('output', 'text')
      .addColumn('last_memory_id', types.id, (c) => c.notNull())
      .addColumn('expires_at', 'text')
      .addColumn('created_at', 'text', (c) => c.notNull())
      .addColumn('updated_at', 'text', (c) => c.notNull())
      .execute();
    await db.schema
      .createIndex('gate_requests_session')
      .on('gate_requests')
      .columns(['user_id', 'session_id', 'id']) // complete-latest
      .execute();
    await sql`create index gate_requests_expiry on gate_requests (expires_at) where status = 'pending'`.execute(db); // sweep
    await db.schema.createIndex('gate_requests_age').on('gate_requests').column('created_at').execute(); // sweep

    await db.schema
      .createTable('approvals')
      .addColumn('id', 'text', (c) => c.primaryKey())
      .addColumn('user_id', types.id, (c) => c.notNull())
      .addColumn('action', 'text', (c) => c.notNull())
      .addColumn('context', 'text')
      .addColumn('requester', 'text', (c) => c.notNull())
      .addColumn('status', 'text', (c) => c.notNull())
      .addColumn('decision_by', 'text')
      .addColumn('decision_reason', 'text')
      .addColumn('created_at', 'text', (c) => c.notNull())
      .addColumn('expires_at', 'text', (c) => c.notNull())
      .addColumn('decided_at', 'text')
      .execute();
    await sql`create index approvals_pending on approvals (user_id, expires_at, id) where status = 'pending'`.execute(
      db,
    );
    await sql`create index approvals_expiry on approvals (expires_at) where status = 'pending'`.execute(db); // sweep
  },
};
