// When memories came into the trash and when a newer version took their place, what waits for review, and what users said
// about what was recalled.
import { type Kysely, sql } from 'kysely';
import type { Migration } from '../src/platform/db/dialect.ts';

export const endings: Migration = {
  version: 7,
  name: 'endings',
  async up(db: Kysely<unknown>, types) {
    await db.schema.alterTable('memories').addColumn('forgotten_at', 'text').execute();
    await db.schema.alterTable('memories').addColumn('superseded_at', 'text').execute();
    // Nothing else changes a memory in the trash, so its last change is the nearest that is known.
    await sql`update memories set forgotten_at = updated_at where is_forgotten = 1`.execute(db);
    await sql`update memories set superseded_at = coalesce(
        (select min(next.created_at) from memories next
          where next.root_memory_id = coalesce(memories.root_memory_id, memories.id)
            and next.parent_memory_id = memories.id),
        updated_at)
      where is_latest = 0`.execute(db);
    await sql`create index memories_trash_age on memories (user_id, forgotten_at) where is_forgotten = 1`.execute(db); // purge
    await sql`create index memories_expiring on memories (user_id, forget_after)
      where is_forgotten = 0 and forget_after is not null`.execute(db); // expiry
    await sql`create index memories_pending on memories (user_id, id) where status = 'pending'`.execute(db); // inbox

    await db.schema
      .createTable('feedback')
      .addColumn('id', types.id, (c) =>
        types.id === 'bigint' ? c.primaryKey().generatedByDefaultAsIdentity() : c.primaryKey().autoIncrement(),
      )
      .addColumn('user_id', types.id, (c) => c.notNull())
      .addColumn('memory_id', types.id, (c) => c.notNull().references('memories.id').onDelete('cascade'))
      .addColumn('rating', 'text', (c) => c.notNull())
      .addColumn('context', 'text')
      .addColumn('created_at', 'text', (c) => c.notNull())
      .execute();
    await db.schema.createIndex('feedback_user').on('feedback').columns(['user_id', 'rating']).execute(); // stats
    await db.schema.createIndex('feedback_memory').on('feedback').column('memory_id').execute(); // purge
  },
};
