// A fact that was taken out of a longer memory and that memory itself are one answer: the longer one, which says more, at
// the better place of the two.
import { HAS_FACT, isPart } from '../decompose/rules.ts';
import type { Edge } from '../memory/link-store.ts';
import type { RankingRow } from '../memory/store.ts';

/** @returns for each part among the candidates, the memories among them that state it */
export function wholesOf(edges: readonly Edge[], rows: ReadonlyMap<number, RankingRow>): Map<number, number[]> {
  const wholes = new Map<number, number[]>();
  for (const { type, source_id, target_id } of edges) {
    const part = rows.get(target_id);
    if (type !== HAS_FACT || !rows.has(source_id) || !part || !isPart(part)) continue;
    const known = wholes.get(target_id) ?? [];
    if (!known.includes(source_id)) wholes.set(target_id, [...known, source_id]);
  }
  return wholes;
}

/** @param order best first; scores stay with the places */
export function together<T extends { id: number; score: number }>(
  order: readonly T[],
  wholes: ReadonlyMap<number, readonly number[]>,
): T[] {
  if (wholes.size === 0) return [...order];
  const byId = new Map(order.map((item) => [item.id, item]));
  const placed = new Set<number>();
  const result: T[] = [];
  const place = (item: T, score: number) => {
    if (placed.has(item.id)) return;
    placed.add(item.id);
    result.push({ ...item, score });
  };
  for (const item of order) {
    const found = (wholes.get(item.id) ?? []).flatMap((id) => byId.get(id) ?? []);
    if (found.length === 0) place(item, item.score);
    else for (const whole of found) place(whole, item.score);
  }
  return result;
}
