// Backups: one at a time, on request and by a schedule, old ones given up.
import type { BackupFolder, Download, FileCopies, Inspected, Snapshot } from '../../core/backup.ts';
import { type Clock, formatTime, parseTime } from '../../core/clock.ts';
import { AppError } from '../../core/errors.ts';
import type { Logger } from '../../core/log.ts';
import { messageOf } from '../../core/thrown.ts';
import { takeTurns } from '../../core/turns.ts';
import { expired, lastBefore, nextKind, preparedName, type Retention } from './rules.ts';

export interface BackupSettings extends Retention {
  readonly enabled: boolean;
  /** Seconds from one to the next. */
  readonly interval: number;
}

export interface BackupDeps {
  /** Null where the database has tools of its own. */
  place: { readonly files: FileCopies; readonly folder: BackupFolder } | null;
  settings: BackupSettings;
  version: string;
  clock: Clock;
  logger: Logger;
}

const soundness = ({ problems, schema_version, rows, samples }: Inspected, name: string | null) => ({
  integrity: problems.length === 0 ? 'ok' : problems.join('; '),
  ok: problems.length === 0 && samples.every(({ outcome }) => outcome !== 'missed'),
  name,
  problems: [...problems],
  schema_version,
  memory_count: rows.memories ?? null,
  rows: { ...rows },
  samples: samples.map((sample) => ({ ...sample })),
});

export function createBackup({ place, settings, version, clock, logger }: BackupDeps) {
  const inTurn = takeTurns();
  let problem: string | null = null;
  /** When the newest one was made, as stored; null when there is none. */
  let newest: string | null = null;

  function here() {
    if (place) return place;
    throw new AppError(
      'backup_unsupported',
      'This server keeps its memories in Postgres. Back that up with pg_dump, or with what runs it.',
    );
  }
  const now = (): string => formatTime(clock.now());

  async function find(name: string): Promise<Snapshot> {
    const found = (await here().folder.list()).find((one) => one.name === name);
    if (found) return found;
    throw new AppError('backup_not_found', `There is no backup ${name}. GET /backups lists them.`);
  }

  /** The answer of a schedule: what went wrong is told to the log, to /backups and to doctor, and tried again. */
  async function scheduled(): Promise<void> {
    const { folder } = here();
    try {
      const kind = nextKind(await folder.list(), now());
      const made = await folder.take({ program: version, created_at: now(), kind });
      newest = made.created_at;
      problem = null;
      logger.info({ name: made.name, size_bytes: made.size_bytes }, 'a backup was made');
    } catch (error) {
      problem = messageOf(error);
      throw error;
    }
    // Only once there is a newer one: a failing disk must not cost the old ones.
    const { keep, keep_daily } = settings;
    for (const old of expired(await folder.list(), { keep, keep_daily })) {
      await folder.remove(old);
      logger.info({ name: old.name }, 'an old backup was removed');
    }
  }

  return {
    runsBySchedule: settings.enabled && place !== null,
    scheduled: () => inTurn(scheduled),

    /** Epoch seconds; null when there is none, or none can be made here. */
    newestAt(): number | null {
      const at = newest === null ? null : parseTime(newest);
      return at === null ? null : at / 1000;
    },

    async start(): Promise<void> {
      if (!place) return;
      await place.folder.sweep();
      newest = (await place.folder.list())[0]?.created_at ?? null;
    },

    download: (): Promise<Download> =>
      inTurn(() => here().folder.download({ program: version, created_at: now(), kind: 'manual' })),

    create: (): Promise<Snapshot> =>
      inTurn(async () => {
        const made = await here().folder.take({ program: version, created_at: now(), kind: 'manual' });
        newest = made.created_at;
        return made;
      }),

    async list() {
      const { folder } = here();
      const backups = await folder.list();
      const { enabled, interval, keep, keep_daily } = settings;
      return {
        backups,
        total_bytes: backups.reduce((sum, { size_bytes }) => sum + size_bytes, 0),
        folder: folder.dir,
        schedule: { enabled, interval_secs: interval, retention: keep, retention_daily: keep_daily },
        problem,
      };
    },

    snapshots: async () => ({ snapshots: await here().folder.list() }),

    async verify(name: string | null) {
      const { files } = here();
      if (name === null) return soundness(await files.inspectSelf(), null);
      return soundness(await files.inspect((await find(name)).path), name);
    },

    async checkpoint(request_id: string) {
      const { busy, log, checkpointed } = await here().files.checkpoint();
      return {
        status: 'ok' as const,
        mode: 'truncate' as const,
        checkpointed: busy === 0,
        busy,
        log,
        checkpointed_pages: checkpointed,
        request_id,
      };
    },

    async prepare({ target, dest_path }: { target: string; dest_path: string }) {
      const { files, folder } = here();
      const name = preparedName(dest_path, folder.dir);
      if (name === null)
        throw new AppError(
          'invalid_request',
          'dest_path must be a plain name such as before-the-accident.db: letters, digits, dots, dashes. The copy goes to the backup folder.',
          { issues: [{ path: 'body.dest_path', message: 'must be a plain name' }] },
        );
      const snapshot = lastBefore(await folder.list(), formatTime(parseTime(target)!));
      if (!snapshot)
        throw new AppError('backup_not_found', `There is no backup from ${target} or before. GET /backups lists them.`);
      const found = await files.inspect(snapshot.path);
      if (found.problems.length > 0)
        throw new AppError('backup_unusable', `${snapshot.name} is damaged: ${found.problems[0]}.`);
      const dest = await folder.prepare(snapshot, name);
      const copy = await files.inspect(dest);
      return {
        snapshot: snapshot.path,
        dest_path: dest,
        integrity_ok: copy.problems.length === 0,
        schema_version: copy.schema_version,
        memory_count: copy.rows.memories ?? 0,
        created_at: snapshot.created_at,
      };
    },
  };
}
export type Backup = ReturnType<typeof createBackup>;
