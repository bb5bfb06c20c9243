// What can be told about a database file from its first page, without opening it as a database.
import { createHmac, pbkdf2Sync, timingSafeEqual } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';

/** SQLCipher 4: pages of 4096 bytes that end with 16 bytes of IV and 64 of HMAC-SHA512; the file begins with its salt. */
const PAGE_BYTES = 4096;
const SALT_BYTES = 16;
const HMAC_BYTES = 64;
const PLAIN = Buffer.from('SQLite format 3\0', 'latin1');

function firstPage(path: string): Buffer {
  let fd: number;
  try {
    fd = openSync(path, 'r');
  } catch (error) {
    if ((error as { code?: string }).code === 'ENOENT') return Buffer.alloc(0);
    throw error;
  }
  try {
    const page = Buffer.alloc(PAGE_BYTES);
    return page.subarray(0, readSync(fd, page, 0, PAGE_BYTES, 0));
  } finally {
    closeSync(fd);
  }
}

/** `other`: encrypted, or no database at all. A file of no bytes counts as absent: SQLite fills it as a new one. */
export function kindOfFile(path: string): 'absent' | 'plain' | 'other' {
  const page = firstPage(path);
  if (page.length === 0) return 'absent';
  return page.subarray(0, PLAIN.length).equals(PLAIN) ? 'plain' : 'other';
}

/** Whether a raw SQLCipher 4 key belongs to a file, told by the checksum of its first page. */
export function keyFits(path: string, key: Buffer): boolean {
  const page = firstPage(path);
  if (page.length < PAGE_BYTES) return false;
  const salt = page.subarray(0, SALT_BYTES).map((byte) => byte ^ 0x3a);
  const number = Buffer.from([1, 0, 0, 0]);
  const found = createHmac('sha512', pbkdf2Sync(key, salt, 2, 32, 'sha512'))
    .update(page.subarray(SALT_BYTES, PAGE_BYTES - HMAC_BYTES))
    .update(number)
    .digest();
  return timingSafeEqual(found, page.subarray(PAGE_BYTES - HMAC_BYTES));
}
