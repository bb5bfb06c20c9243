// Looking back: what a stretch of time was about, and which memories deserve another look.
import { z } from 'zod';
import { endpoint } from '../../core/endpoint.ts';
import { Id, Limit, Text, TimeText } from '../../core/shapes.ts';

const Count = z.number().int();
const Texts = z.array(z.string());
export const Period = z.enum(['day', 'week', 'month']);
export type Period = z.infer<typeof Period>;

const Details = {
  themes: Texts.meta({ description: 'What kept coming up' }),
  progress: Texts.meta({ description: 'What was finished or moved on' }),
  patterns: Texts.meta({ description: 'What happened in the same way more than once' }),
  unresolved: Texts.meta({ description: 'What was left open' }),
  insight: z.string().nullable().meta({ description: 'What no single memory says' }),
};
export const Reflection = z
  .looseObject({
    id: Count,
    content: z.string(),
    reflection_type: z.string().meta({ description: 'period, growth, reconsolidate, enrich, or what the caller said' }),
    source_memory_ids: z.array(Count).meta({ description: 'The memories it is about' }),
    confidence: z.number(),
    user_id: Count,
    memory_id: Count.nullable().meta({ description: 'The memory that keeps it too' }),
    memory_count: Count,
    origin: z.enum(['manual', 'rules', 'llm']),
    period_start: TimeText.nullable(),
    period_end: TimeText.nullable(),
    created_at: TimeText,
    ...Details,
  })
  .meta({ id: 'Reflection' });

const LookedBack = z.looseObject({
  id: Count.nullable(),
  memory_id: Count.nullable(),
  reflection: z.string().nullable(),
  ...Details,
  period: z.looseObject({ start: TimeText, end: TimeText }),
  memories_analyzed: Count,
  cached: z.boolean(),
  message: z.string().optional().meta({ description: 'Why there is no reflection' }),
});

const MAX_SOURCES = 1_000;
export const ReflectRequest = z.strictObject({
  content: Text.max(100_000, 'at most 100,000 characters').optional().meta({
    description: 'A reflection you wrote; without it one is made of a period',
    example: 'Deployments fail when the cache is warm',
  }),
  source_memory_ids: z.array(Id).max(MAX_SOURCES, 'at most 1,000 memories').default([]).meta({
    description: 'The memories it is about',
  }),
  reflection_type: Text.trim().min(1).max(100).default('general').meta({ description: 'What kind of thought it is' }),
  confidence: z
    .number()
    .min(0, 'confidence must be between 0 and 1')
    .max(1, 'confidence must be between 0 and 1')
    .default(1)
    .meta({ description: 'How sure it is, 0..1' }),
  period: Period.default('week').meta({ description: 'Of a reflection to be made: the time up to now' }),
  force: z.boolean().default(false).meta({ description: 'Make a new one although there is one that is new enough' }),
});
export type ReflectRequest = z.output<typeof ReflectRequest>;

export const reflect = endpoint({
  id: 'reflections.reflect',
  method: 'POST',
  path: '/reflect',
  aliases: ['/reflections', '/intelligence/reflections'],
  access: 'write',
  also: { 201: 'The reflection that was sent is kept' },
  summary: 'Reflect on a period, or keep a reflection',
  description:
    'With `content` that reflection is kept as it is. Otherwise a language model looks back on the last day, week or month; the result is stored as a permanent memory as well (category discovery, source reflection, importance 7). One that is new enough is given again: six hours for a day, a day for a week, three for a month.',
  body: ReflectRequest,
  body_optional: true,
  timeout_ms: 60_000,
  response: z.union([Reflection, LookedBack]),
  errors: ['llm_budget_spent', 'llm_not_configured', 'llm_unavailable', 'memory_not_found'],
});

export const listReflections = endpoint({
  id: 'reflections.list',
  method: 'GET',
  path: '/reflections',
  aliases: ['/intelligence/reflections'],
  access: 'read',
  summary: 'Reflections, newest first',
  description: 'What was made of memories is left out as soon as one of them is erased, archived or in the trash.',
  query: z.strictObject({ limit: Limit(20, 500) }),
  response: z.looseObject({ reflections: z.array(Reflection), count: Count, total: Count }),
});

export const generateReflections = endpoint({
  id: 'reflections.generate',
  method: 'POST',
  path: '/reflections/generate',
  aliases: ['/intelligence/reflections/generate'],
  access: 'write',
  summary: 'Find important memories that deserve another look',
  description:
    'Memories of importance 6 or more that recall has not proved helpful for a week: those of 8 or more to be checked (reconsolidate), others to be told better (enrich). Each memory is reflected on once. A language model words it, when there is one.',
  query: z.strictObject({ limit: Limit(10, 100) }),
  body: z.looseObject({}),
  body_optional: true,
  timeout_ms: 60_000,
  response: z.looseObject({
    reflections: z.array(Reflection),
    count: Count,
    degraded: Texts.meta({ description: '`llm`: the language model did not answer, so rules worded all' }),
  }),
});
