// One GET of a hub: redirects by hand, because the token may go to the hub alone; silence ends it; every failure worded.
// Proxies (HTTPS_PROXY, HTTP_PROXY, NO_PROXY) are the business of fetch.
import { ModelStoreError, Passing, systemCode } from './failure.ts';

export interface GetDeps {
  fetch(url: URL, init: RequestInit): Promise<Response>;
  now(): number;
  /** Longest silence, before the answer and between any two pieces of it. */
  stall_ms: number;
}

export interface GetTarget {
  readonly base: string;
  readonly token: string | null;
  /** For sentences. */
  readonly repo: string;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** What the hub itself says about a file that lies elsewhere; null where it does not. */
  readonly linked: { readonly commit: string | null; readonly size: number | null; readonly sha256: string | null };
  /** Read it to its end, leave its loop, or `discard` it: it holds the connection. */
  readonly bytes: AsyncIterable<Uint8Array>;
  discard(): Promise<void>;
}

const MAX_REDIRECTS = 8;
/** Who is asked to wait longer can start the command again as well. */
const LONGEST_WAIT_MS = 120_000;

/** At most a line of what somebody else wrote. */
export const asked = (text: string): string => text.replace(/[^\x20-\x7e]/g, '?').slice(0, 100);

/** @throws ModelStoreError, or Passing where another try may help */
export async function get(url: URL, headers: Record<string, string>, to: GetTarget, deps: GetDeps): Promise<Answer> {
  const hub = new URL(to.base);
  let linked: Answer['linked'] = { commit: null, size: null, sha256: null };
  let at = url;
  for (let hops = 0; hops <= MAX_REDIRECTS; hops++) {
    const own = at.origin === hub.origin;
    const silence = watch(deps.stall_ms);
    const sent = own && to.token !== null ? { ...headers, authorization: `Bearer ${to.token}` } : headers;
    let response: Response;
    try {
      const init: RequestInit = {
        headers: sent,
        redirect: 'manual',
        signal: silence.signal,
      };
      response = await deps.fetch(at, init);
    } catch (error) {
      throw broken(error, silence, at, deps);
    }
    silence.end();
    if (own) linked = linkedIn(response.headers, linked);
    const { status, headers: given } = response;
    const discard = async () => response.body?.cancel().catch(() => {});
    if (status === 200 || status === 206 || status === 416)
      return { status, headers: given, linked, bytes: body(response, silence, at, deps), discard };
    await discard();
    const location = given.get('location');
    if (status < 300 || status > 399 || location === null) throw refused(response, own ? null : at, to, deps.now());
    at = follow(location, at, to.base);
  }
  throw new ModelStoreError('hub_failed', `${to.base} redirects ${url.pathname} in a circle: try another mirror.`);
}

function follow(location: string, from: URL, base: string): URL {
  const to = URL.canParse(location, from.href) ? new URL(location, from) : null;
  const downgrade = from.protocol === 'https:' && to?.protocol === 'http:';
  if (to !== null && /^https?:$/.test(to.protocol) && !downgrade) return to;
  throw new ModelStoreError(
    'hub_failed',
    `${base} redirects to ${asked(to?.origin ?? location)}, which is ${downgrade ? 'not encrypted' : 'no web address'}: use another mirror (ENGRAM_MODEL_HUB).`,
  );
}

function linkedIn(headers: Headers, before: Answer['linked']): Answer['linked'] {
  const size = headers.get('x-linked-size');
  const etag = /^(?:W\/)?"?([0-9a-f]{64})"?$/i.exec(headers.get('x-linked-etag') ?? '')?.[1];
  return {
    commit: headers.get('x-repo-commit')?.toLowerCase() ?? before.commit,
    size: size !== null && /^\d{1,15}$/.test(size) ? Number(size) : before.size,
    sha256: etag?.toLowerCase() ?? before.sha256,
  };
}

interface Silence {
  readonly signal: AbortSignal;
  readonly broken: boolean;
  /** A sign of life: the wait starts again. */
  touch(): void;
  end(): void;
}

function watch(stall_ms: number): Silence {
  const controller = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const end = () => clearTimeout(timer);
  const touch = () => {
    end();
    timer = setTimeout(() => controller.abort(), stall_ms);
  };
  touch();
  return {
    signal: controller.signal,
    get broken() {
      return controller.signal.aborted;
    },
    touch,
    end,
  };
}

async function* body(response: Response, silence: Silence, at: URL, deps: GetDeps): AsyncGenerator<Uint8Array> {
  const reader = response.body?.getReader();
  let ended = reader === undefined;
  try {
    while (reader && !ended) {
      silence.touch();
      const part = await reader.read().catch((error) => {
        throw broken(error, silence, at, deps);
      });
      ended = part.done;
      // Whoever writes it to the disk takes the time it takes.
      silence.end();
      if (part.value) yield part.value;
    }
  } finally {
    silence.end();
    if (!ended) await reader?.cancel().catch(() => {});
  }
}

/** The connection failed, or nothing came. */
function broken(error: unknown, silence: Silence, at: URL, { stall_ms }: GetDeps): Passing {
  silence.end();
  const why = silence.broken
    ? `${at.origin} has sent nothing for ${stall_ms / 1000} s`
    : `${at.origin} cannot be reached, or the connection broke (${reason(error)})`;
  return new Passing(
    'unreachable',
    why,
    'check the network and HTTPS_PROXY, or set ENGRAM_MODEL_HUB to a mirror or a file:///folder. What has arrived is kept, so that the same command continues.',
    { cause: error },
  );
}

const reason = (error: unknown): string => {
  const { cause, name, message } = error as { cause?: unknown; name?: string; message?: string };
  return systemCode(error) || systemCode(cause) || asked(message ?? name ?? String(error));
};

/** An answer that is no success. @param elsewhere where a redirect led, null at the hub itself */
function refused(response: Response, elsewhere: URL | null, { base, token, repo }: GetTarget, now: number): Error {
  const { status, headers } = response;
  const code = headers.get('x-error-code');
  const who = elsewhere?.origin ?? base;
  if (status === 429 || status === 408 || status === 425 || status >= 500) {
    const wait = retryAfter(headers.get('retry-after'), now);
    const what = status === 429 ? 'is asked too often (HTTP 429)' : `does not work at the moment (HTTP ${status})`;
    const patient = wait === null || wait <= LONGEST_WAIT_MS;
    const when = patient ? 'later' : `in ${Math.ceil(wait / 60_000)} minutes`;
    const advice = `try again ${when}, or use another mirror (ENGRAM_MODEL_HUB).`;
    const passing = new Passing('hub_failed', `${who} ${what}`, advice, { retry_after_ms: wait });
    return patient ? passing : passing.final;
  }
  if (
    elsewhere === null &&
    (status === 404 || status === 410 || code === 'RepoNotFound' || code === 'RevisionNotFound')
  ) {
    const also = token === null && status === 401 ? ' If it is private, set ENGRAM_MODEL_HUB_TOKEN.' : '';
    return new ModelStoreError(
      'not_found',
      `${base} does not have ${repo} at this revision (HTTP ${status}): check the name, or set ENGRAM_MODEL_HUB to a mirror that has it.${also}`,
    );
  }
  if (elsewhere === null && (status === 401 || status === 403)) {
    const what =
      token === null
        ? 'it is private, or its terms have to be accepted there first. Then set ENGRAM_MODEL_HUB_TOKEN to a token that may read it.'
        : 'the token in ENGRAM_MODEL_HUB_TOKEN may not read it. Accept its terms there, or use another token.';
    return new ModelStoreError('unauthorized', `${base} does not hand out ${repo} (HTTP ${status}): ${what}`);
  }
  return new ModelStoreError(
    'hub_failed',
    `${who} refuses the download of ${repo} (HTTP ${status}): try another mirror (ENGRAM_MODEL_HUB).`,
  );
}

/** Seconds or a date, as milliseconds from now. */
function retryAfter(header: string | null, now: number): number | null {
  if (header === null) return null;
  if (/^\d{1,9}$/.test(header.trim())) return Number(header) * 1000;
  const at = Date.parse(header);
  return Number.isNaN(at) ? null : Math.max(0, at - now);
}
