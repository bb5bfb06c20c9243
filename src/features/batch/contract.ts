// Several operations in one request.
import { z } from 'zod';
import { endpoint } from '../../core/endpoint.ts';

const BatchOp = z.strictObject({
  op: z.enum(['store', 'update', 'link']).meta({ description: 'What to do' }),
  body: z.record(z.string(), z.unknown()).meta({
    description: 'As for the operation alone; update also names the `id`',
    example: { content: 'The staging server moved to Oslo' },
  }),
});
export const batch = endpoint({
  id: 'batch.run',
  cost: 10,
  method: 'POST',
  path: '/batch',
  access: 'write',
  also: { 207: 'An operation failed; the earlier ones stand, the later ones were not tried' },
  summary: 'Up to 100 store, update and link operations in order',
  body: z.strictObject({
    ops: z
      .array(BatchOp)
      .min(1, 'give 1 to 100 operations')
      .max(100, 'give 1 to 100 operations')
      .meta({ description: 'Done in this order' }),
  }),
  response: z.looseObject({
    results: z.array(
      z.looseObject({
        index: z.number().int(),
        op: z.string(),
        success: z.boolean(),
        result: z.unknown().optional(),
        error: z.string().optional(),
      }),
    ),
    total: z.number().int(),
    succeeded: z.number().int(),
  }),
  body_limit: 2 * 1024 * 1024,
  timeout_ms: 30_000,
});
