// Opens the store the settings name: unlocks it first, where it is encrypted.
import { AppError } from '../core/errors.ts';
import type { Rows } from '../core/rows.ts';
import { keysFileOf, readKeysFile, settleKeyFile, writeKeysFile, writeNextKeyFile } from './crypto/key-files.ts';
import { type OpenRing, openWith, withDataKey } from './crypto/key-ring.ts';
import { newKey } from './crypto/seal.ts';
import { type Encryption, type Person, ringBeside, type Unlocked, unlock } from './crypto/unlock.ts';
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

export interface OpenedStore {
  readonly database: Database;
  /**
   * Writes the store under a new key while it is in use. What unlocks it stays the same.
   * @param now written into slots that have to be made anew
   * @throws AppError not_encrypted, setting_decides, keys_changed, database_unavailable, with everything as it was
   */
  rekey(now: string): Promise<void>;
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
): Promise<OpenedStore> {
  const { encryption, db_path, database_url, db_synchronous, vectors } = config;
  const unlocked = await unlock({ encryption, db_path, person, now });
  const { key, settle } = unlocked;
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
  return { database, rekey: rekeying(config, database, unlocked) };
}

const notEncrypted = (): AppError =>
  new AppError('not_encrypted', 'The store is not encrypted: "engram encrypt" does that, with a key of its own.');

export const withoutKey = (database: Database): OpenedStore => ({
  database,
  rekey: () => Promise.reject(notEncrypted()),
});

function rekeying(
  { encryption, db_path }: StoreSettings,
  database: Database,
  { key, ring }: Pick<Unlocked, 'key' | 'ring'>,
): OpenedStore['rekey'] {
  const keys_path = keysFileOf(db_path);
  const { mode, key_file } = encryption;
  let data_key = key;
  // Slots may have been added or removed since the start.
  const ringNow = async (current: Buffer): Promise<OpenRing | null> => {
    if (!ring) return ringBeside(db_path, current);
    const written = readKeysFile(keys_path)?.find((one) => {
      const open = openWith(one, ring.master);
      return open !== 'changed' && open.data_key.equals(current);
    });
    if (written) return { ring: written, master: ring.master, data_key: current };
    throw new AppError(
      'keys_changed',
      `${keys_path} is missing, or is not as Engram wrote it. Put back the copy that lies with a backup.`,
    );
  };

  return async (now) => {
    if (data_key === null || database.rekey === null) throw notEncrypted();
    if (mode === 'env')
      throw new AppError(
        'setting_decides',
        'The key comes from ENGRAM_DB_KEY, which a running server cannot change. Stop the server and run "engram rekey": it prints the new key.',
      );
    const before = await ringNow(data_key);
    const fresh = newKey();
    const after = before && (await withDataKey(before, now, fresh));
    if (mode === 'keyfile') writeNextKeyFile(key_file, fresh);
    await database.rekey({
      key: fresh.toString('hex'),
      beforeSwap: () => before && after && writeKeysFile(keys_path, [before.ring, after.ring]),
    });
    data_key = fresh;
    if (after) writeKeysFile(keys_path, [after.ring]);
    if (mode === 'keyfile') settleKeyFile(key_file, fresh);
  };
}
