// Reviews what memories count for: one on request, all of them little by little in the background.
import { type Clock, formatTime } from '../../core/clock.ts';
import { AppError } from '../../core/errors.ts';
import type { MemoryFilter } from '../../core/ports.ts';
import type { Scope } from '../../core/scope.ts';
import type { Atomically } from '../../core/unit-of-work.ts';
import type { MemoryRow } from '../memory/rules.ts';
import type { MemoryStore } from '../memory/store.ts';
import { baseOf, type Review, review } from './rules.ts';
import type { ReconsolidationRow, ReconsolidationStore } from './store.ts';

interface Stores {
  memories: Pick<MemoryStore, 'byId' | 'byIds' | 'set'>;
  reconsolidations: ReconsolidationStore;
  lockUser(user_id: number): Promise<void>;
}

export interface ReconsolidationDeps {
  read: Pick<Stores, 'memories' | 'reconsolidations'> & {
    access: { users(): Promise<readonly { id: number }[]> };
  };
  atomically: Atomically<Stores>;
  clock: Clock;
}

/** Memories of one user that a sweep reviews, and how many share a commit. */
const SWEPT = 200;
const PAGE = 50;
/** Looked at for candidates, of each kind. */
const LOOKED_AT = 300;

type Given = Pick<Stores, 'memories' | 'reconsolidations'>;
interface Reviewed {
  row: MemoryRow;
  review: Review;
  applied: ReconsolidationRow | null;
}

export function createReconsolidation({ read, atomically, clock }: ReconsolidationDeps) {
  const filterOf = ({ user_id, space_id }: Pick<Scope, 'user_id' | 'space_id'>): MemoryFilter => ({
    user_id,
    space_id: space_id ?? undefined,
    now: formatTime(clock.now()),
  });

  async function reachable(scope: Scope, id: number, memories: Stores['memories']): Promise<MemoryRow> {
    const row = await memories.byId(scope.user_id, id);
    if (!row || row.is_forgotten === 1 || (scope.space_id !== null && row.space_id !== scope.space_id))
      throw new AppError(
        'memory_not_found',
        `There is no memory ${id}. It does not exist, was erased, or is in the trash.`,
      );
    return row;
  }

  /** A new version comes with what the evidence made of the old one, so that is what it is compared with. */
  async function reviewAll(user_id: number, rows: readonly MemoryRow[], given: Given): Promise<Reviewed[]> {
    const ids = rows.map(({ id }) => id);
    const parents = rows.flatMap(({ parent_memory_id }) => parent_memory_id ?? []);
    const applied = await given.reconsolidations.applied(user_id, [...ids, ...parents]);
    const overruled = await given.reconsolidations.overruled(filterOf({ user_id, space_id: null }), ids);
    return rows.map((row) => {
      const before = applied.get(row.id) ?? applied.get(row.parent_memory_id ?? 0) ?? null;
      return { row, review: review(row, overruled.get(row.id) ?? [], before, clock.now()), applied: before };
    });
  }

  async function apply({ row, review, applied }: Reviewed, { memories, reconsolidations }: Given): Promise<void> {
    const { user_id, id: memory_id } = row;
    const updated_at = formatTime(clock.now());
    const { new_importance: importance, new_confidence: confidence, base_importance, base_confidence } = review;
    if (review.action !== 'unchanged') await memories.set(user_id, memory_id, { importance, confidence, updated_at });
    if (importance === base_importance && confidence === base_confidence && applied?.memory_id === memory_id)
      return reconsolidations.remove(user_id, memory_id);
    if (importance === base_importance && confidence === base_confidence && !applied) return;
    const known =
      applied?.memory_id === memory_id &&
      applied.is_undone === 0 &&
      applied.importance === importance &&
      applied.confidence === confidence &&
      applied.base_importance === base_importance &&
      applied.base_confidence === base_confidence;
    if (known) return;
    await reconsolidations.put({
      ...{ memory_id, user_id, base_importance, base_confidence, importance, confidence },
      action: review.action,
      reason: review.reason,
      is_undone: 0,
      updated_at,
    });
  }

  async function sweepUser(user_id: number): Promise<void> {
    let after = await read.reconsolidations.place(user_id);
    for (let done = 0; done < SWEPT; done += PAGE) {
      const from = after;
      const page = await read.reconsolidations.page(filterOf({ user_id, space_id: null }), from, PAGE);
      // At the end it begins again with the oldest, next time.
      after = page.length < PAGE ? 0 : page.at(-1)!;
      if (page.length === 0 && from === 0) return;
      await atomically(async (stores) => {
        await stores.lockUser(user_id);
        const rows = await stores.memories.byIds(user_id, page);
        const current = rows.filter(({ is_latest, is_forgotten }) => is_latest === 1 && is_forgotten === 0);
        for (const one of await reviewAll(user_id, current, stores))
          if (one.applied?.is_undone !== 1) await apply(one, stores);
        await stores.reconsolidations.setPlace(user_id, after);
      });
      if (after === 0) return;
    }
  }

  return {
    run: (scope: Scope, id: number): Promise<Review> =>
      atomically(async (stores) => {
        await stores.lockUser(scope.user_id);
        const row = await reachable(scope, id, stores.memories);
        const [one] = await reviewAll(scope.user_id, [row], stores);
        await apply(one!, stores);
        return one!.review;
      }),

    async candidates(scope: Scope, limit: number) {
      const filter = filterOf(scope);
      const { user_id } = scope;
      const after = await read.reconsolidations.place(user_id);
      const ids = [
        ...(await read.reconsolidations.disputed(filter, LOOKED_AT)),
        ...(await read.reconsolidations.page(filter, after, LOOKED_AT)),
      ];
      const rows = await read.memories.byIds(user_id, [...new Set(ids)]);
      const results = (await reviewAll(user_id, rows, read))
        .filter(({ review, applied }) => review.action !== 'unchanged' && applied?.is_undone !== 1)
        .map(({ review }) => review)
        .sort((a, b) => b.old_importance - a.old_importance || a.memory_id - b.memory_id)
        .slice(0, limit);
      return { results, count: results.length };
    },

    async list(scope: Scope, limit: number) {
      const rows = await read.reconsolidations.list(filterOf(scope), limit);
      const reconsolidations = rows.map(({ user_id: _owner, is_undone: _no, ...shown }) => shown);
      return { reconsolidations, count: reconsolidations.length };
    },

    undo: (scope: Scope, id: number) =>
      atomically(async ({ memories, reconsolidations, lockUser }) => {
        await lockUser(scope.user_id);
        const row = await reachable(scope, id, memories);
        const applied = (await reconsolidations.applied(scope.user_id, [id])).get(id);
        const { importance, confidence } = row;
        if (!applied || applied.is_undone === 1) return { memory_id: id, undone: false, importance, confidence };
        const updated_at = formatTime(clock.now());
        const back = baseOf(row, applied);
        await memories.set(scope.user_id, id, { ...back, updated_at });
        await reconsolidations.put({
          ...applied,
          ...back,
          base_importance: back.importance,
          base_confidence: back.confidence,
          is_undone: 1,
          updated_at,
        });
        return { memory_id: id, undone: true, ...back };
      }),

    /** A bounded share of each user's memories, going on where the last one ended. */
    async sweep(): Promise<void> {
      for (const { id } of await read.access.users()) await sweepUser(id);
    },
  };
}
export type Reconsolidation = ReturnType<typeof createReconsolidation>;
