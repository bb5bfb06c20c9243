// Small pieces of cryptography the key slots are made of. All of it is node:crypto; nothing here is of our own invention.
import * as crypto from 'node:crypto';
import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto';

/** Keys are 32 bytes everywhere. */
export const KEY_BYTES = 32;
export const newKey = (): Buffer => randomBytes(KEY_BYTES);

/** Ciphertext with its tag at the end, both as lower-case hex. */
export interface Sealed {
  nonce: string;
  sealed: string;
}

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** AES-256-GCM. @param about what the content belongs to: it cannot be moved elsewhere */
export function seal(key: Buffer, content: Buffer, about: string): Sealed {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(about));
  const sealed = Buffer.concat([cipher.update(content), cipher.final(), cipher.getAuthTag()]);
  return { nonce: nonce.toString('hex'), sealed: sealed.toString('hex') };
}

/** @returns null when the key is another, or when anything was changed */
export function unseal(key: Buffer, { nonce, sealed }: Sealed, about: string): Buffer | null {
  const bytes = Buffer.from(sealed, 'hex');
  const tag = bytes.subarray(-TAG_BYTES);
  const decipher = createDecipheriv('aes-256-gcm', key, Buffer.from(nonce, 'hex'))
    .setAAD(Buffer.from(about))
    .setAuthTag(tag);
  try {
    return Buffer.concat([decipher.update(bytes.subarray(0, -TAG_BYTES)), decipher.final()]);
  } catch {
    return null;
  }
}

export interface Argon2Cost {
  memory_kib: number;
  passes: number;
  lanes: number;
}

/** What RFC 9106 recommends where memory is scarce, but for the lanes: the work is done in one thread. */
export const ARGON2_COST: Argon2Cost = { memory_kib: 65_536, passes: 3, lanes: 1 };

interface Argon2Input {
  message: Buffer;
  nonce: Buffer;
  memory: number;
  passes: number;
  parallelism: number;
  tagLength: number;
  /** Only the test vectors have these. */
  secret?: Buffer;
  associatedData?: Buffer;
}
/** The type declarations in use do not know it yet. */
export const { argon2 } = crypto as unknown as {
  argon2(kind: 'argon2id', input: Argon2Input, done: (error: Error | null, key: Uint8Array) => void): void;
};

/** Argon2id, in a thread of its own. */
export const stretch = (secret: Buffer, salt: Buffer, cost: Argon2Cost): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    const { memory_kib: memory, passes, lanes: parallelism } = cost;
    const input = { message: secret, nonce: salt, memory, passes, parallelism, tagLength: KEY_BYTES };
    argon2('argon2id', input, (error, key) => (error ? reject(error) : resolve(Buffer.from(key))));
  });

/** For secrets that are random already: no stretching makes them harder to guess. */
export const derive = (secret: Buffer, salt: Buffer, purpose: string): Buffer =>
  Buffer.from(hkdfSync('sha256', secret, salt, purpose, KEY_BYTES));

export const mac = (key: Buffer, text: string): string =>
  createHmac('sha256', derive(key, Buffer.alloc(0), 'engram keys file'))
    .update(text)
    .digest('hex');

export const sameHex = (a: string, b: string): boolean =>
  a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));

/** The same text for the same value, whatever order its fields were written in. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_name, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
