// Which memories wait to be understood: linked, and read for what they say. Those that are there already wait too.
import { type Kysely, sql } from 'kysely';
import type { Migration } from '../src/platform/db/dialect.ts';

export const understanding: Migration = {
  version: 9,
  name: 'understanding',
  async up(db: Kysely<unknown>, types) {
    await db.schema
      .createTable('understanding_backlog')
      .addColumn('user_id', types.id, (c) => c.notNull())
      .addColumn('memory_id', types.id, (c) => c.notNull().references('memories.id').onDelete('cascade'))
      .addPrimaryKeyConstraint('understanding_backlog_pk', ['user_id', 'memory_id'])
      .$call((table) => (types.family === 'sqlite' ? table.modifyEnd(sql`without rowid`) : table))
      .execute();
    await db.schema
      .createIndex('understanding_backlog_memory')
      .on('understanding_backlog')
      .column('memory_id')
      .execute(); // purge
    await sql`insert into understanding_backlog (user_id, memory_id)
      select user_id, id from memories where is_latest = 1`.execute(db);
  },
};
