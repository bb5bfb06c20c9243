// Is it up, is it ready, what is it, what can it do: open to probes and browsers, which have no key. Nothing here but
// the numbers of /metrics tells anything about what is stored.
import { z } from 'zod';
import { endpoint } from '../../core/endpoint.ts';
import { METRICS_TYPE } from '../../core/metrics.ts';

const PROBE = { access: 'public', body_limit: 1024, timeout_ms: 1_000 } as const;
const OPEN = { method: 'GET', access: 'public' } as const;

const Alive = z.looseObject({
  status: z.literal('ok'),
  service: z.literal('engram'),
  version: z.string().meta({ description: 'Version of the server' }),
});
export const health = endpoint({
  id: 'system.health',
  method: 'GET',
  path: '/health',
  ...PROBE,
  summary: 'Is the server up, and what does it run on',
  response: Alive.extend({
    llm_configured: z.boolean().meta({ description: 'A language model is set up' }),
    embedding_model: z
      .string()
      .nullable()
      .meta({ description: 'Model that turns text into vectors; null when there is none' }),
    database: z.string().meta({ description: 'Family of the database', example: 'SQLite' }),
    safe_mode: z.boolean().meta({ description: 'Changes are refused after a row of crashes', example: false }),
    uptime_secs: z.number().meta({ description: 'Seconds since the start' }),
  }),
});
export const live = endpoint({
  id: 'system.live',
  method: 'GET',
  path: '/health/live',
  aliases: ['/live'],
  ...PROBE,
  summary: 'Is the process alive',
  response: Alive,
});
export const ready = endpoint({
  id: 'system.ready',
  method: 'GET',
  path: '/health/ready',
  aliases: ['/ready'],
  ...PROBE,
  summary: 'Can it answer requests',
  description: 'Missing optional parts never make the server unready.',
  also: { 503: 'Not ready; `failing` names what is missing.' },
  response: z.looseObject({
    status: z.enum(['ready', 'not_ready']),
    service: z.literal('engram'),
    version: z.string().meta({ description: 'Version of the server' }),
    checks: z.looseObject({
      database: z.enum(['ok', 'unavailable']),
      embedder: z.enum(['loaded', 'disabled']),
      reranker: z.enum(['loaded', 'disabled']),
      llm: z.enum(['configured', 'disabled']),
    }),
    failing: z.array(z.string()).meta({ description: 'Names of the checks that keep it from being ready' }),
  }),
});

export const metrics = endpoint({
  id: 'system.metrics',
  method: 'GET',
  path: '/metrics',
  access: 'admin',
  summary: 'All metrics, in Prometheus text',
  description: 'Memories, vectors, jobs, degraded answers, the process, and everything that `/metrics/prometheus` has.',
  produces: METRICS_TYPE,
  response: z.string(),
});
export const httpMetrics = endpoint({
  id: 'system.http_metrics',
  path: '/metrics/prometheus',
  ...OPEN,
  summary: 'Metrics of the HTTP surface, in Prometheus text',
  description:
    'Counts and durations by method, route and status. Open to scrapers without a key; tells nothing of what is stored.',
  produces: METRICS_TYPE,
  response: z.string(),
});

export const openApi = endpoint({
  id: 'system.openapi',
  path: '/openapi.json',
  aliases: ['/docs/openapi.json'],
  ...OPEN,
  summary: 'This API as an OpenAPI 3.1 document',
  produces: 'application/json',
  response: z.looseObject({
    openapi: z.literal('3.1.0'),
    info: z.looseObject({ title: z.string(), version: z.string() }),
  }),
});
export const docs = endpoint({
  id: 'system.docs',
  path: '/docs',
  ...OPEN,
  summary: 'This API as a page to read and try out',
  produces: 'text/html; charset=utf-8',
  response: z.string(),
});

const Field = z.looseObject({
  name: z.string(),
  type: z.string().meta({ description: 'JSON type; `string | null` may be null', example: 'string | null' }),
  description: z.string(),
});
export const schemas = endpoint({
  id: 'system.schemas',
  path: '/schema',
  ...OPEN,
  summary: 'Which descriptions of the data there are',
  response: z.looseObject({
    schemas: z.array(z.looseObject({ name: z.string(), path: z.string(), description: z.string() })),
  }),
});
export const memorySchema = endpoint({
  id: 'system.schema_memory',
  path: '/schema/memory',
  ...OPEN,
  summary: 'Fields of a memory and of a search hit',
  response: z.looseObject({
    name: z.literal('Memory'),
    description: z.string(),
    fields: z.array(Field),
    related_shapes: z.record(z.string(), z.looseObject({ description: z.string(), fields: z.array(Field) })),
  }),
});
export const servicesSchema = endpoint({
  id: 'system.schema_services',
  path: '/schema/services',
  ...OPEN,
  summary: 'Services, what they are for, and whether this version has them',
  response: z.looseObject({
    name: z.literal('Services'),
    description: z.string(),
    services: z.array(
      z.looseObject({
        name: z.string(),
        role: z.string(),
        available: z.boolean().meta({ description: 'This version answers at least one route of it' }),
        example_routes: z.array(z.string()).meta({ description: 'Routes that exist', example: ['POST /store'] }),
      }),
    ),
  }),
});
export const graphSchema = endpoint({
  id: 'system.schema_graph',
  path: '/schema/graph',
  ...OPEN,
  summary: 'How memories are linked to each other',
  response: z.looseObject({
    name: z.literal('Graph'),
    description: z.string(),
    node: z.looseObject({
      type: z.string(),
      reference: z.string().meta({ description: 'Where the node is described' }),
    }),
    edge: z.looseObject({ name: z.literal('MemoryLink'), fields: z.array(Field) }),
    endpoints: z.array(z.looseObject({ path: z.string(), method: z.string(), desc: z.string() })),
    link_types: z.array(z.string()),
  }),
});
