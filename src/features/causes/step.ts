// Reading a memory for what came of what: within it, and between it and those around it.

import { causesIn, meant, tellsFailure, tellsResolution, termsOf } from '../../algo/causes.ts';
import { DAY_MS } from '../../algo/durations.ts';
import { parseTime } from '../../core/clock.ts';
import type { Edge, LinkStore } from '../memory/link-store.ts';
import type { MemoryRow } from '../memory/rules.ts';
import type { Neighbour } from '../understanding/neighbours.ts';
import type { Step } from '../understanding/service.ts';
import { groupsOf } from './rules.ts';
import type { CausalLinkRow, CauseStore } from './store.ts';

interface Stores {
  causes: CauseStore;
  links: Pick<LinkStore, 'touching'>;
}

type Found = Pick<CausalLinkRow, 'cause_memory_id' | 'effect_memory_id' | 'cause_text' | 'effect_text' | 'strength'>;

/** Neighbours that are read, and links that one memory gives. */
const READ = 12;
const MOST_LINKS = 12;
/** A chain that has so many is joined no more. */
const LONGEST_CHAIN = 100;
const FIXES = 0.7;

const whenOf = (row: MemoryRow): number => parseTime(row.occurred_at ?? row.created_at) ?? 0;
const together = (a: MemoryRow, b: MemoryRow): boolean =>
  Math.abs(whenOf(a) - whenOf(b)) <= DAY_MS || (a.session_id !== null && a.session_id === b.session_id);

const link = (cause: number, effect: number, strength: number, texts: [string, string] | null = null): Found => ({
  cause_memory_id: cause,
  effect_memory_id: effect,
  cause_text: texts?.[0] ?? null,
  effect_text: texts?.[1] ?? null,
  strength: Math.round(strength * 1000) / 1000,
});

/** What the memory itself says, and which of those around it that means. */
export function readCauses(row: MemoryRow, near: readonly Neighbour[]): Found[] {
  const told = causesIn(row.content);
  const found = told.map(({ cause, effect, strength }) => link(row.id, row.id, strength, [cause, effect]));
  const around = near
    .filter((other) => other.row.id < row.id && together(row, other.row))
    .slice(0, READ)
    .map(({ row }) => ({ row, terms: termsOf(row.content) }));
  const own = termsOf(row.content);
  const fixes = tellsResolution(row.content);
  for (const other of around) {
    let [cause, effect] = [0, 0];
    for (const causation of told) {
      // Of a fix, what was wrong is the cause; otherwise this memory tells why the other came about, or what it led to.
      const share = meant(termsOf(causation.effect), other.terms);
      if (causation.kind === 'cause') effect = Math.max(effect, share * causation.strength);
      cause = Math.max(cause, meant(termsOf(causation.cause), other.terms) * causation.strength);
    }
    if (cause === 0 && fixes && tellsFailure(other.row.content) && !tellsResolution(other.row.content))
      cause = FIXES * Math.max(meant(other.terms, own), meant(own, other.terms));
    if (cause > 0 && cause >= effect) found.push(link(other.row.id, row.id, cause));
    else if (effect > 0) found.push(link(row.id, other.row.id, effect));
  }
  return found;
}

/** What linking found, or somebody said, between this memory and earlier ones. */
const fromEdges = (row: MemoryRow, edges: readonly Edge[]): Found[] =>
  edges.flatMap(({ source_id, target_id, type, similarity }) => {
    if (Math.max(source_id, target_id) !== row.id || source_id === target_id) return [];
    if (type === 'caused_by') return link(target_id, source_id, similarity);
    return type === 'causes' ? link(source_id, target_id, similarity) : [];
  });

const ends = ({ cause_memory_id, effect_memory_id }: Found): string => `${cause_memory_id} ${effect_memory_id}`;
const turned = ({ cause_memory_id, effect_memory_id }: Found): string => `${effect_memory_id} ${cause_memory_id}`;
const key = (found: Found): string =>
  JSON.stringify([found.cause_memory_id, found.effect_memory_id, found.cause_text, found.effect_text, found.strength]);

/** One link between two memories, in the direction of the stronger sign; texts within one memory stand beside each other. */
function united(all: readonly Found[]): Found[] {
  const between = new Map<string, Found>();
  const inside: Found[] = [];
  for (const one of all) {
    if (one.cause_memory_id === one.effect_memory_id) {
      inside.push(one);
      continue;
    }
    const pair = [one.cause_memory_id, one.effect_memory_id].sort((a, b) => a - b).join(' ');
    const known = between.get(pair);
    if (!known || one.strength > known.strength) between.set(pair, one);
  }
  return [...between.values(), ...inside].slice(0, MOST_LINKS);
}

/** Puts what a memory says in place of what it said, and chains together what hangs together. */
export async function replaceCauses(
  causes: CauseStore,
  row: Pick<MemoryRow, 'id' | 'user_id' | 'space_id'>,
  wanted: readonly Found[],
  now: string,
): Promise<void> {
  const { user_id } = row;
  const before = await causes.foundIn(user_id, row.id);
  const memories = [...new Set(wanted.flatMap((link) => [link.cause_memory_id, link.effect_memory_id]))];
  const left = new Set(before.map(({ id }) => id));
  const were = await causes.readAmong(user_id, [...new Set(before.map(({ chain_id }) => chain_id))]);
  const around = new Set([...were, ...(await causes.chainsAround(user_id, memories))]);
  const all = await causes.linksOf(user_id, [...around]);
  // What another memory told of both already is told once.
  const others = new Set(all.flatMap((link) => (left.has(link.id) ? [] : [ends(link), turned(link)])));
  const found = wanted.filter((link) => link.cause_memory_id === link.effect_memory_id || !others.has(ends(link)));
  if (before.length === found.length && before.every((link, at) => key(link) === key(found[at]!))) return;
  const sizes = Map.groupBy(all, ({ chain_id }) => chain_id);
  const rest = all.filter(({ id, chain_id }) => !left.has(id) && sizes.get(chain_id)!.length < LONGEST_CHAIN);
  await causes.removeLinks(user_id, [...left]);

  const fresh = found.map((link) => ({ ...link, id: null, chain_id: null }));
  const taken = new Set<number>();
  for (const group of groupsOf<Found & { id: number | null; chain_id: number | null }>([...rest, ...fresh])) {
    const known = group.flatMap(({ chain_id }) => chain_id ?? []).find((id) => !taken.has(id));
    const chain_id =
      known ??
      (
        await causes.addChain({
          user_id,
          space_id: row.space_id,
          root_memory_id: null,
          description: null,
          confidence: 1,
          origin: 'read',
          created_at: now,
        })
      ).id;
    taken.add(chain_id);
    const moved = group.flatMap(({ id, chain_id: was }) => (id !== null && was !== chain_id ? id : []));
    await causes.moveLinks(user_id, moved, chain_id);
    for (const { id, chain_id: _none, ...link } of group)
      if (id === null)
        await causes.addLink({ ...link, user_id, chain_id, order_index: 0, found_in: row.id, created_at: now });
  }
  const used = new Set((await causes.linksOf(user_id, [...around])).map(({ chain_id }) => chain_id));
  await causes.removeChains(
    user_id,
    [...around].filter((id) => !used.has(id)),
  );
}

export const causeStep: Step<Stores> = {
  name: 'causes',
  async read(subject) {
    const { row, previous, now } = subject;
    const told = readCauses(row, await subject.near());
    return async ({ causes, links }) => {
      if (previous) {
        await replaceCauses(causes, previous, [], now);
        await causes.takeOver(row.user_id, previous.id, row.id);
      }
      // Linking has written its own in this unit already.
      const edges = fromEdges(row, await links.touching(row.user_id, [row.id]));
      const known = new Set(edges.map(ends));
      const own = told.filter((link) => !known.has(ends(link)));
      await replaceCauses(causes, row, united([...edges, ...own]), now);
    };
  },
};
