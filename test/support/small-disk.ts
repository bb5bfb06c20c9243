// A disk of our own that can be filled: a tmpfs, where this user may mount one.
import { execFileSync } from 'node:child_process';
import { rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tempDir } from './app.ts';

export interface SmallDisk {
  readonly dir: string;
  free(): number;
  /** Takes all of what is free but so many bytes, in a file of its own. */
  fill(leave?: number): void;
  makeRoom(): void;
  setReadOnly(): void;
  unmount(): void;
}

const mount = (...args: string[]): void => void execFileSync('mount', args, { stdio: 'ignore' });

/** @returns null where this user may not mount anything */
export function smallDisk(mib: number): SmallDisk | null {
  const dir = tempDir();
  try {
    mount('-t', 'tmpfs', '-o', `size=${mib}m`, 'tmpfs', dir);
  } catch {
    return null;
  }
  const ballast = join(dir, 'ballast');
  const free = () => {
    const { bavail, bsize } = statfsSync(dir);
    return bavail * bsize;
  };
  return {
    dir,
    free,
    fill: (leave = 0) => writeFileSync(ballast, Buffer.alloc(Math.max(0, free() - leave))),
    makeRoom: () => rmSync(ballast, { force: true }),
    setReadOnly: () => mount('-o', 'remount,ro', dir),
    // Lazily: whatever still has a file open on it keeps it until it lets go.
    unmount: () => void execFileSync('umount', ['-l', dir], { stdio: 'ignore' }),
  };
}
