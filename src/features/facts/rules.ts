// What closes what: decisions about facts and the time they hold for.
import { type Fact, factKey, isSingleValued } from '../../algo/facts/fact.ts';
import { formatTime } from '../../core/clock.ts';
import type { StructuredFactTable } from '../../core/tables.ts';

export type FactRow = { [K in keyof StructuredFactTable]: K extends 'id' ? number : StructuredFactTable[K] };
/** One thing about one subject, within a space. */
export type Slot = Pick<FactRow, 'space_id' | 'subject_key' | 'predicate'>;
export type SlotRow = FactRow & { counts: number };

export type Origin = FactRow['origin'];
export type FoundFact = Fact & { readonly origin: Origin };

/** The columns that come from the text. */
export type Stated = Omit<
  FactRow,
  'id' | 'user_id' | 'space_id' | 'memory_id' | 'withdrawn_at' | 'invalid_at' | 'invalidated_by' | 'created_at'
>;

/** @param said_at when the memory was said; what names no time holds since then */
export const stated = (fact: FoundFact, said_at: string): Stated => ({
  subject: fact.subject,
  subject_key: factKey(fact.subject),
  predicate: fact.predicate,
  verb: fact.verb,
  object: fact.object,
  object_key: factKey(fact.object),
  quantity: fact.quantity,
  unit: fact.unit,
  date_ref: fact.date_ref,
  date_approx: fact.date_approx,
  confidence: fact.confidence,
  origin: fact.origin,
  is_end: fact.ended ? 1 : 0,
  valid_at: fact.at === null ? said_at : formatTime(fact.at),
});

export const sameFact = (a: Pick<FactRow, keyof Slot | 'object_key' | 'is_end'>, b: typeof a): boolean =>
  a.subject_key === b.subject_key &&
  a.predicate === b.predicate &&
  a.object_key === b.object_key &&
  a.is_end === b.is_end &&
  a.space_id === b.space_id;

/** What the rules found, and what a model found besides. */
export function merged(rules: readonly Fact[], llm: readonly Fact[]): FoundFact[] {
  const key = ({ subject, predicate, object, ended }: Fact) =>
    JSON.stringify([factKey(subject), predicate, factKey(object), ended]);
  const known = new Set(rules.map(key));
  // Of what one can have one of, the rules' reading of the same words stands.
  const taken = new Set(
    rules
      .filter((fact) => isSingleValued(fact.predicate))
      .map((fact) => JSON.stringify([factKey(fact.subject), fact.predicate, fact.ended])),
  );
  const more = llm.filter(
    (fact) => !known.has(key(fact)) && !taken.has(JSON.stringify([factKey(fact.subject), fact.predicate, fact.ended])),
  );
  return [
    ...rules.map((fact) => ({ ...fact, origin: 'rules' as const })),
    ...more.map((fact) => ({ ...fact, origin: 'llm' as const })),
  ];
}

export type Validity = Pick<FactRow, 'invalid_at' | 'invalidated_by'>;

/** "Postgres" ends "Postgres 15". */
const meansTheSame = (a: string, b: string): boolean => a === b || a.startsWith(`${b} `) || b.startsWith(`${a} `);

/**
 * Until when every fact of a slot holds: until the next one that says otherwise, where there can be one value only; until
 * one that says it is over; or until a newer version of its memory left it out. What a hidden memory says, or a replaced
 * one, closes nothing.
 * @param rows in any order
 * @returns for those whose validity differs from what is stored
 */
export function timeline(rows: readonly SlotRow[]): Map<number, Validity> {
  const changed = new Map<number, Validity>();
  const closers = rows
    .filter((row) => row.counts === 1 && row.withdrawn_at === null)
    .sort((a, b) => (a.valid_at < b.valid_at ? -1 : a.valid_at > b.valid_at ? 1 : a.id - b.id));
  for (const row of rows) {
    if (row.is_end === 1) continue;
    const closer = closers.find(
      (other) =>
        other.id !== row.id &&
        (other.valid_at > row.valid_at || (other.valid_at === row.valid_at && other.id > row.id)) &&
        (other.is_end === 1
          ? meansTheSame(other.object_key, row.object_key)
          : isSingleValued(row.predicate) && other.object_key !== row.object_key),
    );
    const over = closer && (row.withdrawn_at === null || closer.valid_at < row.withdrawn_at);
    const validity: Validity = over
      ? { invalid_at: closer.valid_at, invalidated_by: closer.id }
      : // A replaced version's fact is succeeded by what the new version says instead.
        { invalid_at: row.withdrawn_at, invalidated_by: row.withdrawn_at === null ? null : (closer?.id ?? null) };
    if (validity.invalid_at !== row.invalid_at || validity.invalidated_by !== row.invalidated_by)
      changed.set(row.id, validity);
  }
  return changed;
}

/** Names that clients know some facts of the user by. */
const STATE_KEYS: Readonly<Record<string, string>> = {
  lives_in: 'current_location',
  role: 'current_role',
  works_at: 'current_employer',
};
export const stateKey = (predicate: string): string => STATE_KEYS[predicate] ?? predicate;

export type StateRow = {
  id: number;
  agent: string;
  key: string;
  value: string;
  memory_id: number;
  previous_value: string | null;
  previous_memory_id: number | null;
  updated_count: number;
  user_id: number;
  updated_at: string;
  created_at: string;
};

/** @param rows facts of the user, oldest first */
export function stateOf(rows: readonly FactRow[], now: string): StateRow[] {
  const single = rows.filter((row) => isSingleValued(row.predicate));
  return [...Map.groupBy(single, (row) => row.predicate)].flatMap(([predicate, all]) => {
    const current = all.findLast((row) => row.invalid_at === null || row.invalid_at > now);
    if (!current) return [];
    const earlier = all.filter((row) => row.object_key !== current.object_key && row.valid_at <= current.valid_at);
    const previous = earlier.at(-1);
    const values = all.filter((row, at) => row.object_key !== all[at - 1]?.object_key);
    return [
      {
        id: current.id,
        agent: 'user',
        key: stateKey(predicate),
        value: current.object,
        memory_id: current.memory_id,
        previous_value: previous?.object ?? null,
        previous_memory_id: previous?.memory_id ?? null,
        updated_count: values.length,
        user_id: current.user_id,
        updated_at: current.valid_at,
        created_at: all[0]!.created_at,
      },
    ];
  });
}
