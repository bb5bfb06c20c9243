// A folder as hub, for machines without a network: `owner/name/…` as plain files, no history, nothing announced but sizes.
import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { ModelStoreError, systemCode } from './failure.ts';
import type { Hub, RemoteFile } from './hub.ts';

export function folderHub(root: string): Hub {
  const unreadable = (path: string, error: unknown) =>
    new ModelStoreError('not_found', `${path} cannot be read (${systemCode(error)}): check ENGRAM_MODEL_HUB.`, error);
  return {
    address: root,
    async list(repo) {
      const dir = join(root, repo);
      if (!(await stat(dir).catch(() => null))?.isDirectory()) {
        throw new ModelStoreError(
          'not_found',
          `The model folder ${dir} does not exist: copy the repository there, or correct ENGRAM_MODEL_HUB.`,
        );
      }
      const files: RemoteFile[] = [];
      for (const name of await readdir(dir, { recursive: true })) {
        const path = join(dir, name);
        // Links lead to files here too: caches of other programs consist of them.
        const found = await stat(path).catch(() => null);
        if (!found?.isFile()) continue;
        files.push({ path: relative(dir, path).split(sep).join('/'), size: found.size, sha256: null, git_blob: null });
      }
      return { commit: null, files };
    },
    async open(repo, _commit, file, from, etag) {
      const path = join(root, repo, file.path);
      const { mtimeMs, size } = await stat(path).catch((error) => {
        throw unreadable(path, error);
      });
      const current = `"${size}-${mtimeMs}"`;
      const resumed = from > 0 && etag === current;
      async function* bytes(): AsyncGenerator<Uint8Array> {
        try {
          yield* createReadStream(path, { start: resumed ? from : 0, highWaterMark: 2 ** 20 });
        } catch (error) {
          throw unreadable(path, error);
        }
      }
      return { resumed, etag: current, bytes: bytes() };
    },
  };
}
