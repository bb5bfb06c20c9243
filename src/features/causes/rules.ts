// How causes and effects form chains, and how a chain is shown.
import { type Role, roleOf } from '../../algo/causes.ts';
import type { CausalChainRow, ShownLink } from './store.ts';

export interface Ends {
  readonly cause_memory_id: number;
  readonly effect_memory_id: number;
}

/** Groups links that hang together by their memories, in the order of the first of each group. */
export function groupsOf<L extends Ends>(links: readonly L[]): L[][] {
  const parents = new Map<number, number>();
  const top = (id: number): number => {
    let at = id;
    for (let next = parents.get(at); next !== undefined && next !== at; next = parents.get(at)) at = next;
    parents.set(id, at);
    return at;
  };
  for (const { cause_memory_id, effect_memory_id } of links) {
    const [a, b] = [top(cause_memory_id), top(effect_memory_id)];
    parents.set(Math.max(a, b), Math.min(a, b));
  }
  return [...Map.groupBy(links, ({ cause_memory_id }) => top(cause_memory_id)).values()];
}

/** Steps from a first cause, the longest way; a link that closes a circle is passed over. */
export function depthsOf(links: readonly Ends[]): Map<number, number> {
  const causes = new Map<number, number[]>();
  for (const { cause_memory_id, effect_memory_id } of links)
    if (cause_memory_id !== effect_memory_id)
      causes.set(effect_memory_id, [...(causes.get(effect_memory_id) ?? []), cause_memory_id]);
  const depths = new Map<number, number>();
  const open = new Set<number>();
  const depth = (id: number): number => {
    const known = depths.get(id);
    if (known !== undefined) return known;
    open.add(id);
    let most = 0;
    for (const cause of causes.get(id) ?? []) if (!open.has(cause)) most = Math.max(most, depth(cause) + 1);
    open.delete(id);
    depths.set(id, most);
    return most;
  };
  for (const link of links) for (const id of [link.cause_memory_id, link.effect_memory_id]) depth(id);
  return depths;
}

const CLIP_CHARS = 80;
const clip = (text: string): string => {
  const all = Array.from(text.replace(/\s+/g, ' ').trim());
  return all.length <= CLIP_CHARS ? all.join('') : `${all.slice(0, CLIP_CHARS - 1).join('')}…`;
};
const round = (n: number): number => Math.round(n * 1000) / 1000;

/** @param links those that may be seen */
export function presentChain(chain: CausalChainRow, links: readonly ShownLink[]) {
  const depths = depthsOf(links);
  const ordered = [...links].sort((a, b) =>
    chain.origin === 'manual'
      ? a.order_index - b.order_index || a.id - b.id
      : depths.get(a.cause_memory_id)! - depths.get(b.cause_memory_id)! ||
        depths.get(a.effect_memory_id)! - depths.get(b.effect_memory_id)! ||
        a.id - b.id,
  );
  const apart = links.filter(({ cause_memory_id, effect_memory_id }) => cause_memory_id !== effect_memory_id);
  const caused = new Set(apart.map(({ effect_memory_id }) => effect_memory_id));
  const causing = new Set(apart.map(({ cause_memory_id }) => cause_memory_id));
  /** Within one memory its parts have roles of their own. */
  const role = (link: ShownLink, end: 'cause' | 'effect'): Role => {
    const id = end === 'cause' ? link.cause_memory_id : link.effect_memory_id;
    const text = link[`${end}_text`] ?? link[`${end}_content`];
    const inside = link.cause_memory_id === link.effect_memory_id;
    return roleOf(text, {
      causes: end === 'effect' || (!inside && caused.has(id)),
      effects: end === 'cause' || (!inside && causing.has(id)),
    });
  };
  const [first, last] = [ordered[0], ordered.at(-1)];
  const told =
    first && last
      ? `${clip(first.cause_text ?? first.cause_content)} → ${clip(last.effect_text ?? last.effect_content)}`
      : null;
  const strengths = links.map(({ strength }) => strength);
  const { space_id: _space, ...shown } = chain;
  return {
    ...shown,
    root_memory_id: chain.root_memory_id ?? first?.cause_memory_id ?? null,
    description: chain.description ?? told,
    confidence:
      chain.origin === 'manual' || strengths.length === 0
        ? chain.confidence
        : round(strengths.reduce((sum, n) => sum + n, 0) / strengths.length),
    links: ordered.map((link, at) => ({
      id: link.id,
      chain_id: link.chain_id,
      cause_memory_id: link.cause_memory_id,
      effect_memory_id: link.effect_memory_id,
      strength: link.strength,
      order_index: chain.origin === 'manual' ? link.order_index : at,
      created_at: link.created_at,
      cause: { role: role(link, 'cause'), text: clip(link.cause_text ?? link.cause_content) },
      effect: { role: role(link, 'effect'), text: clip(link.effect_text ?? link.effect_content) },
      origin: link.found_in === null ? 'manual' : 'read',
    })),
  };
}
