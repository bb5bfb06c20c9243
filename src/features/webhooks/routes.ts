import { type Route, route } from '../../core/endpoint.ts';
import { createWebhook, deadLetters, deleteWebhook, listWebhooks, testWebhook, updateWebhook } from './contract.ts';
import type { Webhooks } from './service.ts';

export const webhookRoutes = (webhooks: Webhooks): Route[] => [
  route(createWebhook, ({ body }, { scope }) => webhooks.create(scope, body)),
  route(listWebhooks, (_input, { scope }) => webhooks.list(scope)),
  route(updateWebhook, ({ params, body }, { scope }) => webhooks.update(scope, params.id, body)),
  route(deleteWebhook, ({ params }, { scope }) => webhooks.delete(scope, params.id)),
  route(testWebhook, ({ params, body }, { scope }) => webhooks.test(scope, params.id, body.event)),
  route(deadLetters, ({ params, query }, { scope }) => webhooks.deadLetters(scope, params.id, query.limit)),
];
