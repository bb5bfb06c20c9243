// Brings a database to the schema this program was written for: forward only, all pending steps in one transaction.
import { type Kysely, sql } from 'kysely';
import { DatabaseError, type DialectTypes, type Migration } from './dialect.ts';

interface VersionSchema {
  schema_version: { version: number; name: string; applied_at: string };
}

/** @returns the names of the steps applied now */
export async function migrate(
  handle: Kysely<never>,
  migrations: readonly Migration[],
  types: DialectTypes,
  now: string,
): Promise<string[]> {
  const db = handle as unknown as Kysely<VersionSchema>;
  await sql`create table if not exists schema_version (version integer primary key, name text not null, applied_at text not null)`.execute(
    db,
  );
  const rows = await db.selectFrom('schema_version').select(['version']).orderBy('version').execute();
  const current = rows.at(-1)?.version ?? 0;
  const newest = migrations.at(-1)?.version ?? 0;
  if (current > newest) {
    throw new DatabaseError(
      `This database has schema version ${current}, made by a newer Engram; this program knows up to ${newest}. Upgrade Engram, or point ENGRAM_DATA_DIR (with Postgres: ENGRAM_DATABASE_URL) somewhere else.`,
    );
  }
  const applied: string[] = [];
  for (const step of migrations) {
    if (step.version <= current) continue;
    await step.up(db as unknown as Kysely<unknown>, types);
    await db.insertInto('schema_version').values({ version: step.version, name: step.name, applied_at: now }).execute();
    applied.push(step.name);
  }
  return applied;
}
