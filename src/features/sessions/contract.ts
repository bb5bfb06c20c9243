// What the endpoints about sessions of agents accept and answer.
import { z } from 'zod';
import { byteLength } from '../../algo/utf8.ts';
import { endpoint } from '../../core/endpoint.ts';
import { Limit, Offset, Text, TimeText } from '../../core/shapes.ts';

export const LINE_BYTES = 65_536;
/** The longest line when every character is written as an escape. */
const LINE_BODY_LIMIT = 512 * 1024;

const Session = z
  .looseObject({
    id: z.string().meta({ description: 'UUID' }),
    agent: z.string(),
    user_id: z.number().int(),
    status: z.string().meta({
      description: '`active`, or how it ended: what its agent said, or `timed_out` after an hour without a line',
    }),
    lines: z.number().int().meta({ description: 'Lines ever appended' }),
    dropped: z.number().int().meta({ description: 'The oldest of them, no longer kept' }),
    created_at: TimeText,
    updated_at: TimeText,
    ended_at: TimeText.nullable(),
  })
  .meta({ id: 'AgentSession' });

const SessionParams = z.strictObject({
  id: Text.max(100).meta({
    description: 'The id, as POST /sessions gave it',
    example: '0b9f0c5e-8d0a-4a53-9c39-6d1f3a7e2b10',
  }),
});

export const createSession = endpoint({
  id: 'sessions.create',
  method: 'POST',
  path: '/sessions',
  access: 'write',
  status: 201,
  summary: 'Begin the transcript of a run of an agent',
  description:
    'At most 64 of a user are live at once. One that says nothing for an hour ends; 30 days after its end it is removed.',
  body: z.strictObject({
    agent: Text.trim()
      .min(1, 'must not be blank')
      .max(200, 'at most 200 characters')
      .meta({ description: 'Who runs', example: 'claude-code' }),
  }),
  response: Session,
  errors: ['session_limit'],
});

export const listSessions = endpoint({
  id: 'sessions.list',
  method: 'GET',
  path: '/sessions',
  access: 'read',
  summary: 'List sessions, newest first',
  query: z.strictObject({ limit: Limit(50, 500), offset: Offset }),
  response: z.looseObject({ sessions: z.array(Session), count: z.number().int() }),
});

export const getSession = endpoint({
  id: 'sessions.get',
  method: 'GET',
  path: '/sessions/{id}',
  access: 'read',
  summary: 'Read a session with its output',
  params: SessionParams,
  response: z.looseObject({
    session: Session,
    output: z.array(z.string()).meta({ description: 'Its lines, oldest first; the last 10,000 or 8 MiB are kept' }),
  }),
  errors: ['session_not_found'],
  timeout_ms: 30_000,
});

export const appendLine = endpoint({
  id: 'sessions.append',
  method: 'POST',
  path: '/sessions/{id}/append',
  access: 'write',
  summary: 'Append a line to a session',
  params: SessionParams,
  body: z.strictObject({
    line: Text.refine(
      (text) => byteLength(text) <= LINE_BYTES,
      'is longer than 65,536 bytes; append it as several lines',
    ).meta({ description: 'What the agent put out; at most 65,536 bytes' }),
  }),
  body_limit: LINE_BODY_LIMIT,
  response: z.looseObject({ ok: z.literal(true), line: z.number().int().meta({ description: 'Its number, from 1' }) }),
  errors: ['session_not_found', 'session_ended'],
});

export const endSession = endpoint({
  id: 'sessions.end',
  method: 'POST',
  path: '/sessions/{id}/end',
  access: 'write',
  summary: 'End a session',
  description: 'Saying the same twice is fine; saying something else is refused.',
  params: SessionParams,
  body: z.strictObject({
    status: Text.trim()
      .regex(/^[a-z][a-z0-9_-]{0,39}$/, 'must be a word of lower-case letters, such as completed or failed')
      .refine((status) => status !== 'active', 'must say how it ended')
      .default('completed')
      .meta({ description: 'How it ended; `completed` when left out', example: 'completed' }),
  }),
  body_optional: true,
  response: Session,
  errors: ['session_not_found', 'session_ended'],
});

export const streamSession = endpoint({
  id: 'sessions.stream',
  method: 'GET',
  path: '/sessions/{id}/stream',
  access: 'read',
  summary: 'Follow a session as server-sent events',
  description: [
    'Server-sent events (`text/event-stream`), not a WebSocket. First every line that is kept, then each new one as it is',
    'appended: `event: output` with `{"type":"output","data":"<line>"}` and the number of the line as its `id`. When the',
    'session ends: `event: session_end` with `{"type":"session_end","status":"<how>"}`. `event: warning` with',
    '`{"type":"warning","message":"…"}` tells of lines that are no longer kept and of the end of the stream: after 10',
    'minutes without output, and after an hour in any case. A comment every 30 seconds keeps the connection open.',
    '`last_event_id`, or the header `Last-Event-ID` that readers send by themselves, goes on after that line.',
  ].join(' '),
  params: SessionParams,
  query: z.strictObject({
    last_event_id: Text.regex(/^\d{1,15}$/, 'must be the id of an output event, a whole number')
      .optional()
      .meta({ description: 'The last line that arrived; the stream goes on after it' }),
  }),
  produces: 'text/event-stream',
  response: z.string(),
  errors: ['session_not_found'],
});
