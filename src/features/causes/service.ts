// Chains of causes and effects: shown, set by hand, and walked back.
import { type Clock, formatTime } from '../../core/clock.ts';
import { AppError } from '../../core/errors.ts';
import type { Scope } from '../../core/scope.ts';
import type { Atomically } from '../../core/unit-of-work.ts';
import type { MemoryRow } from '../memory/rules.ts';
import type { MemoryStore } from '../memory/store.ts';
import type { ChainRequest, LinkRequest } from './contract.ts';
import { presentChain } from './rules.ts';
import type { CausalChainRow, CauseStore } from './store.ts';

interface Stores {
  memories: Pick<MemoryStore, 'byId' | 'byIds'>;
  causes: CauseStore;
  lockUser(user_id: number): Promise<void>;
}

export interface CauseDeps {
  read: Pick<Stores, 'memories' | 'causes'>;
  atomically: Atomically<Stores>;
  clock: Clock;
}

/** Ancestors that are shown. */
const MOST_ANCESTORS = 500;

export function createCauses({ read, atomically, clock }: CauseDeps) {
  const now = () => formatTime(clock.now());
  const seenBy = ({ user_id, space_id }: Scope) => ({ user_id, space_id, now: now() });

  async function reachable(scope: Scope, id: number, memories: Stores['memories']): Promise<MemoryRow> {
    const row = await memories.byId(scope.user_id, id);
    if (!row || row.is_forgotten === 1 || (scope.space_id !== null && row.space_id !== scope.space_id))
      throw new AppError(
        'memory_not_found',
        `There is no memory ${id}. It does not exist, was erased, or is in the trash.`,
      );
    return row;
  }
  async function chainOf(scope: Scope, id: number, causes: CauseStore): Promise<CausalChainRow> {
    const chain = await causes.chain(scope, id);
    if (!chain) throw new AppError('chain_not_found', `There is no causal chain ${id}.`);
    return chain;
  }

  return {
    async make(scope: Scope, { root_memory_id, description }: ChainRequest) {
      const chain = await atomically(async ({ memories, causes, lockUser }) => {
        await lockUser(scope.user_id);
        const root = root_memory_id == null ? null : await reachable(scope, root_memory_id, memories);
        return causes.addChain({
          user_id: scope.user_id,
          space_id: root ? root.space_id : (scope.space_id ?? scope.default_space_id),
          root_memory_id: root?.id ?? null,
          description: description ?? null,
          confidence: 1,
          origin: 'manual',
          created_at: now(),
        });
      });
      return presentChain(chain, []);
    },

    async list(scope: Scope, limit: number) {
      const seen = seenBy(scope);
      const chains = await read.causes.chains(seen, limit);
      const links = Map.groupBy(
        await read.causes.shown(
          seen,
          chains.map(({ id }) => id),
        ),
        ({ chain_id }) => chain_id,
      );
      return { chains: chains.map((chain) => presentChain(chain, links.get(chain.id) ?? [])) };
    },

    async get(scope: Scope, id: number) {
      const chain = await chainOf(scope, id, read.causes);
      const links = await read.causes.shown(seenBy(scope), [id]);
      if (chain.origin !== 'manual' && links.length === 0)
        throw new AppError('chain_not_found', `Causal chain ${id} has no memory that can be recalled now.`);
      return presentChain(chain, links);
    },

    link: (scope: Scope, request: LinkRequest) =>
      atomically(async ({ memories, causes, lockUser }) => {
        await lockUser(scope.user_id);
        const chain = await chainOf(scope, request.chain_id, causes);
        for (const id of [request.cause_memory_id, request.effect_memory_id]) await reachable(scope, id, memories);
        if (chain.origin !== 'manual') await causes.claim(scope.user_id, chain.id);
        const link = await causes.addLink({
          ...request,
          user_id: scope.user_id,
          cause_text: null,
          effect_text: null,
          found_in: null,
          created_at: now(),
        });
        const { id, chain_id, cause_memory_id, effect_memory_id, strength, order_index, created_at } = link;
        return { id, chain_id, cause_memory_id, effect_memory_id, strength, order_index, created_at };
      }),

    async backward(scope: Scope, memory_id: number, max_depth: number) {
      const start = await reachable(scope, memory_id, read.memories);
      const seen = seenBy(scope);
      /** Of each memory the weakest link on the way to it. */
      const weakest = new Map([[start.id, 1]]);
      const depths = new Map<number, number>();
      let level = [start.id];
      for (let depth = 1; depth <= max_depth && level.length > 0 && depths.size < MOST_ANCESTORS; depth++) {
        const next = new Map<number, number>();
        for (const { cause, effect, strength } of await read.causes.causesOf(seen, level)) {
          if (weakest.has(cause)) continue;
          const least = Math.min(weakest.get(effect)!, strength);
          next.set(cause, Math.max(next.get(cause) ?? 0, least));
        }
        for (const [id, least] of next) {
          weakest.set(id, least);
          depths.set(id, depth);
        }
        level = [...next.keys()];
      }
      const rows = new Map((await read.memories.byIds(scope.user_id, [...depths.keys()])).map((row) => [row.id, row]));
      const ancestors = [...depths].slice(0, MOST_ANCESTORS).flatMap(([id, depth]) => {
        const row = rows.get(id);
        if (!row) return [];
        const { content, category } = row;
        return { memory_id: id, depth, strength_min: weakest.get(id)!, content, category };
      });
      ancestors.sort((a, b) => a.depth - b.depth || b.strength_min - a.strength_min || a.memory_id - b.memory_id);
      return { ancestors, max_depth, count: ancestors.length };
    },
  };
}
export type Causes = ReturnType<typeof createCauses>;
