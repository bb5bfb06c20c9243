// Opens SQLite or SQLCipher files.
import type BetterSqlite from 'better-sqlite3-multiple-ciphers';
import { asError } from '../../../core/thrown.ts';
import { kindOfFile } from '../../crypto/sqlcipher-file.ts';
import Driver from '../../native/sqlite.ts';
import { DatabaseError } from '../dialect.ts';

export type Raw = BetterSqlite.Database;

export interface ConnectionOptions {
  path: string;
  readonly?: boolean;
  /** 64 hex digits: a raw SQLCipher 4 key. */
  key: string | null;
  synchronous: 'full' | 'normal';
  /** Take the whole file for this connection until it closes; fails at once when another process has it. */
  exclusive?: boolean;
}

const BUSY_TIMEOUT_MS = 5_000;
const CACHE_KIB = 32 * 1024;
const MMAP_BYTES = 256 * 1024 * 1024;

export function openRaw(options: ConnectionOptions): Raw {
  let raw: Raw;
  try {
    raw = new Driver(options.path, {
      readonly: options.readonly ?? false,
      timeout: options.exclusive ? 0 : BUSY_TIMEOUT_MS,
    });
  } catch (error) {
    throw explain(error, options);
  }
  try {
    // The key comes before anything else touches the file: until then not even the header can be read.
    if (options.key !== null) {
      raw.pragma(`cipher='sqlcipher'`);
      raw.pragma(`legacy=4`);
      raw.pragma(`key="x'${options.key}'"`);
    }
    if (options.exclusive) {
      raw.exec('begin exclusive');
      return raw;
    }
    raw.prepare('select count(*) from sqlite_master').get();
    if (!options.readonly) {
      raw.pragma('journal_mode = WAL');
      raw.pragma(`synchronous = ${options.synchronous === 'full' ? 'FULL' : 'NORMAL'}`);
      raw.pragma('journal_size_limit = 67108864');
    }
    raw.pragma('foreign_keys = ON');
    raw.pragma(`cache_size = -${CACHE_KIB}`);
    raw.pragma('temp_store = MEMORY');
    // Every commit empties the page cache of the reading connection; mapped pages are there again without a system call.
    if (options.readonly && options.key === null) raw.pragma(`mmap_size = ${MMAP_BYTES}`);
    return raw;
  } catch (error) {
    raw.close();
    throw explain(error, options);
  }
}

const code = (error: unknown): string => (error as { code?: string }).code ?? '';

/** Turns a driver error into a sentence that says what to do. */
export function explain(error: unknown, { path, key }: Pick<ConnectionOptions, 'path' | 'key'>): Error {
  const reason = code(error);
  const say = (message: string) => new DatabaseError(message, { cause: error });
  if (reason.startsWith('SQLITE_NOTADB')) {
    if (key === null)
      return say(
        `${path} is not a readable SQLite database: it is encrypted (set ENGRAM_ENCRYPTION_MODE and ENGRAM_DB_KEY) or not a database at all.`,
      );
    return say(
      kindOfFile(path) === 'plain'
        ? `${path} cannot be opened with this key: the file is not encrypted. Run "engram encrypt", or take ENGRAM_ENCRYPTION_MODE away.`
        : `${path} cannot be opened with this key: the key is wrong, or the file is damaged or encrypted in another way than SQLCipher 4.`,
    );
  }
  if (reason.startsWith('SQLITE_CORRUPT')) {
    return say(
      `${path} is damaged. Restore a backup, or move the file away to start empty; "engram doctor" shows what is wrong.`,
    );
  }
  if (reason.startsWith('SQLITE_CANTOPEN') || reason.startsWith('SQLITE_READONLY') || reason === 'SQLITE_PERM') {
    return say(
      `${path} cannot be opened for writing. Check that the folder exists and belongs to this user, or set ENGRAM_DATA_DIR.`,
    );
  }
  if (reason.startsWith('SQLITE_BUSY'))
    return say(
      `${path.replace(/\.lock$/, '')} is in use by another Engram. Stop that one, talk to it over HTTP, or set ENGRAM_DATA_DIR to another folder.`,
    );
  if (reason.startsWith('SQLITE_FULL') || reason.startsWith('SQLITE_IOERR'))
    return say(`${path} could not be written: the disk is full or failing.`);
  return asError(error);
}
