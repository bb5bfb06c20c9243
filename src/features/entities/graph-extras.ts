// Entities and projects as nodes of the graph view.
import type { Scope } from '../../core/scope.ts';
import type { ExtraEdge, ExtraNode, GraphExtras } from '../graph/extras.ts';
import type { EntityStores } from './step.ts';
import type { Within } from './within.ts';

const MOST_EDGES = 5_000;

export function entityGraph(read: Omit<EntityStores, 'lockUser'>, within: Within): GraphExtras {
  const filterOf = ({ user_id, space_id }: Scope) => ({ user_id, space_id });
  return {
    async around(scope, memory_ids, limit) {
      const { user_id } = scope;
      const touching = await read.mentions.touching(user_id, memory_ids, limit);
      const often = new Map(touching.map(({ entity_id, n }) => [entity_id, Number(n)]));
      const entities = await read.entities.byIds(filterOf(scope), [...often.keys()]);
      entities.sort((a, b) => often.get(b.id)! - often.get(a.id)! || a.id - b.id);
      const ids = entities.map(({ id }) => id);
      const contains = await read.projects.edges(user_id, memory_ids);
      const projects = await read.projects.byIds(filterOf(scope), [
        ...new Set(contains.map((edge) => edge.project_id)),
      ]);
      const own = new Set(projects.map(({ id }) => id));

      const nodes: ExtraNode[] = [
        ...projects.map((row) => ({
          id: `p${row.id}`,
          type: 'project' as const,
          label: row.name,
          weight: contains.filter(({ project_id }) => project_id === row.id).length,
          category: row.status,
          created_at: row.created_at,
        })),
        ...entities.map((row) => ({
          id: `e${row.id}`,
          type: 'entity' as const,
          label: row.name,
          weight: row.memory_count,
          category: row.entity_type,
          created_at: row.created_at,
        })),
      ].slice(0, limit);
      const here = new Set(nodes.map(({ id }) => id));
      const edges: ExtraEdge[] = [
        ...(await read.mentions.edges(user_id, memory_ids, ids)).map(({ memory_id, entity_id, mentions }) => ({
          source: `m${memory_id}`,
          target: `e${entity_id}`,
          type: 'about' as const,
          link_type: 'about',
          weight: mentions,
        })),
        ...contains
          .filter(({ project_id }) => own.has(project_id))
          .map(({ project_id, memory_id }) => ({
            source: `p${project_id}`,
            target: `m${memory_id}`,
            type: 'contains' as const,
            link_type: 'contains',
            weight: 1,
          })),
        ...(await read.relationships.among(user_id, ids, MOST_EDGES)).map((row) => ({
          source: `e${row.source_entity_id}`,
          target: `e${row.target_entity_id}`,
          type: 'relationship' as const,
          link_type: row.relationship_type,
          weight: row.strength,
        })),
      ];
      const known = (id: string) => id.startsWith('m') || here.has(id);
      return { nodes, edges: edges.filter(({ source, target }) => known(source) && known(target)) };
    },

    async memoriesOf(scope, node_id, limit) {
      const id = Number(node_id.slice(1));
      if (!Number.isSafeInteger(id)) return null;
      const filter = within.filterOf(scope);
      if (node_id.startsWith('e'))
        return (await read.entities.byId(filterOf(scope), id)) ? read.mentions.memoryIds(filter, id, limit) : null;
      if (node_id.startsWith('p'))
        return (await read.projects.byId(filterOf(scope), id)) ? read.projects.memoryIds(filter, id, limit) : null;
      return null;
    },

    entityDays: (scope) => read.entities.days(filterOf(scope)),
  };
}
