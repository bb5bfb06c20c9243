// What is looked at for a search: hits by words and by meaning, and their neighbours in the graph. Only memories that may
// be shown have a say.
import { inLongForm, withAliases } from '../../algo/aliases.ts';
import { ranked } from '../../algo/fusion.ts';
import { type LexicalQuery, parseLexicalQuery } from '../../algo/text.ts';
import { isPlain } from '../../core/memory-filter.ts';
import type { Candidate, FullTextIndex, MemoryFilter } from '../../core/ports.ts';
import type { Edge, LinkStore } from '../memory/link-store.ts';
import type { Semantics } from '../memory/semantics.ts';
import type { MemoryStore } from '../memory/store.ts';
import type { SignalsFor } from '../personality/recall.ts';
import { activate, type Channel, evidenceOf } from './ranking.ts';
import { readings } from './reading.ts';
import type { SearchPlan } from './recipes.ts';
import { wholesOf } from './wholes.ts';

export interface RetrievalDeps {
  read: { memories: MemoryStore; links: LinkStore; fullText: FullTextIndex };
  semantics: Semantics;
  /** What is known of the person a question asks about. */
  signalsFor: SignalsFor;
}

/** Which retrievers are asked. */
export interface Asked {
  readonly lexical: boolean;
  readonly vector: boolean;
  readonly personality: boolean;
  /** Whether the graph is walked from their best hits. */
  readonly walk: boolean;
}

/** Fewer hits than this and words are also read as beginnings of words. */
const FEW_HITS = 5;
const SHORTEST_PREFIX = 3;
/** What beginning with a word is worth against having it. */
export const PREFIX_SHARE = 0.5;
/** Share of the quick candidates that may turn out hidden before the thorough way is taken. */
const MAX_HIDDEN_SHARE = 0.25;
/** Memories that say something of a person which one search looks at. */
const SIGNALS = 24;

/** The graph starts at hits of the others: asked for alone, both find where, without a say of their own in the order. */
export function askedOf(channels: ReadonlySet<Channel>, expand: boolean): Asked {
  const graph_alone = !channels.has('lexical') && !channels.has('vector');
  return {
    lexical: graph_alone || channels.has('lexical'),
    vector: graph_alone || channels.has('vector'),
    personality: channels.has('personality'),
    walk: expand && channels.has('graph'),
  };
}

export function createRetrieval({ read, semantics, signalsFor }: RetrievalDeps) {
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
  return async function retrieve(filter: MemoryFilter, query: string, plan: SearchPlan, asked: Asked) {
    const started = performance.now();
    const lexicalQuery = parseLexicalQuery(query);
    const wanted = withAliases(lexicalQuery);
    const plain = isPlain(filter);
    const byWords = async (): Promise<Candidate[]> => {
      if (!asked.lexical) return [];
      const hits = await (plain
        ? read.fullText.best(wanted, filter.user_id, plan.pool)
        : read.fullText.search(wanted, filter, plan.pool));
      return hits.length < FEW_HITS ? completed(wanted, filter, hits) : hits;
    };
    const byMeaning = async (within: MemoryFilter) =>
      asked.vector && query.trim() !== '' ? semantics.search(query, within, plan.pool, read.memories.idsWhere) : null;
    const [words, meaning] = await Promise.all([byWords(), byMeaning(filter)]);
    const personality = asked.personality ? await signalsFor(query, plan.question_type, filter, SIGNALS) : [];
    let lexical = words;
    const chance = meaning?.chance ?? 0;
    // What is no nearer than chance is no answer; asked for meaning alone, even that is told.
    const telling = (hits: readonly Candidate[]) =>
      asked.lexical ? hits.filter(({ score }) => score > chance) : [...hits];
    let vector = meaning && telling(meaning.hits);
    let embed_ms = meaning?.embed_ms ?? 0;

    /** Where vectors speak for themselves, walking from like to like would count the same likeness twice. */
    const walked = (edges: readonly Edge[]) =>
      vector === null ? edges : edges.filter(({ type }) => type !== 'similarity');
    const lookAt = async () => {
      const evidence = evidenceOf({ lexical, vector, personality, chance }, plan);
      const seeds = ranked(evidence).slice(0, plan.seeds);
      const edges = asked.walk ? await walk(filter.user_id, seeds) : [];
      const activation = activate(evidence, walked(edges), plan.shortlist);
      const rows = new Map((await read.memories.ranking(filter, [...activation.keys()])).map((row) => [row.id, row]));
      return { activation, rows, edges };
    };
    let seen = await lookAt();
    const hiddenIn = (hits: readonly Candidate[]): number =>
      hits.filter(({ id }) => seen.activation.has(id) && !seen.rows.has(id)).length;
    const crowded = (hits: readonly Candidate[]): boolean =>
      hits.length >= plan.pool && hiddenIn(hits) > plan.pool * MAX_HIDDEN_SHARE;
    if (plain && (crowded(lexical) || (vector !== null && crowded(vector)))) {
      if (asked.lexical) lexical = await read.fullText.search(wanted, filter, plan.pool);
      // Naming what holds anyway makes the index look at visible memories only.
      const again = vector && (await byMeaning({ ...filter, status: 'approved' }));
      vector = again ? telling(again.hits) : vector;
      embed_ms += again?.embed_ms ?? 0;
      seen = await lookAt();
    }
    if (hiddenIn(lexical) + hiddenIn(vector ?? []) > 0) {
      // What may not be shown has no say either: neither in the scale of the scores nor in what its neighbours get.
      const shown = ({ id }: Candidate) => seen.rows.has(id);
      lexical = lexical.filter(shown);
      vector = vector?.filter(shown) ?? null;
      seen = {
        ...seen,
        activation: activate(
          evidenceOf({ lexical, vector, personality, chance }, plan),
          walked(seen.edges),
          plan.shortlist,
        ),
      };
    }
    const missing_vectors = asked.vector && query.trim() !== '' && (meaning === null || meaning.partial);
    return {
      asked,
      lexicalQuery,
      /** The question in long forms, when it has words with short ones. */
      longForm: wanted === lexicalQuery ? null : parseLexicalQuery(inLongForm(query)),
      lexical,
      vector,
      personality,
      chance,
      wholes: wholesOf(seen.edges, seen.rows),
      readings: readings({
        query,
        rows: seen.rows,
        edges: seen.edges,
        match: vector === null ? null : semantics.wordMatcher(query),
        vectors: vector !== null,
      }),
      ...seen,
      edges: seen.edges.length,
      /** Signals that were asked for and are missing. */
      degraded: missing_vectors ? ['vector'] : [],
      embed_ms,
      hybrid_ms: performance.now() - started,
    };
  };
}
export type Found = Awaited<ReturnType<ReturnType<typeof createRetrieval>>>;
