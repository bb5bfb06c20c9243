// Reciprocal rank fusion: several ranked lists become one, by rank alone, so that scores of different scales can meet.

/** Cormack, Clarke & Büttcher, "Reciprocal Rank Fusion outperforms Condorcet and individual rank learning methods" (SIGIR 2009). */
export const RRF_K = 60;

export interface RankedList {
  readonly channel: string;
  readonly weight: number;
  /** Best first. */
  readonly ids: readonly number[];
}

export interface Fused {
  readonly id: number;
  /** 0..1: share of what an item first in every list would get. */
  readonly score: number;
  /** 1-based rank in each list that has it. */
  readonly ranks: Readonly<Record<string, number>>;
}

/**
 * sum over lists of weight / (k + rank), divided by its largest possible value. Ties go to the larger id.
 * @param lists those with weight 0 only lend their ranks
 */
export function fuse(lists: readonly RankedList[], k: number = RRF_K): Fused[] {
  const best = total(lists.map((list) => list.weight / (k + 1)));
  const items = new Map<number, { parts: number[]; ranks: Record<string, number> }>();
  for (const { channel, weight, ids } of lists) {
    ids.forEach((id, index) => {
      let item = items.get(id);
      if (!item) {
        item = { parts: [], ranks: {} };
        items.set(id, item);
      }
      item.parts.push(weight / (k + index + 1));
      item.ranks[channel] = index + 1;
    });
  }
  const fused = [...items].map(([id, { parts, ranks }]) => ({ id, score: best > 0 ? total(parts) / best : 0, ranks }));
  return fused.sort((a, b) => b.score - a.score || b.id - a.id);
}

/** Smallest first, so that equal parts give equal sums: rounding must not decide between equal evidence. Sorts in place. */
const total = (parts: number[]): number => parts.sort((a, b) => a - b).reduce((sum, part) => sum + part, 0);

/** Ids by falling score; ties to the larger id, so that equal evidence favours the newer memory and runs agree. */
export const ranked = (scores: ReadonlyMap<number, number>): number[] =>
  [...scores].sort(([a, x], [b, y]) => y - x || b - a).map(([id]) => id);

/** What a cosine says about relevance, 0..1: how far it is above what the model gives unrelated texts. */
export const aboveChance = (cosine: number, chance: number): number => Math.max(0, (cosine - chance) / (1 - chance));
