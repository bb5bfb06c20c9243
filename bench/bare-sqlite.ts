// What everything is compared with: SQLite alone in this process, one plain table and one FTS5 index, no server, no rules.
import { existsSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import type BetterSqlite from 'better-sqlite3-multiple-ciphers';
import { contentWords } from './texts.ts';

const Driver = createRequire(import.meta.url)('better-sqlite3-multiple-ciphers') as typeof BetterSqlite;

export interface Bare {
  /** One transaction, one flush. */
  insert(content: string): number;
  /** All in one transaction. */
  fill(texts: readonly string[]): void;
  /** The OR of the question's words without stop-words, by bm25. */
  search(question: string, limit: number): { id: number; content: string }[];
  close(): void;
}

/** @param path `:memory:` works too */
export function openBare(path: string): Bare {
  const db = new Driver(path);
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = FULL');
  db.pragma('cache_size = -32768');
  db.exec(`
    create table memories (id integer primary key, content text not null, category text not null, source text not null,
      importance integer not null, tags text not null, session_id text, created_at text not null);
    create virtual table memories_fts using fts5(content, content='', tokenize='porter unicode61');`);
  const row = db.prepare(`insert into memories (content, category, source, importance, tags, session_id, created_at)
    values (?, 'bench', 'bench', 5, '[]', null, ?)`);
  const words = db.prepare('insert into memories_fts (rowid, content) values (?, ?)');
  const find = db.prepare(`select m.id, m.content from memories_fts f join memories m on m.id = f.rowid
    where memories_fts match ? order by bm25(memories_fts) limit ?`);
  const add = (content: string): number => {
    const id = Number(row.run(content, new Date().toISOString()).lastInsertRowid);
    words.run(id, content);
    return id;
  };
  const one = db.transaction(add);
  const many = db.transaction((texts: readonly string[]) => void texts.forEach(add));
  return {
    insert: (content) => one(content),
    fill: (texts) => many(texts),
    search(question, limit) {
      const match = contentWords(question)
        .map((word) => `"${word}"`)
        .join(' OR ');
      return match === '' ? [] : (find.all(match, limit) as { id: number; content: string }[]);
    },
    close: () => void db.close(),
  };
}

/** Of the file of a database and what has not been moved into it yet. */
export const databaseBytes = (path: string): number =>
  [path, `${path}-wal`].reduce((sum, file) => sum + (existsSync(file) ? statSync(file).size : 0), 0);

/** @returns what is wrong with a database file; nothing when it is whole */
export function integrityProblems(path: string, key: string | null): string[] {
  const db = new Driver(path);
  try {
    if (key !== null) {
      db.pragma(`cipher='sqlcipher'`);
      db.pragma('legacy=4');
      db.pragma(`key="x'${key}'"`);
    }
    const rows = db.pragma('integrity_check') as { integrity_check: string }[];
    return rows.map((row) => row.integrity_check).filter((line) => line !== 'ok');
  } catch (error) {
    // Damage in the wrong place is thrown rather than listed.
    return [(error as Error).message];
  } finally {
    db.close();
  }
}
