// Calls endpoints by their specs: the types of a call come from the contract, whichever way the request travels.
import type { z } from 'zod';
import type { EndpointSpec } from '../../core/endpoint.ts';
import { CliError, EXIT } from './failure.ts';

type Side<S, K extends 'params' | 'query' | 'body'> = S extends { readonly [P in K]: infer Z extends z.ZodType }
  ? z.input<Z>
  : undefined;

export interface CallInput<S extends EndpointSpec> {
  readonly params?: Side<S, 'params'>;
  readonly query?: Side<S, 'query'>;
  readonly body?: Side<S, 'body'>;
}

export type Call = <S extends EndpointSpec>(spec: S, input?: CallInput<S>) => Promise<z.output<S['response']>>;

/** The same for answers that are no JSON: the whole response, once it is a success. */
export type Open = <S extends EndpointSpec>(spec: S, input?: CallInput<S>) => Promise<Response>;

/** Carries one request. Rejects only when no answer came. */
export type Send = (request: Request, timeout_ms: number) => Promise<Response>;

const DEFAULT_TIMEOUT_MS = 30_000;
/** On top of the server's own limit, so that its sentence arrives before ours is due. */
const GRACE_MS = 5_000;

export function buildRequest<S extends EndpointSpec>(
  base: string,
  key: string | null,
  spec: S,
  input: CallInput<S>,
  space: string | null = null,
): Request {
  const params = (input.params ?? {}) as Record<string, unknown>;
  const path = spec.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(params[name])));
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(input.query ?? {})) if (value != null) query.set(name, String(value));
  const headers: Record<string, string> = { accept: 'application/json' };
  if (key !== null) headers.authorization = `Bearer ${key}`;
  // Names may hold what headers cannot; the server reads them back.
  if (space !== null) headers['x-space'] = encodeURIComponent(space);
  const init: RequestInit = { method: spec.method, headers, redirect: 'manual' };
  if (input.body !== undefined) {
    headers['content-type'] = 'application/json';
    init.body = JSON.stringify(input.body);
  }
  const asked = query.toString();
  return new Request(base + path + (asked === '' ? '' : `?${asked}`), init);
}

export const timeoutOf = (spec: EndpointSpec): number =>
  Math.max(DEFAULT_TIMEOUT_MS, (spec.timeout_ms ?? 0) + GRACE_MS);

/** @throws CliError unless the answer is a success with JSON in it */
export async function readAnswer(response: Response, base: string, key: string | null): Promise<unknown> {
  const body = parseJson(await response.text());
  const problem = typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : null;
  if (response.ok && body !== undefined) return body;
  const sentence =
    typeof problem?.error === 'string' ? problem.error : typeof problem?.message === 'string' ? problem.message : null;
  if (sentence === null) {
    const towards = response.headers.get('location');
    throw new CliError(
      EXIT.failed,
      'not_engram',
      towards !== null && response.status < 400
        ? `${base} redirects to ${towards}; if that is your Engram server, pass it with --server.`
        : `What answers at ${base} is not an Engram server (HTTP ${response.status}). Check --server or ENGRAM_URL.`,
    );
  }
  const code = typeof problem?.code === 'string' ? problem.code : `http_${response.status}`;
  // A wrong bootstrap secret is a 401 too, but no key would help there.
  if (response.status === 401 && code !== 'bootstrap_secret_wrong')
    throw new CliError(EXIT.unauthorized, code, keyAdvice(base, key));
  throw new CliError(
    response.status === 404 && code !== 'route_not_found' ? EXIT.not_found : EXIT.failed,
    code,
    sentence,
  );
}

const keyAdvice = (base: string, key: string | null): string =>
  key === null
    ? `${base} wants a key. Pass one with --key or ENGRAM_API_KEY; "engram bootstrap" gets the first one of a new server, POST /keys makes more.`
    : `${base} does not accept this key. Check --key or ENGRAM_API_KEY; whoever runs the server can make a new one with POST /keys.`;

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/** Nothing listens there, so nothing was sent: trying elsewhere cannot do the work twice. */
export class Refused extends Error {}

export const overNetwork: Send = async (request, timeout_ms) => {
  try {
    const answer = await fetch(request, { signal: AbortSignal.timeout(timeout_ms) });
    // Read here, so that an answer that breaks off is worded like one that never came.
    const body = await answer.arrayBuffer();
    const { status, headers } = answer;
    return new Response(body.byteLength === 0 ? null : body, { status, headers });
  } catch (error) {
    throw explainSending(error, request, timeout_ms);
  }
};

/** For answers too large to hold: its body is read by the caller, who has to expect it to break off. */
export const openOverNetwork: Send = async (request, timeout_ms) => {
  try {
    return await fetch(request, { signal: AbortSignal.timeout(timeout_ms) });
  } catch (error) {
    throw explainSending(error, request, timeout_ms);
  }
};

function explainSending(error: unknown, request: Request, timeout_ms: number): Error {
  const { origin } = new URL(request.url);
  const { code, name, cause } = error as { code?: string; name?: string; cause?: { code?: string } };
  const reason = code ?? cause?.code ?? name ?? '';
  if (/^(ECONNREFUSED|ConnectionRefused)$/.test(String(reason))) {
    return new Refused(
      `Nothing answers at ${origin}. Start the server with "engram serve", or name another with --server or ENGRAM_URL.`,
    );
  }
  const why =
    name === 'TimeoutError' ? `did not answer within ${timeout_ms / 1000} s` : `cannot be reached (${reason})`;
  return new CliError(
    EXIT.unreachable,
    'unreachable',
    `${origin} ${why}. Check that it is an Engram server and that it is up.`,
    { cause: error },
  );
}
