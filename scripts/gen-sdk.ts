// Endpoint contracts in, the typed half of the TypeScript SDK out: named interfaces for what goes over the wire and one
// method per endpoint, grouped by feature. Reads the OpenAPI document, which already tells asking from answering.
import type { EndpointSpec } from '../src/core/endpoint.ts';
import type { Feature } from '../src/entry/contracts.ts';
import { openApiDocument } from '../src/entry/http/openapi.ts';
import { camel, comment, componentName, fields, pascal, type Schema, typeOf } from './gen-sdk-types.ts';

interface Parameter extends Schema {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly required?: never;
  readonly schema: Schema;
}
interface Described {
  readonly parameters?: readonly (Parameter & { required?: boolean })[];
  readonly requestBody?: {
    readonly required?: boolean;
    readonly content: Readonly<Record<string, { schema: Schema }>>;
  };
  readonly responses: Readonly<Record<string, { readonly content: Readonly<Record<string, { schema: Schema }>> }>>;
}
interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Described>>>>;
  readonly components: {
    readonly schemas: Readonly<Record<string, Schema>>;
    readonly parameters: Readonly<Record<string, Parameter>>;
  };
}

/** Names that the client's `api` has of its own. */
const TAKEN = new Set(['get', 'post', 'put', 'patch', 'delete', 'transport']);
/** The client waits 30 s for an answer by itself; what may take longer says so. */
const USUAL_WAIT_MS = 30_000;
const IMPORTED = [
  'type CallOptions',
  'Endpoints',
  'type ServerEvent',
  'type StreamOptions',
  'segment',
  'type Transport',
];

/** One declared type: an interface where there are fields to name, else an alias. */
function declaration(name: string, schema: Schema): string {
  const head = comment(schema.description, '');
  const open = schema.properties !== undefined && !schema.anyOf && !schema.allOf;
  return open
    ? `${head}export interface ${name} {\n${fields(schema, '  ')}}\n`
    : `${head}export type ${name} = ${typeOf(schema)};\n`;
}

/** A list in brackets: on one line where it fits, else one entry a line. */
function listed(before: string, entries: readonly string[], after: string): string {
  const line = `${before}${entries.join(', ')}${after}`;
  if (line.length <= 120) return line;
  const indent = /^ */.exec(before)![0];
  return `${before}\n${entries.map((entry) => `${indent}  ${entry},\n`).join('')}${indent}${after}`;
}

/** What one endpoint needs: its method, and the types that have no name yet. */
class Writer {
  readonly types: string[] = [];
  readonly #names = new Set<string>();
  readonly #document: Document;

  constructor(document: Document) {
    this.#document = document;
    for (const [name, schema] of Object.entries(document.components.schemas)) this.declare(componentName(name), schema);
  }

  declare(name: string, schema: Schema): string {
    if (this.#names.has(name)) throw new Error(`Two types would be named ${name}; give one of the schemas an id.`);
    this.#names.add(name);
    this.types.push(declaration(name, schema));
    return name;
  }

  /** The name of a schema that has one, a plain type as it is, and a declaration for everything else. */
  #named(name: string, schema: Schema): string {
    const type = typeOf(schema);
    return schema.$ref !== undefined || !type.includes('\n') ? type : this.declare(name, schema);
  }

  #parameters(operation: Described): readonly Parameter[] {
    return (operation.parameters ?? []).map((parameter) => {
      if (parameter.$ref === undefined) return parameter;
      const shared = this.#document.components.parameters[parameter.$ref.slice(parameter.$ref.lastIndexOf('/') + 1)]!;
      return { ...shared, ...(parameter.description && { description: parameter.description }) };
    });
  }

  method(spec: EndpointSpec): string {
    const operation = this.#document.paths[spec.path]![spec.method.toLowerCase()]!;
    const name = camel(spec.id.slice(spec.id.indexOf('.') + 1));
    const type = pascal(spec.id);
    const parameters = this.#parameters(operation);
    const args: string[] = [];
    const sent: string[] = [`method: '${spec.method}'`];

    const inPath = new Map(parameters.filter((one) => one.in === 'path').map((one) => [one.name, one]));
    const names = [...spec.path.matchAll(/\{(\w+)\}/g)].map(([, found]) => found!);
    for (const one of names) args.push(`${camel(one)}: ${typeOf(inPath.get(one)!.schema)}`);
    const path = spec.path.replace(/\{(\w+)\}/g, (_, one: string) => `\${segment(${camel(one)})}`);
    sent.push(names.length > 0 ? `path: \`${path}\`` : `path: '${path}'`);

    const { body, optional } = this.#body(operation, type);
    if (body !== null) {
      args.push(`body${optional ? '?' : ''}: ${body}`);
      sent.push('body');
    }
    const query = this.#query(parameters, type);
    if (query !== null) {
      args.push(`query${query.optional ? '?' : ''}: ${query.type}`);
      sent.push('query');
    }
    if (spec.access === 'read' && spec.method === 'POST') sent.push('readOnly: true');
    if ((spec.timeout_ms ?? 0) > USUAL_WAIT_MS) sent.push(`takes: ${spec.timeout_ms}`);

    const how = this.#answer(spec, operation, type);
    args.push(`options?: ${how.call === 'events' ? 'StreamOptions' : 'CallOptions'}`);
    const text = [spec.summary, spec.description].filter(Boolean).join('\n\n');
    const generic = how.call === 'json' ? `<${how.type}>` : '';
    const head = listed(`  ${name}(`, args, `): ${how.returns} {`);
    const call = listed(
      `    return this.transport.${how.call}${generic}(`,
      [`{ ${sent.join(', ')} }`, 'options'],
      ');',
    );
    return `${comment(text, '  ')}${head}\n${call}\n  }\n`;
  }

  #body(operation: Described, type: string): { body: string | null; optional: boolean } {
    const schema = operation.requestBody?.content['application/json']?.schema;
    const optional = operation.requestBody?.required !== true;
    const says = (one: Schema) => one.type !== 'object' || Object.keys(one.properties ?? {}).length > 0;
    if (!schema || (optional && !schema.$ref && !says(schema))) return { body: null, optional: true };
    return { body: this.#named(`${type}Request`, schema), optional };
  }

  #query(parameters: readonly (Parameter & { required?: boolean })[], type: string) {
    const asked = parameters.filter((one) => one.in === 'query');
    if (asked.length === 0) return null;
    const properties = Object.fromEntries(
      asked.map(({ name, description, schema }) => [name, { ...schema, ...(description && { description }) }]),
    );
    const required = asked.filter((one) => one.required === true).map(({ name }) => name);
    return {
      type: this.declare(`${type}Query`, { type: 'object', properties, required }),
      optional: required.length === 0,
    };
  }

  #answer(spec: EndpointSpec, operation: Described, type: string) {
    const kind = spec.produces?.split(';')[0] ?? 'application/json';
    if (kind === 'text/event-stream')
      return { call: 'events', type: 'ServerEvent', returns: 'AsyncGenerator<ServerEvent, void, undefined>' } as const;
    if (kind.startsWith('text/')) return { call: 'text', type: 'string', returns: 'Promise<string>' } as const;
    if (kind !== 'application/json')
      return { call: 'response', type: 'Response', returns: 'Promise<Response>' } as const;
    const schema = operation.responses[String(spec.status ?? 200)]!.content[kind]!.schema;
    const answer = this.#named(`${type}Response`, schema);
    return { call: 'json', type: answer, returns: `Promise<${answer}>` } as const;
  }
}

/** The text of sdk/typescript/src/generated.ts. */
export function sdkModule(features: readonly Feature[], version: string): string {
  const writer = new Writer(openApiDocument(features, version) as unknown as Document);
  const groups = features.filter(({ endpoints }) => endpoints.length > 0);
  const classes = groups.map(({ name, about, endpoints }) => {
    const methods = endpoints.map((spec) => writer.method(spec)).join('\n');
    return `${comment(about, '')}export class ${pascal(name)}Endpoints extends Endpoints {\n${methods}}\n`;
  });
  const taken = groups.find(({ name }) => TAKEN.has(camel(name)));
  if (taken) throw new Error(`The feature "${taken.name}" would hide a method of the SDK's api.`);
  const members = groups.map(
    ({ name, title }) => `${comment(title, '  ')}  readonly ${camel(name)}: ${pascal(name)}Endpoints;\n`,
  );
  const made = groups.map(({ name }) => `    this.${camel(name)} = new ${pascal(name)}Endpoints(transport);\n`);
  return [
    '// Generated by "npm run gen" from the endpoint contracts; do not edit.\n',
    `${listed('import {', IMPORTED, "} from './transport.ts';")}\n`,
    ...writer.types,
    ...classes,
    `/** Every endpoint of the server, by feature. */\nexport class EngramApi {\n${members.join('')}\n  constructor(transport: Transport) {\n${made.join('')}  }\n}\n`,
  ].join('\n');
}
