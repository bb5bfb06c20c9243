// What was known at a time: the versions that held then.
import { type Clock, endOf, formatTime } from '../../core/clock.ts';
import type { MemoryFilter } from '../../core/ports.ts';
import type { Scope } from '../../core/scope.ts';
import { type MemoryRow, tagsOf } from '../memory/rules.ts';
import type { MemoryStore } from '../memory/store.ts';
import { SearchRequest } from '../search/contract.ts';
import type { SearchService } from '../search/service.ts';
import type { TimetravelRequest } from './contract.ts';

export interface TimetravelDeps {
  read: { memories: Pick<MemoryStore, 'list' | 'outline' | 'categoryCounts'> };
  search: Pick<SearchService, 'search'>;
  clock: Clock;
}

const known = (row: MemoryRow) => ({
  id: row.id,
  content: row.content,
  category: row.category,
  source: row.source,
  importance: row.importance,
  version: row.version,
  is_static: row.is_static === 1,
  tags: tagsOf(row),
  created_at: row.created_at,
});

export function createTimetravel({ read, search, clock }: TimetravelDeps) {
  async function statsOf(filter: MemoryFilter) {
    const [all, statics, categories] = await Promise.all([
      read.memories.outline(filter),
      read.memories.outline({ ...filter, is_static: true }),
      read.memories.categoryCounts(filter),
    ]);
    const of = (category: string) => Number(categories.find((one) => one.category === category)?.count ?? 0);
    return {
      total: Number(all.count),
      static_count: Number(statics.count),
      tasks: of('task'),
      states: of('state'),
      decisions: of('decision'),
      discoveries: of('discovery'),
      issues: of('issue'),
    };
  }

  return {
    async knownAt(scope: Scope, request: TimetravelRequest) {
      const timestamp = (request.as_of ?? request.timestamp)!;
      const as_of = endOf(timestamp);
      const category = request.category ?? undefined;
      const filter: MemoryFilter = {
        user_id: scope.user_id,
        space_id: scope.space_id ?? undefined,
        now: formatTime(clock.now()),
        category,
        as_of,
      };
      const query = request.query?.trim() || null;
      const stats = await statsOf(filter);
      const shown = { timestamp, as_of, query, stats };
      if (query === null) {
        const results = (await read.memories.list(filter, request.limit, 0)).map(known);
        return { ...shown, ...listed(results), degraded: [] };
      }
      // A look back is no recall: nothing counts as read now.
      const asked = { ...SearchRequest.parse({ query, as_of: timestamp, category }), limit: request.limit };
      const { answer, rows } = await search.search(scope, asked, false);
      const results = answer.results.map(({ id, relevance }) => ({ ...known(rows.get(id)!), similarity: relevance }));
      return { ...shown, ...listed(results), degraded: answer.degraded };
    },
  };
}
export type Timetravel = ReturnType<typeof createTimetravel>;

const listed = <T>(results: T[]) => ({
  results,
  memories: results,
  count: results.length,
  total_returned: results.length,
});
