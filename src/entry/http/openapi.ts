// Endpoint specs in, OpenAPI 3.1 document out. Runs in scripts/gen.ts only: zod-openapi is a development dependency, and
// the server serves the committed docs/openapi.json.
import {
  type CreateDocumentOptions,
  createDocument,
  type oas31,
  type ZodOpenApiOperationObject,
  type ZodOpenApiPathItemObject,
  type ZodOpenApiResponsesObject,
} from 'zod-openapi';
import type { EndpointSpec } from '../../core/endpoint.ts';
import { ERRORS, type ErrorCode } from '../../core/errors.ts';
import type { Feature } from '../contracts.ts';
import { DEFAULT_BODY_LIMIT, DEFAULT_TIMEOUT_MS } from './mount.ts';
import { ABOUT, COMMON_ERRORS, ERROR_RESPONSES, ErrorBody, PARAMETERS, SPACE_HEADER } from './openapi-parts.ts';
import { ANSWERED, ASKED, IGNORED } from './openapi-words.ts';
import { statusOf } from './problem.ts';

const SAFE = Number.MAX_SAFE_INTEGER;
/** core/shapes `Flag`: in a URL everything is text, and readers want to know that it means yes or no. */
const isFlag = (options: oas31.SchemaObject['anyOf']): boolean =>
  Array.isArray(options) &&
  options.length === 2 &&
  JSON.stringify(options[0]) === '{"type":"boolean"}' &&
  JSON.stringify(options[1]).includes('"true"');

/** Every code an endpoint can answer with. */
export const errorCodesOf = (spec: EndpointSpec): ErrorCode[] => {
  const common = COMMON_ERRORS.filter(({ has }) => has(spec)).flatMap(({ codes }) => codes);
  return [...new Set([...common, ...(spec.errors ?? [])])];
};

const list = (codes: readonly ErrorCode[]): string =>
  codes.map((code) => `- \`${code}\`: ${ERRORS[code].title}`).join('\n');

function responsesOf(spec: EndpointSpec, used: Set<number>): ZodOpenApiResponsesObject {
  const responses: Record<string, ZodOpenApiResponsesObject[`2${string}`]> = {};
  const raw = spec.produces !== undefined && !spec.produces.includes('json');
  const type = spec.produces?.split(';')[0] ?? 'application/json';
  const content = { [type]: { schema: raw ? { type: 'string' as const } : spec.response } };
  const status = spec.status ?? 200;
  responses[status] = {
    description: status === 201 ? 'It worked, and something new was made.' : 'It worked.',
    content,
  };
  for (const [code, meaning] of Object.entries(spec.also ?? {})) responses[code] = { description: meaning, content };

  const byStatus = Map.groupBy(errorCodesOf(spec), statusOf);
  for (const [failed, codes] of [...byStatus].sort(([a], [b]) => a - b)) {
    if (responses[failed]) continue; // the endpoint says itself what this status means
    used.add(failed);
    const name = ERROR_RESPONSES[failed]?.name;
    if (!name) throw new Error(`Status ${failed} has no name in openapi-parts.ts`);
    responses[failed] = { $ref: `#/components/responses/${name}`, description: list(codes) };
  }
  return responses as ZodOpenApiResponsesObject;
}

function descriptionOf(spec: EndpointSpec): string {
  const bytes =
    spec.body && spec.body_limit && spec.body_limit !== DEFAULT_BODY_LIMIT
      ? `The body may have up to ${size(spec.body_limit)}.`
      : '';
  const time =
    spec.timeout_ms && spec.timeout_ms > DEFAULT_TIMEOUT_MS ? `It may take up to ${spec.timeout_ms / 1000} s.` : '';
  const access =
    spec.access === 'public'
      ? 'Open to everybody; no key is needed.'
      : `Needs a key with the \`${spec.access}\` scope.`;
  return [spec.description, [access, bytes, time].filter(Boolean).join(' ')].filter(Boolean).join('\n\n');
}

const size = (bytes: number): string => (bytes >= 1024 * 1024 ? `${bytes / 1024 / 1024} MiB` : `${bytes / 1024} KiB`);

const bodyType = ({ form }: EndpointSpec): string => (form ? 'application/x-www-form-urlencoded' : 'application/json');

function operationOf(spec: EndpointSpec, tag: string, used: Set<number>): ZodOpenApiOperationObject {
  return {
    operationId: spec.id,
    tags: [tag],
    summary: spec.summary,
    description: descriptionOf(spec),
    ...(spec.access === 'public' ? {} : { parameters: [{ $ref: `#/components/parameters/${SPACE_HEADER}` }] }),
    requestParams: { ...(spec.params ? { path: spec.params } : {}), ...(spec.query ? { query: spec.query } : {}) },
    ...(spec.body
      ? { requestBody: { required: !spec.body_optional, content: { [bodyType(spec)]: { schema: spec.body } } } }
      : {}),
    responses: responsesOf(spec, used),
    // Since 3.1 the list may name the roles that a key must have.
    security: spec.access === 'public' ? [] : [{ BearerAuth: [spec.access] }],
  };
}

/** What zod says that readers do not need, or should read otherwise. */
const tidy: NonNullable<CreateDocumentOptions['override']> = ({ jsonSchema, zodSchema, io }) => {
  const { def } = zodSchema._zod;
  // An answer may gain fields in any release; a document that forbids that breaks generated clients.
  if (io === 'output' && def.type === 'object') delete jsonSchema.additionalProperties;
  // Bounds of what a number can hold, and zod's way of saying 1 or more.
  if (jsonSchema.maximum === SAFE) delete jsonSchema.maximum;
  if (jsonSchema.minimum === -SAFE) delete jsonSchema.minimum;
  if (jsonSchema.type === 'integer' && jsonSchema.exclusiveMinimum === 0) {
    jsonSchema.minimum = 1;
    delete jsonSchema.exclusiveMinimum;
  }
  // Zod leaves out the default of what it transforms, since it is written as output; ours read the same going in.
  if (io === 'input' && def.type === 'default' && !('default' in jsonSchema))
    jsonSchema.default = def.defaultValue as null;
  if ('example' in jsonSchema) {
    jsonSchema.examples = [jsonSchema.example];
    delete jsonSchema.example;
  }
};

/** `limit` and `offset` mean the same everywhere: one component each, with the endpoint's own numbers beside the reference. */
function shareParameters(operation: oas31.OperationObject, used: Set<string>): void {
  operation.parameters = operation.parameters?.map((parameter) => {
    const shared =
      'in' in parameter && parameter.in === 'query'
        ? PARAMETERS.find(({ name }) => name === parameter.name)
        : undefined;
    if (!shared || !('in' in parameter)) return parameter;
    used.add(shared.id);
    const fallback = (parameter.schema as oas31.SchemaObject | undefined)?.default;
    const sentence = fallback === undefined || 'default' in shared.schema ? '' : `; ${fallback} when left out`;
    return {
      $ref: `#/components/parameters/${shared.id}`,
      description: `${parameter.description ?? shared.description}${sentence}`,
    };
  });
  if (operation.parameters?.length === 0) delete operation.parameters;
}

/** Last touches that need a schema as it came out: flags as booleans, and words for whoever reads them. */
function worded(schema: oas31.SchemaObject | null): unknown {
  if (schema === null || typeof schema !== 'object') return schema;
  if (isFlag(schema.anyOf)) {
    schema.type = 'boolean';
    delete schema.anyOf;
  }
  if (Array.isArray(schema.anyOf) && !schema.description) {
    const [described] = schema.anyOf.filter(({ description }) => description);
    if (described?.description) schema.description = described.description;
  }
  const request = schema.additionalProperties === false;
  for (const [name, field] of Object.entries(schema.properties ?? {})) {
    if (typeof field !== 'object' || field.description || '$ref' in field) continue;
    const words = request ? (Object.keys(field).length === 0 ? IGNORED : ASKED[name]) : ANSWERED[name];
    if (words) field.description = words;
  }
  return schema;
}

export function openApiDocument(features: readonly Feature[], version: string): oas31.OpenAPIObject {
  const paths: Record<string, ZodOpenApiPathItemObject> = {};
  const usedStatus = new Set<number>();
  const add = (path: string, method: string, operation: ZodOpenApiOperationObject) => {
    const item = (paths[path] ??= {});
    const key = method.toLowerCase() as 'get';
    if (item[key])
      throw new Error(`Two endpoints answer ${method} ${path}: ${item[key].operationId} and ${operation.operationId}`);
    item[key] = operation;
  };
  for (const { title, endpoints } of features) {
    for (const spec of endpoints) {
      add(spec.path, spec.method, operationOf(spec, title, usedStatus));
      for (const [n, alias] of (spec.aliases ?? []).entries()) {
        const operation = operationOf(spec, title, usedStatus);
        operation.operationId = `${spec.id}_alias${n === 0 ? '' : n + 1}`;
        operation.deprecated = true;
        operation.description = `The same as \`${spec.method} ${spec.path}\`, kept for older clients.`;
        add(alias, spec.method, operation);
      }
    }
  }

  const responses = Object.fromEntries(
    [...usedStatus]
      .sort((a, b) => a - b)
      .map((status) => {
        const { name, description } = ERROR_RESPONSES[status]!;
        return [name, { description, content: { 'application/json': { schema: ErrorBody } } }];
      }),
  );
  const document = createDocument(
    {
      openapi: '3.1.0',
      info: { title: 'Engram Memory API', version, description: ABOUT },
      servers: [{ url: '/', description: 'The server that served this document' }],
      security: [{ BearerAuth: [] }],
      tags: features.map(({ title, about }) => ({ name: title, description: about })),
      paths,
      components: {
        responses,
        securitySchemes: {
          BearerAuth: {
            type: 'http',
            scheme: 'bearer',
            description: 'A key from `POST /bootstrap` or `POST /keys`: `Authorization: Bearer <key>`.',
          },
        },
      },
    },
    { override: tidy },
  ) as oas31.OpenAPIObject;

  const usedParameters = new Set<string>([SPACE_HEADER]);
  for (const item of Object.values(document.paths ?? {})) {
    for (const operation of Object.values(item) as oas31.OperationObject[]) shareParameters(operation, usedParameters);
  }
  const parameters = PARAMETERS.filter(({ id }) => usedParameters.has(id)).map(
    ({ id, ...parameter }) => [id, parameter] as const,
  );
  document.components = { ...document.components, parameters: Object.fromEntries(parameters) };
  return JSON.parse(JSON.stringify(document), (_key, value) => worded(value)) as oas31.OpenAPIObject;
}
