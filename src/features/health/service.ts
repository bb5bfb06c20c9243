// How well kept the memories of a user are.
import { DAY_MS } from '../../algo/durations.ts';
import { round } from '../../algo/round.ts';
import { type Clock, formatTime } from '../../core/clock.ts';
import { othersFirst } from '../../core/event-loop.ts';
import type { MemoryFilter } from '../../core/ports.ts';
import type { Scope } from '../../core/scope.ts';
import type { Semantics } from '../memory/semantics.ts';
import type { Flaw, HealthStore } from './store.ts';

export interface HealthDeps {
  read: { health: HealthStore };
  semantics: Pick<Semantics, 'model'>;
  clock: Clock;
}

/** On SQLite a query holds up everybody: between two of them others get their turn. */
export function createHealth({ read: { health }, semantics, clock }: HealthDeps) {
  return {
    async memories(scope: Scope, { stale_days, limit }: { stale_days: number; limit: number }) {
      const now = clock.now();
      const filter: MemoryFilter = {
        user_id: scope.user_id,
        space_id: scope.space_id ?? undefined,
        now: formatTime(now),
      };
      const care = { stale_before: formatTime(now - stale_days * DAY_MS), model: semantics.model?.key ?? null };
      const count = async (flaw: Flaw): Promise<number> => {
        await othersFirst();
        return health.count(filter, care, flaw);
      };
      const { total, avg_importance, oldest } = await health.outline(filter);
      const stale = await count('stale');
      const unlinked = await count('unlinked');
      const without_embeddings = await count('without_embeddings');
      await othersFirst();
      const hidden = await health.hidden(scope.user_id);
      await othersFirst();
      const groups = (await health.duplicates(filter)).map(({ n, first }) => ({ n: Number(n), first }));
      groups.sort((x, y) => y.n - x.n || y.first - x.first);
      const largest = groups.slice(0, limit).map(({ first }) => first);
      const same = largest.length === 0 ? [] : await health.sayingAs(filter, largest);
      const examples = async (flaw: Flaw, found: number): Promise<number[]> => {
        if (found === 0) return [];
        await othersFirst();
        return health.examples(filter, care, flaw, limit);
      };
      return {
        total_memories: total,
        ...hidden,
        avg_importance: round(avg_importance, 2),
        oldest_memory: oldest,
        with_links: total - unlinked,
        unlinked,
        with_embeddings: total - without_embeddings,
        without_embeddings,
        embedding_coverage_pct: total === 0 ? 100 : round((100 * (total - without_embeddings)) / total, 2),
        stale,
        duplicates: groups.reduce((all, { n }) => all + n - 1, 0),
        examples: {
          stale: await examples('stale', stale),
          unlinked: await examples('unlinked', unlinked),
          without_embeddings: await examples('without_embeddings', without_embeddings),
          duplicates: same.sort((x, y) => y.length - x.length),
        },
      };
    },
  };
}
export type Health = ReturnType<typeof createHealth>;
