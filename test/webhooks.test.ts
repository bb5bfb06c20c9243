// Webhooks end to end: a real receiver on this machine is told what happens to memories.
import { createHmac } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DAY_MS } from '../src/algo/durations.ts';
import { createTestApp, type TestApp } from './support/app.ts';
import { KINDS, onEachDatabase } from './support/databases.ts';
import { store } from './support/memories.ts';
import { startReceiver } from './support/receiver.ts';

const ALLOWED = { ENGRAM_WEBHOOK_ALLOW_PRIVATE: '1' };

onEachDatabase((kind) => {
  let app: TestApp;
  let receiver: Awaited<ReturnType<typeof startReceiver>>;
  let pauses: number[];
  beforeEach(async () => {
    const place = await kind.place();
    pauses = [];
    app = await createTestApp({
      env: ALLOWED,
      ports: { database: await place.open(), pause: async (ms) => void pauses.push(ms) },
    });
    receiver = await startReceiver();
  });
  afterEach(async () => {
    await app.close();
    await receiver[Symbol.asyncDispose]();
  });

  const hook = async (more: object = {}) =>
    (await app.call('POST', '/webhooks', { url: receiver.url, ...more })).body as { id: number };
  const told = () => receiver.received.map(({ body }) => JSON.parse(body));
  const events = () => told().map(({ event }) => event);

  it('is told of a new memory, signed, and shows that it was', async () => {
    const { id } = await hook({ secret: 's3cret', events: ['memory.created'] });
    const memory = await store(app, { content: 'Ann prefers tea', tags: ['drinks'], importance: 7 });
    await app.jobs.drain();
    const [{ headers, body }] = receiver.received as [(typeof receiver.received)[number]];
    expect(JSON.parse(body)).toMatchObject({
      event: 'memory.created',
      timestamp: '2026-03-02T12:00:00.000Z',
      data: { memory_id: memory, id: memory, content: 'Ann prefers tea', tags: ['drinks'], importance: 7 },
    });
    const signature = createHmac('sha256', 's3cret').update(body).digest('hex');
    expect(headers['x-engram-signature']).toBe(`sha256=${signature}`);
    const { webhooks } = (await app.call('GET', '/webhooks')).body;
    expect(webhooks).toEqual([
      expect.objectContaining({
        id,
        has_secret: true,
        is_active: true,
        failure_count: 0,
        last_triggered_at: '2026-03-02 12:00:00',
      }),
    ]);
    expect(JSON.stringify(webhooks)).not.toContain('s3cret');
  });

  it('hears everything that becomes of a memory, in order', async () => {
    await hook();
    const id = await store(app, 'The meeting is on Monday');
    const updated = (await app.call('POST', `/memory/${id}/update`, { content: 'The meeting is on Friday' })).body.id;
    await app.call('POST', `/memory/${updated}/archive`, {});
    await app.call('POST', `/memory/${updated}/unarchive`, {});
    await app.call('POST', `/memory/${updated}/forget`, { reason: 'over' });
    await app.call('POST', `/memory/${updated}/restore`, {});
    await app.call('POST', '/correct', { memory_id: updated, correction: 'The meeting is on Sunday' });
    await app.call('DELETE', `/memory/${updated}`);
    await app.jobs.drain();
    expect(events()).toEqual([
      'memory.created',
      'memory.updated',
      'memory.archived',
      'memory.unarchived',
      'memory.forgotten',
      'memory.restored',
      'memory.corrected',
      'memory.deleted',
    ]);
  });

  it('hears what was approved and rejected', async () => {
    const pending = async (content: string) => await store(app, { content, status: 'pending' });
    const [one, two, three, four] = [
      await pending('One is pending'),
      await pending('Two waits'),
      await pending('Three stays'),
      await pending('Four asks'),
    ];
    await hook();
    await app.call('POST', `/inbox/${one}/approve`, {});
    await app.call('POST', `/inbox/${two}/reject`, {});
    await app.call('POST', '/inbox/bulk', { action: 'approve', ids: [three, four] });
    await app.jobs.drain();
    expect(told().map(({ event, data }) => [event, data.memory_id ?? data.memory_ids])).toEqual([
      ['memory.approved', one],
      ['memory.rejected', two],
      ['memory.bulk_approve', [three, four]],
    ]);
  });

  it('hears only what it asked for, and nothing of others', async () => {
    await hook({ events: ['memory.forgotten', 'contradiction.*'] });
    const id = await store(app, 'Nobody hears of this');
    await app.call('POST', `/memory/${id}/forget`, {});
    const other = await app.newUser('bob');
    await other('POST', '/store', { content: 'A memory of Bob' });
    await app.jobs.drain();
    expect(events()).toEqual(['memory.forgotten']);
    expect(told()[0].data).toEqual({ memory_id: id });
    expect((await other('GET', '/webhooks')).body.count).toBe(0);
  });

  it('tries three times, puts aside what nobody takes, and goes on', async () => {
    const { id } = await hook();
    receiver.statuses.push(500, 503, 500, 204);
    await store(app, 'Nobody takes this');
    const second = await store(app, 'This one arrives');
    await app.jobs.drain();
    expect(receiver.received).toHaveLength(4);
    expect(pauses).toEqual([500, 1000]);
    expect(told()[3].data.memory_id).toBe(second);
    const { dead_letters, count } = (await app.call('GET', `/webhooks/${id}/dead-letters`)).body;
    expect(count).toBe(1);
    expect(dead_letters[0]).toMatchObject({
      webhook_id: id,
      event: 'memory.created',
      attempts: 3,
      last_status_code: 500,
    });
    expect(dead_letters[0].payload).not.toContain('Nobody takes this');
    expect((await app.call('GET', '/webhooks')).body.webhooks[0].failure_count).toBe(0);
  });

  it('is called no more after ten failures in a row, until it is turned on again', async () => {
    const { id } = await hook();
    receiver.statuses.push(...Array(30).fill(500));
    await app.call('POST', '/jobs/pause', { lane: 'webhooks' });
    for (let i = 0; i < 11; i++) await store(app, `Memory number ${i} of eleven`);
    await app.call('POST', '/jobs/resume', { lane: 'webhooks' });
    await app.jobs.drain();
    expect(receiver.received).toHaveLength(30);
    expect((await app.call('GET', '/webhooks')).body.webhooks[0]).toMatchObject({
      is_active: false,
      failure_count: 10,
    });
    await app.call('PATCH', `/webhooks/${id}`, { is_active: true });
    await store(app, 'After it was mended');
    await app.jobs.drain();
    expect(events().slice(30)).toEqual(['memory.created', 'memory.created']);
    expect((await app.call('GET', '/webhooks')).body.webhooks[0]).toMatchObject({ is_active: true, failure_count: 0 });
  });

  it('is not told what was erased before it could be', async () => {
    await hook({ events: ['memory.created'] });
    await app.call('POST', '/jobs/pause', { lane: 'webhooks' });
    const id = await store(app, 'Gone before anybody heard');
    await app.call('DELETE', `/memory/${id}`);
    await app.call('POST', '/jobs/resume', { lane: 'webhooks' });
    await app.jobs.drain();
    expect(told().map(({ data }) => data)).toEqual([{ memory_id: id }]);
  });

  it('tests one address at once', async () => {
    const { id } = await hook();
    receiver.statuses.push(200, 418);
    const ok = await app.call('POST', `/webhooks/test/${id}`, {});
    expect(ok.body).toMatchObject({ hook_id: id, event: 'test', dispatched: true, status_code: 200, error: null });
    const refused = await app.call('POST', `/webhooks/test/${id}`, { event: 'memory.created' });
    expect(refused.body).toMatchObject({ dispatched: false, status_code: 418, error: expect.stringContaining('418') });
    expect(events()).toEqual(['test', 'memory.created']);
  });

  it('forgets an address that is deleted, and old dead letters', async () => {
    const { id } = await hook();
    receiver.statuses.push(500, 500, 500);
    await store(app, 'Nobody takes this either');
    await app.jobs.drain();
    expect((await app.call('GET', `/webhooks/${id}/dead-letters`)).body.count).toBe(1);
    app.clock.advance(31 * DAY_MS);
    await app.jobs.drain();
    expect((await app.call('GET', `/webhooks/${id}/dead-letters`)).body.count).toBe(0);
    expect((await app.call('DELETE', `/webhooks/${id}`)).body).toEqual({ deleted: true, id });
    expect((await app.call('GET', `/webhooks/${id}/dead-letters`)).status).toBe(404);
  });
});

describe('addresses', () => {
  let app: TestApp;
  beforeEach(async () => {
    app = await createTestApp();
  });
  afterEach(() => app.close());
  it.each([
    'http://127.0.0.1:9/x',
    'http://localhost/x',
    'http://sub.localhost/',
    'http://169.254.169.254/latest/meta-data',
    'http://metadata.google.internal/',
    'http://10.0.0.1/',
    'http://172.16.0.1/',
    'http://192.168.1.1/',
    'http://100.64.0.1/',
    'http://[::1]/',
    'http://[::ffff:127.0.0.1]/',
    'http://[fd00::1]/',
    'http://[fe80::1]/',
    'ftp://example.com/',
    'http://user:secret@203.0.113.1/',
    'nonsense',
  ])('refuses %s', async (url) => {
    const { status, body } = await app.call('POST', '/webhooks', { url });
    expect([status, body.code]).toEqual([400, 'webhook_refused']);
  });
  it.each(['https://203.0.113.1/hook', 'http://8.8.8.8/', 'http://[2001:db8::1]/'])('takes %s', async (url) => {
    expect((await app.call('POST', '/webhooks', { url })).status).toBe(201);
  });
  it('refuses events that there are not', async () => {
    const { status, body } = await app.call('POST', '/webhooks', {
      url: 'https://203.0.113.1/',
      events: ['memory.eaten'],
    });
    expect(status).toBe(400);
    expect(body.error).toContain('memory.eaten');
  });
});

describe('a program that is stopped', () => {
  it('goes on with what it had not told yet', async () => {
    expect(KINDS.length).toBeGreaterThan(0);
    const receiver = await startReceiver();
    const first = await createTestApp({ env: ALLOWED });
    await first.call('POST', '/webhooks', { url: receiver.url });
    await first.call('POST', '/jobs/pause', { lane: 'webhooks' });
    await store(first, 'Told after a restart');
    const app = await first.reopen();
    expect(receiver.received).toHaveLength(0);
    await app.call('POST', '/jobs/resume', { lane: 'webhooks' });
    await app.jobs.drain();
    expect(JSON.parse(receiver.received[0]!.body).data.content).toBe('Told after a restart');
    await app.close();
    await receiver[Symbol.asyncDispose]();
  });
});
