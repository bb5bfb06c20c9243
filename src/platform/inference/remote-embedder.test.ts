// The embedder against a real HTTP server on this machine that speaks all three forms and misbehaves when told to.
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { type Logger, silentLogger } from '../../core/log.ts';
import type { Embedder } from '../../core/ports.ts';
import { ModelError } from './model-error.ts';
import { openRemoteEmbedder, type RemoteEmbedderOptions } from './remote-embedder.ts';

const DIMS = 6;
const KEY = 'sk-very-secret-key';

/** What the server answers for a text: any direction, any length. */
const rawVector = (text: string, dims = DIMS): number[] =>
  Array.from({ length: dims }, (_, i) =>
    Array.from(text).reduce((sum, char, at) => sum + Math.sin((char.codePointAt(0)! + at) * (i + 1)), 0.1 + i),
  );
const unit = (vector: readonly number[]): number[] => vector.map((x) => x / Math.hypot(...vector));

interface Asked {
  path: string;
  texts: string[];
  authorization: string | undefined;
  body: Record<string, unknown>;
}
/** Answers one request in another way; returns false to let it be answered as usual. */
type Act = (response: ServerResponse, asked: Asked, request: IncomingMessage) => unknown;

interface TestServer {
  url: string;
  /** All requests but the probe at opening. */
  asked: Asked[];
  /** What happens to the next requests, in turn; then to every request. */
  acts: Act[];
  always: Act | null;
  most_at_once: number;
  close(): Promise<void>;
}

const json = (response: ServerResponse, status: number, value: unknown, headers: Record<string, string> = {}) => {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(typeof value === 'string' ? value : JSON.stringify(value));
};
const refuse =
  (status: number, message = 'no', headers: Record<string, string> = {}): Act =>
  (response) =>
    json(response, status, { error: { message } }, headers);

const FORMS: Record<string, (texts: string[], body: Record<string, unknown>) => unknown> = {
  // Backwards: the index counts, not the place.
  '/v1/embeddings': (texts) => ({
    data: texts.map((text, index) => ({ index, embedding: rawVector(text) })).reverse(),
  }),
  '/packed/embeddings': (texts) => ({
    data: texts.map((text, index) => ({
      index,
      embedding: Buffer.from(Float32Array.from(rawVector(text)).buffer).toString('base64'),
    })),
  }),
  '/api/embed': (texts) => ({ embeddings: texts.map((text) => rawVector(text)) }),
  '/api/embeddings': ([text]) => ({ embedding: rawVector(text!) }),
};

const servers: TestServer[] = [];
const opened: Embedder[] = [];
afterEach(async () => {
  for (const embedder of opened.splice(0)) await embedder.close();
  for (const server of servers.splice(0)) await server.close();
});

async function serve(paths: readonly string[] = Object.keys(FORMS)): Promise<TestServer> {
  let at_once = 0;
  const http = createServer(async (request, response) => {
    server.most_at_once = Math.max(server.most_at_once, ++at_once);
    response.on('close', () => at_once--);
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const path = request.url!;
    const body = JSON.parse(Buffer.concat(chunks).toString());
    const texts: string[] = body.input ?? [body.prompt];
    const asked = { path, texts, body, authorization: request.headers.authorization };
    server.asked.push(asked);
    const act = server.acts.shift() ?? server.always;
    if (act && (await act(response, asked, request)) !== false) return;
    const form = paths.includes(path) ? FORMS[path] : undefined;
    if (form) json(response, 200, form(texts, body));
    else json(response, 404, '404 page not found');
  });
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  const server: TestServer = {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    asked: [],
    acts: [],
    always: null,
    most_at_once: 0,
    close: async () => {
      http.closeAllConnections();
      http.close();
    },
  };
  servers.push(server);
  return server;
}

/** Opens, then forgets the probe. */
async function open(server: TestServer, options: Partial<RemoteEmbedderOptions> = {}, path = '/v1/embeddings') {
  const waits: number[] = [];
  const embedder = await openRemoteEmbedder({
    url: server.url + path,
    model: 'toy',
    api_key: KEY,
    logger: silentLogger,
    delay: async (ms) => void waits.push(ms),
    random: () => 0.5,
    ...options,
  });
  opened.push(embedder);
  server.asked.length = 0;
  server.most_at_once = 0;
  return { embedder, waits };
}

const failure = (work: Promise<unknown>): Promise<Error> =>
  work.then(
    () => {
      throw new Error('It should have failed.');
    },
    (error: Error) => error,
  );
const texts = (count: number) => Array.from({ length: count }, (_, i) => `text number ${i}`);
function expectVectors(found: readonly Float32Array[], of: readonly string[]): void {
  expect(found.length).toBe(of.length);
  found.forEach((vector, i) => {
    expect(vector).toBeInstanceOf(Float32Array);
    unit(rawVector(of[i]!)).forEach((x, n) => {
      expect(vector[n]).toBeCloseTo(x, 5);
    });
  });
}
/** Largest first: of two in flight either may arrive first. */
const sizes = (server: TestServer) => server.asked.map((asked) => asked.texts.length).sort((a, b) => b - a);

describe('forms', () => {
  it.each(Object.keys(FORMS))('%s gives unit vectors in the order asked', async (path) => {
    const server = await serve();
    const { embedder } = await open(server, { batch: 4 }, path);
    expectVectors(await embedder.embedDocuments(texts(10)), texts(10));
    expectVectors([await embedder.embedQuery('who?')], ['who?']);
    expect(await embedder.embedDocuments([])).toEqual([]);
    expect(new Set(server.asked.map((asked) => asked.path))).toEqual(new Set([path]));
    expect(Math.max(...sizes(server))).toBe(path === '/api/embeddings' ? 1 : 4);
    for (const { body, authorization } of server.asked) {
      expect(body.model).toBe('toy');
      expect(authorization).toBe(`Bearer ${KEY}`);
    }
    if (path === '/v1/embeddings') expect(server.asked[0]!.body.encoding_format).toBe('float');
  });

  it.each([
    ['', ['/v1/embeddings'], '/v1/embeddings'],
    ['', ['/api/embed'], '/api/embed'],
    ['/v1', ['/v1/embeddings'], '/v1/embeddings'],
    ['/v1', ['/api/embed'], '/api/embed'],
    ['/packed', ['/packed/embeddings'], '/packed/embeddings'],
  ])('finds the address below %j where only %j is there, and remembers it', async (path, paths, found) => {
    const server = await serve(paths);
    const { embedder } = await open(server, {}, path);
    expectVectors(await embedder.embedDocuments(['a', 'b']), ['a', 'b']);
    expectVectors([await embedder.embedQuery('c')], ['c']);
    expect(server.asked.map((asked) => asked.path)).toEqual([found, found]);
  });

  it('sends no key where there is none', async () => {
    const server = await serve();
    const { embedder } = await open(server, { api_key: null });
    await embedder.embedQuery('a');
    expect(server.asked[0]!.authorization).toBeUndefined();
  });

  it('sends a full stop for a text of nothing, and no half characters', async () => {
    const server = await serve();
    const { embedder } = await open(server);
    expectVectors(await embedder.embedDocuments(['', ' \n ', 'a\ud800b']), ['.', '.', 'a\ufffdb']);
    expect(server.asked[0]!.texts).toEqual(['.', '.', 'a\ufffdb']);
  });
});

describe('identity', () => {
  it('is the model on its host with its length, the same after a restart and at another path', async () => {
    const server = await serve();
    const first = (await open(server)).embedder;
    const again = (await open(server, { dim: DIMS }, '/api/embed')).embedder;
    expect(first.identity).toEqual({ key: `toy@${new URL(server.url).host}/${DIMS}/remote`, name: 'toy', dims: DIMS });
    expect(again.identity).toEqual(first.identity);
    expect(first.cost).toBe('network');
    expect((await open(server, { model: 'other' })).embedder.identity.key).not.toBe(first.identity.key);
  });

  it('refuses another length than the settings say', async () => {
    const server = await serve();
    const error = await failure(open(server, { dim: 7 }));
    expect(error).toBeInstanceOf(ModelError);
    expect(error.message).toContain('makes vectors of 6 numbers but ENGRAM_EMBEDDING_DIM says 7');
  });
});

describe('requests', () => {
  it('hold up to 64 texts and so many characters, two at a time', async () => {
    const server = await serve();
    const { embedder } = await open(server);
    const all = texts(300);
    // The first is answered when the second is there.
    const second = Promise.withResolvers<false>();
    const answerBoth = () => {
      second.resolve(false);
      return false;
    };
    server.acts = [() => second.promise, answerBoth];
    expectVectors(await embedder.embedDocuments(all), all);
    expect(sizes(server)).toEqual([64, 64, 64, 64, 44]);
    expect(server.most_at_once).toBe(2);
    server.asked.length = 0;
    const long = Array.from({ length: 5 }, (_, i) => `${i}`.repeat(30_000));
    await embedder.embedDocuments(long);
    expect(sizes(server)).toEqual([2, 2, 1]);
  });

  it('are shared by calls of the same moment, in turn', async () => {
    const server = await serve();
    const { embedder } = await open(server, { batch: 4 });
    const found = await Promise.all([embedder.embedDocuments(texts(6)), embedder.embedDocuments(['single'])]);
    expectVectors(found[0], texts(6));
    expectVectors(found[1], ['single']);
    expect(sizes(server)).toEqual([4, 3]);
    expect(server.asked.find((asked) => asked.texts.length === 4)!.texts[1]).toBe('single');
  });

  it('let a query go before documents that wait, and are not repeated for the same query', async () => {
    const server = await serve();
    const { embedder } = await open(server, { batch: 1 });
    const held: (() => void)[] = [];
    const arrived = Promise.withResolvers<void>();
    const hold: Act = () =>
      new Promise<boolean>((resolve) => {
        held.push(() => resolve(false));
        if (held.length === 2) arrived.resolve();
      });
    server.acts = [hold, hold];
    const documents = embedder.embedDocuments(texts(5));
    await arrived.promise;
    const query = embedder.embedQuery('urgent');
    const same = embedder.embedQuery('urgent');
    const other = embedder.embedQuery('urgent too');
    held[0]!();
    expectVectors([await query, await same, await embedder.embedQuery('urgent')], ['urgent', 'urgent', 'urgent']);
    expectVectors([await other], ['urgent too']);
    held[1]!();
    expectVectors(await documents, texts(5));
    expect(server.asked.slice(2, 4).map((asked) => asked.texts)).toEqual([['urgent'], ['urgent too']]);
    expect(server.asked.length).toBe(7);
  });
});

describe('what passes', () => {
  const destroy: Act = (response) => response.destroy();
  const breakOff: Act = (response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': '5000' });
    response.write('{"data":[', () => response.destroy());
  };

  it.each([
    ['500', refuse(500)],
    ['503 of a proxy', (response: ServerResponse) => json(response, 503, '<html>busy</html>')],
    ['408', refuse(408)],
    ['a connection that breaks', destroy],
    ['an answer that breaks off', breakOff],
  ])('%s twice is waited out, longer each time', async (_, act) => {
    const server = await serve();
    const { embedder, waits } = await open(server);
    server.acts = [act, act];
    expectVectors(await embedder.embedDocuments(['a', 'b']), ['a', 'b']);
    expect(waits).toEqual([500, 1000]);
    expect(server.asked.length).toBe(3);
  });

  it.each([
    ['7', 7000],
    ['Wed, 01 Jan 2025 00:00:20 GMT', 20_000],
    ['soon', 500],
    ['0', 500],
  ])('429 with Retry-After %j', async (header, wait) => {
    const server = await serve();
    const { embedder, waits } = await open(server, { now: () => Date.UTC(2025, 0, 1) });
    server.acts = [refuse(429, 'slow down', { 'retry-after': header })];
    expectVectors(await embedder.embedDocuments(['a']), ['a']);
    expect(waits).toEqual([wait]);
  });

  it('is not waited for beyond a minute, nor by a query beyond two seconds or twice', async () => {
    const server = await serve();
    const { embedder, waits } = await open(server);
    server.acts = [refuse(429, 'slow down', { 'retry-after': '61' }), refuse(429, 'slow down', { 'retry-after': '3' })];
    for (const work of [() => embedder.embedDocuments(['a']), () => embedder.embedQuery('b')]) {
      const error = await failure(work());
      expect(error).toBeInstanceOf(ModelError);
      expect(error.message).toContain('answered 429: slow down. It takes no more for now');
      expect(error.message).toContain('ENGRAM_EMBEDDING_API_KEY');
    }
    expect(waits).toEqual([]);
    await embedder.embedQuery('served again');
    server.acts = [refuse(500), refuse(500)];
    expect((await failure(embedder.embedQuery('c'))).message).toContain('answered 500');
    expect(waits).toEqual([500]);
    // A failure is not remembered as the answer.
    expectVectors([await embedder.embedQuery('c')], ['c']);
  });

  it('does not, once somebody waited in vain: nobody else waits before the server answers again', async () => {
    const server = await serve();
    const { embedder, waits } = await open(server, { retries: 2 });
    server.always = refuse(503);
    await failure(embedder.embedDocuments(['a']));
    await failure(embedder.embedQuery('a'));
    expect(waits).toEqual([500, 1000, 500]);
    server.asked.length = 0;
    await failure(embedder.embedDocuments(['b']));
    await failure(embedder.embedQuery('b'));
    expect(waits.length).toBe(3);
    expect(server.asked.length).toBe(2);
    server.always = null;
    expectVectors(await embedder.embedDocuments(['c']), ['c']);
    server.acts = [refuse(503)];
    expectVectors([await embedder.embedQuery('d')], ['d']);
    expect(waits.length).toBe(4);
  });

  it('is given up in the end, and the next call is served again', async () => {
    const server = await serve();
    const { embedder, waits } = await open(server, { retries: 2 });
    server.acts = [refuse(502), refuse(502), refuse(502)];
    expect((await failure(embedder.embedDocuments(['a']))).message).toContain('answered 502');
    expect(waits.length).toBe(2);
    expectVectors(await embedder.embedDocuments(['a']), ['a']);
  });

  it('is a server that hangs: its request ends in time', async () => {
    const server = await serve();
    const { embedder, waits } = await open(server, { timeout_ms: 300, retries: 1 });
    const gone: Promise<unknown>[] = [];
    const hang: Act = (response) => gone.push(once(response, 'close'));
    server.acts = [hang];
    expectVectors(await embedder.embedDocuments(['a']), ['a']);
    expect(waits).toEqual([500]);
    server.acts = [hang, hang];
    const error = await failure(embedder.embedDocuments(['a']));
    expect(error).toBeInstanceOf(ModelError);
    expect(error.message).toContain('(ENGRAM_EMBEDDING_URL) gave no answer within 0.3 seconds');
    await Promise.all(gone);
  });
});

describe('texts that are too long', () => {
  const longerThan =
    (limit: number, status: number, message = 'input is too long'): Act =>
    (response, asked) =>
      asked.texts.some((text) => text.length > limit) ? json(response, status, { error: message }) : false;

  it.each([
    [400, undefined],
    [413, undefined],
    [422, undefined],
    [500, 'input (992 tokens) is too large to process. increase the physical batch size'],
  ])('are found among others (%d), and embedded by their first half', async (status, message) => {
    const server = await serve();
    const warned: [object, string][] = [];
    const logger: Logger = { ...silentLogger, warn: (...line) => warned.push(line) };
    const { embedder, waits } = await open(server, { logger, batch: 16 });
    server.always = longerThan(100, status, message);
    const all = texts(16);
    all[5] = '😀'.repeat(60);
    expectVectors(await embedder.embedDocuments(all), all.with(5, '😀'.repeat(30)));
    expect(waits).toEqual([]);
    // 16, 8, 4, 2, 1 texts, the halves without it, and the shorter one.
    expect(server.asked.length).toBe(10);
    expect(warned).toEqual([[{ chars: 120, kept: 60 }, expect.stringContaining('too long')]]);
    expectVectors([await embedder.embedQuery('x'.repeat(150))], ['x'.repeat(75)]);
  });

  it('fail alone when half is too long as well', async () => {
    const server = await serve();
    const { embedder } = await open(server);
    server.always = longerThan(100, 400);
    const [good, bad] = await Promise.allSettled([
      embedder.embedDocuments(texts(7)),
      embedder.embedDocuments(['fine', 'y'.repeat(500)]),
    ]);
    expectVectors((good as PromiseFulfilledResult<Float32Array[]>).value, texts(7));
    const error = (bad as PromiseRejectedResult).reason as Error;
    expect(error).toBeInstanceOf(ModelError);
    expect(error.message).toContain('A text of 500 characters, and half of it, were refused');
    expect(error.message).toContain('ENGRAM_EMBEDDING_CHUNK_MAX_CHARS');
    expect(error.message).not.toContain('yyyy');
  });

  it('are not cut down to nothing', async () => {
    const server = await serve();
    const { embedder } = await open(server);
    server.always = (response, asked) => (asked.texts[0] === 'x' ? json(response, 400, { error: 'no' }) : false);
    const error = await failure(embedder.embedDocuments(['x']));
    expect(error.message).toContain('answered 400: no. Check that ENGRAM_EMBEDDING_MODEL (toy)');
  });

  it('are told from too many texts, whose number is remembered', async () => {
    const server = await serve();
    const { embedder } = await open(server);
    server.always = (response, asked) => (asked.texts.length > 32 ? json(response, 422, { error: 'batch' }) : false);
    expectVectors(await embedder.embedDocuments(texts(64)), texts(64));
    server.asked.length = 0;
    expectVectors(await embedder.embedDocuments(texts(96)), texts(96));
    expect(sizes(server)).toEqual([32, 32, 32]);
  });
});

describe('a call that has failed', () => {
  it('sends no more of its texts', async () => {
    const server = await serve();
    const { embedder } = await open(server, { batch: 1 });
    server.acts = [refuse(403), refuse(403)];
    expect((await failure(embedder.embedDocuments(texts(9)))).message).toContain('ENGRAM_EMBEDDING_API_KEY');
    expectVectors(await embedder.embedDocuments(['b']), ['b']);
    expectVectors(await embedder.embedDocuments(['c']), ['c']);
    // The second may have been on its way.
    expect(server.asked.length).toBeLessThanOrEqual(4);
  });
});

describe('answers that cannot be right', () => {
  const answer =
    (value: unknown): Act =>
    (response) =>
      json(response, 200, value);
  const data = (...vectors: unknown[]) => ({ data: vectors.map((embedding, index) => ({ index, embedding })) });
  const good = rawVector('a');

  it.each([
    ['too few vectors', data(good), 'answered 1 vectors to 2 texts'],
    ['too many vectors', data(good, good, good), 'answered 3 vectors to 2 texts'],
    ['an index twice', { data: [0, 0].map((index) => ({ index, embedding: good })) }, 'missing or differ in length'],
    ['null', data(good, [null, 1, 2, 3, 4, 5]), 'not a number'],
    ['NaN', `{"data":[{"index":0,"embedding":[NaN,1]},{"index":1,"embedding":[1,-Infinity]}]}`, 'not a number'],
    ['packed NaN', data('AADAfwAAwH8=', 'AADAfwAAwH8='), 'not a number'],
    ['zero', data(good, [0, 0, 0, 0, 0, 0]), 'without a direction'],
    ['different lengths', data(good, [1, 2]), 'differ in length'],
    ['no numbers', data([], []), 'missing'],
    ['another length than at the start', data([1, 2], [1, 2]), 'now makes vectors of 2 numbers instead of 6'],
    ['another form', { object: 'list' }, 'something else instead of embeddings'],
    ['no JSON', 'ok', 'something else instead of embeddings'],
    ['a web page', '<!doctype html><title>Welcome</title>', 'a web page instead of embeddings'],
  ])('%s', async (_, value, sentence) => {
    const server = await serve();
    const { embedder, waits } = await open(server);
    server.acts = [answer(value)];
    const error = await failure(embedder.embedDocuments(['first text', 'second text']));
    expect(error).toBeInstanceOf(ModelError);
    expect(error.message).toContain(sentence);
    expect(error.message).toMatch(/ENGRAM_EMBEDDING_(URL|MODEL)/);
    expect(waits).toEqual([]);
    expectVectors(await embedder.embedDocuments(['b']), ['b']);
  });
});

describe('opening', () => {
  const NO_MODEL = 'model "toy" not found, try pulling it first';
  it.each([
    [401, 'bad key', 'Set ENGRAM_EMBEDDING_API_KEY to a key that may use toy'],
    [403, 'no', 'ENGRAM_EMBEDDING_API_KEY'],
    [404, NO_MODEL, '"ollama pull toy"'],
    [404, 'The model `toy` does not exist or you do not have access to it.', 'correct ENGRAM_EMBEDDING_MODEL'],
    [404, 'not found', 'Check ENGRAM_EMBEDDING_URL'],
    [400, '"toy" does not support embeddings', 'is a model that embeds'],
    [429, 'quota exceeded', 'wait, or raise the limit of ENGRAM_EMBEDDING_API_KEY'],
    [500, 'out of memory', 'answered 500: out of memory. See its log'],
    [418, 'teapot', 'Check ENGRAM_EMBEDDING_URL and ENGRAM_EMBEDDING_MODEL'],
  ])('tells what to do about %d %j, after one attempt', async (status, message, sentence) => {
    const server = await serve();
    server.always = refuse(status, message);
    const error = await failure(open(server));
    expect(error).toBeInstanceOf(ModelError);
    expect(error.name).toBe('ModelError');
    expect(error.message).toContain(`${server.url}/v1/embeddings (ENGRAM_EMBEDDING_URL) answered ${status}`);
    expect(error.message).toContain(sentence);
    expect(server.asked.length).toBe(1);
  });

  it('prefers, of several addresses, the one that knows more', async () => {
    const server = await serve([]);
    server.always = (response, asked) =>
      asked.path === '/api/embed' ? json(response, 404, { error: NO_MODEL }) : json(response, 404, 'no page');
    expect((await failure(open(server, {}, ''))).message).toContain('"ollama pull toy"');
    server.always = (response) => json(response, 200, '<html></html>', { 'content-type': 'text/html' });
    expect((await failure(open(server, {}, ''))).message).toContain('a web page');
  });

  it('follows no redirect, which could lead the key elsewhere', async () => {
    const server = await serve();
    server.acts = [(response) => json(response, 307, '', { location: '/v1/embeddings' })];
    expect((await failure(open(server))).message).toContain('set ENGRAM_EMBEDDING_URL to the address it leads to');
    expect(server.asked.length).toBe(1);
  });

  it('says when nothing answers, breaks or hangs', async () => {
    const server = await serve();
    server.acts = [(response) => response.destroy(), () => {}];
    expect((await failure(open(server))).message).toContain('failed (ECONNRESET)');
    expect((await failure(open(server, { timeout_ms: 200 }))).message).toContain('gave no answer within 0.2 seconds');
    await server.close();
    const error = await failure(open(server));
    expect(error).toBeInstanceOf(ModelError);
    expect(error.message).toContain('Nothing answers at');
    expect(error.message).toContain('"ollama serve"');
  });
});

describe('secrets', () => {
  it('are in no error and no log: neither the key nor what a text says', async () => {
    const server = await serve();
    const lines: string[] = [];
    const write = (fields: object, message: string) => void lines.push(JSON.stringify(fields) + message);
    const logger: Logger = { debug: write, info: write, warn: write, error: write };
    server.acts = [refuse(401, `Incorrect API key provided: ${KEY}.`)];
    const errors = [await failure(open(server, { logger }))];
    expect(errors[0]!.message).toContain('Incorrect API key provided: ***.');
    const { embedder } = await open(server, { logger, retries: 1 });
    const text = 'My doctor says that it is the heart.';
    server.always = (response, asked) => json(response, 500, { error: `cannot embed: ${asked.texts[0]}` });
    errors.push(await failure(embedder.embedDocuments([text])), await failure(embedder.embedQuery('heart')));
    server.always = (response, asked) => json(response, 422, { detail: [{ msg: 'bad', input: asked.texts }] });
    errors.push(await failure(embedder.embedDocuments([text])));
    const told = [...lines, ...errors.map((error) => `${error.stack} ${error.message}`)].join('\n');
    expect(lines.length).toBeGreaterThan(2);
    expect(told).not.toContain(KEY);
    expect(told).not.toContain('heart');
    expect(told).not.toContain('doctor');
  });
});

describe('closing', () => {
  it('ends what is in flight, what waits and what comes later', async () => {
    const server = await serve();
    const { embedder } = await open(server, { batch: 1 });
    const arrived = Promise.withResolvers<void>();
    const gone: Promise<unknown>[] = [];
    server.always = (response) => {
      gone.push(once(response, 'close'));
      if (gone.length === 2) arrived.resolve();
    };
    const work = [embedder.embedDocuments(texts(5)), embedder.embedDocuments(['b']), embedder.embedQuery('c')];
    const failures = Promise.all(work.map(failure));
    await arrived.promise;
    await embedder.close();
    await embedder.close();
    for (const error of await failures) expect(error.message).toBe('The embedder is closed.');
    await Promise.all(gone);
    expect(server.asked.length).toBe(2);
    expect((await failure(embedder.embedDocuments(['d']))).message).toBe('The embedder is closed.');
    expect((await failure(embedder.embedQuery('d'))).message).toBe('The embedder is closed.');
  });

  it('ends the wait before another attempt', async () => {
    const server = await serve();
    const waiting = Promise.withResolvers<void>();
    const delay = (_: number, signal: AbortSignal) =>
      new Promise<void>((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason));
        waiting.resolve();
      });
    const { embedder } = await open(server, { delay });
    server.acts = [refuse(500)];
    const failed = failure(embedder.embedDocuments(['a']));
    await waiting.promise;
    await embedder.close();
    expect((await failed).message).toBe('The embedder is closed.');
    expect(server.asked.length).toBe(1);
  });
});
