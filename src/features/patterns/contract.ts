// Habits: when things are done, what follows what, and what is likely wanted next.
import { z } from 'zod';
import { endpoint } from '../../core/endpoint.ts';
import { Limit } from '../../core/shapes.ts';

const Count = z.number().int();
const Pattern = z.looseObject({
  label: z.string().meta({ example: 'task on monday morning' }),
  detail: z.string().meta({ example: '6 of 8 on 5 days' }),
  kind: z.string().meta({ description: 'weekday, daypart, weekday and daypart, or sequence' }),
  category: z.string(),
  support: Count,
  confidence: z.number(),
});
const Patterns = z.looseObject({ patterns: z.array(Pattern) });
const WHAT =
  'Worked out of when the newest 2,000 memories were stored and last read, by category; times of day are UTC. Nothing is stored.';

export const detectPatterns = endpoint({
  id: 'patterns.detect',
  method: 'POST',
  path: '/intelligence/temporal/detect',
  access: 'write',
  summary: 'Find out when things are done',
  description: WHAT,
  body: z.looseObject({}),
  body_optional: true,
  response: Patterns,
});

export const temporalPatterns = endpoint({
  id: 'patterns.temporal',
  method: 'GET',
  path: '/intelligence/temporal/patterns',
  access: 'read',
  summary: 'When things are done',
  description: WHAT,
  query: z.strictObject({ limit: Limit(20, 500) }),
  response: Patterns,
});

export const predictivePatterns = endpoint({
  id: 'patterns.predictive',
  method: 'GET',
  path: '/intelligence/predictive/patterns',
  access: 'read',
  summary: 'When things are done, and what follows what',
  description: WHAT,
  query: z.strictObject({ limit: Limit(20, 500) }),
  response: Patterns,
});

export const findSequences = endpoint({
  id: 'patterns.sequences',
  method: 'POST',
  path: '/intelligence/predictive/sequences',
  access: 'write',
  summary: 'Which categories follow each other',
  description: 'Pairs of memories stored one after the other in one session, seen twice or more.',
  body: z.strictObject({
    window_mins: z
      .number({ error: 'window_mins must be a number' })
      .int('window_mins must be a whole number')
      .min(1, 'window_mins must be 1 or more')
      .max(1_440, 'window_mins must be at most 1,440')
      .default(60)
      .meta({ description: 'Longest time between both, in minutes' }),
  }),
  body_optional: true,
  response: z.looseObject({
    patterns: z.array(
      z.looseObject({
        antecedent: z.string(),
        consequent: z.string(),
        support: Count.meta({ description: 'How often' }),
        confidence: z.number().meta({ description: 'Share of what followed the first one' }),
      }),
    ),
    window_mins: Count,
    count: Count,
  }),
});

export const predictiveRecall = endpoint({
  id: 'patterns.recall',
  method: 'POST',
  path: '/intelligence/predictive/recall',
  access: 'write',
  summary: 'What is likely wanted now, before anybody asks',
  description:
    'Open tasks and issues of the last days, what belongs to the project at hand, and what is usual at this time or after what was done last. Counts as no reading of the memories.',
  body: z.looseObject({}),
  body_optional: true,
  response: z.looseObject({
    time_context: z.looseObject({
      now: z.string(),
      hour: Count,
      day_of_week: Count.meta({ description: '0 is Sunday' }),
      day: z.string(),
      part_of_day: z.string(),
      is_weekend: z.boolean(),
    }),
    predicted_categories: z.array(z.string()).meta({ description: 'Likeliest first' }),
    category_scores: z.array(z.looseObject({ category: z.string(), score: z.number(), reason: z.string() })),
    predicted_project: z.looseObject({ id: Count, name: z.string() }).nullable(),
    proactive_memories: z.array(
      z.looseObject({
        id: Count,
        content: z.string(),
        category: z.string(),
        importance: Count,
        reason: z.string(),
        score: z.number(),
      }),
    ),
    suggested_actions: z.array(z.string()),
  }),
});
