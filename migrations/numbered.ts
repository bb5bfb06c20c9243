// How every table whose rows count up by themselves begins.
import type { Kysely } from 'kysely';
import type { DialectTypes } from '../src/platform/db/dialect.ts';

/** A table under construction, with its `id`. */
export const numbered = (db: Kysely<unknown>, types: DialectTypes, name: string) =>
  db.schema
    .createTable(name)
    .addColumn('id', types.id, (c) =>
      types.id === 'bigint' ? c.primaryKey().generatedByDefaultAsIdentity() : c.primaryKey().autoIncrement(),
    );
