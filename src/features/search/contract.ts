// What the search endpoints accept and answer.
import { z } from 'zod';
import { parseTime } from '../../core/clock.ts';
import { endpoint } from '../../core/endpoint.ts';
import { Id, Limit, LinkedMemory, Memory, MinTrust, Tags, Text, TimeText, VersionEntry } from '../../core/shapes.ts';

export const QuestionTypeName = z.enum(['fact_recall', 'preference', 'reasoning', 'generalization', 'temporal']).meta({
  description: 'Kind of question; worked out from its wording when left out',
});
const When = Text.refine((text) => parseTime(text) !== null, {
  error: 'must be a time such as "2026-03-01" or "2026-03-01 09:30:00"',
});
/** Options of other servers that change nothing here; accepted so that their clients keep working. */
const tolerated = {
  mode: z.unknown().optional(),
  include_episodes: z.unknown().optional(),
  vector_floor: z.unknown().optional(),
  user_id: z.unknown().optional(),
  agent: z.unknown().optional(),
  categories: z.unknown().optional(),
};

export const CHANNELS = ['lexical', 'vector', 'personality', 'graph'] as const;
const Rerank = z.boolean().nullish().meta({
  description: 'false leaves the reranker out; true says so in `degraded` when there is none',
});

export const SearchRequest = z
  .strictObject({
    query: Text.meta({
      description: 'A question or a few words; "quoted words" must stand together to count as a phrase',
      example: 'database connection info',
    }),
    limit: Limit(10, 100),
    category: Text.nullish(),
    source: Text.nullish(),
    source_filter: Text.nullish(),
    tags: Tags.nullish().meta({ description: 'All of these must be present' }),
    tag: Text.nullish(),
    space_id: Id.nullish(),
    session_id: Text.nullish(),
    episode_id: Id.nullish(),
    date_from: When.nullish().meta({ description: 'Happened (or stored) at or after' }),
    date_to: When.nullish().meta({ description: 'Happened (or stored) at or before; a bare day includes all of it' }),
    as_of: When.nullish().meta({
      description: 'What was known then: versions, trash and expiry as they stood; a bare day means its end',
    }),
    status: z.enum(['approved', 'pending']).nullish(),
    min_trust: MinTrust,
    threshold: z.number().nullish().meta({ description: 'Leave out results that score less' }),
    min_score: z.number().nullish(),
    question_type: QuestionTypeName.nullish(),
    channels: z
      .array(z.enum(CHANNELS))
      .min(1)
      .nullish()
      .meta({ description: 'Only these retrievers; without it all: words, meaning, neighbours in the graph' }),
    rerank: Rerank,
    include_forgotten: z.boolean().nullish(),
    include_archived: z.boolean().nullish(),
    latest_only: z.boolean().nullish().meta({ description: 'false also searches versions that were replaced' }),
    expand_relationships: z
      .boolean()
      .nullish()
      .meta({ description: 'false leaves out memories found only through their neighbours' }),
    include_links: z.boolean().nullish().meta({ description: 'Add linked memories and versions to each result' }),
    temporal_sort: z.enum(['asc', 'desc']).nullish().meta({ description: 'Order by time instead of by score' }),
    ...tolerated,
  })
  .meta({ id: 'SearchRequest' });
export type SearchRequest = z.output<typeof SearchRequest>;

export const SearchResult = z
  .looseObject({
    id: z.number().int(),
    content: z.string(),
    category: z.string(),
    source: z.string(),
    importance: z.number().int(),
    created_at: TimeText,
    occurred_at: TimeText.nullable(),
    session_id: z.string().nullable(),
    tags: z.array(z.string()),
    score: z.number().meta({ description: '0..1, comparable within one answer' }),
    relevance: z.number().meta({
      description: '0..1, comparable across answers: share of the words found, the cosine, or what the reranker says',
    }),
    search_type: z.enum(['hybrid', 'lexical', 'vector', 'graph']),
    channels: z.array(z.string()),
    question_type: z.string(),
    decay_score: z.number(),
    origin: z.string().meta({ description: 'Who or what the text is of', example: 'user' }),
    trust: z.string().meta({ description: 'trusted, normal or untrusted', example: 'normal' }),
    highlight: z
      .string()
      .optional()
      .meta({ description: 'Of a long memory found by meaning: the piece that fits best' }),
    reranked: z.boolean().optional().meta({ description: 'The reranker has read it' }),
    disputed: z
      .array(
        z.looseObject({
          id: z.number().int().meta({ description: 'The memory that says otherwise' }),
          superseded: z.boolean().meta({ description: 'That one is newer' }),
          kind: z.string(),
          description: z.string(),
        }),
      )
      .optional()
      .meta({ description: 'Open contradictions, see GET /contradictions; missing when there are none' }),
    linked: z.array(LinkedMemory).optional(),
    version_chain: z.array(VersionEntry).optional(),
  })
  .meta({ id: 'SearchResult' });
export type SearchResult = z.infer<typeof SearchResult>;

export const SearchResponse = z
  .looseObject({
    results: z.array(SearchResult),
    abstained: z.boolean().meta({ description: 'Nothing stored answers this well enough; treat results as guesses' }),
    top_score: z.number(),
    degraded: z.array(z.string()).meta({ description: 'Signals that were missing from this answer' }),
    question_type: z.string(),
    took_ms: z.number(),
  })
  .meta({ id: 'SearchResponse' });

export const search = endpoint({
  id: 'search.search',
  method: 'POST',
  path: '/search',
  access: 'read',
  summary: 'Find memories that answer a question',
  description:
    'Words, meaning and neighbourhood are searched together and fused. Filters hold before the cut, so pages come back full.',
  body: SearchRequest,
  response: SearchResponse,
  errors: ['space_not_found'],
});
export const searchArray = endpoint({
  id: 'search.search_array',
  method: 'POST',
  path: '/memories/search',
  access: 'read',
  summary: 'Search, answered as a bare array, for the published SDKs',
  body: SearchRequest,
  response: z.array(SearchResult.extend({ memory: Memory })),
  errors: ['space_not_found'],
});

const Nullable = z.number().nullable();
export const explain = endpoint({
  id: 'search.explain',
  method: 'POST',
  path: '/search/explain',
  access: 'read',
  summary: 'Search, with how every result came to its place',
  body: SearchRequest,
  response: z.looseObject({
    results: z.array(
      SearchResult.extend({
        scores: z.looseObject({
          lexical: Nullable,
          vector: Nullable,
          graph: Nullable,
          personality: Nullable,
          temporal_boost: Nullable,
          fused: Nullable,
          rerank: Nullable.meta({ description: 'What the reranker says, 0..1; null for what it has not read' }),
          reranked: z.boolean(),
          reranker_ms: Nullable,
        }),
        ranks: z.record(z.string(), z.looseObject({ rank: z.number().int(), score: z.number(), weight: z.number() })),
        multipliers: z.record(z.string(), z.number()),
        judged: z
          .looseObject({
            senses: z.enum(['words', 'vectors', 'wordwise']).meta({ description: 'What there was to judge by' }),
            signs: z
              .record(
                z.string(),
                z.looseObject({
                  value: z.number().meta({ description: 'How strong the sign is' }),
                  adds: z.number().meta({ description: 'What it adds to the logarithm of the score' }),
                }),
              )
              .meta({ description: 'What speaks for and against it' }),
          })
          .nullable()
          .meta({
            description:
              'How `scores.graph` came about: e to the power of what the signs add together. Null when it is the relevance that arrived. Behind those whose words were compared, it only keeps the order of these sums',
          }),
      }),
    ),
    count: z.number().int(),
    degraded: z.array(z.string()),
    question_type: z.string(),
    timings_ms: z.looseObject({ embed: z.number(), hybrid: z.number(), rerank: z.number(), total: z.number() }),
    pipeline: z.looseObject({
      embedded: z.boolean(),
      reranker_applied: z.boolean(),
      mode: z.string(),
      candidates: z.record(z.string(), z.number()),
    }),
  }),
  errors: ['space_not_found'],
});

const FACETS = ['tags', 'categories', 'sources', 'importance'] as const;
export const FacetedRequest = z.strictObject({
  query: Text.default('').meta({ description: 'What to look for; empty means everything that passes the filters' }),
  limit: Limit(50, 100),
  space_id: Id.nullish(),
  tags_all: Tags.nullish().meta({ description: 'Only what carries all of these' }),
  tags_any: Tags.nullish().meta({ description: 'Only what carries one of these' }),
  tags_none: Tags.nullish().meta({ description: 'Nothing that carries one of these' }),
  category: Text.nullish(),
  source: Text.nullish(),
  importance_min: z.number().nullish().meta({ description: 'Only what is at least this important' }),
  importance_max: z.number().nullish().meta({ description: 'Only what is at most this important' }),
  date_from: When.nullish().meta({ description: 'Happened (or stored) at or after' }),
  date_to: When.nullish().meta({ description: 'Happened (or stored) at or before' }),
  facets: z
    .array(z.enum(FACETS))
    .default([...FACETS])
    .meta({ description: 'What to count' }),
  facet_limit: Limit(20, 200).meta({ description: 'Most values counted per facet' }),
});
export type FacetedRequest = z.output<typeof FacetedRequest>;
const Buckets = z.array(z.looseObject({ value: z.string(), count: z.number().int() })).optional();
export const faceted = endpoint({
  id: 'search.faceted',
  method: 'POST',
  path: '/search/faceted',
  access: 'read',
  summary: 'Search or filter, with counts by tag, category, source and importance over everything that matched',
  body: FacetedRequest,
  response: z.looseObject({
    results: z.array(z.looseObject({ memory: Memory, score: z.number(), search_type: z.string() })),
    total_matched: z.number().int(),
    facets_tags: Buckets,
    facets_categories: Buckets,
    facets_sources: Buckets,
    facets_importance: Buckets,
    tag_cooccurrence: z
      .array(z.looseObject({ tag_a: z.string(), tag_b: z.string(), count: z.number().int() }))
      .optional(),
    degraded: z.array(z.string()),
  }),
  errors: ['space_not_found'],
});

export const RecallRequest = z.strictObject({
  query: Text.nullish().meta({
    description: 'What the agent is about; without it, only facts, important and recent memories',
  }),
  context: Text.nullish().meta({ description: 'Used when query is empty' }),
  limit: Limit(20, 100),
  space_id: Id.nullish(),
  tags: Tags.nullish(),
  min_trust: MinTrust,
  rerank: Rerank,
  session: z.unknown().optional(),
  ...tolerated,
});
export type RecallRequest = z.output<typeof RecallRequest>;
const Recalled = z.looseObject({
  id: z.number().int(),
  content: z.string(),
  category: z.string(),
  recall_source: z.enum(['static', 'semantic', 'important', 'recent']),
  recall_score: z.number(),
  tags: z.array(z.string()),
});
export const recall = endpoint({
  id: 'search.recall',
  method: 'POST',
  path: '/recall',
  access: 'read',
  summary: 'What an agent should have in mind: permanent facts, what fits the question, what matters, what is recent',
  body: RecallRequest,
  body_optional: true,
  response: z.looseObject({
    memories: z.array(Recalled),
    results: z.array(Recalled),
    breakdown: z.looseObject({
      static: z.number().int(),
      semantic: z.number().int(),
      important: z.number().int(),
      recent: z.number().int(),
    }),
    count: z.number().int(),
    degraded: z.array(z.string()),
  }),
  errors: ['space_not_found'],
});
