// What agents learn about their own work.
import { z } from 'zod';
import { endpoint } from '../../core/endpoint.ts';
import { Id, Limit, Text, TimeText } from '../../core/shapes.ts';

const Count = z.number().int();

export const GrowthRequest = z.strictObject({
  service: Text.trim()
    .min(1, 'name the agent or service')
    .max(200)
    .meta({ description: 'Who learns', example: 'claude-code' }),
  context: z
    .array(Text.max(20_000, 'at most 20,000 characters each'))
    .min(1, 'context is empty: tell what was done')
    .max(200, 'at most 200 entries')
    .refine((all) => all.some((text) => text.trim() !== ''), 'context is empty: tell what was done')
    .meta({ description: 'What was done lately', example: ['Forgot to run the migrations before the tests'] }),
  existing_growth: Text.max(100_000).nullish().meta({ description: 'What it knows already, beside what is stored' }),
  prompt_override: Text.max(10_000)
    .nullish()
    .meta({ description: 'What to look for; data for the language model, no order' }),
});
export type GrowthRequest = z.output<typeof GrowthRequest>;

export const growthReflect = endpoint({
  id: 'growth.reflect',
  method: 'POST',
  path: '/growth/reflect',
  access: 'write',
  status: 201,
  summary: 'Learn one thing from what was done',
  description:
    'A language model finds it; it is kept as a permanent memory of category growth with importance 7, and as a reflection. All is null when there is nothing new, or no language model.',
  body: GrowthRequest,
  body_limit: 1024 * 1024,
  timeout_ms: 60_000,
  response: z.looseObject({
    observation: z.string().nullable(),
    stored_memory_id: Count.nullable(),
    reflection_id: Count.nullable(),
    degraded: z.array(z.string()).meta({ description: '`llm`: there is no language model, or it did not answer' }),
  }),
});

export const growthObservations = endpoint({
  id: 'growth.observations',
  method: 'GET',
  path: '/growth/observations',
  access: 'read',
  summary: 'What was learnt, newest first',
  query: z.strictObject({ limit: Limit(20, 100) }),
  response: z.looseObject({
    observations: z.array(
      z.looseObject({ id: Count, content: z.string(), source: z.string(), importance: Count, created_at: TimeText }),
    ),
    count: Count,
  }),
});

export const materializeGrowth = endpoint({
  id: 'growth.materialize',
  method: 'POST',
  path: '/growth/materialize',
  access: 'write',
  status: 201,
  summary: 'Make an observation an insight',
  description: 'Stored as a permanent memory of category insight with importance 8, linked to the observation. Once.',
  body: z.strictObject({ observation_id: Id.meta({ description: 'The observation that becomes an insight' }) }),
  response: z.looseObject({ ok: z.literal(true), memory_id: Count }),
  errors: ['observation_not_found'],
});

export const growthText = endpoint({
  id: 'growth.text',
  method: 'GET',
  path: '/growth/materialize',
  access: 'read',
  summary: 'What an agent learnt, as a list to read at its start',
  query: z.strictObject({
    service: Text.max(200).optional().meta({ description: 'Only what this one learnt' }),
    limit: Limit(30, 100),
    max_bytes: z.coerce
      .number()
      .int()
      .min(1)
      .max(1_000_000)
      .default(16_000)
      .meta({ description: 'Whole lines, as many as fit' }),
  }),
  produces: 'text/markdown; charset=utf-8',
  response: z.string(),
});
