// What the server can do, as tools: found with their schemas, run with a limit of time, and judged by how they did.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AppError } from '../src/core/errors.ts';
import { silentLogger } from '../src/core/log.ts';
import { type Caller, createGrounding } from '../src/features/grounding/service.ts';
import { sha256, systemIds } from '../src/platform/system.ts';
import { createTestApp, fakeClock, type TestApp } from './support/app.ts';
import { KINDS, onEachDatabase } from './support/databases.ts';
import { store, storeAll } from './support/memories.ts';

const HOUR_MS = 3_600_000;

onEachDatabase(
  (kind) => {
    let app: TestApp;
    beforeEach(async () => {
      app = await createTestApp({ ports: { database: await (await kind.place()).open() } });
    });
    afterEach(() => app.close());

    const execute = async (tool: string, args: object = {}, more: object = {}) => {
      const answer = await app.call('POST', '/grounding/execute', { tool, args, ...more });
      expect(answer.status, JSON.stringify(answer.body)).toBe(200);
      return answer.body;
    };
    const quality = async (query = '') => (await app.call('GET', `/grounding/quality${query}`)).body.records;

    describe('tools', () => {
      it('are described by the contracts of their endpoints', async () => {
        const { tools, count } = (await app.call('GET', '/grounding/tools')).body;
        expect(count).toBe(tools.length);
        const search = tools.find(({ name }: { name: string }) => name === 'memory_search');
        expect(search).toMatchObject({
          backend_type: 'system',
          security_policy: { access: 'read', endpoint: 'POST /search' },
          parameters: { type: 'object', required: ['query'], additionalProperties: false },
          return_schema: { type: 'object', properties: { results: { type: 'array' } } },
        });
        expect(search.parameters.properties.limit).toMatchObject({ type: 'integer', minimum: 1 });
        for (const tool of tools) {
          expect(tool.description + tool.usage_hint, tool.name).toMatch(/\w{4}/);
          for (const name of tool.parameters.required) expect(tool.parameters.properties).toHaveProperty(name);
          for (const [name, of] of Object.entries(tool.parameters.properties))
            expect(Object.keys(of as object).join(), `${tool.name}.${name}`).toMatch(/type|anyOf|enum/);
        }
      });

      it('read and write memories as their endpoints do', async () => {
        const stored = await execute('memory_store', { content: 'The harbour opens at nine', tags: ['sea'] });
        expect(stored).toMatchObject({
          status: 'success',
          error: null,
          attempts: 1,
          execution_time_ms: 0,
          content: { stored: true, created: true, tags: ['sea'] },
        });
        const { id } = stored.content;
        expect((await app.call('GET', `/memory/${id}`)).body.content).toBe('The harbour opens at nine');
        expect((await execute('memory_get', { id })).content).toMatchObject({ id, tags: ['sea'] });
        expect((await execute('memory_search', { query: 'harbour', limit: 3 })).content.results[0].id).toBe(id);
        expect((await execute('guard', { action: 'rm -rf /' })).content.signal).toBe('block');
        for (const [tool, args] of [
          ['recall', { query: 'harbour' }],
          ['context', { query: 'harbour' }],
          ['facts', {}],
          ['entities', {}],
          ['graph_neighbourhood', { id, depth: 1, link_types: ['follows', 'extends'] }],
          ['contradictions', {}],
          ['timetravel', { as_of: '2026-03-02', query: 'harbour' }],
          ['memory_correct', { memory_id: id, correction: 'The harbour opens at ten' }],
        ] as const)
          expect(await execute(tool, args), tool).toMatchObject({ status: 'success' });
        expect((await execute('memory_search', { query: 'harbour' })).content.results[0].content).toContain('ten');
      });

      it('stay within the space of the request, and within the user', async () => {
        await app.call('POST', '/spaces', { name: 'work' });
        const id = await store(app, 'The harbour opens at nine');
        const other = await app.newUser('other', 'read,write,admin');
        const read = await other('POST', '/grounding/execute', { tool: 'memory_get', args: { id } });
        expect([read.status, read.body.content, read.body.code]).toEqual([200, null, 'memory_not_found']);
        const search = { tool: 'memory_search', args: { query: 'harbour' } };
        const inWork = await app.call('POST', '/grounding/execute', search, { 'x-space': 'work' });
        expect(inWork.body.content.results).toEqual([]);
        const everywhere = await app.call('POST', '/grounding/execute', search);
        expect(everywhere.body.content.results).toHaveLength(1);
      });

      it('refuse arguments they do not take, and say which they do', async () => {
        expect(await execute('memory_search', { query: 'harbour', flavour: 1 })).toMatchObject({
          status: 'error',
          content: null,
          code: 'invalid_request',
          attempts: 0,
          error: expect.stringMatching(/takes query, limit, .* "flavour"/),
        });
        expect((await execute('memory_search', {})).error).toMatch(/^memory_search\.query: /);
        expect((await execute('memory_get', { id: 'x' })).error).toMatch(/^memory_get\.id: /);
        const asked = async (body: object) => {
          const answer = await app.call('POST', '/grounding/execute', body);
          return [answer.status, answer.body.code];
        };
        expect(await asked({ tool: 'sudo' })).toEqual([404, 'tool_not_found']);
        expect(await asked({ tool: '  ' })).toEqual([400, 'invalid_request']);
        expect(await asked({ tool: 'recall', args: { query: 'x' }, session_id: 'none' })).toEqual([
          404,
          'session_not_found',
        ]);
      });

      it('are run by administrators only', async () => {
        const writer = await app.newUser('writer');
        const { status } = await writer('POST', '/grounding/execute', { tool: 'facts' });
        expect(status).toBe(403);
        for (const path of ['tools', 'providers', 'quality', 'sessions'])
          expect((await writer('GET', `/grounding/${path}`)).status, path).toBe(200);
      });
    });

    describe('sessions', () => {
      const begin = (body: object = {}, call = app.call) => call('POST', '/grounding/sessions', body);
      const live = async (call = app.call) => (await call('GET', '/grounding/sessions')).body.sessions;

      it('are begun, listed, read and ended', async () => {
        const { status, body } = await begin({ name: 'night shift', metadata: { ticket: 7 }, max_retries: 2 });
        expect(status).toBe(201);
        expect(body).toMatchObject({
          ...{ name: 'night shift', backend: 'system', status: 'connected', metadata: { ticket: 7 }, max_retries: 2 },
          ...{ created_at: '2026-03-02 12:00:00', last_activity_at: '2026-03-02 12:00:00' },
        });
        expect(body.tools).toContain('memory_search');
        const second = (await begin()).body;
        expect((await live()).map(({ id }: { id: string }) => id)).toEqual([second.id, body.id]);
        app.clock.advance(60_000);
        await execute('facts', {}, { session_id: body.id });
        expect((await app.call('GET', `/grounding/sessions/${body.id}`)).body).toEqual({
          ...body,
          last_activity_at: '2026-03-02 12:01:00',
        });
        expect((await app.call('DELETE', `/grounding/sessions/${body.id}`)).body).toEqual({
          destroyed: true,
          id: body.id,
        });
        expect((await app.call('GET', `/grounding/sessions/${body.id}`)).status).toBe(404);
        expect((await app.call('DELETE', `/grounding/sessions/${body.id}`)).status).toBe(404);
      });

      it('end after an hour without a call', async () => {
        const used = (await begin()).body.id;
        const idle = (await begin()).body.id;
        app.clock.advance(HOUR_MS - 1);
        await execute('facts', {}, { session_id: used });
        app.clock.advance(1);
        expect((await live()).map(({ id }: { id: string }) => id)).toEqual([used]);
        expect((await app.call('GET', `/grounding/sessions/${idle}`)).status).toBe(404);
      });

      it('are at most 64 of a user, and nobody else’s', async () => {
        const first = (await begin()).body.id;
        for (let i = 1; i < 64; i++) expect((await begin()).status).toBe(201);
        expect([(await begin()).status, (await begin()).body.code]).toEqual([400, 'session_limit']);
        const other = await app.newUser('other');
        expect((await begin({}, other)).status).toBe(201);
        expect(await live(other)).toHaveLength(1);
        expect((await other('GET', `/grounding/sessions/${first}`)).status).toBe(404);
        expect((await other('DELETE', `/grounding/sessions/${first}`)).status).toBe(404);
        await app.call('DELETE', `/grounding/sessions/${first}`);
        expect((await begin()).status).toBe(201);
      });

      it.each(['shell', 'mcp', 'web', 'gui'])('are not offered on %s', async (backend) => {
        const { status, body } = await begin({ backend });
        expect([status, body.code]).toEqual([400, 'backend_unsupported']);
        expect(body.error).toContain('"system" only');
        const { providers } = (await app.call('GET', '/grounding/providers')).body;
        expect(providers).toContainEqual({ name: backend, type: backend, status: 'unsupported' });
        expect(providers).toContainEqual({ name: 'engram', type: 'system', status: 'available' });
      });

      it.each([{ timeout_ms: 0 }, { max_retries: 6 }, { backend: 'x' }, { metadata: { text: 'x'.repeat(5_000) } }])(
        'refuse %j',
        async (body) => {
          expect((await begin(body)).status).toBe(400);
        },
      );
    });

    describe('quality', () => {
      it('counts what tools did for a user, not what callers got wrong', async () => {
        await storeAll(app, ['The harbour opens at nine']);
        for (let i = 0; i < 2; i++) await execute('recall', { query: 'harbour' });
        await execute('facts');
        await execute('memory_get', { id: 999 });
        await execute('memory_search', {});
        const records = await quality();
        expect(records.map(({ tool_name }: { tool_name: string }) => tool_name)).toEqual(['recall', 'facts']);
        expect(records[0]).toMatchObject({
          ...{ tool_key: 'system:engram:recall', backend: 'system', total_calls: 2, total_successes: 2 },
          ...{ total_failures: 0, quality_score: 1, degraded: false, last_execution_at: '2026-03-02 12:00:00' },
        });
        expect(await quality('?limit=1')).toHaveLength(1);
        const other = await app.newUser('other');
        expect((await other('GET', '/grounding/quality')).body.records).toEqual([]);
      });

      it('names what fails first', async () => {
        for (let i = 0; i < 3; i++) await execute('facts');
        await app.database.atomically(async ({ db }) => {
          await db.schema.alterTable('contradictions').renameTo('contradictions_gone').execute();
        });
        const failed = await execute('contradictions');
        expect(failed).toMatchObject({ status: 'error', code: 'internal', content: null });
        expect(failed.error).not.toMatch(/contradictions_gone|no such table|relation/);
        const records = await quality();
        expect(records.map(({ tool_name }: { tool_name: string }) => tool_name)).toEqual(['contradictions', 'facts']);
        expect(records[0]).toMatchObject({ total_failures: 1, quality_score: 0, degraded: true });
        expect(await quality('?degraded=true')).toEqual([records[0]]);
      });
    });
  },
  KINDS.filter(({ shared }) => !shared),
);

describe('a call that fails for the moment', () => {
  const scope = { user_id: 1, key_id: 1, scopes: ['admin'] as const, default_space_id: null, space_id: null };
  const caller: Caller = { scope, request_id: 'r', peer: null, header: () => null };
  /** Tools whose endpoint answers what comes next in `answers`. */
  function grounding(answers: (() => Promise<unknown>)[]) {
    const asked: number[] = [];
    const made = createGrounding({
      call: () => answers[asked.push(1) - 1]!(),
      ...{ clock: fakeClock(), ids: systemIds, sha256, logger: silentLogger },
    });
    const session = made.begin(scope, { name: '', backend: 'system', timeout_ms: 5, max_retries: 2, metadata: {} });
    const run = () => made.execute(caller, { tool: 'facts', args: {}, session_id: session.id });
    return { asked, run, records: () => made.quality(scope, { limit: 10, degraded: false }).records };
  }
  const away = () => Promise.reject(new AppError('database_unavailable'));
  const never = () => new Promise<unknown>(() => {});

  it('is repeated as often as the session says, and counts once', async () => {
    const { run, asked, records } = grounding([away, away, async () => ({ facts: [] })]);
    expect(await run()).toMatchObject({ status: 'success', attempts: 3, content: { facts: [] } });
    expect(asked).toHaveLength(3);
    expect(records()).toMatchObject([{ total_calls: 1, total_successes: 1 }]);
  });

  it('is given up after that', async () => {
    const { run, records } = grounding([away, away, away]);
    expect(await run()).toMatchObject({ status: 'error', attempts: 3, code: 'database_unavailable' });
    expect(records()).toMatchObject([{ total_calls: 1, total_failures: 1 }]);
  });

  it('is not repeated when it is late: it may be at work still', async () => {
    const { run, asked, records } = grounding([never]);
    expect(await run()).toMatchObject({ status: 'error', code: 'timeout', error: 'The tool took longer than 5 ms.' });
    expect(asked).toHaveLength(1);
    expect(records()).toMatchObject([{ total_failures: 1 }]);
  });

  it('is not repeated when the caller is at fault', async () => {
    const { run, asked, records } = grounding([() => Promise.reject(new AppError('space_not_found'))]);
    expect(await run()).toMatchObject({ status: 'error', attempts: 1, code: 'space_not_found' });
    expect([asked.length, records()]).toEqual([1, []]);
  });
});
