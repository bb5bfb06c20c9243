// Opens the store the settings name: unlocks it first, where it is encrypted.
import type { Rows } from '../core/rows.ts';
import { type Encryption, type Person, unlock } from './crypto/unlock.ts';
import type { Database } from './db/dialect.ts';
import { openDatabase } from './db/open.ts';
import { removePlainVectors } from './vectors/plain-vectors.ts';

export interface StoreSettings {
  readonly encryption: Encryption;
  readonly db_path: string;
  readonly database_url: { reveal(): string } | null;
  readonly db_synchronous: 'full' | 'normal';
  readonly vectors: { readonly lance_path: string };
}

/**
 * @param rows whose rows what is asked right now may touch
 * @throws DatabaseError that says what to do
 */
export async function openStore(
  config: StoreSettings,
  person: Person,
  now: string,
  rows: () => Rows,
): Promise<Database> {
  const { encryption, db_path, database_url, db_synchronous, vectors } = config;
  const { key, settle } = await unlock({ encryption, db_path, person, now });
  const database = await openDatabase({
    url: database_url?.reveal() ?? null,
    path: db_path,
    key: key?.toString('hex') ?? null,
    synchronous: db_synchronous,
    now,
    rows,
  });
  settle();
  if (key !== null) removePlainVectors(vectors.lance_path);
  return database;
}
