// The HTTP surface: what every request passes through, then the routes, then one way to say no.
import { type Context, Hono } from 'hono';
import { cors } from 'hono/cors';
import type { Ids } from '../../core/crypto.ts';
import type { Route } from '../../core/endpoint.ts';
import { AppError } from '../../core/errors.ts';
import type { Logger } from '../../core/log.ts';
import type { RefusalReason } from '../../core/metrics.ts';
import { LIMIT_HEADERS, limitHeaders } from './limit-headers.ts';
import { createLoad, UNDECLARED } from './load.ts';
import { MCP_HEADERS, type McpSettings, mountMcp } from './mcp.ts';
import { type HttpEnv, type MountDeps, mount } from './mount.ts';
import { oauthProblem } from './oauth-error.ts';
import { openAiProblem } from './openai-error.ts';
import { toProblem } from './problem.ts';

export interface HttpDeps extends MountDeps {
  ids: Ids;
  allowedOrigins: readonly string[];
  /** Worked on at once, at most. */
  load: { requests: number; bytes: number };
  /** What whoever came to the MCP endpoint without a valid key is told of where to get one; null when nowhere. */
  challenge?(host: string | null, hadToken: boolean): string | null;
  /** Also answers MCP, at /mcp. */
  mcp?: McpSettings;
  /** Called once per answered request. */
  observe(sample: { method: string; path: string; status: number; seconds: number }): void;
  logger: Logger;
}

const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'strict-transport-security': 'max-age=31536000; includeSubDomains',
  'x-permitted-cross-domain-policies': 'none',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
};

/** Client-chosen ids are kept when they are short and plain, so that they can be searched for in logs. */
const requestIdOf = (given: string | undefined, ids: Ids): string =>
  given !== undefined && /^[\w.:-]{1,64}$/.test(given) ? given : ids.randomHex(8);

const TOO_BUSY = 'The server works on as many requests as it can; come back in a moment.';
const REASONS: Readonly<Partial<Record<string, RefusalReason>>> = {
  unauthorized: 'unauthorized',
  forbidden: 'forbidden',
  rate_limited: 'rate_limited',
  overloaded: 'overloaded',
  safe_mode: 'safe_mode',
};

const outside = (): void => {};
/** What looks at the server itself, and so names nothing. */
const isProbe = ({ spec }: Route): boolean => spec.access === 'public' && spec.method === 'GET' && !spec.query;
const sizeOf = (request: Request): number => {
  const declared = request.headers.get('content-length');
  return declared === null ? (request.body === null ? 0 : UNDECLARED) : Number(declared) || 0;
};

export function createHttp(routes: readonly Route[], deps: HttpDeps): Hono<HttpEnv> {
  const app = new Hono<HttpEnv>({ strict: false });
  const { logger } = deps;
  const load = createLoad(deps.load);
  // Whoever watches over the server has to hear from it also when it is busy.
  const probes = new Set(
    routes.filter(isProbe).flatMap(({ spec }) => [spec.path, ...(spec.aliases ?? [])] as string[]),
  );

  app.use(async function envelope(c, next) {
    const started = performance.now();
    const request_id = requestIdOf(c.req.header('x-request-id'), deps.ids);
    c.set('request_id', request_id);
    const leave = probes.has(c.req.path) ? outside : load.enter(sizeOf(c.req.raw));
    if (leave === null) c.res = answerError(new AppError('overloaded', TOO_BUSY, { retry_after: 1 }), c);
    else await next().finally(leave);
    const { headers } = c.res;
    for (const name in SECURITY_HEADERS) if (!headers.has(name)) headers.set(name, SECURITY_HEADERS[name]!);
    headers.set('x-request-id', request_id);
    limitHeaders(headers, c.get('limit'));
    const seconds = (performance.now() - started) / 1000;
    const path = c.get('endpoint')?.path ?? 'unknown';
    deps.observe({ method: c.req.method, path, status: c.res.status, seconds });
    logger.debug(
      { request_id, method: c.req.method, path, status: c.res.status, ms: Math.round(seconds * 1e5) / 100 },
      'request',
    );
  });
  if (deps.allowedOrigins.length > 0) {
    app.use(
      cors({
        origin: [...deps.allowedOrigins],
        allowMethods: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'],
        allowHeaders: ['authorization', 'content-type', 'accept', 'cookie', 'x-space', 'x-request-id', ...MCP_HEADERS],
        exposeHeaders: ['x-request-id', 'retry-after', 'www-authenticate', ...LIMIT_HEADERS],
        credentials: true,
        maxAge: 3600,
      }),
    );
  }

  mount(app, routes, deps);
  const { mcp, ...others } = deps;
  if (mcp) mountMcp(app, { ...others, mcp }, (inside) => createHttp(routes, { ...others, ...inside }));

  const methods = new Map<string, Set<string>>();
  for (const { spec } of routes) {
    for (const path of [spec.path, ...(spec.aliases ?? [])]) {
      const pattern = path.replaceAll(/\{(\w+)\}/g, ':$1');
      methods.set(pattern, (methods.get(pattern) ?? new Set()).add(spec.method));
    }
  }
  for (const [pattern, allowed] of methods) {
    app.all(pattern, (c) => {
      c.header('allow', [...allowed].join(', '));
      throw new AppError(
        'method_not_allowed',
        `${c.req.path} answers ${[...allowed].join(', ')}, not ${c.req.method}.`,
      );
    });
  }
  const answerError = (error: unknown, c: Context<HttpEnv>): Response => {
    const { status, body, headers } = toProblem(error, c.get('request_id') ?? '', logger);
    const reason = REASONS[body.code];
    if (reason) deps.refused(reason);
    for (const [name, value] of Object.entries(headers)) c.header(name, value);
    if (status === 401 && /^\/mcp\/?$/.test(c.req.path)) {
      const { authorization, host = null } = c.req.header();
      const challenge = deps.challenge?.(host, authorization !== undefined) ?? null;
      if (challenge !== null) c.header('www-authenticate', challenge);
    }
    const endpoint = c.get('endpoint');
    if (endpoint?.protocol === 'openai') return c.json(openAiProblem(body, status), status as 400);
    if (endpoint?.protocol !== 'oauth') return c.json(body, status as 400);
    c.header('cache-control', 'no-store');
    return c.json(oauthProblem(body, endpoint), status as 400);
  };
  app.onError(answerError);
  // Answered here, not thrown: an error from this handler would pass by the envelope above, and its headers would be missing.
  app.notFound((c) => {
    const said = `There is nothing at ${c.req.method} ${c.req.path.slice(0, 200)}. GET /docs lists what there is.`;
    return answerError(new AppError('route_not_found', said), c);
  });
  return app;
}
