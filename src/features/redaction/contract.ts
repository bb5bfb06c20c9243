// Secrets in what is stored: whether a space lets them be, and taking them out of what is there already.
import { z } from 'zod';
import { endpoint } from '../../core/endpoint.ts';
import { IdParams, TimeText } from '../../core/shapes.ts';

export const changeSpace = endpoint({
  id: 'redaction.change_space',
  method: 'PATCH',
  path: '/spaces/{id}',
  access: 'write',
  summary: 'Say whether secrets are taken out of what is stored in a space',
  description:
    'They are unless this says otherwise. Holds for what is stored from now on; `POST /admin/redact` goes through what is there.',
  params: IdParams,
  body: z.strictObject({
    redaction: z.boolean().meta({ description: 'false keeps secrets as they were sent', example: true }),
  }),
  response: z.looseObject({
    id: z.number().int(),
    name: z.string(),
    description: z.string().nullable(),
    redaction: z.boolean(),
    created_at: TimeText,
  }),
  errors: ['space_missing'],
});

export const sweep = endpoint({
  id: 'redaction.sweep',
  method: 'POST',
  path: '/admin/redact',
  access: 'admin',
  summary: 'Take secrets out of all memories that were stored before',
  description:
    'Goes through every version of every memory of all users, the trash too, and leaves out spaces in which redaction is off. What changes is indexed and read anew. Backups and exports made before keep what they have.',
  body: z.strictObject({
    dry_run: z.boolean().default(true).meta({ description: 'true only counts', example: true }),
  }),
  body_optional: true,
  timeout_ms: 240_000,
  response: z.looseObject({
    dry_run: z.boolean(),
    looked_at: z.number().int().meta({ description: 'Memories read' }),
    affected: z
      .number()
      .int()
      .meta({ description: 'Memories with something to take out, or of which it was taken out' }),
    redacted: z
      .array(z.looseObject({ kind: z.string().meta({ example: 'github-token' }), count: z.number().int() }))
      .meta({ description: 'What was found, the most frequent first' }),
  }),
});
