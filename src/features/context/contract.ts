// What the context endpoints accept and answer.
import { z } from 'zod';
import { endpoint } from '../../core/endpoint.ts';
import { Id, MinTrust, Tags, Text } from '../../core/shapes.ts';

export const STRATEGIES = ['balanced', 'precision', 'breadth'] as const;
export const MODES = ['fast', 'balanced', 'deep', 'decision'] as const;
export const BLOCK_SOURCES = [
  'static',
  'semantic',
  'evolution',
  'episode',
  'linked',
  'recent',
  'inference',
  'working_memory',
] as const;

const Budget = z
  .number()
  .int('must be a whole number')
  .min(16, 'a context needs at least 16 tokens')
  .transform((n) => Math.min(n, 64_000))
  .nullish();
const Share = z.number().min(0).max(1);
const On = z.boolean().default(true);

export const ContextRequest = z
  .strictObject({
    query: Text.refine((q) => q.trim() !== '', 'must not be blank').meta({
      description: 'What the agent is about to do or answer',
    }),
    max_tokens: Budget.meta({ description: 'Hard limit of the whole text; default 8,000, at most 64,000' }),
    token_budget: Budget.meta({ description: 'Older name of max_tokens' }),
    budget: Budget.meta({ description: 'Older name of max_tokens' }),
    model_id: Text.nullish().meta({ description: 'Derives the budget from this model’s window when none is given' }),
    strategy: z
      .enum([...STRATEGIES, 'semantic', 'temporal', 'importance', 'mixed'])
      .default('balanced')
      .meta({
        description:
          'precision keeps to the question, breadth looks around it; the last four are names other servers use',
      }),
    mode: z
      .enum([...MODES, 'default', 'focused', 'broad'])
      .nullish()
      .meta({ description: 'A ready-made depth and budget' }),
    depth: z
      .number()
      .int()
      .transform((n) => Math.min(3, Math.max(1, n)))
      .nullish()
      .meta({ description: '1 facts and hits, 2 adds what changed and what is new, 3 adds episodes and neighbours' }),
    include_static: On.meta({ description: 'Permanent facts' }),
    include_recent: On.meta({ description: 'What was stored last' }),
    include_linked: On.meta({ description: 'Neighbours of what was found' }),
    include_episodes: On.meta({ description: 'Summaries of the episodes that the best hits are in' }),
    include_current_state: On.meta({ description: 'Accepted; changes nothing in this version' }),
    include_preferences: On.meta({ description: 'Accepted; changes nothing in this version' }),
    include_structured_facts: On.meta({ description: 'Accepted; changes nothing in this version' }),
    include_working_memory: On.meta({ description: 'Accepted; changes nothing in this version' }),
    include_inference: z.boolean().nullish().meta({ description: 'Accepted; changes nothing in this version' }),
    include_personality: z.boolean().nullish().meta({ description: 'Accepted; changes nothing in this version' }),
    max_memory_tokens: z
      .number()
      .int()
      .min(16)
      .max(64_000)
      .default(2_500)
      .meta({ description: 'Longest piece of one memory' }),
    dedup_threshold: Share.default(0.88).meta({
      description: 'Memories that share this much of their words are shown once',
    }),
    min_relevance: Share.default(0.15).meta({ description: 'Leave out hits that score less' }),
    semantic_ceiling: Share.nullish().meta({ description: 'Share of the budget that hits may fill' }),
    semantic_limit: z
      .number()
      .int()
      .min(1)
      .transform((n) => Math.min(n, 100))
      .nullish()
      .meta({ description: 'Most hits to consider' }),
    source: Text.nullish(),
    session: Text.nullish().meta({ description: 'Who asks; limits nothing, as memory reaches beyond one session' }),
    session_id: Text.nullish(),
    space_id: Id.nullish(),
    category: Text.nullish(),
    tags: Tags.nullish(),
    min_trust: MinTrust,
    rerank: z.boolean().nullish().meta({ description: 'false leaves the reranker out' }),
    categories: z.unknown().optional(),
    question_type: z.unknown().optional(),
    limit: z.unknown().optional(),
    user_id: z.unknown().optional(),
    agent: z.unknown().optional(),
  })
  .meta({ id: 'ContextRequest' });
export type ContextRequest = z.output<typeof ContextRequest>;

const Milliseconds = z.number().int().nullable();
export const ContextResponse = z
  .looseObject({
    context: z.string().meta({ description: 'Ready to put before a model; every memory carries its id' }),
    blocks: z.array(
      z.looseObject({
        id: z.number().int().meta({ description: 'Of the memory; of the episode where `source` is `episode`' }),
        memory_id: z.number().int().nullable().meta({ description: 'Null for an episode' }),
        content: z.string(),
        category: z.string(),
        source: z.enum(BLOCK_SOURCES),
        model: z.string().nullable(),
        origin: z.string().meta({ description: 'Who or what said it' }),
        score: z.number(),
        tokens: z.number().int(),
      }),
    ),
    token_estimate: z.number().int(),
    total_tokens: z.number().int(),
    token_budget: z.number().int(),
    utilization: z.number(),
    strategy: z.string(),
    mode: z.string().nullable(),
    breakdown: z.record(z.string(), z.number().int()),
    timing: z.record(z.string(), Milliseconds),
    degraded: z.array(z.string()),
  })
  .meta({ id: 'ContextResponse' });

const spec = {
  access: 'read',
  body: ContextRequest,
  body_limit: 64 * 1024,
  timeout_ms: 30_000,
  errors: ['space_not_found'],
} as const;

export const context = endpoint({
  id: 'context.assemble',
  cost: 5,
  method: 'POST',
  path: '/context',
  summary: 'Assemble what is known into a text that fits a token budget',
  ...spec,
  response: ContextResponse,
});
export const contextStream = endpoint({
  id: 'context.stream',
  cost: 5,
  method: 'POST',
  path: '/context/stream',
  summary: 'The same as server-sent events: progress, then the result',
  ...spec,
  produces: 'text/event-stream',
  response: z.string(),
});
