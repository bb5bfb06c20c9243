// Is it up, is it ready, what is it: open to probes, which have no key.
import { z } from 'zod';
import { endpoint } from '../../core/endpoint.ts';

const PROBE = { access: 'public', body_limit: 1024, timeout_ms: 1_000 } as const;

const Alive = z.looseObject({ status: z.literal('ok'), service: z.literal('engram'), version: z.string() });
export const health = endpoint({
  id: 'system.health',
  method: 'GET',
  path: '/health',
  ...PROBE,
  summary: 'Is the server up, and what does it run on',
  response: Alive.extend({
    llm_configured: z.boolean(),
    embedding_model: z.string().nullable(),
    database: z.string().meta({ description: 'Family of the database' }),
    uptime_secs: z.number(),
  }),
});
export const live = endpoint({ id: 'system.live', method: 'GET', path: '/health/live', aliases: ['/live'], ...PROBE, summary: 'Is the process alive', response: Alive });
export const ready = endpoint({
  id: 'system.ready',
  method: 'GET',
  path: '/health/ready',
  aliases: ['/ready'],
  ...PROBE,
  summary: 'Can it answer requests',
  description: 'Missing optional parts never make the server unready.',
  also: { 503: 'Not ready; `failing` names what is missing' },
  response: z.looseObject({
    status: z.enum(['ready', 'not_ready']),
    service: z.literal('engram'),
    version: z.string(),
    checks: z.looseObject({
      database: z.enum(['ok', 'unavailable']),
      embedder: z.enum(['loaded', 'disabled']),
      reranker: z.enum(['loaded', 'disabled']),
      llm: z.enum(['configured', 'disabled']),
    }),
    failing: z.array(z.string()),
  }),
});
