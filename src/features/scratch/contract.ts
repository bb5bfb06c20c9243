// What the scratchpad endpoints accept and answer.
import { z } from 'zod';
import { byteLength } from '../../algo/utf8.ts';
import { endpoint } from '../../core/endpoint.ts';
import { Text, TimeText } from '../../core/shapes.ts';

const VALUE_BYTES = 65_536;
/** A few long values when every character is written as an escape. */
const BODY_LIMIT = 1024 * 1024;

const Name = Text.trim().max(200, 'at most 200 characters');
const Named = (fallback: string) =>
  Name.nullish()
    .transform((name) => name || fallback)
    .default(fallback);
const Key = Text.trim().min(1, 'must not be blank').max(500, 'at most 500 characters');

const Entry = z
  .looseObject({
    session: z.string(),
    agent: z.string(),
    model: z.string(),
    key: z.string(),
    value: z.string(),
    created_at: TimeText,
    updated_at: TimeText,
    expires_at: TimeText.meta({ description: 'From then on it is gone' }),
  })
  .meta({ id: 'ScratchEntry' });

export const listScratch = endpoint({
  id: 'scratch.list',
  method: 'GET',
  path: '/scratch',
  access: 'read',
  summary: 'Read the scratchpad',
  query: z.strictObject({
    session: Name.optional().meta({ description: 'Only this session' }),
    agent: Name.optional().meta({ description: 'Only what this agent noted' }),
    model: Name.optional().meta({ description: 'Only what this model noted' }),
  }),
  response: z.looseObject({ entries: z.array(Entry), count: z.number().int() }),
});

export const PutScratch = z
  .strictObject({
    session: Named('default').meta({ description: 'What the notes belong to; `default` when left out' }),
    agent: Named('unknown').meta({ description: 'Who notes; `unknown` when left out' }),
    model: Named('').meta({ description: 'Model that notes; empty when left out' }),
    entries: z
      .array(
        z.strictObject({
          key: Key.meta({ description: 'Name of the note', example: 'current file' }),
          value: Text.refine((text) => byteLength(text) <= VALUE_BYTES, 'at most 65,536 bytes')
            .nullish()
            .transform((value) => value ?? '')
            .meta({ description: 'The note; at most 65,536 bytes, empty when left out' }),
        }),
      )
      .min(1, 'nothing to note')
      .max(200, 'at most 200 at once')
      .meta({ description: 'Notes to write; one of the same session, agent, model and key is replaced' }),
    ttl: z
      .number()
      .int('must be whole minutes')
      .min(1, 'at least 1 minute')
      .max(1440, 'at most 1,440 minutes (a day)')
      .nullish()
      .transform((minutes) => minutes ?? 30)
      .meta({ description: 'Minutes they are kept, 1 to 1440; 30 when left out' }),
  })
  .meta({ id: 'PutScratch' });
export type PutScratch = z.output<typeof PutScratch>;

export const putScratch = endpoint({
  id: 'scratch.put',
  method: 'PUT',
  path: '/scratch',
  access: 'write',
  summary: 'Write notes into the scratchpad',
  description: 'For what is of use for minutes. What turns out to last: `POST /scratch/{session}/promote`.',
  body: PutScratch,
  body_limit: BODY_LIMIT,
  response: z.looseObject({
    stored: z.literal(true),
    session: z.string(),
    agent: z.string(),
    model: z.string(),
    count: z.number().int().meta({ description: 'Notes written' }),
    ttl_minutes: z.number().int(),
    expires_at: TimeText,
    entries: z.array(Entry),
  }),
});

const SessionParams = z.strictObject({ session: Name.min(1).meta({ description: 'Session of the notes' }) });

export const deleteScratchSession = endpoint({
  id: 'scratch.delete_session',
  method: 'DELETE',
  path: '/scratch/{session}',
  access: 'write',
  summary: 'Drop all notes of a session',
  params: SessionParams,
  response: z.looseObject({
    deleted: z.literal(true),
    session: z.string(),
    count: z.number().int().meta({ description: 'Notes dropped' }),
  }),
});

export const deleteScratchEntry = endpoint({
  id: 'scratch.delete_entry',
  method: 'DELETE',
  path: '/scratch/{session}/{key}',
  access: 'write',
  summary: 'Drop one note, whoever wrote it',
  params: SessionParams.extend({ key: Key.meta({ description: 'Name of the note, percent-encoded' }) }),
  response: z.looseObject({
    deleted: z.literal(true),
    session: z.string(),
    key: z.string(),
    count: z.number().int().meta({ description: 'Notes dropped' }),
  }),
});

export const PromoteScratch = z
  .strictObject({
    keys: z
      .array(Key)
      .max(200, 'at most 200 at once')
      .nullish()
      .meta({ description: 'Which notes; all of the session when left out' }),
    combine: z.boolean().default(false).meta({ description: 'Make one memory of them, a line for each' }),
    category: Text.trim()
      .max(200, 'at most 200 characters')
      .nullish()
      .transform((category) => category || 'discovery')
      .meta({ description: 'Category of the memories; `discovery` when left out' }),
  })
  .meta({ id: 'PromoteScratch' });
export type PromoteScratch = z.output<typeof PromoteScratch>;

export const promoteScratch = endpoint({
  id: 'scratch.promote',
  method: 'POST',
  path: '/scratch/{session}/promote',
  access: 'write',
  summary: 'Make memories of notes',
  description:
    'Each becomes `key: value`. The notes stay until their time is over; promoting them again meets the memories that are there.',
  params: SessionParams,
  body: PromoteScratch,
  body_optional: true,
  response: z.looseObject({
    promoted: z.literal(true),
    memory_ids: z.array(z.number().int()).meta({ description: 'In the order of the notes' }),
    count: z.number().int().meta({ description: 'Memories' }),
    missing: z.array(z.string()).meta({ description: 'Wanted keys that are not there' }),
  }),
  errors: ['scratch_not_found', 'content_too_large', 'space_not_found'],
  timeout_ms: 30_000,
});
