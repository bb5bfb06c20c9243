// What the server streams, event by event, with types.
import { EngramError } from './errors.ts';
import type { ContextRequest, ContextResponse } from './generated.ts';
import type { ServerEvent, StreamOptions, Transport } from './transport.ts';

export type ContextEvent =
  | { readonly type: 'phase'; readonly phase: string; readonly count: number; readonly elapsed_ms: number }
  | { readonly type: 'done'; readonly total_blocks: number; readonly total_tokens: number; readonly elapsed_ms: number }
  | { readonly type: 'result'; readonly result: ContextResponse };

export type SessionEvent =
  | { readonly type: 'output'; readonly line: number; readonly data: string }
  | { readonly type: 'warning'; readonly message: string }
  | { readonly type: 'session_end'; readonly status: string };

export interface FollowOptions extends StreamOptions {
  /** Go on after this line; 0 or nothing for all that is kept. */
  readonly after?: number;
  /** Whether to connect again when the stream ends before the session does; default true. */
  readonly reconnect?: boolean;
}

/** The server says something every 30 seconds. */
const SILENCE_MS = 90_000;
/** Connections in a row that may end without having brought anything. */
const BARREN = 3;
/** Statuses of connections that broke or fell silent. */
const BROKEN: ReadonlySet<number> = new Set([0, 408]);

const cutOff = (what: string): EngramError => new EngramError(`The stream ended before ${what}.`, 0);

/** Progress, then the result. @throws EngramError when the server fails (500) or the stream is cut off (0) */
export async function* streamContext(
  transport: Transport,
  body: ContextRequest,
  options?: StreamOptions,
): AsyncGenerator<ContextEvent, void, undefined> {
  const operation = { method: 'POST', path: '/context/stream', body, readOnly: true } as const;
  for await (const { event, data } of transport.events(operation, options)) {
    if (event === 'error') throw new EngramError((data as { error: string }).error, 500, data);
    if (event === 'result') {
      yield { type: 'result', result: data as ContextResponse };
      return;
    }
    const progress = data as ContextEvent | { type: 'error' };
    if (event === 'progress' && progress.type !== 'error') yield progress;
  }
  throw cutOff('the context was complete');
}

/** The lines of a session, those there are and those to come, until it ends. */
export async function* followSession(
  transport: Transport,
  id: string,
  { after = 0, reconnect = true, ...options }: FollowOptions = {},
): AsyncGenerator<SessionEvent, void, undefined> {
  const path = `/sessions/${encodeURIComponent(id)}/stream`;
  let line = after;
  for (let barren = 0; ; barren++) {
    const query = line > 0 ? { last_event_id: String(line) } : {};
    let broken = cutOff('the session did');
    try {
      const events = transport.events({ method: 'GET', path, query }, { idleTimeout: SILENCE_MS, ...options });
      for await (const event of events) {
        const said = sessionEvent(event);
        if (said === null) continue;
        barren = 0;
        if (said.type === 'output') line = said.line;
        yield said;
        if (said.type === 'session_end') return;
      }
    } catch (error) {
      if (!(error instanceof EngramError) || !BROKEN.has(error.statusCode)) throw error;
      broken = error;
    }
    if (!reconnect || barren >= BARREN) throw broken;
    await transport.backoff(barren, options.signal);
  }
}

function sessionEvent({ event, data, id }: ServerEvent): SessionEvent | null {
  const said = data as { data: string; message: string; status: string };
  if (event === 'output') return { type: 'output', line: Number(id), data: said.data };
  if (event === 'warning') return { type: 'warning', message: said.message };
  return event === 'session_end' ? { type: 'session_end', status: said.status } : null;
}
