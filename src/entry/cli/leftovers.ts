// What programs that were killed leave behind, and rights that let others read: found by looking, mended by doctor --fix.
import { chmodSync, existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { HOUR_MS } from '../../algo/durations.ts';
import type { Config } from '../../config.ts';

/** POSIX rights of anybody but the owner. */
const OTHERS = 0o077;
const OWNER_FOLDER = 0o700;
const OWNER_FILE = 0o600;

export interface Open {
  readonly path: string;
  readonly mode: number;
}

/** The data folder and the files in it that hold secrets, where others may read them. */
export function openToOthers({ data_dir, db_path, encryption, backup }: Config): Open[] {
  const folders = [data_dir, dirname(db_path), backup.dir];
  const files = [db_path, `${db_path}-wal`, `${db_path}-shm`, `${db_path}.keys`, encryption.key_file];
  const closed = new Set(folders.filter((path) => rightsOf(path) === 0));
  const isReachable = (path: string) => !closed.has(dirname(path));
  return [
    ...[...new Set(folders)].filter(isReachable).map((path) => ({ path, mode: OWNER_FOLDER })),
    ...files.flatMap((path) => (path === null || !isReachable(path) ? [] : [{ path, mode: OWNER_FILE }])),
  ].filter(({ path }) => (rightsOf(path) ?? 0) !== 0);
}

export function closeToOthers(found: readonly Open[]): void {
  for (const { path, mode } of found) chmodSync(path, mode);
}

/** Null where there is no such file, or no such rights. */
function rightsOf(path: string): number | null {
  if (process.platform === 'win32') return null;
  const found = statSync(path, { throwIfNoEntry: false });
  return found ? found.mode & OTHERS : null;
}

/** Half-written copies and files of processes that are gone. Nothing of it is ever read again. */
export function deadFiles({ db_path, backup, models_dir }: Config, now: number): string[] {
  // Trying a backup out needs no lock, so only its age tells that nobody does it any more.
  const isOld = (name: string) => now - statSync(join(backup.dir, name)).mtimeMs > HOUR_MS;
  const inBackups = namesIn(backup.dir).filter(
    (name) => /^\.[0-9a-f]{12}\.part/.test(name) || (name.startsWith('.drill-') && isOld(name)),
  );
  const besideStore = namesIn(dirname(db_path)).filter((name) => isOfDead(name));
  const inModels = namesIn(join(models_dir, INCOMING)).filter((name) => isDeadClaim(join(models_dir, INCOMING, name)));
  return [
    ...inBackups.map((name) => join(backup.dir, name)),
    ...besideStore.map((name) => join(dirname(db_path), name)),
    ...inModels.map((name) => join(models_dir, INCOMING, name)),
  ];
}

export function removeDead(paths: readonly string[]): void {
  for (const path of paths) rmSync(path, { recursive: true, force: true });
}

const INCOMING = '.incoming';

/** Models of which a download broke off, and nobody goes on with it. */
export function halfModels({ models_dir }: Config): string[] {
  const incoming = join(models_dir, INCOMING);
  const halves = namesIn(incoming).filter((name) => {
    const folder = join(incoming, name);
    if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return false;
    const claim = `${folder}.lock`;
    return (!existsSync(claim) || isDeadClaim(claim)) && namesIn(folder, true).some((file) => file.endsWith('.part'));
  });
  // Folders are named after models, with -- for the / of a repository.
  return halves.map((name) => name.replace('--', '/'));
}

function namesIn(dir: string, deep = false): string[] {
  try {
    return readdirSync(dir, { recursive: deep }) as string[];
  } catch {
    return [];
  }
}

/** `<name>.<process id>.tmp` is renamed by the process that writes it; without that process it stays half a file. */
function isOfDead(name: string): boolean {
  const pid = /\.(\d{1,10})\.tmp$/.exec(name)?.[1];
  return pid !== undefined && !isAlive(Number(pid));
}

function isDeadClaim(path: string): boolean {
  if (!path.endsWith('.lock')) return false;
  try {
    return !isAlive(Number(readFileSync(path, 'utf8')));
  } catch {
    return false;
  }
}

/** A number that is no process id belongs to nobody. */
function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as { code?: string }).code === 'EPERM';
  }
}
