// Postgres itself keeps users apart, see row-guards.ts. From here on a program must say for whom it asks, which older ones
// do not. Tables of later steps are guarded when they are there (platform/db/postgres/database.ts).
import type { Migration } from '../src/platform/db/dialect.ts';
import { guardRows } from './row-guards.ts';

export const rowGuards: Migration = {
  version: 26,
  name: 'row_guards',
  async up(db, types) {
    if (types.family === 'postgres') await guardRows(db);
  },
};
