// All that a database holds of one user: every table that says whose its rows are, found in the schema itself.
import { sql } from 'kysely';
import type { Database } from '../../src/platform/db/dialect.ts';

/** Rows of a user by table, in a fixed order; tables without any are left out. */
export async function rowsOfUser(
  { reader: { db, describe } }: Database,
  user_id: number,
  besides: readonly string[] = [],
): Promise<Record<string, unknown[]>> {
  const found: Record<string, unknown[]> = {};
  for (const { name, of_users } of (await describe()).tables) {
    if (besides.includes(name) || (!of_users && name !== 'users')) continue;
    const whose = sql.ref(name === 'users' ? 'id' : 'user_id');
    const { rows } = await sql<object>`select * from ${sql.table(name)} where ${whose} = ${user_id}`.execute(db);
    if (rows.length > 0) found[name] = rows.map((row) => JSON.stringify(row)).sort();
  }
  return found;
}
