// How memories feel: pleasant or not, stirring or not, and which emotion is strongest.
import { z } from 'zod';
import { EMOTIONS } from '../../algo/valence/lexicon.ts';
import { parseTime } from '../../core/clock.ts';
import { endpoint } from '../../core/endpoint.ts';
import { Id, Limit, Text, TimeText } from '../../core/shapes.ts';

const Valence = z.number().nullable().meta({ description: 'How pleasant, -1 to 1; null when it tells no feeling' });
const Arousal = z.number().nullable().meta({ description: 'How stirring, 0 to 1; null when it tells no feeling' });
const Emotion = z.enum(EMOTIONS);
const Label = z.enum(['positive', 'negative', 'neutral']).meta({ description: 'positive above 1, negative below -1' });

export const FeelingRequest = z
  .strictObject({
    memory_id: Id.nullish().meta({ description: 'A memory' }),
    content: Text.max(102_400, 'at most 102,400 characters')
      .nullish()
      .meta({ description: 'Any text; it is not stored', example: 'The new release is a relief' }),
  })
  .refine(({ memory_id, content }) => memory_id != null || (content ?? '').trim() !== '', {
    error: 'send content or memory_id',
    path: ['content'],
  });
export type FeelingRequest = z.output<typeof FeelingRequest>;

export const analyzeSentiment = endpoint({
  id: 'feelings.sentiment',
  method: 'POST',
  path: '/intelligence/sentiment/analyze',
  access: 'write',
  summary: 'How positive or negative a text or a memory is',
  description:
    'Denied, doubted and technical words are read as such: "not bad" is mildly positive, "build failed" is neutral. Nothing is stored.',
  body: FeelingRequest,
  response: z.looseObject({
    score: z.number().meta({ description: '-5 to 5' }),
    label: Label,
    sum: z.number().meta({ description: 'Sum over all words that tell a feeling, each -5 to 5' }),
    word_count: z.number().int(),
  }),
  errors: ['memory_not_found'],
});

export const HistoryQuery = z.strictObject({
  limit: Limit(20, 100),
  since: z
    .string()
    .refine((text) => parseTime(text) !== null, 'since must be a date or a time, such as 2026-03-01')
    .default('1970-01-01')
    .meta({ description: 'Only memories stored then or later', example: '2026-03-01' }),
});

export const sentimentHistory = endpoint({
  id: 'feelings.history',
  method: 'GET',
  path: '/intelligence/sentiment/history',
  access: 'read',
  summary: 'How memories felt over time',
  description: 'The newest memories, newest first; 0 for those that tell no feeling.',
  query: HistoryQuery,
  response: z.looseObject({
    history: z.array(
      z.looseObject({
        memory_id: z.number().int(),
        score: z.number().meta({ description: '-5 to 5' }),
        label: Label,
        dominant_emotion: Emotion.nullable(),
        created_at: TimeText,
      }),
    ),
  }),
});

export const scoreValence = endpoint({
  id: 'feelings.score',
  method: 'POST',
  path: '/intelligence/valence/score',
  access: 'write',
  summary: 'Read how a text or a memory feels',
  description: 'Of a memory the result is stored on it, as is done by itself for every new memory.',
  body: FeelingRequest,
  response: z.looseObject({
    valence: Valence,
    arousal: Arousal,
    dominant_emotion: Emotion.nullable(),
    all_emotions: z
      .array(z.looseObject({ emotion: Emotion, valence: z.number(), arousal: z.number() }))
      .meta({ description: 'Strongest first' }),
  }),
  errors: ['memory_not_found'],
});

const Mean = z.number().nullable().meta({ description: 'Null when no memory tells a feeling' });
export const valenceProfile = endpoint({
  id: 'feelings.profile',
  method: 'GET',
  path: '/intelligence/valence/profile',
  access: 'read',
  summary: 'Which feelings memories tell',
  response: z.looseObject({
    emotions: z.array(
      z.looseObject({
        dominant_emotion: z.string(),
        count: z.number().int(),
        avg_valence: z.number(),
        avg_arousal: z.number(),
      }),
    ),
    overall: z.looseObject({
      avg_valence: Mean,
      avg_arousal: Mean,
      positive_count: z.number().int(),
      negative_count: z.number().int(),
      neutral_count: z.number().int().meta({ description: 'Tell no feeling, or as much good as bad' }),
    }),
  }),
});

export const valenceOf = endpoint({
  id: 'feelings.of',
  method: 'GET',
  path: '/intelligence/valence/{memory_id}',
  access: 'read',
  summary: 'How a memory feels',
  description: 'As it was read after the memory was stored; nulls when it tells no feeling or was not read yet.',
  params: z.strictObject({ memory_id: Id.meta({ description: 'The memory', example: 1 }) }),
  response: z.looseObject({
    memory_id: z.number().int(),
    valence: Valence,
    arousal: Arousal,
    dominant_emotion: z.string().nullable(),
  }),
  errors: ['memory_not_found'],
});
