// What a Postgres schema is made of.
import { sql } from 'kysely';
import type { Db, SchemaParts } from '../dialect.ts';

export async function describePostgres(db: Db): Promise<SchemaParts> {
  const tables = await sql<{ name: string; columns: string; of_users: boolean }>`
    select c.relname as name, bool_or(a.attname = 'user_id') as of_users,
      string_agg(a.attname || ' ' || format_type(a.atttypid, a.atttypmod), ', ' order by a.attnum) as columns
      from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
      where c.relnamespace = current_schema()::regnamespace and c.relkind = 'r' group by c.relname order by c.relname`.execute(
    db,
  );
  const indexes = await sql<{ name: string }>`
    select indexname as name from pg_indexes where schemaname = current_schema() order by indexname`.execute(db);
  return {
    tables: tables.rows.map(({ name, columns, of_users }) => ({
      name,
      of_users,
      sql: `create table ${name} (${columns})`,
    })),
    indexes: indexes.rows.map(({ name }) => name),
  };
}
