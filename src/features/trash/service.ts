// How memories end: into the trash when their time is over, and for good after their days there, or at once when asked.
import { DAY_MS } from '../../algo/durations.ts';
import type { Fsrs } from '../../algo/fsrs.ts';
import { type Clock, formatTime } from '../../core/clock.ts';
import { AppError } from '../../core/errors.ts';
import type { Logger } from '../../core/log.ts';
import type { FullTextIndex } from '../../core/ports.ts';
import type { Scope } from '../../core/scope.ts';
import type { Memory } from '../../core/shapes.ts';
import type { Atomically } from '../../core/unit-of-work.ts';
import type { DroppingStores, Summaries } from '../episodes/summaries.ts';
import { chainAfter, leavingWith, type MemoryRow, presentMemory } from '../memory/rules.ts';
import type { Semantics } from '../memory/semantics.ts';
import type { MemoryStore } from '../memory/store.ts';
import type { Attached, TrashStore } from './store.ts';

interface Stores extends DroppingStores {
  memories: MemoryStore;
  trash: TrashStore;
  fullText: FullTextIndex;
  lockUser(user_id: number): Promise<void>;
}

export interface TrashDeps {
  read: Pick<Stores, 'memories' | 'trash'> & { access: { users(): Promise<{ id: number }[]> } };
  atomically: Atomically<Stores>;
  summaries: Pick<Summaries, 'drop'>;
  semantics: Pick<Semantics, 'removed'>;
  /** After commit: what is known from memories that are gone follows them. */
  follow(user_id: number): Promise<void>;
  fsrs: Fsrs;
  clock: Clock;
  /** How long a memory lies in the trash. */
  keep_days: number;
  /** Starts due jobs. */
  wake(): void;
  logger: Logger;
}

/** What was erased, counted; `full_text` are entries of the word index. */
export type Receipt = Attached & { memories: number; full_text: number };

type Leaving = typeof leavingWith;

/** Memories per transaction: others write in between. */
const PAGE = 100;

const NOTHING: Receipt = { memories: 0, vectors: 0, links: 0, tags: 0, feedback: 0, facts: 0, full_text: 0 };
const sum = (a: Receipt, b: Receipt): Receipt => ({
  memories: a.memories + b.memories,
  vectors: a.vectors + b.vectors,
  links: a.links + b.links,
  tags: a.tags + b.tags,
  feedback: a.feedback + b.feedback,
  facts: a.facts + b.facts,
  full_text: a.full_text + b.full_text,
});

export function createTrash(deps: TrashDeps) {
  const { read, atomically, summaries, semantics, follow, fsrs, clock, keep_days, wake, logger } = deps;
  const now = () => formatTime(clock.now());
  const notThere = (id: number) =>
    new AppError('memory_not_found', `There is no memory ${id} in the trash. GET /memory/trash lists what is there.`);

  /** Rows with all that hangs on them; what is left of their chains closes ranks. */
  async function erase(stores: Stores, user_id: number, rows: readonly MemoryRow[], leavingOf: Leaving) {
    const { memories, trash, fullText } = stores;
    const leaving: number[] = [];
    for (const [root, named] of Map.groupBy(rows, (row) => row.root_memory_id ?? row.id)) {
      const chain = await memories.chain(user_id, root);
      const going = leavingOf(chain, new Set(named.map(({ id }) => id)));
      for (const { id, ...pointers } of chainAfter(chain, going)) await memories.set(user_id, id, pointers);
      leaving.push(...going);
    }
    const dropped = await summaries.drop(stores, user_id, await trash.episodesOf(user_id, leaving));
    const attached = await trash.attached(user_id, leaving);
    for (const id of leaving) await fullText.remove(user_id, id);
    const receipt = { ...attached, memories: await memories.remove(user_id, leaving), full_text: leaving.length };
    return { leaving, receipt, dropped };
  }

  async function eraseWhere(
    user_id: number,
    choose: (stores: Stores) => Promise<readonly MemoryRow[]>,
    leavingOf: Leaving = leavingWith,
  ): Promise<Receipt> {
    const { leaving, receipt, dropped } = await atomically(async (stores) => {
      await stores.lockUser(user_id);
      const rows = await choose(stores);
      if (rows.length === 0) return { leaving: [], receipt: NOTHING, dropped: false };
      return erase(stores, user_id, rows, leavingOf);
    });
    if (dropped) wake();
    if (leaving.length > 0) {
      await semantics.removed(user_id, leaving);
      await follow(user_id);
    }
    return receipt;
  }

  /** Erases what came into the trash by then. */
  async function purge(user_id: number, by: string): Promise<Receipt> {
    let all = NOTHING;
    for (;;) {
      const page = await eraseWhere(user_id, async ({ memories, trash }) =>
        memories.byIds(user_id, await trash.forgottenBy(user_id, by, PAGE)),
      );
      if (page.memories === 0) return all;
      all = sum(all, page);
    }
  }

  async function expire(user_id: number): Promise<number> {
    let expired = 0;
    for (;;) {
      const time = now();
      if ((await read.trash.expired(user_id, time, 1)).length === 0) return expired;
      const page = await atomically(async (stores) => {
        await stores.lockUser(user_id);
        const ids = await stores.trash.expired(user_id, time, PAGE);
        const count = await stores.memories.expire(user_id, ids, time);
        return { count, dropped: await summaries.drop(stores, user_id, await stores.trash.episodesOf(user_id, ids)) };
      });
      expired += page.count;
      if (page.dropped) wake();
    }
  }

  const lastDay = () => formatTime(clock.now() - keep_days * DAY_MS);
  async function sweepUser(user_id: number): Promise<{ expired: number; purged: Receipt }> {
    const expired = await expire(user_id);
    if (expired > 0) await follow(user_id);
    const due = await read.trash.forgottenBy(user_id, lastDay(), 1);
    return { expired, purged: due.length === 0 ? NOTHING : await purge(user_id, lastDay()) };
  }

  return {
    list: async (scope: Scope, limit: number, offset: number): Promise<Memory[]> =>
      (await read.memories.trash(scope.user_id, limit, offset)).map((row) => presentMemory(row, clock.now(), fsrs)),

    /** Erases one memory wherever it is, or every version of it. */
    erase: (scope: Scope, id: number, versions: boolean): Promise<Receipt> =>
      eraseWhere(
        scope.user_id,
        async ({ memories }) => {
          const row = await memories.byId(scope.user_id, id);
          if (!row)
            throw new AppError('memory_not_found', `There is no memory ${id}. It does not exist, or was erased.`);
          return versions ? memories.chain(scope.user_id, row.root_memory_id ?? row.id) : [row];
        },
        (_chain, named) => named,
      ),

    /** Erases these wherever they are, and no other version of them. */
    eraseAll: (user_id: number, ids: readonly number[]): Promise<Receipt> =>
      eraseWhere(
        user_id,
        ({ memories }) => memories.byIds(user_id, ids),
        (_chain, named) => named,
      ),

    /** Erases one memory of the trash now. */
    purgeOne: (scope: Scope, id: number): Promise<Receipt> =>
      eraseWhere(scope.user_id, async ({ memories }) => {
        const row = await memories.byId(scope.user_id, id);
        if (!row?.is_forgotten) throw notThere(id);
        return [row];
      }),

    /** Empties the trash now. */
    empty: (scope: Scope): Promise<Receipt> => purge(scope.user_id, now()),

    /** What is due of one user. */
    sweep: (scope: Scope) => sweepUser(scope.user_id),

    /** What is due of all users; safe to be interrupted, and to run twice. */
    async sweepAll(): Promise<void> {
      for (const { id } of await read.access.users()) {
        const { expired, purged } = await sweepUser(id);
        if (expired + purged.memories > 0) logger.info({ user_id: id, expired, purged }, 'memories ended');
      }
    },
  };
}
export type Trash = ReturnType<typeof createTrash>;
