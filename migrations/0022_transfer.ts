// What comes in and goes out: files on their way up, imports with how far they have come, what was imported already, and
// which memories were erased, so that another server can be told.
import { type Kysely, sql } from 'kysely';
import type { DialectTypes, Migration } from '../src/platform/db/dialect.ts';

export const transfer: Migration = {
  version: 22,
  name: 'transfer',
  async up(db: Kysely<unknown>, types: DialectTypes): Promise<void> {
    const table = (name: string) =>
      db.schema
        .createTable(name)
        .addColumn('user_id', types.id, (c) => c.notNull().references('users.id').onDelete('cascade'));

    await table('uploads')
      .addColumn('id', 'text', (c) => c.primaryKey())
      .addColumn('filename', 'text')
      .addColumn('content_type', 'text')
      .addColumn('source', 'text', (c) => c.notNull())
      .addColumn('status', 'text', (c) => c.notNull())
      .addColumn('total_size', types.id)
      .addColumn('total_chunks', 'integer')
      .addColumn('final_sha256', 'text')
      .addColumn('created_at', 'text', (c) => c.notNull())
      .addColumn('expires_at', 'text', (c) => c.notNull())
      .execute();
    await db.schema.createIndex('uploads_user').on('uploads').columns(['user_id', 'expires_at']).execute(); // count
    await db.schema.createIndex('uploads_expiry').on('uploads').column('expires_at').execute(); // sweep

    // In the database, not beside it: what is encrypted there shall not lie about in files.
    await table('upload_chunks')
      .addColumn('upload_id', 'text', (c) => c.notNull().references('uploads.id').onDelete('cascade'))
      .addColumn('chunk_index', 'integer', (c) => c.notNull())
      .addColumn('size', 'integer', (c) => c.notNull())
      .addColumn('data', types.blob, (c) => c.notNull())
      .addPrimaryKeyConstraint('upload_chunks_pk', ['upload_id', 'chunk_index'])
      .execute();
    await db.schema.createIndex('upload_chunks_user').on('upload_chunks').column('user_id').execute(); // erasure

    await table('imports')
      .addColumn('id', 'text', (c) => c.primaryKey())
      .addColumn('space_id', types.id)
      .addColumn('upload_id', 'text')
      .addColumn('format', 'text', (c) => c.notNull())
      .addColumn('status', 'text', (c) => c.notNull())
      .addColumn('dry_run', 'integer', (c) => c.notNull())
      .addColumn('done_bytes', types.id, (c) => c.notNull())
      .addColumn('total_bytes', types.id, (c) => c.notNull())
      .addColumn('imported', 'integer', (c) => c.notNull())
      .addColumn('skipped', 'integer', (c) => c.notNull())
      .addColumn('failed', 'integer', (c) => c.notNull())
      .addColumn('duplicates', 'integer', (c) => c.notNull())
      .addColumn('errors', 'text', (c) => c.notNull())
      .addColumn('created_at', 'text', (c) => c.notNull())
      .addColumn('updated_at', 'text', (c) => c.notNull())
      .addColumn('finished_at', 'text')
      .execute();
    await db.schema.createIndex('imports_user').on('imports').columns(['user_id', 'created_at']).execute(); // list
    await db.schema.createIndex('imports_age').on('imports').column('updated_at').execute(); // sweep

    await table('import_marks')
      .addColumn('mark', 'text', (c) => c.notNull())
      .addColumn('target_id', types.id, (c) => c.notNull())
      .addPrimaryKeyConstraint('import_marks_pk', ['user_id', 'mark'])
      .execute();

    await table('sync_deletions')
      .addColumn('sync_id', 'text', (c) => c.notNull())
      .addColumn('deleted_at', 'text', (c) => c.notNull())
      .addPrimaryKeyConstraint('sync_deletions_pk', ['user_id', 'sync_id'])
      .execute();
    await db.schema
      .createIndex('sync_deletions_time')
      .on('sync_deletions')
      .columns(['user_id', 'deleted_at', 'sync_id'])
      .execute(); // changes

    await db.schema.createIndex('memories_sync').on('memories').columns(['user_id', 'sync_id']).execute(); // import, sync
    await db.schema.createIndex('memories_changed').on('memories').columns(['user_id', 'updated_at', 'id']).execute(); // changes

    // Pages of one user's rows in the order of their ids, without passing by those of others.
    for (const pages of ['episodes', 'conversations', 'entities'])
      await db.schema.createIndex(`${pages}_page`).on(pages).columns(['user_id', 'id']).execute(); // export
    await db.schema
      .createIndex('conversations_started')
      .on('conversations')
      .columns(['user_id', 'started_at'])
      .execute(); // import

    await (types.family === 'sqlite' ? sqliteTrigger(db) : postgresTrigger(db));
  },
};

/** Noted by the database itself, so that no way of erasing can be forgotten; a user who goes takes the notes along. */
async function sqliteTrigger(db: Kysely<unknown>): Promise<void> {
  await sql`create trigger memories_erased after delete on memories
    when exists (select 1 from users where id = old.user_id) begin
      insert into sync_deletions (user_id, sync_id, deleted_at)
        values (old.user_id, old.sync_id, strftime('%Y-%m-%d %H:%M:%S', 'now'))
        on conflict (user_id, sync_id) do nothing;
    end`.execute(db);
}

async function postgresTrigger(db: Kysely<unknown>): Promise<void> {
  await sql`create function memories_erased_noted() returns trigger language plpgsql as $$ begin
      insert into sync_deletions (user_id, sync_id, deleted_at)
        select old.user_id, old.sync_id, to_char(clock_timestamp() at time zone 'utc', 'YYYY-MM-DD HH24:MI:SS')
        where exists (select 1 from users where id = old.user_id)
        on conflict (user_id, sync_id) do nothing;
      return null; end $$`.execute(db);
  await sql`create trigger memories_erased after delete on memories for each row
    execute function memories_erased_noted()`.execute(db);
}
