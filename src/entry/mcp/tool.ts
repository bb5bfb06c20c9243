// What a tool is: words for an agent, the endpoint it calls, which of its fields an agent sees, and what of the answer it gets.
import { z } from 'zod';
import type { ToolGroup } from '../../config/tool-groups.ts';
import type { EndpointSpec } from '../../core/endpoint.ts';
import type { AccessScope } from '../../core/scope.ts';
import { validate } from '../http/validate.ts';
import { compact, inputSchema, type JsonSchema, outputSchema } from './schema.ts';

export type Fields = Record<string, unknown>;

/** Calls an endpoint with fields that find their places by their names. @throws Refusal */
export type Ask = (spec: EndpointSpec, fields?: Fields) => Promise<Fields>;

type Effect = 'reads' | 'adds' | 'changes' | 'removes';

export interface Tool {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly group: ToolGroup;
  readonly access: AccessScope;
  readonly annotations: {
    readonly readOnlyHint: boolean;
    readonly destructiveHint: boolean;
    readonly idempotentHint: boolean;
    readonly openWorldHint: boolean;
  };
  /** Names of all fields it takes, those that are not listed too. */
  readonly knows: ReadonlySet<string>;
  readonly input: JsonSchema;
  readonly output: JsonSchema;
  /** @returns what `output` describes */
  run(fields: Fields, ask: Ask): Promise<Fields>;
  /** The same in few words, for models. */
  say(result: Fields): string;
}

interface Words {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly group: ToolGroup;
  readonly effect: Effect;
  /** Doing it twice is like doing it once. Reading is taken to be so. */
  readonly repeatable?: true;
  readonly say?: (result: Fields) => string;
}

interface EndpointTool extends Words {
  readonly calls: EndpointSpec;
  /** Fields an agent sees, with words of their own or, where null, those of the contract. The endpoint takes its others too. */
  readonly takes: Readonly<Record<string, string | null>>;
  readonly gives: z.ZodObject;
  /** Changes what the agent sent before it is asked. */
  readonly before?: (fields: Fields) => Fields;
  /** Changes what the agent gets. */
  readonly after?: (result: Fields) => Fields;
}

interface OwnTool extends Words {
  /** What the endpoints it calls need at most. */
  readonly access: AccessScope;
  readonly takes: z.ZodRawShape;
  readonly gives: z.ZodObject;
  readonly run: (fields: Fields, ask: Ask) => Promise<Fields>;
  readonly after?: (result: Fields) => Fields;
}

export const shapeOf = (schema: z.ZodType | undefined): z.ZodRawShape => {
  if (schema instanceof z.ZodObject) return schema.shape;
  const inner = (schema as { def?: { innerType?: z.ZodType; in?: z.ZodType } } | undefined)?.def;
  return inner?.innerType ? shapeOf(inner.innerType) : inner?.in ? shapeOf(inner.in) : {};
};

/** All that an endpoint takes, wherever it takes it. */
export const fieldsOf = ({ params, query, body }: EndpointSpec): z.ZodRawShape => ({
  ...shapeOf(body),
  ...shapeOf(query),
  ...shapeOf(params),
});

interface Made {
  shape: z.ZodRawShape;
  input(): JsonSchema;
  gives: z.ZodObject;
  after?: (result: Fields) => Fields;
  run: Tool['run'];
}

function make(words: Words, access: AccessScope, rest: Made) {
  const { name, title, description, group, effect, repeatable, say = JSON.stringify } = words;
  let input: JsonSchema | undefined;
  let output: JsonSchema | undefined;
  const tool: Tool = {
    ...{ name, title, description, group, access, say },
    knows: new Set(Object.keys(rest.shape)),
    annotations: {
      readOnlyHint: effect === 'reads',
      destructiveHint: effect === 'removes',
      idempotentHint: effect === 'reads' || repeatable === true,
      openWorldHint: false,
    },
    // Made when somebody lists them: most processes never do.
    get input() {
      return (input ??= rest.input());
    },
    get output() {
      return (output ??= outputSchema(rest.gives));
    },
    async run(fields, ask) {
      const result = compact(rest.gives.parse(await rest.run(fields, ask))) as Fields;
      return rest.after ? rest.after(result) : result;
    },
  };
  return tool;
}

export function tool({ calls, takes, gives, before = (fields) => fields, after, ...words }: EndpointTool): Tool {
  const known = fieldsOf(calls);
  const shape = Object.fromEntries(Object.keys(takes).map((name) => [name, known[name] ?? missing(words.name, name)]));
  if (calls.access === 'public') throw new Error(`${words.name} calls an endpoint without a key.`);
  return make(words, calls.access, {
    shape: known,
    input: () => inputSchema(shape, takes),
    gives,
    ...(after && { after }),
    run: (fields, ask) => ask(calls, before(fields)),
  });
}

export function ownTool({ access, takes, gives, run, after, ...words }: OwnTool): Tool {
  const wanted = z.object(takes);
  return make(words, access, {
    shape: takes,
    input: () => inputSchema(takes),
    gives,
    ...(after && { after }),
    run: async (fields, ask) => run(validate(wanted, fields, 'body') as Fields, ask),
  });
}

const missing = (tool: string, field: string): never => {
  throw new Error(`${tool} names a field its endpoint does not take: ${field}.`);
};
