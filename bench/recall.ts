// How well results match what should have been found. A gold item is a turn; it is found when any memory that holds it is.

export interface Judged {
  /** Place of each gold item among the results, from 1; null when it is not there. */
  ranks: (number | null)[];
}

/** @param gold for each gold item, the ids of the memories that hold it */
export const ranksOf = (gold: readonly (readonly number[])[], returned: readonly number[]): (number | null)[] =>
  gold.map((ids) => {
    const at = returned.findIndex((id) => ids.includes(id));
    return at < 0 ? null : at + 1;
  });

/** Share of the gold items among the first k results. */
export const recallAt = ({ ranks }: Judged, k: number): number =>
  ranks.filter((rank) => rank !== null && rank <= k).length / ranks.length;

/** One through the place of the first gold item; 0 when none is there. */
export const reciprocalRank = ({ ranks }: Judged): number => {
  const found = ranks.filter((rank) => rank !== null);
  return found.length === 0 ? 0 : 1 / Math.min(...found);
};

/** Share of the gold ids among the first k. */
export const goldAt = (gold: ReadonlyMap<number, number>, returned: readonly number[], k: number): number =>
  returned.slice(0, k).filter((id) => gold.has(id)).length / gold.size;

/**
 * Normalised discounted cumulative gain as trec_eval has it: the gain is the grade itself, the n-th place counts
 * 1 / log2(n + 1), and 1 is the best order there is.
 * @param gold id -> grade, above 0
 */
export function ndcgAt(gold: ReadonlyMap<number, number>, returned: readonly number[], k: number): number {
  const gain = (grades: readonly number[]) =>
    grades.slice(0, k).reduce((sum, grade, place) => sum + grade / Math.log2(place + 2), 0);
  return gain(returned.map((id) => gold.get(id) ?? 0)) / gain([...gold.values()].sort((a, b) => b - a));
}

/**
 * Ids of turns as LoCoMo's annotators wrote them: several in one string, some zero-padded, some naming no turn.
 * @param known the ids that exist; others are dropped
 */
export function evidenceIds(evidence: readonly string[], known: { has(id: string): boolean }): string[] {
  const ids = evidence.flatMap((text) =>
    [...text.matchAll(/D(\d+):(\d+)/g)].map(([, session, turn]) => `D${Number(session)}:${Number(turn)}`),
  );
  return [...new Set(ids)].filter((id) => known.has(id));
}
