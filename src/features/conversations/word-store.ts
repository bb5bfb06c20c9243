// An inverted index in plain SQL, for texts that are not memories: messages, titles and summaries of episodes.
import { sql } from 'kysely';
import { rarestWithin } from '../../algo/rare-terms.ts';
import type { LexicalQuery } from '../../algo/text.ts';
import { B, K1, wantedWords, wordCounts, wordWeight } from '../../algo/word-counts.ts';
import type { Candidate } from '../../core/ports.ts';
import { prepared } from '../../core/prepared.ts';
import type { IdList, StoreDb } from '../../core/store-db.ts';
import type { TextWordTable } from '../../core/tables.ts';

export type TextKind = TextWordTable['kind'];
export interface IndexedText {
  readonly id: number;
  readonly text: string;
}

/** Rows an insert takes at once. One statement for each number, whatever is stored. */
const PAGES = [100, 10, 1] as const;

export function wordStore(db: StoreDb, idList: IdList) {
  const insertOf = (size: number) =>
    prepared<Record<string, string | number>, unknown>(db, (slots) =>
      db.insertInto('text_words').values(
        Array.from({ length: size }, (_, i) => ({
          user_id: slots.user_id as number,
          kind: slots.kind as TextKind,
          word: slots[`word${i}`] as string,
          item_id: slots[`item_id${i}`] as number,
          occurrences: slots[`occurrences${i}`] as number,
          length: slots[`length${i}`] as number,
        })),
      ),
    );
  const inserts = PAGES.map((size) => ({ size, insert: insertOf(size) }));
  const owned = (user_id: number, kind: TextKind) =>
    db.selectFrom('text_words').where('user_id', '=', user_id).where('kind', '=', kind);

  return {
    /** Texts that are not in it yet. */
    async add(user_id: number, kind: TextKind, texts: readonly IndexedText[]): Promise<void> {
      const rows = texts.flatMap(({ id, text }) => {
        const { counts, length } = wordCounts(text);
        return [...counts].map(([word, occurrences]) => ({ word, item_id: id, occurrences, length }));
      });
      // In the order of the table: every part of it is then fetched and written once, not once for each text.
      rows.sort((a, b) => (a.word < b.word ? -1 : a.word > b.word ? 1 : a.item_id - b.item_id));
      let at = 0;
      for (const { size, insert } of inserts) {
        for (; at + size <= rows.length; at += size) {
          const values: Record<string, string | number> = { user_id, kind };
          rows.slice(at, at + size).forEach((row, i) => {
            for (const [column, value] of Object.entries(row)) values[`${column}${i}`] = value;
          });
          await insert(values);
        }
      }
    },

    async remove(user_id: number, kind: TextKind, ids: readonly number[]): Promise<void> {
      await db
        .deleteFrom('text_words')
        .where('user_id', '=', user_id)
        .where('kind', '=', kind)
        .where('item_id', 'in', idList(ids))
        .execute();
    },

    /**
     * Texts with any of the words, best first, the newer of equal ones first. Of very common words only as many count as
     * are worth their time.
     * @param total texts of that kind the user has
     */
    async search(
      user_id: number,
      kind: TextKind,
      query: LexicalQuery,
      total: number,
      limit: number,
    ): Promise<Candidate[]> {
      const wanted = wantedWords(query);
      if (wanted.length === 0) return [];
      const known = await owned(user_id, kind)
        .where('word', 'in', wanted)
        .select((eb) => [
          'word',
          eb.fn.countAll<number>().as('holding'),
          eb.fn.sum<number | string>('length').as('length'),
        ])
        .groupBy('word')
        .execute();
      const telling = rarestWithin(known.map(({ holding }) => holding)).map((i) => known[i]!);
      if (telling.length === 0) return [];
      const sum = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0);
      // How long the texts are that have these words stands in for how long all are, which would have to be counted.
      const mean = sum(telling.map(({ length }) => Number(length))) / sum(telling.map(({ holding }) => holding));
      const real = (value: number) => sql`cast(${value} as double precision)`;
      const weight = sql.join(
        telling.map(({ word, holding }) => sql`when ${word} then ${real(wordWeight(total, holding))}`),
        sql` `,
      );
      const dampened = sql`occurrences + ${real(K1)} * (${real(1 - B)} + ${real(B / mean)} * length)`;
      const score = sql<number>`sum((case word ${weight} end) * occurrences * ${real(K1 + 1)} / (${dampened}))`;
      return owned(user_id, kind)
        .where(
          'word',
          'in',
          telling.map(({ word }) => word),
        )
        .select(['item_id as id', score.as('score')])
        .groupBy('item_id')
        .orderBy('score', 'desc')
        .orderBy('id', 'desc')
        .limit(limit)
        .execute();
    },
  };
}
export type WordStore = ReturnType<typeof wordStore>;
