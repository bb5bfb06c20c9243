// MCP over standard input and output. Every message goes to the endpoint at /mcp, here or at a server, and what it answers
// comes back: so there is one server, whatever the transport, and nothing to set up again when it was restarted.
import { eventsIn } from './event-stream.ts';
import { framed, framesOf } from './framing.ts';
import type { Link } from './link.ts';

export interface BridgeDeps {
  readonly input: AsyncIterable<Uint8Array>;
  write(text: string): void;
  readonly link: Pick<Link, 'send'>;
  /** Go with every message: space, groups of tools. */
  readonly headers: Readonly<Record<string, string>>;
  readonly path: string;
  /** A sentence for a failure to reach anybody. */
  explain(error: unknown): string;
  pause(ms: number): Promise<void>;
}

type Json = Record<string, unknown>;
type Id = string | number;
interface Request_ {
  readonly id: Id;
  readonly method: string;
  readonly params?: Json;
}

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const PARSE_ERROR = -32_700;
const INVALID_REQUEST = -32_600;
/** Of servers, for what the protocol has no number for. */
const SERVER_ERROR = -32_000;
const VERSION = 'io.modelcontextprotocol/protocolVersion';
const LISTEN = 'subscriptions/listen';
/** What is being worked on when the client has left may still end. */
const LAST_MS = 3_000;
/** More at once would only wait at the server. */
const MOST_AT_ONCE = 16;

/** Header values are Latin-1 of one line; anything else goes as the protocol says. */
const headerValue = (text: string): string =>
  /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/.test(text) && !text.startsWith('=?')
    ? text
    : `=?base64?${Buffer.from(text).toString('base64')}?=`;

/** @returns when the input has ended and what was under way is answered or given up */
export async function bridge(deps: BridgeDeps): Promise<void> {
  const { link, headers, path } = deps;
  let headed = false;
  let agent: string | null = null;
  let version: string | null = null;
  const running = new Map<
    Id,
    { readonly abort: AbortController; readonly listens: boolean; readonly done: Promise<void> }
  >();
  const waiting: (() => void)[] = [];

  const write = (message: Json) => deps.write(framed(message, headed));
  const refuse = (id: Id | null, code: number, message: string, data?: Json) =>
    write({ jsonrpc: '2.0', id, error: { code, message, ...(data && { data }) } });

  /** An agent reads what its tools say; other failures are for the client. */
  const fail = ({ id, method }: Request_, message: string, code = 'unreachable') =>
    method === 'tools/call'
      ? write({ jsonrpc: '2.0', id, result: { content: [{ type: 'text', text: message }], isError: true } })
      : refuse(id, SERVER_ERROR, message, { code });

  function requestFor(request: Request_, base: string, key: string | null, signal: AbortSignal): Request {
    const { method, params = {} } = request;
    const meta = isObject(params._meta) ? params._meta : {};
    const claimed = typeof meta[VERSION] === 'string' ? meta[VERSION] : null;
    const named =
      method === 'resources/read' ? params.uri : /^(?:tools\/call|prompts\/get)$/.test(method) ? params.name : null;
    return new Request(`${base}${path}`, {
      method: 'POST',
      headers: {
        ...headers,
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        ...(key !== null && { authorization: `Bearer ${key}` }),
        ...(agent !== null && { 'x-engram-agent': headerValue(agent) }),
        ...(claimed === null
          ? version !== null && method !== 'initialize' && { 'mcp-protocol-version': version }
          : { 'mcp-protocol-version': claimed, 'mcp-method': headerValue(method) }),
        ...(claimed !== null && typeof named === 'string' && { 'mcp-name': headerValue(named) }),
      },
      body: JSON.stringify(request),
      signal,
    });
  }

  async function answer(request: Request_, signal: AbortSignal): Promise<void> {
    const response = await link.send((base, key) => requestFor(request, base, key, signal));
    let answered = false;
    const pass = (message: Json) => {
      if (message.id === request.id && 'result' in message) note(request, message.result);
      answered ||= message.id === request.id && ('result' in message || 'error' in message);
      if (!signal.aborted) write(message);
    };
    if (response.headers.get('content-type')?.startsWith('text/event-stream') && response.body) {
      for await (const data of eventsIn(response.body)) {
        const message: unknown = JSON.parse(data);
        if (isObject(message)) pass(message);
      }
    } else {
      const body = parsed(await response.text());
      if (isObject(body) && body.jsonrpc === '2.0' && body.id == null && isObject(body.error))
        return fail(request, String(body.error.message), 'refused');
      if (isObject(body) && body.jsonrpc === '2.0') pass(body);
      else if (isObject(body) && typeof body.error === 'string')
        return fail(request, sentenceOf(body, response.status), String(body.code));
      else return fail(request, `What answers is not an Engram server (HTTP ${response.status}).`, 'not_engram');
    }
    if (!answered && !signal.aborted)
      fail(request, 'The server went away before it answered; what was asked may have been done.');
  }

  function note({ method, params }: Request_, result: unknown): void {
    if (method !== 'initialize' || !isObject(result)) return;
    version = typeof result.protocolVersion === 'string' ? result.protocolVersion : null;
    const info = isObject(params?.clientInfo) ? params.clientInfo : {};
    agent = typeof info.name === 'string' ? info.name.slice(0, 200) : null;
  }

  function start(request: Request_): void {
    const abort = new AbortController();
    const listens = request.method === LISTEN;
    const work = async () => {
      const busy = [...running.values()].filter((one) => !one.listens).length;
      if (!listens && busy >= MOST_AT_ONCE) await new Promise<void>((resolve) => waiting.push(resolve));
      if (!abort.signal.aborted) await answer(request, abort.signal);
    };
    const done = work()
      .catch((error) => {
        if (!abort.signal.aborted) fail(request, deps.explain(error));
      })
      .finally(() => {
        if (running.get(request.id)?.abort === abort) running.delete(request.id);
        if (!listens) waiting.shift()?.();
      });
    running.set(request.id, { abort, listens, done });
  }

  for await (const frame of framesOf(deps.input)) {
    headed = frame.headed;
    if (frame.text === null) {
      refuse(null, INVALID_REQUEST, 'This message is longer than any may be.');
      continue;
    }
    const message = parsed(frame.text);
    if (message === undefined) refuse(null, PARSE_ERROR, 'This is not valid JSON.');
    else if (!isObject(message) || typeof (message.method ?? '') !== 'string')
      refuse(null, INVALID_REQUEST, 'This is not a JSON-RPC message.');
    else if (message.method === 'notifications/cancelled') {
      const { requestId } = isObject(message.params) ? message.params : {};
      running.get(requestId as Id)?.abort.abort();
    } else if (typeof message.id === 'string' || typeof message.id === 'number') {
      // Answers and notifications of the client have nobody who waits for them: each request stands alone.
      if (typeof message.method === 'string') start(message as unknown as Request_);
    } else if (!('id' in message) && message.method === undefined)
      refuse(null, INVALID_REQUEST, 'This is not a JSON-RPC message.');
  }
  for (const { abort, listens } of running.values()) if (listens) abort.abort();
  await Promise.race([Promise.allSettled([...running.values()].map(({ done }) => done)), deps.pause(LAST_MS)]);
  for (const { abort } of running.values()) abort.abort();
}

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

const KEY_ADVICE = 'Set ENGRAM_API_KEY to a key of this server where the client starts "engram mcp".';

const sentenceOf = ({ error, hint }: Json, status: number): string =>
  [error, hint, status === 401 ? KEY_ADVICE : null].filter((part) => typeof part === 'string').join(' ');
