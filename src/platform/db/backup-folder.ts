// The folder where backups lie: each one file, with a description beside it for those who only look. A backup has its
// name only once it is complete and on the disk; whatever is half done ends in `.part`.
import { randomBytes } from 'node:crypto';
import { constants, existsSync, mkdirSync } from 'node:fs';
import { copyFile, link, open, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type {
  BackupFolder,
  BackupManifest,
  CopyOptions,
  FileCopies,
  Snapshot,
  WrittenCopy,
} from '../../core/backup.ts';
import { formatTime } from '../../core/clock.ts';
import { AppError } from '../../core/errors.ts';

const ENDING = '.db';
const DESCRIPTION = '.json';
const KEYS = '.keys';
const HALF_DONE = '.part';
const PREPARED = 'prepared';
const CHUNK_BYTES = 256 * 1024;

/** `2026-03-02 12:00:00` as part of a name that sorts by time on every file system. */
const stampOf = (time: string): string =>
  `${time.slice(0, 10).replaceAll('-', '')}-${time.slice(11).replaceAll(':', '')}`;

const codeOf = (error: unknown): string => (error as { code?: string }).code ?? '';

/** What is written in it survives a power cut only once the folder has been flushed too; Windows has no such thing. */
async function flushFolder(dir: string): Promise<void> {
  if (process.platform === 'win32') return;
  const folder = await open(dir, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

async function writeFlushed(path: string, text: string): Promise<void> {
  await writeFile(path, text, { flush: true, mode: 0o600 });
}

interface Description extends BackupManifest {
  readonly size_bytes: number;
  readonly sha256: string;
}

async function described(dir: string, name: string): Promise<Description | null> {
  try {
    const read = JSON.parse(await readFile(join(dir, `${name}${DESCRIPTION}`), 'utf8')) as Partial<Description>;
    return typeof read.created_at === 'string' && typeof read.sha256 === 'string' ? (read as Description) : null;
  } catch {
    // Somebody put the file there by hand, or spoiled what is only a help: the backup itself says the same.
    return null;
  }
}

async function snapshotAt(dir: string, name: string): Promise<Snapshot | null> {
  const path = join(dir, name);
  const facts = await stat(path).catch(() => null);
  if (!facts?.isFile()) return null;
  const about = await described(dir, name);
  return {
    name,
    path,
    created_at: about?.created_at ?? formatTime(facts.mtimeMs),
    kind: about?.kind ?? 'manual',
    size_bytes: facts.size,
    sha256: about?.sha256 ?? null,
    program: about?.program ?? null,
    schema_version: about?.schema_version ?? null,
    memory_count: about?.rows?.memories ?? null,
  };
}

/** The snapshots in a folder, newest first; none where there is no such folder. Changes nothing. */
export async function listBackups(dir: string): Promise<Snapshot[]> {
  const names = await readdir(dir).catch((error) => {
    if (codeOf(error) === 'ENOENT') return [];
    throw error;
  });
  const found = await Promise.all(names.filter((name) => name.endsWith(ENDING)).map((name) => snapshotAt(dir, name)));
  return found
    .filter((one) => one !== null)
    .sort((a, b) =>
      a.created_at === b.created_at ? (a.name < b.name ? 1 : -1) : a.created_at < b.created_at ? 1 : -1,
    );
}

function failed(error: unknown, dir: string): AppError {
  if (error instanceof AppError) return error;
  const code = codeOf(error);
  const why =
    code === 'ENOSPC'
      ? `the disk with ${dir} is full.`
      : /^(EACCES|EROFS|EPERM|ENOTDIR|EEXIST)$/.test(code)
        ? `${dir} cannot be written to (${code}). Check that it belongs to this user, or set ENGRAM_BACKUP_DIR.`
        : `${dir} cannot be written to (${(error as Error).message}).`;
  return new AppError('backup_failed', `No backup was made: ${why}`, { cause: error });
}

export function openBackupFolder(dir: string, files: FileCopies): BackupFolder {
  const partial = (): string => join(dir, `.${randomBytes(6).toString('hex')}${HALF_DONE}`);

  /** Runs work that writes here. @throws AppError backup_failed */
  async function writing<T>(work: () => Promise<T>): Promise<T> {
    try {
      mkdirSync(dir, { recursive: true, mode: 0o700 });
      return await work();
    } catch (error) {
      throw failed(error, dir);
    }
  }

  /** A copy under a name that says it is not ready. */
  async function copied(options: CopyOptions): Promise<{ part: string; written: WrittenCopy }> {
    const part = partial();
    return { part, written: await files.copy(part, options) };
  }

  function freeName({ created_at, kind }: CopyOptions): string {
    const base = `engram-${stampOf(created_at)}-${kind}`;
    let name = `${base}${ENDING}`;
    for (let n = 2; existsSync(join(dir, name)); n++) name = `${base}-${n}${ENDING}`;
    return name;
  }

  return {
    dir,

    take: (options) =>
      writing(async () => {
        const { part, written } = await copied(options);
        const name = freeName(options);
        const path = join(dir, name);
        const { manifest, size_bytes, sha256 } = written;
        try {
          const description = JSON.stringify({ ...manifest, size_bytes, sha256 }, null, 2);
          // The description first: one without its backup is nothing, the other way round its checksum would be missing.
          await writeFlushed(`${part}${DESCRIPTION}${HALF_DONE}`, `${description}\n`);
          await rename(`${part}${DESCRIPTION}${HALF_DONE}`, `${path}${DESCRIPTION}`);
          const keys = files.keys();
          if (keys !== null) await writeFlushed(`${path}${KEYS}`, keys);
          await rename(part, path);
          await flushFolder(dir);
        } catch (error) {
          for (const half of [part, `${part}${DESCRIPTION}${HALF_DONE}`, `${path}${DESCRIPTION}`, `${path}${KEYS}`])
            await rm(half, { force: true }).catch(() => {});
          throw error;
        }
        return (await snapshotAt(dir, name))!;
      }),

    list: () => listBackups(dir),

    async remove({ path }) {
      await rm(path, { force: true });
      for (const beside of [DESCRIPTION, KEYS]) await rm(`${path}${beside}`, { force: true });
    },

    async sweep() {
      const names = await readdir(dir).catch(() => []);
      const there = new Set(names);
      const isAlone = (name: string) =>
        [DESCRIPTION, KEYS].some(
          (beside) => name.endsWith(ENDING + beside) && !there.has(name.slice(0, -beside.length)),
        );
      const isLeft = (name: string) => (name.startsWith('.') && name.includes(HALF_DONE)) || isAlone(name);
      for (const name of names.filter(isLeft)) await rm(join(dir, name), { force: true });
    },

    download: (options) =>
      writing(async () => {
        const { part, written } = await copied(options);
        const file = await open(part, 'r');
        // Whoever asked may go away at any time, and so may we: the system frees the room with the last one who reads it.
        const gone = () => rm(part, { force: true });
        const removed = await gone().then(
          () => true,
          () => false, // Windows keeps what is open.
        );
        const end = async () => {
          await file.close();
          if (!removed) await gone().catch(() => {});
        };
        const body = new ReadableStream<Uint8Array>(
          {
            async pull(controller) {
              const { bytesRead, buffer } = await file.read(new Uint8Array(CHUNK_BYTES), 0, CHUNK_BYTES);
              if (bytesRead > 0) return controller.enqueue(buffer.subarray(0, bytesRead));
              await end();
              controller.close();
            },
            cancel: end,
          },
          { highWaterMark: 1 },
        );
        return { ...written, keys: files.keys(), body };
      }),

    prepare: ({ path, name: from }, name) =>
      writing(async () => {
        const folder = join(dir, PREPARED);
        mkdirSync(folder, { recursive: true, mode: 0o700 });
        const to = join(folder, name);
        const part = partial();
        try {
          await copyFile(path, part, constants.COPYFILE_EXCL);
          const file = await open(part, 'r+');
          await file.sync().finally(() => file.close());
          // Unlike a rename, this never takes the place of what is there.
          await link(part, to);
          await copyFile(`${path}${KEYS}`, `${to}${KEYS}`).catch((error) => {
            if (codeOf(error) !== 'ENOENT') throw error;
          });
        } catch (error) {
          if (codeOf(error) === 'EEXIST')
            throw new AppError('backup_exists', `${to} is there already. Choose another name, or remove it.`);
          if (codeOf(error) === 'ENOENT' && !existsSync(path))
            throw new AppError('backup_not_found', `There is no backup ${from} any more.`);
          throw error;
        } finally {
          await rm(part, { force: true });
        }
        await flushFolder(folder);
        return to;
      }),
  };
}
