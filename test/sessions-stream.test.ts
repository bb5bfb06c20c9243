// A session followed live as server-sent events: replayed, told of new lines, ended, let go of.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { listen } from '../src/platform/listen.ts';
import { createTestApp, type TestApp } from './support/app.ts';
import { type Heard, reader } from './support/event-stream.ts';

let app: TestApp;
beforeEach(async () => {
  app = await createTestApp();
});
afterEach(async () => {
  vi.useRealTimers();
  await app.close();
});

const MINUTE = 60_000;
const mine = (method: string, path: string, body?: unknown) => app.call(method, path, body);
const begin = async (): Promise<string> => (await mine('POST', '/sessions', { agent: 'ada' })).body.id;
const append = (id: string, line: string) => mine('POST', `/sessions/${id}/append`, { line });
const read = async (id: string) => (await mine('GET', `/sessions/${id}`)).body;
/** Due schedules, to the end. */
async function later(ms: number): Promise<void> {
  await app.jobs.drain();
  app.clock.advance(ms);
  await app.jobs.drain();
}

const output = (n: number, data: string): Heard => ({ id: `${n}`, event: 'output', data: { type: 'output', data } });
const sessionEnd = (status: string): Heard => ({
  id: null,
  event: 'session_end',
  data: { type: 'session_end', status },
});

describe('the stream', () => {
  async function open(id: string, query = '', more: Record<string, string> = {}) {
    const headers = { authorization: `Bearer ${app.key}`, accept: 'text/event-stream', ...more };
    const response = await app.fetch(new Request(`http://engram.test/sessions/${id}/stream${query}`, { headers }), {
      peer: null,
    });
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/event-stream']);
    return reader(response);
  }

  it('replays an ended session and ends', async () => {
    const id = await begin();
    await append(id, 'one\nwith a break');
    await append(id, 'two');
    await mine('POST', `/sessions/${id}/end`, { status: 'failed' });
    expect(await (await open(id)).rest()).toEqual([
      output(1, 'one\nwith a break'),
      output(2, 'two'),
      sessionEnd('failed'),
    ]);
    expect(await (await open(id, '?last_event_id=1')).rest()).toEqual([output(2, 'two'), sessionEnd('failed')]);
    expect(await (await open(id, '?last_event_id=2')).rest()).toEqual([sessionEnd('failed')]);
    expect((await mine('GET', `/sessions/${id}/stream?last_event_id=x`)).status).toBe(400);
    const back = await open(id, '?last_event_id=0', { 'last-event-id': '1' });
    expect(await back.rest()).toEqual([output(2, 'two'), sessionEnd('failed')]);
    expect(await (await open(id, '', { 'last-event-id': 'nonsense' })).rest()).toHaveLength(3);
  });

  it('replays more lines than one page holds', async () => {
    const id = await begin();
    await Promise.all(Array.from({ length: 300 }, (_, i) => append(id, `${i}`)));
    await mine('POST', `/sessions/${id}/end`);
    const heard = await (await open(id)).rest();
    expect(heard.map(({ id }) => id)).toEqual([...Array.from({ length: 300 }, (_, i) => `${i + 1}`), null]);
  });

  it('tells each of several readers of lines as they come, until the end', async () => {
    const id = await begin();
    await append(id, 'before');
    const [a, b] = [await open(id), await open(id, '?last_event_id=1')];
    expect(await a.next()).toEqual(output(1, 'before'));
    await append(id, 'now');
    expect(await a.next()).toEqual(output(2, 'now'));
    expect(await b.next()).toEqual(output(2, 'now'));
    const waiting = a.next();
    await append(id, 'later');
    expect(await waiting).toEqual(output(3, 'later'));
    await mine('POST', `/sessions/${id}/end`);
    expect(await a.rest()).toEqual([sessionEnd('completed')]);
    expect(await b.rest()).toEqual([output(3, 'later'), sessionEnd('completed')]);
  });

  it('says when lines are missing at its beginning', async () => {
    const id = await begin();
    for (const line of ['a', 'b', 'c']) await append(id, line);
    await app.database.atomically(async ({ db }) => {
      await db.deleteFrom('session_lines').where('session_id', '=', id).where('n', '<', 3).execute();
    });
    const heard = await open(id);
    const message = '2 earlier lines are no longer kept.';
    expect(await heard.next()).toEqual({ id: null, event: 'warning', data: { type: 'warning', message } });
    expect(await heard.next()).toEqual(output(3, 'c'));
    await heard.cancel();
  });

  it('ends for its readers when the session is ended for its silence', async () => {
    const id = await begin();
    await later(59 * MINUTE);
    const heard = await open(id);
    const waiting = heard.next();
    await later(5 * MINUTE);
    expect(await waiting).toEqual(sessionEnd('timed_out'));
    expect(await heard.next()).toBeNull();
  });

  it('ends when the server closes', async () => {
    const heard = await open(await begin());
    const waiting = heard.next();
    await app.close();
    expect(await waiting).toBeNull();
    app = await app.reopen();
  });

  it('is open to its owner only', async () => {
    const id = await begin();
    const theirs = await app.newUser('ada');
    const answer = await theirs('GET', `/sessions/${id}/stream`);
    expect([answer.status, answer.body.code]).toEqual([404, 'session_not_found']);
  });

  describe('while nothing is said', () => {
    const TICK = 2_000;
    beforeEach(() => {
      vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    });
    /** Both the time of day and the timers go on; what they set off is awaited by reading. */
    async function pass(ms: number): Promise<void> {
      app.clock.advance(ms);
      await vi.advanceTimersByTimeAsync(TICK);
    }

    it('keeps the connection open with a comment every 30 seconds', async () => {
      const id = await begin();
      await append(id, 'one');
      const heard = await open(id);
      expect(await heard.next()).toEqual(output(1, 'one'));
      const two = heard.next();
      await pass(29_000);
      expect(heard.state.comments).toBe(0);
      await pass(1_000);
      await vi.waitFor(() => expect(heard.state.comments).toBe(1));
      await pass(30_000);
      await vi.waitFor(() => expect(heard.state.comments).toBe(2));
      await append(id, 'two');
      expect(await two).toEqual(output(2, 'two'));
      await heard.cancel();
    });

    it('ends after 10 minutes, the session goes on', async () => {
      const id = await begin();
      const heard = await open(id);
      const one = heard.next();
      await pass(9 * MINUTE);
      await append(id, 'just in time');
      expect(await one).toEqual(output(1, 'just in time'));
      const rest = heard.rest();
      await pass(9 * MINUTE);
      await pass(MINUTE);
      expect(await rest).toEqual([
        { id: null, event: 'warning', data: { type: 'warning', message: expect.stringContaining('10 minutes') } },
      ]);
      expect((await read(id)).session.status).toBe('active');
    });

    it('hears of lines that another server on the database took', async () => {
      const id = await begin();
      const heard = await open(id);
      const one = heard.next();
      await app.database.atomically(async ({ db }) => {
        const line = { n: 1, user_id: 1, line: 'from afar', bytes: 9, created_at: '2026-03-02 12:00:00' };
        await db
          .insertInto('session_lines')
          .values({ session_id: id, ...line })
          .execute();
        await db.updateTable('agent_sessions').set({ lines: 1, bytes: 9 }).where('id', '=', id).execute();
      });
      await pass(0);
      expect(await one).toEqual(output(1, 'from afar'));
      await heard.cancel();
    });
  });

  it('lets go when its reader does, over a real connection', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const id = await begin();
    const server = await listen(app.fetch, { host: '127.0.0.1', port: 0, maxBodyBytes: 1024 });
    const stop = new AbortController();
    const headers = { authorization: `Bearer ${app.key}` };
    const response = await fetch(`${server.url}/sessions/${id}/stream`, { headers, signal: stop.signal });
    const heard = reader(response);
    await append(id, 'over the wire');
    expect(await heard.next()).toEqual(output(1, 'over the wire'));
    expect(vi.getTimerCount()).toBe(1);
    stop.abort();
    await vi.waitFor(() => expect(vi.getTimerCount()).toBe(0));
    await server.close();
  });

  describe('when the server stops', () => {
    const overTheWire = (url: string, id: string) =>
      fetch(`${url}/sessions/${id}/stream`, { headers: { authorization: `Bearer ${app.key}` } }).then(reader);

    it('ends for every reader, so that the listener can close, and nothing stays behind', async () => {
      vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
      const [id, other] = [await begin(), await begin()];
      const server = await listen(app.fetch, { host: '127.0.0.1', port: 0, maxBodyBytes: 1024 });
      const heard = [
        await overTheWire(server.url, id),
        await overTheWire(server.url, id),
        await overTheWire(server.url, other),
      ];
      await append(id, 'heard');
      await append(other, 'heard');
      for (const one of heard) expect(await one.next()).toEqual(output(1, 'heard'));
      const waiting = heard.map((one) => one.next());
      app.streams.endAll();
      // Waits for every answer, however long it takes: it returns because they have ended.
      await server.close();
      expect(await Promise.all(waiting)).toEqual([null, null, null]);
      expect(vi.getTimerCount()).toBe(0);
      expect((await read(id)).session.status).toBe('active');
    });

    it('ends in the middle of what is not read yet, and goes on from there elsewhere', async () => {
      const id = await begin();
      for (const line of ['one', 'two', 'three']) await append(id, line);
      const heard = await open(id);
      expect(await heard.next()).toEqual(output(1, 'one'));
      app.streams.endAll();
      const rest = await heard.rest();
      // One line more may have been on its way.
      expect(rest.length).toBeLessThan(2);
      await app.close();
      app = await app.reopen();
      const again = await open(id, `?last_event_id=${rest.length + 1}`);
      expect(await again.next()).toEqual([output(2, 'two'), output(3, 'three')][rest.length]);
      await again.cancel();
    });

    it('ends at once for who comes too late', async () => {
      const id = await begin();
      await append(id, 'one');
      app.streams.endAll();
      expect(await (await open(id)).rest()).toEqual([]);
    });
  });
});
