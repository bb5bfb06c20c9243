// Listens on a port under whichever runtime this is: Bun's own server, or Node through @hono/node-server.
import { once } from 'node:events';

export type Fetch = (request: Request, env: { peer: string | null }) => Response | Promise<Response>;

export interface Listener {
  port: number;
  url: string;
  /** Stops accepting, lets requests in flight finish: streams too, so end those before (core/streams.ts). */
  close(): Promise<void>;
}

/** A port that cannot be had, with a sentence that says what to do. */
export class ListenError extends Error {
  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'ListenError';
  }
}

/** How long a connection may say nothing before its request is there, and between requests. */
const IDLE_SECS = 60;
/** As long as Bun lets it be: POST /gate/check may wait for a person's answer (features/gate MAX_WAIT_SECS). */
const ANSWER_SECS = 255;
/** For the whole of a request to arrive. Endpoints wait less long for their bodies. */
const RECEIVE_MS = 120_000;
/** Sockets at once; each costs a file descriptor before anything is known about who is behind it. */
const CONNECTIONS = 10_000;

const urlOf = (host: string, port: number) => `http://${host.includes(':') ? `[${host}]` : host}:${port}`;

function explain(error: unknown, host: string, port: number): ListenError {
  const code = (error as { code?: string }).code;
  if (code === 'EADDRINUSE') {
    return new ListenError(
      `Port ${port} on ${host} is in use. Stop the program that has it, or choose another with --port or ENGRAM_PORT.`,
      { cause: error },
    );
  }
  if (code === 'EACCES')
    return new ListenError(
      `Port ${port} may not be opened by this user. Choose one above 1023 with --port or ENGRAM_PORT.`,
      { cause: error },
    );
  return new ListenError(`Cannot listen on ${host}:${port} (${(error as Error).message}). Check --host and --port.`, {
    cause: error,
  });
}

export async function listen(
  fetch: Fetch,
  options: { host: string; port: number; maxBodyBytes: number; idleSecs?: number },
): Promise<Listener> {
  const { host, port, maxBodyBytes, idleSecs = IDLE_SECS } = options;
  if (process.versions.bun) {
    try {
      const server = Bun.serve({
        hostname: host,
        port,
        maxRequestBodySize: Math.max(maxBodyBytes, 64 * 1024 * 1024),
        idleTimeout: idleSecs,
        fetch(request, server) {
          // The head is there; from here on the limits of the endpoint count.
          server.timeout(request, ANSWER_SECS);
          return fetch(request, { peer: server.requestIP(request)?.address ?? null });
        },
      });
      return { port: server.port!, url: urlOf(host, server.port!), close: () => server.stop() };
    } catch (error) {
      throw explain(error, host, port);
    }
  }
  const { createAdaptorServer } = await import('@hono/node-server');
  const server = createAdaptorServer({
    fetch: (request: Request, env: { incoming?: { socket?: { remoteAddress?: string } } }) =>
      fetch(request, { peer: env.incoming?.socket?.remoteAddress ?? null }),
  });
  if ('requestTimeout' in server) {
    server.headersTimeout = idleSecs * 1000;
    server.requestTimeout = RECEIVE_MS;
    server.keepAliveTimeout = idleSecs * 1000;
    server.maxConnections = CONNECTIONS;
  }
  server.listen(port, host);
  await Promise.race([
    once(server, 'listening'),
    once(server, 'error').then(([error]) => Promise.reject(explain(error, host, port))),
  ]);
  const bound = (server.address() as { port: number }).port;
  return {
    port: bound,
    url: urlOf(host, bound),
    close: () => new Promise((resolve, reject) => server.close((error?: Error) => (error ? reject(error) : resolve()))),
  };
}
