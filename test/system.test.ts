// Health, the API's descriptions of itself, and metrics.
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestApp, type TestApp } from './support/app.ts';

interface Described {
  summary: string;
  description: string;
  tags: string[];
  parameters?: { $ref?: string; name: string; description?: string }[];
}

let app: TestApp;
beforeAll(async () => {
  app = await createTestApp();
});
afterAll(() => app.close());

describe('health', () => {
  it('says ok with a version, before and after bootstrap, with and without a key', async () => {
    const secret = 'not used here';
    const fresh = await createTestApp({ env: { ENGRAM_BOOTSTRAP_SECRET: secret }, key: 'none yet' });
    expect((await fresh.as(null)('GET', '/health')).body).toMatchObject({ status: 'ok', version: expect.any(String) });
    await fresh.close();
    for (const call of [app.call, app.as(null)]) {
      const answer = await call('GET', '/health');
      expect(answer.status).toBe(200);
      expect(answer.body).toMatchObject({ status: 'ok', service: 'engram', version: expect.any(String) });
    }
  });

  it.each(['/health/ready', '/ready'])('is ready without optional parts at %s', async (path) => {
    for (const call of [app.call, app.as(null)]) {
      const { status, body } = await call('GET', path);
      expect(status).toBe(200);
      expect(body).toMatchObject({ status: 'ready', failing: [] });
      expect(body.checks).toMatchObject({
        database: 'ok',
        embedder: 'disabled',
        reranker: 'disabled',
        llm: 'disabled',
      });
    }
  });

  it.each(['/health/live', '/live'])('is alive at %s', async (path) => {
    const { status, body } = await app.as(null)('GET', path);
    expect([status, body.status]).toEqual([200, 'ok']);
  });

  it('is alive but not ready when the database is gone', async () => {
    const lost = await createTestApp();
    await lost.database.close();
    const ready = await lost.as(null)('GET', '/health/ready');
    expect(ready.status).toBe(503);
    expect(ready.body).toMatchObject({ status: 'not_ready', failing: ['database'] });
    expect((await lost.as(null)('GET', '/health/live')).status).toBe(200);
    await lost.close().catch(() => {});
  });
});

describe('OpenAPI document', () => {
  it.each(['/openapi.json', '/docs/openapi.json'])('is served without a key at %s', async (path) => {
    const { status, headers, body } = await app.as(null)('GET', path);
    expect(status).toBe(200);
    expect(headers.get('content-type')).toMatch(/^application\/json/);
    expect(body).toMatchObject({ openapi: '3.1.0', info: { title: 'Engram Memory API' }, servers: [{ url: '/' }] });
    expect(body.security[0].BearerAuth).toEqual([]);
    expect(body.components.securitySchemes.BearerAuth).toMatchObject({ type: 'http', scheme: 'bearer' });
  });

  it('describes store, lists and path parameters by shared parts', async () => {
    const { paths, components } = (await app.as(null)('GET', '/openapi.json')).body;
    const store = paths['/store'].post;
    const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` });
    expect(store.requestBody.content['application/json'].schema).toEqual(ref('StoreRequest'));
    for (const status of ['200', '201'])
      expect(store.responses[status].content['application/json'].schema).toEqual(ref('StoreResponse'));
    expect(store.responses['404']).toMatchObject({
      $ref: '#/components/responses/NotFound',
      description: expect.stringContaining('memory_not_found'),
    });
    expect(components.schemas.StoreRequest).toMatchObject({ required: ['content'], additionalProperties: false });
    expect(components.schemas.Memory.properties.id.type).toBe('integer');
    expect(components.schemas.Error.required).toEqual(['error', 'code', 'request_id']);
    expect(paths['/memory/{id}'].get.parameters).toContainEqual(
      expect.objectContaining({ name: 'id', in: 'path', required: true }),
    );
    const refs = paths['/list'].get.parameters.map((parameter: { $ref?: string }) => parameter.$ref);
    expect(refs).toEqual(expect.arrayContaining(['#/components/parameters/Limit', '#/components/parameters/Offset']));
    expect(paths['/docs'].get.security).toEqual([]);
    expect(paths['/metrics'].get.security).toEqual([{ BearerAuth: ['admin'] }]);
    expect(paths['/memories'].post).toMatchObject({ deprecated: true, operationId: 'memory.store_alias2' });
  });

  it('lets answers gain fields, and says something about every request field and operation', async () => {
    const document = (await app.as(null)('GET', '/openapi.json')).body;
    const silent: string[] = [];
    const walk = (value: unknown, where: string): void => {
      if (typeof value !== 'object' || value === null) return;
      const { properties, additionalProperties } = value as {
        properties?: Record<string, { description?: string }>;
        additionalProperties?: unknown;
      };
      if (additionalProperties === false) {
        expect(where).not.toContain('.responses.');
        for (const [name, field] of Object.entries(properties ?? {}))
          if (!field.description) silent.push(`${where}.${name}`);
      }
      for (const [key, inner] of Object.entries(value)) walk(inner, `${where}.${key}`);
    };
    walk(document, '');
    for (const [path, item] of Object.entries<Record<string, Described>>(document.paths)) {
      for (const [method, { summary, description, tags, parameters = [] }] of Object.entries(item)) {
        if (!summary || !description || tags.length !== 1) silent.push(`${method} ${path}`);
        for (const parameter of parameters)
          if (!parameter.$ref && !parameter.description) silent.push(`${method} ${path} ${parameter.name}`);
      }
    }
    expect(silent).toEqual([]);
  });

  it('refers only to what it has', async () => {
    const document = (await app.as(null)('GET', '/openapi.json')).body;
    const refs = new Set(JSON.stringify(document).match(/#\/components\/\w+\/[\w.-]+/g));
    for (const ref of refs)
      expect(
        ref
          .slice(2)
          .split('/')
          .reduce((at, key) => at?.[key], document),
        ref,
      ).toBeDefined();
  });
});

describe('GET /docs', () => {
  it.each(['/docs', '/docs/'])('serves a page that carries all it needs at %s', async (path) => {
    const { status, headers, body } = await app.as(null)('GET', path);
    expect(status).toBe(200);
    expect(headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(body).toMatch(/^<!doctype html>/);
    expect(body).not.toMatch(/(?:src|href)="(?:https?:)?\/\//);
    expect(body).not.toMatch(/ (?:style|on\w+)="/);
  });

  it('allows its own script and style and nothing else', async () => {
    const { headers, body } = await app.as(null)('GET', '/docs');
    const policy = headers.get('content-security-policy')!;
    const hashOf = (tag: string) => {
      const inside = new RegExp(`<${tag}>([\\s\\S]*?)</${tag}>`).exec(body)![1]!;
      expect(inside.length).toBeGreaterThan(500);
      return `'sha256-${createHash('sha256').update(inside).digest('base64')}'`;
    };
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain(`script-src ${hashOf('script')};`);
    expect(policy).toContain(`style-src ${hashOf('style')};`);
    expect(policy).not.toContain('unsafe');
    expect(headers.get('x-frame-options')).toBe('DENY');
  });

  it('shows every operation, and the older paths beside it', async () => {
    const { body } = await app.as(null)('GET', '/docs');
    for (const { spec } of app.routes) {
      expect(body, spec.id).toContain(`id="${spec.id}"`);
      for (const path of [spec.path, ...(spec.aliases ?? [])])
        expect(body).toContain(
          `<code>${path}</code>`.replace('<code>', path === spec.path ? '<code class="path">' : '<code>'),
        );
    }
    expect(body).toContain('id="schema-Memory"');
  });
});

describe('schemas', () => {
  it('lists what is described', async () => {
    const { body } = await app.as(null)('GET', '/schema');
    expect(body.schemas.map(({ name }: { name: string }) => name)).toEqual(['memory', 'services', 'graph']);
    for (const { path } of body.schemas) expect((await app.as(null)('GET', path)).status).toBe(200);
  });

  it('describes each field of a memory that is answered', async () => {
    const { body } = await app.as(null)('GET', '/schema/memory');
    expect(body.name).toBe('Memory');
    expect(body.fields).toContainEqual({ name: 'tags', type: 'string[]', description: 'Labels, lower case' });
    expect(body.fields).toContainEqual(expect.objectContaining({ name: 'session_id', type: 'string | null' }));
    expect(body.fields.filter(({ description }: { description: string }) => description === '')).toEqual([]);
    expect(body.related_shapes.SearchResult.fields).toContainEqual(
      expect.objectContaining({ name: 'score', type: 'number' }),
    );
    const { id } = (await app.call('POST', '/store', { content: 'described' })).body;
    const named = new Set(body.fields.map(({ name }: { name: string }) => name));
    const memory = (await app.call('GET', `/memory/${id}`)).body;
    expect(Object.keys(memory).filter((name) => !named.has(name))).toEqual([]);
  });

  it('lists services, with routes only where they exist', async () => {
    const { services } = (await app.as(null)('GET', '/schema/services')).body;
    const names = services.map(({ name }: { name: string }) => name);
    for (const name of 'axon brain broca chiasm loom soma thymus intelligence context ingestion grounding personality'.split(
      ' ',
    ))
      expect(names).toContain(name);
    const mounted = new Set(app.routes.map(({ spec }) => `${spec.method} ${spec.path}`));
    for (const { available, example_routes } of services) {
      expect(available).toBe(example_routes.length > 0);
      for (const route of example_routes) expect(mounted).toContain(route);
    }
    expect(services.find(({ name }: { name: string }) => name === 'memory').available).toBe(true);
  });

  it('describes the graph', async () => {
    const { body } = await app.as(null)('GET', '/schema/graph');
    expect(body.edge.name).toBe('MemoryLink');
    expect(body.edge.fields.map(({ name }: { name: string }) => name)).toEqual([
      'source_id',
      'target_id',
      'similarity',
      'type',
      'created_at',
    ]);
    expect(body.endpoints).toContainEqual(expect.objectContaining({ method: 'GET', path: '/links/{id}' }));
    expect(body.link_types).toEqual(
      expect.arrayContaining([
        'similarity',
        'causal',
        'temporal',
        'reference',
        'supersedes',
        'contradicts',
        'elaborates',
      ]),
    );
  });
});

describe('metrics', () => {
  it('shows everything to an admin', async () => {
    const own = await createTestApp();
    await own.call('POST', '/store', { content: 'counted' });
    own.metrics.degraded('vector');
    const { status, headers, body } = await own.call('GET', '/metrics');
    expect(status).toBe(200);
    expect(headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
    expect(body).toMatch(/^engram_memories_total 1$/m);
    expect(body).toMatch(/^engram_embedded_total 0$/m);
    expect(body).toMatch(/^engram_database_up 1$/m);
    for (const state of ['pending', 'running', 'completed', 'failed'])
      expect(body).toMatch(new RegExp(`^engram_jobs_total\\{status="${state}"\\} \\d+$`, 'm'));
    expect(body).toMatch(/^engram_degraded_total\{signal="vector"\} 1$/m);
    expect(body).toMatch(/^process_resident_memory_bytes [1-9]/m);
    expect(body).toMatch(/^http_requests_total\{method="POST",path="\/store",status="201"\} 1$/m);
    await own.close();
  });

  it('is for admins only', async () => {
    const user = await app.newUser('metrics-reader');
    expect((await user('GET', '/metrics')).status).toBe(403);
    expect((await app.as(null)('GET', '/metrics')).status).toBe(401);
  });

  it('shows HTTP numbers to everybody, by route and never by path', async () => {
    const own = await createTestApp();
    for (const id of [1, 2, 3]) await own.call('GET', `/memory/${id}`);
    await own.call('GET', '/memories/4');
    const lost = await own.as(null)('GET', '/no/such/path');
    expect(lost.headers.get('x-content-type-options')).toBe('nosniff');
    expect(lost.headers.get('x-request-id')).toBe(lost.body.request_id);
    const { status, headers, body } = await own.as(null)('GET', '/metrics/prometheus');
    expect(status).toBe(200);
    expect(headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
    expect(body).toContain('http_requests_total{method="GET",path="/memory/{id}",status="404"} 4');
    expect(body).toContain('http_request_duration_seconds_count{method="GET",path="/memory/{id}",status="404"} 4');
    expect(body).toContain('path="unknown",status="404"} 1');
    expect(body).not.toMatch(/engram_|process_|no\/such/);
    await own.close();
  });

  it('survives a lost database and says so', async () => {
    const lost = await createTestApp();
    await lost.database.close();
    const text = await lost.metrics.allText();
    expect(text).toMatch(/^engram_database_up 0$/m);
    expect(text).not.toMatch(/^engram_memories_total \d/m);
    await lost.close().catch(() => {});
  });

  it('costs next to nothing per request', () => {
    const sample = { method: 'GET', path: '/memory/{id}', status: 200, seconds: 0.001 };
    // The fastest of many batches: how long it takes when nothing else runs. About 1 microsecond each.
    const batches = Array.from({ length: 30 }, () => {
      const started = performance.now();
      for (let i = 0; i < 2_000; i++) app.metrics.request(sample);
      return (performance.now() - started) / 2;
    });
    expect(Math.min(...batches)).toBeLessThan(10);
  });
});
