// The recovery key as people write it down: nine groups of four, letters and digits that are hard to take for one another.
import { createHash, randomBytes } from 'node:crypto';

/** Crockford's base 32: no I, L, O, U. */
const DIGITS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const SECRET_BYTES = 20;
const SECRET_DIGITS = (SECRET_BYTES * 8) / 5;
/** 20 bits: one slip in a million goes unnoticed here, and then the slot does not open. */
const CHECK_DIGITS = 4;

export const newRecoverySecret = (): Buffer => randomBytes(SECRET_BYTES);

function digitsOf(bytes: Buffer): string {
  let bits = 0;
  let held = 0;
  let text = '';
  for (const byte of bytes) {
    held = (held << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += DIGITS[(held >> bits) & 31];
    }
    held &= (1 << bits) - 1;
  }
  return text;
}

const checkOf = (secret: Buffer): string =>
  digitsOf(createHash('sha256').update('engram recovery key').update(secret).digest()).slice(0, CHECK_DIGITS);

export const writeRecoveryKey = (secret: Buffer): string =>
  (digitsOf(secret) + checkOf(secret)).match(/.{4}/g)!.join('-');

/**
 * Takes what people type: any case, any spaces and dashes, O for 0, I and L for 1.
 * @returns null when it is no recovery key, or one with a slip in it
 */
export function readRecoveryKey(written: string): Buffer | null {
  const text = written.toUpperCase().replace(/[\s-]/g, '').replace(/O/g, '0').replace(/[IL]/g, '1');
  if (text.length !== SECRET_DIGITS + CHECK_DIGITS) return null;
  const bytes: number[] = [];
  let bits = 0;
  let held = 0;
  for (const digit of text.slice(0, SECRET_DIGITS)) {
    const value = DIGITS.indexOf(digit);
    if (value === -1) return null;
    held = (held << 5) | value;
    bits += 5;
    if (bits < 8) continue;
    bits -= 8;
    bytes.push(held >> bits);
    held &= (1 << bits) - 1;
  }
  const secret = Buffer.from(bytes);
  return checkOf(secret) === text.slice(SECRET_DIGITS) ? secret : null;
}
