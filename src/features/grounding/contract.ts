// What the endpoints about tools accept and answer: which there are, sessions that use them, running one, how well they do.
import { z } from 'zod';
import { endpoint } from '../../core/endpoint.ts';
import { Flag, Limit, Text, TimeText } from '../../core/shapes.ts';

const Count = z.number().int();
/** Other servers of this interface run commands, browsers and desktops; this one knows its own memory only. */
export const BACKENDS = ['system', 'shell', 'mcp', 'web', 'gui'] as const;
export const LONGEST_MS = 50_000;
const METADATA_CHARS = 4_096;

const TimeoutMs = z
  .int('timeout_ms must be a whole number')
  .min(1, 'timeout_ms must be 1 or more')
  .max(LONGEST_MS, `timeout_ms must be at most ${LONGEST_MS}`)
  .meta({ description: 'Longest time one call may take, in milliseconds' });

const GroundingSession = z
  .looseObject({
    id: z.string().meta({ description: 'UUID' }),
    name: z.string(),
    backend: z.literal('system'),
    status: z.literal('connected'),
    tools: z.array(z.string()).meta({ description: 'Names of the tools it can run' }),
    timeout_ms: Count,
    max_retries: Count,
    metadata: z.record(z.string(), z.unknown()),
    created_at: TimeText,
    last_activity_at: TimeText,
  })
  .meta({ id: 'GroundingSession' });

const SessionParams = z.strictObject({
  id: Text.max(100).meta({ description: 'The id, as POST /grounding/sessions gave it', example: 'f3b7…' }),
});

const SessionRequest = z.strictObject({
  name: Text.trim().max(200, 'at most 200 characters').default('').meta({ description: 'For people' }),
  backend: z
    .enum(BACKENDS, { error: `backend must be one of: ${BACKENDS.join(', ')}` })
    .default('system')
    .meta({ description: 'Only `system` is offered' }),
  timeout_ms: TimeoutMs.default(10_000),
  max_retries: z
    .int('max_retries must be a whole number')
    .min(0, 'max_retries must be 0 or more')
    .max(5, 'max_retries must be at most 5')
    .default(0)
    .meta({ description: 'How often a call is repeated when what it needs is unavailable for the moment' }),
  metadata: z
    .record(z.string(), z.unknown())
    .refine((value) => JSON.stringify(value).length <= METADATA_CHARS, `at most ${METADATA_CHARS} characters as JSON`)
    .default({})
    .meta({ description: 'Kept and shown, not read' }),
});
export type SessionRequest = z.output<typeof SessionRequest>;

export const createGroundingSession = endpoint({
  id: 'grounding.create_session',
  method: 'POST',
  path: '/grounding/sessions',
  access: 'write',
  status: 201,
  summary: 'Begin a session that runs tools',
  description:
    'It holds how long a call may take and how often it is repeated. Sessions are kept in memory: they end after an hour without a call, and when the server stops. At most 64 of a user are live.',
  body: SessionRequest,
  body_optional: true,
  response: GroundingSession,
  errors: ['backend_unsupported', 'session_limit'],
});

export const listGroundingSessions = endpoint({
  id: 'grounding.list_sessions',
  method: 'GET',
  path: '/grounding/sessions',
  access: 'read',
  summary: 'Sessions that are live, newest first',
  response: z.looseObject({ sessions: z.array(GroundingSession), count: Count }),
});

export const getGroundingSession = endpoint({
  id: 'grounding.get_session',
  method: 'GET',
  path: '/grounding/sessions/{id}',
  access: 'read',
  summary: 'One session',
  params: SessionParams,
  response: GroundingSession,
  errors: ['session_not_found'],
});

export const endGroundingSession = endpoint({
  id: 'grounding.end_session',
  method: 'DELETE',
  path: '/grounding/sessions/{id}',
  access: 'write',
  summary: 'End a session',
  params: SessionParams,
  response: z.looseObject({ destroyed: z.literal(true), id: z.string() }),
  errors: ['session_not_found'],
});

export const listTools = endpoint({
  id: 'grounding.tools',
  method: 'GET',
  path: '/grounding/tools',
  access: 'read',
  summary: 'The tools there are',
  description:
    'Reading and writing this memory, each as one call. `parameters` and `return_schema` are JSON Schema, taken from the endpoint behind the tool.',
  query: z.strictObject({
    refresh: Flag.optional().meta({ description: 'For older clients: the tools of a server never change' }),
  }),
  response: z.looseObject({
    tools: z.array(
      z.looseObject({
        name: z.string().meta({ example: 'memory_search' }),
        description: z.string(),
        parameters: z.record(z.string(), z.unknown()),
        return_schema: z.record(z.string(), z.unknown()),
        usage_hint: z.string(),
        latency_hint: z.enum(['fast', 'slow']).meta({ description: '`slow`: a model may be asked' }),
        backend_type: z.literal('system'),
        security_policy: z.looseObject({
          access: z.enum(['read', 'write']).meta({ description: 'What it does to memories' }),
          endpoint: z.string().meta({ description: 'The same over HTTP', example: 'POST /search' }),
        }),
      }),
    ),
    count: Count,
  }),
});

export const listProviders = endpoint({
  id: 'grounding.providers',
  method: 'GET',
  path: '/grounding/providers',
  access: 'read',
  summary: 'Where tools come from',
  response: z.looseObject({
    providers: z.array(
      z.looseObject({ name: z.string(), type: z.enum(BACKENDS), status: z.enum(['available', 'unsupported']) }),
    ),
    count: Count,
  }),
});

const ExecuteRequest = z.strictObject({
  tool: Text.trim()
    .min(1, 'must not be blank')
    .max(100, 'at most 100 characters')
    .meta({ description: 'Name of a tool, as GET /grounding/tools lists it', example: 'memory_search' }),
  args: z
    .record(z.string(), z.unknown())
    .default({})
    .meta({ description: 'What the tool takes, as its `parameters` say', example: { query: 'production database' } }),
  session_id: Text.max(100).optional().meta({ description: 'A session, whose limits hold for this call' }),
  timeout_ms: TimeoutMs.optional(),
});
export type ExecuteRequest = z.output<typeof ExecuteRequest>;

export const executeTool = endpoint({
  id: 'grounding.execute',
  method: 'POST',
  path: '/grounding/execute',
  access: 'admin',
  summary: 'Run a tool',
  description:
    'As the endpoint behind the tool would answer, in the space of the request. What the tool refuses or fails at is an answer with status `error`, not an error of this request.',
  body: ExecuteRequest,
  timeout_ms: LONGEST_MS + 10_000,
  response: z.looseObject({
    status: z.enum(['success', 'error']),
    tool: z.string(),
    content: z.unknown().meta({ description: 'What the endpoint answers; null after an error' }),
    error: z.string().nullable(),
    code: z.string().nullable().meta({ description: 'Code of the error, as in docs/errors.md' }),
    attempts: Count,
    execution_time_ms: Count,
  }),
  errors: ['tool_not_found', 'session_not_found'],
});

export const toolQuality = endpoint({
  id: 'grounding.quality',
  method: 'GET',
  path: '/grounding/quality',
  access: 'read',
  summary: 'How well the tools did for you',
  description:
    'Since the server was started, those that fail often first. A call that the tool rightly refused, because of its arguments for instance, is not counted.',
  query: z.strictObject({
    limit: Limit(50, 200),
    degraded: Flag.default(false).meta({ description: 'Only tools of which less than 70 of 100 calls succeed' }),
  }),
  response: z.looseObject({
    records: z.array(
      z.looseObject({
        tool_key: z.string(),
        backend: z.literal('system'),
        server: z.string(),
        tool_name: z.string(),
        description_hash: z.string(),
        total_calls: Count,
        total_successes: Count,
        total_failures: Count,
        avg_execution_ms: z.number(),
        llm_flagged_count: Count.meta({ description: 'Always 0: no language model judges tools' }),
        quality_score: z.number().meta({ description: 'Share of calls that succeeded, 0 to 1' }),
        degraded: z.boolean(),
        last_execution_at: TimeText,
      }),
    ),
    count: Count,
  }),
});
