// Raw conversations in, memories out.
import { z } from 'zod';
import { parseTime } from '../../core/clock.ts';
import { endpoint } from '../../core/endpoint.ts';
import { Id, Text } from '../../core/shapes.ts';

const MAX_MESSAGES = 1_000;
const BODY_LIMIT = 2 * 1024 * 1024;
const TIMEOUT_MS = 180_000;

const Ignored = z.unknown().optional().meta({ description: 'Accepted for older clients; changes nothing' });
const Label = (fallback: string) =>
  Text.trim()
    .max(200, 'at most 200 characters')
    .transform((s) => s || fallback);
const Turn = z.looseObject({
  role: Text.trim()
    .min(1, 'role is empty: say user, assistant, or a name')
    .max(64)
    .meta({ description: 'Who says it: user, assistant, or a name', example: 'user' }),
  content: Text.max(102_400, 'at most 102,400 characters').meta({
    description: 'What is said',
    example: 'No, actually I live in Berlin now.',
  }),
});

export const AddRequest = z
  .strictObject({
    messages: z
      .array(Turn, { error: 'must be a list of messages {role, content}' })
      .min(1, 'name at least one message')
      .max(MAX_MESSAGES, `at most ${MAX_MESSAGES} messages in one call`)
      .optional()
      .meta({ description: 'The conversation' }),
    text: Text.max(1_000_000).optional().meta({ description: 'Or the log as one text, with lines such as "Alice: …"' }),
    category: Label('general')
      .default('general')
      .meta({ description: 'Of what is nothing more special, such as a decision' }),
    source: Label('conversation').default('conversation').meta({ description: 'Who or what says so' }),
    session_id: Text.trim().max(200).nullish().meta({ description: 'Conversation or run it comes from' }),
    space_id: Id.nullish().meta({ description: 'Space to store it in' }),
    episode_id: Id.nullish().meta({ description: 'Episode to put it into' }),
    occurred_at: Text.refine((text) => parseTime(text) !== null, {
      error: 'must be a time such as "2026-03-01" or RFC 3339',
    })
      .nullish()
      .meta({ description: 'When it was said, if not now' }),
    status: z
      .enum(['approved', 'pending'])
      .nullish()
      .meta({ description: 'pending waits in the inbox; without it as ENGRAM_EXTRACTION_STATUS says' }),
    project_ids: Ignored,
    entity_ids: Ignored,
    user_id: Ignored,
    agent: Ignored,
  })
  .refine(({ messages, text }) => messages !== undefined || (text ?? '').trim() !== '', {
    error: 'give messages or text',
  });
export type AddRequest = z.output<typeof AddRequest>;

export const addConversation = endpoint({
  id: 'extraction.add',
  method: 'POST',
  path: '/add',
  access: 'write',
  summary: 'Remember what a conversation says',
  description:
    'Finds facts, preferences, decisions, plans and corrections of the people in it and stores each as a memory: with a language model when one is configured, else by rules for English. What was found waits in the inbox until somebody approves it, unless `status` or the settings say otherwise.',
  body: AddRequest,
  body_limit: BODY_LIMIT,
  timeout_ms: TIMEOUT_MS,
  response: z.looseObject({
    added: z.number().int().meta({ description: 'Memories that are new' }),
    facts: z.array(
      z.looseObject({
        id: z.number().int(),
        content: z.string(),
        category: z.string(),
        is_correction: z.boolean(),
        status: z.string().meta({ description: 'approved or pending' }),
        duplicate: z.boolean().meta({ description: 'An existing memory already said so' }),
      }),
    ),
    source: z.string(),
    messages_processed: z.number().int(),
    extracted_by: z.enum(['llm', 'rules']),
    degraded: z.array(z.string()).meta({ description: '`llm` when a language model is configured and did not answer' }),
  }),
  errors: ['episode_not_found', 'space_not_found'],
});
