// Requests for the fuzzer, made from the contracts: most have the right form and strange content, the others are wrong in
// one place, so that whatever goes wrong has one cause.
import fc from 'fast-check';
import type { EndpointSpec } from '../../src/core/endpoint.ts';
import { FEATURES } from '../../src/entry/contracts.ts';
import { openApiDocument } from '../../src/entry/http/openapi.ts';
import { type Follow, following, type IdsOf, oddJson, oddKeys, type Schema } from './fuzz-values.ts';

export type Who = 'user' | 'admin' | 'nobody';
export interface FuzzRequest {
  /** What was done to it. */
  readonly how: string;
  readonly who: Who;
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Bytes, since not every body is text; null for none. */
  readonly body: Uint8Array | null;
}

interface Parameter {
  readonly $ref?: string;
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
  readonly schema: Schema;
}
interface Operation {
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> };
}

const document = openApiDocument(FEATURES, 'fuzz') as unknown as {
  paths: Record<string, Record<string, Operation>>;
  components: Record<string, Record<string, unknown>>;
};
function component<T>(ref: string): T {
  const [kind, name] = ref.split('/').slice(2) as [string, string];
  return document.components[kind]![name] as T;
}

const encoder = new TextEncoder();
const RAW_SEGMENTS = [
  '%00',
  '%',
  '%zz',
  '%ff',
  '%C0%AF',
  '%ed%a0%80',
  '..%2f..%2fetc%2fpasswd',
  '%2e%2e%2f',
  '..',
  '%2F',
  "1'--",
  '1;drop',
  '0',
  '-1',
  '1e3',
  '0x10',
  '1.5',
  '9007199254740993',
  '99999999999999999999',
  '%EF%BC%91',
  '%201',
  '1%0d%0aX-Evil:1',
  'NaN',
  '__proto__',
  'constructor',
  '%F0%9F%A6%8A',
  '%E2%80%AE',
  'a'.repeat(5_000),
  '[object%20Object]',
  '*',
  ':id',
  '%7Bid%7D',
] as const;
const RAW_QUERIES = [
  '&&&===',
  '%',
  '%00=%00',
  '__proto__=1',
  'constructor[prototype][x]=1',
  'limit[]=1',
  'limit=1&limit=zzz',
  'limit=-1',
  'limit=1e9',
  'limit=',
  'limit=%31',
  'offset=99999999999999999999',
  'offset=1.5',
  'q=%ED%A0%BD',
  'q=%00',
  `q=${'x'.repeat(8_000)}`,
  'q=%22%20OR%20NEAR(*',
  'user_id=1',
  'space_id=1',
  '?',
  '=',
  Array.from({ length: 500 }, (_, i) => `a${i}=${i}`).join('&'),
] as const;
const BODIES: readonly (string | Uint8Array)[] = [
  '',
  ' ',
  'null',
  'true',
  '0',
  '""',
  '[]',
  '{}',
  '[[]]',
  '{',
  '}',
  '{"a":1,}',
  '{a:1}',
  "{'a':1}",
  '{"a":NaN}',
  '{"a":1e999}',
  '// x\n{}',
  '{}{}',
  '\ufeff{}',
  '{"a":"\u0001"}',
  '{"a":"\\ud83d"}',
  '{"a":"\\u0000"}',
  '{"a":"\\x"}',
  '{"query":"a","query":{"b":1},"content":"x","content":null}',
  '['.repeat(100_000),
  '{"a":'.repeat(2_000),
  `${'['.repeat(64)}${']'.repeat(64)}`,
  `${'['.repeat(65)}${']'.repeat(65)}`,
  `"${'x'.repeat(300_000)}"`,
  `{"content":"${'\\u0000'.repeat(20_000)}"}`,
  `[${'0,'.repeat(60_000)}0]`,
  `{${Array.from({ length: 5_000 }, (_, i) => `"k${i}":${i}`).join(',')}}`,
  'content=x&query=y',
  '<x/>',
  new Uint8Array([0xff, 0xfe, 0x7b, 0x00]),
  new Uint8Array([0x7b, 0xc3, 0x28, 0x7d]),
  new Uint8Array([0x1f, 0x8b, 0x08, 0, 0, 0]),
];
const HEADERS: readonly (readonly [string, string])[] = [
  ['authorization', 'Bearer'],
  ['authorization', 'Bearer '],
  ['authorization', 'Basic YTpi'],
  ['authorization', 'Bearer a b'],
  ['authorization', `Bearer ${'x'.repeat(20_000)}`],
  ['authorization', 'bearer \u00ff\u00fe'],
  ['authorization', 'Bearer null'],
  ['authorization', 'Bearer %00'],
  ['authorization', ','],
  ['x-space', 'default'],
  ['x-space', 'nope'],
  ['x-space', ''],
  ['x-space', '%'],
  ['x-space', '%00'],
  ['x-space', '%ED%A0%BD'],
  ['x-space', '1'],
  ['x-space', '-1'],
  ['x-space', '99999999999999999999'],
  ['x-space', '../x'],
  ['x-space', '__proto__'],
  ['x-space', 'x'.repeat(5_000)],
  ['x-space', '\u00e9'],
  ['x-engram-space', '%F0%9F%A6%8A'],
  ['x-request-id', ''],
  ['x-request-id', 'x'.repeat(500)],
  ['x-request-id', '"><script>'],
  ['x-request-id', '\u00ff'],
  ['x-request-id', '__proto__'],
  ['content-length', '0'],
  ['content-length', '1'],
  ['content-length', '-1'],
  ['content-length', 'abc'],
  ['content-length', '99999999999999'],
  ['content-length', '1e3'],
  ['content-type', 'text/plain'],
  ['content-type', 'application/x-www-form-urlencoded'],
  ['content-type', 'multipart/form-data; boundary=x'],
  ['content-type', ''],
  ['content-type', 'application/json; charset=utf-16'],
  ['content-type', 'application/problem+json'],
  ['content-type', 'a'.repeat(9_000)],
  ['content-encoding', 'gzip'],
  ['accept', 'text/event-stream'],
  ['accept', ''],
  ['accept-language', '*;q=9'],
  ['last-event-id', '-1'],
  ['last-event-id', '999999999999999999999'],
  ['last-event-id', 'x'],
  ['range', 'bytes=0-0,-1'],
  ['x-forwarded-for', '1.2.3.4, ::1, ,'],
  ['x-forwarded-for', 'x'.repeat(3_000)],
  ['x-http-method-override', 'DELETE'],
  ['origin', 'https://evil.example'],
  ['host', 'evil.example'],
  ['cookie', 'a'.repeat(9_000)],
  ['if-none-match', '*'],
  ['transfer-encoding', 'chunked'],
  ['connection', 'upgrade'],
  ['expect', '100-continue'],
];
/** A method that the runtime does not know becomes a GET without a word: that would be another request than it says. */
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND', 'BREW'].filter(
  (method) => new Request('http://127.0.0.1', { method }).method === method,
);

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The same with one thing changed somewhere in it: another value, a field gone, a field more, a list around it. */
function changed(value: unknown, odd: unknown, key: string, pick: number): unknown {
  const kind = pick % 7;
  const rest = Math.floor(pick / 7);
  if (Array.isArray(value) && value.length > 0 && kind < 5) {
    const at = rest % value.length;
    return value.map((one, i) => (i === at ? changed(one, odd, key, Math.floor(rest / value.length)) : one));
  }
  if (!isObject(value)) return kind === 5 ? [value] : odd;
  const names = Object.keys(value);
  if (kind === 5) return [value];
  if (kind === 6 || names.length === 0) return Object.fromEntries([...Object.entries(value), [key, odd]]);
  const name = names[rest % names.length]!;
  if (kind === 4) return Object.fromEntries(Object.entries(value).filter(([one]) => one !== name));
  const inner = Math.floor(rest / names.length);
  const deeper = kind === 3 && typeof value[name] === 'object' && value[name] !== null;
  return { ...value, [name]: deeper ? changed(value[name], odd, key, inner) : odd };
}

/** Texts that URLs can carry; half a surrogate pair they cannot. */
const encoded = (value: unknown): string => {
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value);
  return encodeURIComponent(text.toWellFormed());
};
const queryText = (query: Readonly<Record<string, unknown>>): string => {
  const parts = Object.entries(query).map(([name, value]) => `${encoded(name)}=${encoded(value)}`);
  return parts.length === 0 ? '' : `?${parts.join('&')}`;
};

interface Parts {
  method: string;
  segments: Record<string, string>;
  query: string;
  headers: Record<string, string>;
  body: string | Uint8Array | null;
}

/** Ways to go wrong. Each leaves the rest as it was. */
const WRONGS: readonly (readonly [weight: number, how: string, fc.Arbitrary<(parts: Parts, body: unknown) => void>])[] =
  [
    [
      14,
      'one field',
      fc.tuple(oddJson, oddKeys, fc.nat()).map(([odd, key, pick]) => (parts, body) => {
        if (body !== undefined) parts.body = JSON.stringify(changed(body, odd, key, pick));
      }),
    ],
    [
      3,
      'body',
      fc.constantFrom(...BODIES).map((body) => (parts) => {
        if (parts.method !== 'GET') parts.body = body;
      }),
    ],
    [
      1,
      'cut body',
      fc.nat().map((at) => (parts) => {
        if (typeof parts.body === 'string') parts.body = parts.body.slice(0, at % (parts.body.length + 1));
      }),
    ],
    [
      1,
      'field twice',
      oddJson.map((odd) => (parts, body) => {
        const [name] = isObject(body) ? Object.keys(body) : [];
        if (name === undefined || typeof parts.body !== 'string') return;
        parts.body = `${parts.body.slice(0, -1)},${JSON.stringify(name)}:${JSON.stringify(odd)}}`;
      }),
    ],
    [
      5,
      'path',
      fc.tuple(fc.constantFrom(...RAW_SEGMENTS), fc.nat()).map(([raw, pick]) => (parts) => {
        const names = Object.keys(parts.segments);
        if (names.length > 0) parts.segments[names[pick % names.length]!] = raw;
      }),
    ],
    [
      4,
      'query',
      fc
        .oneof(
          fc.constantFrom<string>(...RAW_QUERIES),
          fc.tuple(oddKeys, oddJson).map(([k, v]) => queryText({ [k]: v }).slice(1, 20_000)),
        )
        .map((raw) => (parts) => {
          parts.query += `${parts.query === '' ? '?' : '&'}${raw}`;
        }),
    ],
    [
      5,
      'header',
      fc.constantFrom(...HEADERS).map(([name, value]) => (parts) => {
        parts.headers[name] = value;
      }),
    ],
    [
      2,
      'method',
      fc.constantFrom(...METHODS).map((method) => (parts) => {
        parts.method = method;
      }),
    ],
  ];

const formOf = (body: unknown): string =>
  new URLSearchParams(
    Object.entries(Object(body)).map(([name, value]): [string, string] => [
      name,
      // Not every object has words for itself.
      typeof value === 'object' ? JSON.stringify(value) : String(value),
    ]),
  ).toString();

/** @param idsOf what stands in a field of this name, by feature */
export function requestsFor(
  spec: EndpointSpec,
  idsOf: (feature: string, field: string) => ReturnType<IdsOf>,
): fc.Arbitrary<FuzzRequest> {
  const feature = spec.id.split('.')[0]!;
  const follow: Follow = { resolve: component<Schema>, idsOf: (field) => idsOf(feature, field) };
  const operation = document.paths[spec.path]![spec.method.toLowerCase()]!;
  const parameters = (operation.parameters ?? []).map((one) => (one.$ref ? component<Parameter>(one.$ref) : one));
  const fields = (where: string): fc.Arbitrary<Record<string, unknown>> => {
    const chosen = parameters.filter((one) => one.in === where);
    return following(
      {
        type: 'object',
        properties: Object.fromEntries(chosen.map(({ name, schema }) => [name, schema])),
        required: chosen.filter(({ required }) => required).map(({ name }) => name),
      },
      follow,
    ) as fc.Arbitrary<Record<string, unknown>>;
  };
  const [type, taken] = Object.entries(operation.requestBody?.content ?? {})[0] ?? [];
  const right: fc.Arbitrary<(parts: Parts, body: unknown) => void> = fc.constant(() => {});
  const wrong = fc.oneof(
    { weight: 60, arbitrary: right.map((apply) => ({ how: 'right', apply })) },
    ...WRONGS.map(([weight, how, arbitrary]) => ({ weight, arbitrary: arbitrary.map((apply) => ({ how, apply })) })),
  );
  const usual: Who = spec.access === 'admin' ? 'admin' : 'user';
  return fc
    .record({
      path: fc.constantFrom(spec.path, ...(spec.aliases ?? [])),
      segments: fields('path'),
      query: fields('query'),
      body: taken ? following(taken.schema, follow) : fc.constant(undefined),
      who: fc.oneof({ weight: 20, arbitrary: fc.constant(usual) }, fc.constantFrom<Who>('user', 'nobody')),
      space: fc.oneof({ weight: 6, arbitrary: fc.constant(null) }, fc.constantFrom('work', 'default')),
      wrong,
    })
    .map(({ path, segments, query, body, who, space, wrong: { how, apply } }) => {
      const parts: Parts = {
        method: spec.method,
        segments: Object.fromEntries(Object.entries(segments).map(([name, value]) => [name, encoded(value)])),
        query: queryText(query),
        headers: space === null ? {} : { 'x-space': space },
        body: body === undefined ? null : spec.form ? formOf(body) : JSON.stringify(body),
      };
      if (parts.body !== null && type) parts.headers['content-type'] = type;
      apply(parts, body);
      const to = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => parts.segments[name] ?? '');
      return {
        how,
        who,
        method: parts.method,
        path: `${to}${parts.query}`,
        headers: parts.headers,
        body: typeof parts.body === 'string' ? encoder.encode(parts.body) : parts.body,
      };
    });
}
