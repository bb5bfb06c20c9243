// Decisions about memories that resemble each other, as pure functions.
import { type Comparison, compareSayings } from '../../algo/same-saying.ts';
import { isCorrection, type Saying, sayingOf } from '../../algo/saying.ts';
import { hammingDistance } from '../../algo/simhash.ts';
import type { Keyed } from '../memory/fingerprint-store.ts';
import { type MemoryRow, MIN_COSINE, sameMoment } from '../memory/rules.ts';

export interface Pair {
  /** The older one. */
  readonly a: MemoryRow;
  readonly b: MemoryRow;
  readonly comparison: Comparison;
  readonly mergeable: boolean;
}

/** Bits in which fingerprints worth comparing differ; texts that share nine tenths of their shingles are nearer. */
const MAX_DISTANCE = 8;
/** Each is compared with so many that follow it under a key: thousands of texts from one template would be millions of pairs. */
const NEIGHBOURS = 8;

/**
 * Which memories under one key are worth comparing.
 * @returns pairs of ids, the lower one first
 */
export function pairsIn(bucket: readonly Keyed[]): [number, number][] {
  const pair = (x: Keyed, y: Keyed): [number, number] =>
    x.memory_id < y.memory_id ? [x.memory_id, y.memory_id] : [y.memory_id, x.memory_id];
  const alike = [...bucket].sort((x, y) => (x.simhash < y.simhash ? -1 : x.simhash > y.simhash ? 1 : 0));
  return alike.flatMap((entry, at) =>
    alike
      .slice(at + 1, at + 1 + NEIGHBOURS)
      .filter((other) => hammingDistance(entry.simhash, other.simhash) <= MAX_DISTANCE)
      .map((other) => pair(entry, other)),
  );
}

/** "Thanks!" belongs to the conversation it was said in; a sentence says the same in any. */
const WORDS_ACROSS_SESSIONS = 5;

export const isRecallable = (row: MemoryRow, now: string): boolean =>
  row.is_latest === 1 &&
  row.is_forgotten === 0 &&
  row.is_archived === 0 &&
  (row.forget_after === null || row.forget_after > now);

/** @param cosine of their vectors, null without */
export function comparePair(x: MemoryRow, y: MemoryRow, cosine: number | null): Pair {
  const [a, b] = x.id < y.id ? [x, y] : [y, x];
  const said: [Saying, Saying] = [sayingOf(a.content), sayingOf(b.content)];
  const comparison = compareSayings(...said);
  const mergeable =
    comparison.same &&
    a.space_id === b.space_id &&
    a.category === b.category &&
    a.status === b.status &&
    a.forget_after === b.forget_after &&
    (a.session_id === b.session_id || said[0].words.length >= WORDS_ACROSS_SESSIONS) &&
    sameMoment(a, b) &&
    !isCorrection(a.content) &&
    !isCorrection(b.content) &&
    (cosine === null || cosine >= MIN_COSINE);
  return { a, b, comparison, mergeable };
}

/** Most alike first, of equals the oldest. */
export const byLikeness = (x: Pair, y: Pair): number =>
  y.comparison.similarity - x.comparison.similarity || x.a.id - y.a.id || x.b.id - y.b.id;

/** Memories joined by pairs, oldest first; the cluster of the oldest first. */
export function clustersOf(pairs: readonly Pair[]): MemoryRow[][] {
  const parent = new Map<number, number>();
  const rows = new Map<number, MemoryRow>();
  const top = (id: number): number => {
    let at = id;
    while (parent.get(at)! !== at) {
      parent.set(at, parent.get(parent.get(at)!)!);
      at = parent.get(at)!;
    }
    return at;
  };
  for (const { a, b } of pairs) {
    for (const row of [a, b]) {
      rows.set(row.id, row);
      if (!parent.has(row.id)) parent.set(row.id, row.id);
    }
    const [one, other] = [top(a.id), top(b.id)];
    parent.set(Math.max(one, other), Math.min(one, other));
  }
  const members = Map.groupBy(
    [...rows.values()].sort((x, y) => x.id - y.id),
    (row) => top(row.id),
  );
  return [...members.values()];
}

/** The one said most often, of equals the oldest. */
export const toKeep = (cluster: readonly MemoryRow[]): MemoryRow =>
  cluster.reduce((best, row) =>
    row.source_count > best.source_count || (row.source_count === best.source_count && row.id < best.id) ? row : best,
  );
