// The reranker's say, in figures.
import { describe, expect, it } from 'vitest';
import type { Reranker } from '../../core/ports.ts';
import type { RankedMemory } from './ranking.ts';
import { blend, RERANK_WEIGHT, rerank } from './rerank.ts';

const NEUTRAL = {
  decay: 1,
  storage: 1,
  static: 1,
  importance: 1,
  source_count: 1,
  centrality: 1,
  feedback: 1,
  author: 1,
  session: 1,
  period: 1,
};
const order = (...scores: number[]): RankedMemory[] =>
  scores.map((score, i) => ({ id: i + 1, score, channels: {}, multipliers: NEUTRAL, judged: null }));
const ids = (items: readonly { id: number }[]) => items.map(({ id }) => id);

describe('blend', () => {
  it('weighs what the reranker says against the share of the best fused score', () => {
    const placed = blend(
      order(0.5, 0.4, 0.2),
      new Map([
        [1, 0.1],
        [2, 0.9],
        [3, 0.5],
      ]),
    );
    expect(ids(placed)).toEqual([2, 3, 1]);
    expect(placed.map(({ score }) => score)).toEqual([
      expect.closeTo(0.7 * 0.9 + 0.3 * 0.8),
      expect.closeTo(0.7 * 0.5 + 0.3 * 0.4),
      expect.closeTo(0.7 * 0.1 + 0.3),
    ]);
    expect(placed[0]).toMatchObject({ fused: 0.4, rerank: 0.9 });
    expect(RERANK_WEIGHT).toBe(0.7);
  });

  it('lets the reranker decide between what fusion holds for equal, and fusion where the reranker does', () => {
    const even = new Map([1, 2, 3].map((id) => [id, 0.5]));
    expect(ids(blend(order(0.9, 0.6, 0.3), even))).toEqual([1, 2, 3]);
    expect(ids(blend(order(0.9, 0.899, 0.898), new Map([...even, [3, 0.51]])))).toEqual([3, 1, 2]);
    expect(ids(blend(order(0.4, 0.4, 0.4), even))).toEqual([1, 2, 3]);
  });

  it('keeps what was not read behind, in its order, on the same scale', () => {
    const scores = Array.from({ length: 30 }, (_, i) => 1 / (1 + i));
    const read = new Map(scores.slice(0, 10).map((_, i) => [i + 1, i === 7 ? 1 : 0]));
    const placed = blend(order(...scores), read);
    expect(placed[0]!.id).toBe(8);
    expect(ids(placed.slice(10))).toEqual(Array.from({ length: 20 }, (_, i) => i + 11));
    placed.forEach(({ score, rerank: said }, i) => {
      expect(score).toBeLessThanOrEqual(i === 0 ? 1 : placed[i - 1]!.score);
      expect(score).toBeGreaterThanOrEqual(0);
      expect(said === null).toBe(i >= 10);
    });
  });

  it('of nothing, of zeros and of one is finite', () => {
    expect(blend([], new Map())).toEqual([]);
    expect(blend(order(0, 0), new Map([[2, 0.5]]))).toMatchObject([
      { id: 2, score: 0.35 },
      { id: 1, score: 0 },
    ]);
    expect(blend(order(0.2), new Map([[1, 1]]))).toMatchObject([{ id: 1, score: 1 }]);
  });
});

describe('rerank', () => {
  const model = (score: Reranker['score']): Reranker => ({ name: 'fake@1', score, close: async () => {} });
  const fails = (error: unknown) => {
    throw error;
  };

  it('reads the first top_k, without those that are gone, and cuts endless texts', async () => {
    const asked: string[] = [];
    const fake = model(async (_, texts) => {
      asked.push(...texts);
      return texts.map((text) => (text === 'three' ? 1 : 0));
    });
    const texts = new Map([
      [1, 'x'.repeat(100_000)],
      [3, 'three'],
      [4, 'four'],
    ]);
    const done = await rerank(
      order(0.9, 0.8, 0.7, 0.6),
      { model: fake, top_k: 3, budget_ms: 1000 },
      'q',
      (id) => texts.get(id),
      fails,
    );
    expect(asked.map((text) => text.length)).toEqual([32_768, 5]);
    expect(done.applied).toBe(true);
    expect(done.order.map(({ id, rerank: said }) => [id, said])).toEqual([
      [3, 1],
      [1, 0],
      [2, null],
      [4, null],
    ]);
  });

  it('leaves the order as it was when it fails, and says why', async () => {
    const failures: unknown[] = [];
    const error = new Error('heap of trouble');
    const fake = model(() => Promise.reject(error));
    const done = await rerank(
      order(0.9, 0.8),
      { model: fake, top_k: 3, budget_ms: 1000 },
      'q',
      () => 'text',
      (why) => failures.push(why),
    );
    expect(done).toMatchObject({
      applied: false,
      order: [
        { id: 1, score: 0.9, rerank: null },
        { id: 2, score: 0.8 },
      ],
    });
    expect(failures).toEqual([error]);
  });

  it('leaves the order as it was when the time is over, which is no failure', async () => {
    const fake = model(
      (_, __, signal) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
    );
    const done = await rerank(order(0.9, 0.8), { model: fake, top_k: 3, budget_ms: 1 }, 'q', () => 'text', fails);
    expect(done).toMatchObject({ applied: false, ms: expect.any(Number), order: [{ id: 1 }, { id: 2 }] });
  });
});
