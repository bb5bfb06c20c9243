// What the language model used, day by day, so that a daily budget outlives a restart.
import type { Kysely } from 'kysely';
import type { Migration } from '../src/platform/db/dialect.ts';

export const llmUsage: Migration = {
  version: 17,
  name: 'llm_usage',
  async up(db: Kysely<unknown>, types) {
    await db.schema
      .createTable('llm_usage')
      .addColumn('day', 'text', (c) => c.primaryKey())
      .addColumn('requests', types.id, (c) => c.notNull())
      .addColumn('tokens_in', types.id, (c) => c.notNull())
      .addColumn('tokens_out', types.id, (c) => c.notNull())
      .execute();
  },
};
