// Links a stored memory to those around it, and notes which of them it contradicts.
import type { Told } from '../../algo/relations/relation.ts';
import type { Llm } from '../../core/llm.ts';
import type { Logger } from '../../core/log.ts';
import type { ContradictionStore, NewContradiction } from '../contradictions/store.ts';
import type { LinkStore } from '../memory/link-store.ts';
import type { MemoryRow } from '../memory/rules.ts';
import type { Semantics } from '../memory/semantics.ts';
import type { Step, Subject } from '../understanding/service.ts';
import { judge } from './judge.ts';
import { linksOf, MOST_CONTRADICTIONS, type Pairing, pairingsOf, related, told } from './rules.ts';

interface Stores {
  links: Pick<LinkStore, 'givenTo' | 'replaceFound' | 'touching'>;
  contradictions: Pick<ContradictionStore, 'replace' | 'settledWith'>;
}

export interface LinkingDeps {
  read: Stores;
  semantics: Pick<Semantics, 'chance'>;
  /** Null: rules alone decide. */
  llm: Llm | null;
  logger: Logger;
}

/** Readings of memories that are kept for the next ones. */
const KNOWN = 1_000;
/** Looked at before a link for being similar is made. */
const LOOKED_AT = 12;

export function linkingStep<S extends Stores>({ read, semantics, llm, logger }: LinkingDeps): Step<S> {
  /** The same memories are around many others; a row of an id never changes its text. */
  const known = new Map<number, Told>();
  function recalled(row: MemoryRow): Told {
    let reading = known.get(row.id);
    if (!reading) {
      if (known.size >= KNOWN) known.clear();
      reading = told(row);
      known.set(row.id, reading);
    }
    return reading;
  }

  /** How many links the first few have, so that none of them becomes a hub. */
  async function degreesOf(user_id: number, pairings: readonly Pairing[]): Promise<(id: number) => number> {
    const ids = related(pairings)
      .slice(0, LOOKED_AT)
      .map(({ near }) => near.row.id);
    const degrees = new Map<number, number>();
    for (const { source_id, target_id } of await read.links.touching(user_id, ids))
      for (const id of [source_id, target_id]) degrees.set(id, (degrees.get(id) ?? 0) + 1);
    return (id) => degrees.get(id) ?? 0;
  }

  /** Those that were settled, for this memory or the version before it, are not brought up again. */
  async function withoutSettled({ row, previous }: Subject, pairings: readonly Pairing[]): Promise<void> {
    if (!pairings.some(({ relations }) => relations.some(({ contradiction }) => contradiction))) return;
    const settled = new Set(await read.contradictions.settledWith(row.user_id, row.id));
    if (previous) for (const id of await read.contradictions.settledWith(row.user_id, previous.id)) settled.add(id);
    for (const pairing of pairings)
      if (settled.has(pairing.near.row.id) && pairing.relations.some(({ contradiction }) => contradiction))
        pairing.relations = [];
  }

  const contradictionsIn = ({ row }: Subject, pairings: readonly Pairing[]): NewContradiction[] =>
    related(pairings)
      .filter(({ relations }) => relations[0]!.contradiction !== null)
      .slice(0, MOST_CONTRADICTIONS)
      .flatMap(({ near, backdated, relations, judged }) =>
        relations.flatMap(({ contradiction }) => {
          if (!contradiction) return [];
          const [memory_a, memory_b] = backdated ? [row.id, near.row.id] : [near.row.id, row.id];
          return {
            memory_a,
            memory_b,
            kind: contradiction.kind,
            description: contradiction.reason,
            confidence: contradiction.confidence,
            similarity: near.cosine,
            verified: judged ? 1 : 0,
          };
        }),
      );

  return {
    name: 'links',
    async read(subject) {
      const { row, previous, near, now } = subject;
      const pairings = pairingsOf(row, await near(), semantics.chance, recalled);
      if (llm) await judge(llm, row, pairings, logger);
      await withoutSettled(subject, pairings);
      const given = await read.links.givenTo(row.user_id, row.id);
      const edges = linksOf(row, pairings, given, await degreesOf(row.user_id, pairings));
      const found = contradictionsIn(subject, pairings);
      return async ({ links, contradictions }) => {
        if (previous) await links.replaceFound(row.user_id, previous.id, [], now);
        await links.replaceFound(row.user_id, row.id, edges, now);
        await contradictions.replace(row.user_id, row.id, found, now);
      };
    },
  };
}
