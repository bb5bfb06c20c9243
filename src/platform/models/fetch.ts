// All files of a model into one folder, whatever of them is there already; nothing of it counts as installed yet.
import { constants, copyFile, mkdir, readdir, rm, rmdir, stat } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import type { Chosen } from './choose.ts';
import { checkSpace, type DownloadDeps, download } from './download.ts';
import { ModelStoreError } from './failure.ts';
import { digestsOf } from './files.ts';
import type { Hub } from './hub.ts';
import type { Pin } from './pins.ts';

export interface PullProgress {
  /** Bytes on the disk of all files together, those of earlier runs included. */
  readonly done: number;
  readonly total: number;
}

export interface FetchDeps extends DownloadDeps {
  readonly hub: Hub;
  /** Bytes this user may still write to the disk of a folder. */
  freeSpace(dir: string): Promise<number>;
}

export interface Fetch {
  readonly repo: string;
  readonly commit: string | null;
  readonly chosen: readonly Chosen[];
  /** SHA-256 by path that the files must have, whatever the hub says. */
  readonly pinned: ReadonlyMap<string, string>;
  /** Where they go. */
  readonly incoming: string;
  /** The installed model, whose files are taken over where they are still right. */
  readonly installed: string;
  onProgress(progress: PullProgress): void;
  /** The failure of a file that is not as pinned. */
  notAsPinned(path: string): ModelStoreError;
}

/** @throws ModelStoreError; what has arrived by then stays for the next try */
export async function fetchFiles(what: Fetch, deps: FetchDeps): Promise<{ files: Pin['files']; transferred: number }> {
  const { chosen, incoming } = what;
  await tidy(incoming, chosen);
  for (const one of chosen) await takeOver(what, one);
  const done = await Promise.all(chosen.map((one) => present(incoming, one)));
  const total = chosen.reduce((sum, { file }) => sum + file.size, 0);
  const sum = () => done.reduce((a, b) => a + b, 0);
  const models_dir = dirname(what.installed);
  checkSpace(total - sum(), await deps.freeSpace(models_dir), models_dir);

  const files: Pin['files'] = [];
  let transferred = 0;
  for (const [place, one] of chosen.entries()) {
    const got = await fetchFile(what, one, deps, (bytes) => {
      done[place] = bytes;
      what.onProgress({ done: sum(), total });
    });
    files.push({ path: one.path, size: one.file.size, sha256: got.sha256 });
    transferred += got.transferred;
  }
  return { files, transferred };
}

async function fetchFile(what: Fetch, { file, path }: Chosen, deps: FetchDeps, onProgress: (done: number) => void) {
  const { repo, commit, incoming, pinned } = what;
  const expected = pinned.get(path);
  // Where the hub announces nothing, the pin does.
  const announced = file.sha256 ?? file.git_blob;
  const known = announced === null && expected !== undefined ? { ...file, sha256: expected } : file;
  const target = join(incoming, path);
  try {
    const got = await download({ hub: deps.hub, repo, commit, file: known, target, onProgress }, deps);
    if (expected === undefined || expected === got.sha256) return got;
    await rm(target, { force: true });
  } catch (error) {
    if (known === file || !(error instanceof ModelStoreError) || error.code !== 'damaged') throw error;
  }
  throw what.notAsPinned(path);
}

/** Removes what an earlier pull of other files left. */
async function tidy(incoming: string, chosen: readonly Chosen[]): Promise<void> {
  await mkdir(incoming, { recursive: true });
  const wanted = new Set(chosen.flatMap(({ path }) => [path, `${path}.part`, `${path}.part.json`]));
  for (const entry of await readdir(incoming, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    // Folders go when they are empty; others refuse to.
    if (entry.isDirectory()) await rmdir(path).catch(() => {});
    else if (!wanted.has(relative(incoming, path).split(sep).join('/'))) await rm(path, { force: true });
  }
}

async function takeOver({ pinned, incoming, installed }: Fetch, { file, path }: Chosen): Promise<void> {
  const sha256 = file.sha256 ?? pinned.get(path);
  const target = join(incoming, path);
  if ((await sizeOf(target)) !== null || (sha256 === undefined && file.git_blob === null)) return;
  const found = await digestsOf(join(installed, path), file.size, file.git_blob !== null);
  const same = sha256 === undefined ? found?.git_blob === file.git_blob : found?.sha256 === sha256;
  if (!same) return;
  await mkdir(dirname(target), { recursive: true });
  await copyFile(join(installed, path), target, constants.COPYFILE_FICLONE);
}

/** Bytes of a file that need not come any more, as far as sizes tell. */
async function present(incoming: string, { file, path }: Chosen): Promise<number> {
  const target = join(incoming, path);
  return Math.min(file.size, (await sizeOf(target)) ?? (await sizeOf(`${target}.part`)) ?? 0);
}

const sizeOf = async (path: string): Promise<number | null> => (await stat(path).catch(() => null))?.size ?? null;
