// Whether two texts cannot both hold now. Precise rather than complete: only plain statements about the same subject are
// compared, and whatever is not understood counts as compatible.
import type { Claim, Part, Reading } from './claims.ts';
import { ATTRIBUTES, MANY_OF, POLES, type Pole, SEVERAL, SINGLE, setOf } from './lexicon.ts';
import type { Term } from './terms.ts';
import { endedBy } from './transitions.ts';

/** `judged` is what a language model said; the others are found here. */
export const CLASHES = ['value', 'number', 'negation', 'state', 'change', 'judged'] as const;
export type Clash = (typeof CLASHES)[number];

export interface Contradiction {
  readonly kind: Clash;
  /** How sure, 0..1. */
  readonly confidence: number;
  /** One sentence without a full stop. */
  readonly reason: string;
}

const keyOf = ({ key }: Term): string => key;
const keysOf = (terms: readonly Term[]): Set<string> => new Set(terms.map(keyOf));
const same = (a: ReadonlySet<string>, b: ReadonlySet<string>): boolean =>
  a.size === b.size && [...a].every((key) => b.has(key));
const shown = (terms: readonly Term[]): string => terms.map(({ text }) => text).join(' ');

const MEASURED = setOf('number amount date time day currency');
const FREQUENCIES = setOf('hourly daily nightly weekly biweekly fortnightly monthly quarterly yearly annually');
const ORDINALS = setOf('first second third fourth fifth sixth seventh eighth ninth tenth');
/** What it measures, so that only like is compared with like; null for words and names. */
function measureOf({ kind, unit, text }: Term): string | null {
  if (MEASURED.has(kind)) return `${kind} ${unit}`;
  if (FREQUENCIES.has(text)) return 'frequency';
  return ORDINALS.has(text) ? 'ordinal' : null;
}

/** Of dates, a month holds its days, and a day without a year is in any. */
function unlike(a: Term, b: Term): boolean {
  if (a.kind !== 'date' || b.kind !== 'date') return keyOf(a) !== keyOf(b);
  const [one, other] = [a, b].map(({ key }) => /^(-|\d{4})-(\d\d)(?:-(\d\d))?$/.exec(key) ?? []) as unknown as [
    string[],
    string[],
  ];
  const differ = (at: number) =>
    one[at] !== undefined && other[at] !== undefined && one[at] !== '-' && other[at] !== '-' && one[at] !== other[at];
  return differ(1) || differ(2) || differ(3);
}

/** What is told apart by its number: "ticket 12" is another one than "ticket 13", not the same with another value. */
const IDENTIFIED = setOf(
  `ticket issue pr bug order invoice customer case build sprint request deploy run job task item page chapter line row
  account meeting user step question number no note commit`,
);

interface Rest {
  common: Part[];
  a: Part[];
  b: Part[];
}

/** What both objects have, and what only one has. */
function restOf(a: readonly Part[], b: readonly Part[]): Rest {
  const [inA, inB] = [keysOf(a), keysOf(b)];
  return {
    common: a.filter((part) => inB.has(keyOf(part))),
    a: a.filter((part) => !inB.has(keyOf(part))),
    b: b.filter((part) => !inA.has(keyOf(part))),
  };
}

interface Stand extends Pole {
  negated: boolean;
  key: string;
}

/** Where a claim stands on axes such as enabled and disabled. */
function standsOf(claim: Claim): Stand[] {
  const found: Stand[] = [];
  const note = (term: Pick<Term, 'text' | 'key'>) => {
    for (const { axis, pole, poles } of POLES.get(term.text) ?? []) {
      const turned = claim.negated && poles === 2;
      found.push({ axis, poles, pole: turned ? 1 - pole : pole, negated: claim.negated && !turned, key: term.key });
    }
  };
  note({ text: claim.verb, key: '' });
  for (const part of claim.object) note(part);
  return found;
}

const standsApart = (a: Stand, b: Stand): boolean =>
  a.negated === b.negated ? !a.negated && a.pole !== b.pole : a.pole === b.pole;

function inState(a: Claim, b: Claim): Contradiction | 'same' | null {
  const [mine, theirs] = [standsOf(a), standsOf(b)];
  for (const one of mine)
    for (const other of theirs) {
      if (one.axis !== other.axis) continue;
      const without = (parts: readonly Part[], key: string) => parts.filter((part) => part.key !== key);
      const rest = restOf(without(a.object, one.key), without(b.object, other.key));
      const [more, less] = rest.a.length > 0 ? [rest.a, rest.b] : [rest.b, rest.a];
      if (less.length > 0) continue;
      // "red on Windows" restricts what it says, "approved by legal" does not.
      if (more.some(({ after }) => after !== '' && after !== 'by' && after !== 'since' && after !== 'as')) continue;
      if (!standsApart(one, other)) return 'same';
      return {
        kind: a.negated !== b.negated ? 'negation' : 'state',
        confidence: more.length === 0 ? 0.92 : 0.8,
        reason: `${shown(a.subject)}: ${shown(a.object)} against ${shown(b.object)}`,
      };
    }
  return null;
}

/** A denial is as wide as what it denies, or wider: "not after noon" leaves the morning. */
function inPolarity(a: Claim, b: Claim): Contradiction | null {
  if (a.negated === b.negated || a.verb !== b.verb) return null;
  const [denial, claim] = a.negated ? [a, b] : [b, a];
  const rest = restOf(denial.object, claim.object);
  if (rest.a.length > 0 || (denial.object.length === 0 && claim.object.length > 2)) return null;
  if (rest.b.length > 0 && denial.object.length === 0) return null;
  return {
    kind: 'negation',
    confidence: rest.b.length === 0 ? 0.93 : 0.75,
    reason: `one says "${shown(claim.terms)}", the other denies it`,
  };
}

const nameLike = ({ kind }: Term): boolean => kind === 'name' || kind === 'code';
const PERSONAL = setOf('user we they you he she');
const isPerson = (subject: readonly Term[]): boolean =>
  subject.length > 0 && subject.every(({ kind, text }) => kind === 'name' || PERSONAL.has(text));
/** What a subject is an attribute of must be named, or be the only one of its kind. */
const isAttribute = ({ subject, valued }: Claim): boolean =>
  !subject.some(({ text }) => MANY_OF.has(text)) && (valued || subject.some(({ text }) => ATTRIBUTES.has(text)));
/** Values that are not of the kind "red" or "finished", of which a thing has many. */
const ADJECTIVE = /(?:ed|ing|ful|able|ible|ive|ous|less|ish|ant|ent)$/;
/** What a thing or person does one way only, as far as the same question goes. */
const CHOOSES = setOf('prefer want need require expect use write return send store serve accept');
const MAIN = setOf('native main primary only favourite favorite preferred first');

function inNumber(a: Claim, b: Claim, rest: Rest): Contradiction | null {
  if (a.happened || b.happened) return null;
  const measured = (parts: readonly Part[], all: readonly Part[]) =>
    parts.filter((part) => measureOf(part) !== null && !IDENTIFIED.has(all[all.indexOf(part) - 1]?.text ?? ''));
  const plain = (parts: readonly Part[]) => parts.filter((part) => measureOf(part) === null);
  const [mine, theirs] = [measured(rest.a, a.object), measured(rest.b, b.object)];
  if (mine.length === 0 || theirs.length === 0) return null;
  if (plain(rest.a).length > 0 && plain(rest.b).length > 0) return null;
  if (plain(rest.a).length + plain(rest.b).length > 2) return null;
  for (const one of mine)
    for (const other of theirs)
      if (measureOf(one) === measureOf(other) && unlike(one, other))
        return {
          kind: 'number',
          confidence: plain(rest.a).length + plain(rest.b).length === 0 ? 0.95 : 0.8,
          reason: `${shown(a.subject)}: ${one.text} against ${other.text}`,
        };
  return null;
}

function inValue(a: Claim, b: Claim, rest: Rest): Contradiction | null {
  if (a.happened || b.happened) return null;
  const measured = (parts: readonly Part[]) => parts.some((part) => measureOf(part) !== null);
  if (rest.a.length === 0 || rest.b.length === 0 || rest.a.length > 6 || rest.b.length > 6) return null;
  const [one, other] = [rest.a[0]!, rest.b[0]!];
  // "The database is PostgreSQL" and "the database is a PostgreSQL cluster" have the value in common.
  if (rest.common.some(nameLike) && !(rest.a.every(nameLike) && rest.b.every(nameLike))) return null;
  if (one.after !== other.after) return null;
  const named = rest.a.some(nameLike) && rest.b.some(nameLike);
  const alike = named || (!rest.a.some(nameLike) && !rest.b.some(nameLike) && measured(rest.a) === measured(rest.b));
  const attribute = isAttribute(a) && isAttribute(b);
  const said = (confidence: number): Contradiction => ({
    kind: 'value',
    confidence,
    reason: `${shown(a.subject)}: ${shown(rest.a)} against ${shown(rest.b)}`,
  });
  const adjectives = [...rest.a, ...rest.b].some(({ text, kind }) => kind === 'word' && ADJECTIVE.test(text));
  if (a.verb === 'be') {
    if (attribute && (named || (alike && !adjectives) || (!adjectives && one.after === '')))
      return said(named ? 0.93 : 0.85);
    if (named && one.after !== '' && !isPerson(a.subject)) return said(0.85);
    if (named && rest.common.length > 0) return said(0.8);
    return null;
  }
  if (SINGLE.has(a.verb)) return alike || rest.common.length > 0 ? said(named ? 0.92 : 0.8) : null;
  if (rest.common.some(({ text }) => MAIN.has(text))) return said(0.85);
  if (SEVERAL.has(a.verb) || !CHOOSES.has(a.verb) || one.after === 'to') return null;
  // "prefers tabs for indentation", "wants blue buttons": what it is for, or what it is, makes it one question.
  const oneQuestion = rest.common.some(({ after }) => after !== '') || a.object.at(-1)!.key === b.object.at(-1)!.key;
  return oneQuestion && alike ? said(0.75) : null;
}

function sameSubject(a: Claim, b: Claim): boolean {
  if (a.nobody !== b.nobody) return true;
  const [mine, theirs] = [keysOf(a.subject), keysOf(b.subject)];
  return mine.size > 0 && same(mine, theirs) && !mine.has('it') && !mine.has('they');
}

/** Said on another day, "this week" is another week, or may be. */
const OF_ITS_DAY = /\b(?:yesterday|today|tomorrow|tonight|last|this|next)\b/;

function compare(a: Claim, b: Claim, sameDay: boolean): Contradiction | null {
  if (!sameDay && OF_ITS_DAY.test(a.context)) return null;
  if (a.past || b.past || a.context !== b.context || a.modal !== b.modal || !sameSubject(a, b)) return null;
  const state = inState(a, b);
  if (state === 'same') return null;
  if (state) return state;
  const denied = inPolarity(a, b);
  if (denied) return denied;
  if (a.negated || b.negated || a.verb !== b.verb) return null;
  const rest = restOf(a.object, b.object);
  return inNumber(a, b, rest) ?? inValue(a, b, rest);
}

/** Says that something has changed; then the newer one holds. */
const CHANGED =
  /\b(?:now|no longer|not any ?more|any ?more|moved|switched|changed|renamed|replaced|migrated|became|instead|again|as of|quit|left|sold|since then|from now on|updated|upgraded|downgraded|rescheduled|merged|closed|fixed|resolved|cancelled|canceled)\b/i;
export const tellsChange = (text: string): boolean => CHANGED.test(text);

/**
 * @param sameDay both were said on one day
 * @returns the surest contradiction between any two of their sentences; null when both can hold
 */
export function contradictionOf(older: Reading, newer: Reading, sameDay = true): Contradiction | null {
  let best: Contradiction | null = null;
  for (const a of older.claims)
    for (const b of newer.claims) {
      const found = compare(a, b, sameDay);
      if (found && (best === null || found.confidence > best.confidence)) best = found;
    }
  return best ?? endedBy(older, newer);
}
