// Answers MCP requests with the SDK: a server for each, so that nothing of one caller is there for the next.
import { createMcpHandler, type McpServer, type ServerEvent, type ServerEventBus } from '@modelcontextprotocol/server';
import type { ToolGroup } from '../../config/tool-groups.ts';
import type { Logger } from '../../core/log.ts';
import type { Scope } from '../../core/scope.ts';
import type { OpenStreams } from '../../core/streams.ts';
import type { Send } from './call.ts';
import { CHANGING } from './resources.ts';
import { createMcpServer } from './server.ts';

export type Extend = (mcp: McpServer) => void;

export interface McpRequest {
  readonly request: Request;
  /** Of POST, parsed; undefined for other methods. */
  readonly body: unknown;
  readonly scope: Scope;
  readonly groups: ReadonlySet<ToolGroup>;
  readonly agent: string | null;
  /** Go with every request to an endpoint. */
  readonly headers: Readonly<Record<string, string>>;
  readonly send: Send;
}

/** Streams on which one user waits for changes, at once. */
const MOST_STREAMS = 32;
const LISTEN = 'subscriptions/listen';
const INTERNAL_ERROR = -32_603;

type Listener = (event: ServerEvent) => void;

/** Who waits to hear of changes, user by user: what others do is nobody's business. */
function createBuses() {
  const waiting = new Map<number, Set<Listener>>();
  return {
    waiting: (user_id: number): number => waiting.get(user_id)?.size ?? 0,
    of: (user_id: number): ServerEventBus => ({
      publish: (event) => [...(waiting.get(user_id) ?? [])].forEach((listener) => void listener(event)),
      subscribe(listener) {
        const own = waiting.get(user_id) ?? new Set();
        waiting.set(user_id, own.add(listener));
        return () => {
          own.delete(listener);
          if (own.size === 0 && waiting.get(user_id) === own) waiting.delete(user_id);
        };
      },
    }),
  };
}

export function createHandler(
  { version, streams, extend }: { version: string; streams: OpenStreams; extend?: Extend | undefined },
  logger: Logger,
): (request: McpRequest) => Promise<Response> {
  const buses = createBuses();

  return async ({ request, body, scope, groups, agent, headers, send }) => {
    const bus = buses.of(scope.user_id);
    const handler = createMcpHandler(
      ({ era }) =>
        createMcpServer({
          ...{ version, scope, groups, agent, extend },
          caller: { send, headers },
          subscriptions: era === 'modern',
          failing: (err) => logger.error({ err, request_id: headers['x-request-id'] }, 'a tool failed'),
          changed: () => CHANGING.forEach((uri) => void bus.publish({ kind: 'resource_updated', uri })),
        }),
      { bus, onerror: (err) => logger.debug({ err, request_id: headers['x-request-id'] }, 'mcp') },
    );
    const { method, id = null } = (body ?? {}) as { method?: unknown; id?: unknown };
    if (method !== LISTEN) return handler.fetch(request, { parsedBody: body });

    if (buses.waiting(scope.user_id) >= MOST_STREAMS) {
      const message = `You wait for changes on ${MOST_STREAMS} streams already; end one.`;
      return Response.json({ jsonrpc: '2.0', id, error: { code: INTERNAL_ERROR, message } });
    }
    const response = await handler.fetch(request, { parsedBody: body });
    return response.body === null ? response : endingWith(streams, response, () => void handler.close());
  };
}

/** A stream that the server can end when it stops, and forgets when it has ended. */
function endingWith(streams: OpenStreams, response: Response, end: () => void): Response {
  const ended = streams.add(end);
  const reader = response.body!.getReader();
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = await reader.read();
      if (!done) return controller.enqueue(value);
      ended();
      controller.close();
    },
    async cancel(reason) {
      ended();
      await reader.cancel(reason);
    },
  });
  const { status, headers } = response;
  return new Response(body, { status, headers });
}
