// SHA-256 of more bytes than should be held at once.
import { createHash } from 'node:crypto';

export function bytesDigest() {
  const hash = createHash('sha256');
  return { update: (bytes: Uint8Array): void => void hash.update(bytes), hex: (): string => hash.digest('hex') };
}
