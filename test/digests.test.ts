// Digests on request and by schedule, sent to a real server on this machine.
import { createHmac } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DAY_MS, HOUR_MS } from '../src/algo/durations.ts';
import { type Caller, createTestApp, type TestApp } from './support/app.ts';
import { KINDS, onEachDatabase } from './support/databases.ts';
import { refuse, startLlm } from './support/llm-server.ts';
import { store, storeAll } from './support/memories.ts';
import { type Received, startReceiver } from './support/receiver.ts';

const INSIDE = KINDS.filter(({ shared }) => !shared);
const LEDGER = [
  { content: 'The ledger moves from Oslo to Bergen in spring', importance: 9, category: 'decision' },
  { content: 'The ledger moves without the archive', importance: 6, category: 'decision' },
  { content: 'Ann writes the plan of the move', importance: 3, category: 'task' },
];

onEachDatabase((kind) => {
  let app: TestApp;
  beforeEach(async () => {
    const place = await kind.place();
    app = await createTestApp({
      env: { ENGRAM_WEBHOOK_ALLOW_PRIVATE: '1' },
      ports: { database: await place.open() },
    });
  });
  afterEach(() => app.close());
  const generate = async (period?: string, call: Caller = app.call) =>
    (await call('POST', '/digests/generate', period && { period })).body;
  const subscribe = (body: Record<string, unknown>, call: Caller = app.call) => call('POST', '/digests', body);
  const subscriptions = async (call: Caller = app.call) => (await call('GET', '/digests')).body.subscriptions;
  const drainAfter = async (ms: number) => {
    app.clock.advance(ms);
    await app.jobs.drain();
  };

  describe('on request', () => {
    it('sums up what was stored', async () => {
      const old = await store(app, { content: 'The ledger is written in COBOL', importance: 10 });
      app.clock.advance(2 * DAY_MS);
      const ids = await storeAll(app, LEDGER);
      const { new_id } = (await app.call('POST', `/memory/${ids[2]}/update`, { content: 'Ann wrote the plan' })).body;
      const { status, body } = await app.call('POST', '/intelligence/digests/generate');
      expect(status).toBe(201);
      expect(body).toMatchObject({
        period: 'daily',
        memory_count: 3,
        new_memories: 2,
        changed_memories: 1,
        contradictions: 0,
        categories: [
          { category: 'decision', count: 2 },
          { category: 'task', count: 1 },
        ],
        top_memory_ids: [ids[0], ids[1], new_id],
        paragraph: null,
        degraded: [],
        started_at: '2026-03-03 12:00:00',
        ended_at: '2026-03-04 12:00:00',
      });
      for (const part of ['2 new memories, 1 changed', LEDGER[0]!.content, '[decision, 9/10]'])
        expect(body.content).toContain(part);
      expect(body.content).not.toContain('COBOL');
      expect(body.summary).toContain('The ledger moves');
      const week = await generate('weekly');
      expect([week.memory_count, week.top_memory_ids[0]]).toEqual([4, old]);
      const { digests, count } = (await app.call('GET', '/intelligence/digests')).body;
      expect([count, digests.map((one: { period: string }) => one.period)]).toEqual([2, ['weekly', 'daily']]);
    });

    it('has nothing to tell of nothing', async () => {
      expect(await generate('monthly')).toMatchObject({ memory_count: 0, summary: null, top_memory_ids: [] });
    });

    it('is not shown while a memory it quotes is gone', async () => {
      const [first] = await storeAll(app, LEDGER);
      await generate();
      const count = async () => (await app.call('GET', '/digests')).body.count;
      await app.call('POST', `/memory/${first}/forget`);
      expect(await count()).toBe(0);
      await app.call('POST', `/memory/${first}/restore`);
      expect(await count()).toBe(1);
      await app.jobs.drain();
      await app.call('DELETE', `/memory/${first}`);
      await drainAfter(6 * 60_000);
      expect(await count()).toBe(0);
    });

    it('is nobody else’s, and of no other space', async () => {
      const other = await app.newUser('other');
      const space = (await app.call('POST', '/spaces', { name: 'work' })).body.id;
      const inWork: Caller = (method, path, body) => app.call(method, path, body, { 'x-space': 'work' });
      await storeAll(app, LEDGER);
      await store(app, { content: 'The kettle is copper', space_id: space });
      await generate();
      const own = await generate('daily', inWork);
      expect([own.memory_count, own.content.includes('ledger')]).toEqual([1, false]);
      expect((await inWork('GET', '/digests')).body.digests.map(({ id }: { id: number }) => id)).toEqual([own.id]);
      expect((await other('GET', '/digests')).body.count).toBe(0);
    });
  });

  describe('by schedule', () => {
    it('goes out signed, once a day', async () => {
      await using hook = await startReceiver();
      const { status, body } = await subscribe({ webhook_url: hook.url, webhook_secret: 'hush' });
      expect([status, body]).toEqual([
        201,
        expect.objectContaining({ schedule: 'daily', has_secret: true, next_send_at: '2026-03-03 12:00:00' }),
      ]);
      expect(JSON.stringify(body)).not.toContain('hush');
      await app.jobs.drain();
      await drainAfter(23 * HOUR_MS);
      expect(hook.received).toEqual([]);
      const ids = await storeAll(app, LEDGER);
      await drainAfter(2 * HOUR_MS);
      expect(hook.received).toHaveLength(1);
      const [{ headers, body: text }] = hook.received as [Received];
      const signature = createHmac('sha256', 'hush').update(text).digest('hex');
      expect(headers['x-engram-signature']).toBe(`sha256=${signature}`);
      const sent = JSON.parse(text);
      expect(sent).toMatchObject({ event: 'digest', timestamp: '2026-03-03T13:00:00.000Z' });
      expect(sent.data).toMatchObject({ digest_id: body.id, stats: { memory_count: 3 }, contradictions: [] });
      expect(sent.data.new_memories.map(({ id }: { id: number }) => id)).toEqual(ids);
      expect(await subscriptions()).toEqual([
        expect.objectContaining({ last_sent_at: '2026-03-03 13:00:00', next_send_at: '2026-03-04 12:00:00' }),
      ]);
      await drainAfter(HOUR_MS);
      expect(hook.received).toHaveLength(1);
      // Away for days: one digest, then the usual hour again.
      await drainAfter(4 * DAY_MS);
      expect(hook.received).toHaveLength(2);
      expect((await subscriptions())[0].next_send_at).toBe('2026-03-08 12:00:00');
    });

    it('holds only what is wanted', async () => {
      await using hook = await startReceiver();
      await storeAll(app, LEDGER);
      await app.call('POST', '/reflect', { content: 'Moves take long' });
      const wish = { webhook_url: hook.url, schedule: 'hourly', include_stats: false, include_new_memories: false };
      const { id } = (await subscribe(wish)).body;
      const { status, body } = await app.call('POST', '/digests/send', { digest_id: id });
      expect([status, body.sent, body.status_code]).toEqual([200, true, 204]);
      expect(Object.keys(body.payload).sort()).toEqual(
        ['digest_id', 'schedule', 'started_at', 'ended_at', 'contradictions', 'reflections'].sort(),
      );
      expect(body.payload.reflections).toEqual([expect.objectContaining({ content: 'Moves take long' })]);
      expect(JSON.parse(hook.received[0]!.body).data).toEqual(body.payload);
      expect(hook.received[0]!.headers['x-engram-signature']).toBeUndefined();
    });

    it('is tried again when it was not taken', async () => {
      await using hook = await startReceiver();
      hook.statuses.push(500, 503);
      await subscribe({ webhook_url: hook.url, schedule: 'hourly' });
      await app.jobs.drain();
      await drainAfter(HOUR_MS);
      expect((await subscriptions())[0]).toMatchObject({ failures: 1, last_error: expect.stringContaining('500') });
      await drainAfter(10_000);
      await drainAfter(10_000);
      expect(hook.received).toHaveLength(3);
      expect((await subscriptions())[0]).toMatchObject({ failures: 0, last_error: null });
    });

    it('ends after ten failures in a row, and when it is taken back', async () => {
      await using hook = await startReceiver();
      const { id } = (await subscribe({ webhook_url: hook.url })).body;
      hook.statuses.push(...Array.from({ length: 10 }, () => 302));
      for (let n = 0; n < 10; n++) {
        const { status, body } = await app.call('POST', '/digests/send', { digest_id: id });
        expect([status, body.code]).toEqual([503, 'webhook_failed']);
      }
      expect(hook.received).toHaveLength(10);
      expect((await subscriptions())[0]).toMatchObject({ active: false, failures: 10 });
      expect((await app.call('DELETE', `/digests/${id}`)).body).toEqual({ deleted: true, id });
      expect(await subscriptions()).toEqual([]);
      for (const [method, path, body] of [
        ['DELETE', `/digests/${id}`, undefined],
        ['POST', '/digests/send', { digest_id: id }],
      ] as const)
        expect((await app.call(method, path, body)).body.code).toBe('digest_not_found');
    });

    it('is nobody else’s', async () => {
      await using hook = await startReceiver();
      const other = await app.newUser('other');
      const { id } = (await subscribe({ webhook_url: hook.url })).body;
      expect(await subscriptions(other)).toEqual([]);
      expect((await other('DELETE', `/digests/${id}`)).status).toBe(404);
      expect((await other('POST', '/digests/send', { digest_id: id })).status).toBe(404);
      expect(hook.received).toEqual([]);
    });
  });
}, INSIDE);

it.each([
  'http://127.0.0.1:1/',
  'http://localhost/',
  'http://[::1]/',
  'http://169.254.169.254/',
  'ftp://example.com/',
  'x',
])('refuses to send to %s', async (webhook_url) => {
  const app = await createTestApp();
  const { status, body } = await app.call('POST', '/digests', { webhook_url });
  expect([status, body.code]).toEqual([400, 'webhook_refused']);
  expect((await app.call('GET', '/digests')).body.subscriptions).toEqual([]);
  await app.close();
});

describe('with a language model', () => {
  it('has a paragraph in addition', async () => {
    await using llm = await startLlm({ answer: { digest: { paragraph: 'It was all about the move.' } } });
    const app = await createTestApp({ env: { ...llm.env } });
    await storeAll(app, LEDGER);
    const { body } = await app.call('POST', '/digests/generate');
    expect(body.paragraph).toBe('It was all about the move.');
    expect(body.content).toContain('It was all about the move.');
    expect(llm.asked('digest')[0]!.data).toContain('Bergen');
    await app.close();
  });

  it('goes without it when the model does not answer, and says so', async () => {
    await using llm = await startLlm();
    llm.always = refuse(400);
    const app = await createTestApp({ env: { ...llm.env } });
    await storeAll(app, LEDGER);
    expect((await app.call('POST', '/digests/generate')).body).toMatchObject({ paragraph: null, degraded: ['llm'] });
    await app.close();
  });
});
