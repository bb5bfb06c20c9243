// Memories about one thing, told again as one. The memories themselves stay as they are.
import { z } from 'zod';
import { endpoint } from '../../core/endpoint.ts';
import { Id, IdParams, Limit, Memory, TimeText } from '../../core/shapes.ts';

const Count = z.number().int();
const TIMEOUT_MS = 60_000;
const Threshold = (fallback: number) =>
  z
    .number({ error: 'threshold must be a number between 0 and 1' })
    .min(0, 'threshold must be between 0 and 1')
    .max(1, 'threshold must be between 0 and 1')
    .default(fallback)
    .meta({ description: 'How alike memories must be, 0 to 1' });
const Degraded = z.array(z.string()).meta({
  description: '`llm`: the language model did not answer, so the summary is made of sentences of the sources',
});
export const MOST_SOURCES = 50;

const ConsolidateRequest = z.strictObject({
  memory_ids: z
    .array(Id)
    .min(1, 'memory_ids is empty: name the memories to consolidate')
    .max(MOST_SOURCES, `at most ${MOST_SOURCES} memories`)
    .optional()
    .meta({ description: 'The memories to tell as one, two or more' }),
  memory_id: Id.optional().meta({ description: 'Consolidate the group this one belongs to' }),
  threshold: Threshold(0.8),
});
export type ConsolidateRequest = z.output<typeof ConsolidateRequest>;

const Made = z.looseObject({
  consolidated: z.boolean(),
  consolidation_id: Count.nullable(),
  summary_id: Count.nullable().meta({ description: 'The memory that tells them all' }),
  source_ids: z.array(Count).meta({ description: 'Still there, still found, linked by `consolidates`' }),
  archived: Count.meta({ description: 'Always 0: nothing is hidden' }),
  method: z.enum(['rules', 'llm']).nullable(),
  reason: z.string().nullable().meta({ description: 'Why nothing was consolidated' }),
  degraded: Degraded,
});

export const consolidate = endpoint({
  id: 'consolidation.make',
  method: 'POST',
  path: '/consolidate',
  aliases: ['/intelligence/consolidate'],
  access: 'write',
  status: 201,
  also: { 200: 'Nothing new: they were consolidated before, or there is nothing to consolidate' },
  summary: 'Tell memories about one thing as one',
  description:
    'With memory_ids exactly those; with memory_id the group around that one; with neither the largest group there is. The summary is a permanent memory with source `consolidation`, of the category, the highest importance and the common tags of its sources. A language model writes it; without one it is made of the sentences that say most of what the sources say. The sources stay as they are and can be found as before; DELETE /intelligence/consolidations/{id} takes it back. The same memories again give the same summary.',
  body: ConsolidateRequest,
  body_optional: true,
  timeout_ms: TIMEOUT_MS,
  response: z.union([Memory.extend(Made.shape), Made]),
  errors: ['content_too_large', 'memory_not_found'],
});

export const consolidationCandidates = endpoint({
  id: 'consolidation.candidates',
  method: 'POST',
  path: '/intelligence/consolidation-candidates',
  access: 'write',
  summary: 'Groups of memories that could be told as one',
  description:
    'By the links between memories and, of the newest few hundred, by their vectors. Every member is like the one in the middle; memories that contradict each other, and those that are consolidated already, are left out. Changes nothing.',
  body: z.strictObject({ threshold: Threshold(0.7) }),
  body_optional: true,
  timeout_ms: TIMEOUT_MS,
  response: z.looseObject({
    groups: z.array(z.array(z.string())).meta({ description: 'Ids as text', example: [['3', '8', '12']] }),
    candidates: z.array(
      z.looseObject({ ids: z.array(Count), category: z.string(), similarity: z.number(), size: Count }),
    ),
    count: Count,
  }),
});

export const listConsolidations = endpoint({
  id: 'consolidation.list',
  method: 'GET',
  path: '/intelligence/consolidations',
  aliases: ['/consolidations'],
  access: 'read',
  summary: 'What was consolidated, newest first',
  query: z.strictObject({ limit: Limit(20, 500) }),
  response: z.looseObject({
    consolidations: z.array(
      z.looseObject({
        id: Count,
        summary: z.string(),
        memory_id: Count.meta({ description: 'The memory that holds the summary' }),
        source_ids: z.array(Count),
        category: z.string(),
        method: z.enum(['rules', 'llm']),
        created_at: TimeText,
      }),
    ),
    count: Count,
  }),
});

export const undoConsolidation = endpoint({
  id: 'consolidation.undo',
  method: 'DELETE',
  path: '/intelligence/consolidations/{id}',
  access: 'write',
  summary: 'Take a consolidation back',
  description: 'Its summary goes to the trash. Its sources are not consolidated again by themselves.',
  params: IdParams,
  response: z.looseObject({
    undone: z.literal(true),
    id: Count,
    memory_id: Count.nullable(),
    source_ids: z.array(Count),
  }),
  errors: ['consolidation_not_found'],
});
