// Which memories a text may be a repeat of, as SQL: one reading for exact repeats and for those of the same words.
import type { Expression, ExpressionBuilder, SqlBool } from 'kysely';
import type { MemoryTable, Schema } from '../../core/tables.ts';
import type { NewMemory } from './rules.ts';

/** What a memory and its repeat have in common besides their words. */
export type RepeatKey = Pick<NewMemory, 'user_id' | 'space_id' | 'session_id' | 'category' | 'status' | 'forget_after'>;

/** Condition on `memories as m`. */
export function mayRepeat({ user_id, space_id, session_id, category, status, forget_after }: RepeatKey) {
  return (eb: ExpressionBuilder<Schema & { m: MemoryTable }, 'm'>): Expression<SqlBool> =>
    eb.and([
      eb('m.user_id', '=', user_id),
      // Reckoned with, so that no index is taken for it: what is looked for is one text, not all of a space.
      eb(eb('m.space_id', '+', eb.lit(0)), 'is not distinct from', space_id),
      eb('m.session_id', 'is not distinct from', session_id),
      eb('m.category', '=', category),
      // Not folded into one that nobody can find, or that will be gone earlier than was asked for.
      eb('m.status', '=', status),
      eb('m.forget_after', 'is not distinct from', forget_after),
      eb('m.is_latest', '=', eb.lit(1)),
      eb('m.is_forgotten', '=', eb.lit(0)),
      eb('m.is_archived', '=', eb.lit(0)),
    ]);
}
