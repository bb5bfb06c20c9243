// Addresses that are told what happens, what is still to be told, and what nobody took.
import type { Migration } from '../src/platform/db/dialect.ts';
import { numbered } from './numbered.ts';

export const webhooks: Migration = {
  version: 23,
  name: 'webhooks',
  async up(db, types) {
    const table = (name: string) =>
      numbered(db, types, name).addColumn('user_id', types.id, (c) =>
        c.notNull().references('users.id').onDelete('cascade'),
      );
    await table('webhooks')
      .addColumn('url', 'text', (c) => c.notNull())
      .addColumn('secret', 'text')
      .addColumn('events', 'text', (c) => c.notNull())
      .addColumn('is_active', 'integer', (c) => c.notNull())
      .addColumn('failure_count', 'integer', (c) => c.notNull())
      .addColumn('last_event_id', types.id, (c) => c.notNull())
      .addColumn('last_triggered_at', 'text')
      .addColumn('created_at', 'text', (c) => c.notNull())
      .execute();
    await db.schema.createIndex('webhooks_user').on('webhooks').columns(['user_id', 'is_active']).execute();
    await db.schema.createIndex('webhooks_active').on('webhooks').columns(['is_active', 'id']).execute(); // who is behind
    await table('webhook_dead_letters')
      .addColumn('webhook_id', types.id, (c) => c.notNull().references('webhooks.id').onDelete('cascade'))
      .addColumn('event', 'text', (c) => c.notNull())
      .addColumn('payload', 'text', (c) => c.notNull())
      .addColumn('attempts', 'integer', (c) => c.notNull())
      .addColumn('last_error', 'text', (c) => c.notNull())
      .addColumn('last_status_code', 'integer')
      .addColumn('created_at', 'text', (c) => c.notNull())
      .execute();
    await db.schema
      .createIndex('webhook_dead_letters_hook')
      .on('webhook_dead_letters')
      .columns(['webhook_id', 'id'])
      .execute();
    await db.schema.createIndex('webhook_dead_letters_user').on('webhook_dead_letters').column('user_id').execute(); // erasing a user
    await db.schema.createIndex('webhook_dead_letters_age').on('webhook_dead_letters').column('created_at').execute(); // sweep
    await table('event_outbox')
      .addColumn('event', 'text', (c) => c.notNull())
      .addColumn('data', 'text', (c) => c.notNull())
      .addColumn('created_at', 'text', (c) => c.notNull())
      .execute();
    await db.schema.createIndex('event_outbox_user').on('event_outbox').columns(['user_id', 'id']).execute();
    await db.schema.createIndex('event_outbox_age').on('event_outbox').column('created_at').execute(); // sweep
  },
};
