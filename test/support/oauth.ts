// What a client and a browser do between a redirect and a token, over whatever carries requests.
import { createHash, randomBytes } from 'node:crypto';
import { expect } from 'vitest';
import type { Answer, Caller } from './app.ts';

/** Where an app that does not listen says it is. */
export const BASE = 'http://127.0.0.1:4200';
export const HOST = { host: '127.0.0.1:4200' };
export const REDIRECT = 'http://127.0.0.1:7777/callback';
const FORM = { 'content-type': 'application/x-www-form-urlencoded' };

export type Fields = Readonly<Record<string, string | undefined>>;
const encoded = (fields: Fields): string =>
  new URLSearchParams(Object.entries(fields).filter((one): one is [string, string] => one[1] !== undefined)).toString();

/** Says at every request where it was sent to. */
export const at =
  (call: Caller, host: string = HOST.host): Caller =>
  (method, path, body, headers = {}) =>
    call(method, path, body, { host, ...headers });

export const post = (call: Caller, path: string, fields: Fields, headers: Record<string, string> = {}) =>
  call('POST', path, encoded(fields), { ...FORM, ...headers });

export function proof(): { verifier: string; challenge: string } {
  const verifier = randomBytes(32).toString('base64url');
  return { verifier, challenge: createHash('sha256').update(verifier).digest('base64url') };
}

export async function register(call: Caller, more: object = {}): Promise<string> {
  const { status, body } = await call('POST', '/oauth/register', {
    redirect_uris: [REDIRECT],
    client_name: 'Quill',
    ...more,
  });
  expect([status, body.client_id], JSON.stringify(body)).toEqual([201, expect.stringMatching(/^engram-client-/)]);
  return body.client_id;
}

const UNESCAPED: Readonly<Record<string, string>> = {
  '&amp;': '&',
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&#39;': "'",
};
const unescaped = (text: string): string => text.replaceAll(/&(?:amp|lt|gt|quot|#39);/g, (one) => UNESCAPED[one]!);

export interface ConsentPage {
  answer: Answer;
  /** What its form sends when nobody touches it. */
  fields: Record<string, string>;
  cookie: string;
}

export function pageIn(answer: Answer): ConsentPage {
  const fields: Record<string, string> = {};
  for (const [, type, name, value] of String(answer.body).matchAll(
    /<input type="(hidden|checkbox)" name="([^"]+)" value="([^"]*)"/g,
  ))
    if (type) fields[name!] = unescaped(value!);
  return { answer, fields, cookie: answer.headers.get('set-cookie')?.split(';')[0] ?? '' };
}

export const asking = (client_id: string, challenge: string, more: Fields = {}): Fields => ({
  response_type: 'code',
  client_id,
  redirect_uri: REDIRECT,
  state: 'st at/e&1',
  code_challenge: challenge,
  code_challenge_method: 'S256',
  ...more,
});

export const open = async (call: Caller, request: Fields, headers: Record<string, string> = {}) =>
  pageIn(await call('GET', `/oauth/authorize?${encoded(request)}`, undefined, headers));

export const answerPage = (call: Caller, page: ConsentPage, fields: Fields, headers: Record<string, string> = {}) =>
  post(call, '/oauth/authorize', { ...page.fields, ...fields }, { cookie: page.cookie, ...headers });

export const allow = (call: Caller, page: ConsentPage, key: string, more: Fields = {}) =>
  answerPage(call, page, { decision: 'allow', key, ...more });

/** Where a browser was sent, as the client there reads it. */
export function backAt({ status, headers, body }: Answer): URLSearchParams {
  expect([302, 303], String(body)).toContain(status);
  return new URL(headers.get('location')!).searchParams;
}

export interface Connected {
  client_id: string;
  access_token: string;
  refresh_token: string;
  scope: string;
}

/** Asks, is allowed, fetches the code. */
export async function codeFor(call: Caller, key: string, client_id: string, more: Fields = {}) {
  const { verifier, challenge } = proof();
  const page = await open(call, asking(client_id, challenge, more));
  expect(page.answer.status, page.answer.body).toBe(200);
  const code = backAt(await allow(call, page, key)).get('code')!;
  return { code, verifier };
}

export const redeem = (call: Caller, client_id: string, code: string, code_verifier: string, more: Fields = {}) =>
  post(call, '/oauth/token', {
    grant_type: 'authorization_code',
    ...{ client_id, code, code_verifier, redirect_uri: REDIRECT },
    ...more,
  });

export const refresh = (call: Caller, client_id: string, refresh_token: string, more: Fields = {}) =>
  post(call, '/oauth/token', { grant_type: 'refresh_token', client_id, refresh_token, ...more });

/** The whole way from nothing to tokens. */
export async function connect(call: Caller, key: string, more: Fields = {}): Promise<Connected> {
  const client_id = await register(call);
  const { code, verifier } = await codeFor(call, key, client_id, more);
  const { status, body } = await redeem(call, client_id, code, verifier);
  expect(status, JSON.stringify(body)).toBe(200);
  return { client_id, ...body };
}
