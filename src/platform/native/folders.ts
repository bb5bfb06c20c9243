// Where native parts go: beside the store, and where that cannot be, in the folder in which this user's programs keep what
// they can make again.
import { existsSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import { getEnvironmentData, setEnvironmentData } from 'node:worker_threads';

export interface Surroundings {
  data_dir: string;
  home: string;
  env: Readonly<Record<string, string | undefined>>;
  platform: NodeJS.Platform;
}

const FOLDERS = 'engram.native.folders';

/** Holds for this thread and for those it starts from now on. */
export const keepNativePartsIn = (surroundings: Surroundings): void =>
  setEnvironmentData(FOLDERS, candidates(surroundings));

/** Folders to try, in order; each gets a folder of its own for every version. */
export function candidates({ data_dir, ...user }: Surroundings): string[] {
  const cache = cacheFolder(user);
  return [data_dir, ...(cache === null ? [] : [cache])].map((folder) => join(folder, 'native'));
}

/** Null where the system names none. */
function cacheFolder({ platform, home, env }: Omit<Surroundings, 'data_dir'>): string | null {
  const named = platform === 'win32' ? env.LOCALAPPDATA : env.XDG_CACHE_HOME;
  if (named && isAbsolute(named)) return join(named, 'engram');
  if (!isAbsolute(home)) return null;
  if (platform === 'win32') return join(home, 'AppData', 'Local', 'engram');
  return platform === 'darwin' ? join(home, 'Library', 'Caches', 'engram') : join(home, '.cache', 'engram');
}

/** The data folder counts once there is one: only looking at a machine should not make it. */
export function nativeFolders(): string[] {
  const [data, ...others] = (getEnvironmentData(FOLDERS) ?? []) as string[];
  return data !== undefined && existsSync(dirname(data)) ? [data, ...others] : others;
}
