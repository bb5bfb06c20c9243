// Every tool, in the order in which they are listed, and those that are listed for whom.
import type { ToolGroup } from '../../../config/tool-groups.ts';
import { type AccessScope, allows, type Scope } from '../../../core/scope.ts';
import type { Tool } from '../tool.ts';
import { ADMIN_TOOLS } from './admin.ts';
import { CONTEXT_TOOLS } from './context.ts';
import { DEFAULT_TOOLS } from './default.ts';
import { GRAPH_TOOLS } from './graph.ts';
import { INTELLIGENCE_TOOLS } from './intelligence.ts';
import { MEMORY_TOOLS } from './memory.ts';
import { REVIEW_TOOLS } from './review.ts';

export const TOOLS: readonly Tool[] = [
  ...DEFAULT_TOOLS,
  ...MEMORY_TOOLS,
  ...REVIEW_TOOLS,
  ...CONTEXT_TOOLS,
  ...GRAPH_TOOLS,
  ...INTELLIGENCE_TOOLS,
  ...ADMIN_TOOLS,
];

export const toolNamed: ReadonlyMap<string, Tool> = new Map(TOOLS.map((tool) => [tool.name, tool]));

/** What a key may not do anyway is not listed for it. */
export const listedFor = (groups: ReadonlySet<ToolGroup>, scope: Pick<Scope, 'scopes'>): readonly Tool[] =>
  TOOLS.filter(({ group, access }) => groups.has(group) && allows(scope as Scope, access satisfies AccessScope));
