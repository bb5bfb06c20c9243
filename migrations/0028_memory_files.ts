// Memories with a path, and memories that belong to somebody's users, agents, apps and runs.
import { sql } from 'kysely';
import type { Migration } from '../src/platform/db/dialect.ts';
import { numbered } from './numbered.ts';

export const memoryFiles: Migration = {
  version: 28,
  name: 'memory_files',
  async up(db, types) {
    await numbered(db, types, 'memory_files')
      .addColumn('user_id', types.id, (c) => c.notNull().references('users.id').onDelete('cascade'))
      .addColumn('space_id', types.id, (c) => c.notNull())
      .addColumn('path', 'text', (c) => c.notNull())
      .addColumn('key', 'text', (c) => c.notNull())
      .addColumn('version', 'integer', (c) => c.notNull())
      .addColumn('lead', 'text', (c) => c.notNull())
      .addColumn('trail', 'text', (c) => c.notNull())
      .addColumn('is_blank', 'integer', (c) => c.notNull())
      .addColumn('size', 'integer', (c) => c.notNull())
      .addColumn('created_at', 'text', (c) => c.notNull())
      .addColumn('updated_at', 'text', (c) => c.notNull())
      .addUniqueConstraint('memory_files_path', ['user_id', 'space_id', 'path'])
      .execute();

    const scopes = db.schema
      .createTable('mem0_memories')
      .addColumn('memory_id', types.id, (c) => c.notNull().primaryKey().references('memories.id').onDelete('cascade'))
      .addColumn('user_id', types.id, (c) => c.notNull());
    await ['entity_user', 'entity_agent', 'entity_app', 'entity_run']
      .reduce((table, column) => table.addColumn(column, 'text'), scopes)
      .addColumn('metadata', 'text')
      .addColumn('created_at', 'text', (c) => c.notNull())
      .execute();
    await db.schema.createIndex('mem0_memories_owner').on('mem0_memories').columns(['user_id', 'memory_id']).execute(); // list
    for (const kind of ['user', 'agent', 'app', 'run'])
      await sql`create index ${sql.ref(`mem0_memories_${kind}`)} on mem0_memories
        (user_id, ${sql.ref(`entity_${kind}`)}, memory_id) where ${sql.ref(`entity_${kind}`)} is not null`.execute(db); // list of one
  },
};
