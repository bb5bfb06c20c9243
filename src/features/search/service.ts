// Search end to end: retrieve in parallel, walk the graph from the best hits, rank, show.
import { inLongForm, withAliases } from '../../algo/aliases.ts';
import { ranked } from '../../algo/fusion.ts';
import { dayWords, type LexicalQuery, parseLexicalQuery, termCoverage } from '../../algo/text.ts';
import { type Clock, formatTime, parseTime } from '../../core/clock.ts';
import { AppError } from '../../core/errors.ts';
import { isPlain } from '../../core/memory-filter.ts';
import type { Candidate, FullTextIndex, MemoryFilter } from '../../core/ports.ts';
import type { Scope } from '../../core/scope.ts';
import type { Edge, LinkStore } from '../memory/link-store.ts';
import { decayScore, type MemoryRow, tagsOf } from '../memory/rules.ts';
import type { Semantics } from '../memory/semantics.ts';
import type { MemoryStore } from '../memory/store.ts';
import type { Touches } from '../memory/touches.ts';
import type { SearchRequest, SearchResult } from './contract.ts';
import { activate, evidenceOf, type RankedMemory, rank } from './ranking.ts';
import { planSearch, type SearchPlan } from './recipes.ts';

export interface SearchDeps {
  read: { memories: MemoryStore; links: LinkStore; fullText: FullTextIndex };
  semantics: Semantics;
  touches: Touches;
  spaceExists(user_id: number, space_id: number): Promise<boolean>;
  /** Counts an answer that lacked a signal. */
  onDegraded(signal: string): void;
  clock: Clock;
}

/** Best relevance below which an answer is called a guess. */
const ABSTAIN_BELOW = 0.2;
/** Fewer hits than this and words are also read as beginnings of words. */
const FEW_HITS = 5;
const SHORTEST_PREFIX = 3;
/** What beginning with a word is worth against having it. */
const PREFIX_SHARE = 0.5;
/** Share of the quick candidates that may turn out hidden before the thorough way is taken. */
const MAX_HIDDEN_SHARE = 0.25;

/** `2026-03-01` as an upper bound means the whole day. */
const endOf = (text: string): string =>
  text.trim().length === 10 ? `${text.trim()} 23:59:59` : formatTime(parseTime(text)!);

export type Ranking = Awaited<ReturnType<ReturnType<typeof createSearch>['run']>>;

export function createSearch(deps: SearchDeps) {
  const { read, semantics, touches, clock } = deps;

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
      include_forgotten: request.include_forgotten || undefined,
      include_archived: request.include_archived || undefined,
      include_superseded: request.latest_only === false || undefined,
    };
  }

  /** Edges within two steps of the seeds. */
  async function walk(user_id: number, seeds: readonly number[]): Promise<Edge[]> {
    const first = await read.links.touching(user_id, seeds);
    const known = new Set(seeds);
    const frontier = new Set<number>();
    for (const { source_id, target_id } of first) {
      if (!known.has(source_id)) frontier.add(source_id);
      if (!known.has(target_id)) frontier.add(target_id);
    }
    return [...first, ...(await read.links.touching(user_id, [...frontier]))];
  }

  /** With few hits the words may be cut short ("deplo"): what begins with them follows behind the hits there are. */
  async function completed(
    query: LexicalQuery,
    filter: MemoryFilter,
    hits: readonly Candidate[],
  ): Promise<Candidate[]> {
    const prefixes = query.terms.filter((term) => term.length >= SHORTEST_PREFIX);
    if (prefixes.length === 0) return [...hits];
    const found = await read.fullText.search(
      { terms: [], stems: [], phrases: [], unspaced: [], prefixes },
      filter,
      FEW_HITS,
    );
    const known = new Set(hits.map(({ id }) => id));
    const scale = PREFIX_SHARE * (hits[0]?.score ?? 1);
    const top = found[0]?.score ?? 1;
    const more = found
      .filter(({ id }) => !known.has(id))
      .map(({ id, score }) => ({ id, score: (score / top) * scale }));
    return [...hits, ...more].sort((a, b) => b.score - a.score || b.id - a.id);
  }

  /**
   * Hidden memories are few: without further restrictions the best matches are taken by score alone and checked with the
   * ranking fields. Only when hidden ones took too many places is every match checked before the cut.
   */
  async function retrieve(filter: MemoryFilter, query: string, plan: SearchPlan, graph: boolean) {
    const started = performance.now();
    const lexicalQuery = parseLexicalQuery(query);
    const asked = withAliases(lexicalQuery);
    const plain = isPlain(filter);
    const [quick, meaning] = await Promise.all([
      plain ? read.fullText.best(asked, filter.user_id, plan.pool) : read.fullText.search(asked, filter, plan.pool),
      query.trim() === '' ? null : semantics.search(query, filter, plan.pool, read.memories.idsWhere),
    ]);
    let lexical = quick.length < FEW_HITS ? await completed(asked, filter, quick) : quick;
    let vector = meaning?.hits ?? null;
    let embed_ms = meaning?.embed_ms ?? 0;

    const lookAt = async () => {
      const evidence = evidenceOf({ lexical, vector }, plan);
      const seeds = ranked(evidence).slice(0, plan.seeds);
      const edges = graph ? await walk(filter.user_id, seeds) : [];
      const activation = activate(evidence, edges, plan.shortlist);
      const rows = new Map((await read.memories.ranking(filter, [...activation.keys()])).map((row) => [row.id, row]));
      return { activation, rows, edges };
    };
    let seen = await lookAt();
    const hiddenIn = (hits: readonly Candidate[]): number =>
      hits.filter(({ id }) => seen.activation.has(id) && !seen.rows.has(id)).length;
    const crowded = (hits: readonly Candidate[]): boolean =>
      hits.length >= plan.pool && hiddenIn(hits) > plan.pool * MAX_HIDDEN_SHARE;
    if (plain && (crowded(lexical) || (vector !== null && crowded(vector)))) {
      lexical = await read.fullText.search(asked, filter, plan.pool);
      // Naming what holds anyway makes the index look at visible memories only.
      const again =
        vector && (await semantics.search(query, { ...filter, status: 'approved' }, plan.pool, read.memories.idsWhere));
      vector = again?.hits ?? vector;
      embed_ms += again?.embed_ms ?? 0;
      seen = await lookAt();
    }
    if (hiddenIn(lexical) + hiddenIn(vector ?? []) > 0) {
      // What may not be shown has no say either: neither in the scale of the scores nor in what its neighbours get.
      const shown = ({ id }: Candidate) => seen.rows.has(id);
      lexical = lexical.filter(shown);
      vector = vector?.filter(shown) ?? null;
      seen = { ...seen, activation: activate(evidenceOf({ lexical, vector }, plan), seen.edges, plan.shortlist) };
    }
    return {
      lexicalQuery,
      /** The question in long forms, when it has words with short ones. */
      longForm: asked === lexicalQuery ? null : parseLexicalQuery(inLongForm(query)),
      lexical,
      vector,
      ...seen,
      edges: seen.edges.length,
      embed_ms,
      hybrid_ms: performance.now() - started,
    };
  }

  /** Everything but the texts: the order, how it came about, what was missing. */
  async function run(scope: Scope, request: SearchRequest, given?: MemoryFilter, pool?: number) {
    const now = clock.now();
    const filter = given ?? (await filterOf(scope, request));
    const planned = planSearch(request.query, request.question_type ?? undefined, request.limit, now);
    const plan = pool === undefined ? planned : { ...planned, pool, shortlist: Math.max(planned.shortlist, 2 * pool) };
    const found = await retrieve(filter, request.query, plan, request.expand_relationships !== false);
    const degraded = found.vector === null && request.query.trim() !== '' ? ['vector'] : [];
    for (const signal of degraded) deps.onDegraded(signal);
    const floor = request.threshold ?? request.min_score ?? 0;
    const order = rank(found, plan, request.query, now).filter((item) => round(item.score) >= floor);
    return { filter, plan, found, order, degraded, now };
  }

  const cosineOf = (found: Ranking['found']): Map<number, number> =>
    new Map((found.vector ?? []).map(({ id, score }) => [id, score]));

  function present(
    row: MemoryRow,
    item: RankedMemory,
    ranking: Ranking,
    cosine: ReadonlyMap<number, number>,
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
    const relevance = Math.max(byWords, cosine.get(row.id) ?? 0);
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
      decay_score: decayScore(row, now),
    };
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
      result.version_chain = chain.map((v) => ({
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
      const page = ranking.order.slice(0, request.limit);
      const rows = new Map(
        (
          await read.memories.byIds(
            scope.user_id,
            page.map((item) => item.id),
          )
        ).map((row) => [row.id, row]),
      );
      const cosine = cosineOf(ranking.found);
      const results = page.flatMap((item) => {
        const row = rows.get(item.id);
        return row ? [present(row, item, ranking, cosine)] : [];
      });
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
          degraded: ranking.degraded,
          question_type: ranking.plan.question_type,
          took_ms: round(performance.now() - started),
        },
        rows,
        ranking,
        page,
      };
    },
  };
}
export const searchTypeOf = ({ channels: { lexical, vector } }: RankedMemory): SearchResult['search_type'] =>
  lexical && vector ? 'hybrid' : lexical ? 'lexical' : vector ? 'vector' : 'graph';

export type SearchService = ReturnType<typeof createSearch>;

export const round = (n: number): number => Math.round(n * 1e6) / 1e6;
