// The parts that patterns over a clause are put together from: who, auxiliaries, manner, and word lists.
import { EVENTS, FEELINGS, FELT, STIRS, TRAITS } from './lexicon.ts';
import type { SignalType } from './types.ts';

export interface Rule {
  readonly type: SignalType;
  /** Named groups: `who` (whose it is), `pre` (auxiliaries and adverbs, may negate), `topic`, `than` (what is liked less). */
  readonly pattern: RegExp;
  /** 0..1 before intensifiers; with a table, the strength of the matched word in group `word`. */
  readonly base: number | ReadonlyMap<string, number>;
  readonly polarity?: -1;
  /** Without a subject the clause speaks of whoever is being talked about. */
  readonly elliptic?: true;
  /** Only where somebody speaks by name, as in a chat: in notes the same words tell how things are. */
  readonly spoken?: true;
  /** The topic has to name a role. */
  readonly role?: true;
  /** The topic is the clause before, the clause after (when the pattern found none), or this one. */
  readonly about?: 'before' | 'after' | 'all';
}

export const NAME = String.raw`\p{Lu}[\p{L}'’-]+(?: \p{Lu}[\p{L}'’-]+){0,2}`;
export const OPENING =
  '(?:(?:and|but|so|because|since|although|though|while|that|then|also|now|yes|yeah|oh|wow|well|honestly|actually|personally|lately|currently|today|these days|note|remember|apparently|mostly|overall) )*';
const WHO = `(?:^${OPENING}|(?<=\\s))(?<who>I|[Ww]e|(?:[Tt]he |[Tt]his )?[Uu]ser|(?:[Tt]he|[Oo]ur) team|[Hh]e|[Ss]he|[Tt]hey|${NAME})`;
const OF_WHOM = `(?<who>me|us|(?:the|this) user|him|her|them|${NAME})`;
const WHOSE = `(?:^${OPENING}|(?<=\\s))(?<who>[Mm]y|[Oo]ur|[Hh]is|[Hh]er|[Tt]heir|(?:[Tt]he |[Tt]his )?[Uu]ser['’]s|${NAME}['’]s?)`;
const MANNER =
  'really|truly|absolutely|always|also|just|still|so|very|much|totally|completely|definitely|deeply|strongly|firmly|usually|often|generally|mostly|particularly|especially|clearly|simply|rather|quite|pretty|actually|finally|recently|currently|now|even|only|too|all|kind of|sort of|a bit|a little|a lot|super|extremely|incredibly|genuinely|sincerely|both|already|constantly|somewhat|secretly|tend to|tends to|happen to|came to|come to|grew to|have to say|must say|have to admit|must admit';
const AUX = 'do|does|did|have|has|had|am|is|are|was|were|been|being|will|can|could|would|should|might|may|must';
const NOT = 'not|never|no longer|hardly|barely|rarely|neither';
const PRE = `(?<pre>(?:(?:${MANNER}|${AUX}|${NOT}) )*)`;
const BE =
  '(?:am|is|are|was|were|be|been|being|feel|feels|felt|feeling|get|gets|got|getting|become|becomes|became|getting|remain|remains)';
const TOPIC = '(?<topic>.+)$';

const escaped = (word: string): string => word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
export const anyOf = (table: ReadonlyMap<string, number>): string =>
  [...table.keys()]
    .sort((a, b) => b.length - a.length)
    .map(escaped)
    .join('|');

/** `{who}`, `{pre}`, ... stand for the parts above. */
const PARTS: Readonly<Record<string, string>> = {
  who: WHO,
  whom: OF_WHOM,
  whose: WHOSE,
  pre: PRE,
  be: BE,
  manner: `(?<manner>(?:(?:${MANNER}|more|most|${NOT}) )*)`,
  topic: TOPIC,
  feeling: `(?<word>${anyOf(FEELINGS)})`,
  felt: `(?<word>${anyOf(FELT)})`,
  event: `(?<word>${anyOf(EVENTS)})`,
  stir: `(?<word>${anyOf(STIRS)})`,
  trait: `(?:${TRAITS})`,
};
const rx = (source: string): RegExp =>
  new RegExp(
    source.replace(/(?<!\\p)\{([a-z]+)\}/g, (_, part: string) => PARTS[part]!),
    'u',
  );

/** A rule whose pattern is written with `{parts}`. */
export const rule = (type: SignalType, base: Rule['base'], source: string, more: Partial<Rule> = {}): Rule => ({
  type,
  base,
  pattern: rx(source),
  ...more,
});
