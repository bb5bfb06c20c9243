// Search end to end: retrieve, rank, let the reranker read the best, show.
import { inLongForm } from '../../algo/aliases.ts';
import type { Fsrs } from '../../algo/fsrs.ts';
import { round } from '../../algo/round.ts';
import { dayWords, termCoverage } from '../../algo/text.ts';
import { type Clock, endOf, formatTime, parseTime } from '../../core/clock.ts';
import { AppError } from '../../core/errors.ts';
import type { Logger } from '../../core/log.ts';
import type { MemoryFilter } from '../../core/ports.ts';
import type { Scope } from '../../core/scope.ts';
import type { ContradictionStore } from '../contradictions/store.ts';
import { decayScore, type MemoryRow, tagsOf } from '../memory/rules.ts';
import type { Touches } from '../memory/touches.ts';
import { CHANNELS, type SearchRequest, type SearchResult } from './contract.ts';
import { type Channel, type RankedMemory, rank } from './ranking.ts';
import { planSearch, type SearchPlan } from './recipes.ts';
import { type Placed, type Reranked, type RerankStage, rerank, unread } from './rerank.ts';
import { askedOf, createRetrieval, PREFIX_SHARE, type RetrievalDeps } from './retrieval.ts';

export interface SearchDeps extends RetrievalDeps {
  read: RetrievalDeps['read'] & { contradictions: Pick<ContradictionStore, 'disputesOf'> };
  /** The reranker in use now; it may be exchanged while the program runs. */
  reranker(): RerankStage | null;
  touches: Touches;
  fsrs: Fsrs;
  spaceExists(user_id: number, space_id: number): Promise<boolean>;
  /** Counts an answer that lacked a signal. */
  onDegraded(signal: string): void;
  clock: Clock;
  logger: Logger;
}

/** Best relevance below which an answer is called a guess. */
const ABSTAIN_BELOW = 0.2;

export type Ranking = Awaited<ReturnType<ReturnType<typeof createSearch>['run']>>;

export function createSearch(deps: SearchDeps) {
  const { read, semantics, touches, fsrs, clock, logger } = deps;
  const retrieve = createRetrieval(deps);

  async function filterOf(scope: Scope, request: Partial<SearchRequest>): Promise<MemoryFilter> {
    if (request.space_id != null && !(await deps.spaceExists(scope.user_id, request.space_id))) {
      throw new AppError('space_not_found', `There is no space ${request.space_id}. GET /spaces lists yours.`);
    }
    const tags = request.tags?.length
      ? request.tags
      : request.tag?.trim()
        ? [request.tag.trim().toLowerCase()]
        : undefined;
    return {
      user_id: scope.user_id,
      now: formatTime(clock.now()),
      space_id: request.space_id ?? scope.space_id ?? undefined,
      category: request.category ?? undefined,
      source: request.source ?? request.source_filter ?? undefined,
      session_id: request.session_id ?? undefined,
      episode_id: request.episode_id ?? undefined,
      tags_all: tags,
      from: request.date_from == null ? undefined : formatTime(parseTime(request.date_from)!),
      until: request.date_to == null ? undefined : endOf(request.date_to),
      status: request.status ?? undefined,
      min_trust: request.min_trust ?? undefined,
      include_forgotten: request.include_forgotten || undefined,
      include_archived: request.include_archived || undefined,
      include_superseded: request.latest_only === false || undefined,
      as_of: request.as_of == null ? undefined : endOf(request.as_of),
    };
  }

  /** Everything up to the fused order: how it came about, and what was missing. */
  async function run(scope: Scope, request: SearchRequest, given?: MemoryFilter, pool?: number) {
    const now = clock.now();
    const filter = given ?? (await filterOf(scope, request));
    const channels = new Set<Channel>(request.channels ?? CHANNELS);
    const planned = planSearch(request.query, request.question_type ?? undefined, request.limit, now);
    const plan = only(
      channels,
      pool === undefined ? planned : { ...planned, pool, shortlist: Math.max(planned.shortlist, 2 * pool) },
    );
    const asked = askedOf(channels, request.expand_relationships !== false);
    const found = await retrieve(filter, request.query, plan, asked);
    for (const signal of found.degraded) deps.onDegraded(signal);
    const order = rank(found, plan, request.query, now, fsrs).flatMap((item) => within(channels, item));
    return { filter, plan, found, order, degraded: found.degraded, now };
  }

  /** The best of the order with their texts and the piece of each that fits best, after the reranker's say. */
  async function settle(scope: Scope, request: SearchRequest, { order, found }: Ranking) {
    const wanted = request.rerank !== false && request.query.trim() !== '';
    const stage = wanted ? deps.reranker() : null;
    const best = order.slice(0, Math.max(request.limit, stage?.top_k ?? 0)).map(({ id }) => id);
    const rows = await read.memories.byIds(scope.user_id, best);
    const parts = new Map((found.vector ?? []).map(({ id, part }) => [id, part]));
    const nearest = rows.flatMap(({ id, content }) => {
      const part = parts.get(id);
      return part === undefined || semantics.isOnePiece(content) ? [] : [{ id, part }];
    });
    const spans = await semantics.pieceOf(scope.user_id, nearest);
    const byId = new Map(rows.map((row) => [row.id, row]));
    const pieces = new Map(
      rows.flatMap(({ id, content }) => {
        const span = spans.get(id);
        return span ? [[id, content.slice(span.start, span.end)] as const] : [];
      }),
    );
    const reranked: Reranked =
      stage && rows.length > 0
        ? await rerank(
            order,
            stage,
            request.query,
            (id) => pieces.get(id) ?? byId.get(id)?.content,
            (error) => logger.warn({ err: error }, 'the reranker failed; the order stays as fusion made it'),
          )
        : { order: unread(order), applied: false, ms: null };
    const missing = stage ? reranked.ms !== null && !reranked.applied : wanted && request.rerank === true;
    if (missing) deps.onDegraded('rerank');
    return { byId, pieces, reranked, missing };
  }

  function present(
    row: MemoryRow,
    item: Placed,
    ranking: Ranking,
    cosine: ReadonlyMap<number, number>,
    piece: string | undefined,
  ): SearchResult {
    const { found, plan, now } = ranking;
    const tags = tagsOf(row);
    const { lexical } = item.channels;
    const text = `${row.content} ${row.category} ${tags.join(' ')} ${dayWords(row.occurred_at ?? row.created_at)}`;
    const covered = Math.max(
      termCoverage(found.lexicalQuery, text),
      found.longForm === null ? 0 : termCoverage(found.longForm, inLongForm(text)),
    );
    const byWords = covered === 0 && lexical ? PREFIX_SHARE : covered;
    const relevance = Math.max(byWords, cosine.get(row.id) ?? 0, item.rerank ?? 0);
    return {
      id: row.id,
      content: row.content,
      category: row.category,
      source: row.source,
      importance: row.importance,
      created_at: row.created_at,
      occurred_at: row.occurred_at,
      session_id: row.session_id,
      tags,
      score: round(item.score),
      relevance: round(Math.min(1, relevance)),
      search_type: searchTypeOf(item),
      channels: Object.keys(item.channels),
      question_type: plan.question_type,
      decay_score: decayScore(row, now, fsrs),
      origin: row.origin,
      trust: row.trust,
      ...(piece !== undefined && { highlight: piece }),
      ...(item.rerank !== null && { reranked: true }),
    };
  }

  async function markDisputed({ user_id, space_id, now }: MemoryFilter, results: SearchResult[]): Promise<void> {
    const ids = results.map(({ id }) => id);
    const disputes = await read.contradictions.disputesOf({ user_id, space_id: space_id ?? null, now }, ids);
    for (const result of results) {
      const found = disputes.get(result.id);
      if (!found) continue;
      result.disputed = found.map(({ other_id, superseded, kind, description }) => ({
        id: other_id,
        superseded,
        kind,
        description,
      }));
    }
  }

  async function decorate(
    scope: Scope,
    filter: MemoryFilter,
    rows: ReadonlyMap<number, MemoryRow>,
    results: SearchResult[],
  ): Promise<void> {
    const edges = await read.links.touching(scope.user_id, [...rows.keys()]);
    const ends = [...new Set(edges.flatMap((e) => [e.source_id, e.target_id]))];
    // Neighbours need not match the search, but what is hidden stays hidden.
    const { user_id, now, space_id, include_forgotten, include_archived, include_superseded } = filter;
    const visible = await read.memories.ranking(
      { user_id, now, space_id, include_forgotten, include_archived, include_superseded },
      ends,
    );
    const around = new Map(
      (
        await read.memories.byIds(
          scope.user_id,
          visible.map((row) => row.id),
        )
      ).map((row) => [row.id, row]),
    );
    for (const result of results) {
      result.linked = edges.flatMap((edge) => {
        const id = edge.source_id === result.id ? edge.target_id : edge.target_id === result.id ? edge.source_id : null;
        const row = id === null ? undefined : around.get(id);
        return row
          ? [{ id: row.id, content: row.content, category: row.category, similarity: edge.similarity, type: edge.type }]
          : [];
      });
      const row = rows.get(result.id)!;
      const chain = row.root_memory_id === null ? [] : await read.memories.chain(scope.user_id, row.root_memory_id);
      const shown = chain.filter((v) => v.id === row.id || showsVersion(v, filter));
      result.version_chain = shown.map((v) => ({
        id: v.id,
        content: v.content,
        version: v.version,
        is_latest: v.is_latest === 1,
        created_at: v.created_at,
      }));
    }
  }

  return {
    run,
    filterOf,

    /** @param counts whether its results count as read; a caller that shows only some of them counts those itself */
    async search(scope: Scope, request: SearchRequest, counts = true) {
      const started = performance.now();
      const ranking = await run(scope, request);
      const { byId, pieces, reranked, missing } = await settle(scope, request, ranking);
      const floor = request.threshold ?? request.min_score ?? 0;
      const page = reranked.order.filter((item) => round(item.score) >= floor).slice(0, request.limit);
      const rows = new Map(
        page.flatMap(({ id }) => {
          const row = byId.get(id);
          return row ? [[id, row] as const] : [];
        }),
      );
      const cosine = new Map((ranking.found.vector ?? []).map(({ id, score }) => [id, score]));
      const results = page.flatMap((item) => {
        const row = rows.get(item.id);
        return row ? [present(row, item, ranking, cosine, pieces.get(item.id))] : [];
      });
      await markDisputed(ranking.filter, results);
      if (request.include_links && results.length > 0) await decorate(scope, ranking.filter, rows, results);
      const best = Math.max(0, ...results.map((r) => r.relevance));
      const top_score = results[0]?.score ?? 0;
      if (request.temporal_sort) {
        const sign = request.temporal_sort === 'asc' ? 1 : -1;
        const when = (r: SearchResult) => r.occurred_at ?? r.created_at;
        results.sort((a, b) => sign * (when(a) < when(b) ? -1 : when(a) > when(b) ? 1 : a.id - b.id));
      }
      if (counts)
        touches.add(
          scope.user_id,
          results.map((r) => r.id),
        );
      return {
        answer: {
          results,
          abstained: results.length === 0 || best < ABSTAIN_BELOW,
          top_score,
          degraded: missing ? [...ranking.degraded, 'rerank'] : ranking.degraded,
          question_type: ranking.plan.question_type,
          took_ms: round(performance.now() - started),
        },
        rows,
        ranking,
        reranked,
        page,
      };
    },
  };
}

/** Older versions are shown beside the newest, but what is hidden for another reason stays hidden. */
const showsVersion = (row: MemoryRow, filter: MemoryFilter): boolean =>
  row.status === 'approved' &&
  (filter.include_archived || row.is_archived === 0) &&
  (filter.include_forgotten ||
    (row.is_forgotten === 0 && (row.forget_after === null || row.forget_after > filter.now)));

/** The plan in which only these channels weigh. */
function only(channels: ReadonlySet<Channel>, plan: SearchPlan): SearchPlan {
  const { weights } = plan.recipe;
  const weigh = (channel: Channel): number => (channels.has(channel) ? weights[channel] : 0);
  const kept = {
    vector: weigh('vector'),
    lexical: weigh('lexical'),
    personality: weigh('personality'),
    graph: weigh('graph'),
  };
  // One retriever alone answers in its own order.
  const priors = channels.has('graph') || channels.size > 1;
  return { ...plan, priors, recipe: { ...plan.recipe, weights: kept } };
}

/** The memory as these channels alone found it; nothing when none of them did. */
function within(channels: ReadonlySet<Channel>, item: RankedMemory): RankedMemory[] {
  const found = Object.entries(item.channels).filter(([channel]) => channels.has(channel as Channel));
  return found.length === 0 ? [] : [{ ...item, channels: Object.fromEntries(found) }];
}

export const searchTypeOf = ({ channels: { lexical, vector } }: RankedMemory): SearchResult['search_type'] =>
  lexical && vector ? 'hybrid' : lexical ? 'lexical' : vector ? 'vector' : 'graph';

export type SearchService = ReturnType<typeof createSearch>;
