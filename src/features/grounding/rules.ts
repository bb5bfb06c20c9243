// The tools: each is an endpoint of this program with a name, a hint, and the fields that are of use to an agent.
import { z } from 'zod';
import type { EndpointSpec } from '../../core/endpoint.ts';
import { context } from '../context/contract.ts';
import { listContradictions } from '../contradictions/contract.ts';
import { listEntities } from '../entities/contract.ts';
import { listFacts } from '../facts/contract.ts';
import { neighbourhood } from '../graph/contract.ts';
import { checkAction } from '../guard/contract.ts';
import { correct, timetravel } from '../history/contract.ts';
import { getMemory, storeMemory } from '../memory/contract.ts';
import { recall, search } from '../search/contract.ts';

export interface Tool {
  readonly name: string;
  readonly description: string;
  /** When to reach for it. */
  readonly usage_hint: string;
  readonly latency_hint: 'fast' | 'slow';
  readonly spec: EndpointSpec;
  /** Those fields of the endpoint that the tool takes. */
  readonly takes: readonly string[];
}

export const TOOLS: readonly Tool[] = [
  {
    name: 'memory_search',
    description: 'Finds memories by words and meaning, best first, with the score of each.',
    usage_hint: 'To look something up. Ask as you would ask a person; filter by category, source or tags.',
    latency_hint: 'slow',
    spec: search,
    takes: ['query', 'limit', 'category', 'source', 'tags', 'session_id', 'date_from', 'date_to', 'include_links'],
  },
  {
    name: 'memory_store',
    description: 'Stores a memory, or meets the one that says the same already.',
    usage_hint: 'For what should be known later: one fact, decision or event in a sentence that stands alone.',
    latency_hint: 'slow',
    spec: storeMemory,
    takes: ['content', 'category', 'source', 'importance', 'tags', 'session_id', 'is_static', 'occurred_at', 'ttl'],
  },
  {
    name: 'memory_get',
    description: 'Reads one memory whole.',
    usage_hint: 'When another tool named an id and its text was cut, or its history matters.',
    latency_hint: 'fast',
    spec: getMemory,
    takes: ['id'],
  },
  {
    name: 'memory_correct',
    description: 'Stores what holds, and makes what was wrong an older version of it.',
    usage_hint: 'As soon as somebody says that something remembered is not so.',
    latency_hint: 'slow',
    spec: correct,
    takes: ['memory_id', 'correction', 'original_claim', 'reason', 'category', 'tags'],
  },
  {
    name: 'recall',
    description: 'Permanent, recent and fitting memories in one list.',
    usage_hint: 'At the beginning of a task.',
    latency_hint: 'slow',
    spec: recall,
    takes: ['query', 'limit', 'tags'],
  },
  {
    name: 'context',
    description: 'A text made of what is known about a question, within a number of tokens.',
    usage_hint: 'To put into a prompt as it is.',
    latency_hint: 'slow',
    spec: context,
    takes: ['query', 'max_tokens', 'mode'],
  },
  {
    name: 'facts',
    description: 'Facts as subject, verb and object, with the time from which and until which they held.',
    usage_hint: 'For "what is the port of X" and "where did X live in 2023".',
    latency_hint: 'fast',
    spec: listFacts,
    takes: ['subject', 'predicate', 'as_of', 'current', 'limit'],
  },
  {
    name: 'entities',
    description: 'People, servers, tools, projects and places that memories name.',
    usage_hint: 'To see who and what is known before asking about one.',
    latency_hint: 'fast',
    spec: listEntities,
    takes: ['q', 'type', 'limit'],
  },
  {
    name: 'graph_neighbourhood',
    description: 'Memories linked with one, with the kind of each link.',
    usage_hint: 'To go from a memory to what caused it, changed it or belongs to it.',
    latency_hint: 'fast',
    spec: neighbourhood,
    takes: ['id', 'depth', 'link_types'],
  },
  {
    name: 'contradictions',
    description: 'Memories that cannot both be true.',
    usage_hint: 'Before relying on something that was said in several ways.',
    latency_hint: 'fast',
    spec: listContradictions,
    takes: ['threshold', 'limit'],
  },
  {
    name: 'timetravel',
    description: 'What was known at a moment of the past.',
    usage_hint: 'To understand a decision by what was known when it was made.',
    latency_hint: 'slow',
    spec: timetravel,
    takes: ['as_of', 'query', 'category', 'limit'],
  },
  {
    name: 'guard',
    description: 'Says whether an action goes against a rule or would destroy something: allow, warn or block.',
    usage_hint: 'Before every command that changes something outside of this memory.',
    latency_hint: 'slow',
    spec: checkAction,
    takes: ['action'],
  },
];

type JsonSchema = Record<string, unknown>;
type Part = 'params' | 'query' | 'body';
const PARTS: readonly Part[] = ['params', 'query', 'body'];

/** Contracts say in `override` what a reader should see of a field that takes more than it tells. */
function settle({ jsonSchema }: { jsonSchema: JsonSchema }): void {
  const { override } = jsonSchema;
  if (typeof override !== 'object') return;
  delete jsonSchema.override;
  Object.assign(jsonSchema, override);
}
const schemaOf = (type: z.ZodType, io: 'input' | 'output'): JsonSchema => {
  const { $schema: _dialect, ...schema } = z.toJSONSchema(type, { io, unrepresentable: 'any', override: settle });
  // A shape that has a name is put among the definitions and referred to.
  const named = schema.$defs?.[schema.$ref?.split('/').at(-1) ?? ''];
  const { $ref: _name, ...rest } = schema;
  return named ? { ...rest, ...named } : schema;
};

/** JSON Schema of what a tool takes, from the contract of its endpoint. */
export function parametersOf({ spec, takes }: Tool): JsonSchema {
  const properties: JsonSchema = {};
  const required: string[] = [];
  for (const part of PARTS) {
    const type = spec[part];
    if (!type) continue;
    const schema = schemaOf(type, 'input') as { properties?: JsonSchema; required?: string[] };
    for (const name of takes) if (schema.properties?.[name]) properties[name] = schema.properties[name];
    required.push(...(schema.required ?? []));
  }
  return { type: 'object', properties, required, additionalProperties: false };
}

export const returnsOf = ({ spec }: Tool): JsonSchema => schemaOf(spec.response, 'output');

/** Paths and query strings know text only; their contracts read `7`, `true` and `a,b` from it. */
const inAddress = (value: unknown): unknown =>
  typeof value === 'number' || typeof value === 'boolean' || Array.isArray(value) ? String(value) : value;

/**
 * Arguments of a tool as its endpoint reads them.
 * @returns the checked input, or what is wrong with the arguments
 */
export function inputOf(tool: Tool, args: Readonly<Record<string, unknown>>): Record<Part, unknown> | string {
  const unknown = Object.keys(args).find((name) => !tool.takes.includes(name));
  if (unknown !== undefined)
    return `${tool.name} takes ${tool.takes.join(', ')}; it does not take "${unknown.slice(0, 100)}".`;
  const input: Record<Part, unknown> = { params: undefined, query: undefined, body: undefined };
  let left = Object.entries(args);
  for (const part of PARTS) {
    const type = tool.spec[part];
    if (!type) continue;
    // The last part takes what the others leave; a body may be more than a plain object and names no fields.
    const belongs = ([name]: [string, unknown]) => !(type instanceof z.ZodObject) || Object.hasOwn(type.shape, name);
    const own = left.filter(belongs);
    const given = part === 'body' ? own : own.map(([name, value]) => [name, inAddress(value)]);
    const read = type.safeParse(Object.fromEntries(given));
    left = left.filter((entry) => !belongs(entry));
    const [issue] = read.error?.issues ?? [];
    if (issue) return `${[tool.name, ...issue.path].join('.')}: ${issue.message}`;
    input[part] = read.data;
  }
  return input;
}

/** How one tool did for one user. */
export interface Quality {
  readonly tool: Tool;
  calls: number;
  successes: number;
  /** Milliseconds, of all calls together. */
  spent: number;
  /** Epoch milliseconds. */
  last: number;
}
const DEGRADED_BELOW = 0.7;
export const scoreOf = ({ calls, successes }: Quality): number => successes / calls;
export const isDegraded = (quality: Quality): boolean => scoreOf(quality) < DEGRADED_BELOW;
/** Those that fail often first, then those that are used most. */
export const worstFirst = (x: Quality, y: Quality): number =>
  Number(isDegraded(y)) - Number(isDegraded(x)) ||
  (isDegraded(x) ? scoreOf(x) - scoreOf(y) : 0) ||
  y.calls - x.calls ||
  (x.tool.name < y.tool.name ? -1 : 1);
