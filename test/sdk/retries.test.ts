// What the client does when servers misbehave: waiting, trying again, giving up, breaking off.
import { describe, expect, it } from 'vitest';
import { EngramClient, EngramError, type EngramOptions, type SessionEvent } from '../../sdk/typescript/src/index.ts';
import { answer, type Flaky, flakyServer, hangUp, hold, silence, stream } from './support.ts';

/** Waits for nothing, and tells how long it would have waited. Chance is in the middle. */
function patient(url: string, options: Partial<EngramOptions> & { maxDelay?: number } = {}) {
  const waits: number[] = [];
  const { maxDelay = 60_000, ...more } = options;
  const client = new EngramClient({
    url,
    retries: { maxDelay, random: () => 0.5, wait: async (ms) => void waits.push(ms) },
    ...more,
  });
  return { client, waits };
}
const failure = (promise: Promise<unknown>): Promise<EngramError> =>
  promise.then(
    () => expect.unreachable('it worked'),
    (error) => error,
  );
const ok = answer(200, { memories: 1 });

describe('trying again', () => {
  it('waits longer each time, part of it by chance', async () => {
    await using server = await flakyServer(hangUp, answer(503), ok);
    const { client, waits } = patient(server.url);
    expect(await client.api.get('/stats')).toEqual({ memories: 1 });
    expect(waits).toEqual([250 * 0.75, 500 * 0.75]);
    expect(server.requests).toHaveLength(3);
  });

  it('waits as long as the server asks for', async () => {
    await using server = await flakyServer(
      answer(429, {}, { 'retry-after': '7' }),
      answer(503, {}, { 'retry-after': '0' }),
      ok,
    );
    const { client, waits } = patient(server.url);
    await client.api.get('/stats');
    expect(waits).toEqual([7000, 0]);
  });

  it('gives up at once where the server asks for more patience than there is', async () => {
    await using server = await flakyServer(answer(503, { error: 'spent' }, { 'retry-after': '3600' }), ok);
    const { client, waits } = patient(server.url);
    expect(await failure(client.api.get('/stats'))).toMatchObject({ statusCode: 503, message: 'spent' });
    expect({ waits, requests: server.requests.length }).toEqual({ waits: [], requests: 1 });
  });

  it('reads a date in Retry-After', async () => {
    const soon = new Date(Date.now() + 30_000).toUTCString();
    await using server = await flakyServer(answer(503, {}, { 'retry-after': soon }), ok);
    const { client, waits } = patient(server.url);
    await client.api.get('/stats');
    expect(waits[0]).toBeGreaterThan(0);
    expect(waits[0]).toBeLessThanOrEqual(30_000);
  });

  it('ends after the tries there are', async () => {
    await using server = await flakyServer(answer(503, { error: 'overloaded', code: 'overloaded' }));
    const { client } = patient(server.url);
    expect(await failure(client.api.get('/stats'))).toMatchObject({ statusCode: 503, code: 'overloaded' });
    expect(server.requests).toHaveLength(3);
    await failure(client.list({}, { retries: 0 }));
    expect(server.requests).toHaveLength(4);
  });

  it('is for what may be repeated: reading, and what was refused before it began', async () => {
    await using busy = await flakyServer(answer(503));
    await failure(patient(busy.url).client.store({ content: 'once' }));
    expect(busy.requests).toEqual(['POST /memories']);
    await failure(patient(busy.url).client.search({ query: 'again' }));
    expect(busy.requests.slice(1)).toEqual(Array(3).fill('POST /memories/search'));

    await using broken = await flakyServer(hangUp);
    await failure(patient(broken.url).client.update(1, { content: 'once' }));
    expect(broken.requests).toHaveLength(1);

    await using limited = await flakyServer(answer(429), answer(201, { id: 1 }));
    expect(await patient(limited.url).client.store({ content: 'twice' })).toEqual({ id: 1 });
  });

  it('is never for what the server understood and refused', async () => {
    for (const status of [400, 401, 403, 404, 409, 500]) {
      await using server = await flakyServer(answer(status, 'no problem'));
      const error = await failure(patient(server.url).client.api.get('/stats'));
      expect(error).toMatchObject({ statusCode: status, message: `HTTP ${status}`, code: null, requestId: null });
      expect(server.requests).toHaveLength(1);
    }
  });
});

describe('time', () => {
  it('runs out: 408', async () => {
    await using server = await flakyServer(silence);
    const { client } = patient(server.url, { timeout: 20 });
    expect(await failure(client.list())).toMatchObject({ statusCode: 408, message: 'Request timeout' });
    expect(server.requests).toHaveLength(1);
  });

  it('runs out in the middle of an answer', async () => {
    await using server = await flakyServer((response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.write('{"half":');
    });
    const error = await failure(patient(server.url).client.api.get('/stats', {}, { timeout: 20 }));
    expect(error).toMatchObject({ statusCode: 408 });
  });

  it('is the caller’s to end, also while waiting to try again', async () => {
    await using server = await flakyServer(silence);
    const stop = new AbortController();
    const call = failure(new EngramClient({ url: server.url }).list({}, { signal: stop.signal }));
    stop.abort(new Error('changed my mind'));
    expect((await call).message).toBe('changed my mind');

    await using busy = await flakyServer(answer(503, {}, { 'retry-after': '50' }));
    const later = new AbortController();
    const waiting = failure(new EngramClient({ url: busy.url }).list({}, { signal: later.signal }));
    while (busy.requests.length === 0) await new Promise((resolve) => setImmediate(resolve));
    later.abort(new Error('no time'));
    expect((await waiting).message).toBe('no time');
    expect((await failure(new EngramClient({ url: busy.url }).list({}, { signal: later.signal }))).message).toBe(
      'no time',
    );
    expect(busy.requests).toHaveLength(1);
  });
});

describe('the network', () => {
  it('is status 0 when nobody listens', async () => {
    const { url } = await (async () => {
      await using server = await flakyServer(ok);
      return server;
    })();
    const error = await failure(patient(url).client.list());
    expect(error).toMatchObject({ statusCode: 0, response: undefined });
    expect(error).toBeInstanceOf(EngramError);
    expect(error.message).toMatch(/^The server could not be reached: /);
    expect(error.cause).toBeInstanceOf(Error);
  });

  it('may lead to something that is no Engram', async () => {
    await using server = await flakyServer((response) => response.end('<html>'));
    const error = await failure(patient(server.url).client.list());
    expect(error.message).toBe(`The answer of GET /memories is no JSON. Is ${server.url} an Engram server?`);
  });

  it('may bring an empty answer', async () => {
    await using server = await flakyServer((response) => response.writeHead(204).end());
    expect(await patient(server.url).client.api.delete('/anything')).toBeUndefined();
  });

  it('carries key, space and headers, and no body where there is none', async () => {
    await using server = await flakyServer(ok);
    const client = new EngramClient({ url: server.url, apiKey: 'eg_1', space: 'work' });
    await client.api.get('/a b', { tags: ['x', 'y'], none: null }, { headers: { 'x-request-id': 'r1' } });
    expect(server.requests).toEqual(['GET /a%20b?tags=x&tags=y']);
    expect(server.headers[0]).toMatchObject({ authorization: 'Bearer eg_1', 'x-space': 'work', 'x-request-id': 'r1' });
    expect(server.headers[0]).not.toHaveProperty('content-type');
  });

  it('is reached through a fetch of one’s own', async () => {
    const asked: string[] = [];
    const client = new EngramClient({
      url: 'http://nowhere.test/',
      fetch: async (url, { method }) => {
        asked.push(`${method} ${url}`);
        return Response.json({ status: 'ok' });
      },
    });
    expect(await client.api.system.health()).toEqual({ status: 'ok' });
    expect(asked).toEqual(['GET http://nowhere.test/health']);
  });
});

const line = (n: number) => `id: ${n}\nevent: output\ndata: {"type":"output","data":"line ${n}"}\n\n`;
const end = 'event: session_end\ndata: {"type":"session_end","status":"completed"}\n\n';
async function all<T>(events: AsyncIterable<T>, into: T[] = []): Promise<T[]> {
  for await (const event of events) into.push(event);
  return into;
}

describe('a stream that is cut off', () => {
  /** Everything, with the connection broken as soon as this many events are there. */
  async function cutAfter(count: number, server: Flaky, events: AsyncIterable<SessionEvent>) {
    const heard: (number | string)[] = [];
    for await (const event of events) {
      heard.push(event.type === 'output' ? event.line : event.type);
      if (heard.length === count) server.cut();
    }
    return heard;
  }

  it('goes on where it stopped when a session is followed', async () => {
    await using server = await flakyServer(hold(line(1) + line(2)), stream(line(3)), stream(line(4) + end));
    const heard = await cutAfter(2, server, patient(server.url).client.followSession('s 1'));
    expect(heard).toEqual([1, 2, 3, 4, 'session_end']);
    const asked = ['', '?last_event_id=2', '?last_event_id=3'];
    expect(server.requests).toEqual(asked.map((query) => `GET /sessions/s%201/stream${query}`));
  });

  it('is an error when it may not go on', async () => {
    for (const act of [hold(line(1)), stream(line(1))]) {
      await using server = await flakyServer(act);
      const { client } = patient(server.url);
      const error = await failure(cutAfter(1, server, client.followSession('s', { reconnect: false })));
      expect(error).toMatchObject({ name: 'EngramError', statusCode: 0 });
    }
  });

  it('is given up when nothing more comes', async () => {
    await using gone = await flakyServer(stream(line(1)), answer(404, { error: 'gone', code: 'session_not_found' }));
    expect(await failure(all(patient(gone.url).client.followSession('s')))).toMatchObject({
      code: 'session_not_found',
    });

    await using mute = await flakyServer(stream(line(1)), stream(''));
    const { client, waits } = patient(mute.url);
    const error = await failure(all(client.followSession('s')));
    expect(error).toMatchObject({ statusCode: 0, message: 'The stream ended before the session did.' });
    expect(waits).toEqual([250, 500, 1000].map((ms) => ms * 0.75));
  });

  it('counts as cut off when it is silent for too long', async () => {
    await using server = await flakyServer((response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(': still here\n\n');
    });
    const events = patient(server.url).client.api.events({ method: 'GET', path: '/x' }, { idleTimeout: 20 });
    expect(await failure(all(events))).toMatchObject({ statusCode: 408 });
  });

  it('is an error when a context was on its way', async () => {
    const phase = 'event: progress\ndata: {"type":"phase","phase":"search","count":1,"tokens":0,"elapsed_ms":1}\n\n';
    await using cut = await flakyServer(hold(phase));
    const broken = (async () => {
      for await (const _event of patient(cut.url).client.streamContext({ query: 'q' })) cut.cut();
    })();
    expect(await failure(broken)).toMatchObject({ statusCode: 0 });
    await using short = await flakyServer(stream(phase));
    const error = await failure(all(patient(short.url).client.streamContext({ query: 'q' })));
    expect(error.message).toBe('The stream ended before the context was complete.');
  });

  it('tells what the server says went wrong', async () => {
    const progress = 'event: progress\ndata: {"type":"error","message":"no"}\n\n';
    await using server = await flakyServer(stream(`${progress}event: error\ndata: {"error":"no"}\n\n`));
    const error = await failure(all(patient(server.url).client.streamContext({ query: 'q' })));
    expect(error).toMatchObject({ statusCode: 500, message: 'no' });
  });

  it('may be refused before it begins', async () => {
    await using server = await flakyServer(answer(401, { error: 'no key' }));
    const error = await failure(all(patient(server.url).client.streamContext({ query: 'q' })));
    expect(error).toMatchObject({ statusCode: 401, message: 'no key' });
  });
});
