// Postgres inside the test process. Making a cluster takes seconds, so an empty one is kept in node_modules/.cache.
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { PGliteDialect } from 'kysely';
import packageJson from '../../package.json' with { type: 'json' };
import type { Database } from '../../src/platform/db/dialect.ts';
import { openPostgresOn } from '../../src/platform/db/postgres/database.ts';
import { NOW, type Place } from './place.ts';

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

/** A schema with nothing in it. */
export function unmadePglite(): Place {
  const schema = newPgliteSchema();
  return { open: (now = NOW) => openPglite(schema, now) };
}

/** What `emptied` relies on: the tables, and the steps that made them. */
async function shapeOf(pglite: PGlite): Promise<{ tables: string[]; steps: string }> {
  const { rows: tables } = await pglite.query<{ name: string }>(
    `select quote_ident(relname) as name from pg_class
      where relnamespace = current_schema()::regnamespace and relkind = 'r' and relname <> 'schema_version' order by 1`,
  );
  const { rows: steps } = await pglite.query('select version, applied_at from schema_version order by version');
  return { tables: tables.map(({ name }) => name), steps: JSON.stringify(steps) };
}

/** The one schema whose tables pass from place to place: making them takes fifty times as long as emptying them. */
const passedOn = {
  schema: 'passed_on',
  /** Copies of the tables that schema steps put rows into. */
  seeds: 'passed_on_seeds',
  seeded: [] as string[],
  shape: null as Awaited<ReturnType<typeof shapeOf>> | null,
  owner: null as Place | null,
};

async function makeTables(pglite: PGlite): Promise<void> {
  const { schema, seeds } = passedOn;
  await pglite.exec(`drop schema if exists ${schema} cascade; drop schema if exists ${seeds} cascade`);
  await (await openPglite(schema, NOW)).close();
  await pglite.exec(`create schema ${seeds}`);
  const shape = await shapeOf(pglite);
  passedOn.seeded = [];
  for (const table of shape.tables) {
    if ((await pglite.query(`select from ${table} limit 1`)).rows.length === 0) continue;
    await pglite.exec(`create table ${seeds}.${table} as table ${table}`);
    passedOn.seeded.push(table);
  }
  passedOn.shape = shape;
}

/** Takes away all rows that no schema step made, and starts ids at 1 again. @returns false where a test changed more than rows */
async function emptied(pglite: PGlite): Promise<boolean> {
  const { shape, schema, seeds, seeded } = passedOn;
  if (shape === null) return false;
  await pglite.exec(`set search_path = ${schema}`);
  if (JSON.stringify(await shapeOf(pglite).catch(() => null)) !== JSON.stringify(shape)) return false;
  // As a replica, no trigger runs: neither foreign keys nor the guards of rows that are never to go.
  await pglite.exec(`begin; set local session_replication_role = replica;
    ${shape.tables.map((table) => `delete from ${table};`).join('')}
    ${seeded.map((table) => `insert into ${table} select * from ${seeds}.${table};`).join('')} commit;
    select setval(format('%I.%I', schemaname, sequencename)::regclass, start_value, false) from pg_sequences
      where schemaname = current_schema() and last_value is not null`);
  return true;
}

/** Tables without rows; one place at a time has them, and once the next one has been opened, this one is gone. */
export function emptyPglite(): Place {
  let began = false;
  const place: Place = {
    async open(now = NOW) {
      const pglite = await (shared ??= loadOrMake());
      if (began && passedOn.owner !== place)
        throw new Error(
          'The tables of this place were passed on to another; use kind.unmade() for two places at once.',
        );
      if (!began && !(await emptied(pglite))) await makeTables(pglite);
      began = true;
      passedOn.owner = place;
      return openPglite(passedOn.schema, now);
    },
  };
  return place;
}
