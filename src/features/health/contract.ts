// How well kept the memories of a user are.
import { z } from 'zod';
import { endpoint } from '../../core/endpoint.ts';
import { Limit, TimeText } from '../../core/shapes.ts';

const Count = (description: string) => z.number().int().meta({ description });
const Ids = (description: string) => z.array(z.number().int()).meta({ description });

const HealthQuery = z.strictObject({
  stale_days: z.coerce
    .number({ error: 'stale_days must be a whole number' })
    .int('stale_days must be a whole number')
    .min(1, 'stale_days must be 1 or more')
    .max(36_500, 'stale_days must be at most 36,500')
    .default(90)
    .meta({ description: 'Days without being read or recalled after which a memory counts as stale' }),
  limit: Limit(10, 100).meta({ description: 'Most examples of each kind' }),
  dup_threshold: z.unknown().optional().meta({ description: 'Accepted for older clients; changes nothing' }),
});

export const memoryHealth = endpoint({
  id: 'health.memories',
  method: 'GET',
  path: '/memory-health',
  access: 'read',
  summary: 'How well kept the memories are: stale, repeated, unlinked, without a vector',
  query: HealthQuery,
  response: z.looseObject({
    total_memories: Count('Memories that can be recalled'),
    archived: Count('Hidden from recall until unarchived'),
    forgotten: Count('In the trash'),
    superseded: Count('Old versions'),
    pending: Count('Waiting for review'),
    rejected: Count('Refused in review'),
    avg_importance: z.number(),
    oldest_memory: TimeText.nullable(),
    with_links: Count('Linked to another memory'),
    unlinked: Count('Linked to nothing'),
    with_embeddings: Count('Have a vector of the model in use'),
    without_embeddings: Count('Have none'),
    embedding_coverage_pct: z.number().meta({ description: 'Share that has one, 0 to 100' }),
    stale: Count('Neither permanent nor read or recalled for `stale_days`'),
    duplicates: Count('Say exactly what another one says'),
    examples: z.looseObject({
      stale: Ids('The longest unread first'),
      unlinked: Ids('The newest first'),
      without_embeddings: Ids('The newest first'),
      duplicates: z.array(Ids('Ids that say the same')).meta({ description: 'The largest groups first' }),
    }),
  }),
});
