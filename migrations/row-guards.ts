// The second wall between users on Postgres: whatever a query forgets, a connection sees and writes only rows of the user
// that `engram.user_id` names, or of everybody where it says "all". Not set means nobody's.
import { type Kysely, sql } from 'kysely';

const POLICY = 'engram_rows';

/**
 * Asked for in sub-selects, which run once per query and not once per row. And as a choice, whose outcome the planner
 * calls even: it would take a second comparison of user_id for a second reason to expect few rows.
 */
const OWN = `case (select current_setting('engram.user_id', true)) when 'all' then true
  else user_id = (select nullif(nullif(current_setting('engram.user_id', true), 'all'), '')::bigint) end`;

/**
 * Where rows may be found, though not written, by everybody. The guard of a row comes before every condition whose
 * operator could tell of rows it fails on, so an index for words would be of no use. Its words carry their owner's
 * number instead, and what is found by them are ids, whose memories are guarded.
 */
const FOUND_BY_WORDS = new Set(['memories_fts']);

/** Guards every table with a `user_id` that is not guarded yet: a moment where there is none. */
export async function guardRows(db: Kysely<unknown>): Promise<void> {
  const { rows } = await sql<{ name: string }>`
    select c.relname as name from pg_class c
      join pg_attribute a on a.attrelid = c.oid and a.attname = 'user_id' and not a.attisdropped
      where c.relnamespace = current_schema()::regnamespace and c.relkind = 'r' and not (
        c.relrowsecurity and c.relforcerowsecurity
        and exists (select from pg_policy p where p.polrelid = c.oid and p.polname = ${POLICY}))
      order by c.relname`.execute(db);
  for (const { name } of rows) {
    const table = sql.table(name);
    // Forced: the program owns its tables, and owners are else let through.
    await sql`alter table ${table} enable row level security, force row level security`.execute(db);
    await sql`drop policy if exists ${sql.ref(POLICY)} on ${table}`.execute(db);
    await sql`create policy ${sql.ref(POLICY)} on ${table} using (${sql.raw(OWN)}) with check (${sql.raw(OWN)})`.execute(
      db,
    );
    if (!FOUND_BY_WORDS.has(name)) continue;
    await sql`drop policy if exists engram_words on ${table}`.execute(db);
    await sql`create policy engram_words on ${table} for select using (true)`.execute(db);
  }
}
