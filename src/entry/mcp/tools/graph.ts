// The graph of memories.
import { z } from 'zod';
import { Id } from '../../../core/shapes.ts';
import { cooccurrences, listEntities, rebuildCooccurrences } from '../../../features/entities/contract.ts';
import {
  communityMembers,
  detectCommunities,
  GraphEdge,
  GraphNode,
  listCommunities,
  neighbourhood,
  rankMemories,
  topRanks,
} from '../../../features/graph/contract.ts';
import { type Fields, ownTool } from '../tool.ts';
import { pick } from './shapes.ts';

const group = 'graph';
const Node = pick(GraphNode, 'id', 'type', 'label', 'category', 'pagerank', 'community');
const Edge = pick(GraphEdge, 'source', 'target', 'type', 'weight');
const Limit = z.number().int().min(1).optional().meta({ description: 'At most so many' });

export const GRAPH_TOOLS = [
  ownTool({
    ...{ name: 'graph_neighbors', title: 'Neighbours in the graph', group, effect: 'reads' },
    description: 'What lies around a memory, entity or project, over the links between them.',
    access: 'read',
    takes: {
      memory_id: Id.optional().meta({ description: 'A memory, or' }),
      node_id: z.string().optional().meta({ description: 'a node of the graph: m12, e3 or p1' }),
      depth: z.number().int().optional().meta({ description: 'Links to walk, 1 to 5; 2 when left out' }),
    },
    gives: z.object({ center_id: z.string(), nodes: z.array(Node), edges: z.array(Edge), complete: z.boolean() }),
    run: ({ memory_id, node_id, depth }, ask) => ask(neighbourhood, { id: String(node_id ?? memory_id), depth }),
    say: ({ center_id, nodes }) => around(String(center_id), nodes as Fields[]),
  }),
  ownTool({
    ...{ name: 'graph_pagerank_top', title: 'Most central memories', group, effect: 'changes', repeatable: true },
    description: 'The memories most others lead to.',
    access: 'read',
    takes: { limit: Limit, refresh: z.boolean().optional().meta({ description: 'Work it out now; needs write' }) },
    gives: z.object({ nodes: z.array(Node), refreshed_at: z.string().nullable() }),
    async run({ limit, refresh }, ask) {
      if (refresh === true) await ask(rankMemories);
      return ask(topRanks, { limit });
    },
  }),
  ownTool({
    ...{ name: 'graph_communities', title: 'Communities', group, effect: 'changes', repeatable: true },
    description: 'Groups of memories that hang together, or the members of one.',
    access: 'read',
    takes: {
      community_id: Id.optional().meta({ description: 'List the members of this one' }),
      limit: Limit,
      run: z.boolean().optional().meta({ description: 'Work them out now; needs write' }),
    },
    gives: z.object({
      communities: z
        .array(
          z.object({
            id: z.number().int(),
            size: z.number().int(),
            categories: z.string(),
            top_memories: z.array(z.number().int()),
          }),
        )
        .optional(),
      members: z.array(z.object({ id: z.number().int(), content: z.string(), category: z.string() })).optional(),
    }),
    async run({ community_id, limit, run }, ask) {
      if (run === true) await ask(detectCommunities);
      return community_id == null
        ? ask(listCommunities, { limit })
        : ask(communityMembers, { id: community_id, limit });
    },
  }),
  ownTool({
    ...{ name: 'graph_cooccurrence', title: 'Named together', group, effect: 'changes', repeatable: true },
    description: 'Whom and what an entity is named together with; without one, the entities there are.',
    access: 'read',
    takes: {
      entity_id: Id.optional().meta({ description: 'The entity' }),
      limit: Limit,
      rebuild: z.boolean().optional().meta({ description: 'Count anew first; needs write' }),
    },
    gives: z.object({
      cooccurrences: z
        .array(
          z.object({
            id: z.number().int(),
            name: z.string(),
            cooccurrence_count: z.number().int(),
            weight: z.number(),
          }),
        )
        .optional(),
      entities: z.array(z.object({ id: z.number().int(), name: z.string() })).optional(),
    }),
    async run({ entity_id, limit, rebuild }, ask) {
      if (rebuild === true) await ask(rebuildCooccurrences);
      return entity_id == null ? ask(listEntities, { limit }) : ask(cooccurrences, { id: entity_id, limit });
    },
  }),
];

const around = (center: string, nodes: readonly Fields[]): string =>
  [`Around ${center}:`, ...nodes.map(({ id, label }) => `[${String(id)}] ${String(label)}`)].join('\n');
