// FTS5 index, one table per user: word statistics, speed and isolation then depend on that user's memories alone.
// Contentless: the text is kept once, in `memories`. See docs/decisions/0003-full-text-per-user.md.
import { sql } from 'kysely';
import { rarestWithin } from '../../../algo/rare-terms.ts';
import { type LexicalQuery, unspacedColumn, wordColumn } from '../../../algo/text.ts';
import { matchesFilter } from '../../../core/memory-filter.ts';
import type { Candidate, FullTextEntry, FullTextIndex, MemoryFilter } from '../../../core/ports.ts';
import { prepared } from '../../../core/prepared.ts';
import { COLUMN_WEIGHTS } from '../bm25.ts';
import type { Db } from '../dialect.ts';
import { termCounts } from './term-counts.ts';

export const tableOf = (user_id: number): string => {
  if (!Number.isSafeInteger(user_id) || user_id < 1) throw new RangeError(`bad user id ${user_id}`);
  return `memories_fts_${user_id}`;
};

const quote = (term: string): string => `"${term.replaceAll('"', '""')}"`;

/** The FTS5 expression of a query: every term is quoted, so no user text is ever syntax. Null when nothing can match. */
export function matchExpression(query: LexicalQuery): string | null {
  const parts = [
    ...query.terms.map(quote),
    ...query.phrases.map((phrase) => quote(phrase.join(' '))),
    ...query.unspaced.filter((term) => !query.prefixes.includes(term)).map(quote),
    ...query.prefixes.map((prefix) => `${quote(prefix)} *`),
  ];
  return parts.length > 0 ? parts.join(' OR ') : null;
}

interface IndexRow {
  memory_id: number;
  content: string;
  tags: string;
  category: string;
  moment: string;
  unspaced: string;
}

/** Matches worth ranking for work in the background: it stops everybody else for as long as they take. */
const SMALL_BUDGET = 4_000;
/** Below this even the commonest word is quickly ranked. */
const MANY_MEMORIES = 20_000;

export function sqliteFullText(db: Db, many = MANY_MEMORIES): FullTextIndex {
  const counts = termCounts(db, tableOf, () => performance.now());
  const hits = (user_id: number, match: string) => {
    const table = sql.raw(tableOf(user_id));
    const score = sql`-bm25(${table}, ${sql.raw(Object.values(COLUMN_WEIGHTS).join(', '))})`;
    return sql<Candidate>`select rowid as id, ${score} as score from ${table} where ${table} match ${match}`;
  };

  const puts = new Map<number, (row: IndexRow) => Promise<unknown>>();
  /** One statement per user, prepared once: storing is where most statements are run. */
  function putInto(user_id: number): (row: IndexRow) => Promise<unknown> {
    let put = puts.get(user_id);
    if (!put) {
      const table = sql.raw(tableOf(user_id));
      put = prepared<IndexRow, unknown>(db, (row) => ({
        compile: () =>
          sql`insert or replace into ${table} (rowid, content, tags, category, moment, unspaced)
            values (${row.memory_id}, ${row.content}, ${row.tags}, ${row.category}, ${row.moment}, ${row.unspaced})`.compile(
            db,
          ),
      }));
      puts.set(user_id, put);
    }
    return put;
  }

  /** Over very many memories, the words that are worth their time. */
  async function expressionFor(query: LexicalQuery, user_id: number, budget?: number): Promise<string | null> {
    if (query.terms.length < 2 || (await counts.rows(user_id)) < many) return matchExpression(query);
    const holding: number[] = [];
    for (const stem of query.stems) holding.push(await counts.holding(user_id, stem));
    return matchExpression({ ...query, terms: rarestWithin(holding, budget).map((i) => query.terms[i]!) });
  }

  return {
    async createFor(user_id) {
      await sql`create virtual table if not exists ${sql.raw(tableOf(user_id))} using fts5(
        content, tags, category, moment, unspaced,
        content='', contentless_delete=1, tokenize='porter unicode61 remove_diacritics 2')`.execute(db);
    },
    async put(entry: FullTextEntry) {
      const { memory_id, user_id, content, tags, category, moment } = entry;
      const labels = tags.join(' ');
      await putInto(user_id)({
        memory_id,
        content: wordColumn(content),
        tags: wordColumn(labels),
        category: wordColumn(category),
        moment,
        unspaced: unspacedColumn(`${content} ${labels} ${category}`),
      });
    },
    async remove(user_id, memory_id) {
      await sql`delete from ${sql.raw(tableOf(user_id))} where rowid = ${memory_id}`.execute(db);
    },
    async clear(user_id) {
      // Unlike `delete`, this also forgets how many rows there were, which bm25 counts with.
      const table = sql.raw(tableOf(user_id));
      await sql`insert into ${table} (${table}) values ('delete-all')`.execute(db);
    },
    async dropFor(user_id) {
      await sql`drop table if exists ${sql.raw(tableOf(user_id))}`.execute(db);
    },
    async best(query, user_id, limit, effort) {
      const match = await expressionFor(query, user_id, effort && SMALL_BUDGET);
      if (match === null) return [];
      return (
        await sql<Candidate>`${hits(user_id, match)} order by score desc, rowid desc limit ${sql.lit(limit)}`.execute(
          db,
        )
      ).rows;
    },
    async search(query, filter: MemoryFilter, limit) {
      const match = await expressionFor(query, filter.user_id);
      if (match === null) return [];
      return db
        .selectFrom(sql<Candidate>`(${hits(filter.user_id, match)})`.as('hit'))
        .innerJoin('memories as m', 'm.id', 'hit.id')
        .where(matchesFilter(filter))
        .select(['hit.id', 'hit.score'])
        .orderBy('hit.score', 'desc')
        .orderBy('hit.id', 'desc')
        .limit(limit)
        .execute();
    },
  };
}
