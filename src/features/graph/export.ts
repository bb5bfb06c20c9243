// The whole graph written out. It comes in pieces as the reader takes them, so that size does not matter.
import { type Clock, formatTime } from '../../core/clock.ts';
import type { Scope } from '../../core/scope.ts';
import type { MemoryStore } from '../memory/store.ts';
import { type ExportFormat, WRITERS } from './formats.ts';
import type { GraphStore } from './graph-store.ts';
import type { Pace } from './pace.ts';
import type { RankStore } from './rank-store.ts';
import { labelOf, nodeIdOf } from './rules.ts';
import { filterFor } from './views.ts';

export interface ExportDeps {
  read: { graph: GraphStore; ranks: RankStore; memories: Pick<MemoryStore, 'byIds'> };
  pace(): Pace;
  clock: Clock;
}

const PAGE = 500;

export function createExport({ read, pace, clock }: ExportDeps) {
  return async function* written(scope: Scope, format: ExportFormat, with_content: boolean): AsyncGenerator<string> {
    const { user_id } = scope;
    const filter = filterFor(scope, formatTime(clock.now()));
    const writer = WRITERS[format];
    const going = pace();
    const ids: number[] = [];
    yield writer.begin();
    for (;;) {
      const page = await read.graph.ids(filter, ids.at(-1) ?? 0, PAGE);
      const ranks = new Map((await read.ranks.ranksOf(user_id, page)).map((rank) => [rank.memory_id, rank]));
      const rows = new Map((await read.memories.byIds(user_id, page)).map((row) => [row.id, row]));
      let text = '';
      for (const id of page) {
        const row = rows.get(id);
        if (!row) continue;
        const node = {
          id: nodeIdOf(id),
          label: labelOf(row.content),
          type: 'memory',
          category: row.category,
          importance: row.importance,
          pagerank: ranks.get(id)?.pagerank ?? null,
          community: ranks.get(id)?.community_id ?? null,
          created_at: row.created_at,
          ...(with_content && { content: row.content }),
        };
        text += writer.node(node, ids.length === 0);
        ids.push(id);
      }
      yield text;
      if (page.length < PAGE) break;
      await going.rest();
    }
    yield writer.middle();
    const shown = new Set(ids);
    let first = true;
    for (let at = 0; at < ids.length; at += PAGE) {
      const page = ids.slice(at, at + PAGE);
      let text = '';
      for (const edge of await read.graph.edgesFrom(user_id, page)) {
        if (!shown.has(edge.target_id) || edge.target_id === edge.source_id) continue;
        const [source, target] = [nodeIdOf(edge.source_id), nodeIdOf(edge.target_id)];
        text += writer.edge({ source, target, type: edge.type, weight: edge.similarity }, first);
        first = false;
      }
      yield text;
      await going.rest();
    }
    yield writer.end();
  };
}
export type Export = ReturnType<typeof createExport>;
