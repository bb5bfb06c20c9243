// Clients of MCP, made with the official package, for apps in this process.
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import type { TestApp } from '../support/app.ts';

/** The protocol that clients of 2025 speak, or that of 2026. */
export type Era = '2025-06-18' | '2025-11-25' | '2026-07-28';

export const optionsOf = (era: Era) =>
  era === '2026-07-28'
    ? { versionNegotiation: { mode: { pin: era } } }
    : { supportedProtocolVersions: [era], versionNegotiation: { mode: 'legacy' as const } };

export interface Connecting {
  key?: string | null;
  era?: Era;
  path?: string;
  headers?: Record<string, string>;
}

/** A client of the app's endpoint, without a network between. */
export async function connected(app: Pick<TestApp, 'fetch' | 'key'>, options: Connecting = {}): Promise<Client> {
  const { key = app.key, era = '2025-11-25', path = '/mcp', headers = {} } = options;
  const auth: Record<string, string> = key === null ? {} : { authorization: `Bearer ${key}` };
  const transport = new StreamableHTTPClientTransport(new URL(`http://127.0.0.1:4200${path}`), {
    requestInit: { headers: { ...auth, ...headers } },
    fetch: async (url, init) => app.fetch(new Request(String(url), init), { peer: '127.0.0.1' }),
  });
  const client = new Client({ name: 'test-client', version: '1.0.0' }, optionsOf(era));
  await client.connect(transport);
  return client;
}

/** One raw message to the endpoint. */
export async function post(
  app: Pick<TestApp, 'fetch' | 'key'>,
  body: unknown,
  { headers = {}, key = app.key, path = '/mcp', method = 'POST' }: Connecting & { method?: string } = {},
) {
  const init: RequestInit = {
    method,
    headers: {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      ...(key === null ? {} : { authorization: `Bearer ${key}` }),
      ...headers,
    },
  };
  if (method === 'POST') init.body = typeof body === 'string' ? body : JSON.stringify(body);
  const response = await app.fetch(new Request(`http://127.0.0.1:4200${path}`, init), { peer: '127.0.0.1' });
  const text = await response.text();
  const data = /^data: (.*)$/m.exec(text)?.[1] ?? text;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
  const answer = (data.startsWith('{') ? JSON.parse(data) : data) as any;
  return { status: response.status, headers: response.headers, body: answer };
}

// biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
export const given = (result: { structuredContent?: unknown }): any => result.structuredContent;
export const said = (result: { content: unknown }): string =>
  (result.content as { text: string }[]).map(({ text }) => text).join('\n');
