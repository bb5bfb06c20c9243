// An app behind a real port, as a client of the SDK sees it, and servers that misbehave.
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { listen } from '../../src/platform/listen.ts';
import { createTestApp, type TestApp, type TestOptions } from '../support/app.ts';

export interface ServedApp {
  readonly app: TestApp;
  readonly url: string;
  close(): Promise<void>;
}

export async function serveApp(options: TestOptions = {}): Promise<ServedApp> {
  const app = await createTestApp(options);
  const listener = await listen(app.fetch, { host: '127.0.0.1', port: 0, maxBodyBytes: 1024 * 1024 });
  return {
    app,
    url: listener.url,
    async close() {
      await listener.close();
      await app.close();
    },
  };
}

export interface Flaky {
  readonly url: string;
  /** Method and path of every request, in the order they came. */
  readonly requests: string[];
  readonly headers: IncomingMessage['headers'][];
  /** Breaks every connection there is. */
  cut(): void;
  [Symbol.asyncDispose](): Promise<void>;
}

export type Act = (response: ServerResponse, request: IncomingMessage) => void;

/** Answers each request by the next act; the last one answers all that follow. */
export async function flakyServer(...acts: readonly Act[]): Promise<Flaky> {
  const requests: string[] = [];
  const headers: IncomingMessage['headers'][] = [];
  const server = createServer((request, response) => {
    const act = acts[Math.min(requests.length, acts.length - 1)]!;
    requests.push(`${request.method} ${request.url}`);
    headers.push(request.headers);
    request.resume();
    act(response, request);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    headers,
    cut: () => server.closeAllConnections(),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
    },
  };
}

export const answer =
  (status: number, body: unknown = {}, headers: Record<string, string> = {}): Act =>
  (response) =>
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));

/** Breaks the connection without a word. */
export const hangUp: Act = (response) => response.socket?.destroy();
/** Never answers. */
export const silence: Act = () => {};
/** Part of a stream of events, which then hangs until the server cuts it. */
export const hold =
  (text: string): Act =>
  (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(text);
  };
/** A stream of events that ends as it should. */
export const stream =
  (text: string): Act =>
  (response) =>
    response.writeHead(200, { 'content-type': 'text/event-stream' }).end(text);
