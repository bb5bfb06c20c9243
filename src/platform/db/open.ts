// Opens the database the configuration names.
import type { Database } from './dialect.ts';
import { openSqlite } from './sqlite/open.ts';

export interface DatabaseOptions {
  /** `postgres://...`; null = SQLite at `path`. */
  url: string | null;
  path: string;
  key: string | null;
  synchronous: 'full' | 'normal';
  now: string;
}

export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  if (options.url === null) return openSqlite(options);
  const { openPostgres } = await import('./postgres/open.ts');
  return openPostgres({ url: options.url, now: options.now });
}
