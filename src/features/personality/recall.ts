// Memories that tell something about the person a question asks about: a channel of search for questions of preference,
// reasoning and generalisation. Reads only what an index gives it.
import { askOf, matchSignal } from '../../algo/personality/match.ts';
import type { QuestionType } from '../../algo/question.ts';
import type { Candidate, MemoryFilter } from '../../core/ports.ts';
import type { PersonalityStore } from './store.ts';

/** Kinds of signals that answer a question at least so well are looked up without words. */
const WANTED_TYPE = 0.9;
/** What each further signal of a memory adds. */
const FURTHER = 0.1;

export interface SignalRecallDeps {
  read: { personality: Pick<PersonalityStore, 'withWords' | 'strongest' | 'ofMemories'> };
}

/**
 * One query for the signals that have words of the question, or, when it only names a person ("What does Ann like?"), one
 * for each kind that is wanted; then one for those whose memories pass the filter.
 * @returns how well each memory bears on the question, 0..1, best first, ties by larger id; nothing for other questions
 */
export function createSignalRecall({ read: { personality } }: SignalRecallDeps) {
  return async function signalsFor(
    question: string,
    kind: QuestionType,
    filter: MemoryFilter,
    limit: number,
  ): Promise<Candidate[]> {
    const ask = askOf(question, kind);
    if (ask === null) return [];
    const { user_id } = filter;
    const wanted = [...ask.types].filter(([, share]) => share >= WANTED_TYPE).map(([type]) => type);
    const ids =
      ask.stems.length > 0
        ? await personality.withWords(user_id, ask.stems, ask.people)
        : await personality.strongest(user_id, ask.people, wanted);
    const best = new Map<number, number>();
    for (const row of await personality.ofMemories(filter, ids)) {
      const score = matchSignal({ ...row, type: row.signal_type }, ask);
      if (score === 0 || row.memory_id === null) continue;
      const before = best.get(row.memory_id) ?? 0;
      best.set(row.memory_id, Math.min(1, Math.max(before, score) + FURTHER * Math.min(before, score)));
    }
    return [...best]
      .map(([id, score]) => ({ id, score }))
      .sort((a, b) => b.score - a.score || b.id - a.id)
      .slice(0, limit);
  };
}
export type SignalsFor = ReturnType<typeof createSignalRecall>;
