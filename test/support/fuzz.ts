// Sends an app what nobody would, as one of two users, and watches what must never happen: a failure inside, an answer that
// never comes or breaks its contract, something of the other user. Used by test/fuzz.test.ts and scripts/fuzz.ts.
import fc from 'fast-check';
import type { EndpointSpec } from '../../src/core/endpoint.ts';
import type { ErrorCode } from '../../src/core/errors.ts';
import { ENDPOINTS } from '../../src/entry/contracts.ts';
import { errorCodesOf } from '../../src/entry/http/openapi.ts';
import { ErrorBody, ROUTING_ERRORS } from '../../src/entry/http/openapi-parts.ts';
import { type FuzzRequest, requestsFor, type Who } from './fuzz-requests.ts';
import { CARE, nourish, type World } from './fuzz-world.ts';

/** A word that stands in everything of the other user, and in nothing that is sent. */
const CANARY = /zebrafinch/i;
const HANG_MS = 30_000;
/** Answered by any endpoint, because of how the server is at that moment. */
const ANYWHERE: readonly ErrorCode[] = ['rate_limited', 'overloaded', 'maintenance', 'safe_mode', 'quota_exceeded'];
const SECURITY_HEADERS = [
  'x-content-type-options',
  'x-frame-options',
  'referrer-policy',
  'strict-transport-security',
  'content-security-policy',
];
const INSIDES =
  /node_modules|\.ts:\d|SQLITE_|sqlite error|syntax error at|is not a function|undefined is not|Cannot read prop/i;

export interface Failure {
  /** The request of this number, counted from 1. */
  readonly at: number;
  readonly id: string;
  readonly what: string;
  readonly request: string;
  readonly answer: string;
}
export interface Ran {
  readonly failures: readonly Failure[];
  /** Requests by status of their answers. */
  readonly statuses: Readonly<Record<string, number>>;
  /** Endpoints that never answered with success. */
  readonly never: readonly string[];
  readonly slowest: readonly { id: string; ms: number; at: number }[];
}

/** As one would type it; long bodies are cut in the middle. */
export function readable({ method, path, headers, body, who }: FuzzRequest): string {
  const text = body === null ? '' : JSON.stringify(new TextDecoder().decode(body));
  const short = (part: string) =>
    part.length > 1_500 ? `${part.slice(0, 1_200)} …(${part.length})… ${part.slice(-200)}` : part;
  const named = Object.entries(headers).map(([name, value]) => `${name}: ${short(value)}`);
  return [`${method} ${short(path)} (as ${who})`, ...named, short(text)].filter(Boolean).join('\n');
}

const late = Symbol('late');
async function inTime<T>(work: Promise<T>): Promise<T | typeof late> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const limit = new Promise<typeof late>((resolve) => {
    timer = setTimeout(() => resolve(late), HANG_MS);
  });
  return Promise.race([work, limit]).finally(() => clearTimeout(timer));
}

interface Told {
  status: number;
  headers: Headers;
  text: string;
}

async function send(
  { app }: World,
  { method, path, headers, body }: FuzzRequest,
  token: string | null,
  name: string,
): Promise<Told> {
  const all = { 'x-request-id': name, ...(token === null ? {} : { authorization: `Bearer ${token}` }), ...headers };
  const init: RequestInit = { method, headers: all };
  if (body !== null && method !== 'GET' && method !== 'HEAD') init.body = body as Uint8Array<ArrayBuffer>;
  const response = await app.fetch(new Request(`http://engram.test${path}`, init), { peer: '127.0.0.1' });
  const follows = path.includes('/stream') && method === 'GET' && response.ok;
  // A live session has no end: what was there when it was opened is enough.
  const text = follows ? await firstPart(response) : await response.text();
  return { status: response.status, headers: response.headers, text };
}

async function firstPart(response: Response): Promise<string> {
  const reader = response.body!.getReader();
  const { value } = await reader.read();
  await reader.cancel();
  return new TextDecoder().decode(value);
}

/** Null: another method or path was asked for, of which only what no endpoint may answer is known. */
const declares = (spec: EndpointSpec | null, code: ErrorCode): boolean =>
  spec
    ? Boolean(spec.errors?.includes(code))
    : code !== 'database_unavailable' && ENDPOINTS.some((one) => one.errors?.includes(code));

/** What is wrong with an answer; nothing when all is well. */
function* problems(
  world: World,
  spec: EndpointSpec | null,
  who: Who,
  { status, headers, text }: Told,
): Generator<string> {
  for (const name of SECURITY_HEADERS) if (!headers.has(name)) yield `no header ${name}`;
  if (!headers.has('x-request-id')) yield 'no request id';
  if (who !== 'admin' && CANARY.test(text)) yield 'tells something of the other user';
  if (who === 'admin' && spec && !CARE[spec.id]?.tells && CANARY.test(text))
    yield 'tells an administrator what another user wrote';
  if (spec?.access === 'admin' && who === 'user' && status < 400)
    yield 'did the work of administrators for somebody else';
  if (spec && spec.access !== 'public' && who === 'nobody' && status < 400) yield 'answered somebody without a key';
  if (status < 400 || text === '' || spec?.also?.[status]) return;
  // People are refused by a page.
  if (headers.get('content-type')?.startsWith('text/html')) {
    if (INSIDES.test(text)) yield 'a page that shows insides';
    return;
  }
  let body: { code?: ErrorCode; error?: string };
  try {
    body = JSON.parse(text);
  } catch {
    yield `${status} that is no JSON`;
    return;
  }
  // Clients of OpenAI read the sentence one level down.
  const { message } = Object(body.error) as { message?: unknown };
  if (typeof message === 'string') {
    if (INSIDES.test(message)) yield 'an error that shows insides';
    return;
  }
  if (!ErrorBody.safeParse(body).success) yield `${status} without error, code and request_id`;
  const code = body.code!;
  if (INSIDES.test(body.error ?? '')) yield 'an error that shows insides';
  if (code === 'timeout') yield 'took longer than its time';
  const said = spec ? errorCodesOf(spec) : [];
  const known = said.includes(code) || ANYWHERE.includes(code) || code in ROUTING_ERRORS || spec === null;
  if (status === 500) yield `500: ${world.logged.get(headers.get('x-request-id') ?? '') ?? ''}`;
  else if (!known) yield `${code}, which it does not declare`;
  else if (status > 500 && !declares(spec, code) && !ANYWHERE.includes(code))
    yield `${status} ${code}: ${world.logged.get(headers.get('x-request-id') ?? '') ?? ''}`;
}

const protectedUsers = (world: World): readonly number[] => [1, world.userId, world.otherId];
/** Whether sending it would end the run: whoever the run needs would be erased. */
function endsRun(world: World, spec: EndpointSpec, { body }: FuzzRequest): boolean {
  if (spec.id !== 'tenants.deprovision' || body === null) return false;
  const [, named] = /"user_id":\s*(\d+)/.exec(new TextDecoder().decode(body)) ?? [];
  return protectedUsers(world).includes(Number(named));
}

export interface FuzzOptions {
  readonly requests: number;
  readonly seed: number;
  /** Only endpoints whose ids begin with this. */
  readonly only?: string | undefined;
  progress?(done: number, failures: number): void;
}

const DRAIN_EVERY = 100;

export async function fuzz(world: World, { requests, seed, only = '', progress }: FuzzOptions): Promise<Ran> {
  const { app, ids, keys } = world;
  const specs = ENDPOINTS.filter(({ id }) => id.startsWith(only));
  const arbitraries = new Map(specs.map((spec) => [spec, requestsFor(spec, ids.idsOf)]));
  const one = <T>(arbitrary: fc.Arbitrary<T>, at: number): T =>
    fc.sample(arbitrary, { seed: seed * 1_000_003 + at, numRuns: 1 })[0]!;
  const failures: Failure[] = [];
  const statuses: Record<string, number> = {};
  const succeeded = new Set<string>();
  const times: { id: string; ms: number; at: number }[] = [];
  let turn: EndpointSpec[] = [];
  let round = 0;

  for (let at = 1; at <= requests; ) {
    if (turn.length === 0) {
      turn = one(fc.shuffledSubarray(specs, { minLength: specs.length }), at);
      round++;
      await nourish(world, round);
    }
    const spec = turn.pop()!;
    const care = CARE[spec.id];
    if (care?.every && round % care.every !== 1) continue;
    const request = one(arbitraries.get(spec)!, at);
    if (endsRun(world, spec, request)) continue;
    const spare =
      care?.spare && request.who === 'admin'
        ? await world.keyFor((await app.call('POST', '/users', { username: `spare ${at}` })).body.id, 'admin')
        : null;
    const token = request.who === 'nobody' ? null : (spare ?? keys[request.who]);
    const name = `fuzz-${at}`;
    const began = performance.now();
    const told = await inTime(send(world, request, token, name));
    const fail = (what: string, answer: string) =>
      failures.push({ at, id: spec.id, what, request: readable(request), answer });
    if (told === late) fail(`no answer in ${HANG_MS / 1000} s`, '');
    else {
      times.push({ id: spec.id, ms: performance.now() - began, at });
      statuses[told.status] = (statuses[told.status] ?? 0) + 1;
      const meant = request.method === spec.method && request.how !== 'path' ? spec : null;
      for (const what of problems(world, meant, request.who, told)) fail(what, told.text.slice(0, 500));
      if (meant && told.status < 300) {
        succeeded.add(spec.id);
        if (request.who === 'user' && spec.produces === undefined && told.text.length < 5_000)
          ids.learn(spec.id.split('.')[0]!, JSON.parse(told.text));
      }
    }
    await care?.after?.(world);
    app.clock.advance(1_000);
    if (at % DRAIN_EVERY === 0 || at === requests) {
      await app.jobs.drain();
      for (const what of await failedWork(world))
        failures.push({ at, id: 'jobs', what, request: 'work in the background', answer: '' });
    }
    progress?.(at, failures.length);
    at++;
  }
  return {
    failures,
    statuses,
    never: specs.map(({ id }) => id).filter((id) => !succeeded.has(id)),
    slowest: times.sort((a, b) => b.ms - a.ms).slice(0, 10),
  };
}

/** What work in the background failed at since it was last asked. */
async function failedWork({ app, logged }: World): Promise<string[]> {
  const { body } = await app.call('GET', '/jobs/failed?limit=100');
  // Nobody listens at the addresses that are given: what is sent there fails, and should.
  const failed = (body.jobs as { type: string; error: string | null }[])
    .map(({ type, error }) => `${type}: ${error}`)
    .filter((said) => !said.includes('ECONNREFUSED'));
  await app.call('POST', '/jobs/purge', {});
  const elsewhere = logged.get('elsewhere');
  logged.delete('elsewhere');
  return [...failed, ...(elsewhere === undefined ? [] : [`the log: ${elsewhere}`])];
}

/** What must hold when all is over. @returns what does not */
export async function aftermath({ app, keys }: World): Promise<string[]> {
  const call = app.as(keys.user);
  const wrong = await app.database.check();
  const stored = await call('POST', '/store', { content: 'The lighthouse of Skagen is still standing.' });
  if (stored.status !== 201) wrong.push(`nothing can be stored: ${JSON.stringify(stored.body)}`);
  const found = await call('POST', '/search', { query: 'lighthouse Skagen' });
  const first = found.body.results?.[0]?.id;
  if (first !== stored.body.id) wrong.push(`what was stored is not found: ${JSON.stringify(found.body).slice(0, 500)}`);
  return wrong;
}

/** Failures of one kind at one endpoint, as one; most of a long run say the same. */
export const kinds = (failures: readonly Failure[]): (Failure & { count: number })[] =>
  [...Map.groupBy(failures, ({ id, what }) => `${id} ${what.slice(0, 120).replaceAll(/\d+/g, 'N')}`).values()].map(
    (same) => ({ ...same[0]!, count: same.length }),
  );
