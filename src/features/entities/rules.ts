// What is decided about entities, as pure functions.
import { foldName, nameKey, shortKey } from '../../algo/entities/keys.ts';
import { sameIn } from '../../algo/entities/statements.ts';
import type { Found } from '../../algo/entities/types.ts';
import type { EntityTable } from '../../core/tables.ts';

export type EntityRow = { [K in keyof EntityTable]: K extends 'id' ? number : EntityTable[K] };

/** Entities of one memory. */
export const MOST_ENTITIES = 32;
/** Entities of one memory that form pairs: the number of pairs grows with its square. */
export const MOST_PAIRED = 12;

export const spaceKey = (space_id: number | null): number => space_id ?? 0;

/** The name of an entity as its text has it. */
export interface Draft {
  readonly type: Found['type'];
  readonly name: string;
  readonly key: string;
  mentions: number;
  /** Keys of further names of it in the text, with how they are written. */
  readonly others: Map<string, string>;
  /** Those of `others` the text itself calls another name of it. */
  readonly stated: Set<string>;
  readonly confidence: number;
}

const draftOf = ({ type, name }: Pick<Found, 'type' | 'name'>, confidence: number): Draft => ({
  type,
  name,
  key: nameKey(type, name),
  mentions: 0,
  others: new Map(),
  stated: new Set(),
  confidence,
});
const RULE_CONFIDENCE = 0.8;

/** Names of a text, each once: those most spoken of first. @returns also which draft every name went to */
export function gather(
  text: string,
  found: readonly Found[],
  confidence = RULE_CONFIDENCE,
): { drafts: Draft[]; of: Map<Found, Draft> } {
  const drafts = new Map<string, Draft>();
  const typed = new Map<string, Draft>();
  const of = new Map<Found, Draft>();
  const full = found.filter(({ type, name }) => type !== 'unknown' && shortKey(type, name) !== null);
  // Known ones first, so that a bare name finds the longer one.
  for (const one of [...found].sort((a, b) => rank(a) - rank(b) || a.start - b.start)) {
    const key = nameKey(one.type, one.name);
    let draft = one.type === 'unknown' ? typed.get(foldName(one.name)) : drafts.get(`${one.type} ${key}`);
    if (!draft && (one.type === 'person' || one.type === 'server' || one.type === 'unknown')) {
      const longer = new Set(
        full
          .filter((long) => long !== one && shortKey(long.type, long.name) === key && one.type !== undefined)
          .map((long) => drafts.get(`${long.type} ${nameKey(long.type, long.name)}`)),
      );
      if (longer.size === 1) draft = [...longer][0];
      draft?.others.set(key, one.name);
    }
    if (!draft) {
      draft = draftOf(one, one.type === 'unknown' ? RULE_CONFIDENCE / 2 : confidence);
      drafts.set(`${one.type} ${key}`, draft);
      typed.set(foldName(one.name), draft);
    }
    draft.mentions++;
    of.set(one, draft);
  }
  for (const { one, other } of sameIn(text, found)) {
    const [kept, gone] = [of.get(one)!, of.get(other)!];
    if (kept === gone || kept.type === 'unknown') continue;
    kept.mentions += gone.mentions;
    kept.others.set(gone.key, gone.name);
    kept.stated.add(gone.key);
    drafts.delete(`${gone.type} ${gone.key}`);
    for (const [span, draft] of of) if (draft === gone) of.set(span, kept);
  }
  const order = [...drafts.values()].sort((a, b) => b.mentions - a.mentions);
  return { drafts: order.slice(0, MOST_ENTITIES), of };
}

const rank = ({ type, name }: Found): number => (type === 'unknown' ? 2 : shortKey(type, name) === null ? 1 : 0);

const THINGS = new Set([
  'tool',
  'server',
  'project',
  'organization',
  'product',
  'service',
  'device',
  'unknown',
  'generic',
]);

/** Whether a name of this type in a text may mean an entity of that type. */
export function mayMean(draft: Draft['type'], entity: Pick<EntityRow, 'entity_type' | 'origin'>): boolean {
  if (draft === 'unknown' || draft === entity.entity_type || entity.entity_type === 'unknown') return true;
  return entity.origin === 'manual' && THINGS.has(draft) === THINGS.has(entity.entity_type);
}

export interface Known {
  named: readonly EntityRow[];
  aliased: readonly { alias_key: string; origin: string; entity: EntityRow }[];
  /** Entities with longer names, by what those are in short. */
  shortened: readonly EntityRow[];
}

export type Resolution =
  | { kind: 'is'; entity: EntityRow }
  /** The short name that was known so far turns out to be this longer one. */
  | { kind: 'rename'; entity: EntityRow }
  | { kind: 'new' }
  | { kind: 'nothing' };

/** Which entity a name means: its own name before other names, the same type before others, nothing that is in doubt. */
export function resolve(draft: Draft, { named, aliased, shortened }: Known): Resolution {
  const keys = new Set([draft.key, foldName(draft.name)]);
  const own = named.filter((entity) => keys.has(entity.name_key) && mayMean(draft.type, entity));
  const best = own.find(({ entity_type }) => entity_type === draft.type) ?? only(own);
  if (best) return { kind: 'is', entity: best };
  const short = shortened.filter(
    ({ short_key, entity_type }) => short_key === draft.key && mayMean(draft.type, { entity_type, origin: 'read' }),
  );
  const called = aliased.filter(
    ({ alias_key, origin, entity }) =>
      keys.has(alias_key) && mayMean(draft.type, entity) && (origin !== 'short' || short.length <= 1),
  );
  const meant = only(dedupe(called.map(({ entity }) => entity)));
  if (meant) return { kind: 'is', entity: meant };
  if (called.length === 0 && short.length === 1) return { kind: 'is', entity: short[0]! };
  if (draft.type === 'unknown') return { kind: 'nothing' };
  const brief = shortKey(draft.type, draft.name);
  const before = named.find(
    ({ name_key, entity_type, origin }) => name_key === brief && entity_type === draft.type && origin === 'read',
  );
  const rivals = shortened.some(({ short_key, entity_type }) => short_key === brief && entity_type === draft.type);
  return before && !rivals ? { kind: 'rename', entity: before } : { kind: 'new' };
}

const only = <T>(list: readonly T[]): T | undefined => (list.length === 1 ? list[0] : undefined);
const dedupe = (rows: readonly EntityRow[]): EntityRow[] => [...new Map(rows.map((row) => [row.id, row])).values()];

/**
 * How much more often two are named together than chance would have it, as normalised pointwise mutual information,
 * 0 (chance or rarer) to 1 (never apart).
 * @param all memories that name anything
 */
export function togetherness(both: number, one: number, other: number, all: number): number {
  if (both <= 0 || one <= 0 || other <= 0 || all <= 0) return 0;
  if (both >= all) return 1;
  const npmi = Math.log((both * all) / (one * other)) / -Math.log(both / all);
  return Math.max(0, Math.min(1, npmi));
}
