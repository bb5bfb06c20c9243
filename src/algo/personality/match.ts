// Which signals bear on a question about a person, and how well. Weights after the channel that the first Engram described
// but never used: phrase 0.45, coverage 0.35, each word 0.05, intensity 0.2, nothing below 0.30.
import type { QuestionType } from '../question.ts';
import { isPerson } from './people.ts';
import { stemsOf, subjectKey } from './topics.ts';
import { SIGNAL_TYPES, type SignalType, THE_USER } from './types.ts';

export interface Ask {
  /** Share 0..1 that a signal of this kind answers such a question. */
  readonly types: ReadonlyMap<SignalType, number>;
  /** Subject keys of the people it names; empty when it names none. */
  readonly people: readonly string[];
  /** Stems of what it is about, without names and without words like "enjoy" that only tell the kind. */
  readonly stems: readonly string[];
}

export interface MatchableSignal {
  readonly type: SignalType;
  readonly subject_key: string;
  readonly topic: string;
  readonly evidence: string | null;
  readonly intensity: number;
}

const PHRASE = 0.45;
const COVERAGE = 0.35;
const PER_WORD = 0.05;
const INTENSITY = 0.2;
const LEAST = 0.3;
/** A word in the sentence around a topic says less than one in the topic. */
const IN_EVIDENCE = 0.6;
const MAX_STEMS = 8;
const MAX_PEOPLE = 2;

type Shares = Readonly<Record<SignalType, number>>;
const BY_QUESTION: Partial<Readonly<Record<QuestionType, Shares>>> = {
  preference: { preference: 1, value: 0.6, motivation: 0.6, decision: 0.5, emotion: 0.6, identity: 0.5 },
  reasoning: { motivation: 1, value: 0.9, decision: 0.9, emotion: 0.8, preference: 0.7, identity: 0.5 },
  generalization: { preference: 1, value: 1, identity: 1, motivation: 0.9, decision: 0.7, emotion: 0.6 },
};
/** Words of a question that ask for one kind. */
const ASKS_FOR: readonly (readonly [RegExp, SignalType])[] = [
  [
    /\b(?:favou?rite|like|likes|liked|enjoy|enjoys|love|loves|prefer|prefers|hate|hates|dislikes?|fan of|hobb(?:y|ies)|into)\b/i,
    'preference',
  ],
  [/\b(?:values?|important|matters?|believes?|principles?|care about|priorit(?:y|ies))\b/i, 'value'],
  [/\b(?:motivat\w+|inspir\w+|goals?|dreams?|wants?|plans?|hopes?|drives|ambitions?|why|reasons?)\b/i, 'motivation'],
  [/\b(?:decid\w+|decision|choose|chose|chosen|choice|pick(?:ed)?|opt(?:ed)?)\b/i, 'decision'],
  [/\b(?:feel|feels|felt|feeling|emotions?|react\w*|mood|proud|afraid|scared|excited|worried|happy|sad)\b/i, 'emotion'],
  [/\b(?:identity|who is|profession|job|occupation|status|religious|from|career|personality|traits?)\b/i, 'identity'],
];
const KIND_WORDS = new Set(
  stemsOf(
    `favorite favourite like enjoy love prefer preference hate dislike value important matter believe principle care motivate
    motivation motivated inspire inspired goal dream want plan hope drive reason decide decision decided choose chose choice
    pick feel feeling felt emotion react reaction identity profession personality trait think consider considered likely
    kind type sort thing stuff activity activities do make made start pursue interested interest would person people user
    recommend suggest suggestion idea good fit give name describe say said`,
  ),
);

/** @returns null for questions of kinds that signals do not answer, and for those that ask about nothing */
export function askOf(question: string, kind: QuestionType): Ask | null {
  const shares = BY_QUESTION[kind];
  if (!shares) return null;
  const named = [...question.matchAll(/\p{Lu}[\p{L}'’-]+/gu)]
    .map(([word]) => word.replace(/['’]s?$/, ''))
    .filter(isPerson);
  const people = new Set(named.map(subjectKey));
  if (people.size === 0 && /\b(?:I|me|my|mine|we|us|our|user|user's)\b/i.test(question)) people.add(THE_USER);
  const stems = stemsOf(question.replace(/['’]s\b/g, '')).filter((stem) => !KIND_WORDS.has(stem));
  const names = new Set([...people].flatMap(stemsOf));
  const about = stems.filter((stem) => !names.has(stem)).slice(0, MAX_STEMS);
  if (people.size === 0 && about.length === 0) return null;
  const asked = new Set(ASKS_FOR.flatMap(([cue, type]) => (cue.test(question) ? [type] : [])));
  const types = new Map(
    SIGNAL_TYPES.map((type) => [type, asked.size === 0 || asked.has(type) ? shares[type] : shares[type] * 0.7]),
  );
  for (const type of asked) types.set(type, 1);
  return { types, people: [...people].slice(0, MAX_PEOPLE), stems: about };
}

/** @returns 0..1, 0 when it does not bear on the question */
export function matchSignal(signal: MatchableSignal, { types, people, stems }: Ask): number {
  // A question in lower case names people too: then the name is among its words.
  const asked = people.length > 0 ? people.includes(signal.subject_key) : null;
  if (asked === false) return 0;
  const name = stemsOf(signal.subject_key)[0];
  const named = asked === true || stems.some((stem) => stem === name);
  const wanted = stems.filter((stem) => stem !== name);
  const topic = stemsOf(signal.topic);
  let match = INTENSITY * signal.intensity;
  if (wanted.length === 0) match += PHRASE;
  else {
    const inTopic = wanted.filter((stem) => topic.includes(stem)).length;
    const evidence = stemsOf(signal.evidence ?? '');
    const around = wanted.filter((stem) => !topic.includes(stem) && evidence.includes(stem)).length;
    const hits = inTopic + IN_EVIDENCE * around;
    if (hits === 0) return 0;
    const phrase = wanted.length > 1 ? ` ${topic.join(' ')} `.includes(` ${wanted.join(' ')} `) : inTopic === 1;
    const whole = topic.length > 0 && topic.every((stem) => wanted.includes(stem));
    match += COVERAGE * (hits / wanted.length) + PER_WORD * hits + (phrase || whole ? PHRASE : 0);
    if (named) match += PER_WORD;
  }
  return match < LEAST ? 0 : Math.min(1, match) * (types.get(signal.type) ?? 0);
}
