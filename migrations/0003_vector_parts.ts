// Several vectors for one memory: one for each piece of a long text, with where the piece stands and when it was embedded.
import { type Kysely, sql } from 'kysely';
import type { Migration } from '../src/platform/db/dialect.ts';

export const vectorParts: Migration = {
  version: 3,
  name: 'vector_parts',
  async up(db: Kysely<unknown>, types) {
    // A primary key cannot be widened in place on SQLite.
    await db.schema
      .createTable('memory_vectors_new')
      .addColumn('memory_id', types.id, (c) => c.notNull().references('memories.id').onDelete('cascade'))
      .addColumn('user_id', types.id, (c) => c.notNull())
      .addColumn('model', 'text', (c) => c.notNull())
      .addColumn('part', 'integer', (c) => c.notNull())
      .addColumn('span_start', 'integer', (c) => c.notNull())
      .addColumn('span_end', 'integer', (c) => c.notNull())
      .addColumn('dims', 'integer', (c) => c.notNull())
      .addColumn('content_hash', 'text', (c) => c.notNull())
      .addColumn('created_at', 'text', (c) => c.notNull())
      .addColumn('vector', types.blob, (c) => c.notNull())
      .addPrimaryKeyConstraint('memory_vectors_parts_pk', ['user_id', 'model', 'memory_id', 'part'])
      .execute();
    // Spans count UTF-16 units, of which a text has no more than bytes; a cut beyond the end ends there.
    await sql`insert into memory_vectors_new
        (memory_id, user_id, model, part, span_start, span_end, dims, content_hash, created_at, vector)
      select v.memory_id, v.user_id, v.model, 0, 0, octet_length(m.content), v.dims, v.content_hash, m.created_at, v.vector
      from memory_vectors v join memories m on m.id = v.memory_id`.execute(db);
    await db.schema.dropTable('memory_vectors').execute();
    await db.schema.alterTable('memory_vectors_new').renameTo('memory_vectors').execute();
    await db.schema.createIndex('memory_vectors_memory').on('memory_vectors').column('memory_id').execute(); // purge
    // Embedding jobs count what they have before them without reading texts.
    await sql`create index memories_recallable on memories (id, user_id) where is_forgotten = 0 and is_latest = 1`.execute(
      db,
    );
  },
};
