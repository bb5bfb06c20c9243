// Gathers the layers of a context, timed, and packs them.
import type { TokenCounter } from '../../core/ports.ts';
import type { Scope } from '../../core/scope.ts';
import type { EpisodeStore } from '../episodes/store.ts';
import type { LinkStore } from '../memory/link-store.ts';
import type { MemoryRow } from '../memory/rules.ts';
import type { MemoryStore } from '../memory/store.ts';
import type { Touches } from '../memory/touches.ts';
import { SearchRequest, type SearchResult } from '../search/contract.ts';
import type { SearchService } from '../search/service.ts';
import type { ContextRequest } from './contract.ts';
import { episodeCandidates } from './episodes.ts';
import { type ContextCandidate, type Layer, pack } from './pack.ts';
import { planContext } from './plan.ts';

export interface ContextDeps {
  read: { memories: MemoryStore; links: LinkStore; episodes: Pick<EpisodeStore, 'list' | 'memories'> };
  search: SearchService;
  touches: Touches;
  counter(): Promise<TokenCounter>;
}

export interface Progress {
  phase: string;
  count: number;
  elapsed_ms: number;
}

const MAX_STATIC = 100;
/** Hits whose history and neighbours are looked up. */
const EXPANDED = 8;
const MAX_NEIGHBOURS = 40;
const RECENT = 5;

const candidateOf = (row: MemoryRow, score: number): ContextCandidate => ({
  id: row.id,
  content: row.content,
  category: row.category,
  origin: row.source,
  model: row.model,
  date: (row.occurred_at ?? row.created_at).slice(0, 10),
  score,
  untrusted: row.trust === 'untrusted',
});

export function createContext({ read, search, touches, counter }: ContextDeps) {
  return {
    async assemble(scope: Scope, request: ContextRequest, onPhase: (progress: Progress) => void = () => {}) {
      const started = performance.now();
      const plan = planContext(request);
      const timing: Record<string, number | null> = {
        embed_ms: null, static_ms: null, search_ms: null, rerank_ms: null, semantic_ms: null, evolution_ms: null,
        episodes_ms: null, linked_ms: null, recent_ms: null, inference_ms: null, assembly_ms: null, total_ms: null,
      }; // biome-ignore format: a list
      const since = () => Math.round(performance.now() - started);
      async function phase(
        name: string,
        timer: string,
        work: () => Promise<ContextCandidate[]>,
      ): Promise<ContextCandidate[]> {
        const at = performance.now();
        const found = await work();
        timing[timer] = Math.round(performance.now() - at);
        onPhase({ phase: name, count: found.length, elapsed_ms: since() });
        return found;
      }

      const filters = {
        space_id: request.space_id,
        category: request.category,
        source: request.source,
        tags: request.tags,
        session_id: request.session_id,
        min_trust: request.min_trust,
      };
      const filter = await search.filterOf(scope, filters);
      const found = await search.search(
        scope,
        SearchRequest.parse({ query: request.query, limit: plan.semanticLimit, rerank: request.rerank, ...filters }),
        false,
      );
      timing.search_ms = since();
      timing.embed_ms = Math.round(found.ranking.found.embed_ms);
      timing.rerank_ms = found.reranked.ms === null ? null : Math.round(found.reranked.ms);
      const scores = new Map(found.answer.results.map((result) => [result.id, result.score]));
      // A score is comparable within one answer only: of what merely lies nearest, the cosine says whether it is near at all.
      // What the reranker has not read is not blamed for it.
      const unread = new Map(
        found.page.flatMap((item) => (item.rerank === null ? [[item.id, item.fused] as const] : [])),
      );
      const fits = (r: SearchResult) =>
        (r.search_type === 'vector' ? r.relevance : (unread.get(r.id) ?? r.score)) >= request.min_relevance;
      const hits = found.answer.results.filter(fits).map((r) => found.rows.get(r.id)!);

      const layers: Layer[] = [];
      const { ceilings, depth } = plan;
      if (request.include_static) {
        const candidates = await phase('static', 'static_ms', async () => {
          const rows = await read.memories.list({ ...filter, is_static: true }, MAX_STATIC, 0);
          const order = (row: MemoryRow) => (scores.get(row.id) ?? 0) + row.importance / 100;
          return rows
            .sort((a, b) => order(b) - order(a) || b.id - a.id)
            .map((row) => candidateOf(row, scores.get(row.id) ?? row.importance / 10));
        });
        layers.push({ source: 'static', heading: 'Permanent Facts', ceiling: ceilings.static, candidates });
      }
      const semantic = await phase('semantic', 'semantic_ms', async () =>
        hits.map((row) => candidateOf(row, scores.get(row.id)!)),
      );
      layers.push({
        source: 'semantic',
        heading: 'Relevant Memories',
        ceiling: ceilings.semantic,
        candidates: semantic,
      });
      if (depth >= 2) {
        const candidates = await phase('evolution', 'evolution_ms', async () => {
          const changed = hits.slice(0, EXPANDED).filter((row) => row.root_memory_id !== null);
          const chains = await Promise.all(
            changed.map((row) => read.memories.chain(scope.user_id, row.root_memory_id!)),
          );
          const old = chains.flat().filter((row) => !row.is_latest);
          // An old version is shown for being old, not for being hidden in any other way.
          const { user_id, now, space_id } = filter;
          const allowed = await read.memories.ranking(
            { user_id, now, space_id, include_superseded: true },
            old.map((row) => row.id),
          );
          const ids = new Set(allowed.map((row) => row.id));
          return old.filter((row) => ids.has(row.id)).map((row) => candidateOf(row, 0.5));
        });
        layers.push({
          source: 'evolution',
          heading: 'Preference/Fact Evolution',
          ceiling: ceilings.evolution,
          candidates,
        });
      }
      if (depth >= 3 && request.include_episodes) {
        const candidates = await phase('episode', 'episodes_ms', () =>
          episodeCandidates(read.episodes, filter, hits, (row) => scores.get(row.id)!),
        );
        layers.push({ source: 'episode', heading: 'Episode Context', ceiling: ceilings.episode, candidates });
      }
      if (depth >= 3 && request.include_linked && plan.strategy !== 'precision') {
        const candidates = await phase('linked', 'linked_ms', async () => {
          const edges = await read.links.touching(
            scope.user_id,
            hits.slice(0, EXPANDED).map((row) => row.id),
          );
          const ids = [...new Set(edges.flatMap((edge) => [edge.source_id, edge.target_id]))].slice(0, MAX_NEIGHBOURS);
          const rows = new Map((await read.memories.ranking(filter, ids)).map((row) => [row.id, row]));
          const full = await read.memories.byIds(scope.user_id, [...rows.keys()]);
          return full.sort((a, b) => b.id - a.id).map((row) => candidateOf(row, scores.get(row.id) ?? 0.3));
        });
        layers.push({ source: 'linked', heading: 'Related Context', ceiling: ceilings.linked, candidates });
      }
      if (depth >= 2 && request.include_recent) {
        const candidates = await phase('recent', 'recent_ms', async () =>
          (await read.memories.list({ ...filter, is_static: false }, RECENT, 0)).map((row) =>
            candidateOf(row, scores.get(row.id) ?? 0.1),
          ),
        );
        layers.push({ source: 'recent', heading: 'Recent Activity', ceiling: ceilings.recent, candidates });
      }

      const at = performance.now();
      const options = {
        budget: plan.budget,
        maxMemoryTokens: request.max_memory_tokens,
        dedupThreshold: request.dedup_threshold,
      };
      const packed = pack(layers, options, await counter());
      touches.add(
        scope.user_id,
        packed.blocks.flatMap(({ memory_id }) => memory_id ?? []),
      );
      timing.assembly_ms = Math.round(performance.now() - at);
      timing.total_ms = since();
      const breakdown: Record<string, number> = {
        static: 0,
        semantic: 0,
        evolution: 0,
        episode: 0,
        linked: 0,
        recent: 0,
        inference: 0,
        personality: 0,
      };
      for (const block of packed.blocks) breakdown[block.source]!++;
      return {
        context: packed.context,
        blocks: packed.blocks,
        token_estimate: packed.tokens,
        total_tokens: packed.tokens,
        token_budget: plan.budget,
        utilization: Math.round((packed.tokens / plan.budget) * 1000) / 1000,
        strategy: plan.strategy,
        mode: plan.mode,
        breakdown,
        timing,
        degraded: found.answer.degraded,
      };
    },
  };
}
export type ContextService = ReturnType<typeof createContext>;
