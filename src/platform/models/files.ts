// Small helpers for files that have to survive a power cut: written beside, flushed, renamed.
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, rename, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Flushes a folder's list of names; where that is not possible (Windows), the system does it in its own time. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r').catch(() => null);
  await folder?.sync().catch(() => {});
  await folder?.close();
}

/** The file has the old content or the new one, never part of it. */
export async function writeAtomically(path: string, content: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const beside = `${path}.${process.pid}.new`;
  const file = await open(beside, 'w');
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(beside, path);
  await syncFolder(dirname(path));
}

export interface Digests {
  readonly sha256: string;
  /** What git would call the content: SHA-1 over a header with its length, and the content. Null unless asked for. */
  readonly git_blob: string | null;
}

export interface Hasher {
  update(bytes: Uint8Array): void;
  digests(): Digests;
}

/**
 * @param size of the whole content, which git hashes first
 * @param git whether its name for the content is wanted too
 */
export function hasher(size: number, git = false): Hasher {
  const sha256 = createHash('sha256');
  const blob = git ? createHash('sha1').update(`blob ${size}\0`) : null;
  return {
    update(bytes) {
      sha256.update(bytes);
      blob?.update(bytes);
    },
    digests: () => ({ sha256: sha256.digest('hex'), git_blob: blob?.digest('hex') ?? null }),
  };
}

/** Reads all of it. @returns null when there is no such file, or it has another size */
export async function digestsOf(path: string, size: number, git = false): Promise<Digests | null> {
  const found = await stat(path).catch(() => null);
  if (!found?.isFile() || found.size !== size) return null;
  const hash = hasher(size, git);
  for await (const part of createReadStream(path, { highWaterMark: 2 ** 20 })) hash.update(part);
  return hash.digests();
}
