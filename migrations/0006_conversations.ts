// Episodes, conversations with their messages, and the words by which both are found.
import { type Kysely, sql } from 'kysely';
import type { DialectTypes, Migration } from '../src/platform/db/dialect.ts';

export const conversations: Migration = {
  version: 6,
  name: 'conversations',
  async up(db: Kysely<unknown>, types: DialectTypes): Promise<void> {
    const owned = (table: string) =>
      db.schema
        .createTable(table)
        .addColumn('id', types.id, (c) =>
          types.id === 'bigint' ? c.primaryKey().generatedByDefaultAsIdentity() : c.primaryKey().autoIncrement(),
        )
        .addColumn('user_id', types.id, (c) => c.notNull().references('users.id').onDelete('cascade'));

    await owned('episodes')
      .addColumn('title', 'text')
      .addColumn('session_id', 'text')
      .addColumn('agent', 'text')
      .addColumn('summary', 'text')
      .addColumn('is_summarized', 'integer', (c) => c.notNull().defaultTo(0))
      .addColumn('started_at', 'text', (c) => c.notNull())
      .addColumn('ended_at', 'text')
      .addColumn('created_at', 'text', (c) => c.notNull())
      .execute();
    await db.schema.createIndex('episodes_user').on('episodes').columns(['user_id', 'started_at', 'id']).execute(); // list
    await sql`create index episodes_session on episodes (user_id, session_id, id) where session_id is not null`.execute(
      db,
    ); // joining a session
    await sql`create index memories_episode on memories (user_id, episode_id, id) where episode_id is not null`.execute(
      db,
    ); // memories of episodes

    await owned('conversations')
      .addColumn('agent', 'text', (c) => c.notNull())
      .addColumn('session_id', 'text')
      .addColumn('title', 'text')
      .addColumn('metadata', 'text')
      .addColumn('started_at', 'text', (c) => c.notNull())
      .addColumn('updated_at', 'text', (c) => c.notNull())
      .execute();
    await db.schema
      .createIndex('conversations_user')
      .on('conversations')
      .columns(['user_id', 'updated_at', 'id'])
      .execute(); // list
    await sql`create index conversations_session on conversations (user_id, session_id, id)
      where session_id is not null`.execute(db); // upsert

    await owned('messages')
      .addColumn('conversation_id', types.id, (c) => c.notNull().references('conversations.id').onDelete('cascade'))
      .addColumn('role', 'text', (c) => c.notNull())
      .addColumn('content', 'text', (c) => c.notNull())
      .addColumn('metadata', 'text')
      .addColumn('created_at', 'text', (c) => c.notNull())
      .execute();
    await db.schema
      .createIndex('messages_conversation')
      .on('messages')
      .columns(['conversation_id', 'user_id', 'id'])
      .execute(); // reading, counting
    await db.schema.createIndex('messages_user').on('messages').column('user_id').execute(); // corpus size

    const words = db.schema
      .createTable('text_words')
      .addColumn('user_id', types.id, (c) => c.notNull().references('users.id').onDelete('cascade'))
      .addColumn('kind', 'text', (c) => c.notNull())
      .addColumn('word', 'text', (c) => c.notNull())
      .addColumn('item_id', types.id, (c) => c.notNull())
      .addColumn('occurrences', 'integer', (c) => c.notNull())
      .addColumn('length', 'integer', (c) => c.notNull())
      .addPrimaryKeyConstraint('text_words_pk', ['user_id', 'kind', 'word', 'item_id']);
    await (types.id === 'integer' ? words.modifyEnd(sql`without rowid`) : words).execute();
    await db.schema.createIndex('text_words_item').on('text_words').columns(['item_id', 'kind', 'user_id']).execute(); // removal
  },
};
