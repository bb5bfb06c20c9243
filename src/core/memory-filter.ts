// One reading of MemoryFilter in SQL, shared by listing and by every index that filters before it cuts.
import type { Expression, ExpressionBuilder, SqlBool } from 'kysely';
import type { MemoryFilter } from './ports.ts';
import type { MemoryTable, Schema } from './tables.ts';

type FilteredDb = Schema & { m: MemoryTable };

/**
 * Condition on `memories as m`. Flags are written out, not bound: SQLite prepares a statement anew for every run when a
 * bound value could decide whether a partial index applies.
 */
export function matchesFilter(filter: MemoryFilter) {
  return (eb: ExpressionBuilder<FilteredDb, 'm'>): Expression<SqlBool> => {
    // The databases fold ASCII letters only: other ones match when written the same.
    const sameLabel = (column: 'm.category' | 'm.source', label: string) =>
      eb.or([eb(column, '=', label), eb(eb.fn('lower', [column]), '=', label.toLowerCase())]);
    const all: Expression<SqlBool>[] = [eb('m.user_id', '=', filter.user_id)];
    const { as_of } = filter;
    if (!filter.include_forgotten) {
      const kept = eb('m.is_forgotten', '=', eb.lit(0));
      all.push(as_of === undefined ? kept : eb.or([kept, eb('m.forgotten_at', '>', as_of)]));
      all.push(eb.or([eb('m.forget_after', 'is', null), eb('m.forget_after', '>', as_of ?? filter.now)]));
    }
    if (!filter.include_archived) all.push(eb('m.is_archived', '=', eb.lit(0)));
    if (!filter.include_superseded) {
      const newest = eb('m.is_latest', '=', eb.lit(1));
      all.push(as_of === undefined ? newest : eb.or([eb('m.superseded_at', '>', as_of), newest]));
    }
    if (as_of !== undefined) all.push(eb('m.created_at', '<=', as_of));
    all.push(eb('m.status', '=', filter.status ?? 'approved'));
    if (filter.space_id !== undefined) all.push(eb('m.space_id', '=', filter.space_id));
    if (filter.category !== undefined) all.push(sameLabel('m.category', filter.category));
    if (filter.source !== undefined) all.push(sameLabel('m.source', filter.source));
    if (filter.session_id !== undefined) all.push(eb('m.session_id', '=', filter.session_id));
    if (filter.episode_id !== undefined) all.push(eb('m.episode_id', '=', filter.episode_id));
    if (filter.entity_id !== undefined) {
      const naming = eb.selectFrom('memory_entities as x').where('x.entity_id', '=', filter.entity_id);
      all.push(eb('m.id', 'in', naming.where('x.user_id', '=', filter.user_id).select('x.memory_id')));
    }
    if (filter.project_id !== undefined) {
      const members = eb.selectFrom('project_memories as p').where('p.project_id', '=', filter.project_id);
      all.push(eb('m.id', 'in', members.where('p.user_id', '=', filter.user_id).select('p.memory_id')));
    }
    if (filter.min_trust === 'trusted') all.push(eb('m.trust', '=', 'trusted'));
    if (filter.min_trust === 'normal') all.push(eb('m.trust', '!=', 'untrusted'));
    if (filter.is_static !== undefined) all.push(eb('m.is_static', '=', eb.lit(filter.is_static ? 1 : 0)));
    if (filter.importance_min !== undefined) all.push(eb('m.importance', '>=', filter.importance_min));
    if (filter.importance_max !== undefined) all.push(eb('m.importance', '<=', filter.importance_max));
    const when = eb.fn.coalesce('m.occurred_at', 'm.created_at');
    if (filter.from !== undefined) all.push(eb(when, '>=', filter.from));
    if (filter.until !== undefined) all.push(eb(when, '<=', filter.until));
    const tagged = (tags: readonly string[]) =>
      eb(
        'm.id',
        'in',
        eb
          .selectFrom('memory_tags as t')
          .select('t.memory_id')
          .where('t.user_id', '=', filter.user_id)
          .where('t.tag', 'in', [...tags]),
      );
    for (const tag of filter.tags_all ?? []) all.push(tagged([tag]));
    if (filter.tags_any?.length) all.push(tagged(filter.tags_any));
    if (filter.tags_none?.length) all.push(eb.not(tagged(filter.tags_none)));
    return eb.and(all);
  };
}

/** True when the filter asks for nothing beyond the owner's ordinary, recallable memories. */
export const isPlain = (filter: MemoryFilter): boolean =>
  Object.entries(filter).every(([key, value]) => key === 'user_id' || key === 'now' || value === undefined);
