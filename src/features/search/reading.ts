// What a look at the candidates' own texts tells, beyond what found them.
import { asksAboutSelf, asksForHelp, isAnswer, isStandingWish, turnSigns } from '../../algo/turns.ts';
import type { Signs } from '../../algo/verdict.ts';
import type { WordMatcher } from '../../core/ports.ts';
import type { Edge } from '../memory/link-store.ts';
import type { RankingRow } from '../memory/store.ts';

/** What the form of a text tells; costs next to nothing. */
export type Form = Pick<Signs, 'brief' | 'asks' | 'answer' | 'standing'>;

export interface Readings {
  /** Whether nearness by vectors is known. */
  readonly vectors: boolean;
  formOf(id: number): Form;
  /** Null when the model cannot compare single words, which takes some ten microseconds a text. */
  readonly wordsOf: ((id: number) => Pick<Signs, 'words' | 'beside'>) | null;
}

export interface Read {
  query: string;
  /** The candidates. */
  rows: ReadonlyMap<number, Pick<RankingRow, 'opening'>>;
  /** Those of type `follows` say what was said right before and after. */
  edges: readonly Edge[];
  match: WordMatcher | null;
  vectors: boolean;
}

export function readings({ query, rows, edges, match, vectors }: Read): Readings {
  const [self, help] = [asksAboutSelf(query), asksForHelp(query)];
  const textOf = (id: number): string => rows.get(id)?.opening ?? '';
  const formOf = (id: number): Form => {
    const text = textOf(id);
    return {
      ...turnSigns(text),
      answer: self && isAnswer(text) ? 1 : 0,
      standing: help && isStandingWish(text) ? 1 : 0,
    };
  };
  return { vectors, formOf, wordsOf: match && comparing(match) };

  function comparing(match: WordMatcher) {
    const neighbours = neighboursIn(edges, rows);
    const met = new Map<number, number>();
    const metBy = (id: number): number => {
      let share = met.get(id);
      if (share === undefined) {
        share = match(textOf(id));
        met.set(id, share);
      }
      return share;
    };
    return (id: number) => ({
      words: metBy(id),
      beside: Math.max(0, ...[...(neighbours.get(id) ?? [])].map(metBy)),
    });
  }
}

/** The candidates said right before and after each. An edge may be among the edges twice, once for each end. */
function neighboursIn(edges: Read['edges'], rows: Read['rows']): Map<number, Set<number>> {
  const neighbours = new Map<number, Set<number>>();
  const note = (id: number, other: number) => {
    const known = neighbours.get(id);
    if (known) known.add(other);
    else neighbours.set(id, new Set([other]));
  };
  for (const { type, source_id, target_id } of edges) {
    if (type !== 'follows' || !rows.has(source_id) || !rows.has(target_id)) continue;
    note(source_id, target_id);
    note(target_id, source_id);
  }
  return neighbours;
}
