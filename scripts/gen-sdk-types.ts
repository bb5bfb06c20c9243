// JSON Schema in, TypeScript types as text out. Knows what zod-openapi writes for our contracts, and refuses the rest.

/** The part of JSON Schema 2020-12 that the contracts use. */
export interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly items?: Schema;
  readonly prefixItems?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
  readonly description?: string;
  readonly default?: unknown;
}

const WIDTH = 120;
const words = (name: string): string[] => name.split(/[^A-Za-z0-9]+/).filter(Boolean);
const capital = (word: string): string => word[0]!.toUpperCase() + word.slice(1);
export const pascal = (name: string): string => words(name).map(capital).join('');
export const camel = (name: string): string => {
  const [first = '', ...rest] = words(name);
  return first + rest.map(capital).join('');
};

/** zod names what refers to itself and has no name of its own `__schema0`; with us that is any JSON value. */
export const componentName = (name: string): string => {
  if (name === '__schema0') return 'JsonValue';
  if (!/^[A-Z][A-Za-z0-9]*$/.test(name)) throw new Error(`The schema "${name}" needs a name that can be a type.`);
  return name;
};

/** Text as a comment: on one line where it fits, else wrapped. Empty for no text. */
export function comment(text: string | undefined, indent: string): string {
  const safe = (text ?? '').replaceAll('*/', '*\\/').trim();
  if (safe === '') return '';
  if (!safe.includes('\n') && indent.length + safe.length + 7 <= WIDTH) return `${indent}/** ${safe} */\n`;
  const lines = safe.split('\n').flatMap((line) => wrapped(line, WIDTH - indent.length - 3));
  return `${indent}/**\n${lines.map((line) => `${indent} * ${line}`.trimEnd()).join('\n')}\n${indent} */\n`;
}

function wrapped(line: string, width: number): string[] {
  const lines = [''];
  for (const word of line.split(' ')) {
    const last = lines.at(-1)!;
    if (last === '') lines[lines.length - 1] = word;
    else if (last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}

const literal = (value: unknown): string =>
  typeof value === 'string' ? `'${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'` : JSON.stringify(value);
const key = (name: string): string => (/^[A-Za-z_$][\w$]*$/.test(name) ? name : literal(name));

const SIMPLE: Readonly<Record<string, string>> = {
  string: 'string',
  integer: 'number',
  number: 'number',
  boolean: 'boolean',
  null: 'null',
};

/** @throws Error for what a type cannot be made of */
export function typeOf(schema: Schema, indent = ''): string {
  if (schema.$ref !== undefined) return componentName(schema.$ref.slice(schema.$ref.lastIndexOf('/') + 1));
  if ('const' in schema) return literal(schema.const);
  if (schema.enum) return schema.enum.map(literal).join(' | ');
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices) return union(choices.map((choice) => typeOf(choice, indent)));
  if (schema.allOf) return schema.allOf.map((part) => typeOf(part, indent)).join(' & ');
  if (Array.isArray(schema.type)) return union(schema.type.map((type: string) => typeOf({ ...schema, type }, indent)));
  const type = schema.type as string | undefined;
  if (type === 'array') return listOf(schema, indent);
  if (type === 'object' || schema.properties) return objectOf(schema, indent);
  if (type === undefined) return 'unknown';
  const simple = SIMPLE[type];
  if (simple === undefined) throw new Error(`No TypeScript type is known for ${JSON.stringify(schema)}.`);
  return simple;
}

/** What is unknown anyway says nothing more beside others; a missing `null` or a repeat is the same type. */
const union = (types: readonly string[]): string => {
  const all = [...new Set(types)];
  return all.includes('unknown') ? 'unknown' : all.join(' | ');
};

function listOf({ items, prefixItems }: Schema, indent: string): string {
  if (prefixItems) return `[${prefixItems.map((item) => typeOf(item, indent)).join(', ')}]`;
  const item = typeOf(items ?? {}, indent);
  return / [|&] /.test(item) && !item.startsWith('{') ? `(${item})[]` : `${item}[]`;
}

function objectOf(schema: Schema, indent: string): string {
  const { properties = {}, additionalProperties: more } = schema;
  if (Object.keys(properties).length > 0) return `{\n${fields(schema, `${indent}  `)}${indent}}`;
  const values = typeof more === 'object' ? typeOf(more, indent) : 'unknown';
  // An index signature, because a type may name itself in one.
  return more === false ? 'Record<string, never>' : `{ [key: string]: ${values} }`;
}

/** The lines between the braces. */
export function fields({ properties = {}, required = [] }: Schema, indent: string): string {
  return Object.entries(properties)
    .map(([name, field]) => {
      const optional = required.includes(name) ? '' : '?';
      return `${comment(fieldText(field), indent)}${indent}${key(name)}${optional}: ${typeOf(field, indent)};\n`;
    })
    .join('');
}

const fieldText = ({ description, default: fallback }: Schema): string | undefined =>
  fallback === undefined || fallback === null || typeof fallback === 'object'
    ? description
    : [description, `Default: \`${JSON.stringify(fallback)}\``].filter(Boolean).join('. ');
