// What OAuth 2.1 holds fast: which addresses people may be sent to, what proves that a code is one's own, what tokens look
// like. Pure.
//   RFC 6749 and OAuth 2.1 (draft-ietf-oauth-v2-1): codes, tokens, redirects    RFC 7636: proof keys
//   RFC 8252 section 7.3: loopback redirects    RFC 8707: resource indicators    RFC 9207: the issuer in answers
//   draft-ietf-oauth-client-id-metadata-document: clients named by an address
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../algo/durations.ts';
import type { AccessScope } from '../../core/scope.ts';

export const CODE_MS = MINUTE_MS;
export const ACCESS_MS = HOUR_MS;
/** From the last use on. */
export const REFRESH_MS = 30 * DAY_MS;

/** What a client can be given; administration stays with keys. */
export const GRANTABLE = ['read', 'write'] as const satisfies readonly AccessScope[];
export type Grantable = (typeof GRANTABLE)[number];

export type TokenKind = 'code' | 'access' | 'refresh';
const PREFIX: Readonly<Record<TokenKind, string>> = { code: 'engc_', access: 'engt_', refresh: 'engr_' };
export const mintedToken = (kind: TokenKind, hex: string): string => `${PREFIX[kind]}${hex}`;
const SHAPES: Readonly<Record<TokenKind, RegExp>> = {
  code: /^engc_[0-9a-f]{64}$/,
  access: /^engt_[0-9a-f]{64}$/,
  refresh: /^engr_[0-9a-f]{64}$/,
};
export const isToken = (kind: TokenKind, text: string): boolean => SHAPES[kind].test(text);
export const mintedClientId = (hex: string): string => `engram-client-${hex}`;

const isLoopbackHost = (hostname: string): boolean =>
  hostname === 'localhost' || hostname === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(hostname);

/**
 * Where this server is, as its clients see it.
 * @param public_url ENGRAM_PUBLIC_URL
 * @param host `Host` of the request; anybody can send any, so only names of this machine are believed
 * @returns an origin; null when neither says it
 */
export function baseOf(public_url: string | null, host: string | null): string | null {
  if (public_url !== null) return public_url;
  if (host === null || !/^[\w.:[\]-]+$/.test(host) || !URL.canParse(`http://${host}`)) return null;
  const url = new URL(`http://${host}`);
  return isLoopbackHost(url.hostname) ? url.origin : null;
}

/** What tokens are for: the MCP endpoint, or the whole server; a slash at the end changes nothing. */
export const resourcesOf = (base: string): readonly [mcp: string, whole: string] => [`${base}/mcp`, base];
export function resourceNamed(text: string | undefined, base: string): string | null {
  const [mcp, whole] = resourcesOf(base);
  if (text === undefined) return mcp;
  const plain = text.replace(/\/$/, '');
  return plain === mcp || plain === whole ? plain : null;
}

/** Whether a token for this address is for this server, which may have moved since. */
export function isAudience(resource: string, public_url: string | null): boolean {
  if (public_url !== null) return resource === public_url || resource === `${public_url}/mcp`;
  return URL.canParse(resource) && isLoopbackHost(new URL(resource).hostname);
}

/** Nothing that reads differently to people, to us and to browsers; the host also goes into a policy header. */
const PLAIN_URI = /^[!-[\]-~]{1,2000}$/;
const PLAIN_HOST = /^(?:[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\])$/;

/** @returns why people may not be sent there; null when they may */
export function redirectProblem(uri: string): string | null {
  if (!PLAIN_URI.test(uri) || !URL.canParse(uri)) return 'is no address of at most 2,000 plain characters';
  const url = new URL(uri);
  if (uri.includes('#')) return 'must not have a fragment';
  if (url.username !== '' || url.password !== '') return 'must not hold a user name or a password';
  if (!PLAIN_HOST.test(url.hostname)) return 'names no plain host';
  if (url.protocol === 'https:') return null;
  return url.protocol === 'http:' && isLoopbackHost(url.hostname)
    ? null
    : 'must begin with https://, or with http:// and an address of the same machine';
}

/** Programs on a person's machine listen on whichever port is free. */
function withoutPort(uri: string): string | null {
  const url = new URL(uri);
  if (url.protocol !== 'http:' || !isLoopbackHost(url.hostname)) return null;
  url.port = '';
  return url.href;
}

/** Character by character, but for the port of loopback addresses. */
export function isRegistered(uri: string, registered: readonly string[]): boolean {
  if (redirectProblem(uri) !== null) return false;
  if (registered.includes(uri)) return true;
  const bare = withoutPort(uri);
  return bare !== null && registered.some((one) => URL.canParse(one) && withoutPort(one) === bare);
}

export const hostOf = (uri: string): string => new URL(uri).host;

/** The address with more parameters; what it says already stays as it was written. */
export function withParams(uri: string, params: Readonly<Record<string, string | undefined>>): string {
  const given = Object.entries(params).filter((one): one is [string, string] => one[1] !== undefined);
  const joint = !uri.includes('?') ? '?' : /[?&]$/.test(uri) ? '' : '&';
  return `${uri}${joint}${new URLSearchParams(given)}`;
}

/** Sources that a form may lead to, through its redirect, for a content security policy. */
export function formTargets(uri: string): string {
  const { protocol, hostname, origin } = new URL(uri);
  // Where a site of the web sends people on to is its own affair. IPv6 addresses are no sources.
  return protocol === 'https:' ? 'https:' : hostname.startsWith('[') ? 'http:' : origin;
}

/** The one way that `code_challenge_method=S256` allows. @param sha256 hex, of the verifier */
export const challengeOf = (sha256: string): string => Buffer.from(sha256, 'hex').toString('base64url');
export const isChallenge = (text: string): boolean => /^[\w-]{43}$/.test(text);
export const isVerifier = (text: string): boolean => /^[\w.~-]{43,128}$/.test(text);

/**
 * Words of ours among those asked for; without a word, all of them. Others are passed over, as RFC 6749 (3.3) lets be.
 * @returns null when none of the words is ours
 */
export function scopesAsked(text: string | undefined): Grantable[] | null {
  const words = (text ?? '').split(' ').filter((word) => word !== '');
  if (words.length === 0) return [...GRANTABLE];
  const known = GRANTABLE.filter((scope) => words.includes(scope));
  return known.length > 0 ? known : null;
}

/** Whether this is an address whose document describes a client: told from ids of ours by its beginning. */
export const isClientAddress = (client_id: string): boolean => /^https?:/i.test(client_id);
export function clientAddressProblem(client_id: string): string | null {
  if (!PLAIN_URI.test(client_id) || !URL.canParse(client_id)) return 'is no address';
  const url = new URL(client_id);
  if (url.protocol !== 'https:') return 'must begin with https://';
  if (url.href !== client_id) return 'must be written in its plain form';
  if (url.pathname === '/') return 'must have a path';
  if (url.hash !== '' || url.username !== '' || url.password !== '') return 'must be an address without extras';
  return PLAIN_HOST.test(url.hostname) ? null : 'names no plain host';
}

const MOST_NAME = 100;
/** A name to show: without characters that hide or turn around what stands beside them. */
export function shownName(name: string | null | undefined, fallback: string): string {
  const plain = (name ?? '').replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '').trim();
  return Array.from(plain).slice(0, MOST_NAME).join('') || fallback;
}

export const cookieNamed = (header: string | null, name: string): string | null => {
  for (const part of (header ?? '').split(';')) {
    const at = part.indexOf('=');
    if (at > 0 && part.slice(0, at).trim() === name) return part.slice(at + 1).trim();
  }
  return null;
};
