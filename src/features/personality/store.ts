// All SQL on personality signals and the words they are found by.
import { sql } from 'kysely';
import { stemsOf } from '../../algo/personality/topics.ts';
import type { SignalType } from '../../algo/personality/types.ts';
import { matchesFilter } from '../../core/memory-filter.ts';
import type { MemoryFilter } from '../../core/ports.ts';
import { prepared } from '../../core/prepared.ts';
import type { IdList, StoreDb } from '../../core/store-db.ts';
import type { PersonalitySignalTable } from '../../core/tables.ts';

export type SignalRow = { [K in keyof PersonalitySignalTable]: K extends 'id' ? number : PersonalitySignalTable[K] };
export type NewSignal = Omit<SignalRow, 'id'>;

export interface SignalSelection {
  signal_type?: SignalType | undefined;
  subject_key?: string | undefined;
  memory_id?: number | undefined;
}

/** Words a signal is found by. */
const MAX_WORDS = 40;
/** Words and people of a question; unused places are filled with '', which nothing is called. */
export const ASKED_WORDS = 8;
export const ASKED_PEOPLE = 2;
const PER_WORD = 200;
const PER_TYPE = 60;
const padded = (items: readonly string[], size: number): string[] =>
  Array.from({ length: size }, (_, i) => items[i] ?? '');

type WordSlots = Record<string, string | number>;

export function personalityStore(db: StoreDb, idList: IdList) {
  const ofWord = (slots: WordSlots, i: number, named: boolean) => {
    let hits = db
      .selectFrom('personality_words')
      .where('user_id', '=', slots.user_id as number)
      .where('word', '=', slots[`word${i}`] as string);
    if (named) {
      const people = Array.from({ length: ASKED_PEOPLE }, (_, p) => slots[`person${p}`] as string);
      hits = hits.where('subject_key', 'in', people);
    }
    const newest = hits.select('signal_id as id').orderBy('signal_id', 'desc').limit(sql.lit(PER_WORD));
    return db.selectFrom(newest.as(`w${i}`)).select('id');
  };
  const byWords = (named: boolean) =>
    prepared<WordSlots, { id: number }>(db, (slots) =>
      Array.from({ length: ASKED_WORDS - 1 }, (_, i) => i + 1).reduce(
        (all, i) => all.unionAll(ofWord(slots, i, named)),
        ofWord(slots, 0, named),
      ),
    );
  const [wordsOfPeople, wordsOfAnybody] = [byWords(true), byWords(false)];
  const strongestOfType = prepared<WordSlots, { id: number }>(db, (slots) =>
    db
      .selectFrom('personality_signals')
      .where('user_id', '=', slots.user_id as number)
      .where('subject_key', '=', slots.person as string)
      .where('signal_type', '=', slots.type as SignalType)
      .select('id')
      .orderBy('intensity', 'desc')
      .orderBy('id', 'desc')
      .limit(sql.lit(PER_TYPE)),
  );

  /** Of memories that pass the filter. */
  const found = (filter: MemoryFilter) =>
    db
      .selectFrom('memories as m')
      .where(matchesFilter(filter))
      .innerJoin('personality_signals as s', 's.memory_id', 'm.id')
      .where('s.user_id', '=', filter.user_id)
      .selectAll('s');

  async function add(rows: readonly NewSignal[]): Promise<SignalRow[]> {
    const added: SignalRow[] = [];
    for (const row of rows) {
      const signal = await db.insertInto('personality_signals').values(row).returningAll().executeTakeFirstOrThrow();
      added.push(signal);
      const { user_id, subject_key } = row;
      // A name is a word too: questions in lower case do not show which of their words are names.
      const words = [...new Set([...stemsOf(subject_key), ...stemsOf(row.topic), ...stemsOf(row.evidence ?? '')])]
        .filter((word) => word !== '')
        .slice(0, MAX_WORDS);
      if (words.length === 0) continue;
      await db
        .insertInto('personality_words')
        .values(words.map((word) => ({ user_id, word, subject_key, signal_id: signal.id })))
        .execute();
    }
    return added;
  }

  return {
    add,

    /** Puts what was found in a memory in the place of what was found in it before. */
    async replace(user_id: number, memory_id: number, rows: readonly NewSignal[]): Promise<void> {
      await db
        .deleteFrom('personality_signals')
        .where('user_id', '=', user_id)
        .where('memory_id', '=', memory_id)
        .execute();
      await add(rows);
    },

    /** Those of memories that pass the filter and those added by hand in its space, newest first. */
    async newest(filter: MemoryFilter, selection: SignalSelection, limit: number): Promise<SignalRow[]> {
      const { signal_type, subject_key, memory_id } = selection;
      let ofMemories = found(filter);
      let byHand = db
        .selectFrom('personality_signals as s')
        .where('s.user_id', '=', filter.user_id)
        .where('s.memory_id', 'is', null)
        .selectAll('s');
      if (filter.space_id !== undefined) byHand = byHand.where('s.space_id', '=', filter.space_id);
      if (signal_type !== undefined) {
        ofMemories = ofMemories.where('s.signal_type', '=', signal_type);
        byHand = byHand.where('s.signal_type', '=', signal_type);
      }
      if (subject_key !== undefined) {
        ofMemories = ofMemories.where('s.subject_key', '=', subject_key);
        byHand = byHand.where('s.subject_key', '=', subject_key);
      }
      if (memory_id !== undefined) ofMemories = ofMemories.where('s.memory_id', '=', memory_id);
      const [derived, added] = await Promise.all([
        ofMemories.orderBy('s.id', 'desc').limit(limit).execute(),
        memory_id === undefined ? byHand.orderBy('s.id', 'desc').limit(limit).execute() : [],
      ]);
      return [...derived, ...added].sort((a, b) => b.id - a.id).slice(0, limit);
    },

    /** Ids of signals that have any of the words; of these people when some are named. Newest of each word. */
    async withWords(user_id: number, words: readonly string[], people: readonly string[]): Promise<number[]> {
      const values: WordSlots = { user_id };
      padded(words, ASKED_WORDS).forEach((word, i) => {
        values[`word${i}`] = word;
      });
      padded(people, ASKED_PEOPLE).forEach((person, i) => {
        values[`person${i}`] = person;
      });
      const rows = await (people.length > 0 ? wordsOfPeople : wordsOfAnybody)(values);
      return [...new Set(rows.map(({ id }) => id))];
    },

    /** Ids of the strongest signals of each of these kinds. */
    async strongest(user_id: number, people: readonly string[], types: readonly SignalType[]): Promise<number[]> {
      const pages = await Promise.all(
        people.flatMap((person) => types.map((type) => strongestOfType({ user_id, person, type }))),
      );
      return pages.flat().map(({ id }) => id);
    },

    /** Of these signals those whose memories pass the filter. */
    ofMemories: (filter: MemoryFilter, ids: readonly number[]): Promise<SignalRow[]> =>
      ids.length === 0 ? Promise.resolve([]) : found(filter).where('s.id', 'in', idList(ids)).execute(),
  };
}
export type PersonalityStore = ReturnType<typeof personalityStore>;
