// Reads pages that users name. Every host on the way is looked up once, all its addresses are checked, and the connection
// goes to the one that was checked: neither a redirect nor a name that changes leads into this machine or its network.
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { messageOf } from '../../core/thrown.ts';
import { PageFailure, type ReadPage } from '../../core/web-page.ts';
import { isLocalName, isPrivateAddress } from '../webhooks/addresses.ts';

export interface PageDeps {
  /** Addresses of this machine and its networks are allowed too. */
  allow_private: boolean;
  max_bytes: number;
  timeout_ms?: number;
  /** All addresses of a host. */
  resolve?: (host: string) => Promise<string[]>;
}

const TIMEOUT_MS = 15_000;
const MOST_REDIRECTS = 5;

const everyAddress = async (host: string): Promise<string[]> =>
  (await lookup(host, { all: true, verbatim: true })).map(({ address }) => address);

const refused = (message: string) => new PageFailure('refused', message);

async function bytesOf(response: Response, max: number, host: string): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    size += part.length;
    if (size > max) throw refused(`What ${host} sends is larger than ${max} bytes, the most that is read.`);
    parts.push(part);
  }
  return Buffer.concat(parts);
}

export function createPageReader(deps: PageDeps): ReadPage {
  const { allow_private, max_bytes, timeout_ms = TIMEOUT_MS, resolve = everyAddress } = deps;

  async function placeOf(text: string): Promise<{ url: URL; host: string; address: string }> {
    if (!URL.canParse(text)) throw refused('This is no web address.');
    const url = new URL(text);
    if (url.protocol !== 'http:' && url.protocol !== 'https:')
      throw refused('Only http:// and https:// addresses can be read.');
    if (url.username !== '' || url.password !== '') throw refused('The address holds a user name or a password.');
    const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
    if (!allow_private && isLocalName(host)) throw refused(`${host} is a name of this machine or its cloud.`);
    let addresses: string[];
    try {
      addresses = isIP(host) === 0 ? await resolve(host) : [host];
    } catch {
      addresses = [];
    }
    const [address] = addresses;
    if (address === undefined) throw new PageFailure('failed', `The name ${host} has no address.`);
    if (!allow_private && addresses.some(isPrivateAddress)) throw refused(`${host} lies in a private network.`);
    return { url, host, address };
  }

  return async (text) => {
    const signal = AbortSignal.timeout(timeout_ms);
    let next = text;
    for (let hop = 0; hop <= MOST_REDIRECTS; hop++) {
      const { url, host, address } = await placeOf(next);
      const pinned = new URL(url);
      pinned.hostname = isIP(address) === 6 ? `[${address}]` : address;
      try {
        const response = await fetch(pinned, {
          headers: { host: url.host, 'user-agent': 'engram', accept: 'text/html, text/*;q=0.9, */*;q=0.5' },
          redirect: 'manual',
          // The certificate is checked against the name, not against the address.
          ...(isIP(host) === 0 && { tls: { serverName: host } }),
          signal,
        });
        const towards = response.headers.get('location');
        if (response.status >= 300 && response.status < 400 && towards !== null) {
          await response.body?.cancel();
          if (!URL.canParse(towards, url.href)) throw new PageFailure('failed', `${host} redirects to nowhere.`);
          next = new URL(towards, url).href;
          continue;
        }
        if (!response.ok) {
          await response.body?.cancel();
          throw new PageFailure('failed', `${host} answered ${response.status}.`);
        }
        return {
          url: url.href,
          content_type: response.headers.get('content-type'),
          bytes: await bytesOf(response, max_bytes, host),
        };
      } catch (error) {
        if (error instanceof PageFailure) throw error;
        throw new PageFailure('failed', `${host} did not answer: ${messageOf(error)}`, error);
      }
    }
    throw new PageFailure('failed', `The address redirects more than ${MOST_REDIRECTS} times.`);
  };
}
