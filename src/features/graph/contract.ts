// The graph of memories: looking at it, walking on it, what it says about each memory, and writing it out.
import { z } from 'zod';
import { TOPOLOGIES } from '../../algo/graph/structure.ts';
import { endpoint } from '../../core/endpoint.ts';
import { job } from '../../core/job.ts';
import { Flag, Id, IdParams, Limit, Offset, Text, TimeText } from '../../core/shapes.ts';
import { ExportFormat } from './formats.ts';

const Count = z.number().int();
const NodeId = Text.regex(
  /^[mep]?\d{1,15}$/,
  'must be m, e or p with a number, such as m12; a number alone is a memory',
);
const Types = Text.transform((list) =>
  list
    .split(',')
    .map((type) => type.trim())
    .filter((type) => type !== ''),
)
  .optional()
  .meta({ description: 'Only links of these types, by commas', example: 'follows,updates' });
const Whole = (fallback: number, max: number, description: string) =>
  z.coerce
    .number({ error: 'must be a whole number' })
    .int('must be a whole number')
    .transform((n) => Math.max(1, Math.min(max, n)))
    .default(fallback)
    .meta({ description: `${description}, 1 to ${max}`, override: { type: 'integer', default: fallback } });

const Pagerank = z.number().nullable().meta({
  description: 'How central it is: share of the highest, 0 to 1; null until it is worked out',
});
export const GraphNode = z
  .looseObject({
    id: z.string().meta({ description: 'm and the id of a memory, e and that of an entity, p and that of a project' }),
    type: z.enum(['memory', 'entity', 'project']),
    label: z.string().meta({ description: 'Its first 60 characters, or its name' }),
    weight: z.number(),
    size: z.number().meta({ description: 'How large to draw it' }),
    group: z.string(),
    category: z.string(),
    pagerank: Pagerank,
    community: Count.nullable().meta({ description: 'Community it belongs to; null when it is in none' }),
    metadata: z.looseObject({}).nullable(),
    content: z.string().optional().meta({ description: 'First 1,000 characters; GET /memory/{id} has all of them' }),
    importance: Count.optional(),
    source: z.string().optional(),
    created_at: TimeText,
  })
  .meta({ id: 'GraphNode' });
export const GraphEdge = z
  .looseObject({
    source: z.string(),
    target: z.string(),
    type: z.string().meta({ description: 'cite, mentions, contradicts, refines, generalizes, has_fact, association, temporal, causal, resolves, about, contains or relationship' }), // biome-ignore format: text
    link_type: z.string().meta({ description: 'Type of the link as stored, such as follows or updates' }),
    weight: z.number().meta({ description: 'How strong it is, 0 to 1' }),
  })
  .meta({ id: 'GraphEdge' });
const Nodes = z.array(GraphNode);
const Edges = z.array(GraphEdge);
const Drawn = { nodes: Nodes, edges: Edges, node_count: Count, edge_count: Count };

const Size = {
  limit: Limit(500, 5_000),
  max: Limit(500, 5_000).unwrap().optional().meta({ description: 'Another name for limit' }),
  depth: Whole(2, 5, 'Links to walk from the centre'),
  offset: z.unknown().optional().meta({ description: 'Accepted, and changes nothing' }),
};
const GraphQuery = z.strictObject({
  ...Size,
  center: NodeId.optional().meta({ description: 'Only what lies around this node', example: 'm12' }),
  entities: Flag.default(true).meta({ description: 'false leaves entities and projects out' }),
  q: Text.optional().meta({ description: 'Only what a search for this finds' }),
});
export type GraphQuery = z.output<typeof GraphQuery>;

export const getGraph = endpoint({
  id: 'graph.get',
  method: 'GET',
  path: '/graph',
  access: 'read',
  summary: 'Memories and the links between them',
  description:
    'The most central memories and some of the newest, with all links among them. `center` shows the surroundings of one node, `q` what a search finds.',
  query: GraphQuery,
  response: z.looseObject({ ...Drawn, links: Edges.meta({ description: 'The same as edges' }) }),
  errors: ['node_not_found'],
});

export const rawGraph = endpoint({
  id: 'graph.raw',
  method: 'GET',
  path: '/graph/raw',
  access: 'read',
  summary: 'Memories and links as they are stored',
  query: z.strictObject(Size),
  response: z.looseObject({
    nodes: Nodes,
    edges: Edges,
    memories: Nodes.meta({ description: 'The same as nodes' }),
    links: z.array(z.looseObject({ source_id: Count, target_id: Count, type: z.string(), similarity: z.number() })),
    raw: z.literal(true),
  }),
});

export const viewGraph = endpoint({
  id: 'graph.view',
  method: 'GET',
  path: '/graph/view',
  access: 'read',
  summary: 'The graph for drawing it with forces',
  query: GraphQuery,
  response: z.looseObject({ ...Drawn, view: z.literal('force') }),
  errors: ['node_not_found'],
});

export const buildGraph = endpoint({
  id: 'graph.build',
  method: 'POST',
  path: '/graph/build',
  access: 'write',
  summary: 'The graph up to a number of memories',
  body: z.strictObject({ limit: Limit(5_000, 5_000) }),
  body_optional: true,
  response: z.looseObject(Drawn),
});

export const searchGraph = endpoint({
  id: 'graph.search',
  method: 'POST',
  path: '/graph/search',
  access: 'read',
  summary: 'Nodes that a search finds',
  body: z.strictObject({
    query: Text.min(1, 'must not be empty').meta({ description: 'What to look for', example: 'harbour walk' }),
    limit: Limit(20, 100),
  }),
  response: z.looseObject({ nodes: Nodes, count: Count }),
});

export const neighbourhood = endpoint({
  id: 'graph.neighborhood',
  method: 'GET',
  path: '/graph/neighborhood/{id}',
  access: 'read',
  summary: 'What lies around a node',
  params: z.strictObject({ id: NodeId.meta({ description: 'Node, such as m12 or e3', example: 'm1' }) }),
  query: z.strictObject({ depth: Whole(2, 5, 'Links to walk'), link_types: Types }),
  response: z.looseObject({
    ...Drawn,
    center_id: z.string(),
    hops: Count.meta({ description: 'Links to the farthest node' }),
    complete: z.boolean().meta({ description: 'False when there is more within this depth than 1,000 memories' }),
  }),
  errors: ['node_not_found'],
});

export const findPath = endpoint({
  id: 'graph.path',
  method: 'GET',
  path: '/graph/path',
  access: 'read',
  summary: 'The shortest way from one node to another',
  description: 'Links are walked both ways. Of several ways as short, the strongest.',
  query: z.strictObject({
    from: NodeId.meta({ description: 'Node to begin at', example: 'm1' }),
    to: NodeId.meta({ description: 'Node to arrive at', example: 'm2' }),
    max_hops: Whole(8, 20, 'Longest way to look for, in links'),
    link_types: Types,
  }),
  response: z.looseObject({
    found: z.boolean(),
    hops: Count.nullable(),
    path: z.array(z.string()).meta({ description: 'Ids of the nodes on the way, both ends included' }),
    nodes: Nodes,
    edges: Edges,
  }),
  errors: ['node_not_found'],
});

export const timeline = endpoint({
  id: 'graph.timeline',
  method: 'GET',
  path: '/graph/timeline',
  access: 'read',
  summary: 'How the graph grew, week by week',
  query: z.strictObject({ weeks: Whole(52, 520, 'How many, this one included') }),
  timeout_ms: 60_000,
  response: z.looseObject({
    timeline: z.array(
      z.looseObject({
        week: z.string().meta({ description: 'ISO 8601', example: '2026-W10' }),
        week_start: z.string().meta({ description: 'Its Monday', example: '2026-03-02' }),
        memories: Count,
        links: Count,
        entities: Count,
        cumulative_memories: Count.meta({ description: 'At the end of the week, with those of earlier weeks' }),
        cumulative_links: Count,
        cumulative_entities: Count,
      }),
    ),
    weeks: Count,
    total_memories: Count,
    total_links: Count,
    total_entities: Count,
  }),
});

const Scored = z.array(z.looseObject({ id: Count, score: z.number() }));
export const analyseGraph = endpoint({
  id: 'graph.analysis',
  method: 'GET',
  path: '/graph/analysis',
  access: 'read',
  summary: 'What holds the graph together',
  description:
    'Parts, bridges, cut points and the most central memories. Links count both ways, and several between two memories as one; only the topology and the longest chain mind their direction.',
  query: z.strictObject({ limit: Limit(10, 100) }),
  timeout_ms: 120_000,
  response: z.looseObject({
    nodes: Count,
    edges: Count,
    density: z.number().meta({ description: 'Links there are of those there could be' }),
    topology: z.enum(TOPOLOGIES),
    longest_chain: Count.nullable().meta({ description: 'Links of the longest chain; null when there are cycles' }),
    components: z.looseObject({ count: Count, isolated: Count, largest: z.array(Count) }),
    bridges: z.looseObject({ count: Count, first: z.array(z.tuple([Count, Count])) }).meta({
      description: 'Links without which a part falls in two, as pairs of memories',
    }),
    cut_points: z.looseObject({ count: Count, first: z.array(Count) }).meta({
      description: 'Memories without which a part falls apart',
    }),
    degree: z.looseObject({ average: z.number(), highest: Scored }),
    pagerank: Scored,
    betweenness: z.looseObject({ sampled: z.boolean(), highest: Scored }).meta({
      description: 'Share of the shortest ways that lead through a memory; estimated on large graphs',
    }),
  }),
});

export const exportGraph = endpoint({
  id: 'graph.export',
  method: 'GET',
  path: '/graph/export',
  access: 'read',
  summary: 'The whole graph as a file',
  description: '`json` has `{nodes, edges}`, `graphml` is read by most graph programs, `dot` by Graphviz.',
  query: z.strictObject({
    format: ExportFormat.default('json').meta({ description: 'How to write it' }),
    content: Flag.default(false).meta({ description: 'true adds the whole texts (not to dot)' }),
  }),
  produces: 'application/json',
  response: z.looseObject({ nodes: z.array(z.looseObject({})), edges: z.array(z.looseObject({})) }),
});

const Member = z.looseObject({
  id: Count,
  content: z.string(),
  category: z.string(),
  importance: Count,
  created_at: TimeText,
});
const MakeUp = {
  avg_importance: z.number(),
  categories: z.string().meta({ description: 'By commas, the most frequent first' }),
};
const Community = z.looseObject({ community_id: Count, count: Count, ...MakeUp });
const Page = z.strictObject({ limit: Limit(100, 1_000), offset: Offset });

export const listCommunities = endpoint({
  id: 'graph.list_communities',
  method: 'GET',
  path: '/communities',
  access: 'read',
  summary: 'Groups of memories that hang together, largest first',
  query: Page,
  response: z.looseObject({
    communities: z.array(
      z.looseObject({
        id: Count,
        top_memories: z.array(Count).meta({ description: 'Its 50 most central members, the most important first' }),
        size: Count,
        ...MakeUp,
      }),
    ),
    count: Count,
  }),
});

export const getCommunity = endpoint({
  id: 'graph.get_community',
  method: 'GET',
  path: '/communities/{id}',
  access: 'read',
  summary: 'One community and its 50 most central members',
  params: IdParams,
  response: z.looseObject({ community: Community.nullable(), members: z.array(Member) }),
});

export const communityMembers = endpoint({
  id: 'graph.community_members',
  method: 'GET',
  path: '/graph/communities/{id}/members',
  access: 'read',
  summary: 'Members of a community, the most central first',
  params: IdParams,
  query: z.strictObject({ limit: Limit(50, 1_000) }),
  response: z.looseObject({ members: z.array(Member) }),
});

export const communityStats = endpoint({
  id: 'graph.community_stats',
  method: 'GET',
  path: '/graph/communities/stats',
  access: 'read',
  summary: 'Size and make-up of the communities',
  query: Page,
  response: z.looseObject({ stats: z.array(Community) }),
});

export const detectCommunities = endpoint({
  id: 'graph.detect_communities',
  method: 'POST',
  path: '/graph/communities',
  aliases: ['/admin/detect-communities'],
  access: 'write',
  summary: 'Work communities out now',
  description: 'Louvain, all levels, with a fixed seed. It happens by itself when enough has changed.',
  timeout_ms: 120_000,
  response: z.looseObject({
    communities: Count,
    memories: Count.meta({ description: 'Memories that belong to one' }),
    levels: Count,
    modularity: z.number().meta({ description: 'How clearly they stand apart, up to 1' }),
  }),
});

export const rankMemories = endpoint({
  id: 'graph.rank',
  cost: 3,
  method: 'POST',
  path: '/graph/pagerank',
  access: 'write',
  summary: 'Work PageRank out now',
  description: 'It happens by itself when enough has changed, see ENGRAM_PAGERANK_DIRTY_THRESHOLD.',
  timeout_ms: 120_000,
  response: z.looseObject({
    memories: Count.meta({ description: 'Memories that have a rank now' }),
    iterations: Count,
    links: Count,
    written: Count.meta({ description: 'Ranks that moved noticeably and were written' }),
  }),
});

export const topRanks = endpoint({
  id: 'graph.top',
  method: 'GET',
  path: '/graph/pagerank',
  access: 'read',
  summary: 'The most central memories, and when that was worked out',
  query: z.strictObject({ limit: Limit(10, 1_000) }),
  response: z.looseObject({
    nodes: Nodes,
    enabled: z.boolean().meta({ description: 'False when ENGRAM_PAGERANK_ENABLED is off' }),
    refreshed_at: TimeText.nullable(),
    waiting: Count.meta({ description: 'Changes that are not worked in yet' }),
  }),
});

export const rebuildRanks = endpoint({
  id: 'graph.rebuild',
  method: 'POST',
  path: '/admin/pagerank/rebuild',
  cost: 50,
  access: 'admin',
  summary: 'Work PageRank and communities out for one user or for all',
  query: z.strictObject({ user_id: Id.optional().meta({ description: 'Only for this user' }) }),
  timeout_ms: 600_000,
  response: z.looseObject({ success: z.literal(true), users_updated: Count, memories_updated: Count }),
});

export const refreshGraph = job({
  kind: 'graph.refresh',
  lane: 'maintenance',
  payload: z.strictObject({ user_id: z.number().int() }),
  dedupe: ({ user_id }) => String(user_id),
  attempts: 3,
});
