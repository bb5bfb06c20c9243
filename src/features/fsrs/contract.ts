// What the endpoints about reviews accept and answer.
import { z } from 'zod';
import { LEARNING_STATES } from '../../algo/fsrs.ts';
import { endpoint } from '../../core/endpoint.ts';
import { Id, Limit, Text, TimeText } from '../../core/shapes.ts';

const GRADE = 'a grade is 1 (Again), 2 (Hard), 3 (Good) or 4 (Easy)';
const Grade = z.union([z.literal(1), z.literal(2), z.literal(3), z.literal(4)], { error: GRADE });

export const ReviewRequest = z
  .strictObject({
    id: Id.optional().meta({ description: 'The memory' }),
    memory_id: Id.optional().meta({ description: 'Another name for `id`' }),
    grade: Grade.default(3).meta({ description: 'How well it was recalled: 1 Again, 2 Hard, 3 Good, 4 Easy' }),
  })
  .refine(({ id, memory_id }) => id !== undefined || memory_id !== undefined, {
    error: 'name the memory that was reviewed',
    path: ['id'],
  })
  .refine(({ id, memory_id }) => id === undefined || memory_id === undefined || id === memory_id, {
    error: 'is another memory than `memory_id`; send one of the two',
    path: ['id'],
  })
  .transform(({ id, memory_id, grade }) => ({ id: (id ?? memory_id)!, grade }));

export const review = endpoint({
  id: 'fsrs.review',
  method: 'POST',
  path: '/fsrs/review',
  access: 'write',
  summary: 'Say how well a memory was recalled',
  description:
    'Recall, context and search count what they show as a "Good" review by themselves; forgetting and archiving as "Again".',
  body: ReviewRequest,
  response: z.looseObject({
    id: z.number().int(),
    fsrs: z.looseObject({
      stability: z.number().meta({ description: 'Days until the chance of recall has fallen to 90 percent' }),
      difficulty: z.number().meta({ description: '1 to 10' }),
      storage_strength: z.number().meta({ description: 'How deeply it is learnt, 1 to 10; never falls' }),
      retrieval_strength: z.number().meta({ description: 'How easily it comes up, 0 to 1' }),
      learning_state: z.enum(LEARNING_STATES),
      reps: z.number().int().meta({ description: 'Reviews so far' }),
      lapses: z.number().int().meta({ description: 'Reviews that failed' }),
      last_review_at: TimeText,
    }),
    next_review_days: z.number().int().meta({ description: 'Days after this review when it is due' }),
  }),
  errors: ['memory_not_found'],
});

export const state = endpoint({
  id: 'fsrs.state',
  method: 'GET',
  path: '/fsrs/state',
  access: 'read',
  summary: 'How well a memory is remembered',
  query: z.strictObject({ id: Id.meta({ description: 'The memory', example: 1 }) }),
  response: z.looseObject({
    id: z.number().int(),
    retrievability: z.number().nullable().meta({ description: 'Chance of recall now, 0 to 1; 1 for permanent facts' }),
    next_review_days: z.number().int().nullable().meta({ description: 'Days from the last review until it is due' }),
    due_at: TimeText.nullable().meta({ description: 'When the chance of recall is down to the desired retention' }),
    fsrs_stability: z.number().nullable(),
    fsrs_difficulty: z.number().nullable(),
    fsrs_storage_strength: z.number().meta({ description: 'How deeply it is learnt, 1 to 10' }),
    fsrs_retrieval_strength: z.number().meta({ description: 'How easily it comes up now, 0 to 1' }),
    fsrs_learning_state: z
      .number()
      .int()
      .min(0)
      .max(3)
      .meta({ description: '0 new, 1 learning, 2 review, 3 relearning' }),
    fsrs_reps: z.number().int(),
    fsrs_lapses: z.number().int(),
    fsrs_last_review_at: TimeText.nullable(),
    created_at: TimeText,
  }),
  errors: ['memory_not_found'],
});

export const init = endpoint({
  id: 'fsrs.init',
  method: 'POST',
  path: '/fsrs/init',
  access: 'write',
  summary: 'Give memories from before there were reviews a first one',
  description: 'A "Good" one at the time they were last read, else stored. Memories stored since have theirs already.',
  body: z.strictObject({}),
  body_optional: true,
  response: z.looseObject({ initialized: z.number().int().meta({ description: 'How many memories lacked one' }) }),
  timeout_ms: 120_000,
});

export const RecallDueQuery = z.strictObject({
  topic: Text.trim().max(10_000, 'at most 10,000 characters').optional().meta({
    description: 'Only what answers this; without it whatever has faded most',
  }),
  limit: Limit(5, 100),
  session: Text.optional().meta({ description: 'Only what was stored in this session' }),
});
export type RecallDueQuery = z.output<typeof RecallDueQuery>;

export const recallDue = endpoint({
  id: 'fsrs.recall_due',
  method: 'GET',
  path: '/fsrs/recall-due',
  access: 'read',
  summary: 'Memories worth recalling before they fade',
  description:
    'With a topic: what answers it, the faded before the fresh. Without: what is due for review, the most faded first. Being listed here is no review.',
  query: RecallDueQuery,
  response: z.looseObject({
    topic: z.string().nullable(),
    count: z.number().int(),
    results: z.array(
      z.looseObject({
        memory_id: z.number().int(),
        content: z.string(),
        retrievability: z.number().meta({ description: 'Chance of recall now, 0 to 1' }),
        original_score: z.number().nullable().meta({ description: 'Score of the search; null without a topic' }),
        recall_due_score: z.number().meta({ description: 'original_score x (0.3 + 0.7 x (1 - retrievability))' }),
      }),
    ),
    degraded: z.array(z.string()).meta({ description: 'Signals that the search for the topic lacked' }),
  }),
});
