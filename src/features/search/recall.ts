// `/recall` and `/search/faceted`: other views on the same search.
import type { Fsrs } from '../../algo/fsrs.ts';
import { round } from '../../algo/round.ts';
import type { Clock } from '../../core/clock.ts';
import type { MemoryFilter } from '../../core/ports.ts';
import type { Scope } from '../../core/scope.ts';
import { type MemoryRow, presentMemory, tagsOf } from '../memory/rules.ts';
import type { MemoryStore } from '../memory/store.ts';
import type { Touches } from '../memory/touches.ts';
import { type FacetedRequest, type RecallRequest, SearchRequest } from './contract.ts';
import { type SearchService, searchTypeOf } from './service.ts';

type RecallSource = 'static' | 'semantic' | 'important' | 'recent';
/** How far each source may fill the answer before the next gets its turn; what is left goes to the best remaining. */
const FILL: readonly (readonly [RecallSource, number])[] = [
  ['static', 0.25],
  ['semantic', 0.75],
  ['important', 0.85],
  ['recent', 1],
];
const IMPORTANT = 7;
/** Permanent and important memories, newest first, among which the best are chosen. */
const MAX_STANDING = 200;
/** Matches counted for facets. */
const MAX_MATCHED = 10_000;
/** Every memory is somewhat near to every question; without a word in common, this cosine is what counts as a match. */
const MEANT = 0.5;

export interface ViewDeps {
  read: { memories: MemoryStore };
  search: SearchService;
  touches: Touches;
  fsrs: Fsrs;
  clock: Clock;
}

export function createViews({ read, search, touches, fsrs, clock }: ViewDeps) {
  return {
    async recall(scope: Scope, request: RecallRequest) {
      const { limit } = request;
      const query = request.query?.trim() || request.context?.trim() || '';
      const filter = await search.filterOf(scope, {
        space_id: request.space_id,
        tags: request.tags,
        min_trust: request.min_trust,
      });
      const found =
        query === ''
          ? null
          : await search.search(
              scope,
              SearchRequest.parse({
                query,
                limit,
                space_id: request.space_id,
                tags: request.tags,
                min_trust: request.min_trust,
                rerank: request.rerank,
              }),
              false,
            );
      const fit = new Map((found?.answer.results ?? []).map((result) => [result.id, result.score]));
      /** What fits the question first, then what matters most, then what is newest. */
      const best = (rows: readonly MemoryRow[]) => {
        const order = (row: MemoryRow) => (fit.get(row.id) ?? 0) + row.importance / 100;
        return [...rows]
          .sort((a, b) => order(b) - order(a) || b.id - a.id)
          .map((row) => ({ row, score: fit.get(row.id) ?? row.importance / 10 }));
      };
      const sources: Record<RecallSource, { row: MemoryRow; score: number }[]> = {
        static: best(await read.memories.list({ ...filter, is_static: true }, MAX_STANDING, 0)),
        semantic: (found?.answer.results ?? []).map((result) => ({
          row: found!.rows.get(result.id)!,
          score: result.score,
        })),
        important: best(await read.memories.list({ ...filter, importance_min: IMPORTANT }, MAX_STANDING, 0)),
        recent: (await read.memories.list(filter, limit, 0)).map((row) => ({ row, score: 0 })),
      };
      const chosen = new Map<number, { row: MemoryRow; score: number; source: RecallSource }>();
      const fill = (source: RecallSource, most: number) => {
        for (const { row, score } of sources[source]) {
          if (chosen.size >= most) return;
          if (!chosen.has(row.id)) chosen.set(row.id, { row, score, source });
        }
      };
      for (const [source, share] of FILL) fill(source, Math.ceil(limit * share));
      for (const [source] of FILL) fill(source, limit);
      touches.add(scope.user_id, [...chosen.keys()]);
      const memories = [...chosen.values()].map(({ row, score, source }) => ({
        ...presentMemory(row, clock.now(), fsrs),
        recall_source: source,
        recall_score: round(score),
      }));
      const breakdown = { static: 0, semantic: 0, important: 0, recent: 0 };
      for (const { source } of chosen.values()) breakdown[source]++;
      return { memories, results: memories, breakdown, count: memories.length, degraded: found?.answer.degraded ?? [] };
    },

    async faceted(scope: Scope, request: FacetedRequest) {
      const {
        query,
        limit,
        facets,
        facet_limit,
        tags_all,
        tags_any,
        tags_none,
        importance_min,
        importance_max,
        ...rest
      } = request;
      const filter: MemoryFilter = {
        ...(await search.filterOf(scope, rest)),
        tags_all: tags_all ?? undefined,
        tags_any: tags_any ?? undefined,
        tags_none: tags_none ?? undefined,
        importance_min: importance_min ?? undefined,
        importance_max: importance_max ?? undefined,
      };
      let order: { id: number; score: number; search_type: string }[];
      let degraded: string[] = [];
      if (query.trim() === '') {
        order = (await read.memories.newestIds(filter, MAX_MATCHED)).map((id) => ({
          id,
          score: 0,
          search_type: 'filter',
        }));
      } else {
        const ranking = await search.run(
          scope,
          { ...SearchRequest.parse({ query, limit: 100, expand_relationships: false }), ...rest },
          filter,
          MAX_MATCHED,
        );
        degraded = ranking.degraded;
        const cosine = new Map((ranking.found.vector ?? []).map(({ id, score }) => [id, score]));
        const matched = ranking.order.filter(({ id, channels }) => channels.lexical || (cosine.get(id) ?? 0) >= MEANT);
        order = matched.map((item) => ({ id: item.id, score: round(item.score), search_type: searchTypeOf(item) }));
      }
      const rows = new Map(
        (
          await read.memories.byIds(
            scope.user_id,
            order.slice(0, limit).map((o) => o.id),
          )
        ).map((row) => [row.id, row]),
      );
      const results = order.slice(0, limit).flatMap((item) => {
        const row = rows.get(item.id);
        return row
          ? [{ memory: presentMemory(row, clock.now(), fsrs), score: item.score, search_type: item.search_type }]
          : [];
      });
      if (query.trim() !== '')
        touches.add(
          scope.user_id,
          results.map(({ memory }) => memory.id),
        );
      const labels = await read.memories.labels(
        scope.user_id,
        order.map((o) => o.id),
      );
      return { results, total_matched: order.length, ...count(labels, facets, facet_limit), degraded };
    },
  };
}

type Labels = Awaited<ReturnType<MemoryStore['labels']>>;

function count(rows: Labels, facets: FacetedRequest['facets'], limit: number) {
  const buckets = (values: Iterable<string>) => {
    const counts = new Map<string, number>();
    for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
    return [...counts]
      .map(([value, n]) => ({ value, count: n }))
      .sort((a, b) => b.count - a.count || (a.value < b.value ? -1 : 1))
      .slice(0, limit);
  };
  const has = (facet: (typeof facets)[number]) => facets.includes(facet);
  const pairs = rows.flatMap((row) => {
    const tags = [...tagsOf(row)].sort();
    return tags.flatMap((a, i) => tags.slice(i + 1).map((b) => JSON.stringify([a, b])));
  });
  return {
    ...(has('tags') && {
      facets_tags: buckets(rows.flatMap(tagsOf)),
      tag_cooccurrence: buckets(pairs).map(({ value, count: n }) => {
        const [tag_a, tag_b] = JSON.parse(value) as [string, string];
        return { tag_a, tag_b, count: n };
      }),
    }),
    ...(has('categories') && { facets_categories: buckets(rows.map((r) => r.category)) }),
    ...(has('sources') && { facets_sources: buckets(rows.map((r) => r.source)) }),
    ...(has('importance') && { facets_importance: buckets(rows.map((r) => String(r.importance))) }),
  };
}
export type Views = ReturnType<typeof createViews>;
