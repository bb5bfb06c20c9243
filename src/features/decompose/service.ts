// Taking memories apart: the facts a long memory states become memories of their own, and share its fate.
import { atomicFacts } from '../../algo/decompose.ts';
import { type Clock, formatTime } from '../../core/clock.ts';
import { AppError } from '../../core/errors.ts';
import { handler, type JobHandler } from '../../core/job.ts';
import type { Llm } from '../../core/llm.ts';
import type { Logger } from '../../core/log.ts';
import type { Scope } from '../../core/scope.ts';
import type { Atomically } from '../../core/unit-of-work.ts';
import type { JobStore } from '../jobs/store.ts';
import { StoreRequest } from '../memory/contract.ts';
import type { LinkStore } from '../memory/link-store.ts';
import type { MemoryRow } from '../memory/rules.ts';
import type { MemoryService } from '../memory/service.ts';
import type { MemoryStore } from '../memory/store.ts';
import type { Step } from '../understanding/service.ts';
import { decomposeJob } from './contract.ts';
import { partsByLlm } from './llm.ts';
import {
  AUTO_CHARS,
  HAS_FACT,
  isDivisible,
  isSpoken,
  LEFT_BEHIND,
  NO_LONGER_STATED,
  PART_SOURCE,
  partRequest,
  sameText,
} from './rules.ts';
import type { PartStore } from './store.ts';

interface Stores {
  parts: PartStore;
  memories: Pick<MemoryStore, 'byId' | 'set'>;
  links: Pick<LinkStore, 'add' | 'drop'>;
  jobs: Pick<JobStore, 'enqueue'>;
  lockUser(user_id: number): Promise<void>;
}

export interface DecomposeDeps {
  read: Pick<Stores, 'parts' | 'memories'> & { access: { users(): Promise<{ id: number }[]> } };
  atomically: Atomically<Stores>;
  memory: Pick<MemoryService, 'store' | 'restore'>;
  llm: Llm | null;
  /** Whether long memories are taken apart by themselves. */
  auto: boolean;
  clock: Clock;
  logger: Logger;
}

const PAGE = 200;

export function createDecompose({ read, atomically, memory, llm, auto, clock, logger }: DecomposeDeps) {
  const now = () => formatTime(clock.now());

  /** By the model, else by rules. */
  async function factsIn(row: MemoryRow, urgency: 'soon' | 'later'): Promise<string[]> {
    if (llm !== null) {
      try {
        const facts = await partsByLlm(llm, row.content, urgency);
        if (facts.length > 0) return facts;
      } catch (error) {
        logger.warn({ err: error, memory: row.id }, 'a memory was taken apart by rules');
      }
    }
    return atomicFacts(row.content);
  }

  const scopeOf = ({ user_id, space_id }: MemoryRow): Scope => ({
    user_id,
    key_id: 0,
    scopes: ['write'],
    default_space_id: null,
    space_id,
  });

  /** Parts that nothing states any more go to the trash. */
  async function leave(
    { parts, memories }: Stores,
    user_id: number,
    ids: readonly number[],
    reason: string,
  ): Promise<void> {
    if (ids.length === 0) return;
    const stated = await parts.stated(user_id, ids);
    const time = now();
    for (const id of ids)
      if (!stated.has(id))
        await memories.set(user_id, id, {
          is_forgotten: 1,
          forgotten_at: time,
          forget_reason: reason,
          updated_at: time,
        });
  }

  /** May run again for the same memory: what is there is kept, what it no longer says goes. */
  async function divide(row: MemoryRow, urgency: 'soon' | 'later'): Promise<{ child_ids: number[]; created: number }> {
    const { user_id, id } = row;
    const facts = isDivisible(row) ? await factsIn(row, urgency) : [];
    const known = await read.parts.of(user_id, id);
    const before = row.parent_memory_id === null ? [] : await read.parts.of(user_id, row.parent_memory_id);
    const child_ids: number[] = [];
    let created = 0;
    for (const fact of facts) {
      const same = [...known, ...before].find(
        (part) => part.is_forgotten + part.is_archived === 0 && sameText(part.content, fact),
      );
      const stored = same ? null : await memory.store(scopeOf(row), StoreRequest.parse(partRequest(row, fact, now())));
      if (stored?.created) created++;
      const child = same?.id ?? stored!.id;
      if (!child_ids.includes(child)) child_ids.push(child);
    }
    await atomically(async (stores) => {
      const { parts, memories, links, lockUser } = stores;
      await lockUser(user_id);
      const fresh = await memories.byId(user_id, id);
      // Changed, forgotten or erased meanwhile: the parts follow it.
      const stands = fresh?.is_latest === 1 && fresh.is_forgotten === 0;
      if (!stands) return leave(stores, user_id, child_ids, LEFT_BEHIND);
      if (row.parent_memory_id !== null) await parts.move(user_id, row.parent_memory_id, id);
      for (const child of child_ids) {
        await parts.add(user_id, id, child);
        await links.add(user_id, { source_id: id, target_id: child, type: HAS_FACT, similarity: 1 }, now());
      }
      const over = (await parts.of(user_id, id)).filter((part) => !child_ids.includes(part.id));
      await parts.remove(
        user_id,
        id,
        over.map((part) => part.id),
      );
      for (const part of over) await links.drop(user_id, id, part.id, HAS_FACT);
      const own = over.filter(({ source, is_forgotten }) => source === PART_SOURCE && is_forgotten === 0);
      await leave(
        stores,
        user_id,
        own.map((part) => part.id),
        NO_LONGER_STATED,
      );
      const is_decomposed = child_ids.length > 0 ? 1 : 0;
      if (fresh.is_decomposed !== is_decomposed) await memories.set(user_id, id, { is_decomposed });
    });
    return { child_ids, created };
  }

  async function follow(user_id: number): Promise<void> {
    for (;;) {
      const left = await read.parts.left(user_id, PAGE);
      const stated = await read.parts.stated(
        user_id,
        left.map(({ id }) => id),
      );
      const leaving = left.filter(({ id }) => !stated.has(id));
      await atomically(async (stores) => {
        await leave(
          stores,
          user_id,
          leaving.map(({ id }) => id),
          LEFT_BEHIND,
        );
        if (left.length < PAGE) await stores.parts.forgetErased(user_id);
      });
      if (leaving.length === 0 || left.length < PAGE) break;
    }
    const back = await read.parts.back(user_id, LEFT_BEHIND, PAGE);
    for (const { id } of back)
      await memory.restore({ user_id, key_id: 0, scopes: ['write'], default_space_id: null, space_id: null }, id);
  }

  return {
    /** Long memories are taken apart soon; new versions of those that were, again. */
    step: <S extends Stores>(): Step<S> => ({
      name: 'decompose',
      async read({ row, previous }) {
        const again = row.is_decomposed === 1 || previous?.is_decomposed === 1;
        const due = auto && row.content.length >= AUTO_CHARS && isDivisible(row) && !isSpoken(row);
        if (!again && (!due || (llm === null && atomicFacts(row.content).length === 0))) return null;
        return async ({ jobs }) => {
          await jobs.enqueue(decomposeJob, { user_id: row.user_id, memory_id: row.id });
        };
      },
    }),

    jobs: [
      handler(decomposeJob, async ({ user_id, memory_id }) => {
        const row = await read.memories.byId(user_id, memory_id);
        if (row?.is_latest === 1 && row.is_forgotten === 0) await divide(row, 'later');
      }),
    ] as JobHandler[],

    async decompose(scope: Scope, memory_id: number) {
      const row = await read.memories.byId(scope.user_id, memory_id);
      if (!row || row.is_forgotten)
        throw new AppError(
          'memory_not_found',
          `There is no memory ${memory_id}. It does not exist, was erased, or is in the trash.`,
        );
      const done = row.is_latest === 1 ? await divide(row, 'soon') : { child_ids: [], created: 0 };
      return { memory_id, child_ids: done.child_ids, facts_created: done.created };
    },

    async sweep(wish: { user_id?: number | null | undefined; limit: number; dry_run: boolean }) {
      const users = wish.user_id == null ? (await read.access.users()).map(({ id }) => id) : [wish.user_id];
      const result = { processed: 0, decomposed: 0, facts_created: 0, skipped: 0, errors: 0, dry_run: wish.dry_run };
      for (const user_id of users) {
        let after = 0;
        for (;;) {
          const page = await read.parts.undivided(user_id, after, now(), PAGE);
          for (const row of page) {
            if (result.decomposed >= wish.limit) return result;
            await sweepOne(row, result);
          }
          if (page.length < PAGE) break;
          after = page.at(-1)!.id;
        }
      }
      return result;
    },

    /** Parts go where their memory went: into the trash with it, and back. */
    follow,
  };

  async function sweepOne(
    row: MemoryRow,
    result: {
      processed: number;
      decomposed: number;
      facts_created: number;
      skipped: number;
      errors: number;
      dry_run: boolean;
    },
  ) {
    result.processed++;
    if (!isDivisible(row) || atomicFacts(row.content).length === 0) {
      result.skipped++;
      return;
    }
    try {
      const done = result.dry_run ? null : await divide(row, 'later');
      result.decomposed++;
      result.facts_created += done?.created ?? atomicFacts(row.content).length;
    } catch (error) {
      logger.warn({ err: error, memory: row.id }, 'a memory could not be taken apart');
      result.errors++;
    }
  }
}
export type Decompose = ReturnType<typeof createDecompose>;
