// Who changed what, when, and from where.
import { z } from 'zod';
import { parseTime } from '../../core/clock.ts';
import { endpoint } from '../../core/endpoint.ts';
import { Id, Limit, Offset, Text, TimeText } from '../../core/shapes.ts';

const Word = Text.trim().min(1, 'is empty').max(200, 'at most 200 characters');
const Time = Text.refine(
  (text) => parseTime(text) !== null,
  'must be a time such as "2027-01-31 12:00:00" or RFC 3339',
);
const Whose = z.union([Id, z.literal(['all', '0', 0]).transform((word) => (word === 'all' ? word : 0))], {
  error: 'must be the id of a user, 0 for the server itself, or all',
});

const Entry = z
  .looseObject({
    id: z.number().int(),
    user_id: z.number().int().meta({ description: 'Whose data it was; 0: settings and jobs of the server' }),
    seq: z.number().int().meta({ description: 'Counts up from 1 for each user, without gaps' }),
    actor_user_id: z.number().int().nullable().meta({ description: 'Who did it; null: the server by itself' }),
    key_id: z.number().int().meta({ description: 'With which key; 0: with none' }),
    agent_id: z.number().int().nullable(),
    action: z.string().meta({ description: 'Endpoint or job', example: 'memory.store' }),
    target_type: z.string().nullable().meta({ description: 'What kind of thing it was about', example: 'memory' }),
    target_id: z
      .union([z.number().int(), z.string()])
      .nullable()
      .meta({ description: 'Which one, when it was about one', example: 42 }),
    details: z
      .record(z.string(), z.unknown())
      .nullable()
      .meta({
        description: 'Ids of what was made, changed and ended, never content',
        example: { made: { memory: [42] } },
      }),
    ip: z.string().nullable().meta({ description: 'Address of the caller' }),
    door: z.string().meta({ description: 'http, cli, mcp, gui, job or program', example: 'http' }),
    request_id: z.string().nullable().meta({ description: 'X-Request-Id of the request' }),
    created_at: TimeText,
    prev_hash: z.string(),
    hash: z.string().meta({ description: 'SHA-256 of all the above but id, with the hash of the row before' }),
  })
  .meta({ id: 'AuditEntry' });

export const AuditQuery = z.strictObject({
  limit: Limit(50, 500),
  offset: Offset,
  action: Word.optional().meta({ description: 'Only this one', example: 'memory.delete' }),
  target_type: Word.optional().meta({ description: 'Only about things of this kind', example: 'memory' }),
  target_id: Word.optional().meta({ description: 'Only about this one', example: '42' }),
  key_id: Id.optional().meta({ description: 'Only with this key' }),
  request_id: Word.optional().meta({ description: 'Only of this request' }),
  door: Word.optional().meta({ description: 'Only through this door', example: 'http' }),
  since: Time.optional().meta({ description: 'Not before' }),
  until: Time.optional().meta({ description: 'Not after' }),
  user_id: Whose.optional().meta({ description: 'Whose rows, for administrators: a user, 0 for the server, all' }),
});
export type AuditQuery = z.output<typeof AuditQuery>;

export const listAudit = endpoint({
  id: 'audit.list',
  method: 'GET',
  path: '/audit',
  access: 'read',
  others: true,
  summary: 'What was changed, newest first',
  description:
    'Every request that changed something has its row, written together with the change. Rows name ids, never content. They go after ENGRAM_AUDIT_RETENTION_DAYS.',
  query: AuditQuery,
  response: z.looseObject({
    entries: z.array(Entry),
    count: z.number().int(),
    total: z.number().int(),
    limit: z.number().int(),
    offset: z.number().int(),
  }),
});

export const verifyAudit = endpoint({
  id: 'audit.verify',
  method: 'GET',
  path: '/audit/verify',
  access: 'read',
  others: true,
  timeout_ms: 120_000,
  summary: 'Check that no row of the audit log was changed, removed, exchanged or cut off',
  description:
    'Reads your chain from its oldest row to its newest; administrators read every chain unless they name one. Who can write the database and knows this program could forge a whole chain: note `last_seq` and `last_hash` somewhere else, and compare.',
  query: z.strictObject({
    user_id: Whose.optional().meta({ description: 'Whose chain, for administrators: a user, 0 for the server, all' }),
  }),
  response: z.looseObject({
    ok: z.boolean(),
    checked: z.number().int().meta({ description: 'Rows read' }),
    chains: z.array(
      z.looseObject({
        user_id: z.number().int(),
        ok: z.boolean(),
        checked: z.number().int(),
        first_seq: z.number().int().nullable().meta({ description: 'The oldest row that is kept' }),
        last_seq: z.number().int().nullable(),
        last_hash: z.string().nullable(),
        problems: z.array(
          z.looseObject({
            seq: z.number().int(),
            problem: z.string().meta({ example: 'was changed: its hash does not fit what it says' }),
          }),
        ),
      }),
    ),
  }),
});
