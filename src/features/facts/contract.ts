// Structured facts, the state of the user they amount to, and reading a text for them on request.
import { z } from 'zod';
import { parseTime } from '../../core/clock.ts';
import { endpoint } from '../../core/endpoint.ts';
import { Flag, Id, Limit, Offset, Text, TimeText } from '../../core/shapes.ts';

const When = Text.refine((text) => parseTime(text) !== null, {
  error: 'must be a time such as "2026-03-01", "2026-03-01 09:30:00" or RFC 3339',
});

export const Fact = z
  .looseObject({
    id: z
      .number()
      .int()
      .meta({ description: 'Id of the fact; a new version of its memory that says the same keeps it' }),
    memory_id: z.number().int().meta({ description: 'The memory that states it' }),
    subject: z
      .string()
      .meta({ description: 'Whom or what it is about; `user` for whoever speaks', example: 'staging database' }),
    predicate: z.string().meta({ description: 'What is said of it', example: 'runs_on' }),
    verb: z.string().meta({ description: 'The verb it was read from', example: 'run' }),
    object: z.string().meta({ description: 'The value', example: 'Postgres 16' }),
    quantity: z.number().nullable().meta({ description: 'Amount in the value', example: 16 }),
    unit: z.string().nullable().meta({ description: 'Of what; money as a currency code', example: 'USD' }),
    date_ref: z.string().nullable().meta({ description: 'The words that say when', example: 'last May' }),
    date_approx: z
      .string()
      .nullable()
      .meta({ description: 'The first day they mean, YYYY-MM-DD', example: '2025-05-01' }),
    valid_at: TimeText.meta({
      description: 'Since when it holds, or when it happened; when it was said, if nothing tells',
    }),
    invalid_at: TimeText.nullable().meta({ description: 'Until when it held; null while it does' }),
    invalidated_by: z.number().int().nullable().meta({ description: 'The fact that took its place' }),
    is_current: z.boolean().meta({ description: 'Holds now' }),
    confidence: z.number().meta({ description: 'How sure, 0 to 1', example: 0.9 }),
    origin: z.string().meta({ description: 'rules or llm', example: 'rules' }),
    episode_id: z.number().int().nullable().meta({ description: 'Episode of the memory' }),
    user_id: z.number().int().meta({ description: 'Owner' }),
    created_at: TimeText.meta({ description: 'When it was noted down' }),
  })
  .meta({ id: 'Fact' });

export const FactsQuery = z.strictObject({
  limit: Limit(50, 1000),
  offset: Offset,
  subject: Text.max(200)
    .optional()
    .meta({ description: 'Only subjects that contain this, in any case', example: 'staging' }),
  predicate: Text.max(200).optional().meta({ description: 'Only this predicate', example: 'runs_on' }),
  verb: Text.max(200).optional().meta({ description: 'Only this verb or predicate', example: 'works_at' }),
  memory_id: Id.optional().meta({ description: 'Only what this memory states' }),
  as_of: When.optional().meta({ description: 'Only what held then; a bare day means its end', example: '2026-01-31' }),
  current: Flag.optional().meta({ description: 'true: only what holds now; false: only what holds no more' }),
});
export type FactsQuery = z.output<typeof FactsQuery>;

export const listFacts = endpoint({
  id: 'facts.list',
  method: 'GET',
  path: '/facts',
  access: 'read',
  summary: 'Facts that memories state, newest first',
  description:
    'Read from memories in the background. Where a subject can have one value only (where somebody lives, what something runs on), a newer fact closes the older one: `invalid_at` says when. Facts of hidden memories are left out.',
  query: FactsQuery,
  response: z.looseObject({
    facts: z.array(Fact),
    count: z.number().int().meta({ description: 'How many this page has' }),
    total: z.number().int().meta({ description: 'How many there are in all' }),
  }),
});

const StateRow = z.looseObject({
  id: z.number().int(),
  agent: z.string(),
  key: z.string().meta({ example: 'current_location' }),
  value: z.string().meta({ example: 'Berlin' }),
  memory_id: z.number().int(),
  previous_value: z.string().nullable(),
  previous_memory_id: z.number().int().nullable(),
  updated_count: z.number().int().meta({ description: 'How many values there were' }),
  user_id: z.number().int(),
  updated_at: TimeText,
  created_at: TimeText,
});
const Key = Text.max(200).optional().meta({ description: 'Only keys that contain this', example: 'location' });

export const getState = endpoint({
  id: 'facts.state',
  method: 'GET',
  path: '/state',
  access: 'read',
  summary: 'What holds of the user now',
  description:
    'Of facts about `user` with one value at a time. With `key`, `state` is the list of rows; without it, an object from key to value.',
  query: z.strictObject({ key: Key }),
  response: z.looseObject({
    state: z.union([z.record(z.string(), z.string()), z.array(StateRow)]),
    rows: z.array(StateRow),
    count: z.number().int(),
  }),
});
export const deleteState = endpoint({
  id: 'facts.delete_state',
  method: 'DELETE',
  path: '/state',
  access: 'write',
  summary: 'Let what holds of the user hold no more',
  description: 'Closes the facts behind it; the memories stay. A newer memory may state it again.',
  query: z.strictObject({ key: Key }),
  response: z.looseObject({ deleted: z.number().int() }),
});

const ExtractRequest = z
  .strictObject({
    content: Text.nullish().meta({
      description: 'Text to store as a memory and read',
      example: 'Alice works at Acme.',
    }),
    memory_id: Id.nullish().meta({ description: 'Or the memory to read now' }),
  })
  .refine(({ content, memory_id }) => (content ?? '').trim() !== '' || memory_id != null, {
    error: 'give content to store and read, or the memory_id of what to read',
  });
export type ExtractRequest = z.output<typeof ExtractRequest>;

export const extract = endpoint({
  id: 'facts.extract',
  method: 'POST',
  path: '/intelligence/extract',
  access: 'write',
  summary: 'Read a text for facts at once',
  body: ExtractRequest,
  body_limit: 1024 * 1024,
  timeout_ms: 120_000,
  response: z.looseObject({
    memory_id: z.number().int().meta({ description: 'The memory that was read' }),
    facts: z.number().int().meta({ description: 'Facts it states' }),
    preferences: z.number().int().meta({ description: 'Of them, what somebody likes, dislikes or prefers' }),
    state_updates: z.number().int().meta({ description: 'Of them, what can have one value at a time' }),
  }),
  errors: ['content_too_large', 'memory_not_found', 'space_not_found'],
});

const BACKFILL_TIMEOUT_MS = 600_000;
export const backfillFacts = endpoint({
  id: 'facts.backfill',
  method: 'POST',
  path: '/admin/backfill-facts',
  access: 'admin',
  summary: 'Read all memories of a user again for facts',
  body: z.strictObject({
    user_id: Id.nullish().meta({ description: 'Whose; without it, yours' }),
    limit: z.number().int().min(1).max(5000).default(500).meta({ description: 'Memories read at most, newest first' }),
  }),
  body_optional: true,
  timeout_ms: BACKFILL_TIMEOUT_MS,
  response: z.looseObject({
    processed: z.number().int(),
    facts_created: z.number().int().meta({ description: 'Facts that were not known before' }),
  }),
});
