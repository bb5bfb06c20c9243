// What memories state, with the time each holds for, and which memories are parts of longer ones.
import { type Kysely, sql } from 'kysely';
import type { Migration } from '../src/platform/db/dialect.ts';

export const facts: Migration = {
  version: 12,
  name: 'facts',
  async up(db: Kysely<unknown>, types) {
    await db.schema
      .createTable('structured_facts')
      .addColumn('id', types.id, (c) =>
        types.id === 'bigint' ? c.primaryKey().generatedByDefaultAsIdentity() : c.primaryKey().autoIncrement(),
      )
      .addColumn('user_id', types.id, (c) => c.notNull())
      .addColumn('space_id', types.id)
      .addColumn('memory_id', types.id, (c) => c.notNull().references('memories.id').onDelete('cascade'))
      .addColumn('subject', 'text', (c) => c.notNull())
      .addColumn('subject_key', 'text', (c) => c.notNull())
      .addColumn('predicate', 'text', (c) => c.notNull())
      .addColumn('verb', 'text', (c) => c.notNull())
      .addColumn('object', 'text', (c) => c.notNull())
      .addColumn('object_key', 'text', (c) => c.notNull())
      .addColumn('quantity', types.real)
      .addColumn('unit', 'text')
      .addColumn('date_ref', 'text')
      .addColumn('date_approx', 'text')
      .addColumn('confidence', types.real, (c) => c.notNull())
      .addColumn('origin', 'text', (c) => c.notNull())
      .addColumn('is_end', 'integer', (c) => c.notNull())
      .addColumn('valid_at', 'text', (c) => c.notNull())
      .addColumn('withdrawn_at', 'text')
      .addColumn('invalid_at', 'text')
      .addColumn('invalidated_by', types.id)
      .addColumn('created_at', 'text', (c) => c.notNull())
      .execute();
    await db.schema.createIndex('structured_facts_user').on('structured_facts').columns(['user_id', 'id']).execute(); // list
    await db.schema.createIndex('structured_facts_memory').on('structured_facts').column('memory_id').execute(); // purge
    await db.schema
      .createIndex('structured_facts_slot')
      .on('structured_facts')
      .columns(['user_id', 'subject_key', 'predicate'])
      .execute(); // what closes what
    await sql`create index structured_facts_closed on structured_facts (user_id, invalidated_by)
      where invalidated_by is not null`.execute(db); // closed by what is gone

    await db.schema
      .createTable('memory_parts')
      .addColumn('id', types.id, (c) =>
        types.id === 'bigint' ? c.primaryKey().generatedByDefaultAsIdentity() : c.primaryKey().autoIncrement(),
      )
      .addColumn('user_id', types.id, (c) => c.notNull())
      // Stays when the whole is erased, so that its parts are found and follow it.
      .addColumn('whole_id', types.id, (c) => c.references('memories.id').onDelete('set null'))
      .addColumn('part_id', types.id, (c) => c.notNull().references('memories.id').onDelete('cascade'))
      .addUniqueConstraint('memory_parts_once', ['whole_id', 'part_id'])
      .execute();
    await db.schema.createIndex('memory_parts_part').on('memory_parts').column('part_id').execute();
    await sql`create index memory_parts_left on memory_parts (user_id) where whole_id is null`.execute(db);
    await sql`create index memories_hidden_wholes on memories (user_id)
      where is_decomposed = 1 and is_forgotten + is_archived > 0`.execute(db);
    await sql`create index memories_undivided on memories (user_id, id)
      where is_decomposed = 0 and is_latest = 1 and length(content) >= 280`.execute(db); // sweep
    await sql`create index memories_hidden_parts on memories (user_id)
      where source = 'decomposition' and is_forgotten + is_archived > 0`.execute(db);
  },
};
