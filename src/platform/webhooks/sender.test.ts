// Where webhooks may go, and what goes there. Real servers on this machine; only the names are made up.
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { WebhookFailure } from '../../core/webhook.ts';
import { isLocalName, isPrivateAddress } from './addresses.ts';
import { createWebhookSender, signatureOf } from './sender.ts';

const clock = { now: () => Date.UTC(2026, 2, 2, 12) };
const PUBLIC = '203.0.113.1';

it.each(
  `127.0.0.1 10.0.0.1 172.16.0.1 172.31.255.255 192.168.1.1 169.254.169.254 100.64.0.1 100.127.255.255 0.0.0.0
  224.0.0.1 255.255.255.255 ::1 :: ::ffff:127.0.0.1 ::ffff:7f00:1 ::ffff:10.0.0.1 fc00::1 fd12::1 fe80::1 fe80::1%eth0
  ff02::1 64:ff9b::7f00:1 2002:7f00:1:: ::127.0.0.1 nonsense`.split(/\s+/),
)('%s is private', (address) => expect(isPrivateAddress(address)).toBe(true));

it.each(
  '8.8.8.8 1.1.1.1 203.0.113.1 172.32.0.1 100.128.0.1 2001:db8::1 2606:4700::1111 ::ffff:8.8.8.8 64:ff9b::808:808'.split(
    ' ',
  ),
)('%s is public', (address) => expect(isPrivateAddress(address)).toBe(false));

it.each(['localhost', 'sub.localhost', 'LOCALHOST.', 'metadata', 'metadata.google.internal', 'printer.local'])(
  '%s is local',
  (name) => expect(isLocalName(name)).toBe(true),
);
it.each(['example.com', 'localhost.example.com', 'metadata.example.com'])('%s is not', (name) =>
  expect(isLocalName(name)).toBe(false),
);

describe('an address', () => {
  const refusal = (url: string, addresses: readonly string[] = [PUBLIC], allow_private = false) =>
    createWebhookSender({ allow_private, clock, resolve: async () => [...addresses] }).refusal(url);

  it.each([
    ['https://example.com/hook', [PUBLIC]],
    ['http://[2001:db8::1]/', []],
    ['https://8.8.8.8/', []],
  ])('%s may be used', async (url, addresses) => expect(await refusal(url, addresses)).toBe(null));

  it.each([
    ['ftp://example.com/', 'http://'],
    ['file:///etc/passwd', 'http://'],
    ['nonsense', 'no web address'],
    ['https://user:secret@example.com/', 'password'],
    ['http://localhost:4200/', 'localhost'],
    ['http://127.0.0.1/', 'private'],
    ['http://2130706433/', 'private'],
    ['http://0x7f.1/', 'private'],
    ['http://[::ffff:127.0.0.1]/', 'private'],
  ])('%s may not', async (url, why) => expect(await refusal(url)).toContain(why));

  it('may not when one of its addresses is private, or it has none', async () => {
    expect(await refusal('https://example.com/', [PUBLIC, '10.0.0.1'])).toContain('ENGRAM_WEBHOOK_ALLOW_PRIVATE');
    expect(await refusal('https://example.com/', [])).toContain('no address');
    const failing = createWebhookSender({
      allow_private: false,
      clock,
      resolve: () => Promise.reject(new Error('no')),
    });
    expect(await failing.refusal('https://example.com/')).toContain('no address');
  });

  it('may be private where the server says so', async () => {
    expect(await refusal('http://localhost/', ['127.0.0.1'], true)).toBe(null);
    expect(await refusal('ftp://localhost/', ['127.0.0.1'], true)).not.toBe(null);
  });
});

describe('a delivery', () => {
  const closing: (() => void)[] = [];
  afterEach(() => {
    for (const close of closing.splice(0)) close();
  });
  async function server(status: number | null, headers: Record<string, string> = {}) {
    const seen: { request: IncomingMessage; body: string }[] = [];
    const http = createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk);
      seen.push({ request, body: Buffer.concat(chunks).toString() });
      if (status !== null) response.writeHead(status, headers).end('ok');
    });
    http.listen(0, '127.0.0.1');
    await once(http, 'listening');
    closing.push(() => {
      http.closeAllConnections();
      http.close();
    });
    return { port: (http.address() as AddressInfo).port, seen };
  }
  const sender = (timeout_ms?: number) =>
    createWebhookSender({
      allow_private: true,
      clock,
      resolve: async () => ['127.0.0.1'],
      ...(timeout_ms !== undefined && { timeout_ms }),
    });
  const delivery = (port: number, secret: string | null = 'hush') => ({
    ...{ url: `http://hook.example:${port}/in?a=1`, secret, event: 'test', data: { n: 1 } },
  });
  const failure = (work: Promise<unknown>) =>
    work.then(
      () => expect.unreachable(),
      (error: WebhookFailure) => error,
    );

  it('goes to the address that was checked, under the name that was given', async () => {
    const { port, seen } = await server(200);
    expect(await sender().send(delivery(port))).toEqual({ status: 200, latency_ms: expect.any(Number) });
    const [{ request, body }] = seen as [(typeof seen)[number]];
    expect(JSON.parse(body)).toEqual({ event: 'test', timestamp: '2026-03-02T12:00:00.000Z', data: { n: 1 } });
    expect([request.method, request.url, request.headers.host]).toEqual(['POST', '/in?a=1', `hook.example:${port}`]);
    expect(request.headers['x-engram-signature']).toBe(signatureOf(body, 'hush'));
    expect(signatureOf(body, 'hush')).toMatch(/^sha256=[0-9a-f]{64}$/);
    expect(signatureOf(body, 'other')).not.toBe(signatureOf(body, 'hush'));
  });

  it('is unsigned without a secret', async () => {
    const { port, seen } = await server(200);
    await sender().send(delivery(port, null));
    expect(seen[0]!.request.headers['x-engram-signature']).toBeUndefined();
  });

  it('follows nobody elsewhere', async () => {
    const inner = await server(200);
    const { port } = await server(307, { location: `http://127.0.0.1:${inner.port}/` });
    expect((await failure(sender().send(delivery(port)))).status).toBe(307);
    expect(inner.seen).toEqual([]);
  });

  it.each([400, 500])('fails with %d', async (status) => {
    const { port } = await server(status);
    const error = await failure(sender().send(delivery(port)));
    expect([error.status, error.message]).toEqual([status, `hook.example:${port} answered ${status}, not 2xx.`]);
  });

  it('fails when nobody answers in time, or at all', async () => {
    const { port } = await server(null);
    expect((await failure(sender(50).send(delivery(port)))).status).toBe(null);
    expect((await failure(sender().send(delivery(1)))).message).toContain('did not answer');
  });

  it('is not sent where it may not go', async () => {
    const { port, seen } = await server(200);
    const strict = createWebhookSender({ allow_private: false, clock, resolve: async () => ['127.0.0.1'] });
    expect((await failure(strict.send(delivery(port)))).message).toContain('private network');
    expect(seen).toEqual([]);
  });
});
