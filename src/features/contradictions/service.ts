// Showing which memories contradict each other, and settling it. They are found by features/linking.
import { AGAIN, type Fsrs } from '../../algo/fsrs.ts';
import { type Clock, formatTime } from '../../core/clock.ts';
import { AppError } from '../../core/errors.ts';
import type { Llm } from '../../core/llm.ts';
import type { Logger } from '../../core/log.ts';
import type { Scope } from '../../core/scope.ts';
import type { Atomically } from '../../core/unit-of-work.ts';
import type { LinkStore } from '../memory/link-store.ts';
import { type MemoryRow, reviewed } from '../memory/rules.ts';
import type { MemoryService } from '../memory/service.ts';
import type { MemoryStore } from '../memory/store.ts';
import type { ResolveRequest } from './contract.ts';
import { inFull, inShort, MERGE, Merged, type Pair, VERIFY, Verdicts, verifyData } from './rules.ts';
import type { ContradictionStore } from './store.ts';

interface Stores {
  memories: Pick<MemoryStore, 'byId' | 'set'>;
  links: Pick<LinkStore, 'add' | 'drop'>;
  contradictions: ContradictionStore;
  lockUser(user_id: number): Promise<void>;
}

export interface ContradictionDeps {
  read: Pick<Stores, 'memories' | 'contradictions'>;
  atomically: Atomically<Stores>;
  memory: Pick<MemoryService, 'update'>;
  llm: Llm | null;
  /** What is known from memories goes with one that is archived. */
  follow(user_id: number): Promise<void>;
  fsrs: Fsrs;
  clock: Clock;
  logger: Logger;
}

const MOST = 100;
/** Shown to the language model at once. */
const VERIFIED_AT_ONCE = 10;

export function createContradictions(deps: ContradictionDeps) {
  const { read, atomically, memory, llm, follow, fsrs, clock, logger } = deps;
  const now = () => formatTime(clock.now());
  const seen = ({ user_id, space_id }: Scope) => ({ user_id, space_id, now: now() });

  async function settleable(scope: Scope, id: number, memories: Stores['memories']): Promise<MemoryRow> {
    const row = await memories.byId(scope.user_id, id);
    const elsewhere = row && scope.space_id !== null && row.space_id !== scope.space_id;
    if (!row || elsewhere || row.is_forgotten === 1)
      throw new AppError(
        'memory_not_found',
        `There is no memory ${id}. It does not exist, was erased, or is in the trash.`,
      );
    if (row.is_latest === 0)
      throw new AppError(
        'memory_not_found',
        `A newer version took the place of memory ${id}; GET /versions/${id} shows the chain.`,
      );
    return row;
  }

  /** Out of recall, as POST /memory/{id}/archive does, with why. */
  async function archive({ memories }: Pick<Stores, 'memories'>, row: MemoryRow, reason: string): Promise<void> {
    const lapse = row.is_archived ? {} : reviewed(row, AGAIN, clock.now(), fsrs);
    const change = { is_archived: 1, forget_reason: reason, updated_at: now(), ...lapse };
    await memories.set(row.user_id, row.id, change);
  }

  async function settle(stores: Stores, scope: Scope, request: ResolveRequest): Promise<void> {
    const { memory_a_id, memory_b_id, resolution } = request;
    await stores.links.drop(scope.user_id, memory_a_id, memory_b_id, 'contradicts');
    await stores.contradictions.settle(scope.user_id, memory_a_id, memory_b_id, resolution, now());
  }

  const edge = (source_id: number, target_id: number, type: string) => ({ source_id, target_id, type, similarity: 1 });

  async function merge(scope: Scope, request: ResolveRequest) {
    if (!llm)
      throw new AppError(
        'llm_not_configured',
        'Merging needs a language model, and none is configured. Use keep_a, keep_b or keep_both, or store what holds with POST /correct.',
      );
    const { memory_a_id, memory_b_id } = request;
    const rows = [
      await settleable(scope, memory_a_id, read.memories),
      await settleable(scope, memory_b_id, read.memories),
    ];
    const when = (row: MemoryRow) => row.occurred_at ?? row.created_at;
    const [older, newer] = rows.sort((x, y) => (when(x) < when(y) ? -1 : when(x) > when(y) ? 1 : x.id - y.id)) as [
      MemoryRow,
      MemoryRow,
    ];
    const { content } = await llm.ask({
      purpose: 'merge contradiction',
      instructions: MERGE,
      data: JSON.stringify({
        older: { at: when(older), text: older.content },
        newer: { at: when(newer), text: newer.content },
      }),
      answer: Merged,
      urgency: 'soon',
    });
    const { new_id } = await memory.update(scope, newer.id, { content });
    await atomically(async (stores) => {
      await stores.lockUser(scope.user_id);
      const row = await stores.memories.byId(scope.user_id, older.id);
      if (row) {
        await archive(stores, row, `merged into memory ${new_id}`);
        await stores.links.add(scope.user_id, edge(new_id, older.id, 'resolves'), now());
        await stores.links.drop(scope.user_id, new_id, older.id, 'contradicts');
      }
      await settle(stores, scope, request);
    });
    await follow(scope.user_id);
    return {
      resolved: true as const,
      action: 'merged' as const,
      merged_memory_id: new_id,
      content,
      archived: [memory_a_id, memory_b_id],
    };
  }

  /** Which of those that the language model has not seen it takes for contradictions; null when it did not answer. */
  async function verified(pairs: readonly Pair[]): Promise<Set<Pair> | null> {
    if (!llm) return null;
    try {
      const verdicts = await llm.ask({
        purpose: 'verify contradictions',
        instructions: VERIFY,
        data: verifyData(pairs),
        answer: Verdicts,
        urgency: 'soon',
      });
      const denied = new Set(verdicts.pairs.flatMap(({ pair, contradict }) => (contradict ? [] : [pair])));
      return new Set(pairs.filter((_, at) => !denied.has(at + 1)));
    } catch (error) {
      logger.warn({ err: error }, 'contradictions are shown as they were found: the language model did not answer');
      return null;
    }
  }

  return {
    async list(scope: Scope, query: { threshold: number; limit: number; verify: boolean }) {
      const { threshold, limit, verify } = query;
      const pairs: Pair[] = await read.contradictions.list(seen(scope), threshold, limit);
      const unseen = pairs.filter((pair) => pair.verified === 0).slice(0, VERIFIED_AT_ONCE);
      const kept = verify && unseen.length > 0 ? await verified(unseen) : null;
      const shown = pairs.flatMap((pair) => {
        if (!kept || !unseen.includes(pair)) return [inFull(pair)];
        return kept.has(pair) ? [{ ...inFull(pair), verified: true }] : [];
      });
      return {
        contradictions: shown,
        total: shown.length,
        threshold,
        verified: llm !== null && shown.every((pair) => pair.verified),
      };
    },

    async pairs(scope: Scope) {
      return { contradictions: (await read.contradictions.list(seen(scope), 0, MOST)).map(inShort) };
    },

    async of(scope: Scope, id: number) {
      const row = await read.memories.byId(scope.user_id, id);
      if (!row || row.is_forgotten === 1 || (scope.space_id !== null && row.space_id !== scope.space_id))
        throw new AppError(
          'memory_not_found',
          `There is no memory ${id}. It does not exist, was erased, or is in the trash.`,
        );
      return { contradictions: (await read.contradictions.of(seen(scope), id, MOST)).map(inShort) };
    },

    async resolve(scope: Scope, request: ResolveRequest) {
      const { memory_a_id, memory_b_id, resolution } = request;
      if (resolution === 'merge') return merge(scope, request);
      const resolved = await atomically(async (stores) => {
        await stores.lockUser(scope.user_id);
        const a = await settleable(scope, memory_a_id, stores.memories);
        const b = await settleable(scope, memory_b_id, stores.memories);
        await settle(stores, scope, request);
        if (resolution === 'keep_both') {
          await stores.links.add(scope.user_id, edge(a.id, b.id, 'related'), now());
          return { resolved: true as const, action: 'kept_both' as const, linked: true };
        }
        const [kept, loser] = resolution === 'keep_a' ? [a, b] : [b, a];
        await archive(stores, loser, `contradicted memory ${kept.id}, which was kept`);
        await stores.links.add(scope.user_id, edge(kept.id, loser.id, 'resolves'), now());
        return { resolved: true as const, action: 'kept_one' as const, kept: kept.id, archived: loser.id };
      });
      await follow(scope.user_id);
      return resolved;
    },
  };
}
export type Contradictions = ReturnType<typeof createContradictions>;
