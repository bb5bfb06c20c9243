import { type Route, route } from '../../core/endpoint.ts';
import * as contract from './contract.ts';
import type { SessionEvent } from './follow.ts';
import type { SessionService } from './service.ts';

/** How long a reader that lost its connection should wait before it comes back. */
const RECONNECT_MS = 3_000;

/** A browser that comes back says in the header where it was, whatever its address says. */
const lineAfter = (asked: string | undefined, header: string | null): number =>
  Number(header !== null && /^\d{1,15}$/.test(header) ? header : (asked ?? 0));

function written(event: SessionEvent): string {
  if (event.type === 'heartbeat') return ': still here\n\n';
  const id = event.type === 'output' ? `id: ${event.n}\n` : '';
  const { n: _, ...data } = { n: null, ...event };
  return `${id}event: ${event.type}\ndata: ${JSON.stringify(data)}\n\n`;
}

function streamed({ events, stop }: Awaited<ReturnType<SessionService['follow']>>): Response {
  const encoder = new TextEncoder();
  const stream = new ReadableStream<Uint8Array>({
    start(controller) {
      // Said at once, so that the reader knows that it is connected while there is no output yet.
      controller.enqueue(encoder.encode(`retry: ${RECONNECT_MS}\n\n`));
    },
    // Asked for one after the other: a slow reader makes nothing pile up here.
    async pull(controller) {
      const { value, done } = await events.next();
      if (done) controller.close();
      else controller.enqueue(encoder.encode(written(value)));
    },
    async cancel() {
      stop();
      await events.return();
    },
  });
  return new Response(stream, { headers: { 'content-type': 'text/event-stream', 'cache-control': 'no-store' } });
}

export const sessionRoutes = (sessions: SessionService): Route[] => [
  route(contract.createSession, ({ body }, { scope }) => sessions.create(scope, body.agent)),
  route(contract.listSessions, ({ query }, { scope }) => sessions.list(scope, query)),
  route(contract.getSession, ({ params }, { scope }) => sessions.get(scope, params.id)),
  route(contract.appendLine, ({ params, body }, { scope }) => sessions.append(scope, params.id, body.line)),
  route(contract.endSession, ({ params, body }, { scope }) => sessions.end(scope, params.id, body.status)),
  route(contract.streamSession, async ({ params, query }, { scope, header }) =>
    streamed(await sessions.follow(scope, params.id, lineAfter(query.last_event_id, header('last-event-id')))),
  ),
];
