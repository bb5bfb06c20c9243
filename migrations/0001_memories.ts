// Users, keys, spaces, memories with their tags, links and vectors, and the job queue.
import { type Kysely, sql } from 'kysely';
import type { DialectTypes, Migration } from '../src/platform/db/dialect.ts';

export const memories: Migration = {
  version: 1,
  name: 'memories',
  async up(db: Kysely<unknown>, types: DialectTypes): Promise<void> {
    const serial = (table: string) =>
      db.schema
        .createTable(table)
        .addColumn('id', types.id, (c) =>
          types.id === 'bigint' ? c.primaryKey().generatedByDefaultAsIdentity() : c.primaryKey().autoIncrement(),
        );

    await serial('users')
      .addColumn('username', 'text', (c) => c.notNull().unique())
      .addColumn('email', 'text')
      .addColumn('role', 'text', (c) => c.notNull())
      .addColumn('is_admin', 'integer', (c) => c.notNull().defaultTo(0))
      .addColumn('created_at', 'text', (c) => c.notNull())
      .execute();

    await serial('spaces')
      .addColumn('user_id', types.id, (c) => c.notNull().references('users.id').onDelete('cascade'))
      .addColumn('name', 'text', (c) => c.notNull())
      .addColumn('description', 'text')
      .addColumn('created_at', 'text', (c) => c.notNull())
      .addUniqueConstraint('spaces_user_name', ['user_id', 'name'])
      .execute();

    await serial('api_keys')
      .addColumn('user_id', types.id, (c) => c.notNull().references('users.id').onDelete('cascade'))
      .addColumn('key_prefix', 'text', (c) => c.notNull())
      .addColumn('key_hash', 'text', (c) => c.notNull().unique())
      .addColumn('hash_version', 'integer', (c) => c.notNull().defaultTo(1))
      .addColumn('name', 'text', (c) => c.notNull())
      .addColumn('scopes', 'text', (c) => c.notNull())
      .addColumn('rate_limit', 'integer', (c) => c.notNull().defaultTo(1000))
      .addColumn('is_active', 'integer', (c) => c.notNull().defaultTo(1))
      .addColumn('agent_id', types.id)
      .addColumn('last_used_at', 'text')
      .addColumn('expires_at', 'text')
      .addColumn('created_at', 'text', (c) => c.notNull())
      .execute();
    await db.schema.createIndex('api_keys_user').on('api_keys').column('user_id').execute();

    await db.schema
      .createTable('app_state')
      .addColumn('key', 'text', (c) => c.primaryKey())
      .addColumn('value', 'text', (c) => c.notNull())
      .addColumn('updated_at', 'text', (c) => c.notNull())
      .execute();

    await serial('memories')
      .addColumn('user_id', types.id, (c) => c.notNull().references('users.id').onDelete('cascade'))
      .addColumn('space_id', types.id)
      .addColumn('sync_id', 'text', (c) => c.notNull())
      .addColumn('content', 'text', (c) => c.notNull())
      .addColumn('content_hash', 'text', (c) => c.notNull())
      .addColumn('category', 'text', (c) => c.notNull())
      .addColumn('source', 'text', (c) => c.notNull())
      .addColumn('session_id', 'text')
      .addColumn('importance', 'integer', (c) => c.notNull())
      .addColumn('tags', 'text', (c) => c.notNull().defaultTo('[]'))
      .addColumn('status', 'text', (c) => c.notNull().defaultTo('approved'))
      .addColumn('model', 'text')
      .addColumn('episode_id', types.id)
      .addColumn('confidence', types.real, (c) => c.notNull().defaultTo(1))
      .addColumn('version', 'integer', (c) => c.notNull().defaultTo(1))
      .addColumn('is_latest', 'integer', (c) => c.notNull().defaultTo(1))
      .addColumn('parent_memory_id', types.id)
      .addColumn('root_memory_id', types.id)
      .addColumn('source_count', 'integer', (c) => c.notNull().defaultTo(1))
      .addColumn('is_static', 'integer', (c) => c.notNull().defaultTo(0))
      .addColumn('is_forgotten', 'integer', (c) => c.notNull().defaultTo(0))
      .addColumn('is_archived', 'integer', (c) => c.notNull().defaultTo(0))
      .addColumn('is_fact', 'integer', (c) => c.notNull().defaultTo(0))
      .addColumn('is_decomposed', 'integer', (c) => c.notNull().defaultTo(0))
      .addColumn('is_superseded', 'integer', (c) => c.notNull().defaultTo(0))
      .addColumn('is_consolidated', 'integer', (c) => c.notNull().defaultTo(0))
      .addColumn('forget_after', 'text')
      .addColumn('forget_reason', 'text')
      .addColumn('recall_hits', 'integer', (c) => c.notNull().defaultTo(0))
      .addColumn('recall_misses', 'integer', (c) => c.notNull().defaultTo(0))
      .addColumn('adaptive_score', types.real)
      .addColumn('pagerank_score', types.real)
      .addColumn('access_count', 'integer', (c) => c.notNull().defaultTo(0))
      .addColumn('last_accessed_at', 'text')
      .addColumn('fsrs_stability', types.real)
      .addColumn('fsrs_difficulty', types.real)
      .addColumn('fsrs_storage_strength', types.real, (c) => c.notNull().defaultTo(1))
      .addColumn('fsrs_retrieval_strength', types.real, (c) => c.notNull().defaultTo(1))
      .addColumn('fsrs_learning_state', 'integer', (c) => c.notNull().defaultTo(0))
      .addColumn('fsrs_reps', 'integer', (c) => c.notNull().defaultTo(0))
      .addColumn('fsrs_lapses', 'integer', (c) => c.notNull().defaultTo(0))
      .addColumn('fsrs_last_review_at', 'text')
      .addColumn('valence', types.real)
      .addColumn('arousal', types.real)
      .addColumn('dominant_emotion', 'text')
      .addColumn('occurred_at', 'text')
      .addColumn('created_at', 'text', (c) => c.notNull())
      .addColumn('updated_at', 'text', (c) => c.notNull())
      .execute();
    // Each index answers a query named beside it; see test/query-plan.test.ts.
    await db.schema.createIndex('memories_user').on('memories').columns(['user_id', 'id']).execute(); // list, newest first
    await db.schema.createIndex('memories_user_hash').on('memories').columns(['user_id', 'content_hash']).execute(); // repeats
    await sql`create index memories_session on memories (user_id, session_id, id) where session_id is not null`.execute(
      db,
    ); // follows
    await sql`create index memories_root on memories (root_memory_id, version) where root_memory_id is not null`.execute(
      db,
    ); // versions
    await sql`create index memories_static on memories (user_id, id) where is_static = 1`.execute(db); // context, recall
    await sql`create index memories_trash on memories (user_id, id) where is_forgotten = 1`.execute(db); // trash

    await db.schema
      .createTable('memory_tags')
      .addColumn('memory_id', types.id, (c) => c.notNull().references('memories.id').onDelete('cascade'))
      .addColumn('user_id', types.id, (c) => c.notNull())
      .addColumn('tag', 'text', (c) => c.notNull())
      .addPrimaryKeyConstraint('memory_tags_pk', ['memory_id', 'tag'])
      .execute();
    await db.schema
      .createIndex('memory_tags_user')
      .on('memory_tags')
      .columns(['user_id', 'tag', 'memory_id'])
      .execute(); // tags, tag search

    // Walked on every search: on SQLite the table is its own index, and the way back is covered by the second one.
    const links = db.schema
      .createTable('memory_links')
      .addColumn('source_id', types.id, (c) => c.notNull().references('memories.id').onDelete('cascade'))
      .addColumn('target_id', types.id, (c) => c.notNull().references('memories.id').onDelete('cascade'))
      .addColumn('type', 'text', (c) => c.notNull())
      .addColumn('similarity', types.real, (c) => c.notNull())
      .addColumn('user_id', types.id, (c) => c.notNull())
      .addColumn('created_at', 'text', (c) => c.notNull())
      .addPrimaryKeyConstraint('memory_links_pk', ['source_id', 'target_id', 'type']);
    await (types.id === 'integer' ? links.modifyEnd(sql`without rowid`) : links).execute();
    await db.schema
      .createIndex('memory_links_target')
      .on('memory_links')
      .columns(['target_id', 'user_id', 'similarity'])
      .execute(); // graph, backwards
    await db.schema.createIndex('memory_links_user').on('memory_links').column('user_id').execute(); // counts

    await db.schema
      .createTable('memory_vectors')
      .addColumn('memory_id', types.id, (c) => c.notNull().references('memories.id').onDelete('cascade'))
      .addColumn('user_id', types.id, (c) => c.notNull())
      .addColumn('model', 'text', (c) => c.notNull())
      .addColumn('dims', 'integer', (c) => c.notNull())
      .addColumn('content_hash', 'text', (c) => c.notNull())
      .addColumn('vector', types.blob, (c) => c.notNull())
      .addPrimaryKeyConstraint('memory_vectors_pk', ['user_id', 'model', 'memory_id'])
      .execute();
    await db.schema.createIndex('memory_vectors_memory').on('memory_vectors').column('memory_id').execute(); // purge

    await serial('jobs')
      .addColumn('kind', 'text', (c) => c.notNull())
      .addColumn('lane', 'text', (c) => c.notNull())
      .addColumn('dedupe_key', 'text', (c) => c.notNull())
      .addColumn('payload', 'text', (c) => c.notNull())
      .addColumn('status', 'text', (c) => c.notNull())
      .addColumn('attempts', 'integer', (c) => c.notNull().defaultTo(0))
      .addColumn('max_attempts', 'integer', (c) => c.notNull())
      .addColumn('run_at', 'text', (c) => c.notNull())
      .addColumn('lease_owner', 'text')
      .addColumn('leased_until', 'text')
      .addColumn('error', 'text')
      .addColumn('created_at', 'text', (c) => c.notNull())
      .addColumn('started_at', 'text')
      .addColumn('finished_at', 'text')
      .execute();
    await sql`create unique index jobs_waiting on jobs (kind, dedupe_key) where status = 'waiting'`.execute(db);
    await sql`create index jobs_due on jobs (lane, status, run_at)`.execute(db);
  },
};
