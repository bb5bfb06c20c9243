// Names under which tools of other Engrams are known to prompts and configurations. They work, and are not listed.
import type { Fields } from './tool.ts';
import { toolNamed } from './tools/index.ts';

export interface Alias {
  readonly tool: string;
  /** From their arguments to ours. */
  readonly fields: (given: Fields) => Fields;
}

/** @param names ours by theirs */
const renamed =
  (names: Readonly<Record<string, string>>) =>
  (given: Fields): Fields =>
    Object.fromEntries(Object.entries(given).map(([name, value]) => [names[name] ?? name, value]));
const same = renamed({});

/** By group and name, written with a dot; the same with an underscore works too. */
const DOTTED: Readonly<Record<string, Alias>> = {
  'memory.store': { tool: 'memory_store', fields: same },
  'memory.search': { tool: 'memory_search', fields: same },
  'memory.get': { tool: 'memory_get', fields: same },
  'memory.list': { tool: 'memory_list', fields: (given) => ({ limit: 50, ...given }) },
  'memory.update': { tool: 'memory_update', fields: same },
  'memory.delete': { tool: 'memory_delete', fields: same },
  'memory.mark_forgotten': { tool: 'memory_forget', fields: same },
  'memory.mark_archived': { tool: 'memory_archive', fields: same },
  'memory.mark_unarchived': { tool: 'memory_unarchive', fields: same },
  'memory.adjust_importance': { tool: 'memory_adjust_importance', fields: same },
  'memory.insert_link': { tool: 'memory_link', fields: renamed({ link_type: 'type' }) },
  'context.assemble_context': { tool: 'memory_context', fields: same },
  'context.get_header': { tool: 'context_header', fields: same },
  'context.generate_prompt': { tool: 'context_prompt', fields: (given) => ({ context: 'recent work', ...given }) },
  'graph.get_neighbors': {
    tool: 'graph_neighbors',
    fields: ({ node_id, ...given }) => ({ ...given, ...(node_id != null && { node_id: String(node_id) }) }),
  },
  'graph.pagerank_top': { tool: 'graph_pagerank_top', fields: same },
  'graph.louvain_communities': { tool: 'graph_communities', fields: same },
  'graph.cooccurrence': { tool: 'graph_cooccurrence', fields: same },
  'intelligence.consolidate': { tool: 'intelligence_consolidate', fields: same },
  'intelligence.detect_contradictions': { tool: 'intelligence_detect_contradictions', fields: same },
  'intelligence.decompose': { tool: 'intelligence_decompose', fields: same },
  'intelligence.temporal_summary': { tool: 'intelligence_temporal_summary', fields: same },
  'intelligence.reflect': { tool: 'intelligence_reflect', fields: same },
  'intelligence.extract_facts': { tool: 'intelligence_extract_facts', fields: same },
  'intelligence.sentiment': { tool: 'intelligence_sentiment', fields: renamed({ text: 'content' }) },
  'intelligence.causal_trace': { tool: 'intelligence_causal_trace', fields: same },
  'admin.reembed': { tool: 'admin_reembed', fields: same },
  'admin.rebuild_fts': { tool: 'admin_rebuild_fts', fields: same },
  'admin.vector_sync_replay': { tool: 'admin_vector_sync_replay', fields: same },
  'admin.backup': { tool: 'admin_backup', fields: same },
  'admin.checkpoint': { tool: 'admin_checkpoint', fields: same },
};

const PLAIN: Readonly<Record<string, Alias>> = {
  memory_record: { tool: 'memory_store', fields: renamed({ text: 'content' }) },
  memory_pack: { tool: 'memory_context', fields: same },
};

export const ALIASES: ReadonlyMap<string, Alias> = new Map([
  ...Object.entries(DOTTED).flatMap(([name, alias]): [string, Alias][] => {
    const underscored = name.replace('.', '_');
    return toolNamed.has(underscored)
      ? [[name, alias]]
      : [
          [name, alias],
          [underscored, alias],
        ];
  }),
  ...Object.entries(PLAIN),
]);
