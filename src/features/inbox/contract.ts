// What waits for a person to say whether it should be remembered.
import { z } from 'zod';
import { endpoint } from '../../core/endpoint.ts';
import { Id, IdParams, Importance, Limit, Memory, Offset, Tags, Text } from '../../core/shapes.ts';

export const listInbox = endpoint({
  id: 'inbox.list',
  method: 'GET',
  path: '/inbox',
  aliases: ['/pending'],
  access: 'read',
  summary: 'List memories that wait for review, newest first',
  description:
    'Stored with `status: "pending"`. Until they are approved they are in no list, search, recall, context or profile.',
  query: z.strictObject({ limit: Limit(50, 200), offset: Offset }),
  response: z.looseObject({
    pending: z.array(Memory),
    count: z.number().int().meta({ description: 'How many this page has' }),
    total: z.number().int().meta({ description: 'How many wait in all' }),
    offset: z.number().int(),
    limit: z.number().int(),
  }),
});

const reviewSpec = { method: 'POST', access: 'write', errors: ['memory_not_found', 'not_pending'] } as const;

export const approve = endpoint({
  ...reviewSpec,
  id: 'inbox.approve',
  path: '/inbox/{id}/approve',
  summary: 'Approve a waiting memory: from now on it is recalled',
  params: IdParams,
  body: z.strictObject({}),
  body_optional: true,
  response: z.looseObject({ approved: z.literal(true), id: z.number().int() }),
});
export const reject = endpoint({
  ...reviewSpec,
  id: 'inbox.reject',
  path: '/inbox/{id}/reject',
  summary: 'Reject a waiting memory: it is never recalled',
  params: IdParams,
  body: z.strictObject({ reason: Text.max(1000).nullish().meta({ description: 'Why; kept with it' }) }),
  body_optional: true,
  response: z.looseObject({ rejected: z.literal(true), id: z.number().int() }),
});

export const EditRequest = z.strictObject({
  content: Text.optional().meta({ description: 'What to remember instead', example: 'Staging runs in Oslo' }),
  category: Text.trim().min(1, 'must not be blank').max(200, 'at most 200 characters').optional().meta({
    description: 'Another category',
  }),
  importance: Importance.optional(),
  tags: Tags.optional().meta({ description: 'Replace the tags' }),
});
export type EditRequest = z.output<typeof EditRequest>;

export const edit = endpoint({
  ...reviewSpec,
  id: 'inbox.edit',
  path: '/inbox/{id}/edit',
  summary: 'Change a waiting memory and approve it',
  description: 'What changes makes a new version, embedded anew; the answer names its id.',
  params: IdParams,
  body: EditRequest,
  body_optional: true,
  body_limit: 1024 * 1024,
  response: z.looseObject({
    approved: z.literal(true),
    edited: z.boolean().meta({ description: 'false when nothing was to be changed' }),
    id: z.number().int().meta({ description: 'The version that is recalled now' }),
    old_id: z.number().int().meta({ description: 'The one that waited' }),
  }),
  errors: ['memory_not_found', 'not_pending', 'content_too_large'],
});

export const bulk = endpoint({
  ...reviewSpec,
  id: 'inbox.bulk',
  path: '/inbox/bulk',
  summary: 'Approve or reject several waiting memories',
  body: z.strictObject({
    ids: z
      .array(Id)
      .min(1, 'give 1 to 500 ids')
      .max(500, 'give 1 to 500 ids')
      .meta({ description: 'Which; repeats count once' }),
    action: z.enum(['approve', 'reject']).meta({ description: 'What to do with them' }),
    reason: Text.max(1000).nullish().meta({ description: 'Why they are rejected; kept with them' }),
  }),
  response: z.looseObject({
    action: z.enum(['approve', 'reject']),
    count: z.number().int().meta({ description: 'How many it was done to' }),
    ids: z.array(z.number().int()).meta({ description: 'Which those are' }),
    skipped: z.array(z.number().int()).meta({ description: 'Unknown ones, and those that do not wait' }),
  }),
  errors: [],
});
