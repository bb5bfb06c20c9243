// JSON Schemas for agents, made from the contracts and cut down: every conversation pays for the tokens of the tool list.
import { z } from 'zod';

export type JsonSchema = { [key: string]: unknown };

const isSchema = (value: unknown): value is JsonSchema =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const SAFE = Number.MAX_SAFE_INTEGER;
/** What an agent has no use for: the server says it when it is broken, in words. */
const DROPPED = ['$schema', 'id', 'example', 'examples', 'additionalProperties', 'pattern', 'maxLength'];

/** Of several forms the one an agent should use; the server takes the others from older clients. */
function preferred(forms: readonly unknown[]): JsonSchema | null {
  const real = forms.filter(isSchema).filter(({ type }) => type !== 'null');
  const first = real.find(({ type }) => type === 'array' || type === 'boolean') ?? real[0];
  return first ?? null;
}

function slim(node: JsonSchema, described: boolean): JsonSchema {
  const { anyOf, override, ...rest } = node;
  let out: JsonSchema = { ...rest, ...(isSchema(override) && override) };
  if (Array.isArray(anyOf)) {
    const chosen = preferred(anyOf);
    out = chosen ? { ...slim(chosen, described), ...out } : out;
  }
  for (const key of DROPPED) delete out[key];
  if (Array.isArray(out.type)) out.type = out.type.find((type) => type !== 'null');
  if (out.default === null || (Array.isArray(out.default) && out.default.length === 0)) delete out.default;
  if (out.maximum === SAFE) delete out.maximum;
  if (out.minimum === -SAFE) delete out.minimum;
  if (!described) delete out.description;
  if (isSchema(out.items)) out.items = slim(out.items, false);
  if (isSchema(out.properties)) {
    const fields = Object.entries(out.properties).map(
      ([name, field]) => [name, slim(field as JsonSchema, described)] as const,
    );
    out.properties = Object.fromEntries(fields);
  }
  return out;
}

const convert = (schema: z.ZodType, io: 'input' | 'output'): JsonSchema =>
  z.toJSONSchema(schema, { io, unrepresentable: 'any' }) as JsonSchema;

/** What a tool takes. @param words own descriptions in place of those of the contract, by field */
export function inputSchema(shape: z.ZodRawShape, words: Readonly<Record<string, string | null>> = {}): JsonSchema {
  const schema = slim(convert(z.object(shape), 'input'), true);
  for (const [name, field] of Object.entries((schema.properties ?? {}) as Record<string, JsonSchema>)) {
    const own = words[name];
    if (own) field.description = own;
  }
  if (Array.isArray(schema.required) && schema.required.length === 0) delete schema.required;
  return schema;
}

const mayBeNull = ({ type, anyOf }: JsonSchema): boolean =>
  (Array.isArray(type) && type.includes('null')) ||
  (Array.isArray(anyOf) && anyOf.some((form) => isSchema(form) && form.type === 'null'));

/** Fields that may be null are left out of results when they are, so none of them is required. */
function withoutNulls(node: JsonSchema): JsonSchema {
  const fields = Object.entries((node.properties ?? {}) as Record<string, JsonSchema>);
  const nullable = new Set(fields.filter(([, field]) => mayBeNull(field)).map(([name]) => name));
  const required = (node.required as string[] | undefined)?.filter((name) => !nullable.has(name));
  const properties = fields.map(([name, field]) => {
    const items = isSchema(field.items) ? { items: withoutNulls(field.items) } : {};
    return [name, { ...field, ...items }] as const;
  });
  return {
    ...node,
    ...(fields.length > 0 && { properties: Object.fromEntries(properties) }),
    ...(required && { required }),
  };
}

/** What a tool gives. */
export function outputSchema(schema: z.ZodType): JsonSchema {
  const out = slim(withoutNulls(convert(schema, 'output')), false);
  return { type: 'object', ...out };
}

/** The value without what is null, at any depth. */
export function compact(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(compact);
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).flatMap(([name, one]) => (one == null ? [] : [[name, compact(one)] as const]));
  return Object.fromEntries(kept);
}

/** In the form in which the SDK takes schemas. Whether input is right is for the endpoint to say: its sentences are better. */
export const asStandard = (json: JsonSchema) => ({
  '~standard': {
    version: 1 as const,
    vendor: 'engram',
    validate: (value: unknown) => ({ value: value as Record<string, unknown> }),
    jsonSchema: { input: () => json, output: () => json },
  },
});
