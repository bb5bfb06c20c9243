// How much there is of what.
import { z } from 'zod';
import { endpoint } from '../../core/endpoint.ts';
import { Id } from '../../core/shapes.ts';

const Count = z.number().int();

export const getStats = endpoint({
  id: 'stats.get',
  method: 'GET',
  path: '/stats',
  access: 'read',
  others: true,
  summary: 'Detailed statistics: your own, or as an administrator those of all users',
  query: z.strictObject({
    user_id: Id.optional().meta({ description: 'For administrators: only of this user' }),
  }),
  timeout_ms: 60_000,
  response: z.looseObject({
    user_id: Count.nullable().meta({ description: 'Whose figures these are; null: of all users' }),
    memories: z.looseObject({
      total: Count.meta({ description: 'Current ones that are not in the trash' }),
      rows: Count.meta({ description: 'Every version, and the trash' }),
      embedded: Count,
      forgotten: Count,
      archived: Count,
      pending: Count,
      rejected: Count,
      static: Count,
      dynamic: Count,
      versioned: Count.meta({ description: 'Those that were changed' }),
      inferences: Count.meta({ description: 'Facts taken from longer memories' }),
      categories: z.array(z.looseObject({ category: z.string(), count: Count })),
    }),
    links: z.looseObject({ total: Count, by_type: z.array(z.looseObject({ type: z.string(), count: Count })) }),
    conversations: Count,
    messages: Count,
    agents: z.array(z.looseObject({ agent: z.string(), conversations: Count, total_messages: Count })),
    embedding_model: z.string().nullable(),
    llm_model: z.string().nullable(),
    llm_configured: z.boolean(),
    db_size_mb: z.number().nullable().meta({ description: 'For administrators only' }),
    counts: z.looseObject({
      memories: Count,
      tasks: Count.meta({ description: 'Jobs that wait or run; for administrators only' }),
      events: Count,
      actions: Count,
      agents: Count,
      api_keys: Count,
    }),
  }),
  errors: ['forbidden'],
});
