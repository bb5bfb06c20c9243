// Keeps two processes from the same work: a file that only one of them can create, with its process id inside. One left
// behind by a process that is gone is taken over.
import { link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { disk, ModelStoreError, systemCode } from './failure.ts';

export interface ClaimOptions {
  /** For the sentence: what is being worked on. */
  readonly what: string;
  pause(ms: number): Promise<void>;
  /** How often to look again before giving up; 0 gives up at once. */
  readonly patience: number;
}

const LOOK_AGAIN_MS = 50;
/** Held in this process. After a restart in a container the same id can belong to a file of the run before. */
const mine = new Set<string>();

/** @throws ModelStoreError `busy` */
export async function withClaim<T>(path: string, options: ClaimOptions, work: () => Promise<T>): Promise<T> {
  try {
    await mkdir(dirname(path), { recursive: true });
    await take(path, options);
  } catch (error) {
    throw disk(error, dirname(path));
  }
  try {
    return await work();
  } finally {
    await rm(path, { force: true });
    mine.delete(path);
  }
}

async function take(path: string, { what, pause, patience }: ClaimOptions): Promise<void> {
  for (let looks = 0; ; ) {
    if (await create(path)) return;
    const content = await readFile(path, 'utf8').catch(() => null);
    if (content === null) continue;
    const pid = Number(content);
    if (!isHeld(path, pid)) {
      await clear(path, content);
      continue;
    }
    if (looks++ >= patience) {
      throw new ModelStoreError(
        'busy',
        `Process ${pid} is working on ${what} already: wait for it, or stop it. If that is another program by now, remove ${path}.`,
      );
    }
    await pause(LOOK_AGAIN_MS);
  }
}

/** Linked into place, so that nobody ever reads it empty. */
async function create(path: string): Promise<boolean> {
  if (mine.has(path)) return false;
  mine.add(path);
  const beside = `${path}.${process.pid}`;
  try {
    await writeFile(beside, String(process.pid));
    await link(beside, path).catch((error) => {
      // Some file systems of memory sticks know no links.
      if (systemCode(error) === 'EEXIST') throw error;
      return writeFile(path, String(process.pid), { flag: 'wx' });
    });
    return true;
  } catch (error) {
    mine.delete(path);
    if (systemCode(error) === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(beside, { force: true });
  }
}

function isHeld(path: string, pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  if (pid === process.pid) return mine.has(path);
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // It exists, but belongs to somebody else.
    return systemCode(error) === 'EPERM';
  }
}

/** Takes a dead claim away; if another process was quicker, its new one stays. */
async function clear(path: string, dead: string): Promise<void> {
  const aside = `${path}.${process.pid}.dead`;
  try {
    await rename(path, aside);
    if ((await readFile(aside, 'utf8')) !== dead) await link(aside, path);
  } catch (error) {
    if (!['ENOENT', 'EEXIST'].includes(systemCode(error))) throw error;
  } finally {
    await rm(aside, { force: true });
  }
}
