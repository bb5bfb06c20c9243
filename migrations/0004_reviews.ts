// Which memories are due for review, and which were stored before there were reviews.
import { type Kysely, sql } from 'kysely';
import type { Migration } from '../src/platform/db/dialect.ts';

export const reviews: Migration = {
  version: 4,
  name: 'reviews',
  async up(db: Kysely<unknown>) {
    await sql`create index memories_review_age on memories (user_id, fsrs_last_review_at)
      where is_latest = 1 and is_forgotten = 0 and is_archived = 0 and is_static = 0
        and fsrs_last_review_at is not null`.execute(db); // recall-due
    await sql`create index memories_unreviewed on memories (user_id, id) where fsrs_stability is null`.execute(db); // init
  },
};
