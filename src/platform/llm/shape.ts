// The wanted shape of an answer: as JSON schema for the server, and as a check of what came back.
import { z } from 'zod';

export interface Shape<T> {
  /** JSON schema; always of an object, since most servers answer nothing else. */
  readonly schema: object;
  /** It can be promised to servers that keep a schema to the letter: every field is there, and no other. */
  readonly strict: boolean;
  /** @returns the answer, or what is wrong with it, in words for the model */
  check(value: object): { value: T } | { problem: string };
}

type Node = Record<string, unknown>;

export function shapeOf<T>(answer: z.ZodType<T>): Shape<T> {
  const own = jsonSchema(answer);
  const bare = own.type === 'object';
  const schema = bare
    ? own
    : { type: 'object', properties: { answer: own }, required: ['answer'], additionalProperties: false };
  return {
    schema,
    strict: isStrict(schema),
    check(value) {
      const read = answer.safeParse(bare ? value : (value as { answer?: unknown }).answer);
      return read.success ? { value: read.data } : { problem: problemOf(read.error) };
    },
  };
}

/** As the model has to write it, before defaults and transformations. */
function jsonSchema(answer: z.ZodType): Node {
  const schema = z.toJSONSchema(answer, { io: 'input', unrepresentable: 'any', reused: 'inline' }) as Node;
  delete schema.$schema;
  forEachNode(schema, (node) => {
    // Fields that nobody asked for only cost tokens.
    if (typeof node.properties !== 'object' || node.properties === null) return;
    node.additionalProperties ??= false;
    // What may be left out or null is asked for as null: a model that has to write it down has to think of it.
    const required = new Set((node.required as string[] | undefined) ?? []);
    for (const [name, property] of Object.entries(node.properties)) if (takesNull(property as Node)) required.add(name);
    if (required.size > 0) node.required = [...required];
  });
  return schema;
}

const takesNull = ({ type, anyOf }: Node): boolean =>
  type === 'null' ||
  (Array.isArray(type) && type.includes('null')) ||
  (Array.isArray(anyOf) && anyOf.some((one: Node) => one.type === 'null'));

/** Only maps and lists of schemas are entered that JSON schema has: a property may be called "properties". */
function forEachNode(node: unknown, visit: (node: Node) => void): void {
  if (typeof node !== 'object' || node === null || Array.isArray(node)) return;
  const known = node as Node;
  visit(known);
  for (const key of ['properties', '$defs', 'definitions'])
    for (const inner of Object.values((known[key] as Node | undefined) ?? {})) forEachNode(inner, visit);
  for (const key of ['anyOf', 'oneOf', 'allOf', 'prefixItems'])
    for (const inner of (known[key] as unknown[] | undefined) ?? []) forEachNode(inner, visit);
  for (const key of ['items', 'additionalProperties', 'propertyNames', 'not']) forEachNode(known[key], visit);
}

/** What may stand in a schema that is kept to the letter; others are refused. Source: OpenAI "Structured outputs". */
const STRICT_WORDS = new Set(
  `type properties required additionalProperties items anyOf enum const description title pattern format minimum maximum
   exclusiveMinimum exclusiveMaximum multipleOf minItems maxItems`.split(/\s+/),
);

function isStrict(schema: object): boolean {
  let strict = true;
  forEachNode(schema, (node) => {
    if (Object.keys(node).some((word) => !STRICT_WORDS.has(word))) strict = false;
    if (node.type !== 'object') return;
    const required = (node.required as string[] | undefined) ?? [];
    const names = Object.keys((node.properties as Node | undefined) ?? {});
    if (node.additionalProperties !== false || names.some((name) => !required.includes(name))) strict = false;
  });
  return strict;
}

const ISSUES_TOLD = 12;

const problemOf = ({ issues }: z.ZodError): string =>
  issues
    .slice(0, ISSUES_TOLD)
    .map(({ path, message }) => `${path.join('.') || 'the answer'}: ${message}`)
    .join('\n')
    .slice(0, 2_000);
