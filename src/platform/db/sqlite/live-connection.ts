// A connection that can be replaced under those who use it: they hold on to this, and this to the file.
import type BetterSqlite from 'better-sqlite3-multiple-ciphers';
import { Kysely, SqliteDialect } from 'kysely';
import type { Db } from '../dialect.ts';
import type { Raw } from './connection.ts';

const MAX_CACHED_STATEMENTS = 500;

export class LiveConnection {
  readonly db: Db;
  private current: Raw;
  /** Statements are kept prepared: preparing costs more than most of them take to run. */
  private readonly statements = new Map<string, BetterSqlite.Statement>();

  constructor(raw: Raw) {
    this.current = raw;
    const database = { prepare: (sql: string) => this.prepare(sql), close: () => this.close() };
    this.db = new Kysely({ dialect: new SqliteDialect({ database: database as never }) });
  }

  get raw(): Raw {
    return this.current;
  }

  prepare(sql: string): BetterSqlite.Statement {
    const known = this.statements.get(sql);
    if (known && !known.busy) return known;
    const statement = this.current.prepare(sql);
    if (this.statements.size >= MAX_CACHED_STATEMENTS) this.statements.delete(this.statements.keys().next().value!);
    this.statements.set(sql, statement);
    return statement;
  }

  /** To be followed by `replace` before anybody asks again. */
  close(): void {
    this.statements.clear();
    this.current.close();
  }

  /** What was of the old connection alone, as its temporary tables, is gone. */
  replace(raw: Raw): void {
    this.statements.clear();
    this.current = raw;
  }
}
