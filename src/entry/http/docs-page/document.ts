// The parts of an OpenAPI document that the page reads, and how to follow its references.

export interface Schema {
  $ref?: string;
  type?: string | string[];
  description?: string;
  default?: unknown;
  examples?: unknown[];
  enum?: unknown[];
  const?: unknown;
  anyOf?: Schema[];
  oneOf?: Schema[];
  items?: Schema;
  properties?: Record<string, Schema>;
  additionalProperties?: Schema | boolean;
  required?: string[];
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  minItems?: number;
  maxItems?: number;
}

export interface Parameter {
  $ref?: string;
  name?: string;
  in?: string;
  required?: boolean;
  description?: string;
  schema?: Schema;
}

export interface Answer {
  $ref?: string;
  description?: string;
  content?: Record<string, { schema?: Schema }>;
}

export interface Operation {
  operationId: string;
  tags: string[];
  summary: string;
  description?: string;
  deprecated?: boolean;
  parameters?: Parameter[];
  requestBody?: { required?: boolean; content: Record<string, { schema?: Schema }> };
  responses: Record<string, Answer>;
  security?: Record<string, string[]>[];
}

export interface OpenApi {
  info: { title: string; version: string; description?: string };
  tags: { name: string; description?: string }[];
  paths: Record<string, Record<string, Operation>>;
  components: {
    schemas: Record<string, Schema>;
    parameters: Record<string, Parameter>;
    responses: Record<string, Answer>;
  };
}

/** An operation with where it is, and the older paths that answer the same. */
export interface Entry {
  method: string;
  path: string;
  operation: Operation;
  aliases: string[];
}

export const nameOf = (ref: string): string => ref.slice(ref.lastIndexOf('/') + 1);

export const schemaOf = (api: OpenApi, schema: Schema): Schema =>
  schema.$ref ? (api.components.schemas[nameOf(schema.$ref)] ?? {}) : schema;

/** What stands beside a reference wins over what it points to. */
export const parameterOf = (api: OpenApi, parameter: Parameter): Parameter =>
  parameter.$ref ? { ...api.components.parameters[nameOf(parameter.$ref)], ...parameter } : parameter;

/** Every operation once; a deprecated one counts as another path of the one it stands for. */
export function entriesOf(api: OpenApi): Entry[] {
  const all = Object.entries(api.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({ method: method.toUpperCase(), path, operation })),
  );
  const original = (id: string) => id.replace(/_alias\d*$/, '');
  return all
    .filter(({ operation }) => !operation.deprecated)
    .map((entry) => ({
      ...entry,
      aliases: all
        .filter(
          ({ operation }) => operation.deprecated && original(operation.operationId) === entry.operation.operationId,
        )
        .map(({ path }) => path),
    }));
}
