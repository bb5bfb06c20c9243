// How much of a limit is left.
import { z } from 'zod';
import { endpoint } from '../../core/endpoint.ts';
import { Text } from '../../core/shapes.ts';

export const lookAtLimit = endpoint({
  id: 'limits.look',
  method: 'GET',
  path: '/rate-limit/{key}',
  access: 'read',
  others: true,
  summary: 'How much of a limit is left',
  description:
    'Requests cost units: most reads 1, searches and most writes 2, contexts 5, batches 10. A key has `rate_limit` units a minute and may use them at once. Administrators name `key:<id>`, `user:<id>` (the key of theirs with least left) or `ip:<address>`; everybody else sees the key they send, whatever they name. Callers on the same machine are not limited unless ENGRAM_RATE_LIMIT_LOOPBACK says so.',
  params: z.strictObject({
    key: Text.min(1, 'is empty')
      .max(200, 'at most 200 characters')
      .meta({ description: 'What to look at', example: 'user:1' }),
  }),
  response: z.looseObject({
    key: z.string(),
    allowed: z.boolean().meta({ description: 'A request that costs 1 would be answered' }),
    limit: z.number().int().meta({ description: 'Units a minute' }),
    remaining: z.number().int().meta({ description: 'Units left' }),
    reset: z.number().int().meta({ description: 'Seconds until all of them are there again' }),
    retry_after: z.number().int().meta({ description: 'Seconds until one is there; 0 when there is' }),
  }),
  errors: ['key_not_found'],
});
