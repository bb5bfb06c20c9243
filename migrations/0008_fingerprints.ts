// What repeats and near-repeats are found by; the memories that are there already get theirs in the background.
import { type Kysely, sql } from 'kysely';
import type { Migration } from '../src/platform/db/dialect.ts';

export const fingerprints: Migration = {
  version: 8,
  name: 'fingerprints',
  async up(db: Kysely<unknown>, types) {
    await db.schema
      .createTable('memory_fingerprints')
      .addColumn('user_id', types.id, (c) => c.notNull())
      .addColumn('key', types.id, (c) => c.notNull())
      .addColumn('memory_id', types.id, (c) => c.notNull().references('memories.id').onDelete('cascade'))
      .addColumn('simhash', 'text', (c) => c.notNull())
      .addPrimaryKeyConstraint('memory_fingerprints_pk', ['user_id', 'key', 'memory_id'])
      .$call((table) => (types.family === 'sqlite' ? table.modifyEnd(sql`without rowid`) : table))
      .execute();
    await db.schema.createIndex('memory_fingerprints_memory').on('memory_fingerprints').column('memory_id').execute(); // purge
    await sql`insert into jobs (kind, lane, dedupe_key, payload, status, max_attempts, run_at, created_at)
      select 'memory.fingerprint_missing', 'maintenance', '', '{}', 'waiting', 5, max(created_at), max(created_at)
      from memories having count(*) > 0`.execute(db);
  },
};
