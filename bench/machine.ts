// What a figure was measured on. Without this a figure is a rumour.
import { execFileSync } from 'node:child_process';
import { closeSync, fdatasyncSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { availableParallelism, cpus, release, totalmem, type } from 'node:os';
import { join, resolve } from 'node:path';
import { median, rounded } from './stats.ts';

export interface Machine {
  cpu: string;
  cores: number;
  memory_gib: number;
  os: string;
  /** File system of the data folder: a flush to memory costs nothing, so it decides every write figure. */
  filesystem: string;
  /** Median milliseconds to write 4 KiB there and flush it to the disk. */
  flush_ms: number;
}

export const RUNTIME = process.versions.bun ? `Bun ${process.versions.bun}` : `Node ${process.versions.node}`;

export function machine(dataFolder: string): Machine {
  return {
    cpu: cpus()[0]?.model.trim() || process.arch,
    cores: availableParallelism(),
    memory_gib: Number((totalmem() / 2 ** 30).toFixed(1)),
    os: `${type()} ${release()} ${process.arch}`,
    filesystem: filesystemOf(resolve(dataFolder)),
    flush_ms: rounded(flushMs(dataFolder), 3),
  };
}

function flushMs(folder: string): number {
  const path = join(folder, `.flush-${process.pid}`);
  const file = openSync(path, 'w');
  try {
    const block = Buffer.alloc(4096, 1);
    const times = Array.from({ length: 51 }, () => {
      const started = performance.now();
      writeSync(file, block);
      fdatasyncSync(file);
      return performance.now() - started;
    });
    return median(times);
  } finally {
    closeSync(file);
    rmSync(path, { force: true });
  }
}

/** Type of the mount that holds a folder; only Linux tells without a library. */
function filesystemOf(folder: string): string {
  try {
    const mounts = readFileSync('/proc/mounts', 'utf8')
      .split('\n')
      .map((line) => line.split(' '))
      .filter(([, point]) => point && (folder === point || folder.startsWith(point === '/' ? '/' : `${point}/`)));
    return mounts.sort((a, b) => b[1]!.length - a[1]!.length)[0]?.[2] ?? 'unknown';
  } catch {
    return 'unknown';
  }
}

/** Commit of the code under test, marked when the working tree differs; null outside a checkout. */
export function revision(folder: string): string | null {
  const git = (...args: string[]) =>
    execFileSync('git', args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  try {
    return git('rev-parse', '--short', 'HEAD') + (git('status', '--porcelain') === '' ? '' : ' + uncommitted changes');
  } catch {
    return null;
  }
}

/** Resident memory of a process in MiB. */
export function residentMib(pid: number): number {
  try {
    const kib = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    if (kib) return Number((Number(kib) / 1024).toFixed(1));
  } catch {
    // No /proc: macOS.
  }
  const kib = execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' }).trim();
  return Number((Number(kib) / 1024).toFixed(1));
}

/** Linux counts process time in hundredths of a second, whatever the kernel's own tick is. */
const TICK_MS = 10;

/** Processor time a process has used so far, all threads; null where there is no /proc. */
export function cpuMs(pid: number): number | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name of the program, in brackets, may hold spaces.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
  } catch {
    return null;
  }
}
