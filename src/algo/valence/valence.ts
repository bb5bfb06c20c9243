// How a text feels: how pleasant and how stirring, and which emotion is strongest. By words, with who denies them, how
// strongly they are meant, and what outweighs what. A text that tells no feeling is neutral: null, not zero.
import { sentencesOf } from '../sentences.ts';
import {
  EMOJI,
  type Emotion,
  type Entry,
  feelingOf,
  LINKING_WORDS,
  MACHINES,
  NEGATIONS,
  OPPOSITE,
  PEOPLE,
  PHRASES_BY_WORD,
  STRESS,
} from './lexicon.ts';

export interface FeltEmotion {
  readonly emotion: Emotion;
  /** -1..1 */
  readonly valence: number;
  /** 0..1 */
  readonly arousal: number;
}

export interface Feeling {
  /** -1..1; null when the text tells no feeling. */
  readonly valence: number | null;
  /** 0..1; null together with the valence. */
  readonly arousal: number | null;
  readonly dominant_emotion: Emotion | null;
  /** What was found, the strongest first. */
  readonly emotions: readonly FeltEmotion[];
  /** Sum over all words that tell a feeling, each -5..5. */
  readonly sum: number;
  readonly words: number;
}

/** Of very long texts the beginning is read. */
const MAX_CHARS = 40_000;
/** "not good" is less bad than "bad". */
const DENIED = -0.6;
/** Words between a negation and what it denies. */
const DENIED_WITHIN = 2;
const QUESTION = 0.5;
const CONTRAST = { conceded: 0.35, asserted: 1.3 };
const LOUD = { mark: 1.1, capitals: 1.25, arousal: 0.1 };
/** Share of sentences that tell a feeling from which on a text is as emotional as they are. */
const DENSE = 0.25;
/** Weaker than this is neutral. */
const LEAST = 0.05;

interface Hit {
  readonly entry: Pick<Entry, 'emotion' | 'valence' | 'arousal'>;
  readonly weight: number;
}

const SPEAKER = /^\s*\p{Lu}[\p{L}\p{M}'’.-]*(?: \p{Lu}[\p{L}\p{M}'’.-]*){0,2}:\s/u;
const NO_PROSE = /```[\s\S]*?(?:```|$)|`[^`\n]*`|\bhttps?:\/\/\S+|(?<=\s|^)[\w.-]*\/[\w./-]+/g;
const EMOJI_PATTERN = new RegExp(
  [...EMOJI.keys()]
    .sort((a, b) => b.length - a.length)
    .map((one) => one.replace(/[()^\\|*+?.]/g, '\\$&'))
    .map((one) => (/^\p{ASCII}/u.test(one) ? `(?<!\\S)${one}(?!\\w)` : one))
    .join('|'),
  'gu',
);
const WORD = /[\p{L}\p{N}]+(?:'[\p{L}]+)?/gu;
const SHORT_FORMS: readonly (readonly [RegExp, string])[] = [
  [/[’ʼ]/g, "'"],
  [/\bcan't\b|\bcannot\b/gi, 'can not'],
  [/\bwon't\b/gi, 'will not'],
  [/n't\b/gi, ' not'],
  [/\b(\w+)'(?:m|re|ve|ll|d)\b/gi, '$1'],
  [/\bnot only\b/gi, 'and'],
];
const CLAUSE = /[,;:()—–]+|\s-\s|\b(?:and|because|since|so that)\b/gi;
/** "A, but B": B is what is meant. */
const TURN = /[,;.]?\s+(?:but|however|yet|nevertheless|nonetheless)\b,?\s*/i;
/** "Although A, B". */
const CONCESSION = /^(?:al)?though\s|^even though\s|^while\s|^despite\s|^in spite of\s/i;

const spelledOut = (text: string): string =>
  SHORT_FORMS.reduce((all, [form, words]) => all.replace(form, words), text)
    .replace(/(\p{L})\1{2,}(?!\p{L})/gu, '$1')
    .replace(/(\p{L})\1{2,}/gu, '$1$1');

interface Part {
  readonly text: string;
  readonly factor: number;
}

function parts(sentence: string): Part[] {
  const [first = '', ...rest] = sentence.split(TURN);
  if (rest.length > 0 && /\w/.test(first))
    return [first, ...rest].map((text, at) => ({
      text,
      factor: at === rest.length ? CONTRAST.asserted : CONTRAST.conceded,
    }));
  const comma = sentence.indexOf(',');
  if (CONCESSION.test(sentence.trim()) && comma > 0)
    return [
      { text: sentence.slice(0, comma), factor: CONTRAST.conceded },
      { text: sentence.slice(comma + 1), factor: CONTRAST.asserted },
    ];
  const though = /,?\s+(?:al|even )?though\s/i.exec(sentence);
  if (though)
    return [
      { text: sentence.slice(0, though.index), factor: CONTRAST.asserted },
      { text: sentence.slice(though.index), factor: CONTRAST.conceded },
    ];
  return [{ text: sentence, factor: 1 }];
}

const LIKED_BY = new Set('i we you they people users who to do does did not really also'.split(' '));
const LIKE: Entry = { emotion: 'love', valence: 0.5, arousal: 0.3, machines: false };

interface Context {
  readonly machines: boolean;
  readonly loud: number;
}

/** Negations reach to the end of their clause at most. */
function readClause(clause: string, factor: number, context: Context, hits: Hit[]): void {
  const written = clause.match(WORD) ?? [];
  const tokens = written.map((word) => word.toLowerCase());
  const quiet = tokens.some((token) => PEOPLE.has(token));
  for (let at = 0; at < tokens.length; at++) {
    const token = tokens[at]!;
    const phrase = PHRASES_BY_WORD.get(token)?.find(({ words }) => words.every((word, i) => tokens[at + i] === word));
    let entry = phrase ? phrase.entry : feelingOf(token);
    if (!phrase && token === 'like' && at > 0 && LIKED_BY.has(tokens[at - 1]!)) entry = LIKE;
    const capitals = written[at]!.length > 3 && written[at] === written[at]!.toUpperCase();
    if (entry && !(entry.machines && context.machines && !quiet)) {
      const own = phrase?.words.includes('not') ?? false;
      const { denied, stress } = own ? { denied: false, stress: 1 } : before(tokens, at);
      const strength = factor * stress * context.loud * (capitals ? LOUD.capitals : 1);
      const valence = Math.max(-1, Math.min(1, entry.valence * stress * (capitals ? LOUD.capitals : 1)));
      hits.push({
        entry: denied
          ? { emotion: OPPOSITE[entry.emotion], valence: valence * DENIED, arousal: entry.arousal * -DENIED }
          : { emotion: entry.emotion, valence, arousal: Math.min(1, entry.arousal + (capitals ? LOUD.arousal : 0)) },
        weight: strength,
      });
    }
    if (phrase) at += phrase.words.length - 1;
  }
}

/** What stands before a word and changes it. */
function before(tokens: readonly string[], at: number): { denied: boolean; stress: number } {
  let stress = 1;
  let distance = 0;
  for (let i = at - 1; i >= 0 && distance <= DENIED_WITHIN; i--) {
    const token = tokens[i]!;
    const factor = STRESS.get(token);
    if (factor !== undefined && at - i <= 2) stress *= factor;
    if (NEGATIONS.has(token)) {
      // "could not be happier", "has never been better"
      const utmost = /(?:er|more|better)$/.test(tokens[at]!) && /^(?:be|been)$/.test(tokens[at - 1]!);
      return utmost ? { denied: false, stress: 1.3 } : { denied: true, stress: factor ? 1 : Math.min(1, stress) };
    }
    if (factor === undefined && !LINKING_WORDS.has(token)) distance++;
  }
  return { denied: false, stress };
}

function readSentence(text: string): { hits: Hit[]; words: number } {
  const hits: Hit[] = [];
  const plain = spelledOut(text.replace(SPEAKER, ''));
  const tokens = plain.toLowerCase().match(WORD) ?? [];
  const machines = tokens.some((token) => MACHINES.has(token)) || /[{}<>=_]|\w\(\)|--\w/.test(plain);
  const marks = /!/.test(plain);
  const asked = /\?\s*$/.test(plain);
  const context = { machines, loud: marks ? LOUD.mark : 1 };
  for (const { text: part, factor } of parts(plain))
    for (const clause of part.split(CLAUSE)) readClause(clause, factor * (asked ? QUESTION : 1), context, hits);
  for (const [one] of text.matchAll(EMOJI_PATTERN)) hits.push({ entry: EMOJI.get(one)!, weight: 1 });
  if (!marks) return { hits, words: tokens.length };
  const stirred = hits.map(({ entry, weight }) => ({
    entry: { ...entry, arousal: Math.min(1, entry.arousal + LOUD.arousal) },
    weight,
  }));
  return { hits: stirred, words: tokens.length };
}

const round = (n: number): number => Math.round(n * 1000) / 1000 + 0;
const mean = (hits: readonly Hit[], of: (entry: Hit['entry']) => number): number => {
  let [sum, all] = [0, 0];
  for (const { entry, weight } of hits) {
    const share = weight * Math.abs(entry.valence);
    sum += share * of(entry);
    all += share;
  }
  return sum / all;
};

const NEUTRAL = { valence: null, arousal: null, dominant_emotion: null, emotions: [], sum: 0 };

/** @returns numbers rounded to three digits */
export function readFeeling(text: string): Feeling {
  const all: Hit[] = [];
  let [words, told, sentences] = [0, 0, 0];
  for (const { text: sentence } of sentencesOf(text.slice(0, MAX_CHARS).replace(NO_PROSE, ' '))) {
    const read = readSentence(sentence);
    words += read.words;
    sentences++;
    if (read.hits.length > 0) told++;
    all.push(...read.hits);
  }
  if (all.length === 0) return { ...NEUTRAL, words };
  const density = Math.min(1, Math.sqrt(told / sentences / DENSE));
  const strengths = [...Map.groupBy(all, ({ entry }) => entry.emotion)].map(([emotion, hits]) => ({
    felt: { emotion, valence: round(mean(hits, (e) => e.valence)), arousal: round(mean(hits, (e) => e.arousal)) },
    strength: hits.reduce((sum, { entry, weight }) => sum + weight * Math.abs(entry.valence), 0),
  }));
  strengths.sort((a, b) => b.strength - a.strength);
  const strongest = Math.max(...all.map(({ entry }) => Math.abs(entry.valence)));
  if (strongest * density < LEAST) return { ...NEUTRAL, words };
  return {
    valence: round(mean(all, (e) => e.valence) * density),
    arousal: round(mean(all, (e) => e.arousal) * density),
    dominant_emotion: strengths[0]!.felt.emotion,
    emotions: strengths.map(({ felt }) => felt),
    sum: round(all.reduce((sum, { entry }) => sum + entry.valence * 5, 0)),
    words,
  };
}
