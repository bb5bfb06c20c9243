// Putting memories out of sight, and back.
import { AGAIN } from '../../algo/fsrs.ts';
import { formatTime } from '../../core/clock.ts';
import type { AppError } from '../../core/errors.ts';
import type { Scope } from '../../core/scope.ts';
import { type MemoryRow, type NewMemory, reviewed } from './rules.ts';
import type { MemoryDeps } from './service.ts';

type Deps = Pick<MemoryDeps, 'atomically' | 'summaries' | 'understanding' | 'fsrs' | 'wake' | 'clock'>;

export function flagSetter(deps: Deps, missing: (id: number) => AppError) {
  const { atomically, summaries, understanding, fsrs, wake, clock } = deps;

  /** Hiding a memory is a review that failed. What was summed up of its episode is summed up anew without it, or with it. */
  return async (
    scope: Scope,
    id: number,
    change: Partial<NewMemory>,
    allowed: (row: MemoryRow) => boolean,
  ): Promise<MemoryRow> => {
    const { user_id } = scope;
    const { row, dropped } = await atomically(async (stores) => {
      await stores.lockUser(user_id);
      const row = await stores.memories.byId(user_id, id);
      if (!row || !allowed(row)) throw missing(id);
      const hides = (change.is_forgotten === 1 || change.is_archived === 1) && !row.is_forgotten && !row.is_archived;
      const at = clock.now();
      const lapse = hides ? reviewed(row, AGAIN, at, fsrs) : {};
      const changed = { ...change, ...lapse, updated_at: formatTime(at) };
      await stores.memories.set(user_id, id, changed);
      const episodes = row.episode_id === null ? [] : [row.episode_id];
      return { row: { ...row, ...changed }, dropped: await summaries.drop(stores, user_id, episodes) };
    });
    if (dropped) wake();
    await understanding.follow(user_id);
    return row;
  };
}
