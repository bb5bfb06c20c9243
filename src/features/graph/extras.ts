// Nodes that are no memories: entities (`e12`) and projects (`p3`). Whoever keeps them plugs them in here.
import type { Scope } from '../../core/scope.ts';

export interface ExtraNode {
  /** `e12` or `p3`. */
  id: string;
  type: 'entity' | 'project';
  label: string;
  /** Larger is drawn larger. */
  weight: number;
  /** Kind of entity, or status of the project. */
  category: string;
  created_at: string;
}

export interface ExtraEdge {
  /** Ids of nodes: `m1`, `e2`, `p3`. */
  source: string;
  target: string;
  type: 'about' | 'contains' | 'relationship';
  /** What the edge says in detail: the type of a relationship. */
  link_type: string;
  weight: number;
}

export interface GraphExtras {
  /** What these memories are about or belong to, most connected first, with the edges to them and among each other. */
  around(
    scope: Scope,
    memory_ids: readonly number[],
    limit: number,
  ): Promise<{ nodes: readonly ExtraNode[]; edges: readonly ExtraEdge[] }>;
  /** Memories of such a node, newest first; null when there is none of this id. */
  memoriesOf(scope: Scope, node_id: string, limit: number): Promise<readonly number[] | null>;
  /** How many entities came on each day, `YYYY-MM-DD`. */
  entityDays(scope: Scope): Promise<ReadonlyMap<string, number>>;
}

export const NO_EXTRAS: GraphExtras = {
  around: async () => ({ nodes: [], edges: [] }),
  memoriesOf: async () => null,
  entityDays: async () => new Map(),
};
