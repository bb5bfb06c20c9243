// The full-text index of Postgres: what FTS5 keeps in a virtual table per user, as one table with a GIN index.
import { type Kysely, sql } from 'kysely';
import type { DialectTypes, Migration } from '../src/platform/db/dialect.ts';

export const postgresFullText: Migration = {
  version: 2,
  name: 'postgres_full_text',
  async up(db: Kysely<unknown>, types: DialectTypes): Promise<void> {
    if (types.family !== 'postgres') return;
    // `terms` finds (stems, prefixed with their owner); `counts` ranks: {stem: ten times its weighted frequency}.
    await sql`create table memories_fts (
      memory_id bigint primary key references memories (id) on delete cascade,
      user_id bigint not null,
      length integer not null,
      terms tsvector not null,
      counts jsonb not null)`.execute(db);
    // A long text moves `terms` out of the row first: ranking reads `counts` of every match.
    await sql`alter table memories_fts alter column counts set storage main`.execute(db);
    // Without fastupdate: a pending list would have to be read through by every search.
    await sql`create index memories_fts_terms on memories_fts using gin (terms) with (fastupdate = off)`.execute(db);
    await sql`create index memories_fts_user on memories_fts (user_id) include (length)`.execute(db); // corpus size

    // User 1 is made under that very id (see features/access); the sequence serves those who follow.
    await sql`alter table users alter column id restart with 2`.execute(db);
  },
};
