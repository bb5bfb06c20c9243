// Bringing a database to the newest schema: empty, again, too new, and by two servers at once.
import { sql } from 'kysely';
import { expect, it } from 'vitest';
import { migrations } from '../../migrations/index.ts';
import { type Database, DatabaseError } from '../../src/platform/db/dialect.ts';
import { openPostgres } from '../../src/platform/db/postgres/open.ts';
import { freshSchemaUrl, NOW, onEachDatabase, onPostgres, postgresUrl } from '../support/databases.ts';
import { addFindable, memoryRow, newUser, stores } from '../support/rows.ts';

const steps = async (database: Database) =>
  (
    await sql<{
      version: number;
      applied_at: string;
    }>`select version, applied_at from schema_version order by version`.execute(database.reader.db)
  ).rows;

onEachDatabase((kind) => {
  it('applies every step once, and keeps what is there', async () => {
    const place = await kind.place();
    const first = await place.open(NOW);
    const user = await newUser(stores(first));
    const id = await addFindable(stores(first), memoryRow(user, 'kept'));
    await first.close();
    const second = await place.open('2027-01-01 00:00:00');
    expect(await steps(second)).toEqual(migrations.map(({ version }) => ({ version, applied_at: NOW })));
    expect(await stores(second).read.memories.byId(user, id)).toMatchObject({ content: 'kept' });
    await second.close();
  });

  it('refuses a schema newer than the program, and leaves it alone', async () => {
    const place = await kind.place();
    const database = await place.open();
    await database.atomically(
      async ({ db }) => void (await sql`insert into schema_version values (99, 'future', ${NOW})`.execute(db)),
    );
    await database.close();
    const refused = place.open();
    await expect(refused).rejects.toThrow(DatabaseError);
    await expect(refused).rejects.toThrow(/version 99.*Upgrade Engram/);
  });
});

onPostgres((kind) => {
  it('compares all text byte by byte', async () => {
    const database = await (await kind.place()).open();
    const { rows } = await sql`
      select c.relname, a.attname from pg_attribute a join pg_class c on c.oid = a.attrelid
      where c.relnamespace = current_schema()::regnamespace and c.relkind = 'r' and c.relname <> 'schema_version'
        and a.atttypid = 'text'::regtype and not a.attisdropped and a.attcollation <> '"C"'::regcollation`.execute(
      database.reader.db,
    );
    expect(rows).toEqual([]);
    await database.close();
  });

  it('reports memories that the full-text index lacks', async () => {
    const database = await (await kind.place()).open();
    const bound = stores(database);
    const user = await newUser(bound);
    const id = await addFindable(bound, memoryRow(user, 'lost'));
    expect(await database.check()).toEqual([]);
    await bound.atomically(({ fullText }) => fullText.remove(user, id));
    expect(await database.check()).toEqual([`memory ${id} is missing from the full-text index`]);
    await database.close();
  });
});

it.skipIf(postgresUrl() === null)('lets servers start together', async () => {
  const url = await freshSchemaUrl();
  const opened = await Promise.all([1, 2, 3].map(() => openPostgres({ url, now: NOW })));
  expect(await steps(opened[0]!)).toHaveLength(migrations.length);
  await Promise.all(opened.map((database) => database.close()));
});
