// What the command line does with backups while no server is needed: looking at them, restoring, trying one out.
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../config.ts';
import type { Inspected, Snapshot } from '../core/backup.ts';
import { formatTime } from '../core/clock.ts';
import { LANES } from '../core/job.ts';
import { keysFileOf } from './crypto/key-files.ts';
import { type Person, unlock } from './crypto/unlock.ts';
import { listBackups } from './db/backup-folder.ts';
import { DatabaseError } from './db/dialect.ts';
import { type Restored, type RestoreOptions, restoreStore } from './db/restore.ts';
import { inspectFile, needSound } from './db/sqlite/backup.ts';
import { openRaw } from './db/sqlite/connection.ts';

type Tell = RestoreOptions['tell'];

export interface BackupTools {
  /** Newest first; none where there is no folder. */
  list(config: Config): Promise<Snapshot[]>;
  /** Reads a backup, or without one the store itself, through. @throws DatabaseError, AppError backup_unusable */
  inspect(config: Config, path: string | null): Promise<Inspected>;
  /** @throws DatabaseError, AppError backup_unusable; the store is as it was then */
  restore(config: Config, from: string, tell?: Tell): Promise<Restored>;
  /**
   * Restores a backup into a folder of its own and hands `work` what settings it takes to open it; the folder goes afterwards.
   * Nothing in it runs by itself: a store that is only tried out sends nothing to anybody.
   */
  tryOut<T>(config: Config, from: string, work: (changes: Partial<Config>) => Promise<T>, tell?: Tell): Promise<T>;
}

function needFile({ database_url }: Config): void {
  if (database_url !== null)
    throw new DatabaseError('This store is in Postgres. Use pg_dump, pg_restore, or the tools of what runs it.');
}

/** As the settings of a paused server say it, see features/jobs. */
function holdBack(path: string, key: string | null, now: string): void {
  const raw = openRaw({ path, key, synchronous: 'normal' });
  try {
    raw
      .prepare('insert or replace into app_state (key, value, updated_at) values (?, ?, ?)')
      .run('jobs.paused', Object.keys(LANES).join(','), now);
  } finally {
    raw.close();
  }
}

export function backupTools(person: Person): BackupTools {
  const now = () => formatTime(Date.now());

  async function keyFor({ encryption }: Config, db_path: string): Promise<string | null> {
    if (encryption.mode === 'none') return null;
    return (await unlock({ encryption, db_path, person, now: now() })).key?.toString('hex') ?? null;
  }

  const restore = (config: Config, from: string, tell?: Tell) => {
    needFile(config);
    return restoreStore({ config, person, from, now: now(), ...(tell ? { tell } : {}) });
  };

  return {
    list: ({ backup }) => listBackups(backup.dir),

    async inspect(config, path) {
      needFile(config);
      const at = path ?? config.db_path;
      if (!existsSync(at)) throw new DatabaseError(`There is no ${path === null ? 'store at' : 'file'} ${at}.`);
      // A backup that came without its key slots may still belong to the store here.
      const key = await keyFor(config, path === null || existsSync(keysFileOf(at)) ? at : config.db_path);
      const found = await inspectFile({ path: at, key, synchronous: 'full' });
      if (path !== null) needSound(at, found);
      return found;
    },

    restore,

    async tryOut(config, from, work, tell) {
      needFile(config);
      mkdirSync(config.backup.dir, { recursive: true, mode: 0o700 });
      const dir = mkdtempSync(join(config.backup.dir, '.drill-'));
      try {
        const db_path = join(dir, 'engram.db');
        const changes: Partial<Config> = {
          ...{ data_dir: dir, db_path, log_level: 'silent', llm: { ...config.llm, url: null } },
          vectors: { ...config.vectors, lance_path: join(dir, 'lance') },
          backup: { ...config.backup, enabled: false, dir: join(dir, 'backups') },
        };
        const tried = { ...config, ...changes };
        await restore(tried, from, tell);
        holdBack(db_path, await keyFor(tried, db_path), now());
        return await work(changes);
      } finally {
        rmSync(dir, { recursive: true, force: true });
      }
    },
  };
}
