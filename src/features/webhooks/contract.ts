// Webhooks: addresses that are told what happens, signed, tried again, and put aside when nobody takes it.
import { z } from 'zod';
import { endpoint } from '../../core/endpoint.ts';
import { EVENTS } from '../../core/events.ts';
import { job } from '../../core/job.ts';
import { Id, IdParams, Limit, Text, TimeText } from '../../core/shapes.ts';

const Count = z.number().int();
const MAX_LETTERS = 200;

const Webhook = z
  .looseObject({
    id: Count,
    user_id: Count,
    url: z.string(),
    events: z.array(z.string()),
    has_secret: z.boolean(),
    is_active: z.boolean().meta({ description: 'false after ten deliveries in a row failed; PATCH turns it on again' }),
    failure_count: Count.meta({ description: 'Deliveries in a row that failed' }),
    last_triggered_at: TimeText.nullable(),
    created_at: TimeText,
  })
  .meta({ id: 'Webhook' });

const Patterns = z
  .array(Text.trim().min(1, 'an event has a name').max(100))
  .min(1, 'name at least one event, or "*"')
  .max(50)
  .meta({ description: `Names or patterns: \`*\`, \`memory.*\`, ${EVENTS.map((name) => `\`${name}\``).join(', ')}` });
const Secret = Text.min(1, 'secret is empty; leave it out to send unsigned')
  .max(1_000)
  .meta({ description: 'Signs each delivery: `X-Engram-Signature: sha256=<hex HMAC-SHA256 of the body>`' });

export const createWebhook = endpoint({
  id: 'webhooks.create',
  method: 'POST',
  path: '/webhooks',
  access: 'write',
  status: 201,
  summary: 'Be told what happens',
  description:
    'Each event is sent as `POST {event, timestamp, data}`; anything but a 2xx within ten seconds is tried twice more, then put aside (`GET /webhooks/{id}/dead-letters`). Events of one user arrive in order. Addresses of this machine and its network are refused unless the server allows them.',
  body: z.strictObject({
    url: Text.trim()
      .min(1)
      .max(2_000)
      .meta({ description: 'http:// or https://', example: 'https://example.com/hook' }),
    events: Patterns.default(['*']),
    secret: Secret.nullish(),
  }),
  response: z.looseObject({
    created: z.literal(true),
    id: Count,
    url: z.string(),
    events: z.array(z.string()),
    has_secret: z.boolean(),
    created_at: TimeText,
  }),
  errors: ['webhook_refused'],
});

export const listWebhooks = endpoint({
  id: 'webhooks.list',
  method: 'GET',
  path: '/webhooks',
  access: 'read',
  summary: 'List webhooks',
  response: z.looseObject({ webhooks: z.array(Webhook), count: Count }),
});

export const updateWebhook = endpoint({
  id: 'webhooks.update',
  method: 'PATCH',
  path: '/webhooks/{id}',
  access: 'write',
  summary: 'Change a webhook, or turn it on again',
  params: IdParams,
  body: z.strictObject({
    events: Patterns.optional(),
    secret: Secret.nullish(),
    is_active: z.boolean().optional().meta({ description: 'true also forgets past failures' }),
  }),
  response: Webhook,
  errors: ['webhook_not_found'],
});

export const deleteWebhook = endpoint({
  id: 'webhooks.delete',
  method: 'DELETE',
  path: '/webhooks/{id}',
  access: 'write',
  summary: 'Delete a webhook with its dead letters',
  params: IdParams,
  response: z.looseObject({ deleted: z.literal(true), id: Count }),
  errors: ['webhook_not_found'],
});

export const testWebhook = endpoint({
  id: 'webhooks.test',
  method: 'POST',
  path: '/webhooks/test/{id}',
  access: 'write',
  summary: 'Send a test event to one webhook now',
  params: IdParams,
  body: z.strictObject({
    event: Text.trim().min(1).max(100).default('test').meta({ description: 'What it is called in the delivery' }),
  }),
  body_optional: true,
  timeout_ms: 15_000,
  response: z.looseObject({
    hook_id: Count,
    url: z.string(),
    event: z.string(),
    dispatched: z.boolean().meta({ description: 'Whether the address took it' }),
    status_code: Count.nullable(),
    latency_ms: Count.nullable(),
    error: z.string().nullable(),
  }),
  errors: ['webhook_not_found'],
});

export const deadLetters = endpoint({
  id: 'webhooks.dead_letters',
  method: 'GET',
  path: '/webhooks/{id}/dead-letters',
  access: 'read',
  summary: 'List what a webhook did not take, newest first',
  params: IdParams,
  query: z.strictObject({ limit: Limit(50, MAX_LETTERS) }),
  response: z.looseObject({
    dead_letters: z.array(
      z.looseObject({
        id: Count,
        webhook_id: Count,
        event: z.string(),
        payload: z.string().meta({ description: 'JSON of the data' }),
        attempts: Count,
        last_error: z.string(),
        last_status_code: Count.nullable(),
        created_at: TimeText,
      }),
    ),
    count: Count,
    webhook_id: Count,
  }),
  errors: ['webhook_not_found'],
});

/** One at a time for each address, so that what it is told comes in order. */
export const deliverEvents = job({
  kind: 'webhooks.deliver',
  lane: 'webhooks',
  payload: z.strictObject({ user_id: Id, webhook_id: Id }),
  dedupe: ({ webhook_id }) => String(webhook_id),
  attempts: 3,
});
