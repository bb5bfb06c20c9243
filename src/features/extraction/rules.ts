// What of a conversation is worth remembering, by rules: facts, tastes, decisions, plans and corrections of the people in it.
import { type Antecedent, antecedentOf, openingPronoun, withSubject } from '../../algo/coreference.ts';
import { factsOf, USER } from '../../algo/facts/extract.ts';
import { type Fact, factKey, isSingleValued } from '../../algo/facts/fact.ts';
import { sentencesOf } from '../../algo/sentences.ts';

export interface Turn {
  readonly role: string;
  readonly content: string;
}

export interface Finding {
  readonly content: string;
  /** Null: the one the caller named. */
  readonly category: string | null;
  readonly importance: number | null;
  readonly is_static: boolean;
  readonly is_correction: boolean;
  readonly tags: readonly string[];
  readonly forget_after: string | null;
}

export const MAX_FINDINGS = 100;
const LONGEST = 500;
const SHORTEST_WORDS = 3;
/** A correction is kept as something sure and lasting. */
const CORRECTION = { importance: 9, tag: 'correction' };

/** Roles that speak for nobody. */
const MACHINE = /^(?:assistant|system|tool|function|developer|ai|bot|model|claude|chatgpt|gpt.*)$/i;
const HUMAN = /^(?:user|human|me|customer|client)$/i;
const LINE = /^(?:\[[^\]\n]{1,40}\]\s*)?(?<role>\p{L}[\p{L}\p{M}\p{N} .'’_-]{0,30}?)\s*:\s+(?<content>\S.*)$/u;

/** A log of lines "name: what was said"; lines without a name go on with the one before. One turn of the user when no line has one. */
export function turnsOf(text: string): Turn[] {
  const turns: { role: string; content: string }[] = [];
  for (const line of text.split(/\r?\n/)) {
    const { role, content } = LINE.exec(line)?.groups ?? {};
    const last = turns.at(-1);
    if (role !== undefined && content !== undefined && role.split(/\s+/).length <= 3) turns.push({ role, content });
    else if (last) last.content += `\n${line}`;
    else if (line.trim() !== '') turns.push({ role: USER, content: line });
  }
  return turns;
}

const CORRECTS =
  /^(?:no|nope|wait|sorry|oops|correction|actually|i meant|i mean|my mistake|scratch that|that['’]s (?:wrong|not right|incorrect)|not quite)(?:[\s,.:;!—–-]+(?:(?:no|wait|sorry|actually|i meant|i mean|rather)[\s,.:;!—–-]+)*)(?<right>(?:it|that|i|we|my|our|the|he|she|they|\p{Lu}|\d).*)$/iu;
/** "No, I …" answers a question as often as it corrects. */
const CLEARLY = /\b(?:actually|i meant|correction|my mistake|scratch that|wrong|incorrect|not right|sorry)\b/i;
const DECISION =
  /\b(?:(?:we|I|the team)(?:['’]ve| have)? (?:decided|agreed|chose|settled on|opted)|let['’]s (?:go with|use|stick with|switch to)|(?:we|I)['’]?(?:ll| will) (?:go with|use|stick with|switch to))\b/i;
const PLAN =
  /\b(?:(?:I|we)(?:['’]m|['’]re| am| are) (?:planning (?:to|on)|going to (?!be\b|bed\b|have to|say|sleep)|about to (?:start|launch|move|ship))|(?:I|we) (?:plan to|intend to|have to|need to) (?:\p{L}+ ){1,}.*\b(?:by|on|before|tomorrow|next|until|in \p{Lu})|(?:my|our|the) (?:goal|deadline|plan) is)\b/iu;
const TASTE = /^(?:likes|loves|enjoys|prefers|dislikes|hates|favorite_.*)$/;
const REMEMBER = /^(?:please\s+)?(?:remember|note|keep in mind|don['’]t forget)(?:\s+that|:|,)?\s+(?<what>\S.*)$/i;

interface Candidate extends Finding {
  readonly facts: readonly Fact[];
}

/** @param at when it was said, epoch milliseconds */
export function findingsOf(turns: readonly Turn[], at: number): Finding[] {
  const kept: Candidate[] = [];
  for (const { role, content } of turns) {
    if (MACHINE.test(role.trim())) continue;
    const speaker = HUMAN.test(role.trim()) ? '' : `${role.trim()}: `;
    let before: Antecedent | null = null;
    for (const { text, kind } of sentencesOf(content)) {
      if (kind === 'code') continue;
      const plain = withSubject(text, before);
      if (openingPronoun(text) === null) before = antecedentOf(text);
      const candidate = plain === null && !CORRECTS.test(text) ? null : judge(plain ?? text, speaker, at);
      if (!candidate || kept.some((other) => other.content.toLowerCase() === candidate.content.toLowerCase())) continue;
      // What is corrected a moment later was never meant.
      for (const slot of slotsOf(candidate))
        for (let i = kept.length - 1; i >= 0; i--)
          if (kept[i]!.facts.length > 0 && kept[i]!.facts.every((fact) => slotOf(fact) === slot)) kept.splice(i, 1);
      kept.push(candidate);
    }
  }
  return kept.slice(0, MAX_FINDINGS).map(({ facts: _facts, ...finding }) => finding);
}

const slotOf = (fact: Fact): string => JSON.stringify([factKey(fact.subject), fact.predicate]);
const slotsOf = ({ facts }: Candidate): string[] =>
  facts.filter((fact) => !fact.ended && isSingleValued(fact.predicate)).map(slotOf);

function judge(sentence: string, speaker: string, at: number): Candidate | null {
  if (/\?["'”’)\]]*$/.test(sentence) || sentence.length > LONGEST) return null;
  const right = CORRECTS.exec(sentence)?.groups?.right;
  const is_correction = right !== undefined && (CLEARLY.test(sentence) || factsOf(upperFirst(right), at).length > 0);
  const asked = REMEMBER.exec(sentence)?.groups?.what;
  const text = upperFirst((is_correction ? right : (asked ?? sentence)).trim());
  if (text.split(/\s+/).length < SHORTEST_WORDS) return null;
  const facts = factsOf(speaker + text, at);
  const category = is_correction
    ? 'state'
    : DECISION.test(text)
      ? 'decision'
      : facts.some(({ predicate }) => TASTE.test(predicate))
        ? 'preference'
        : PLAN.test(text)
          ? 'task'
          : null;
  if (facts.length === 0 && category === null && asked === undefined) return null;
  return {
    content: speaker + text,
    category,
    importance: is_correction ? CORRECTION.importance : null,
    is_static: is_correction,
    is_correction,
    tags: is_correction ? [CORRECTION.tag] : [],
    forget_after: null,
    facts,
  };
}

/** Corrections are permanent and important, whoever found them. */
export const asCorrection = (finding: Finding): Finding =>
  finding.is_correction
    ? {
        ...finding,
        is_static: true,
        importance: Math.max(CORRECTION.importance, finding.importance ?? 0),
        tags: [...new Set([...finding.tags, CORRECTION.tag])],
      }
    : finding;

const upperFirst = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1);
