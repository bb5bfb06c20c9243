// A real HTTP server on this machine that speaks all forms of embedding requests and misbehaves when told to.
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect } from 'vitest';
import { silentLogger } from '../../core/log.ts';
import type { Embedder } from '../../core/ports.ts';
import { openRemoteEmbedder, type RemoteEmbedderOptions } from './remote-embedder.ts';

export const DIMS = 6;
export const KEY = 'sk-very-secret-key';

/** What the server answers for a text: any direction, any length. */
export const rawVector = (text: string, dims = DIMS): number[] =>
  Array.from({ length: dims }, (_, i) =>
    Array.from(text).reduce((sum, char, at) => sum + Math.sin((char.codePointAt(0)! + at) * (i + 1)), 0.1 + i),
  );
const unit = (vector: readonly number[]): number[] => vector.map((x) => x / Math.hypot(...vector));

export interface Asked {
  path: string;
  texts: string[];
  authorization: string | undefined;
  body: Record<string, unknown>;
}
/** Answers one request in another way; returns false to let it be answered as usual. */
export type Act = (response: ServerResponse, asked: Asked, request: IncomingMessage) => unknown;

export interface TestServer {
  url: string;
  /** All requests but the probe at opening. */
  asked: Asked[];
  /** What happens to the next requests, in turn; then to every request. */
  acts: Act[];
  always: Act | null;
  most_at_once: number;
  close(): Promise<void>;
}

export const json = (
  response: ServerResponse,
  status: number,
  value: unknown,
  headers: Record<string, string> = {},
) => {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(typeof value === 'string' ? value : JSON.stringify(value));
};
export const refuse =
  (status: number, message = 'no', headers: Record<string, string> = {}): Act =>
  (response) =>
    json(response, status, { error: { message } }, headers);

export const FORMS: Record<string, (texts: string[], body: Record<string, unknown>) => unknown> = {
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

/** Closes what a test of the file has opened, when it has ended. */
export function closeAfterEach(): void {
  afterEach(async () => {
    for (const embedder of opened.splice(0)) await embedder.close();
    for (const server of servers.splice(0)) await server.close();
  });
}

export async function serve(paths: readonly string[] = Object.keys(FORMS)): Promise<TestServer> {
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
export async function open(server: TestServer, options: Partial<RemoteEmbedderOptions> = {}, path = '/v1/embeddings') {
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

export const failure = (work: Promise<unknown>): Promise<Error> =>
  work.then(
    () => {
      throw new Error('It should have failed.');
    },
    (error: Error) => error,
  );
export const texts = (count: number) => Array.from({ length: count }, (_, i) => `text number ${i}`);
export function expectVectors(found: readonly Float32Array[], of: readonly string[]): void {
  expect(found.length).toBe(of.length);
  found.forEach((vector, i) => {
    expect(vector).toBeInstanceOf(Float32Array);
    unit(rawVector(of[i]!)).forEach((x, n) => {
      expect(vector[n]).toBeCloseTo(x, 5);
    });
  });
}
/** Largest first: of two in flight either may arrive first. */
export const sizes = (server: TestServer) => server.asked.map((asked) => asked.texts.length).sort((a, b) => b - a);
