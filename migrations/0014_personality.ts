// What memories tell about people, the words those signals are found by, portraits, and preferences set by hand.
import { type Kysely, sql } from 'kysely';
import type { Migration } from '../src/platform/db/dialect.ts';

export const personality: Migration = {
  version: 14,
  name: 'personality',
  async up(db: Kysely<unknown>, types) {
    const withoutRowid = types.family === 'sqlite';
    await db.schema
      .createTable('personality_signals')
      .addColumn('id', types.id, (c) =>
        types.id === 'bigint' ? c.primaryKey().generatedByDefaultAsIdentity() : c.primaryKey().autoIncrement(),
      )
      .addColumn('user_id', types.id, (c) => c.notNull())
      .addColumn('memory_id', types.id, (c) => c.references('memories.id').onDelete('cascade'))
      .addColumn('space_id', types.id)
      .addColumn('signal_type', 'text', (c) => c.notNull())
      .addColumn('subject', 'text', (c) => c.notNull())
      .addColumn('subject_key', 'text', (c) => c.notNull())
      .addColumn('polarity', 'integer', (c) => c.notNull())
      .addColumn('value', types.real, (c) => c.notNull())
      .addColumn('intensity', types.real, (c) => c.notNull())
      .addColumn('topic', 'text', (c) => c.notNull())
      .addColumn('evidence', 'text')
      .addColumn('agent', 'text')
      .addColumn('said_at', 'text', (c) => c.notNull())
      .addColumn('created_at', 'text', (c) => c.notNull())
      .execute();
    await db.schema
      .createIndex('personality_signals_user')
      .on('personality_signals')
      .columns(['user_id', 'id'])
      .execute(); // list
    await db.schema
      .createIndex('personality_signals_subject')
      .on('personality_signals')
      .columns(['user_id', 'subject_key', 'id']) // profile
      .execute();
    await db.schema
      .createIndex('personality_signals_strongest')
      .on('personality_signals')
      .columns(['user_id', 'subject_key', 'signal_type', 'intensity', 'id']) // recall without words
      .execute();
    await db.schema.createIndex('personality_signals_memory').on('personality_signals').column('memory_id').execute(); // purge

    await sql`create index personality_signals_by_hand on personality_signals (user_id, id)
      where memory_id is null`.execute(db);

    await db.schema
      .createTable('personality_words')
      .addColumn('user_id', types.id, (c) => c.notNull())
      .addColumn('word', 'text', (c) => c.notNull())
      .addColumn('subject_key', 'text', (c) => c.notNull())
      .addColumn('signal_id', types.id, (c) => c.notNull().references('personality_signals.id').onDelete('cascade'))
      .addPrimaryKeyConstraint('personality_words_pk', ['user_id', 'word', 'subject_key', 'signal_id'])
      .$call((table) => (withoutRowid ? table.modifyEnd(sql`without rowid`) : table))
      .execute();
    await db.schema.createIndex('personality_words_signal').on('personality_words').column('signal_id').execute(); // purge

    await db.schema
      .createTable('personality_portraits')
      .addColumn('user_id', types.id, (c) => c.notNull())
      .addColumn('space_id', types.id, (c) => c.notNull()) // 0: all spaces
      .addColumn('portrait', 'text')
      .addColumn('memory_ids', 'text', (c) => c.notNull())
      .addColumn('is_stale', 'integer', (c) => c.notNull())
      .addColumn('created_at', 'text', (c) => c.notNull())
      .addColumn('last_updated_at', 'text', (c) => c.notNull())
      .addPrimaryKeyConstraint('personality_portraits_pk', ['user_id', 'space_id'])
      .execute();
    await db.schema
      .createTable('preferences')
      .addColumn('id', types.id, (c) =>
        types.id === 'bigint' ? c.primaryKey().generatedByDefaultAsIdentity() : c.primaryKey().autoIncrement(),
      )
      .addColumn('user_id', types.id, (c) => c.notNull())
      .addColumn('key', 'text', (c) => c.notNull())
      .addColumn('value', 'text', (c) => c.notNull())
      .addColumn('domain', 'text', (c) => c.notNull())
      .addColumn('created_at', 'text', (c) => c.notNull())
      .addColumn('updated_at', 'text', (c) => c.notNull())
      .execute();
    await db.schema.createIndex('preferences_key').unique().on('preferences').columns(['user_id', 'key']).execute();
  },
};
