// Turns endpoint specs into HTTP: one request handler per spec, in the order access, input, call, answer.
import type { Context, Hono } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import type { Actors, Door } from '../../core/actor.ts';
import { costOf, type EndpointSpec, type Route, WithStatus } from '../../core/endpoint.ts';
import { AppError } from '../../core/errors.ts';
import type { Caller, Limits, Verdict } from '../../core/limits.ts';
import type { Logger } from '../../core/log.ts';
import type { RefusalReason } from '../../core/metrics.ts';
import { type AccessScope, allows, type Scope } from '../../core/scope.ts';
import { readForm, readJson } from './body.ts';
import { callerOf } from './caller.ts';
import { validate } from './validate.ts';

export const DEFAULT_BODY_LIMIT = 256 * 1024;
export const DEFAULT_TIMEOUT_MS = 10_000;

export interface HttpEnv {
  Bindings: { peer: string | null };
  Variables: { request_id: string; endpoint: EndpointSpec; limit: Verdict | undefined };
}

export interface MountDeps {
  resolve(token: string | null, spaceName: string | null): Promise<Scope>;
  actors: Actors;
  limits: Limits;
  /** Addresses whose X-Forwarded-For is believed. */
  trustedProxies: ReadonlySet<string>;
  /** Counts what is turned away. */
  refused(reason: RefusalReason): void;
  /** @throws AppError when the server takes nothing of this kind now */
  admit(spec: EndpointSpec, scope: Scope | null): void;
  /** Where the requests come from. */
  door: Door;
  maxBodyBytes: number;
  logger: Logger;
  /** In tests and development: an answer that breaks its own contract is a defect worth failing for. */
  checkAnswers: boolean;
}

const bearer = (header: string | undefined): string | null => {
  if (header === undefined) return null;
  // Clients of mem0 call it Token.
  const match = /^(?:Bearer|Token) +(\S+) *$/i.exec(header);
  return match ? match[1]! : '';
};

/** Headers hold Latin-1 only; other names come percent-encoded. */
function spaceName(header: string | undefined): string | null {
  if (header === undefined) return null;
  try {
    return decodeURIComponent(header);
  } catch {
    return header;
  }
}

function timeLimit<T>(work: Promise<T> | T, ms: number): Promise<T> | T {
  if (!(work instanceof Promise)) return work;
  let timer: ReturnType<typeof setTimeout>;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new AppError('timeout', `This took longer than ${ms / 1000} s.`)), ms);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

/** `?tag=a&tag=b` reads as the first one: every query field of ours is single. */
const queryOf = (c: Context): Record<string, string> => c.req.query();

async function inputOf(spec: EndpointSpec, c: Context<HttpEnv>, deps: MountDeps) {
  const params = spec.params ? validate(spec.params, c.req.param(), 'params') : undefined;
  const query = spec.query ? validate(spec.query, queryOf(c), 'query') : undefined;
  let body: unknown;
  if (spec.body) {
    const limit = Math.min(spec.body_limit ?? DEFAULT_BODY_LIMIT, deps.maxBodyBytes);
    body = await (spec.form ? readForm : readJson)(c.req.raw, limit);
    if (body === undefined) {
      if (!spec.body_optional)
        throw new AppError('invalid_request', `This path needs a ${spec.form ? 'form as its' : 'JSON'} body.`);
      body = {};
    }
    body = validate(spec.body, body, 'body');
  }
  return { params, query, body };
}

function respond(spec: EndpointSpec, c: Context, answer: unknown, deps: MountDeps): Response {
  const status = answer instanceof WithStatus ? answer.status : (spec.status ?? 200);
  const body = answer instanceof WithStatus ? answer.body : answer;
  if (body instanceof Response) return body;
  if (deps.checkAnswers) {
    const checked = spec.response.safeParse(body);
    if (!checked.success) throw new Error(`${spec.id} broke its contract: ${checked.error.message}`);
  }
  if (spec.protocol === 'oauth') c.header('cache-control', 'no-store');
  if (spec.produces) return c.body(body as string, status as ContentfulStatusCode, { 'content-type': spec.produces });
  return c.json(body, status as ContentfulStatusCode);
}

/** Notes what is left for the answer's headers. @throws AppError rate_limited */
function within(verdict: Verdict | null, c: Context<HttpEnv>): void {
  if (verdict === null) return;
  c.set('limit', verdict);
  if (verdict.allowed) return;
  const what = verdict.policy === 'key' ? 'This key' : 'Your address';
  throw new AppError(
    'rate_limited',
    `${what} has used up its ${verdict.limit} a minute; come back in ${verdict.retry_after} s.`,
    { retry_after: verdict.retry_after },
  );
}

/** Who asks, if they may. Cheapest first: an address that asks too often costs no look at its key. */
export async function identify(
  spec: EndpointSpec,
  access: AccessScope,
  cost: number,
  caller: Caller,
  c: Context<HttpEnv>,
  deps: MountDeps,
): Promise<Scope> {
  within(deps.limits.ofAddress(caller), c);
  const token = bearer(c.req.header('authorization'));
  let scope: Scope;
  try {
    scope = await deps.resolve(token, spaceName(c.req.header('x-space') ?? c.req.header('x-engram-space')));
  } catch (error) {
    if (token !== null && error instanceof AppError && error.code === 'unauthorized') {
      deps.limits.guessed(caller);
      deps.logger.warn({ request_id: c.get('request_id'), address: caller.address, endpoint: spec.id }, 'wrong key');
    }
    throw error;
  }
  const verdict = deps.limits.ofKey(caller, scope, cost);
  within(verdict instanceof Promise ? await verdict : verdict, c);
  if (allows(scope, access)) return scope;
  if (access === 'admin')
    deps.logger.warn(
      { request_id: c.get('request_id'), address: caller.address, endpoint: spec.id, user_id: scope.user_id },
      'not an administrator',
    );
  throw new AppError(
    'forbidden',
    `This needs a key with the "${access}" scope; yours has: ${scope.scopes.join(', ')}.`,
  );
}

export function mount(app: Hono<HttpEnv>, routes: readonly Route[], deps: MountDeps): void {
  for (const { spec, handle } of routes) {
    const cost = costOf(spec);
    const answer = async (c: Context<HttpEnv>): Promise<Response> => {
      c.set('endpoint', spec);
      const caller = callerOf(c.env?.peer ?? null, c.req.header('x-forwarded-for'), deps.trustedProxies);
      const scope = spec.access === 'public' ? null : await identify(spec, spec.access, cost, caller, c, deps);
      deps.admit(spec, scope);
      const request_id = c.get('request_id');
      const peer = caller.address;
      const actor = {
        user_id: scope?.user_id ?? null,
        key_id: scope?.key_id ?? 0,
        is_admin: scope !== null && allows(scope, 'admin'),
        door: deps.door,
        address: peer,
        request_id,
        action: spec.id,
        params: c.req.param(),
      };
      const header = (name: string) => c.req.header(name) ?? null;
      const work = inputOf(spec, c, deps).then((input) =>
        deps.actors.run(actor, () => handle(input, { scope, request_id, peer, header })),
      );
      return respond(spec, c, await timeLimit(work, spec.timeout_ms ?? DEFAULT_TIMEOUT_MS), deps);
    };
    for (const path of [spec.path, ...(spec.aliases ?? [])])
      app.on(spec.method, path.replaceAll(/\{(\w+)\}/g, ':$1'), answer);
  }
}
