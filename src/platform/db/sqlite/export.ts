// Writes all of a database into a new file under another key, and checks that it is all there. Runs in a thread: it
// takes as long as reading and writing everything. SQLite's own VACUUM INTO keeps the key, and PRAGMA rekey needs the
// whole database in memory or a plain copy of it, so tables are copied one by one.
import { type ConnectionOptions, openRaw, type Raw } from './connection.ts';

export interface ExportTask {
  task: 'export';
  file: ConnectionOptions;
  /** A new file; 64 hex digits, null for a plain one. */
  to: { path: string; key: string | null };
}

interface Item {
  type: string;
  name: string;
  rootpage: number;
  sql: string | null;
}

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;
/** SQLite makes its own tables; those with statistics are made by ANALYZE. */
const isOwn = ({ name }: Item): boolean => name.startsWith('sqlite_');
const rows = (raw: Raw, schema: string, { name }: Item): number =>
  (raw.prepare(`select count(*) as n from ${schema}.${quoted(name)}`).get() as { n: number }).n;
const pragma = (raw: Raw, name: string): number => Number(raw.pragma(name, { simple: true }));

/** `create table x` -> `create table target.x`, also for `create unique index`. */
const elsewhere = (sql: string): string =>
  sql.replace(/^(\s*create\s+(?:unique\s+)?(?:table|index)\s+(?:if\s+not\s+exists\s+)?)/i, '$1target.');

function copy(raw: Raw, tell: (bytes: number) => void): void {
  const items = raw.prepare('select type, name, rootpage, sql from main.sqlite_master').all() as Item[];
  const stored = items.filter((item) => item.type === 'table' && item.rootpage > 0 && !isOwn(item));
  const hasCounters = items.some(({ name }) => name === 'sqlite_sequence');
  // Tables of rows that have no index yet take pages over almost as they are, with their row ids.
  for (const { sql } of stored) raw.exec(elsewhere(sql!));
  for (const item of stored) {
    raw.exec(`insert into target.${quoted(item.name)} select * from main.${quoted(item.name)}`);
    tell(pragma(raw, 'target.page_count') * pragma(raw, 'target.page_size'));
  }
  if (hasCounters) {
    raw.exec('delete from target.sqlite_sequence');
    raw.exec('insert into target.sqlite_sequence select * from main.sqlite_sequence');
  }
  for (const { type, sql } of items) if (type === 'index' && sql) raw.exec(elsewhere(sql));
  // Virtual tables have their content in tables that are copied already: creating them would make those anew.
  raw.exec(`insert into target.sqlite_master select * from main.sqlite_master
    where type in ('view', 'trigger') or (type = 'table' and rootpage = 0)`);
  for (const name of ['user_version', 'application_id'])
    raw.exec(`pragma target.${name} = ${pragma(raw, `main.${name}`)}`);

  for (const item of stored) {
    const [before, after] = [rows(raw, 'main', item), rows(raw, 'target', item)];
    if (before !== after) throw new Error(`${item.name} has ${before} rows, its copy ${after}`);
  }
}

/** @param tell how many bytes are written */
export function exportFile({ file, to }: ExportTask, tell: (bytes: number) => void): void {
  const raw = openRaw(file);
  try {
    raw.pragma('foreign_keys = OFF');
    if (file.key === null) {
      // How the attached file is to be encrypted; this one is open already.
      raw.pragma(`cipher='sqlcipher'`);
      raw.pragma('legacy=4');
    }
    raw.prepare('attach ? as target key ?').run(to.path, to.key === null ? '' : `x'${to.key}'`);
    // The file is worth nothing before it is complete, and then it is synced as a whole.
    raw.pragma('target.journal_mode = OFF');
    raw.pragma('target.synchronous = OFF');
    raw.unsafeMode(true);
    raw.pragma('writable_schema = ON');
    raw.exec('begin');
    copy(raw, tell);
    raw.exec('commit');
  } finally {
    raw.close();
  }
  const written = openRaw({ ...file, ...to });
  try {
    const found = written.pragma('integrity_check') as { integrity_check: string }[];
    const problem = found.find(({ integrity_check }) => integrity_check !== 'ok');
    if (problem) throw new Error(`the copy is not sound: ${problem.integrity_check}`);
    written.exec('analyze');
  } finally {
    written.close();
  }
}
