// Puts a backup in the place of the store. Whenever it is cut off, the store is the old one or the new one as a whole, and
// the old one stays beside it under another name.
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { open } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Config } from '../../config.ts';
import type { Inspected } from '../../core/backup.ts';
import { syncFile, syncFolder } from '../crypto/durable-file.ts';
import { keysFileOf, readKeysFile, writeKeysFile } from '../crypto/key-files.ts';
import { type Person, unlock } from '../crypto/unlock.ts';
import { removePlainVectors } from '../vectors/plain-vectors.ts';
import { DatabaseError } from './dialect.ts';
import { inspectFile, lookAt, needSound } from './sqlite/backup.ts';
import { openRaw } from './sqlite/connection.ts';
import { emptyLog, hasLog } from './sqlite/convert.ts';
import { lockFolder } from './sqlite/open.ts';

export interface RestoreOptions {
  config: Pick<Config, 'encryption' | 'db_path' | 'vectors'>;
  person: Person;
  /** The backup: a file that "engram backup" or a schedule made, or a store that nobody has open. */
  from: string;
  now: string;
  tell?: (done_bytes: number, total_bytes: number) => void;
}

export interface Restored {
  inspected: Inspected;
  /** Where the store that was there lies now; null when there was none. */
  aside: string | null;
}

const CHUNK_BYTES = 1 << 20;
const TAILS = ['', '-wal', '-shm', '-journal', '.keys'];

const halfOf = (db_path: string): string => `${db_path}.restoring`;
const asideOf = (db_path: string, now: string): string =>
  `${db_path}.before-restore-${now.replaceAll(/[-:]/g, '').replace(' ', '-')}`;

const removeHalf = (db_path: string): void => {
  for (const tail of TAILS) rmSync(halfOf(db_path) + tail, { force: true });
};

const notRestored = (why: string, cause?: unknown): DatabaseError =>
  new DatabaseError(`Nothing was restored: ${why}`, { cause });

/** @returns its SHA-256, hex */
async function copyInto(from: string, to: string, tell: RestoreOptions['tell']): Promise<string> {
  const hash = createHash('sha256');
  const source = await open(from, 'r');
  try {
    const { size } = await source.stat();
    const target = await open(to, 'wx', 0o600);
    try {
      const chunk = Buffer.alloc(CHUNK_BYTES);
      let done = 0;
      for (;;) {
        const { bytesRead } = await source.read(chunk, 0, CHUNK_BYTES);
        if (bytesRead === 0) break;
        hash.update(chunk.subarray(0, bytesRead));
        for (let at = 0; at < bytesRead; ) at += (await target.write(chunk, at, bytesRead - at)).bytesWritten;
        tell?.((done += bytesRead), size);
      }
      await target.sync();
    } finally {
      await target.close();
    }
  } finally {
    await source.close();
  }
  return hash.digest('hex');
}

/** What the description beside a backup says its bytes must come to; null where there is none. */
function expectedDigest(from: string): string | null {
  try {
    const { sha256 } = JSON.parse(readFileSync(`${from}.json`, 'utf8')) as { sha256?: unknown };
    return typeof sha256 === 'string' ? sha256 : null;
  } catch {
    return null;
  }
}

/** A log that lies beside a copied store belongs to it: moved in, so that one file is all there is. */
function settleLog(path: string, key: string | null): void {
  const raw = openRaw({ path, key, synchronous: 'full' });
  try {
    raw.pragma('wal_checkpoint(TRUNCATE)');
    raw.pragma('journal_mode = DELETE');
  } finally {
    raw.close();
  }
}

/** Brings the copy beside the store, whole, sound and opened by these settings. */
async function bringCopy({ config, person, from, now, tell }: RestoreOptions) {
  const { db_path, encryption } = config;
  const half = halfOf(db_path);
  const digest = await copyInto(from, half, tell);
  const expected = expectedDigest(from);
  if (expected !== null && digest !== expected)
    throw notRestored(`${from} has changed since it was made: its checksum is not the one in ${basename(from)}.json.`);
  if (hasLog(from)) await copyInto(`${from}-wal`, `${half}-wal`, undefined);
  const keys = [keysFileOf(from), keysFileOf(db_path)].find((path) => existsSync(path));
  if (keys !== undefined) copyFileSync(keys, keysFileOf(half));
  lookAt({ path: half, key: encryption.mode === 'none' ? null : '', synchronous: 'full' }, from);
  const unlocked = encryption.mode === 'none' ? null : await unlock({ encryption, db_path: half, person, now });
  const key = unlocked?.key?.toString('hex') ?? null;
  const file = { path: half, key, synchronous: 'full' } as const;
  const first = await inspectFile(file, from);
  needSound(from, first);
  settleLog(half, key);
  syncFile(half);
  return { key, inspected: first };
}

/** Under both names until the new one takes the first: at no moment is there no store. */
function keepAside(db_path: string, aside: string): void {
  for (const tail of ['', '-wal']) {
    if (tail !== '' && !hasLog(db_path)) continue;
    try {
      linkSync(db_path + tail, aside + tail);
    } catch (error) {
      // Some file systems know no second names.
      if ((error as { code?: string }).code === 'EEXIST') throw error;
      copyFileSync(db_path + tail, aside + tail);
      syncFile(aside + tail);
    }
  }
  if (existsSync(keysFileOf(db_path))) copyFileSync(keysFileOf(db_path), `${aside}.keys`);
}

/** A name for the store that a restore left which was cut off before it took the store's place. */
function removeUnusedAsides(db_path: string): void {
  const store = statSync(db_path, { throwIfNoEntry: false });
  if (!store) return;
  const folder = dirname(db_path);
  for (const name of readdirSync(folder)) {
    if (!name.startsWith(`${basename(db_path)}.before-restore-`) || /-wal$|\.keys$/.test(name)) continue;
    const path = join(folder, name);
    if (statSync(path).ino !== store.ino) continue;
    for (const tail of ['', '-wal', '.keys']) rmSync(path + tail, { force: true });
  }
}

function freeAside(db_path: string, now: string): string {
  const base = asideOf(db_path, now);
  let aside = base;
  for (let n = 2; existsSync(aside); n++) aside = `${base}-${n}`;
  return aside;
}

function swap(db_path: string, key: string | null, now: string, lance_path: string): string | null {
  const half = halfOf(db_path);
  const there = existsSync(db_path);
  if (there) {
    try {
      // Then all of the store is in one file, and one rename replaces it.
      emptyLog({ path: db_path, key, synchronous: 'full' });
    } catch {
      // Damaged, or under another key: it goes aside with its log, for those who can open it.
    }
  }
  const aside = there ? freeAside(db_path, now) : null;
  if (aside !== null) keepAside(db_path, aside);
  const before = aside === null ? null : readKeysFile(keysFileOf(db_path));
  const after = readKeysFile(keysFileOf(half));
  // Until the file is in place, either key may be the right one.
  if (after) writeKeysFile(keysFileOf(db_path), [...(before?.slice(-1) ?? []), after.at(-1)!]);
  // Made from the vectors of the old store; made again from those of the new.
  removePlainVectors(lance_path);
  for (const tail of ['-wal', '-shm']) rmSync(db_path + tail, { force: true });
  syncFolder(dirname(db_path));
  renameSync(half, db_path);
  syncFolder(dirname(db_path));
  if (after) writeKeysFile(keysFileOf(db_path), [after.at(-1)!]);
  return aside;
}

/**
 * No server may have the store open.
 * @throws DatabaseError, AppError backup_unusable; the store is as it was then
 */
export async function restoreStore(options: RestoreOptions): Promise<Restored> {
  const { config, from, now } = options;
  const { db_path, vectors } = config;
  const file = statSync(from, { throwIfNoEntry: false });
  if (!file) throw notRestored(`there is no file ${from}.`);
  if (!file.isFile()) throw notRestored(`${from} is not a file.`);
  const store = statSync(db_path, { throwIfNoEntry: false });
  if (store && store.ino === file.ino && store.dev === file.dev) throw notRestored(`${from} is the store itself.`);
  mkdirSync(dirname(db_path), { recursive: true, mode: 0o700 });
  const unlockFolder = lockFolder(db_path);
  try {
    removeHalf(db_path);
    removeUnusedAsides(db_path);
    const { key, inspected } = await bringCopy(options);
    return { inspected, aside: swap(db_path, key, now, vectors.lance_path) };
  } catch (error) {
    const { code } = error as { code?: string };
    if (code === 'ENOSPC') throw notRestored(`the disk with ${dirname(db_path)} is full.`, error);
    if (/^(EACCES|EPERM|EROFS)$/.test(code ?? ''))
      throw notRestored(`${(error as Error).message}. Check that both belong to this user.`, error);
    throw error;
  } finally {
    removeHalf(db_path);
    unlockFolder();
  }
}
