import { type Route, route, withStatus } from '../../core/endpoint.ts';
import type { Metrics } from '../../core/metrics.ts';
import * as contract from './contract.ts';
import type { Schemas } from './schema.ts';
import type { SystemService } from './service.ts';

export interface SystemParts {
  system: SystemService;
  metrics: Metrics;
  schemas: Schemas;
  reference: {
    /** The OpenAPI document. */
    json(): string;
    /** The page at /docs, with the headers that allow its own script and nothing else. */
    page(): { html: string; headers: Record<string, string> };
  };
}

export const systemRoutes = ({ system, metrics, schemas, reference }: SystemParts): Route[] => [
  route(contract.health, () => system.health()),
  route(contract.live, () => system.live()),
  route(contract.ready, async () => {
    const state = await system.ready();
    return state.status === 'ready' ? state : withStatus(503, state);
  }),
  route(contract.metrics, () => metrics.allText()),
  route(contract.httpMetrics, () => metrics.httpText()),
  route(contract.openApi, () => new Response(reference.json(), { headers: { 'content-type': 'application/json' } })),
  route(contract.docs, () => {
    const { html, headers } = reference.page();
    return new Response(html, { headers: { 'content-type': 'text/html; charset=utf-8', ...headers } });
  }),
  route(contract.schemas, () => schemas.index),
  route(contract.memorySchema, () => schemas.memory),
  route(contract.servicesSchema, () => schemas.services),
  route(contract.graphSchema, () => schemas.graph),
];
