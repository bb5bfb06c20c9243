// Communities found anew, under the names they had: a name is worth something only if it means the same tomorrow.
import type { Louvain } from './louvain.ts';

/** Not in a community. */
export const ALONE = 0;

/**
 * Names each community after the earlier one it shares most members with, the closest pairs first; those left over get
 * new names. A node that is alone has none.
 * @param earlier name of each node's community before, ALONE when it had none
 * @returns name of each node's community, from 1
 */
export function keepNames({ membership, count }: Pick<Louvain, 'membership' | 'count'>, earlier: Float64Array) {
  const sizes = new Uint32Array(count);
  for (const c of membership) sizes[c]!++;
  const shared = new Map<number, Map<number, number>>();
  let last = 0;
  for (let i = 0; i < membership.length; i++) {
    const name = earlier[i]!;
    if (name === ALONE) continue;
    if (name > last) last = name;
    const c = membership[i]!;
    if (sizes[c] === 1) continue;
    const with_c = shared.get(c);
    if (with_c) with_c.set(name, (with_c.get(name) ?? 0) + 1);
    else shared.set(c, new Map([[name, 1]]));
  }
  const pairs = [...shared].flatMap(([c, names]) => [...names].map(([name, n]) => ({ c, name, n })));
  pairs.sort((a, b) => b.n - a.n || a.c - b.c || a.name - b.name);
  const names = new Float64Array(count).fill(ALONE);
  const taken = new Set<number>();
  for (const { c, name } of pairs) {
    if (names[c] !== ALONE || taken.has(name)) continue;
    names[c] = name;
    taken.add(name);
  }
  for (let c = 0; c < count; c++) if (names[c] === ALONE && sizes[c]! > 1) names[c] = ++last;
  return Float64Array.from(membership, (c) => names[c]!);
}
