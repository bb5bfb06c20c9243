// Every kind of database a suite must pass on, each opened empty.
import { join } from 'node:path';
import { Client } from 'pg';
import { describe, inject } from 'vitest';
import { openPostgres } from '../../src/platform/db/postgres/open.ts';
import { openSqlite } from '../../src/platform/db/sqlite/open.ts';
import { tempDir } from './app.ts';
import { emptyPglite, unmadePglite } from './pglite.ts';
import { NOW, type Place } from './place.ts';
import { putEmptySqlite } from './sqlite-template.ts';

export { NOW };

export interface Kind {
  name: string;
  family: 'sqlite' | 'postgres';
  /** More than one program, more than one connection. */
  shared: boolean;
  /** Its tables are there, without rows, as opening an unmade place makes them. */
  place(): Promise<Place>;
  /** Nothing is there: opening it goes through every schema step. Takes longer. */
  unmade(): Promise<Place>;
}

export const postgresUrl = (): string | null => inject('postgres_url');

/** A schema of its own in the server of this run. */
export async function freshSchemaUrl(): Promise<string> {
  const url = postgresUrl();
  if (url === null) throw new Error('no Postgres here');
  const client = new Client({ connectionString: url });
  await client.connect();
  const schema = `${inject('postgres_prefix')}${crypto.randomUUID().replaceAll('-', '')}`;
  await client.query(`create schema ${schema}`);
  await client.end();
  return `${url}${url.includes('?') ? '&' : '?'}options=-csearch_path%3D${schema}`;
}

const sqliteAt = (path: string): Place => ({
  open: (now = NOW) => openSqlite({ path, key: null, synchronous: 'normal', now }),
});
const SQLITE: Kind = {
  name: 'SQLite',
  family: 'sqlite',
  shared: false,
  async place() {
    const path = join(tempDir(), 'engram.db');
    await putEmptySqlite(path);
    return sqliteAt(path);
  },
  unmade: async () => sqliteAt(join(tempDir(), 'engram.db')),
};
const PGLITE: Kind = {
  name: 'PGlite',
  family: 'postgres',
  shared: false,
  place: async () => emptyPglite(),
  unmade: async () => unmadePglite(),
};
async function postgresPlace(): Promise<Place> {
  const url = await freshSchemaUrl();
  return { open: (now = NOW) => openPostgres({ url, now }) };
}
const POSTGRES: Kind = {
  name: 'Postgres',
  family: 'postgres',
  shared: true,
  place: postgresPlace,
  unmade: postgresPlace,
};

export const KINDS: readonly Kind[] = [SQLITE, PGLITE, POSTGRES];
const missing = (kind: Kind) => kind === POSTGRES && postgresUrl() === null;

/** One `describe` per kind of database; a real Postgres only where there is one. */
export function onEachDatabase(suite: (kind: Kind) => void, kinds: readonly Kind[] = KINDS): void {
  for (const kind of kinds) describe.skipIf(missing(kind))(kind.name, () => suite(kind));
}
export const onPostgres = (suite: (kind: Kind) => void): void => onEachDatabase(suite, [PGLITE, POSTGRES]);
