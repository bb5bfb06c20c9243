// The SQLCipher 4 format written down a second time, to hold what the driver writes against it.
import { createDecipheriv, createHmac, pbkdf2Sync } from 'node:crypto';

const PAGE = 4096;
const SALT = 16;
const IV = 16;
const HMAC = 64;
const END = PAGE - IV - HMAC;

/**
 * Decrypts a database whose log is empty.
 * @param key the raw key, hex
 * @returns the same database in the clear, the unused end of each page left as zeros
 * @throws Error when a page is not as SQLCipher 4 would have written it with this key
 */
export function decryptSqlcipher(file: Buffer, key: string): Buffer {
  if (file.length === 0 || file.length % PAGE !== 0) throw new Error('not whole pages of 4096 bytes');
  const raw = Buffer.from(key, 'hex');
  const salt = file.subarray(0, SALT);
  const macKey = pbkdf2Sync(
    raw,
    salt.map((byte) => byte ^ 0x3a),
    2,
    32,
    'sha512',
  );
  const plain = Buffer.alloc(file.length);
  for (let at = 0; at < file.length; at += PAGE) {
    const page = file.subarray(at, at + PAGE);
    const from = at === 0 ? SALT : 0;
    const number = Buffer.alloc(4);
    number.writeUInt32LE(at / PAGE + 1);
    const mac = createHmac('sha512', macKey)
      .update(page.subarray(from, END + IV))
      .update(number)
      .digest();
    if (!mac.equals(page.subarray(END + IV))) throw new Error(`page ${at / PAGE + 1} has another checksum`);
    const cipher = createDecipheriv('aes-256-cbc', raw, page.subarray(END, END + IV)).setAutoPadding(false);
    Buffer.concat([cipher.update(page.subarray(from, END)), cipher.final()]).copy(plain, at + from);
  }
  plain.write('SQLite format 3\0', 'latin1');
  return plain;
}
