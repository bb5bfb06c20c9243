// Bringing a database to the newest schema: empty, again, too new, and by two servers at once.
import { sql } from 'kysely';
import { expect, it } from 'vitest';
import { migrations } from '../../migrations/index.ts';
import { FIRST_PLACE } from '../../src/core/ports.ts';
import { type Database, DatabaseError, type Migration } from '../../src/platform/db/dialect.ts';
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

/** Opens as the program did when its newest schema step was `version`. */
async function atVersion<T>(version: number, open: () => Promise<T>): Promise<T> {
  const steps = migrations as Migration[];
  const later = steps.splice(version);
  try {
    return await open();
  } finally {
    steps.push(...later);
  }
}

onEachDatabase((kind) => {
  it('applies every step once, and keeps what is there', async () => {
    const place = await kind.unmade();
    const first = await place.open(NOW);
    const user = await newUser(stores(first));
    const id = await addFindable(stores(first), memoryRow(user, 'kept'));
    await first.close();
    const second = await place.open('2027-01-01 00:00:00');
    expect(await steps(second)).toEqual(migrations.map(({ version }) => ({ version, applied_at: NOW })));
    expect(await stores(second).read.memories.byId(user, id)).toMatchObject({ content: 'kept' });
    await second.close();
  });

  it('step 3 keeps the vectors that are there, each as the only piece of its memory', async () => {
    const place = await kind.unmade();
    const old = await atVersion(2, () => place.open(NOW));
    const made = '2025-05-05 05:05:05';
    const contents = ['a walk', 'Grüße 🙂🙂🙂 東京', 'without a vector'];
    const vectors = [[1, 2, 3], [4, 5, 6]].map((values) => Buffer.from(Float32Array.from(values).buffer)); // biome-ignore format: short
    const { user, ids } = await old.atomically(async ({ db }) => {
      const first = async (query: ReturnType<typeof sql>) => (await query.execute(db)).rows[0] as { id: number };
      const { id: user } = await first(
        sql`insert into users (username, role, created_at) values ('old', 'writer', ${made}) returning id`,
      );
      const ids: number[] = [];
      for (const content of contents) {
        const { id } = await first(sql`insert into memories
            (user_id, sync_id, content, content_hash, category, source, importance, created_at, updated_at)
          values (${user}, ${content}, ${content}, ${`hash of ${content}`}, 'general', 'me', 5, ${made}, ${NOW})
          returning id`);
        ids.push(id);
      }
      for (const [n, vector] of vectors.entries()) {
        for (const model of ['m', 'other']) {
          await sql`insert into memory_vectors (memory_id, user_id, model, dims, content_hash, vector)
            values (${ids[n]}, ${user}, ${model}, 3, ${`hash of ${contents[n]}`}, ${vector})`.execute(db);
        }
      }
      return { user, ids };
    });
    await old.close();

    const database = await place.open();
    const bound = stores(database);
    const { read } = bound;
    for (const model of ['m', 'other']) {
      const page = await read.vectors.page(user, model, FIRST_PLACE, 10);
      expect(page.map((row) => ({ ...row, vector: [...row.vector] }))).toEqual([
        { memory_id: ids[0], user_id: user, part: 0, content_hash: 'hash of a walk', vector: [1, 2, 3] },
        { memory_id: ids[1], user_id: user, part: 0, content_hash: `hash of ${contents[1]}`, vector: [4, 5, 6] },
      ]);
      const spans = await read.vectors.spans(user, model, ids);
      const text = ({ memory_id, span_start, span_end }: (typeof spans)[number]) =>
        contents[ids.indexOf(memory_id)]!.slice(span_start, span_end);
      expect(spans.map(text).sort()).toEqual(contents.slice(0, 2).sort());
    }
    // As old as the memory, so a new model may ask for those made before a day.
    const missing = (made_before?: string) => read.vectors.countMissing({ model: 'm', user_id: user, made_before });
    expect([await missing(), await missing(made), await missing(NOW)]).toEqual([1, 1, 3]);
    await bound.atomically(({ memories }) => memories.remove(user, [ids[0]!]));
    expect(await read.vectors.count(user, 'm')).toBe(1);
    await database.close();
  });

  it('step 7 tells since when memories that are there have been replaced or in the trash', async () => {
    const place = await kind.unmade();
    const old = await atVersion(6, () => place.open(NOW));
    const [made, changed, touched] = ['2025-01-01 00:00:00', '2025-02-02 00:00:00', '2025-03-03 00:00:00'];
    const { user, first, next, forgotten, orphan } = await old.atomically(async ({ db }) => {
      const id = async (query: ReturnType<typeof sql>) => ((await query.execute(db)).rows[0] as { id: number }).id;
      const user = await id(
        sql`insert into users (username, role, created_at) values ('old', 'writer', ${made}) returning id`,
      );
      const add = (content: string, more: object) => {
        const row = { user_id: user, sync_id: content, content, content_hash: content, category: 'x', source: 'x' };
        const all = { ...row, importance: 5, created_at: made, updated_at: touched, ...more };
        const columns = sql.join(Object.keys(all).map((column) => sql.ref(column)));
        return id(sql`insert into memories (${columns}) values (${sql.join(Object.values(all))}) returning id`);
      };
      const first = await add('first', { is_latest: 0 });
      const next = await add('next', { created_at: changed, root_memory_id: first, parent_memory_id: first });
      const forgotten = await add('forgotten', { is_forgotten: 1 });
      return { user, first, next, forgotten, orphan: await add('its next was erased', { is_latest: 0 }) };
    });
    await old.close();
    const database = await place.open();
    const { memories } = stores(database).read;
    const times = async (memory: number) => {
      const row = await memories.byId(user, memory);
      return [row!.superseded_at, row!.forgotten_at];
    };
    expect(await times(first)).toEqual([changed, null]);
    expect(await times(next)).toEqual([null, null]);
    expect(await times(forgotten)).toEqual([null, touched]);
    expect(await times(orphan)).toEqual([touched, null]);
    await database.close();
  });

  it('step 8 has fingerprints made for the memories that are there, where there are any', async () => {
    const waiting = async (database: Database) =>
      (await sql<{ kind: string; run_at: string }>`select kind, run_at from jobs`.execute(database.reader.db)).rows;
    const place = await kind.unmade();
    const old = await atVersion(7, () => place.open(NOW));
    await old.atomically(async ({ db }) => {
      await sql`insert into users (username, role, created_at) values ('old', 'writer', ${NOW})`.execute(db);
      await sql`insert into memories
          (user_id, sync_id, content, content_hash, category, source, importance, created_at, updated_at)
        select id, 'kept', 'kept', 'hash of kept', 'general', 'me', 5, ${NOW}, ${NOW} from users`.execute(db);
    });
    await old.close();
    const database = await place.open();
    expect(await waiting(database)).toEqual([{ kind: 'memory.fingerprint_missing', run_at: NOW }]);
    await database.close();
    const empty = await (await kind.unmade()).open();
    expect(await waiting(empty)).toEqual([]);
    await empty.close();
  });

  it('refuses a schema newer than the program, and leaves it alone', async () => {
    const place = await kind.unmade();
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
    const database = await (await kind.unmade()).open();
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
    const database = await (await kind.unmade()).open();
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
