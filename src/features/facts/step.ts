// Reading a memory for facts, and keeping the time that facts hold for in order.
import { factsOf } from '../../algo/facts/extract.ts';
import { parseTime } from '../../core/clock.ts';
import type { Llm } from '../../core/llm.ts';
import type { Logger } from '../../core/log.ts';
import type { MemoryRow } from '../memory/rules.ts';
import type { Step } from '../understanding/service.ts';
import { factsByLlm } from './llm.ts';
import { type FactRow, type FoundFact, merged, type Slot, sameFact, stated, timeline } from './rules.ts';
import type { FactStore } from './store.ts';

/** What these say was read where they took it from. */
const DERIVED = new Set(['decomposition', 'consolidation', 'reflection', 'growth']);
export const isDerived = ({ source }: Pick<MemoryRow, 'source'>): boolean => DERIVED.has(source);

export const saidAt = (row: Pick<MemoryRow, 'occurred_at' | 'created_at'>): string => row.occurred_at ?? row.created_at;

export interface FactReading {
  llm: Llm | null;
  logger: Logger;
}

/** By rules; with a model also what it finds. A model that fails takes nothing away. */
export async function readFacts({ llm, logger }: FactReading, row: MemoryRow): Promise<FoundFact[]> {
  const at = parseTime(saidAt(row)) ?? 0;
  const rules = factsOf(row.content, at);
  if (llm === null) return merged(rules, []);
  try {
    return merged(rules, await factsByLlm(llm, row.content, at));
  } catch (error) {
    logger.warn({ err: error, memory: row.id }, 'facts were read by rules only');
    return merged(rules, []);
  }
}

type Stores = { facts: FactStore };

/** Puts the validity of all facts of these slots right. */
export async function settle({ facts }: Stores, user_id: number, slots: readonly Slot[], now: string): Promise<void> {
  const distinct = new Map(
    slots.map(({ space_id, subject_key, predicate }) => [
      JSON.stringify([space_id, subject_key, predicate]),
      { space_id, subject_key, predicate },
    ]),
  );
  for (const slot of distinct.values())
    for (const [id, validity] of timeline(await facts.slot(user_id, slot, now))) await facts.set(user_id, id, validity);
}

/**
 * Makes the facts of a memory those that were found. What an earlier version said too stays the same fact and moves to the
 * new one; what it said besides ends with it.
 */
export async function writeFacts(
  stores: Stores,
  row: MemoryRow,
  previous: MemoryRow | null,
  found: readonly FoundFact[],
  now: string,
): Promise<void> {
  const { facts } = stores;
  const { user_id, space_id } = row;
  const ids = previous === null ? [row.id] : [row.id, previous.id];
  const known = await facts.ofMemories(user_id, ids);
  const touched: Slot[] = [...known];
  const kept = new Set<number>();
  for (const fact of found) {
    const text = stated(fact, saidAt(row));
    const next = { ...text, space_id };
    touched.push(next);
    const same = known.find((one) => !kept.has(one.id) && sameFact(one, next));
    if (!same) {
      const unset = { withdrawn_at: null, invalid_at: null, invalidated_by: null };
      await facts.insert({ ...next, ...unset, user_id, memory_id: row.id, created_at: now });
      continue;
    }
    kept.add(same.id);
    const taken: Partial<FactRow> = { ...text, memory_id: row.id };
    // Said again without a date, it holds since it was said first.
    if (fact.at === null && same.memory_id !== row.id) taken.valid_at = same.valid_at;
    if (fact.at === null && same.memory_id === row.id && previous !== null && same.valid_at < text.valid_at)
      taken.valid_at = same.valid_at;
    if (same.memory_id !== row.id) taken.withdrawn_at = null;
    await facts.set(user_id, same.id, taken);
  }
  const gone = known.filter(({ id }) => !kept.has(id));
  await facts.remove(
    user_id,
    gone.filter(({ memory_id }) => memory_id === row.id).map(({ id }) => id),
  );
  for (const { id, memory_id, withdrawn_at } of gone)
    if (memory_id !== row.id && withdrawn_at === null) await facts.set(user_id, id, { withdrawn_at: row.created_at });
  await settle(stores, user_id, touched, now);
}

export const factStep = <S extends Stores>(reading: FactReading): Step<S> => ({
  name: 'facts',
  async read({ row, previous, now }) {
    if (isDerived(row)) return null;
    const found = await readFacts(reading, row);
    return (stores) => writeFacts(stores, row, previous, found, now);
  },
});
