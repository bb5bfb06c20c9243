// Memories that cannot both hold: finding out which, and settling it.
import { z } from 'zod';
import { endpoint } from '../../core/endpoint.ts';
import { Flag, Id, Limit, TimeText } from '../../core/shapes.ts';

export const Kind = z.enum(['value', 'number', 'negation', 'state', 'change', 'judged']).meta({
  description:
    'How they clash: another value, another number or date, one denies the other, another state, the newer tells of a change; judged: the language model says so',
});

const Side = z.looseObject({
  id: z.number().int(),
  content: z.string(),
  category: z.string(),
  created_at: TimeText,
});
const Found = z
  .looseObject({
    memory_a: Side.meta({ description: 'The older one, by when it happened' }),
    memory_b: Side.meta({ description: 'The newer one, which as a rule holds' }),
    kind: Kind,
    similarity: z.number().meta({ description: 'Cosine of both, else the confidence' }),
    confidence: z.number().meta({ description: 'How sure, 0 to 1' }),
    explanation: z.string().meta({ description: 'What clashes', example: 'redis: 6379 against 6380' }),
    source: z.literal('link').meta({ description: 'Found when the newer one was stored' }),
    verified: z.boolean().meta({ description: 'The language model says so too' }),
    detected_at: TimeText.meta({ description: 'When it was found' }),
  })
  .meta({ id: 'Contradiction' });

export const ListQuery = z.strictObject({
  threshold: z.coerce
    .number({ error: 'threshold must be a number between 0 and 1' })
    .min(0, 'threshold must be 0 or more')
    .max(1, 'threshold must be at most 1')
    .default(0.6)
    .meta({ description: 'Least confidence' }),
  limit: Limit(30, 100),
  verify: Flag.default(true).meta({
    description: 'Ask the language model about those it has not seen; without one this changes nothing',
  }),
});

export const listContradictions = endpoint({
  id: 'contradictions.list',
  method: 'GET',
  path: '/contradictions',
  aliases: ['/intelligence/contradictions'],
  access: 'read',
  summary: 'Memories that contradict each other',
  description:
    'Pairs of memories that cannot both hold, newest first, until they are resolved. They are found in the background when the newer one is stored; nothing is searched for here.',
  query: ListQuery,
  response: z.looseObject({
    contradictions: z.array(Found),
    total: z.number().int().meta({ description: 'How many are in this answer' }),
    threshold: z.number(),
    verified: z.boolean().meta({ description: 'All were seen by the language model' }),
  }),
  timeout_ms: 60_000,
});

const Short = z.looseObject({
  contradictions: z.array(
    z.looseObject({
      memory_a: z.string().meta({ description: 'Id of the older one, as text' }),
      memory_b: z.string().meta({ description: 'Id of the newer one, as text' }),
      confidence: z.number().meta({ description: 'How sure, 0 to 1' }),
      description: z.string().meta({ description: 'What clashes' }),
      kind: Kind,
    }),
  ),
});

export const findContradictions = endpoint({
  id: 'contradictions.find',
  method: 'POST',
  path: '/contradictions',
  aliases: ['/intelligence/contradictions'],
  access: 'write',
  summary: 'Memories that contradict each other, in short',
  description: 'What GET answers, as pairs of ids; at most 100.',
  body: z.looseObject({}),
  body_optional: true,
  response: Short,
});

export const contradictionsOf = endpoint({
  id: 'contradictions.of',
  method: 'GET',
  path: '/contradictions/{memory_id}',
  aliases: ['/intelligence/contradictions/{memory_id}'],
  access: 'read',
  summary: 'What contradicts a memory',
  params: z.strictObject({ memory_id: Id.meta({ description: 'The memory', example: 1 }) }),
  response: Short,
  errors: ['memory_not_found'],
});

export const ResolveRequest = z
  .strictObject({
    memory_a_id: Id.meta({ description: 'One of the two' }),
    memory_b_id: Id.meta({ description: 'The other' }),
    resolution: z.enum(['keep_a', 'keep_b', 'keep_both', 'merge']).meta({
      description:
        'keep_a and keep_b archive the other one; keep_both says that both hold; merge has the language model write one memory out of both',
    }),
  })
  .refine(({ memory_a_id, memory_b_id }) => memory_a_id !== memory_b_id, {
    error: 'memory_a_id and memory_b_id must be two memories',
    path: ['memory_b_id'],
  });
export type ResolveRequest = z.output<typeof ResolveRequest>;

export const resolveContradiction = endpoint({
  id: 'contradictions.resolve',
  method: 'POST',
  path: '/contradictions/resolve',
  aliases: ['/intelligence/contradictions/resolve'],
  access: 'write',
  summary: 'Settle a contradiction',
  description:
    'What loses is archived, never erased: POST /memory/{id}/unarchive brings it back. The `contradicts` link between both goes; a `resolves` or `related` link says what became of it. Memories that were not found to contradict each other can be settled as well.',
  body: ResolveRequest,
  response: z.looseObject({
    resolved: z.literal(true),
    action: z.enum(['kept_one', 'kept_both', 'merged']),
    kept: z.number().int().optional().meta({ description: 'The memory that holds' }),
    archived: z
      .union([z.number().int(), z.array(z.number().int())])
      .optional()
      .meta({ description: 'The memory that does not; of a merge, both' }),
    linked: z.boolean().optional().meta({ description: 'They are linked as related' }),
    merged_memory_id: z.number().int().optional().meta({ description: 'The memory made of both' }),
    content: z.string().optional().meta({ description: 'What it says' }),
  }),
  timeout_ms: 60_000,
  errors: ['llm_budget_spent', 'llm_not_configured', 'llm_unavailable', 'memory_not_found'],
});
