// Describes the data in words, from the contracts that check it: nothing is listed here that the server does not have.
import { z } from 'zod';
import type { EndpointSpec } from '../../core/endpoint.ts';

/** A type alias, since an interface does not fit a loose object. */
type Field = { name: string; type: string; description: string };

interface Shape {
  $ref?: string;
  $defs?: Record<string, Shape>;
  type?: string | string[];
  anyOf?: Shape[];
  items?: Shape;
  const?: unknown;
  description?: string;
  properties?: Record<string, Shape>;
}

function typeOf(shape: Shape): string {
  if (shape.anyOf) return [...new Set(shape.anyOf.map(typeOf))].join(' | ');
  if (shape.type === 'array') return `${typeOf(shape.items ?? {})}[]`;
  return [shape.type ?? 'any'].flat().join(' | ');
}

const fieldsOf = (schema: z.ZodType): Field[] => {
  const document = z.toJSONSchema(schema, { unrepresentable: 'any', io: 'output' }) as Shape;
  // Zod puts a schema that has a name among the definitions and refers to it.
  const shape = document.$ref ? (document.$defs?.[document.$ref.split('/').at(-1)!] ?? {}) : document;
  return Object.entries(shape.properties ?? {}).map(([name, field]) => ({
    name,
    type: typeOf(field),
    description: field.description ?? '',
  }));
};

/** Name, what it is for, and the first parts of the endpoint ids that belong to it. */
const SERVICES: readonly (readonly [name: string, role: string, features: readonly string[]])[] = [
  ['memory', 'Stores, versions, tags, hides and erases memories', ['memory']],
  ['search', 'Finds memories by words, meaning and links', ['search']],
  ['axon', 'Event bus: agents publish to channels and others listen', ['axon']],
  ['brain', 'Associative recall: patterns that decay and strengthen with use', ['brain']],
  ['broca', 'Log of what agents did, in words', ['broca']],
  ['chiasm', 'Tasks of agents and how far they are', ['chiasm']],
  ['loom', 'Workflows: steps that depend on each other', ['loom']],
  ['soma', 'Register of agents and their heartbeats', ['soma']],
  ['thymus', 'Judges answers against rubrics and keeps score', ['thymus']],
  ['intelligence', 'Draws conclusions: contradictions, causes, consolidation, reflection', ['intelligence']],
  ['context', 'Packs what matters into a token budget for a prompt', ['context']],
  ['ingestion', 'Turns documents and chats into memories', ['ingestion', 'ingest']],
  ['grounding', 'Runs tools and checks claims against what they say', ['grounding']],
  ['personality', 'Traits and preferences learnt from memories', ['personality']],
];
const EXAMPLES = 6;

const EDGE_FIELDS: readonly Field[] = [
  { name: 'source_id', type: 'integer', description: 'Memory the link starts at' },
  { name: 'target_id', type: 'integer', description: 'Memory the link points to' },
  { name: 'similarity', type: 'number', description: 'How strong the link is, 0 to 1' },
  { name: 'type', type: 'string', description: 'What the link says; see link_types' },
  { name: 'created_at', type: 'string', description: 'When it was made, UTC' },
];
/** The first three are made by storing and updating; any other text can be given to a link made by hand. */
const LINK_TYPES = [
  'follows',
  'updates',
  'manual',
  'similarity',
  'causal',
  'temporal',
  'reference',
  'supersedes',
  'contradicts',
  'elaborates',
];
const isAboutLinks = ({ id, path }: EndpointSpec): boolean =>
  id.startsWith('graph.') || /^\/(?:links?|versions|graph)\b/.test(path) || id === 'batch.run';

export interface SchemaDeps {
  endpoints: readonly EndpointSpec[];
  memory: z.ZodType;
  /** A hit of a search. */
  hit: z.ZodType;
}

export function describeSchemas({ endpoints, memory, hit }: SchemaDeps) {
  const of = (features: readonly string[]) =>
    endpoints.filter(({ id }) => features.includes(id.slice(0, id.indexOf('.'))));
  return {
    index: {
      schemas: [
        { name: 'memory', path: '/schema/memory', description: 'Fields of a memory and of a search hit' },
        { name: 'services', path: '/schema/services', description: 'What this server can do' },
        { name: 'graph', path: '/schema/graph', description: 'How memories are linked' },
      ],
    },
    memory: {
      name: 'Memory' as const,
      description: 'One thing remembered, with where it came from, how it changed and how fresh it is.',
      fields: fieldsOf(memory),
      related_shapes: {
        SearchResult: { description: 'A memory that a search found, with its score.', fields: fieldsOf(hit) },
      },
    },
    services: {
      name: 'Services' as const,
      description: 'What the parts of the server are for. A part that is not available has no routes in this version.',
      services: SERVICES.map(([name, role, features]) => {
        const own = of(features);
        const example_routes = own.slice(0, EXAMPLES).map(({ method, path }) => `${method} ${path}`);
        return { name, role, available: own.length > 0, example_routes };
      }),
    },
    graph: {
      name: 'Graph' as const,
      description: 'Memories are the nodes. Links are directed, weighted and typed; search follows them both ways.',
      node: { type: 'Memory', reference: '/schema/memory' },
      edge: { name: 'MemoryLink' as const, fields: [...EDGE_FIELDS] },
      endpoints: endpoints.filter(isAboutLinks).map(({ path, method, summary }) => ({ path, method, desc: summary })),
      link_types: [...LINK_TYPES],
    },
  };
}
export type Schemas = ReturnType<typeof describeSchemas>;
