// What users say about memories that were recalled.
import { z } from 'zod';
import { endpoint } from '../../core/endpoint.ts';
import { Id, Text } from '../../core/shapes.ts';

export const Rating = z.enum(['helpful', 'irrelevant', 'off-topic', 'outdated']);
export type Rating = z.infer<typeof Rating>;

export const FeedbackRequest = z.strictObject({
  memory_id: Id.meta({ description: 'The memory that was recalled' }),
  rating: Rating.meta({ description: 'Whether recalling it helped, or why it did not' }),
  context: Text.max(10_000, 'at most 10,000 characters').nullish().meta({
    description: 'What it was recalled for',
    example: 'asked for the staging address',
  }),
});
export type FeedbackRequest = z.output<typeof FeedbackRequest>;

export const giveFeedback = endpoint({
  id: 'feedback.give',
  method: 'POST',
  path: '/feedback',
  access: 'write',
  status: 201,
  summary: 'Say whether a recalled memory helped',
  description:
    'helpful raises its importance by 1, irrelevant and off-topic lower it by 1, outdated by 2, within 1 to 10. Hits and misses also move it a little in the order of search results.',
  body: FeedbackRequest,
  response: z.looseObject({
    ok: z.literal(true),
    memory_id: z.number().int(),
    rating: Rating,
    importance: z.number().int().meta({ description: 'What it is now' }),
    recall_hits: z.number().int().meta({ description: 'How often it was called helpful' }),
    recall_misses: z.number().int().meta({ description: 'How often it was called anything else' }),
  }),
  errors: ['memory_not_found'],
});

const Count = z.number().int();
export const feedbackStats = endpoint({
  id: 'feedback.stats',
  method: 'GET',
  path: '/feedback/stats',
  access: 'read',
  summary: 'How often recall helped, and why it did not',
  response: z.looseObject({
    helpful: Count,
    irrelevant: Count,
    off_topic: Count,
    outdated: Count,
    total: Count,
  }),
});
