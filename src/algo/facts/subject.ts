// Subjects of clauses, and facts about them.
import { isPersonName } from '../coreference.ts';
import type { Fact } from './fact.ts';
import { EMPTY_SUBJECT, NO_SUBJECT, VERB_OPENING } from './lexicon.ts';
import { dated, objectOf, quantityOf } from './objects.ts';

export interface Said {
  /** Whoever says "I". */
  readonly speaker: string;
  /** Epoch milliseconds. */
  readonly at: number;
}

export const WORD = "[\\p{L}\\p{N}][\\p{L}\\p{N}'’._/@+-]*";
export const SUBJECT = `(?<s>${WORD}(?:\\s+(?:of\\s+)?${WORD}){0,5}?)`;
export const ADVERBS =
  '(?:(?:currently|now|still|also|just|recently|really|always|already|actually|finally|mostly|usually|absolutely|both|definitely|honestly|truly|personally|all|even|generally|often|mainly|officially|permanently|happily|then)\\s+)*';
/** A clause with these words between its subject `s` and the rest `o`. */
export const after = (words: string): RegExp =>
  new RegExp(`^${SUBJECT}\\s+${ADVERBS}(?:${words})\\s+${ADVERBS}(?<o>\\S.*)$`, 'u');

/** @returns null where the words cannot name what a fact is about */
export function subjectOf(words: string, said: Said): string | null {
  const text = words.trim();
  if (/^(?:I|we)$/i.test(text)) return said.speaker;
  const mine = /^(?:my|our)\s+(.+)$/i.exec(text);
  if (mine)
    return EMPTY_SUBJECT.test(mine[1]!) || /\b(?:is|are|was|were|and)\b/.test(mine[1]!)
      ? null
      : `${said.speaker}'s ${mine[1]}`;
  const bare = text.replace(/^the\s+/i, '');
  const first = bare.split(/\s+/)[0]!;
  if (/['’]s$/.test(bare)) return null;
  if (NO_SUBJECT.test(first) || EMPTY_SUBJECT.test(bare) || VERB_OPENING.test(first)) return null;
  if (
    /^(?:and|or|but|so|because|that|if|as|than|of|in|on|at|with|for|to|from|by|about|after|before|not|your|his|her|their|its|every|all|some|any|other|these|those|this|a|an|most|many|few|such|no)$/i.test(
      first,
    )
  )
    return null;
  if (
    /\b(?:and|or|that|which|who|is|are|was|were|has|have|had|do|does|did|be|been|you|to|not|in|on|at|with|for)\b/i.test(
      bare,
    )
  )
    return null;
  // Without an article only a name can stand first.
  if (bare === text && !/^\p{Lu}/u.test(text)) return null;
  return bare;
}

export const isPerson = (words: string): boolean =>
  /^(?:I|we)$/i.test(words) || isPersonName(words) || /^(?:my|our)\s+/i.test(words);

export const isSpeaker = (words: string): boolean => /^(?:I|we)$/i.test(words);
const THIRD_PERSON_MISSING =
  /^(?:(?:also|really|just|always|still|both|all)\s+)*(?:like|love|hate|enjoy|prefer|dislike|use|support|own|live|work|speak|play|study|depend|rely|cost|run|listen|have)\b/;

/** "Moments like these" and "good support is key" are no clauses: a single subject takes "likes" and "supports". */
export function agrees(subject: string, clause: string): boolean {
  if (isSpeaker(subject)) return true;
  const rest = clause.slice(subject.length).trimStart();
  return !THIRD_PERSON_MISSING.test(rest) || (!isPersonName(subject) && /^(?:the|our|my)\s.*[^s]s$/i.test(subject));
}

export interface Found {
  readonly subject: string;
  readonly predicate: string;
  readonly verb: string;
  readonly confidence: number;
}

export function fact(
  found: Found,
  rest: string,
  said: Said,
  options: { keepDate?: boolean; ended?: boolean; fits?: ((object: string) => boolean) | undefined } = {},
): Fact | null {
  const cut = objectOf(rest, said.at, options.keepDate);
  if (!cut || options.fits?.(cut.object) === false) return null;
  const when = dated(cut.date, said.at, options.ended);
  return {
    ...found,
    object: cut.object,
    ...quantityOf(cut.object),
    ...when,
    // "Due on Friday" holds now, not from Friday on.
    at: options.keepDate ? null : when.at,
    ended: options.ended ?? false,
  };
}

export const some = (...facts: (Fact | null)[]): Fact[] => facts.filter((one) => one !== null);
