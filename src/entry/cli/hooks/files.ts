// Writes an agent's configuration and takes it back: whole files at once, with the file as it was beside it.
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { CliError, EXIT } from '../failure.ts';
import { type Edit, Malformed } from './edits.ts';

export const backupOf = (path: string): string => `${path}.engram-backup`;

/** One file, and everything of ours that may stand in it. */
export interface FileChange {
  readonly path: string;
  /** All that we ever add to it. */
  readonly edits: readonly Edit[];
}

const strip = (text: string, edits: readonly Edit[]): string => edits.reduce((left, edit) => edit.strip(left), text);
const add = (text: string, edits: readonly Edit[]): string => edits.reduce((made, edit) => edit.add(made), text);

/** @returns null when there is none. @throws CliError for one that is no text */
export function readText(path: string): string | null {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    const { code } = error as { code?: string };
    if (code === 'ENOENT' || code === 'ENOTDIR') return null;
    throw new CliError(EXIT.failed, 'hooks_unreadable', `${path} cannot be read (${code}).`, { cause: error });
  }
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    throw new CliError(EXIT.failed, 'hooks_malformed', `${path} is not UTF-8 text; nothing was changed.`, {
      cause: error,
    });
  }
}

/** Whole or not at all, with the permissions it had; a link stays a link. */
function writeText(path: string, text: string): void {
  try {
    mkdirSync(dirname(path), { recursive: true });
    const real = existsSync(path) ? realpathSync(path) : path;
    const fresh = `${real}.engram-new`;
    writeFileSync(fresh, text, { mode: 0o600 });
    chmodSync(fresh, existsSync(real) ? statSync(real).mode & 0o777 : 0o644);
    renameSync(fresh, real);
  } catch (error) {
    const { code } = error as { code?: string };
    throw new CliError(EXIT.failed, 'hooks_unwritable', `${path} cannot be written (${code}).`, { cause: error });
  }
}

/** Names the file in what an edit has to say about it. */
function about<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    throw new CliError(EXIT.failed, 'hooks_malformed', `${path} ${error.message}; nothing was changed.`, {
      cause: error,
    });
  }
}

export type Outcome = 'written' | 'unchanged' | 'restored' | 'removed' | 'absent';

export const hasOurs = ({ path, edits }: FileChange, text: string): boolean =>
  about(path, () => edits.some((edit) => edit.has(text)));

/** Hooks alone, the server alone, or both. */
const combinations = (edits: readonly Edit[]): (readonly Edit[])[] => [edits, ...edits.map((edit) => [edit])];

/**
 * The file without what is ours: to the byte as it was before where nothing else has changed since, else with only ours gone.
 * @returns `was` null where there was no file; `exact` whether it is that very file
 */
function withoutOurs({ path, edits }: FileChange, text: string): { was: string | null; exact: boolean } {
  const left = about(path, () => strip(text, edits));
  const backup = readText(backupOf(path));
  const untouched = about(path, () =>
    combinations(edits).some((some) => strip(add(strip(backup ?? '', edits), some), edits) === left),
  );
  return untouched ? { was: backup, exact: true } : { was: left, exact: false };
}

/** What the file would hold. */
export function installedText(change: FileChange, chosen: readonly Edit[], before: string): string {
  const base = hasOurs(change, before) ? (withoutOurs(change, before).was ?? '') : before;
  return about(change.path, () => add(base, chosen));
}

export function install(change: FileChange, chosen: readonly Edit[]): Outcome {
  const before = readText(change.path);
  const after = installedText(change, chosen, before ?? '');
  if (after === before) return 'unchanged';
  // What is ours already has its backup; a file that is not there needs none.
  if (before !== null && !hasOurs(change, before)) writeText(backupOf(change.path), before);
  writeText(change.path, after);
  return 'written';
}

export function uninstall(change: FileChange): Outcome {
  const { path } = change;
  const before = readText(path);
  if (before === null || !hasOurs(change, before)) return 'absent';
  const { was, exact } = withoutOurs(change, before);
  if (was === null) {
    rmSync(path);
    return 'removed';
  }
  writeText(path, was);
  if (exact) rmSync(backupOf(path));
  return exact ? 'restored' : 'written';
}
