// The reranker's say in the order: it reads the question together with each of the best texts. Whatever it cannot do in
// time, or at all, leaves the order as it was.
import type { Reranker } from '../../core/ports.ts';
import type { RankedMemory } from './ranking.ts';

/** A reranker in use. */
export interface RerankStage {
  readonly model: Reranker;
  /** Memories it reads, from the best on; more than are shown, so that it can bring up what would not be. */
  readonly top_k: number;
  /** Time it has for one search. */
  readonly budget_ms: number;
}

/** A memory at its final place. */
export interface Placed extends RankedMemory {
  /** Score before the reranker's say. */
  fused: number;
  /** What the reranker gave it, 0..1; null for what it has not read. */
  rerank: number | null;
}

export interface Reranked {
  order: Placed[];
  applied: boolean;
  /** Null when it was not asked. */
  ms: number | null;
}

/** Characters of one text that are handed over at most: more than models read. */
const MOST_CHARS = 32_768;
/** Its share of the final score. */
export const RERANK_WEIGHT = 0.7;

export const unread = (order: readonly RankedMemory[]): Placed[] =>
  order.map((item) => ({ ...item, fused: item.score, rerank: null }));

/**
 * Final score: `RERANK_WEIGHT` of what the reranker says, the rest by fusion, both 0..1. The fused scores enter as shares
 * of the best. Stretched between best and worst instead, two memories that fusion holds for nearly equal would stand as
 * far apart as the first and the fortieth, and how far would depend on how many are read. What has not been read counts
 * as if the reranker had given it nothing, and since fusion had put it behind, it stays behind.
 * @param order by falling score; ties stay as they are
 * @param scores of those that were read, the first ones of the order
 */
export function blend(order: readonly RankedMemory[], scores: ReadonlyMap<number, number>): Placed[] {
  const best = order[0]?.score ?? 0;
  return order
    .map((item) => {
      const rerank = scores.get(item.id) ?? null;
      const share = best > 0 ? item.score / best : 0;
      const score = RERANK_WEIGHT * (rerank ?? 0) + (1 - RERANK_WEIGHT) * share;
      return { ...item, score, fused: item.score, rerank };
    })
    .sort((a, b) => b.score - a.score);
}

/**
 * @param textOf what to read of a memory; undefined when it is gone
 * @param onFailure gets why the reranker gave nothing, unless it ran out of time
 */
export async function rerank(
  order: readonly RankedMemory[],
  { model, top_k, budget_ms }: RerankStage,
  query: string,
  textOf: (id: number) => string | undefined,
  onFailure: (error: unknown) => void,
): Promise<Reranked> {
  const read = order.slice(0, top_k).flatMap(({ id }) => {
    const text = textOf(id);
    return text === undefined ? [] : [{ id, text: text.slice(0, MOST_CHARS) }];
  });
  const started = performance.now();
  const budget = new AbortController();
  const timer = setTimeout(() => budget.abort(new Error(`The reranker took more than ${budget_ms} ms.`)), budget_ms);
  try {
    const scores = await model.score(
      query,
      read.map(({ text }) => text),
      budget.signal,
    );
    const ms = performance.now() - started;
    return { order: blend(order, new Map(read.map(({ id }, i) => [id, scores[i]!]))), applied: true, ms };
  } catch (error) {
    if (!budget.signal.aborted) onFailure(error);
    return { order: unread(order), applied: false, ms: performance.now() - started };
  } finally {
    clearTimeout(timer);
  }
}
