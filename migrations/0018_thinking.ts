// What is thought about memories: reflections, consolidations, digests, and which memories each was made from.
import { type Kysely, sql } from 'kysely';
import type { DialectTypes, Migration } from '../src/platform/db/dialect.ts';

export const thinking: Migration = {
  version: 18,
  name: 'thinking',
  async up(db: Kysely<unknown>, types: DialectTypes) {
    const numbered = (name: string) =>
      db.schema
        .createTable(name)
        .addColumn('id', types.id, (c) =>
          types.id === 'bigint' ? c.primaryKey().generatedByDefaultAsIdentity() : c.primaryKey().autoIncrement(),
        )
        .addColumn('user_id', types.id, (c) => c.notNull())
        .addColumn('space_id', types.id);

    await numbered('reflections')
      .addColumn('reflection_type', 'text', (c) => c.notNull())
      .addColumn('origin', 'text', (c) => c.notNull())
      .addColumn('content', 'text', (c) => c.notNull())
      .addColumn('details', 'text', (c) => c.notNull())
      .addColumn('confidence', types.real, (c) => c.notNull())
      .addColumn('memory_id', types.id, (c) => c.references('memories.id').onDelete('set null'))
      .addColumn('memory_count', 'integer', (c) => c.notNull())
      .addColumn('period_start', 'text')
      .addColumn('period_end', 'text')
      .addColumn('created_at', 'text', (c) => c.notNull())
      .execute();
    await db.schema.createIndex('reflections_user').on('reflections').columns(['user_id', 'id']).execute(); // list, latest
    await db.schema.createIndex('reflections_memory').on('reflections').column('memory_id').execute(); // purge

    await numbered('consolidations')
      .addColumn('memory_id', types.id, (c) => c.references('memories.id').onDelete('set null'))
      .addColumn('method', 'text', (c) => c.notNull())
      .addColumn('status', 'text', (c) => c.notNull())
      .addColumn('memory_count', 'integer', (c) => c.notNull())
      .addColumn('created_at', 'text', (c) => c.notNull())
      .addColumn('undone_at', 'text')
      .execute();
    await db.schema.createIndex('consolidations_user').on('consolidations').columns(['user_id', 'id']).execute(); // list, stale
    await db.schema.createIndex('consolidations_memory').on('consolidations').column('memory_id').execute(); // purge

    await numbered('digests')
      .addColumn('period', 'text', (c) => c.notNull())
      .addColumn('content', 'text', (c) => c.notNull())
      .addColumn('details', 'text', (c) => c.notNull())
      .addColumn('memory_count', 'integer', (c) => c.notNull())
      .addColumn('quoted', 'integer', (c) => c.notNull())
      .addColumn('started_at', 'text', (c) => c.notNull())
      .addColumn('ended_at', 'text', (c) => c.notNull())
      .addColumn('created_at', 'text', (c) => c.notNull())
      .execute();
    await db.schema.createIndex('digests_user').on('digests').columns(['user_id', 'id']).execute(); // list

    await numbered('digest_subscriptions')
      .addColumn('schedule', 'text', (c) => c.notNull())
      .addColumn('webhook_url', 'text', (c) => c.notNull())
      .addColumn('webhook_secret', 'text')
      .addColumn('include', 'text', (c) => c.notNull())
      .addColumn('active', 'integer', (c) => c.notNull())
      .addColumn('failures', 'integer', (c) => c.notNull())
      .addColumn('last_error', 'text')
      .addColumn('last_sent_at', 'text')
      .addColumn('next_send_at', 'text', (c) => c.notNull())
      .addColumn('created_at', 'text', (c) => c.notNull())
      .execute();
    await db.schema
      .createIndex('digest_subscriptions_user')
      .on('digest_subscriptions')
      .columns(['user_id', 'id'])
      .execute(); // list
    await sql`create index digest_subscriptions_due on digest_subscriptions (next_send_at) where active = 1`.execute(
      db,
    ); // due

    await db.schema
      .createTable('thought_sources')
      .addColumn('kind', 'text', (c) => c.notNull())
      .addColumn('thought_id', types.id, (c) => c.notNull())
      .addColumn('memory_id', types.id, (c) => c.notNull().references('memories.id').onDelete('cascade'))
      .addColumn('user_id', types.id, (c) => c.notNull())
      .addPrimaryKeyConstraint('thought_sources_pk', ['kind', 'thought_id', 'memory_id'])
      .execute();
    await db.schema
      .createIndex('thought_sources_memory')
      .on('thought_sources')
      .columns(['memory_id', 'kind'])
      .execute(); // purge, used

    await db.schema
      .createTable('thinking_states')
      .addColumn('user_id', types.id, (c) => c.primaryKey())
      .addColumn('started_at', 'text', (c) => c.notNull())
      .addColumn('last_memory_id', types.id, (c) => c.notNull())
      .addColumn('report', 'text', (c) => c.notNull())
      .execute();
  },
};
