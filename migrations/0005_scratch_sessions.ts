// Notes that agents leave for a while, transcripts of their runs, and the jobs of one status in their order.
import { type Kysely, sql } from 'kysely';
import type { DialectTypes, Migration } from '../src/platform/db/dialect.ts';

export const scratchSessions: Migration = {
  version: 5,
  name: 'scratch_sessions',
  async up(db: Kysely<unknown>, types: DialectTypes): Promise<void> {
    await db.schema
      .createTable('scratch_entries')
      .addColumn('id', types.id, (c) =>
        types.id === 'bigint' ? c.primaryKey().generatedByDefaultAsIdentity() : c.primaryKey().autoIncrement(),
      )
      .addColumn('user_id', types.id, (c) => c.notNull().references('users.id').onDelete('cascade'))
      .addColumn('session', 'text', (c) => c.notNull())
      .addColumn('agent', 'text', (c) => c.notNull())
      .addColumn('model', 'text', (c) => c.notNull())
      .addColumn('key', 'text', (c) => c.notNull())
      .addColumn('value', 'text', (c) => c.notNull())
      .addColumn('created_at', 'text', (c) => c.notNull())
      .addColumn('updated_at', 'text', (c) => c.notNull())
      .addColumn('expires_at', 'text', (c) => c.notNull())
      .addUniqueConstraint('scratch_entries_key', ['user_id', 'session', 'key', 'agent', 'model'])
      .execute();
    await db.schema.createIndex('scratch_entries_expires').on('scratch_entries').column('expires_at').execute(); // sweep

    await db.schema
      .createTable('agent_sessions')
      .addColumn('id', 'text', (c) => c.primaryKey())
      .addColumn('user_id', types.id, (c) => c.notNull().references('users.id').onDelete('cascade'))
      .addColumn('agent', 'text', (c) => c.notNull())
      .addColumn('status', 'text', (c) => c.notNull())
      .addColumn('lines', 'integer', (c) => c.notNull().defaultTo(0))
      .addColumn('first_line', 'integer', (c) => c.notNull().defaultTo(1))
      .addColumn('bytes', 'integer', (c) => c.notNull().defaultTo(0))
      .addColumn('created_at', 'text', (c) => c.notNull())
      .addColumn('updated_at', 'text', (c) => c.notNull())
      .addColumn('ended_at', 'text')
      .execute();
    await db.schema
      .createIndex('agent_sessions_user')
      .on('agent_sessions')
      .columns(['user_id', 'created_at', 'id'])
      .execute(); // list
    await sql`create index agent_sessions_active on agent_sessions (updated_at, user_id) where status = 'active'`.execute(
      db,
    ); // how many are live, idle ones
    await sql`create index agent_sessions_ended on agent_sessions (ended_at) where ended_at is not null`.execute(db); // old ones

    await db.schema
      .createTable('session_lines')
      .addColumn('session_id', 'text', (c) => c.notNull().references('agent_sessions.id').onDelete('cascade'))
      .addColumn('n', 'integer', (c) => c.notNull())
      .addColumn('user_id', types.id, (c) => c.notNull())
      .addColumn('line', 'text', (c) => c.notNull())
      .addColumn('bytes', 'integer', (c) => c.notNull())
      .addColumn('created_at', 'text', (c) => c.notNull())
      .addPrimaryKeyConstraint('session_lines_pk', ['session_id', 'n'])
      .execute();

    await db.schema.createIndex('jobs_status').on('jobs').columns(['status', 'finished_at', 'id']).execute(); // GET /jobs
  },
};
