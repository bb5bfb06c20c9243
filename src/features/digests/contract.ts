// Digests: what a day, a week or a month brought; on request, or sent to an address by a schedule.
import { z } from 'zod';
import { endpoint } from '../../core/endpoint.ts';
import { job } from '../../core/job.ts';
import { Id, IdParams, Limit, Text, TimeText } from '../../core/shapes.ts';

const Count = z.number().int();
export const DigestPeriod = z.enum(['hourly', 'daily', 'weekly', 'monthly']);
export type DigestPeriod = z.infer<typeof DigestPeriod>;
export const Schedule = z.enum(['hourly', 'daily', 'weekly']);

const Digest = z
  .looseObject({
    id: Count,
    period: z.string(),
    content: z.string().meta({ description: 'Markdown' }),
    memory_count: Count.meta({ description: 'Memories stored in the period' }),
    user_id: Count,
    started_at: TimeText,
    ended_at: TimeText,
    created_at: TimeText,
    new_memories: Count,
    changed_memories: Count,
    contradictions: Count,
    categories: z.array(z.looseObject({ category: z.string(), count: Count })),
    top_memory_ids: z.array(Count),
    summary: z.string().nullable().meta({ description: 'Sentences of the memories that say most of what they say' }),
    paragraph: z.string().nullable().meta({ description: 'By a language model; null without one' }),
    degraded: z.array(z.string()).meta({ description: '`llm`: the language model did not answer' }),
  })
  .meta({ id: 'Digest' });

export const generateDigest = endpoint({
  id: 'digests.generate',
  method: 'POST',
  path: '/digests/generate',
  aliases: ['/intelligence/digests/generate'],
  access: 'write',
  status: 201,
  summary: 'Sum up the last day, week or month',
  description:
    'Figures, the most important memories, open contradictions and a summary made of sentences of the memories; with a language model a paragraph in addition.',
  body: z.strictObject({
    period: z.enum(['daily', 'weekly', 'monthly']).default('daily').meta({ description: 'How far back it looks' }),
  }),
  body_optional: true,
  timeout_ms: 60_000,
  response: Digest,
});

const Subscription = z.looseObject({
  id: Count,
  schedule: Schedule,
  webhook_url: z.string(),
  has_secret: z.boolean(),
  include_stats: z.boolean(),
  include_new_memories: z.boolean(),
  include_contradictions: z.boolean(),
  include_reflections: z.boolean(),
  active: z.boolean().meta({ description: 'false after ten deliveries in a row failed' }),
  failures: Count,
  last_error: z.string().nullable(),
  last_sent_at: TimeText.nullable(),
  next_send_at: TimeText,
  created_at: TimeText,
});

export const listDigests = endpoint({
  id: 'digests.list',
  method: 'GET',
  path: '/digests',
  aliases: ['/intelligence/digests'],
  access: 'read',
  summary: 'Digests made so far, newest first, and who gets them',
  description: 'A digest is left out as soon as a memory it quotes is erased, archived or in the trash.',
  query: z.strictObject({ limit: Limit(20, 500) }),
  response: z.looseObject({ digests: z.array(Digest), count: Count, subscriptions: z.array(Subscription) }),
});

const Part = z.boolean().default(true);
export const SubscribeRequest = z.strictObject({
  webhook_url: Text.trim()
    .min(1)
    .max(2_000)
    .meta({ description: 'http:// or https://, outside the server’s own network' }),
  webhook_secret: Text.min(1).max(1_000).nullish().meta({ description: 'Signs what is sent: X-Engram-Signature' }),
  schedule: Schedule.default('daily').meta({ description: 'How often it is sent' }),
  include_stats: Part.meta({ description: 'Tell the figures' }),
  include_new_memories: Part.meta({ description: 'Tell what was stored' }),
  include_contradictions: Part.meta({ description: 'Tell what contradicts' }),
  include_reflections: Part.meta({ description: 'Tell what was thought' }),
});
export type SubscribeRequest = z.output<typeof SubscribeRequest>;

export const subscribe = endpoint({
  id: 'digests.subscribe',
  method: 'POST',
  path: '/digests',
  access: 'write',
  status: 201,
  summary: 'Have digests sent to an address',
  description:
    'POSTs `{event: "digest", timestamp, data}`; with a secret signed by `X-Engram-Signature: sha256=<hex HMAC-SHA256 of the body>`. One that is not taken is tried again with growing pauses, five times in all.',
  body: SubscribeRequest,
  timeout_ms: 20_000,
  response: Subscription,
  errors: ['webhook_refused'],
});

export const unsubscribe = endpoint({
  id: 'digests.unsubscribe',
  method: 'DELETE',
  path: '/digests/{id}',
  access: 'write',
  summary: 'Send no more digests there',
  params: IdParams,
  response: z.looseObject({ deleted: z.literal(true), id: Count }),
  errors: ['digest_not_found'],
});

export const sendDigest = endpoint({
  id: 'digests.send',
  method: 'POST',
  path: '/digests/send',
  access: 'write',
  summary: 'Send a digest now',
  body: z.strictObject({ digest_id: Id.meta({ description: 'The subscription' }) }),
  timeout_ms: 30_000,
  response: z.looseObject({
    sent: z.literal(true),
    digest_id: Count,
    status_code: Count,
    latency_ms: Count,
    payload: z.looseObject({}),
  }),
  errors: ['digest_not_found', 'webhook_failed'],
});

export const deliverDigest = job({
  kind: 'digests.deliver',
  lane: 'io',
  payload: z.strictObject({ user_id: z.number(), subscription_id: z.number(), until: z.string() }),
  dedupe: ({ subscription_id }) => String(subscription_id),
  attempts: 5,
});
