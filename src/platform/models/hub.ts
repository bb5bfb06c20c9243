// Where models come from: what a repository holds, and the bytes of a file from any place on. One interface for a server
// and for a folder; which it is depends on the address alone.
import { fileURLToPath } from 'node:url';
import { folderHub } from './hub-folder.ts';
import { type HttpDeps, httpHub } from './hub-http.ts';

/** Used when no other is configured. Mirrors with the same paths can take its place. */
export const PUBLIC_HUB = 'https://huggingface.co';

export interface RemoteFile {
  /** Inside the repository, with slashes. */
  readonly path: string;
  readonly size: number;
  /** Hex, of large files. */
  readonly sha256: string | null;
  /** Hex SHA-1 of `blob <size>\0` and the content: what git calls a small file. */
  readonly git_blob: string | null;
}

export interface Listing {
  /** Null where there is no history: the content must then speak for itself. */
  readonly commit: string | null;
  readonly files: readonly RemoteFile[];
}

/** The rest of a file. */
export interface Opened {
  /** False when the bytes start at the beginning although a later place was asked for. */
  readonly resumed: boolean;
  /** Says that a later answer is about the same bytes; null when the server has no such word. */
  readonly etag: string | null;
  /** Raises `Passing` when the connection breaks or falls silent. */
  readonly bytes: AsyncIterable<Uint8Array>;
}

export interface Hub {
  /** For sentences. */
  readonly address: string;
  /** @throws ModelStoreError */
  list(repo: string, revision: string): Promise<Listing>;
  /**
   * One try, no more: whoever writes the bytes knows where the next one has to start.
   * @param commit of the listing the file is from
   * @throws ModelStoreError, or Passing where another try may help
   */
  open(repo: string, commit: string | null, file: RemoteFile, from: number, etag: string | null): Promise<Opened>;
}

/** @param address http(s):// of a server, or file:///folder with `owner/name/…` in it; null for the public one */
export function openHub(address: string | null, token: string | null, deps: HttpDeps): Hub {
  const base = address ?? PUBLIC_HUB;
  return base.startsWith('file:') ? folderHub(fileURLToPath(base)) : httpHub(base, token, deps);
}
