// What came of what, and what memories were before the evidence about them changed their standing.
import type { Kysely } from 'kysely';
import type { DialectTypes, Migration } from '../src/platform/db/dialect.ts';

export const causes: Migration = {
  version: 15,
  name: 'causes',
  async up(db: Kysely<unknown>, types: DialectTypes) {
    const numbered = (name: string) =>
      db.schema
        .createTable(name)
        .addColumn('id', types.id, (c) =>
          types.id === 'bigint' ? c.primaryKey().generatedByDefaultAsIdentity() : c.primaryKey().autoIncrement(),
        )
        .addColumn('user_id', types.id, (c) => c.notNull());
    await numbered('causal_chains')
      .addColumn('space_id', types.id)
      .addColumn('root_memory_id', types.id, (c) => c.references('memories.id').onDelete('set null'))
      .addColumn('description', 'text')
      .addColumn('confidence', types.real, (c) => c.notNull())
      .addColumn('origin', 'text', (c) => c.notNull())
      .addColumn('created_at', 'text', (c) => c.notNull())
      .execute();
    await db.schema.createIndex('causal_chains_user').on('causal_chains').columns(['user_id', 'id']).execute(); // list
    await db.schema.createIndex('causal_chains_root').on('causal_chains').column('root_memory_id').execute(); // purge

    await numbered('causal_links')
      .addColumn('chain_id', types.id, (c) => c.notNull().references('causal_chains.id').onDelete('cascade'))
      .addColumn('cause_memory_id', types.id, (c) => c.notNull().references('memories.id').onDelete('cascade'))
      .addColumn('effect_memory_id', types.id, (c) => c.notNull().references('memories.id').onDelete('cascade'))
      .addColumn('cause_text', 'text')
      .addColumn('effect_text', 'text')
      .addColumn('strength', types.real, (c) => c.notNull())
      .addColumn('order_index', 'integer', (c) => c.notNull())
      .addColumn('found_in', types.id, (c) => c.references('memories.id').onDelete('cascade'))
      .addColumn('created_at', 'text', (c) => c.notNull())
      .execute();
    await db.schema.createIndex('causal_links_chain').on('causal_links').column('chain_id').execute(); // chain
    await db.schema.createIndex('causal_links_effect').on('causal_links').column('effect_memory_id').execute(); // backward
    await db.schema.createIndex('causal_links_cause').on('causal_links').column('cause_memory_id').execute(); // joining, purge
    await db.schema.createIndex('causal_links_found').on('causal_links').column('found_in').execute(); // reading again

    await db.schema
      .createTable('reconsolidations')
      .addColumn('memory_id', types.id, (c) => c.primaryKey().references('memories.id').onDelete('cascade'))
      .addColumn('user_id', types.id, (c) => c.notNull())
      .addColumn('base_importance', 'integer', (c) => c.notNull())
      .addColumn('base_confidence', types.real, (c) => c.notNull())
      .addColumn('importance', 'integer', (c) => c.notNull())
      .addColumn('confidence', types.real, (c) => c.notNull())
      .addColumn('action', 'text', (c) => c.notNull())
      .addColumn('reason', 'text', (c) => c.notNull())
      .addColumn('is_undone', 'integer', (c) => c.notNull())
      .addColumn('updated_at', 'text', (c) => c.notNull())
      .execute();
    await db.schema
      .createIndex('reconsolidations_user')
      .on('reconsolidations')
      .columns(['user_id', 'memory_id'])
      .execute(); // list, sweep
    await db.schema
      .createTable('reconsolidation_places')
      .addColumn('user_id', types.id, (c) => c.primaryKey())
      .addColumn('after_id', types.id, (c) => c.notNull())
      .execute();
  },
};
