// One file from a hub to the disk: continues where it stopped, in this run or an earlier one, and is believed only after
// its size and hash are what the hub announced.
//
// While it is incomplete it is called `<name>.part`; `<name>.part.json` says of which file it is the beginning.
import { createReadStream } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { mkdir, readFile, rename, rm, stat, truncate } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import { disk, ModelStoreError, megabytes, Passing } from './failure.ts';
import { type Digests, digestsOf, type Hasher, hasher, syncFolder, writeAtomically } from './files.ts';
import type { Hub, Opened, RemoteFile } from './hub.ts';
import { persist, type RetryDeps } from './retry.ts';

export interface Download {
  readonly hub: Hub;
  readonly repo: string;
  readonly commit: string | null;
  readonly file: RemoteFile;
  /** Where the complete file goes. */
  readonly target: string;
  /** @param done bytes of this file that are on the disk, whether they came now or before */
  onProgress(done: number): void;
}

export interface DownloadDeps extends RetryDeps {
  /** Opens a file for writing. */
  openFile(path: string, flags: string): Promise<Pick<FileHandle, 'write' | 'sync' | 'close'>>;
}

const noteSchema = z.object({ source: z.string(), etag: z.string().nullable() });

/** @throws ModelStoreError */
export async function download(what: Download, deps: DownloadDeps): Promise<Digests & { transferred: number }> {
  const { file, target } = what;
  const announced = file.sha256 ?? file.git_blob;
  const present = announced === null ? null : await digestsOf(target, file.size, file.git_blob !== null);
  if (present && fits(file, present)) {
    what.onProgress(file.size);
    return { ...present, transferred: 0 };
  }
  await mkdir(dirname(target), { recursive: true });
  const part = new PartFile(what, deps);
  try {
    const kept = await part.resume();
    await part.fill();
    let digests = part.digests();
    if (!fits(file, digests) && kept > 0) {
      // What an earlier run left was damaged after all: once more, from nothing.
      await part.restart();
      await part.fill();
      digests = part.digests();
    }
    if (!fits(file, digests)) {
      await part.discard();
      throw mismatch(what, digests);
    }
    await part.finish();
    return { ...digests, transferred: part.transferred };
  } catch (error) {
    throw disk(error, dirname(target));
  } finally {
    await part.close();
  }
}

const fits = ({ sha256, git_blob }: RemoteFile, found: Digests): boolean =>
  sha256 !== null ? sha256 === found.sha256 : git_blob === null || git_blob === found.git_blob;

function mismatch({ hub, repo, file }: Download, found: Digests): ModelStoreError {
  const [kind, wanted, got] = file.sha256
    ? ['SHA-256', file.sha256, found.sha256]
    : ['git hash', file.git_blob, found.git_blob];
  return new ModelStoreError(
    'damaged',
    `What ${hub.address} sent as ${file.path} of ${repo} is not what it announced (${kind} ${got} instead of ${wanted}), so it was thrown away: try again, or use another mirror (ENGRAM_MODEL_HUB).`,
  );
}

class PartFile {
  /** Bytes that came over the network. */
  transferred = 0;
  private readonly path: string;
  private readonly note: string;
  private readonly source: string;
  private readonly what: Download;
  private readonly deps: DownloadDeps;
  private handle: Awaited<ReturnType<DownloadDeps['openFile']>> | null = null;
  private hash: Hasher;
  private size = 0;
  private furthest = 0;
  private etag: string | null = null;

  constructor(what: Download, deps: DownloadDeps) {
    const { hub, repo, commit, file, target } = what;
    this.what = what;
    this.deps = deps;
    this.path = `${target}.part`;
    this.note = `${target}.part.json`;
    const announced = file.sha256 ?? file.git_blob;
    // A file whose hash is known is the same wherever it comes from.
    const where = announced ?? `${hub.address} ${repo} ${commit}`;
    this.source = `${file.path} ${file.size} ${where}`;
    this.hash = hasher(file.size, file.git_blob !== null);
  }

  /** Takes up what an earlier run left. @returns its bytes, 0 when there is nothing to build on */
  async resume(): Promise<number> {
    const raw = await readFile(this.note, 'utf8').catch(() => null);
    const size = (await stat(this.path).catch(() => null))?.size ?? 0;
    const note = raw === null ? null : parseNote(raw);
    if (note?.source === this.source && size > 0 && size <= this.what.file.size) {
      await this.rehash();
      this.etag = note.etag;
      this.furthest = this.size;
      this.what.onProgress(this.size);
    } else {
      await this.discard();
      await this.describe(null);
    }
    return this.size;
  }

  /** Fetches what is missing, however many connections that takes. */
  async fill(): Promise<void> {
    const { file, hub, repo } = this.what;
    await persist(
      this.deps,
      async () => {
        if (this.size === file.size) return;
        const opened = await hub.open(repo, this.what.commit, file, this.size, this.etag);
        if (!opened.resumed && this.size > 0) await this.restart();
        if (opened.etag !== this.etag) await this.describe(opened.etag);
        await this.append(opened);
        if (this.size < file.size) throw this.cutShort();
      },
      () => this.furthest,
    );
  }

  private async append({ bytes }: Opened): Promise<void> {
    const { file, hub, repo } = this.what;
    this.handle ??= await this.deps.openFile(this.path, 'a');
    for await (const chunk of bytes) {
      if (this.size + chunk.byteLength > file.size) {
        await this.discard();
        throw new ModelStoreError(
          'damaged',
          `${hub.address} sends more than the ${file.size} bytes it announced for ${file.path} of ${repo}: try again later, or use another mirror (ENGRAM_MODEL_HUB).`,
        );
      }
      for (let at = 0; at < chunk.byteLength; ) at += (await this.handle.write(chunk, at)).bytesWritten;
      this.hash.update(chunk);
      this.transferred += chunk.byteLength;
      this.size += chunk.byteLength;
      this.furthest = Math.max(this.furthest, this.size);
      this.what.onProgress(this.size);
    }
  }

  private cutShort(): Passing {
    const { file, hub, repo } = this.what;
    return new Passing(
      'damaged',
      `${hub.address} ended after ${this.size} of the ${file.size} bytes it announced for ${file.path} of ${repo}`,
      'try again later, or use another mirror (ENGRAM_MODEL_HUB).',
    );
  }

  /** Back to the first byte. */
  async restart(): Promise<void> {
    await this.close();
    await truncate(this.path, 0);
    this.hash = hasher(this.what.file.size, this.what.file.git_blob !== null);
    this.size = 0;
    this.etag = null;
    this.what.onProgress(0);
  }

  digests(): Digests {
    return this.hash.digests();
  }

  async finish(): Promise<void> {
    this.handle ??= await this.deps.openFile(this.path, 'a');
    await this.handle.sync();
    await this.close();
    await rename(this.path, this.what.target);
    await rm(this.note, { force: true });
    await syncFolder(dirname(this.what.target));
  }

  async discard(): Promise<void> {
    await this.close();
    await rm(this.path, { force: true });
    await rm(this.note, { force: true });
  }

  async close(): Promise<void> {
    await this.handle?.close();
    this.handle = null;
  }

  private async describe(etag: string | null): Promise<void> {
    this.etag = etag;
    await writeAtomically(this.note, JSON.stringify({ source: this.source, etag }));
  }

  private async rehash(): Promise<void> {
    for await (const chunk of createReadStream(this.path, { highWaterMark: 2 ** 20 })) {
      this.hash.update(chunk);
      this.size += chunk.length;
    }
  }
}

function parseNote(raw: string): z.infer<typeof noteSchema> | null {
  try {
    return noteSchema.parse(JSON.parse(raw));
  } catch {
    return null;
  }
}

/** Before anything is fetched. @param free bytes the disk has left */
export function checkSpace(needed: number, free: number, dir: string): void {
  if (needed <= free) return;
  throw new ModelStoreError(
    'no_space',
    `${megabytes(needed)} are needed in ${dir}, and its disk has ${megabytes(free)} left: make room for ${megabytes(needed - free)} more, or set ENGRAM_MODELS_DIR to a folder on a larger disk.`,
  );
}
