// Which of the memories around a new one it is linked to, and how.
import { aboveChance } from '../../algo/fusion.ts';
import { nearness, RELATIONS, type Relation, relationsOf, type Told, toldOf } from '../../algo/relations/relation.ts';
import { parseTime } from '../../core/clock.ts';
import type { Edge } from '../memory/link-store.ts';
import type { MemoryRow } from '../memory/rules.ts';
import type { Neighbour } from '../understanding/neighbours.ts';

/** Links that a memory gets when it is stored; later ones may link to it too. */
export const MOST_LINKS = 6;
/** A memory that has so many links is linked no more for being similar: a hub says nothing. */
export const MOST_SIMILAR = 24;
/** Contradictions of one memory that are noted. */
export const MOST_CONTRADICTIONS = 6;
/** Neighbours that are read. */
const READ = 24;

/** A neighbour that was stored before, with what relates both. */
export interface Pairing {
  readonly near: Neighbour;
  /** The memory that was stored last is the older one by when it happened. */
  readonly backdated: boolean;
  relations: readonly Relation[];
  /** How near they are, 0..1. */
  readonly nearness: number;
  /** A language model has said how they are related. */
  judged: boolean;
}

export const told = (row: MemoryRow): Told =>
  toldOf(row.content, parseTime(row.occurred_at ?? row.created_at) ?? 0, row.session_id);
const chainOf = (row: MemoryRow): number => row.root_memory_id ?? row.id;

/**
 * @param read a memory as it is compared; it may be kept from an earlier time
 * @returns what is around a memory and was stored before it, the nearest first
 */
export function pairingsOf(
  row: MemoryRow,
  near: readonly Neighbour[],
  chance: number,
  read: (row: MemoryRow) => Told = told,
): Pairing[] {
  const evidence = ({ cosine, lexical }: Neighbour) =>
    Math.max(cosine === null ? 0 : aboveChance(cosine, chance), lexical);
  const subject = read(row);
  return near
    .filter((other) => other.row.id < row.id && chainOf(other.row) !== chainOf(row))
    .sort((a, b) => evidence(b) - evidence(a) || b.row.id - a.row.id)
    .slice(0, READ)
    .map((other) => {
      const neighbour = read(other.row);
      const backdated = subject.at < neighbour.at;
      const [newer, older] = backdated ? [neighbour, subject] : [subject, neighbour];
      const given = { cosine: other.cosine, chance, lexical: other.lexical };
      return {
        near: other,
        backdated,
        relations: relationsOf(newer, older, given),
        nearness: nearness(newer, older, given),
        judged: false,
      };
    });
}

const rank = (relation: Relation): number => RELATIONS.indexOf(relation.type);
const byWeight = (a: Pairing, b: Pairing): number =>
  rank(a.relations[0]!) - rank(b.relations[0]!) ||
  b.relations[0]!.strength - a.relations[0]!.strength ||
  b.near.row.id - a.near.row.id;

/** Those that are worth a link, what matters most first. */
export const related = (pairings: readonly Pairing[]): Pairing[] =>
  pairings.filter(({ relations }) => relations.length > 0).sort(byWeight);

/** @param given neighbours that are linked already, for which being similar is no news */
export function linksOf(
  row: MemoryRow,
  pairings: readonly Pairing[],
  given: ReadonlySet<number>,
  degree: (id: number) => number,
): Edge[] {
  return related(pairings)
    .filter(({ relations, near }) => {
      const id = near.row.id;
      return relations[0]!.type !== 'similarity' || (!given.has(id) && degree(id) < MOST_SIMILAR);
    })
    .slice(0, MOST_LINKS)
    .flatMap(({ near, backdated, relations }) =>
      relations.map(({ type, backwards, strength }) => {
        const [source_id, target_id] = backdated === backwards ? [row.id, near.row.id] : [near.row.id, row.id];
        return { source_id, target_id, type, similarity: strength };
      }),
    );
}
