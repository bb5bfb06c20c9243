import { type Route, route } from '../../core/endpoint.ts';
import { generateDigest, listDigests, sendDigest, subscribe, unsubscribe } from './contract.ts';
import type { Deliveries } from './deliveries.ts';
import type { Digests } from './service.ts';

export const digestRoutes = (digests: Digests, deliveries: Deliveries): Route[] => [
  route(generateDigest, ({ body }, { scope }) => digests.generate(scope, body.period)),
  route(listDigests, async ({ query }, { scope }) => ({
    ...(await digests.list(scope, query.limit)),
    subscriptions: await deliveries.list(scope),
  })),
  route(subscribe, ({ body }, { scope }) => deliveries.subscribe(scope, body)),
  route(unsubscribe, ({ params }, { scope }) => deliveries.unsubscribe(scope, params.id)),
  route(sendDigest, ({ body }, { scope }) => deliveries.send(scope, body.digest_id)),
];
