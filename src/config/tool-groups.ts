// Groups of MCP tools. They live here because a setting names them.

/** `default` is what everybody gets; the others are for those who ask. */
export const TOOL_GROUPS = ['default', 'memory', 'review', 'context', 'graph', 'intelligence', 'admin'] as const;
export type ToolGroup = (typeof TOOL_GROUPS)[number];

const isGroup = (name: string): name is ToolGroup => (TOOL_GROUPS as readonly string[]).includes(name);

/** What can be written: a group, or `all`. */
export const TOOL_GROUP_NAMES = [...TOOL_GROUPS, 'all'].join(', ');

/**
 * `graph,admin` adds both to the default ones; `all` means every group.
 * @returns null when one of the names is none
 */
export function readToolGroups(names: string | readonly string[]): ReadonlySet<ToolGroup> | null {
  const wanted = (typeof names === 'string' ? names.split(',') : names)
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== '' && name !== 'all');
  if (!wanted.every(isGroup)) return null;
  const all = (typeof names === 'string' ? [names] : names).some((text) => /(?:^|,)\s*all\s*(?:,|$)/i.test(text));
  return new Set(all ? TOOL_GROUPS : ['default', ...wanted]);
}
