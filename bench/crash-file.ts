// Looks into the database of a server that was killed and started again: is it whole, and has nothing been done by halves?
import { createRequire } from 'node:module';
import type BetterSqlite from 'better-sqlite3-multiple-ciphers';
import type { StoredRow } from './crash-ledger.ts';

const Driver = createRequire(import.meta.url)('better-sqlite3-multiple-ciphers') as typeof BetterSqlite;

export interface Looked {
  rows: StoredRow[];
  /** By SQLite's own integrity_check and foreign_key_check. */
  damage: string[];
  /** Memories that lack something a memory always has, and parts of memories that are none. */
  halves: string[];
}

/** Question -> what a row in its answer means. */
const HALVES: readonly (readonly [string, string])[] = [
  [
    `select m.id from memories m where m.is_forgotten = 0 and m.is_latest = 1
      and not exists (select 1 from memories_fts_1_docsize f where f.id = m.id)`,
    'is in no full-text index',
  ],
  [
    `select f.id from memories_fts_1_docsize f where not exists (select 1 from memories m where m.id = f.id)`,
    'is in the full-text index, but does not exist',
  ],
  [
    `select distinct v.memory_id as id from memory_vectors v where not exists (select 1 from memories m where m.id = v.memory_id)`,
    'has a vector, but does not exist',
  ],
  [
    `select m.id from memories m where m.is_forgotten = 0 and m.is_latest = 1
      and not exists (select 1 from memory_vectors v where v.memory_id = m.id)
      and not exists (select 1 from jobs where status in ('waiting', 'running') and kind like 'memory.%')
      and exists (select 1 from memory_vectors)`,
    'has no vector, and no job that will make one',
  ],
  [
    `select source_id as id from memory_links l where not exists (select 1 from memories m where m.id = l.source_id)
      or not exists (select 1 from memories m where m.id = l.target_id)`,
    'has a link, but does not exist',
  ],
  [
    `select t.memory_id as id from memory_tags t where not exists (select 1 from memories m where m.id = t.memory_id)`,
    'has a tag, but does not exist',
  ],
];

/** The server may be running: this reads one moment of it. */
export function lookInto(path: string, key: string | null = null): Looked {
  const db = new Driver(path, { readonly: true });
  try {
    if (key !== null) for (const pragma of [`cipher='sqlcipher'`, 'legacy=4', `key="x'${key}'"`]) db.pragma(pragma);
    db.exec('begin');
    const integrity = (db.pragma('integrity_check') as { integrity_check: string }[]).map((row) => row.integrity_check);
    const foreign = db.pragma('foreign_key_check') as { table: string; rowid: number; parent: string }[];
    const damage = [
      ...integrity.filter((line) => line !== 'ok'),
      ...foreign.map(({ table, rowid, parent }) => `row ${rowid} of ${table} belongs to no row of ${parent}`),
    ];
    const halves = HALVES.flatMap(([question, meaning]) =>
      (db.prepare(question).all() as { id: number }[]).map(({ id }) => `memory ${id} ${meaning}`),
    );
    const rows = db.prepare('select id, content, is_latest from memories where is_forgotten = 0').all() as StoredRow[];
    return { rows, damage, halves };
  } catch (error) {
    return { rows: [], damage: [(error as Error).message], halves: [] };
  } finally {
    db.close();
  }
}
