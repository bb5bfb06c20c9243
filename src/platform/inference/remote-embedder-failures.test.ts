// The embedder against a real HTTP server on this machine that misbehaves: what passes, what is too long, what cannot be right.
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import { type Logger, silentLogger } from '../../core/log.ts';
import { ModelError } from './model-error.ts';
import {
  type Act,
  closeAfterEach,
  expectVectors,
  failure,
  json,
  open,
  rawVector,
  refuse,
  serve,
  sizes,
  texts,
} from './remote-embedder-testkit.ts';

closeAfterEach();

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
