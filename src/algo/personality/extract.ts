// Finds what a text tells about people: six kinds of signals, by the patterns of rules.ts. English only.

import type { Rule } from './grammar.ts';
import { isRole, STRESS } from './lexicon.ts';
import { personOf, type Voices } from './people.ts';
import { CUES, RULES } from './rules.ts';
import { type Sentence, sentencesOf } from './sentences.ts';
import { SIGNAL_TYPES, type Signal, THE_USER } from './types.ts';

const MAX_SIGNALS = 40;
const MAX_TOPIC_WORDS = 12;
const MAX_TOPIC_CHARS = 100;
/** What is liked less in "X rather than Y" is disliked so much less than X is liked. */
const LIKED_LESS = 0.5;
const DOUBLE_NEGATIVE = 0.5;
const LOUD = 0.1;
const SHOUTED = 0.2;

/** Nothing in such a sentence is so. */
const UNREAL =
  /^(?:if|suppose|supposing|imagine|pretend|let us say|let's say|what if|assuming|say that|in case|unless)\b/i;
/** What follows these is only asked, wished or said to be so. */
const NOT_SO =
  /\b(?:if|whether|unless|suppose|imagine|pretend|wish|wishes|wonder|wondering|wondered|as though|asked|asks|pretends)\b/i;
const MAY_BE = /\b(?:would|could|should|might|may|must|can(?! not))\b/;
const NEGATED = /\b(?:not|never|no longer|hardly|barely|rarely|neither)\b/;
const ENDED =
  /^(?:stop|quit|drop|remove|abandon|leave|end|cancel|avoid|give up)(?:ping|ting|ing)?(?: (?:using|doing|eating|going to|with))?\b/;
const SUBORDINATE =
  /\s(?:because|since|when|whenever|while|so that|although|if|unless|until|which|as (?:it|I|we|they|he|she)|and (?:I|we|it|he|she|they)|even though)\b.*$/;
const LEADING =
  /^(?:(?:that|to|about|of|by|for|with|at|my|our|his|her|their|the|a|an|being|having|how|such|this|these|going to)\s+)+/i;
const TRAILING =
  /\s+(?:lately|now|today|these days|any ?more|a lot|so much|very much|too|as well|though|really|again|most|the most|all the time|everywhere|in general|at all|the best|better|in life|right now|yesterday|someday|one day|(?:last|next|this) (?:week|month|year|summer|winter|spring|fall|night))$/i;
const PRONOUN =
  /^(?:it|that|this|these|those|them|they|him|her|you|me|us|one|so|both|all|some|do|it all|it all started|everything about it|doing it|doing that|doing this|to|really|that really|it really|hearing about it|hear about it)$/i;
const NOUN_PHRASE_END =
  /\s(?:about|of|in|at|for|from|with|who|that|and|or|to|by|before|after|on|near|based|living|working|currently|now|as|when|where|here|since|but|is|are|was|with)\b.*$/i;
const MAX_ROLE_WORDS = 5;
const NO_NOUN_PHRASE = /^(?:sure|glad|\w+ing)\b|\b(?:it|the|I|you|will|have|would)\b/;
/** What is said to the one spoken to is courtesy more often than character. */
const SPOKEN_TO = /\b(?:you|your|yours|yourself|yours)\b/i;
/** Of a topic: "hiking with you" is about hiking. */
const FIRST_WORDS = 4;
/** "a company I like": said in passing, and the topic stands before. */
const RELATIVE =
  /(?:\b(?:someone|somebody|everyone|everybody|nobody|no one|people|person|things?|stuff|everything|anything|those|ones?)|(?<!\b(?:in|on|at|after|before|during|since|by|for|over) )\b(?:an?|the|any|every|some) (?:[\p{L}-]+ ){0,2}[\p{L}-]+) $/u;
/** Forms that never follow one person's name: "Sounds like a plan" is not about anybody called Sounds. */
const BARE =
  /^(?:like|love|enjoy|prefer|hate|dislike|adore|value|believe|care|stand|hold|want|wish|hope|aim|plan|decide|choose|pick|feel|get|become|be|been|are|were|am|work|live|come|miss|look|consider|appreciate|\w+ing)\b/;
const HELPED = /\b(?:do|does|did|will|can|could|would|should|is|was|has|am|are)\b/;
/** General talk: "when we feel down". */
const IN_GENERAL = /^(?:when|whenever) (?:we|you|people|they)\b/i;
const SPEAKS_OF_ONESELF = /\b(?:I|my|me|we|our|us|he|she|his|her|they)\b|'/;

const hundredths = (share: number): number => Math.round(Math.max(0.05, Math.min(1, share)) * 100) / 100;

function topicOf(raw: string): string {
  let topic = raw.replace(SUBORDINATE, '').trim();
  for (let before = ''; before !== topic; ) {
    before = topic;
    topic = topic
      .replace(TRAILING, '')
      .replace(/[\s,.!'"]+$/, '')
      .replace(/ (?:and|or|but|is what)$/, '')
      .replace(/^and /, '');
  }
  const short = topic.replace(LEADING, '');
  const words = short.split(' ').slice(0, MAX_TOPIC_WORDS).join(' ');
  return words
    .slice(0, MAX_TOPIC_CHARS)
    .replace(/\s(?:and|or|to|the|a|of|with|for)$/, '')
    .trim();
}

/** "backend developer" of "backend developer based in Amsterdam", when that is somebody one can be. */
function roleOf(raw: string, article: boolean): boolean {
  const phrase = raw.replace(NOUN_PHRASE_END, '').split(' ');
  if (phrase.length > MAX_ROLE_WORDS) return false;
  return !NO_NOUN_PHRASE.test(phrase.join(' ')) && isRole(phrase.at(-1)!, article);
}

function stressOf(words: string): number {
  let factor = 1;
  for (const [word, by] of STRESS)
    if (new RegExp(`\\b${word}\\b`, 'i').test(words) && Math.abs(by - 1) > Math.abs(factor - 1)) factor = by;
  return factor;
}

const SHOUT = /\b\p{Lu}{4,}\b(?:.*\b\p{Lu}{4,}\b)/u;

interface Found {
  readonly rule: Rule;
  readonly match: RegExpExecArray;
  readonly clause: string;
  readonly before: string | null;
  readonly after: string | null;
}

/** Whether the word before the verb is its subject, as far as its form and what stands before it tell. */
function plausible(who: string, pre: string, match: RegExpExecArray, clause: string): boolean {
  const at = clause.indexOf(who, match.index);
  const pronoun = /^(?:I|we|he|she|they)$/i.test(who);
  if (pronoun && RELATIVE.test(clause.slice(0, at)) && !/^.+ is (?:something|what) /.test(clause)) return false;
  const named = /^\p{Lu}\p{Ll}/u.test(who) && !/^(?:We|He|She|They|The|This|Our|My|His|Her|Their|User)\b/.test(who);
  if (!named || HELPED.test(pre) || !clause.startsWith(`${who} ${pre}`)) return true;
  return !BARE.test(clause.slice(at + who.length + 1 + pre.length));
}

/** @returns the signals of one match; none when it turns out to be no statement about a person */
function signalsOf({ rule, match, clause, before, after }: Found, sentence: Sentence, voices: Voices): Signal[] {
  const { who, pre = '', manner = '', article, than, word, against } = match.groups ?? {};
  if (NOT_SO.test(clause.slice(0, match.index)) || MAY_BE.test(pre)) return [];
  const subject = who === undefined ? impliedSubject(clause, rule, voices) : personOf(who, voices);
  if (subject === null) return [];
  if (who !== undefined && !plausible(who, pre, match, clause)) return [];
  if (rule.elliptic && rule.role && !SPEAKS_OF_ONESELF.test(sentence.text)) return [];

  let raw = match.groups?.topic ?? { all: clause, before, after }[rule.about ?? 'all'] ?? '';
  if (rule.spoken && (sentence.speaker === THE_USER || who !== undefined)) return [];
  if (SPOKEN_TO.test(raw.trim().split(' ').slice(0, FIRST_WORDS).join(' '))) return [];
  if (rule.role && !roleOf(raw.trim(), article !== undefined)) return [];
  let polarity: number = rule.polarity ?? 1;
  let strength: number;
  if (typeof rule.base === 'number') strength = rule.base;
  else {
    const felt = rule.base.get(word ?? '') ?? 0;
    [strength, polarity] = [Math.abs(felt), felt < 0 ? -1 : 1];
  }
  if (rule.type === 'emotion' && /\bwill\b/.test(pre)) return [];
  const negated = NEGATED.test(`${pre} ${manner}`);
  if (negated && rule.type === 'emotion' && polarity < 0) return [];
  if (negated) {
    if (polarity < 0) strength *= DOUBLE_NEGATIVE;
    polarity = -polarity;
  }
  if (against !== undefined) polarity = -polarity;
  if (rule.type === 'decision' && ENDED.test(raw)) {
    polarity = -polarity;
    raw = raw.replace(ENDED, '').trim() || raw;
  }
  let topic = topicOf(raw);
  if (PRONOUN.test(topic) || (topic === '' && rule.type !== 'emotion'))
    topic = before?.includes(' ') ? topicOf(before) : '';
  // A feeling is named with what it is about.
  if (rule.type === 'emotion' && word !== undefined && !topic.includes(word))
    topic = topic === '' ? word : `${word}: ${topic}`;
  if (topic.length < 2 || PRONOUN.test(topic)) return [];

  const stressed =
    strength * stressOf(`${pre} ${manner}`) + (sentence.loud ? LOUD : 0) + (SHOUT.test(sentence.text) ? SHOUTED : 0);
  const signal: Signal = {
    type: rule.type,
    subject,
    polarity: polarity < 0 ? -1 : 1,
    topic,
    intensity: hundredths(stressed),
    evidence: sentence.text,
    at: sentence.at,
  };
  const less = than === undefined ? '' : topicOf(than);
  if (less.length < 2 || PRONOUN.test(less)) return [signal];
  return [
    signal,
    { ...signal, polarity: signal.polarity > 0 ? -1 : 1, topic: less, intensity: hundredths(stressed * LIKED_LESS) },
  ];
}

/** "Prefers tabs" goes on about whoever was named; "Love it here" is said by the speaker. */
function impliedSubject(clause: string, rule: Rule, { speaker, mentioned }: Voices): string | null {
  if (!rule.elliptic) return speaker;
  return /^\p{L}+s\b/u.test(clause) ? (mentioned ?? speaker) : speaker;
}

/** "For Ben, loyalty is everything" is "loyalty is everything for Ben". */
const HOLDER = /^For (me|us|\p{Lu}\p{Ll}+)$/iu;
function withHolder(clauses: readonly string[]): readonly string[] {
  const holder = HOLDER.exec(clauses[0] ?? '')?.[1];
  if (holder === undefined || clauses.length < 2) return clauses;
  return [`${clauses[1]} for ${holder}`, ...clauses.slice(2)];
}

/** Of signals of one kind, one for each thing. */
const keyOf = ({ type, subject, topic, polarity }: Signal): string =>
  `${type}|${subject}|${polarity}|${topic.toLowerCase()}`;

/** Linear in the length of the text; at most 40 signals, in the order of the text. */
export function extractSignals(text: string): Signal[] {
  const found = new Map<string, Signal>();
  let mentioned: string | null = null;
  for (const sentence of sentencesOf(text)) {
    if (UNREAL.test(sentence.clauses[0] ?? '')) continue;
    const felt = new Set<string>();
    const labelled = labelOf(sentence);
    const clauses = labelled ? [labelled] : withHolder(sentence.clauses);
    clauses.forEach((clause, i) => {
      if (IN_GENERAL.test(clause)) return;
      const done = new Set<string>(SIGNAL_TYPES.filter((type) => !CUES[type].test(clause)));
      for (const rule of RULES) {
        if (done.has(rule.type) || (rule.type === 'emotion' && felt.size > 0)) continue;
        const match = rule.pattern.exec(clause);
        if (!match) continue;
        const voices: Voices = { speaker: sentence.speaker, mentioned };
        for (const signal of signalsOf(
          { rule, match, clause, before: clauses[i - 1] ?? null, after: clauses[i + 1] ?? null },
          sentence,
          voices,
        )) {
          done.add(rule.type);
          if (rule.type === 'emotion') felt.add(signal.topic);
          if (found.size < MAX_SIGNALS && !found.has(keyOf(signal))) found.set(keyOf(signal), signal);
          if (signal.subject !== sentence.speaker || signal.subject === THE_USER) mentioned = signal.subject;
        }
      }
    });
  }
  return [...found.values()];
}

/** "Decision: use Hono", "Favorite color: blue": a label and what it says, in one. */
const LABEL =
  /^(?:(?:the )?user(?:'s)? )?(?:favou?rite(?: \w+){1,3}|prefer(?:s|red|ences?)(?: \w+)?|goal|motivation|ambition|dream|aspiration|decision|decided|choice|final (?:decision|choice))s?: \S/i;
const labelOf = ({ text }: Sentence): string | null => (LABEL.test(text) ? text.replace(/[.!]+$/, '') : null);
