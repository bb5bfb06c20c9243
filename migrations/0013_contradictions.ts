// Which links the program found by itself, and which memories contradict each other.
import { type Kysely, sql } from 'kysely';
import type { Migration } from '../src/platform/db/dialect.ts';

export const contradictions: Migration = {
  version: 13,
  name: 'contradictions',
  async up(db: Kysely<unknown>, types) {
    await db.schema
      .alterTable('memory_links')
      .addColumn('origin', 'text', (c) => c.notNull().defaultTo('manual'))
      .execute();

    await db.schema
      .createTable('contradictions')
      .addColumn('memory_a', types.id, (c) => c.notNull().references('memories.id').onDelete('cascade'))
      .addColumn('memory_b', types.id, (c) => c.notNull().references('memories.id').onDelete('cascade'))
      .addColumn('user_id', types.id, (c) => c.notNull())
      .addColumn('kind', 'text', (c) => c.notNull())
      .addColumn('description', 'text', (c) => c.notNull())
      .addColumn('confidence', types.real, (c) => c.notNull())
      .addColumn('similarity', types.real)
      .addColumn('verified', 'integer', (c) => c.notNull())
      .addColumn('status', 'text', (c) => c.notNull())
      .addColumn('resolution', 'text')
      .addColumn('resolved_at', 'text')
      .addColumn('created_at', 'text', (c) => c.notNull())
      .addPrimaryKeyConstraint('contradictions_pk', ['user_id', 'memory_a', 'memory_b'])
      .execute();
    await db.schema.createIndex('contradictions_a').on('contradictions').column('memory_a').execute(); // purge
    // The other way round, purge.
    await db.schema.createIndex('contradictions_b').on('contradictions').columns(['memory_b', 'user_id']).execute();
    await sql`create index contradictions_open on contradictions (user_id, memory_b) where status = 'open'`.execute(db); // list
  },
};
