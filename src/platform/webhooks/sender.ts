// Sends JSON to addresses that users give. The host is looked up once, every address it has is checked, and the connection
// goes to the one that was checked: a name that resolves differently a moment later leads nowhere else.
//   POST {url}  {event, timestamp, data}  X-Engram-Signature: sha256=<hex HMAC-SHA256 of the body with the secret>
import { createHmac } from 'node:crypto';
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { Clock } from '../../core/clock.ts';
import { messageOf } from '../../core/thrown.ts';
import { type Delivered, type Delivery, WebhookFailure, type WebhookSender } from '../../core/webhook.ts';
import { isLocalName, isPrivateAddress } from './addresses.ts';

export interface SenderDeps {
  /** Addresses of this machine and its networks are allowed too. */
  allow_private: boolean;
  clock: Clock;
  timeout_ms?: number;
  /** All addresses of a host. */
  resolve?: (host: string) => Promise<string[]>;
}

const TIMEOUT_MS = 10_000;
const HINT = 'Set ENGRAM_WEBHOOK_ALLOW_PRIVATE=true on the server to allow addresses of its own network.';

const everyAddress = async (host: string): Promise<string[]> =>
  (await lookup(host, { all: true, verbatim: true })).map(({ address }) => address);

export const signatureOf = (body: string, secret: string): string =>
  `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;

export function createWebhookSender(deps: SenderDeps): WebhookSender {
  const { allow_private, clock, timeout_ms = TIMEOUT_MS, resolve = everyAddress } = deps;

  /** @returns the address to connect to, or why there is none */
  async function placeOf(text: string): Promise<{ url: URL; host: string; address: string } | { refused: string }> {
    if (!URL.canParse(text)) return { refused: 'It is no web address.' };
    const url = new URL(text);
    if (url.protocol !== 'http:' && url.protocol !== 'https:')
      return { refused: 'Only http:// and https:// addresses can be called.' };
    if (url.username !== '' || url.password !== '')
      return { refused: 'It holds a user name or a password; use the secret to sign deliveries instead.' };
    const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
    if (!allow_private && isLocalName(host))
      return { refused: `${host} is a name of this machine or its cloud. ${HINT}` };
    let addresses: string[];
    try {
      addresses = isIP(host) === 0 ? await resolve(host) : [host];
    } catch {
      addresses = [];
    }
    const [address] = addresses;
    if (address === undefined) return { refused: `The name ${host} has no address.` };
    if (!allow_private && addresses.some(isPrivateAddress))
      return { refused: `${host} lies in a private network. ${HINT}` };
    return { url, host, address };
  }

  async function send({ url: text, secret, event, data }: Delivery): Promise<Delivered> {
    const place = await placeOf(text);
    if ('refused' in place) throw new WebhookFailure(`Nothing was sent: ${place.refused}`, null);
    const { url, address } = place;
    const body = JSON.stringify({ event, timestamp: new Date(clock.now()).toISOString(), data });
    const pinned = new URL(url);
    pinned.hostname = isIP(address) === 6 ? `[${address}]` : address;
    const started = performance.now();
    let status: number;
    try {
      const response = await fetch(pinned, {
        method: 'POST',
        headers: {
          host: url.host,
          'content-type': 'application/json',
          'user-agent': 'engram',
          'x-engram-event': event,
          ...(secret !== null && { 'x-engram-signature': signatureOf(body, secret) }),
        },
        body,
        redirect: 'manual',
        // The certificate is checked against the name, not against the address.
        ...(isIP(place.host) === 0 && { tls: { serverName: place.host } }),
        signal: AbortSignal.timeout(timeout_ms),
      });
      status = response.status;
      await response.body?.cancel();
    } catch (error) {
      throw new WebhookFailure(`${url.host} did not answer: ${messageOf(error)}`, null, error);
    }
    if (status < 200 || status > 299) throw new WebhookFailure(`${url.host} answered ${status}, not 2xx.`, status);
    return { status, latency_ms: Math.round(performance.now() - started) };
  }

  return {
    async refusal(url) {
      const place = await placeOf(url);
      return 'refused' in place ? place.refused : null;
    },
    send,
  };
}
