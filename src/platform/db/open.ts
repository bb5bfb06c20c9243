// Opens the database the configuration names.
import type { Rows } from '../../core/rows.ts';
import type { Database } from './dialect.ts';
import { openSqlite } from './sqlite/open.ts';

export interface DatabaseOptions {
  /** `postgres://...`; null = SQLite at `path`. */
  url: string | null;
  path: string;
  key: string | null;
  synchronous: 'full' | 'normal';
  now: string;
  /** Whose rows what is asked right now may touch, where the database can hold it to that. */
  rows(): Rows;
}

export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  if (options.url === null) return openSqlite(options);
  const { openPostgres } = await import('./postgres/open.ts');
  return openPostgres({ url: options.url, now: options.now, rows: options.rows });
}
