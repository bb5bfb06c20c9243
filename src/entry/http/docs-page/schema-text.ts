// Schemas in words: the type of a field, its limits, its rows in a table, and an example of a whole value.

import { nameOf, type OpenApi, type Schema, schemaOf } from './document.ts';
import { type Html, html } from './html.ts';

const MAX_DEPTH = 4;

const optionsOf = (schema: Schema): Schema[] | undefined => schema.anyOf ?? schema.oneOf;

export function typeText(schema: Schema): Html {
  if (schema.$ref) {
    const name = nameOf(schema.$ref);
    return html`<a href="#schema-${name}">${name}</a>`;
  }
  const options = optionsOf(schema);
  if (options) return html`${options.map((option, i) => [i > 0 && ' or ', typeText(option)])}`;
  if (schema.const !== undefined) return html`${JSON.stringify(schema.const)}`;
  if (schema.enum) return html`${schema.enum.map((value) => JSON.stringify(value)).join(', ')}`;
  if (schema.type === 'array') return html`list of ${typeText(schema.items ?? {})}`;
  const types = [schema.type ?? 'anything'].flat();
  return html`${types.join(' or ')}`;
}

const range = (min: number | undefined, max: number | undefined, unit: string): string | null => {
  if (min !== undefined && max !== undefined) return `${min} to ${max.toLocaleString('en')}${unit}`;
  if (max !== undefined) return `at most ${max.toLocaleString('en')}${unit}`;
  // That ids and page sizes start at 1 needs no saying.
  return min !== undefined && min > 1 ? `at least ${min}${unit}` : null;
};

export function limitsText(schema: Schema): string {
  const inner = [schema, ...(optionsOf(schema) ?? [])];
  const texts = inner.flatMap((s) => [
    range(s.minimum, s.maximum, ''),
    range(s.minLength, s.maxLength, ' characters'),
    range(s.minItems, s.maxItems, ' items'),
  ]);
  return texts.filter(Boolean).join('; ');
}

export interface Row {
  name: string;
  schema: Schema;
  required: boolean;
}

/** Fields of an object, those of objects inside it as `outer.inner` and `list[].inner`. */
export function rowsOf(api: OpenApi, schema: Schema, prefix = '', depth = 0): Row[] {
  const { properties = {}, required = [] } = depth === 0 ? schemaOf(api, schema) : schema;
  return Object.entries(properties).flatMap(([key, field]) => {
    const name = prefix + key;
    const own: Row = { name, schema: field, required: required.includes(key) };
    if (depth >= MAX_DEPTH) return [own];
    const list = field.type === 'array' ? field.items : undefined;
    const inner = list ?? field;
    return [own, ...rowsOf(api, inner.$ref ? {} : inner, `${name}${list ? '[]' : ''}.`, depth + 1)];
  });
}

/**
 * A value that fits the schema.
 * @param brief for requests: leave out what may be left out, unless it has an example of its own
 */
export function exampleOf(api: OpenApi, given: Schema, brief: boolean, depth = 0): unknown {
  const schema = schemaOf(api, given);
  const examples = given.examples ?? schema.examples;
  if (examples?.length) return examples[0];
  if (schema.const !== undefined) return schema.const;
  if (schema.enum) return schema.enum[0];
  const options = optionsOf(schema);
  if (!brief && (options?.some(({ type }) => type === 'null') || schema.type?.includes('null'))) return null;
  if (options) return exampleOf(api, options.find(({ type }) => type !== 'null') ?? {}, brief, depth);
  const type = [schema.type].flat().find((name) => name !== 'null');
  if (type === 'object') {
    if (depth > MAX_DEPTH) return {};
    const fields = Object.entries(schema.properties ?? {}).filter(
      ([name, field]) => !brief || schema.required?.includes(name) || field.examples !== undefined,
    );
    return Object.fromEntries(fields.map(([name, field]) => [name, exampleOf(api, field, brief, depth + 1)]));
  }
  if (type === 'array') return depth > MAX_DEPTH ? [] : [exampleOf(api, schema.items ?? {}, brief, depth + 1)];
  if (schema.default !== undefined) return schema.default;
  if (type === 'integer') return Math.max(1, schema.minimum ?? 1);
  if (type === 'number') return 0.5;
  if (type === 'boolean') return false;
  return type === 'string' ? 'text' : null;
}
