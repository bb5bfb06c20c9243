// What lies around the program on this machine: other programs, and files that are not Engram's own data.
import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { programOf } from './native/program.ts';

export interface Ran {
  /** null when there is no such program, or a signal ended it. */
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
  readonly missing: boolean;
  /** It was ended because it took too long. */
  readonly late: boolean;
}

export interface RunOptions {
  /** null = as long as it likes. */
  readonly timeout_ms: number | null;
  /** Gets what it prints on standard output as it comes, in place of `out`. */
  readonly onOutput?: (text: string) => void;
}

export interface Host {
  /** As Node names it: `linux`, `darwin`, `win32`. */
  readonly platform: string;
  /** null on Windows. */
  readonly user_id: number | null;
  /** What starts this program again: its own file, or Bun and the file it reads. */
  readonly program: readonly string[];
  /** Without a shell, and with nothing on its standard input. Never rejects. */
  runProgram(command: string, args: readonly string[], options: RunOptions): Promise<Ran>;
  exists(path: string): boolean;
  /** Complete or not at all; folders on the way are made. */
  writeFile(path: string, content: string | Uint8Array, mode: number): void;
  /** For its owner alone, unless it is there already. */
  makeFolder(path: string): void;
  remove(path: string): void;
  pause(ms: number): Promise<void>;
}

function runProgram(command: string, args: readonly string[], { timeout_ms, onOutput }: RunOptions): Promise<Ran> {
  return new Promise((resolve) => {
    const seen = { out: '', err: '' };
    let late = false;
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], windowsHide: true });
    const limit =
      timeout_ms === null
        ? undefined
        : setTimeout(() => {
            late = true;
            child.kill('SIGKILL');
          }, timeout_ms);
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      if (onOutput) onOutput(text);
      else seen.out += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => (seen.err += text));
    const done = (code: number | null, missing: boolean) => {
      clearTimeout(limit);
      resolve({ code, ...seen, missing, late });
    };
    child.on('error', () => done(null, true));
    child.on('close', (code) => done(code, false));
  });
}

function writeFile(path: string, content: string | Uint8Array, mode: number): void {
  mkdirSync(dirname(path), { recursive: true });
  const beside = `${path}.${process.pid}.tmp`;
  try {
    writeFileSync(beside, content, { mode });
    chmodSync(beside, mode); // The umask may have taken from it.
    renameSync(beside, path);
  } catch (error) {
    rmSync(beside, { force: true });
    throw error;
  }
}

export const thisHost = (): Host => ({
  platform: process.platform,
  user_id: process.getuid?.() ?? null,
  program: programOf(process.execPath, process.argv),
  runProgram,
  exists: existsSync,
  writeFile,
  makeFolder: (path) => void mkdirSync(path, { recursive: true, mode: 0o700 }),
  remove: (path) => rmSync(path, { force: true }),
  pause: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
});
