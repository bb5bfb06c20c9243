// The embedder against a real HTTP server on this machine that speaks all its forms. Failures: remote-embedder-failures.test.ts
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import type { Logger } from '../../core/log.ts';
import { ModelError } from './model-error.ts';
import {
  type Act,
  closeAfterEach,
  DIMS,
  expectVectors,
  FORMS,
  failure,
  json,
  KEY,
  open,
  refuse,
  serve,
  sizes,
  texts,
} from './remote-embedder-testkit.ts';

closeAfterEach();

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
