// Room that nothing needs any more goes back to the disk: when asked, and by itself when there is much of it. And the store
// gets another key when asked.
import { type Clock, formatTime } from '../../core/clock.ts';
import type { Logger } from '../../core/log.ts';
import type { Atomically } from '../../core/unit-of-work.ts';
import type { AccessStore } from '../access/store.ts';
import { parseShare, type Room, shareOf, worthCompacting } from './rules.ts';

/** Share of slack that the last compaction left. */
const LEFT = 'compact.left';

/** When the store got its present key. */
const REKEYED = 'rekeyed_at';

type State = Pick<AccessStore, 'state' | 'setState'>;

export interface MaintenanceDeps {
  read: { access: Pick<State, 'state'> };
  atomically: Atomically<{ access: Pick<State, 'setState'> }>;
  database: {
    /** Bytes on disk, null where unknown. */
    size(): Promise<number | null>;
    /** Null where the database sees to that by itself. */
    slack(): Promise<Room | null>;
    /** @returns what is left. @throws AppError database_unavailable */
    compact(): Promise<Room | null>;
  };
  /** @throws AppError not_encrypted, setting_decides, keys_changed, database_unavailable */
  rekey(now: string): Promise<void>;
  clock: Clock;
  logger: Logger;
}

export function createMaintenance({ read, atomically, database, rekey, clock, logger }: MaintenanceDeps) {
  let changing: Promise<{ rekeyed: true; size_bytes: number }> | null = null;
  let underway: Promise<{ size_before: number; size_after: number; saved_bytes: number }> | null = null;

  async function compactNow() {
    const size_before = (await database.size()) ?? 0;
    const left = await database.compact();
    const size_after = (await database.size()) ?? 0;
    if (left) {
      const now = formatTime(clock.now());
      await atomically(({ access }) => access.setState(LEFT, String(shareOf(left)), now));
    }
    const done = { size_before, size_after, saved_bytes: Math.max(0, size_before - size_after) };
    logger.info(done, 'the database was compacted');
    return done;
  }

  /** Those who ask while it is under way get what it comes to. */
  const compact = () =>
    (underway ??= compactNow().finally(() => {
      underway = null;
    }));

  async function rekeyNow() {
    const now = formatTime(clock.now());
    await rekey(now);
    await atomically(({ access }) => access.setState(REKEYED, now, now));
    logger.info({}, 'the store is encrypted with a new key');
    return { rekeyed: true as const, size_bytes: (await database.size()) ?? 0 };
  }

  return {
    compact,

    /** Those who ask while it is under way get the same new key. */
    rekey: () =>
      (changing ??= rekeyNow().finally(() => {
        changing = null;
      })),

    /** Looks whether there is much to be had. */
    async compactIfWorth(): Promise<void> {
      const room = await database.slack();
      if (room && worthCompacting(room, parseShare(await read.access.state(LEFT)))) await compact();
    },
  };
}
export type Maintenance = ReturnType<typeof createMaintenance>;
