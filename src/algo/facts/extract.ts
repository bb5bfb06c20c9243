// Reads English text for facts by rules. What is not stated plainly is passed over: a wrong fact does more harm than a
// missing one.
import { type Antecedent, antecedentOf, openingPronoun, withSubject } from '../coreference.ts';
import { sentencesOf } from '../sentences.ts';
import { parseTimeRange } from '../temporal.ts';
import { noteFacts } from './attributes.ts';
import { endedFacts, statedFacts, tasteFacts } from './clause.ts';
import { type Fact, factKey, isSingleValued } from './fact.ts';
import { isCode, isDoubtful, isNegated } from './guards.ts';
import { ATTRIBUTES } from './lexicon.ts';
import type { Said } from './subject.ts';

/** Sentences of one text that are looked at, and facts that are kept of it. */
const MAX_SENTENCES = 200;
export const MAX_FACTS = 60;
const LONGEST_SENTENCE = 300;

export const USER = 'user';
const SPEAKER =
  /^(?:\[[^\]\n]{1,40}\]\s*)?(?<name>\p{Lu}[\p{L}\p{M}'’.-]*(?:\s\p{Lu}[\p{L}\p{M}'’.-]*){0,2}):\s+(?=\S)/u;
const NO_SPEAKER = new RegExp(
  `^(?:note|notes|todo|fixme|warning|example|update|correction|fact|facts|summary|decision|status|question|answer|issue|problem|reminder|important|info|tip|result|conclusion|context|background|error|edit|ps|re|subject|title|${ATTRIBUTES})$`,
  'i',
);
const MACHINE = /^(?:assistant|system|ai|bot|tool|claude|chatgpt)$/i;
/** Openings that add nothing: what follows is stated as plainly. */
const OPENING =
  /^(?:actually|also|so|well|oh|hey|hi|yes|yeah|no|ok|okay|now|currently|recently|today|fyi|btw|by the way|update|correction|note|fact|remember|edit|in fact|as of (?:today|now)|these days|and|but|then|hey \p{Lu}\p{L}+|wow|haha|anyway|luckily|fortunately|unfortunately|sadly|finally)\s*[,:—–-]\s*/iu;
const DATE_OPENING =
  /^(?:(?:in|on|since|last|this)\s+[^,]{2,30}|yesterday|(?:two|three|a few|\d+)\s+\p{L}+\s+ago),\s+(?=\S)/iu;
const SPLIT = /\s*(?:;|,?\s+(?:and|but)|,)\s+(?=(?:I|we|I['’]m|we['’]re|my|our|the|he|she|it|they)\s+\S)/u;
const SAME_SUBJECT =
  /^(?<s>.+?)\s+(?<first>(?:\p{L}+\s+)?\p{L}+\b.*?)\s+and\s+(?<next>(?:(?:now|currently|also)\s+)?(?:works?|lives?|uses?|owns|runs? on|listens? on|has|speaks?|depends? on)\s.+)$/u;
const CONTRACTIONS: readonly [RegExp, string][] = [
  [/\b(I)['’]m\b/g, '$1 am'],
  [/\b(we|they|you)['’]re\b/gi, '$1 are'],
  [/\b(I|we|they|you)['’]ve\b/gi, '$1 have'],
  [/\b(he|she|it|that|there|who|what)['’]s\b/gi, '$1 is'],
];

/** @param at when it was said, epoch milliseconds: "yesterday" is the day before */
export function factsOf(text: string, at: number): Fact[] {
  const found = new Map<string, Fact>();
  let speaker = USER;
  let before: Antecedent | null = null;
  let block = -1;
  for (const sentence of sentencesOf(text).slice(0, MAX_SENTENCES)) {
    if (sentence.kind === 'code' || sentence.text.length > LONGEST_SENTENCE) continue;
    if (sentence.block !== block) before = null;
    block = sentence.block;
    let words = sentence.text;
    const name = SPEAKER.exec(words)?.groups?.name;
    if (name !== undefined && !NO_SPEAKER.test(name) && noteFacts(words, { speaker, at }).length === 0) {
      speaker = /^user$/i.test(name) ? USER : name;
      words = words.slice(SPEAKER.exec(words)![0].length);
      before = null;
    }
    if (words === '' || MACHINE.test(speaker)) continue;
    const plain = withSubject(words, before);
    const next: Antecedent | null = openingPronoun(words) === null ? antecedentOf(words) : before;
    if (plain !== null) for (const fact of ofSentence(plain, { speaker, at })) keep(fact);
    before = next;
  }
  return [...found.values()].slice(0, MAX_FACTS);

  /** Of what a text says of one thing twice, the later counts: it may correct itself. */
  function keep(fact: Fact): void {
    const slot = [factKey(fact.subject), fact.predicate, fact.ended];
    const single = isSingleValued(fact.predicate) && !fact.ended && fact.at === null;
    found.set(JSON.stringify(single ? slot : [...slot, factKey(fact.object), fact.at]), fact);
  }
}

function ofSentence(sentence: string, said: Said): Fact[] {
  if (isCode(sentence)) return [];
  const notes = noteFacts(sentence, said);
  if (notes.length > 0) return notes;
  let text = sentence;
  for (const [pattern, full] of CONTRACTIONS) text = text.replace(pattern, full);
  text = text.replace(OPENING, '');
  const opening = DATE_OPENING.exec(text)?.[0] ?? '';
  // "Last May, I moved": said at the end it is read with the rest.
  if (opening !== '' && parseTimeRange(opening, said.at) !== null)
    text = `${text.slice(opening.length).replace(/[.!]+$/, '')} ${opening.replace(/,\s*$/, '')}`;
  return text
    .split(SPLIT)
    .flatMap(clausesOf)
    .flatMap((clause) => ofClause(clause.trim(), said));
}

/** "lives in Rome and works at Acme" has one subject and two clauses. */
function clausesOf(text: string): string[] {
  const { s, first, next } = SAME_SUBJECT.exec(text)?.groups ?? {};
  if (s === undefined || s.split(' ').length > 4) return [text];
  return [`${s} ${first}`, `${s} ${next}`];
}

function ofClause(clause: string, said: Said): Fact[] {
  if (isQuestionLike(clause)) return [];
  const ended = endedFacts(clause, said);
  if (ended.length > 0) return ended;
  const tastes = tasteFacts(clause, said);
  if (tastes.length > 0) return tastes;
  return isDoubtful(clause) || isNegated(clause) ? [] : statedFacts(clause, said);
}

const isQuestionLike = (text: string): boolean =>
  /\?["'”’)\]]*$/.test(text) || /^(?:if|when|unless|maybe|perhaps|imagine|suppose|i wish)\b/i.test(text);
