// Which backups are kept, and which one belongs to a moment. Pure.
import type { BackupKind, Snapshot } from '../../core/backup.ts';

export interface Retention {
  /** Newest scheduled ones that stay, whatever their kind. */
  readonly keep: number;
  /** Newest first ones of a day that stay beside. */
  readonly keep_daily: number;
}

type Dated = Pick<Snapshot, 'created_at' | 'kind'>;

const dayOf = (time: string): string => time.slice(0, 10);

/** Of the next scheduled one: the first of a UTC day is its daily one. */
export function nextKind(snapshots: readonly Dated[], now: string): Exclude<BackupKind, 'manual'> {
  const today = snapshots.some(({ created_at, kind }) => kind !== 'manual' && dayOf(created_at) === dayOf(now));
  return today ? 'hourly' : 'daily';
}

/**
 * What may go. Those somebody asked for stay until somebody removes them, and so does the newest of all.
 * @param snapshots newest first
 */
export function expired<S extends Dated>(snapshots: readonly S[], { keep, keep_daily }: Retention): S[] {
  const scheduled = snapshots.filter(({ kind }) => kind !== 'manual');
  const daily = scheduled.filter(({ kind }) => kind === 'daily');
  const kept = new Set([...scheduled.slice(0, Math.max(1, keep)), ...daily.slice(0, keep_daily)]);
  return scheduled.filter((snapshot) => !kept.has(snapshot));
}

/**
 * The newest one made at that moment or before.
 * @param snapshots newest first
 * @param target as stored, `YYYY-MM-DD HH:MM:SS`
 */
export const lastBefore = <S extends Dated>(snapshots: readonly S[], target: string): S | null =>
  snapshots.find(({ created_at }) => created_at <= target) ?? null;

/** A plain file name: nothing that leads elsewhere, nothing hidden, nothing a shell would read. */
export const PLAIN_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,119}$/;

/**
 * Where a copy for restoring may go: a plain name, or the path such a name has in the folder of backups.
 * @returns the name; null when it leads anywhere else
 */
export function preparedName(dest: string, dir: string): string | null {
  const prefix = [`${dir}/prepared/`, `${dir}/`].find((one) => dest.startsWith(one)) ?? '';
  const name = dest.slice(prefix.length);
  return PLAIN_NAME.test(name) && !name.includes('..') ? name : null;
}
