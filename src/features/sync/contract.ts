// Two servers that tell each other what changed.
import { z } from 'zod';
import { parseTime } from '../../core/clock.ts';
import { endpoint } from '../../core/endpoint.ts';
import { Limit, Text, TimeText } from '../../core/shapes.ts';

const When = Text.refine((text) => parseTime(text) !== null, { error: 'must be a time such as "2026-03-01 09:30:00"' });
const Count = z.number().int();

export const changes = endpoint({
  id: 'sync.changes',
  method: 'GET',
  path: '/sync/changes',
  access: 'read',
  summary: 'What changed here, for another server',
  description:
    'Memories with every version, then those that were erased. Go on with `cursor=` the `next` of the answer, until `more` is false; kept, it gives what changed since. Links, episodes and conversations are not synchronised.',
  query: z.strictObject({
    since: When.default('1970-01-01T00:00:00').meta({ description: 'Only what changed later; not with `cursor`' }),
    cursor: Text.max(300).optional().meta({ description: 'The `next` of an answer before' }),
    limit: Limit(100, 1000),
  }),
  response: z.looseObject({
    changes: z.array(z.looseObject({ sync_id: z.string(), change_type: z.enum(['insert', 'update', 'delete']) })),
    count: Count,
    since: z.string(),
    server_time: z.string().meta({ description: 'RFC 3339' }),
    next: z.string().meta({ description: 'Where the next question goes on' }),
    more: z.boolean(),
  }),
  errors: ['space_not_found'],
});

const Change = z.looseObject({
  sync_id: Text.regex(/^[\x21-\x7e]{1,100}$/, 'must be up to 100 printable characters'),
  change_type: z.enum(['insert', 'update', 'delete']).default('update'),
  content: Text.optional(),
  timestamp: When.optional().meta({ description: 'When it changed; `updated_at` says the same' }),
  updated_at: When.optional(),
});
export type Change = z.output<typeof Change>;

export const receive = endpoint({
  id: 'sync.receive',
  method: 'POST',
  path: '/sync/receive',
  access: 'write',
  body_limit: 16 * 1024 * 1024,
  timeout_ms: 120_000,
  summary: 'Take over what changed on another server',
  description:
    'Known memories are told by `sync_id`; of two changes to one the later wins. The same changes again change nothing. Texts pass everything that stored ones do.',
  body: z.strictObject({
    changes: z
      .array(Change)
      .max(1000, 'at most 1,000 at a time')
      .optional()
      .meta({ description: 'As GET /sync/changes gives them' }),
    memories: z.array(Change).max(1000, 'at most 1,000 at a time').optional().meta({ description: 'The same' }),
  }),
  response: z.looseObject({
    synced: z.literal(true),
    applied: Count.meta({ description: 'Of them, how many changed something here' }),
    created: Count,
    updated: Count,
    deleted: Count,
    skipped: Count.meta({ description: 'Known already, or older than what is here' }),
    failed: Count,
    errors: z.array(z.looseObject({ sync_id: z.string(), reason: z.string() })),
    server_time: TimeText,
  }),
});
