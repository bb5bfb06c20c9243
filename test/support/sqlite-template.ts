// The database file that opening an empty folder makes, kept to be copied: most tests are not about how it is made.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { openSqlite } from '../../src/platform/db/sqlite/open.ts';
import { TEMP_ROOT } from './temp-root.ts';

async function made(): Promise<Uint8Array> {
  mkdirSync(TEMP_ROOT, { recursive: true });
  const dir = mkdtempSync(join(TEMP_ROOT, 'template-'));
  const path = join(dir, 'engram.db');
  const database = await openSqlite({ path, key: null, synchronous: 'normal', now: '2026-03-02 12:00:00' });
  await database.close();
  const bytes = readFileSync(path);
  rmSync(dir, { recursive: true });
  return bytes;
}

let bytes: Promise<Uint8Array> | null = null;

/** Puts a database without rows, of the newest schema and unencrypted, at a path where there is none. */
export async function putEmptySqlite(path: string): Promise<void> {
  const template = await (bytes ??= made());
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  writeFileSync(path, template, { flag: 'wx' });
}
