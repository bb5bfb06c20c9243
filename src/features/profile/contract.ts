// Outlines of what a user has stored.
import { z } from 'zod';
import { endpoint } from '../../core/endpoint.ts';
import { Flag, TimeText } from '../../core/shapes.ts';

const Count = (name: string) => z.looseObject({ [name]: z.string(), count: z.number().int() });
export const getProfile = endpoint({
  id: 'profile.get',
  method: 'GET',
  path: '/profile',
  access: 'read',
  summary: 'What is known about this user, in outline',
  query: z.strictObject({
    summary: Flag.default(false).meta({ description: 'Accepted for older clients; changes nothing' }),
  }),
  response: z.looseObject({
    user_id: z.number().int(),
    personality_traits: z.record(z.string(), z.unknown()),
    personality_summary: z.string().nullable(),
    memory_count: z.number().int(),
    oldest_memory: TimeText.nullable(),
    newest_memory: TimeText.nullable(),
    avg_importance: z.number(),
    top_categories: z.array(Count('category')),
    top_tags: z.array(Count('tag')),
    static_facts: z.array(z.string()),
    recent_activity: z.array(z.string()),
  }),
});
export const getMyStats = endpoint({
  id: 'profile.stats',
  method: 'GET',
  path: '/me/stats',
  access: 'read',
  summary: 'How much this user has stored',
  response: z.looseObject({
    memories: z.number().int(),
    archived: z.number().int(),
    forgotten: z.number().int(),
    links: z.number().int(),
    embedded: z.number().int(),
    categories: z.record(z.string(), z.number().int()),
  }),
});
