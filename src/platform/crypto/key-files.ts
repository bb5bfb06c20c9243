// The files keys lie in: the keys file beside the store, a key file of 32 bytes, a passphrase in a file.
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseError } from '../db/dialect.ts';
import { syncFolder, writeDurably } from './durable-file.ts';
import { type Ring, readRings, writeRings } from './key-ring.ts';
import { KEY_BYTES } from './seal.ts';

export const keysFileOf = (db_path: string): string => `${db_path}.keys`;

function readPrivate(path: string, what: string): Buffer {
  try {
    const { mode } = statSync(path);
    if (process.platform !== 'win32' && (mode & 0o077) !== 0)
      throw new DatabaseError(
        `${path} holds ${what} and others may read it (mode ${(mode & 0o777).toString(8).padStart(4, '0')}). Run: chmod 600 ${path}`,
      );
    return readFileSync(path);
  } catch (error) {
    if (error instanceof DatabaseError) throw error;
    const { code } = error as { code?: string };
    throw new DatabaseError(`${path}, which holds ${what}, cannot be read (${code}).`, { cause: error });
  }
}

/** @returns null when there is no such file. @throws DatabaseError when it is damaged */
export function readKeysFile(path: string): Ring[] | null {
  if (!existsSync(path)) return null;
  const rings = readRings(readPrivate(path, 'the key slots of the store').toString('utf8'));
  if (rings) return rings;
  throw new DatabaseError(
    `${path} is damaged, or was written by a newer Engram: the keys of the store cannot be read from it. Put back the copy that lies with a backup.`,
  );
}

export const writeKeysFile = (path: string, rings: readonly Ring[]): void => writeDurably(path, writeRings(rings));

/** Where a new key waits until the store is written under it. */
const nextOf = (path: string): string => `${path}.next`;

/** @throws DatabaseError unless the file holds 32 bytes that only its owner may read */
export function readKeyFile(path: string): Buffer {
  if (!existsSync(path))
    throw new DatabaseError(
      `There is no key file ${path}. For a new store, or a plain one to be encrypted, "engram encrypt --mode keyfile" makes it; for an encrypted one put it back, or set ENGRAM_DB_KEY_FILE to where it is.`,
    );
  const key = readPrivate(path, 'the key of the store');
  if (key.length === KEY_BYTES) return key;
  throw new DatabaseError(
    `${path} must hold a key of exactly ${KEY_BYTES} bytes, as they are and not as digits; it holds ${key.length}.`,
  );
}

/** The key, and the one that a rekey that was cut off may have written the store under. */
export const readKeyFiles = (path: string): Buffer[] =>
  existsSync(nextOf(path)) ? [readKeyFile(path), readKeyFile(nextOf(path))] : [readKeyFile(path)];

export function writeKeyFile(path: string, key: Buffer): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  writeDurably(path, key);
}

export const writeNextKeyFile = (path: string, key: Buffer): void => writeDurably(nextOf(path), key);

/** The store is written under this key: only that one is kept. */
export function settleKeyFile(path: string, key: Buffer): void {
  if (!existsSync(nextOf(path))) return;
  if (readKeyFile(nextOf(path)).equals(key)) renameSync(nextOf(path), path);
  else rmSync(nextOf(path));
  syncFolder(dirname(path));
}

export function readPassphraseFile(path: string): string {
  if (!existsSync(path)) throw new DatabaseError(`There is no file ${path}, which ENGRAM_DB_PASSPHRASE_FILE names.`);
  const text = readPrivate(path, 'the passphrase of the store')
    .toString('utf8')
    .replace(/\r?\n$/, '');
  if (text !== '') return text;
  throw new DatabaseError(`${path}, which ENGRAM_DB_PASSPHRASE_FILE names, is empty.`);
}
