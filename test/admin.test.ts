// What an operator looks at and turns while the server runs.
import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Caller, createTestApp, type TestApp } from './support/app.ts';
import { type Kind, onEachDatabase } from './support/databases.ts';

onEachDatabase((kind: Kind) => {
  let app: TestApp;
  let writer: Caller;
  beforeEach(async () => {
    app = await createTestApp({
      env: { ENGRAM_EMBEDDING_MODEL: '' },
      ports: { database: await (await kind.place()).open() },
    });
    writer = await app.newUser('ada');
  });
  afterEach(() => app.close());
  const admin = async (method: string, path: string, body?: unknown) => {
    const answer = await app.call(method, path, body);
    expect(answer.status, JSON.stringify(answer.body)).toBeLessThan(300);
    return answer.body;
  };

  describe('maintenance', () => {
    it('refuses changes by others than administrators, and lets everybody read', async () => {
      expect(await admin('GET', '/admin/maintenance')).toEqual({ enabled: false, message: null, since: null });
      await writer('POST', '/store', { content: 'stored before' });
      const on = await admin('POST', '/admin/maintenance', { enabled: true, message: 'Back at noon.' });
      expect(on).toEqual({ enabled: true, message: 'Back at noon.', since: '2026-03-02 12:00:00' });
      const { status, body, headers } = await writer('POST', '/store', { content: 'stored meanwhile' });
      expect([status, body.code]).toEqual([503, 'maintenance']);
      expect(body.error).toMatch(/since 2026-03-02 12:00:00 and takes no changes; reading goes on\. Back at noon\.$/);
      expect(headers.get('retry-after')).not.toBeNull();
      expect((await writer('POST', '/search', { query: 'stored' })).body.results).toHaveLength(1);
      expect((await app.call('POST', '/store', { content: 'by an administrator' })).status).toBe(201);
      await admin('POST', '/admin/maintenance', { enabled: false });
      expect((await writer('POST', '/store', { content: 'stored meanwhile' })).status).toBe(201);
    });

    it('can be turned as a setting too', async () => {
      await admin('PUT', '/admin/settings', { maintenance: true, maintenance_message: 'Soon.' });
      expect((await writer('POST', '/store', { content: 'x' })).body.error).toMatch(/Soon\.$/);
      expect(await admin('GET', '/admin/settings')).toMatchObject({ maintenance: true, maintenance_message: 'Soon.' });
    });
  });

  it('settings are shown without secrets, and changed all or none', async () => {
    const before = await admin('GET', '/admin/settings');
    expect(before).toMatchObject({ host: '127.0.0.1', 'quota.max_memories': 100_000, maintenance: false });
    expect(await admin('PUT', '/admin/settings', {})).toEqual({ updated: 0 });
    for (const [body, code, said] of [
      [{ 'quota.max_memories': 5, port: 1 }, 'setting_decides', /^port is set where the server is started/],
      [{ 'quota.max_memories': 5, prot: 1 }, 'invalid_request', /no setting "prot"/],
      [{ 'quota.max_memories': 5, 'quota.max_spaces': -1 }, 'invalid_request', /quota\.max_spaces must be a whole/],
      [{ maintenance: 'yes' }, 'invalid_request', /maintenance must be true or false/],
      [{ maintenance_message: 5 }, 'invalid_request', /must be a text/],
    ] as const) {
      const { body: refused } = await app.call('PUT', '/admin/settings', body);
      expect([refused.code, said.test(refused.error)]).toEqual([code, true]);
    }
    expect(await admin('GET', '/admin/settings')).toEqual(before);
  });

  it('answers are counted, and from a reset on anew', async () => {
    for (let i = 0; i < 9; i++) await app.call('GET', '/list');
    const sla = await admin('GET', '/admin/sla');
    expect(sla).toMatchObject({
      targets: { uptime_pct: 99.9, p99_latency_ms: 500, error_rate_pct: 1 },
      current_uptime_pct: 100,
      current_error_rate_pct: 0,
      total_errors: 0,
    });
    expect(sla.total_requests).toBeGreaterThan(9);
    expect(await admin('POST', '/admin/sla/reset')).toEqual({ status: 'ok', reset_at: '2026-03-02 12:00:00' });
    expect((await admin('GET', '/admin/sla')).total_requests).toBe(1);
  });

  it('tables, indexes and rows are told', async () => {
    await app.call('POST', '/store', { content: 'one' });
    const { tables, indexes } = await admin('GET', '/admin/schema');
    expect(tables.find((t: { name: string }) => t.name === 'memories').sql).toMatch(/create table.*content/is);
    expect(indexes).toContain('memories_user');
    const { table_counts, database_size_bytes } = await admin('GET', '/admin/scale-report');
    expect(table_counts).toMatchObject({ memories: 1, users: 2, spaces: 2 });
    expect(database_size_bytes).toBeGreaterThan(0);
    expect(await admin('GET', '/admin/cold-storage')).toEqual({ eligible_count: 0, threshold_days: 90 });
    app.clock.advance(91 * 86_400_000);
    expect((await admin('GET', '/admin/cold-storage?days=90')).eligible_count).toBe(1);
    expect(await admin('GET', '/admin/providers')).toMatchObject({
      embedding: { ready: true, model: 'engram-mini' },
      reranker: { ready: false },
      llm: { ready: false },
      brain: { ready: false },
    });
    expect(await admin('GET', '/admin/tasks')).toMatchObject({ failed: 0, running: 0 });
  });

  it('what is due is cleared away', async () => {
    const gone = (await writer('POST', '/store', { content: 'goes to the trash' })).body.id;
    await writer('POST', '/store', { content: 'is over soon', ttl: 60 });
    await writer('POST', `/memory/${gone}/forget`);
    app.clock.advance(31 * 86_400_000);
    expect(await admin('POST', '/admin/gc')).toEqual({
      total_cleaned: 3,
      breakdown: { forgotten_memories: 1, expired_memories: 1, orphaned_embeddings: 1, old_audit_entries: 0 },
    });
    expect((await app.call('POST', '/admin/gc', { user_id: 987_654 })).body.code).toBe('user_not_found');
  });

  it('a word index that was damaged is made anew', async () => {
    const one = (await writer('POST', '/store', { content: 'the lighthouse is red' })).body.id;
    await app.call('POST', '/store', { content: 'the harbour is blue' });
    const user_id = (await writer('GET', '/profile')).body.user_id;
    await app.database.atomically(({ fullText }) => fullText.clear(user_id));
    const search = async () =>
      (await writer('POST', '/search', { query: 'lighthouse', channels: ['lexical'] })).body.results?.length ?? 0;
    const without = await search();
    expect(await admin('POST', '/admin/rebuild-fts', { user_id })).toEqual({ indexed: 1 });
    expect((await admin('POST', '/admin/rebuild-fts')).indexed).toBe(2);
    expect(await search()).toBe(1);
    expect(without).toBeLessThanOrEqual(1);
    expect((await writer('GET', `/memory/${one}`)).status).toBe(200);
  });

  it('a vector index is read anew from the database', async () => {
    await writer('POST', '/store', { content: 'the lighthouse is red' });
    await writer('POST', '/search', { query: 'lighthouse' });
    await sql`delete from memory_vectors`.execute(app.database.reader.db).catch(async () => {
      await app.database.atomically(async ({ db }) => void (await sql`delete from memory_vectors`.execute(db)));
    });
    expect(await admin('POST', '/admin/vector/rebuild-index')).toMatchObject({ rebuilt: true, row_count: 0 });
    expect(await admin('POST', '/admin/refresh-cache')).toMatchObject({ status: 'ok' });
    expect((await writer('POST', '/search', { query: 'lighthouse' })).body.results).toHaveLength(1);
  });

  it('jobs of embedding that failed are tried again', async () => {
    await app.database.atomically(async ({ db }) => {
      const job = { lane: 'inference', attempts: 5, max_attempts: 5, run_at: '2026-03-02 11:00:00' };
      const times = { created_at: '2026-03-02 11:00:00', finished_at: '2026-03-02 11:00:00' };
      const model = JSON.stringify({ model: 'gone@1/4/mean' });
      const failed = { ...job, ...times, kind: 'memory.embed_missing', dedupe_key: 'gone', payload: model };
      await db
        .insertInto('jobs')
        .values({ ...failed, status: 'failed' } as never)
        .execute();
    });
    expect(await admin('POST', '/admin/vector-sync/replay', { limit: 10 })).toEqual({
      processed: 1,
      succeeded: 1,
      failed: 0,
      skipped: 0,
    });
    await app.jobs.drain();
    expect(await admin('POST', '/admin/vector-sync/replay')).toMatchObject({ processed: 0 });
  });

  it('what is named together is counted anew under the name of older clients too', async () => {
    expect(await admin('POST', '/admin/rebuild-cooccurrences')).toEqual({ rebuilt: 0, rebuilt_pairs: 0 });
    expect(await admin('POST', '/admin/detect-communities')).toMatchObject({ communities: 0 });
  });
});
