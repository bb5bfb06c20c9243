// Full text in Postgres with our own words and FTS5's ranking: the same query gives the same order on both databases.
// Left to tsvector: finding matches and phrases. Phrases past word 16,383 of a memory are not seen; its words are.
import { createHash } from 'node:crypto';
import { type RawBuilder, sql } from 'kysely';
import { porterStem } from '../../../algo/porter.ts';
import { byteLength, type LexicalQuery, unspacedColumn, words } from '../../../algo/text.ts';
import { matchesFilter } from '../../../core/memory-filter.ts';
import type { Candidate, FullTextEntry, FullTextIndex, MemoryFilter } from '../../../core/ports.ts';
import { B, COLUMN_WEIGHTS, K1, MIN_IDF } from '../bm25.ts';
import type { Db } from '../dialect.ts';

/** Frequencies are kept as whole tenths: every weight is one, and whole numbers add up without error. */
const SCALE = 10;
const scaled = (weight: number): number => Math.round(weight * SCALE);

/** tsvector's label for words of each column, so that a phrase weighs what its column does. */
const LABELS = { tags: 'B', category: 'C', moment: 'D', content: 'A' } as const;

/** Limits of tsvector: last position, positions per lexeme, bytes of a lexeme (2046) and of all of them (1 MiB). */
const MAX_POSITION = 16_383;
const MAX_POSITIONS = 255;
const MAX_TERM_BYTES = 256;
const MAX_VECTOR_BYTES = 1_000_000;

/** A term as it is stored: very long ones by their hash. No word has a `#`. */
const keyOf = (term: string): string =>
  term.length * 3 > MAX_TERM_BYTES && byteLength(term) > MAX_TERM_BYTES
    ? `#${createHash('sha256').update(term).digest('base64url')}`
    : term;

/** With its owner, so that each user has posting lists of their own and never pays for another's. */
const lexemeOf = (user_id: number, term: string): string => `${user_id.toString(36)}:${keyOf(term)}`;
const quoted = (lexeme: string): string => `'${lexeme.replaceAll(/['\\]/g, '$&$&')}'`;

interface Occurrences {
  count: number;
  positions: string[];
}

function occurrencesIn(entry: FullTextEntry): { terms: Map<string, Occurrences>; length: number } {
  const terms = new Map<string, Occurrences>();
  let length = 0;
  const add = (term: string, weight: number): Occurrences => {
    length++;
    const known = terms.get(term) ?? { count: 0, positions: [] };
    known.count += weight;
    terms.set(term, known);
    return known;
  };
  const texts = { ...entry, tags: entry.tags.join(' ') };
  let position = 0;
  // Content comes last: when positions run out, it is the end of a long text that loses them.
  for (const column of ['tags', 'category', 'moment', 'content'] as const) {
    for (const word of words(texts[column])) {
      const { positions } = add(porterStem(word), scaled(COLUMN_WEIGHTS[column]));
      if (++position <= MAX_POSITION && positions.length < MAX_POSITIONS)
        positions.push(`${position}${LABELS[column]}`);
    }
    // A gap that no phrase crosses.
    position++;
  }
  const unspaced = unspacedColumn(`${texts.content} ${texts.tags} ${texts.category}`);
  if (unspaced !== '') for (const term of unspaced.split(' ')) add(term, scaled(COLUMN_WEIGHTS.unspaced));
  return { terms, length };
}

function vectorOf(user_id: number, terms: ReadonlyMap<string, Occurrences>): string {
  const parts: string[] = [];
  let bytes = 0;
  for (const [term, { positions }] of terms) {
    const lexeme = lexemeOf(user_id, term);
    const [bare, full] = [byteLength(lexeme) + 4, byteLength(lexeme) + 4 + positions.length * 2];
    // Only texts far beyond the usual limit get here: first they lose phrases, then their last words.
    if (bytes + bare > MAX_VECTOR_BYTES) break;
    const whole = bytes + full <= MAX_VECTOR_BYTES;
    bytes += whole ? full : bare;
    parts.push(quoted(lexeme) + (whole && positions.length > 0 ? `:${positions.join(',')}` : ''));
  }
  return parts.join(' ');
}

type Name = (i: number) => RawBuilder<unknown>;

/** One thing a query asks for: how to find it and how often (in tenths) a row `d` has it. */
interface Part {
  match: string;
  count: RawBuilder<number>;
}

function partsOf(user_id: number, query: LexicalQuery): Part[] {
  const lexeme = (term: string) => quoted(lexemeOf(user_id, term));
  const term = (stem: string): Part => ({
    match: lexeme(stem),
    count: sql<number>`coalesce((d.counts -> ${keyOf(stem)}::text)::int4, 0)`,
  });
  const prefix = (text: string): Part => ({
    match: `${lexeme(text)}:*`,
    count: sql<number>`(select coalesce(sum(value::int4), 0) from jsonb_each(d.counts) where starts_with(key, ${text}::text))`,
  });
  const phrase = (said: readonly string[]): Part => {
    const stems = said.map(porterStem);
    const match = `(${stems.map(lexeme).join(' <-> ')})`;
    const lexemes = stems.map((stem) => lexemeOf(user_id, stem));
    const weight = sql.raw(
      Object.entries(LABELS)
        .map(([column, label]) => `when '${label}' then ${scaled(COLUMN_WEIGHTS[column as keyof typeof LABELS])}`)
        .join(' '),
    );
    // Each start at which all its words stand in a row.
    const starts = sql`select max(case p.label ${weight} end) as weight
      from unnest(d.terms) u
      join unnest(${lexemes}::text[]) with ordinality as said (lexeme, nth) on said.lexeme = u.lexeme
      cross join lateral unnest(u.positions, u.weights) as p (position, label)
      group by p.position - said.nth having count(*) = ${sql.lit(stems.length)}`;
    return {
      match,
      count: sql<number>`case when d.terms @@ ${match}::tsquery then (select coalesce(sum(weight), 0) from (${starts}) s) else 0 end`,
    };
  };
  return [
    ...query.stems.map(term),
    ...query.phrases.map(phrase),
    ...query.unspaced.filter((text) => !query.prefixes.includes(text)).map(term),
    ...query.prefixes.map(prefix),
  ];
}

/**
 * Every match of a user, best first, as `id` and `score`. How many rows have a word is counted among the matches: all of those are there.
 * Each step is materialized: the planner guesses sizes badly here, and would run the inner ones once per row.
 */
function ranked(user_id: number, parts: readonly Part[]): RawBuilder<Candidate> {
  const each = (make: (i: number) => RawBuilder<unknown>, between = ', ') =>
    sql.join(
      parts.map((_, i) => make(i)),
      sql.raw(between),
    );
  const [n, rows, idf] = ['n', 'rows', 'idf'].map((name) => (i: number) => sql.ref(`${name}${i}`)) as [
    Name,
    Name,
    Name,
  ];
  const [k1, b, rest] = [sql.lit(K1), sql.lit(B), sql.lit(1 - B)];
  const score = (i: number) =>
    sql`${idf(i)} * (${n(i)} * ${sql.lit(K1 + 1)}) / (${n(i)} + ${k1} * (${rest} + ${b} * length / average))`;
  const match = parts.map((p) => p.match).join(' | ');
  // The innermost select reads each row's counts once, however many parts look into them.
  return sql<Candidate>`(
    with hits as materialized (
      select memory_id, length, ${each((i) => sql`${parts[i]!.count}::float8 / ${sql.lit(SCALE)} as ${n(i)}`)}
      from (select memory_id, length::float8, terms, counts || '{}' as counts from memories_fts where terms @@ ${match}::tsquery offset 0) d
    ),
    corpus as materialized (select count(*)::float8 as size, avg(length)::float8 as average from memories_fts where user_id = ${user_id}),
    matched as materialized (select ${each((i) => sql`(count(*) filter (where ${n(i)} > 0))::float8 as ${rows(i)}`)} from hits),
    worth as materialized (
      select average, ${each((i) => sql`greatest(ln((size - ${rows(i)} + 0.5) / (${rows(i)} + 0.5)), ${sql.lit(MIN_IDF)}) as ${idf(i)}`)}
      from matched cross join corpus
    )
    select memory_id as id, ${each(score, ' + ')} as score from hits cross join worth
    order by score desc, id desc offset 0
  )`;
}

export function postgresFullText(db: Db): FullTextIndex {
  return {
    async createFor() {
      // One table serves everybody.
    },
    async put(entry: FullTextEntry) {
      const { terms, length } = occurrencesIn(entry);
      const counts = JSON.stringify(Object.fromEntries([...terms].map(([term, { count }]) => [keyOf(term), count])));
      await sql`insert into memories_fts (memory_id, user_id, length, terms, counts)
        values (${entry.memory_id}, ${entry.user_id}, ${length}, ${vectorOf(entry.user_id, terms)}::tsvector, ${counts}::jsonb)
        on conflict (memory_id) do update set length = excluded.length, terms = excluded.terms, counts = excluded.counts
          where memories_fts.user_id = excluded.user_id`.execute(db);
    },
    async remove(user_id, memory_id) {
      await sql`delete from memories_fts where memory_id = ${memory_id} and user_id = ${user_id}`.execute(db);
    },
    async clear(user_id) {
      await sql`delete from memories_fts where user_id = ${user_id}`.execute(db);
    },
    async dropFor(user_id) {
      await this.clear(user_id);
    },
    async best(query, user_id, limit) {
      const parts = partsOf(user_id, query);
      if (parts.length === 0) return [];
      const { rows } =
        await sql<Candidate>`select id, score from ${ranked(user_id, parts)} hit order by score desc, id desc limit ${limit}`.execute(
          db,
        );
      return rows;
    },
    async search(query: LexicalQuery, filter: MemoryFilter, limit: number): Promise<Candidate[]> {
      const parts = partsOf(filter.user_id, query);
      if (parts.length === 0) return [];
      return (
        db
          .selectFrom(ranked(filter.user_id, parts).as('hit'))
          // Not a join, which the planner may turn around: looked up from the best match down, until there are enough.
          .where((eb) =>
            eb
              .selectFrom('memories as m')
              .select(sql<boolean>`true`.as('shown'))
              .whereRef('m.id', '=', 'hit.id')
              .where(matchesFilter(filter)),
          )
          .select(['hit.id', 'hit.score'])
          .orderBy('hit.score', 'desc')
          .orderBy('hit.id', 'desc')
          .limit(limit)
          .execute()
      );
    },
  };
}
