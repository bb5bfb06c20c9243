// Search among the memories of an entity or of a project.
import type { Fsrs } from '../../algo/fsrs.ts';
import { type Clock, formatTime } from '../../core/clock.ts';
import type { MemoryFilter } from '../../core/ports.ts';
import type { Scope } from '../../core/scope.ts';
import type { Memory } from '../../core/shapes.ts';
import { presentMemory } from '../memory/rules.ts';
import type { MemoryStore } from '../memory/store.ts';
import { SearchRequest } from '../search/contract.ts';
import type { SearchService } from '../search/service.ts';

export interface WithinDeps {
  read: { memories: Pick<MemoryStore, 'byIds'> };
  search: Pick<SearchService, 'run'>;
  fsrs: Fsrs;
  clock: Clock;
}

export type Among = Pick<MemoryFilter, 'entity_id' | 'project_id'>;

export function createWithin({ read, search, fsrs, clock }: WithinDeps) {
  /** What a scope may see of the current memories. */
  const filterOf = ({ user_id, space_id }: Scope): MemoryFilter => ({
    user_id,
    now: formatTime(clock.now()),
    space_id: space_id ?? undefined,
  });

  async function shown(user_id: number, ids: readonly number[]): Promise<Memory[]> {
    const rows = new Map((await read.memories.byIds(user_id, ids)).map((row) => [row.id, row]));
    return ids.flatMap((id) => {
      const row = rows.get(id);
      return row ? [presentMemory(row, clock.now(), fsrs)] : [];
    });
  }

  return {
    filterOf,
    shown,

    /** As the scope may see them. */
    async search(scope: Scope, among: Among, query: string, limit: number) {
      const request = SearchRequest.parse({ query, limit });
      const { order } = await search.run(scope, request, { ...filterOf(scope), ...among });
      const memories = await shown(
        scope.user_id,
        order.slice(0, limit).map(({ id }) => id),
      );
      return { memories, results: memories, count: memories.length };
    },
  };
}
export type Within = ReturnType<typeof createWithin>;
