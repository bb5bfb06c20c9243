// Values for the fuzzer: what an API might be sent that nobody meant, and fast-check arbitraries that follow a JSON schema.
import fc from 'fast-check';

/** As much of JSON schema as the contracts use. */
export interface Schema {
  readonly $ref?: string;
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
  readonly items?: Schema;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly pattern?: string;
  readonly examples?: readonly unknown[];
}

/** Texts that are texts: every store has to hold them. */
const STRANGE: readonly string[] = [
  '🦊🐙👩‍👩‍👧‍👦🏳️‍🌈',
  `Z${'\u0310\u0335\u0322'.repeat(60)}algo`,
  'invoice \u202e6202\u202c \u2066x\u2069',
  'zero\u200bwidth\u200d\u2060\ufeff',
  '\u200b',
  'Cafe\u0301 Å ﬁ İ ß ǅ',
  'הטלפון التقويم 我们昨天 서울에서',
  'bell\u0007 escape\u001b[31m \u007f \u0085 \u2028 \u2029',
  '\uffff\ufffe\ue000\u{10ffff}',
  "'; drop table memories; --",
  '" OR NEAR(* ^ "half AND NOT (',
  '%_\\%',
  '$(jndi:x) {{7*7}} <script>alert(1)</script> $(id) `id`',
  '../../../../etc/passwd',
  '__proto__',
  'constructor',
  'null',
  'NaN',
  '-0',
  '1e999',
  '0x1F',
  '１２３',
  ' ',
  '\t\r\n',
  '.',
  ',,,',
  '***',
  '2026-13-45T99:99:99Z',
  '-271821-04-20T00:00:00Z',
  '+275760-09-13T00:00:00.001Z',
  '0000-00-00',
];
/** What JSON can carry but no text should hold. */
const BROKEN: readonly string[] = [
  '\u0000',
  'before\u0000after',
  '\ud83d',
  '\udd8a\ud83d',
  `${'x'.repeat(5_000)}\udfff`,
];

const WORDS =
  'the server zanzibar listens on port ann works at acme loves tea because deploy failed yesterday disk was full prefers rust over go night moved to oslo in may must never restart'.split(
    ' ',
  );
const sentence = fc.array(fc.constantFrom(...WORDS), { minLength: 1, maxLength: 14 }).map((words) => words.join(' '));
const TIMES = [
  '2026-03-01',
  '2026-03-01 09:30:00',
  '2026-03-01T09:30:00Z',
  '2026-03-01T09:30:00.123+05:30',
  '1970-01-01',
  '9999-12-31 23:59:59',
  'yesterday',
  'today',
  '7d',
  '1h',
];
/** Nothing here leaves the machine: nobody listens at these. */
const ADDRESSES = [
  'http://127.0.0.1:9/hook',
  'http://localhost:9/',
  'http://[::1]:9/',
  'file:///etc/passwd',
  'http://',
  'ftp://127.0.0.1',
];

const WHOLE = [0, 1, 2, 5, 10, 50, 100, 1_000, -1, 2 ** 31 - 1, 2 ** 31, 2 ** 32, 2 ** 53 - 1, -(2 ** 53 - 1)];
const PARTS = [0, 0.1, 0.5, 0.999_999_9, 1, -0.5, 1e-300, 5e-324, 1e300, -1e300];

/** JSON of any type, the odd end of it. */
export const oddJson: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    false,
    '',
    [],
    {},
    [null],
    [[]],
    { '': null },
    -0,
    1.5,
    1e308,
    -1e308,
    2 ** 53 + 2,
    2 ** 63,
  ),
  fc.constantFrom(...WHOLE),
  fc.constantFrom(...STRANGE, ...BROKEN),
  fc
    .constantFrom(
      '{"__proto__":{"is_admin":true}}',
      '{"constructor":{"prototype":{"x":1}}}',
      '{"toString":1,"valueOf":2}',
    )
    .map((text) => JSON.parse(text) as unknown),
  fc.integer({ min: 1, max: 90 }).map((deep) => JSON.parse(`${'['.repeat(deep)}${']'.repeat(deep)}`) as unknown),
  fc.integer({ min: 1, max: 60 }).map((deep) => JSON.parse(`${'{"a":'.repeat(deep)}1${'}'.repeat(deep)}`) as unknown),
  fc
    .constantFrom(300, 9_000, 101_000)
    .chain((size) =>
      fc.constantFrom('x', '记', '\u0301', '\n', '🦊', ' a').map((unit) => unit.repeat(Math.ceil(size / unit.length))),
    ),
  fc.constantFrom(101, 3_000).map((size) => Array.from({ length: size }, (_, i) => i)),
  fc.jsonValue({ maxDepth: 3 }),
);

/** Names of fields that mean something to a language rather than to the API. */
export const oddKeys: fc.Arbitrary<string> = fc.constantFrom(
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'hasOwnProperty',
  'then',
  'user_id',
  'is_admin',
  '',
  '\u0000',
  '\ud83d',
  '🦊',
  'a.b',
  'a[0]',
  'x'.repeat(3_000),
);

/** The ids that stand in fields of this name; null where none do. */
export type IdsOf = (field: string) => fc.Arbitrary<unknown> | null;

const clipped = (text: string, { minLength = 0, maxLength = Number.POSITIVE_INFINITY }: Schema): string => {
  const long = text.length < minLength ? text.padEnd(minLength, 'x') : text;
  // Cutting may leave half a character; that half would be refused.
  return long.length <= maxLength ? long : long.slice(0, maxLength).replace(/[\ud800-\udbff]$/, '');
};

/** Fields whose texts have a form that no schema tells. */
const FORMS: readonly (readonly [RegExp, readonly string[]])[] = [
  [/url|^href$/, ADDRESSES],
  [/^metadata$/, ['{"a":1}', '{}', '{"__proto__":{"x":1}}', '[]', '{', '']],
  [/^events$/, ['*', 'memory.*', 'memory.created', '.*', 'memory.']],
  [/^format$/, ['json', 'jsonl', 'markdown', 'mem0', 'chatgpt', 'claude', 'zep', 'engram', 'csv', 'constructor']],
  [
    /^(old_|new_)?path$/,
    [
      '/memories/projects/harbour.md',
      '/memories/projects',
      '/memories',
      '/memories/../../etc/passwd',
      '/memories/%2e%2e/x',
      '',
    ],
  ],
  [/^data$/, ['SGVsbG8gV29ybGQ=', 'bWluZQ==', '', '====', 'not base64']],
  [
    /^chunk_hash$|^final_sha256$/,
    ['a591a6d40bf420404a011733cfb7b190d62c65bf0bcda32b57b277d9ad9f146e', 'f'.repeat(64), 'F'.repeat(64), 'x'],
  ],
];

function texts(schema: Schema, field: string): fc.Arbitrary<unknown> {
  const form = FORMS.find(([pattern]) => pattern.test(field));
  if (form) return fc.constantFrom(...form[1]);
  if (schema.pattern) return fc.stringMatching(new RegExp(schema.pattern));
  const most = Math.min(schema.maxLength ?? 20_000, 120_000);
  const plain: fc.WeightedArbitrary<string>[] = [
    { weight: 8, arbitrary: sentence },
    { weight: 4, arbitrary: fc.constantFrom(...STRANGE) },
    { weight: 1, arbitrary: fc.string({ unit: 'grapheme', maxLength: 40 }) },
    { weight: 1, arbitrary: fc.constantFrom('x'.repeat(most), 'x'.repeat(schema.minLength ?? 0)) },
  ];
  const examples = (schema.examples ?? []).filter((one) => typeof one === 'string' && !one.includes('://')) as string[];
  if (examples.length > 0) plain.push({ weight: 8, arbitrary: fc.constantFrom(...examples) });
  if (/(_at|after|before|since|until|from|to|as_of|start|end|date|time|timestamp)$/.test(field))
    plain.push({ weight: 20, arbitrary: fc.constantFrom(...TIMES) });
  return fc.oneof(...plain).map((text) => clipped(text, schema));
}

const within = ({ minimum = -Infinity, maximum = Infinity }: Schema, list: readonly number[]): number[] =>
  [...list, ...[minimum, maximum].filter(Number.isFinite)].filter((n) => n >= minimum && n <= maximum);

export interface Follow {
  readonly resolve: (ref: string) => Schema;
  readonly idsOf: IdsOf;
}

/** What follows the schema, as far as a schema can say; nested values below the eighth level are left empty. */
export function following(schema: Schema, how: Follow, field = '', level = 0): fc.Arbitrary<unknown> {
  const into = (inner: Schema, name = field) => following(inner, how, name, level + 1);
  if (schema.$ref) return into(how.resolve(schema.$ref));
  if (level > 8) return fc.constant(null);
  if ('const' in schema) return fc.constant(schema.const);
  if (schema.enum) return fc.constantFrom(...schema.enum);
  if (schema.anyOf) return fc.oneof(...schema.anyOf.map((one) => into(one)));
  const scalar = schema.type === 'string' || schema.type === 'integer' || schema.type === 'number';
  const ids = scalar ? how.idsOf(field) : null;
  if (ids) return ids;
  switch (schema.type) {
    case 'string':
      return texts(schema, field);
    case 'integer':
      return fc.constantFrom(...within(schema, WHOLE));
    case 'number':
      return fc.constantFrom(...within(schema, [...WHOLE, ...PARTS]));
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    case 'array': {
      const least = schema.minItems ?? 0;
      const most = Math.max(least, Math.min(schema.maxItems ?? 4, least + 4));
      return fc.array(into(schema.items ?? {}), { minLength: least, maxLength: most });
    }
    case 'object':
      return objects(schema, how, level);
    default:
      return how.idsOf(field) ?? fc.oneof(texts(schema, field), fc.jsonValue({ maxDepth: 2 }));
  }
}

/** Fields of which one is needed though none is required. */
const LIKELY = /^(content|query|text|command|as_of|messages|memory_id|gate_id)$/;

/** Most optional fields are filters: with half of them given, every list would be empty. */
function objects(schema: Schema, how: Follow, level: number): fc.Arbitrary<unknown> {
  const fields = Object.entries(schema.properties ?? {});
  const required = new Set(schema.required ?? []);
  const optional = fields.map(([name]) => name).filter((name) => !required.has(name));
  const one = new Map(fields.map(([name, inner]) => [name, following(inner, how, name, level + 1)]));
  const likely = optional.filter((name) => LIKELY.test(name));
  const known = fc
    .tuple(fc.subarray(optional, { maxLength: Math.min(optional.length, 4) }), fc.integer({ min: 0, max: 3 }))
    .map(([some, n]) => new Set([...required, ...some, ...(n > 0 ? likely : [])]))
    .chain((names) => fc.record(Object.fromEntries([...names].map((name) => [name, one.get(name)!]))));
  const rest = schema.additionalProperties;
  if (typeof rest !== 'object') return known;
  const more = fc.dictionary(fc.oneof(fc.constantFrom(...WORDS), oddKeys), following(rest, how, '', level + 1), {
    maxKeys: 3,
  });
  return fc.tuple(known, more).map(([a, b]) => ({ ...(b as object), ...(a as object) }));
}
