// FTS5 index, one table per user: word statistics, speed and isolation then depend on that user's memories alone.
// Contentless: the text is kept once, in `memories`. See docs/decisions/0003-full-text-per-user.md.
import { padIds } from '../../../core/ids-list.ts';
import { sql } from 'kysely';
import { type LexicalQuery, unspacedColumn } from '../../../algo/text.ts';
import { isPlain, matchesFilter } from '../../../core/memory-filter.ts';
import type { Candidate, FullTextEntry, FullTextIndex, MemoryFilter } from '../../../core/ports.ts';
import type { Db } from '../dialect.ts';

/** bm25 weights of content, tags, category, moment, unspaced. */
export const COLUMN_WEIGHTS = [1, 0.8, 0.4, 0.5, 1] as const;

const tableOf = (user_id: number): string => {
  if (!Number.isSafeInteger(user_id) || user_id < 1) throw new RangeError(`bad user id ${user_id}`);
  return `memories_fts_${user_id}`;
};

const quote = (term: string): string => `"${term.replaceAll('"', '""')}"`;

/** The FTS5 expression of a query: every term is quoted, so no user text is ever syntax. Null when nothing can match. */
export function matchExpression(query: LexicalQuery): string | null {
  const parts = [
    ...query.terms.map(quote),
    ...query.phrases.map((phrase) => quote(phrase.join(' '))),
    ...query.unspaced.map(quote),
    ...query.prefixes.map((prefix) => `${quote(prefix)} *`),
  ];
  return parts.length > 0 ? parts.join(' OR ') : null;
}

export function sqliteFullText(db: Db): FullTextIndex {
  const hits = (user_id: number, match: string) => {
    const table = sql.raw(tableOf(user_id));
    const score = sql`-bm25(${table}, ${sql.raw(COLUMN_WEIGHTS.join(', '))})`;
    return sql<Candidate>`select rowid as id, ${score} as score from ${table} where ${table} match ${match}`;
  };

  /** The best matches by score alone, hidden memories among them. */
  const unchecked = async (user_id: number, match: string, limit: number): Promise<Candidate[]> =>
    (await sql<Candidate>`${hits(user_id, match)} order by score desc, rowid desc limit ${limit}`.execute(db)).rows;

  const visible = async (filter: MemoryFilter, ids: readonly number[]): Promise<Set<number>> => {
    const rows = await db
      .selectFrom('memories as m')
      .where('m.id', 'in', padIds(ids))
      .where(matchesFilter(filter))
      .select('m.id')
      .execute();
    return new Set(rows.map((row) => row.id));
  };

  /** Every match is checked before the cut. */
  const checked = (user_id: number, match: string, filter: MemoryFilter, limit: number): Promise<Candidate[]> =>
    db
      .selectFrom(sql<Candidate>`(${hits(user_id, match)})`.as('hit'))
      .innerJoin('memories as m', 'm.id', 'hit.id')
      .where(matchesFilter(filter))
      .select(['hit.id', 'hit.score'])
      .orderBy('hit.score', 'desc')
      .orderBy('hit.id', 'desc')
      .limit(limit)
      .execute();

  return {
    async createFor(user_id) {
      await sql`create virtual table if not exists ${sql.raw(tableOf(user_id))} using fts5(
        content, tags, category, moment, unspaced,
        content='', contentless_delete=1, tokenize='porter unicode61 remove_diacritics 2')`.execute(db);
    },
    async put(entry: FullTextEntry) {
      await sql`insert or replace into ${sql.raw(tableOf(entry.user_id))} (rowid, content, tags, category, moment, unspaced)
        values (${entry.memory_id}, ${entry.content}, ${entry.tags.join(' ')}, ${entry.category}, ${entry.moment},
          ${unspacedColumn(`${entry.content} ${entry.tags.join(' ')} ${entry.category}`)})`.execute(db);
    },
    async remove(user_id, memory_id) {
      await sql`delete from ${sql.raw(tableOf(user_id))} where rowid = ${memory_id}`.execute(db);
    },
    async clear(user_id) {
      await sql`delete from ${sql.raw(tableOf(user_id))}`.execute(db);
    },
    async search(query, filter, limit) {
      const match = matchExpression(query);
      if (match === null) return [];
      if (isPlain(filter)) {
        // Nearly every memory is recallable, so the cheap way first, with room for hidden ones; only if they took
        // more than that room is every match checked before the cut.
        const best = await unchecked(filter.user_id, match, limit * 2);
        if (best.length === 0) return best;
        const shown = await visible(filter, best.map((hit) => hit.id));
        if (shown.size >= limit || best.length < limit * 2) return best.filter((hit) => shown.has(hit.id)).slice(0, limit);
      }
      return checked(filter.user_id, match, filter, limit);
    },
  };
}
