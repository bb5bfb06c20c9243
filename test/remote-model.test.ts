// An endpoint that embeds, and everything that can happen to it while the server runs: a real HTTP server beside the app.
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Logger } from '../src/core/log.ts';
import { createTestApp, type TestApp } from './support/app.ts';
import { freePort } from './support/cli.ts';
import { search } from './support/memories.ts';

const DIMS = 8;
const KEY = 'sk-never-to-be-seen';

/** Letters of a text as a direction: the same letters, in any order, are near. */
const vectorOf = (text: string, dims: number): number[] => {
  const vector = Array.from({ length: dims }, () => 0.01);
  for (const char of text.toLowerCase()) if (/\w/.test(char)) vector[char.charCodeAt(0) % dims]! += 1;
  return vector;
};

let endpoint: Server | null = null;
let dims = DIMS;
let status = 200;
async function comeUp(port: number): Promise<void> {
  endpoint = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const { input } = JSON.parse(Buffer.concat(chunks).toString()) as { input: string[] };
    const answer =
      status === 200
        ? { data: input.map((text, index) => ({ index, embedding: vectorOf(text, dims) })) }
        : { error: { message: `Incorrect API key provided: ${request.headers.authorization}` } };
    response.writeHead(status, { 'content-type': 'application/json', connection: 'close' });
    response.end(JSON.stringify(answer));
  });
  endpoint.listen(port, '127.0.0.1');
  await once(endpoint, 'listening');
}
async function goDown(): Promise<void> {
  endpoint?.closeAllConnections();
  endpoint?.close();
  endpoint = null;
}

const lines: string[] = [];
/** Keeps all that is logged, errors with all they say; a pause that is announced is over at once. */
function write(fields: object, message: string): void {
  lines.push(
    JSON.stringify([message, fields], (_, value) =>
      value instanceof Error ? { message: value.message, stack: value.stack, cause: value.cause } : value,
    ),
  );
  if ('wait_ms' in fields) setImmediate(() => vi.advanceTimersByTime(fields.wait_ms as number));
}
const logger: Logger = { debug: write, info: write, warn: write, error: write };

let app: TestApp;
let port: number;
const settings = (more: Record<string, string> = {}) => ({
  ENGRAM_EMBEDDING_URL: `http://127.0.0.1:${port}/v1/embeddings`,
  ENGRAM_EMBEDDING_MODEL: 'letters',
  ENGRAM_EMBEDDING_API_KEY: KEY,
  ...more,
});
const overview = async () => (await app.call('GET', '/admin/models')).body;

beforeEach(async () => {
  lines.length = 0;
  dims = DIMS;
  status = 200;
  port = await freePort();
  // Only what waits: clocks and immediates stay real.
  vi.spyOn(Math, 'random').mockReturnValue(0.5);
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});
afterEach(async () => {
  const said = JSON.stringify(await overview()) + (await app.call('GET', '/health')).body + lines.join('\n');
  await app.close();
  vi.useRealTimers();
  vi.restoreAllMocks();
  await goDown();
  // Whatever happened, nobody was told the key.
  expect(said).toContain('letters');
  expect(said).not.toContain(KEY);
});

describe('an endpoint that is down at the start', () => {
  it('is named, and used without a restart once it comes up', async () => {
    app = await createTestApp({ env: settings(), ports: { logger } });
    const { embedding } = await overview();
    expect(embedding).toMatchObject({ active: null, wanted: `letters at http://127.0.0.1:${port}/v1/embeddings` });
    expect(embedding.problem).toMatch(/Nothing answers at .*ENGRAM_EMBEDDING_URL.*start the server there/);
    expect((await app.call('GET', '/health/ready')).status).toBe(200);
    const stored = await app.call('POST', '/store', { content: 'listen' });
    expect(stored.body).toMatchObject({ stored: true, embedded: false });
    expect(await search(app, 'listen')).toMatchObject({ degraded: ['vector'], results: [{ id: stored.body.id }] });

    await comeUp(port);
    vi.advanceTimersByTime(15_000);
    await vi.waitFor(async () => expect((await overview()).embedding.problem).toBeNull());
    await app.jobs.drain();
    expect((await overview()).embedding).toMatchObject({ active: { name: 'letters', dims: DIMS } });
    expect(await search(app, { query: 'silent', channels: ['vector'] })).toMatchObject({
      degraded: [],
      results: [{ id: stored.body.id, search_type: 'vector' }],
    });
  });
});

const storing = (content: string) => app.call('POST', '/store', { content });

describe('an endpoint in use', () => {
  beforeEach(async () => {
    await comeUp(port);
    app = await createTestApp({ env: settings(), ports: { logger } });
    expect((await overview()).embedding).toMatchObject({ active: { name: 'letters' }, problem: null });
  });

  it('that dies costs meaning, not memories; they are embedded when it is back', async () => {
    await goDown();
    const { status, body } = await storing('listen');
    expect({ status, body }).toMatchObject({ status: 201, body: { embedded: false } });
    expect(await search(app, 'listen')).toMatchObject({ degraded: ['vector'], results: [{ id: body.id }] });
    for (let tries = 0; tries < 11; tries++) {
      await app.jobs.drain();
      app.clock.advance(600_000);
    }
    const told = expect.stringContaining('ENGRAM_EMBEDDING_URL');
    expect((await overview()).reembed).toMatchObject({ state: 'failed', done: 0, error: told });
    await comeUp(port);
    // Nobody has to restart anything: the first who asks notices.
    await search(app, 'anything');
    await app.jobs.drain();
    expect(await search(app, { query: 'silent', channels: ['vector'] })).toMatchObject({
      degraded: [],
      results: [{ id: body.id, search_type: 'vector' }],
    });
  });

  it.each([
    [
      'makes vectors of another length',
      () => (dims = 5),
      /now makes vectors of 5 numbers instead of 8: restart the server/,
    ],
    ['refuses the key', () => (status = 401), /answered 401.*Set ENGRAM_EMBEDDING_API_KEY/],
    ['falls over', () => (status = 500), /answered 500/],
  ])('that %s costs meaning, and the log says what to do', async (_, happen, told) => {
    happen();
    const stored = await storing('listen');
    expect(stored).toMatchObject({ status: 201, body: { embedded: false } });
    expect(await search(app, 'listen')).toMatchObject({ degraded: ['vector'], results: [{ id: stored.body.id }] });
    expect(lines.join('\n')).toMatch(told);
  });
});

describe('an endpoint that cannot be used from the start', () => {
  it.each([
    [
      'the key is wrong',
      () => (status = 401),
      {},
      /answered 401: Incorrect API key provided: Bearer \*\*\*\. Set ENGRAM_EMBEDDING_API_KEY/,
    ],
    [
      'the length is another',
      () => {},
      { ENGRAM_EMBEDDING_DIM: '1024' },
      /makes vectors of 8 numbers but ENGRAM_EMBEDDING_DIM says 1024/,
    ],
    ['it falls over', () => (status = 500), {}, /answered 500/],
  ])('because %s is named, and the rest is served', async (_, happen, env, told) => {
    happen();
    await comeUp(port);
    app = await createTestApp({ env: settings(env as Record<string, string>), ports: { logger } });
    expect((await overview()).embedding).toMatchObject({ active: null, problem: expect.stringMatching(told) });
    const stored = await storing('listen');
    expect(stored).toMatchObject({ status: 201, body: { embedded: false } });
    expect(await search(app, 'listen')).toMatchObject({ degraded: ['vector'], results: [{ id: stored.body.id }] });
  });
});
