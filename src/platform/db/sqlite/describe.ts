// What an SQLite database is made of.
import { sql } from 'kysely';
import type { Db, SchemaParts } from '../dialect.ts';

export async function describeSqlite(db: Db): Promise<SchemaParts> {
  const tables = await sql<{ name: string; sql: string; of_users: number }>`
    select entry.name, entry.sql,
        exists (select 1 from pragma_table_info(entry.name) field where field.name = 'user_id') as of_users
      from sqlite_master entry where entry.type = 'table' and entry.name not like 'sqlite\\_%' escape '\\' order by entry.name`.execute(
    db,
  );
  const indexes = await sql<{ name: string }>`
    select name from sqlite_master where type = 'index' and sql is not null order by name`.execute(db);
  return {
    tables: tables.rows.map((table) => ({ ...table, of_users: table.of_users === 1 })),
    indexes: indexes.rows.map(({ name }) => name),
  };
}
