// Over very many memories the commonest words of a question cost nearly all of the time and tell next to nothing.

/** Matches worth ranking; more are only looked at when there are no rarer words. */
export const MATCH_BUDGET = 20_000;
/** Words that are kept however common they are. */
export const KEPT_ANYWAY = 2;

/**
 * Which words to search by: from the rarest up, while the memories that hold them stay within the budget.
 * @param counts memories that hold each word, 0 or more
 * @returns positions of the words to keep, in their order; words that nothing holds are kept, they cost nothing
 */
export function rarestWithin(counts: readonly number[], budget: number = MATCH_BUDGET): number[] {
  const order = counts.map((_, i) => i).sort((a, b) => counts[a]! - counts[b]! || a - b);
  let spent = 0;
  let found = 0;
  const kept = order.filter((i) => {
    const count = counts[i]!;
    if (count > 0 && found >= KEPT_ANYWAY && spent + count > budget) return false;
    spent += count;
    if (count > 0) found++;
    return true;
  });
  return kept.sort((a, b) => a - b);
}
