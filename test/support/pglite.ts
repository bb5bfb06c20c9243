// Postgres inside the test process. Making a cluster takes seconds, so an empty one is kept in node_modules/.cache.
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { PGliteDialect } from 'kysely';
import packageJson from '../../package.json' with { type: 'json' };
import type { Database } from '../../src/platform/db/dialect.ts';
import { openPostgresOn } from '../../src/platform/db/postgres/database.ts';

const CACHE = join(import.meta.dirname, '../../node_modules/.cache/engram');
const EMPTY = join(CACHE, `pglite-${packageJson.devDependencies['@electric-sql/pglite']}.tar`);

async function loadOrMake(): Promise<PGlite> {
  // int8 and numeric, as in platform/db/postgres/open.ts.
  const parsers = { 20: Number, 1700: Number };
  if (existsSync(EMPTY)) return PGlite.create({ loadDataDir: new Blob([readFileSync(EMPTY)]), parsers });
  const made = await PGlite.create({ parsers });
  mkdirSync(CACHE, { recursive: true });
  const unique = `${EMPTY}.${process.pid}.${Math.random()}`;
  writeFileSync(unique, new Uint8Array(await (await made.dumpDataDir('none')).arrayBuffer()));
  renameSync(unique, EMPTY);
  return made;
}

let shared: Promise<PGlite> | null = null;
let schemas = 0;

export const newPgliteSchema = (): string => `suite_${++schemas}`;

/** One open at a time: there is one connection, which looks into one schema. */
export async function openPglite(schema: string, now: string): Promise<Database> {
  const pglite = await (shared ??= loadOrMake());
  await pglite.exec(`create schema if not exists ${schema}; set search_path = ${schema}`);
  const kept = new Proxy(pglite, {
    get(target, key) {
      if (key === 'close') return async () => {};
      const value = Reflect.get(target, key, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  return openPostgresOn({
    reading: new PGliteDialect({ pglite: kept }),
    writing: null,
    place: `memory/${schema}`,
    now,
  });
}
