// A text as sentences that state something, each with whoever says it: no code, no quotes of others, no questions.
import { speakerOf } from './people.ts';
import { THE_USER } from './types.ts';

export interface Sentence {
  /** As written. */
  readonly text: string;
  /** Where it begins in the whole text, UTF-16. */
  readonly at: number;
  /** Spelled out ("don't" is "do not"), quotes and code left out, in clauses. */
  readonly clauses: readonly string[];
  /** Ends with an exclamation mark. */
  readonly loud: boolean;
  /** Who "I" is: `Caroline` after `Caroline: ...`, the user where nobody is named, null for a machine. */
  readonly speaker: string | null;
}

/** Longer ones are listings and logs; of very long texts the beginning is read. */
const MAX_SENTENCE_CHARS = 600;
const MAX_SENTENCES = 300;
const MAX_CHARS = 40_000;

const segmenter = new Intl.Segmenter('en', { granularity: 'sentence' });
const FENCED = /```[\s\S]*?(?:```|$)|`[^`\n]*`/g;
/** Apostrophes are no quotes, so single ones count only around several words. */
const QUOTED = /"[^"\n]*"|“[^”\n]*”|«[^»\n]*»|(?<=^|\s)'[^'\n]+ [^'\n]+'(?=[\s.,;!?]|$)/g;
const SPEAKER =
  /^\s*(?:\[[^\]\n]{1,40}\]\s*)?(\p{Lu}[\p{L}\p{M}'’.-]*(?: \p{Lu}[\p{L}\p{M}'’.-]*){0,3}):(?:\s+(?=\S)|\s*$)/u;

const SHORT_FORMS: readonly (readonly [RegExp, string])[] = [
  [/[’ʼ]/g, "'"],
  [/(?<=^|\s)i(?=\s|'(?:m|d|ve|ll)\b)/g, 'I'],
  [/\bcan't\b|\bcannot\b/gi, 'can not'],
  [/\bwon't\b/gi, 'will not'],
  [/n't\b/gi, ' not'],
  [/\bI'm\b/g, 'I am'],
  [/\b(I|we|they|you)'ve\b/gi, '$1 have'],
  [/\b(we|they|you)'re\b/gi, '$1 are'],
  [/'ll\b/gi, ' will'],
  [/\b(I|we|they|he|she)'d (better|been)\b/gi, '$1 had $2'],
  [/\b(I|we|they|he|she)'d\b/gi, '$1 would'],
  [/\b(he|she)'s (been|always|never|got|made|decided|chosen)\b/gi, '$1 has $2'],
  [/\b(it|that|he|she|what|there|here)'s\b/gi, '$1 is'],
];
const spelledOut = (text: string): string =>
  SHORT_FORMS.reduce((all, [form, words]) => all.replace(form, words), text).replace(/\s+/g, ' ');

/** Where one statement ends and the next begins. */
const CLAUSE_END =
  /\s*(?:[;:,()…]|\.{2,}|[—–]|\s-\s)\s*|[.!]+(?=\s|$)\s*|\s+(?=(?:and|but|so|because|since|although|though|while|that|whereas) (?:I|we|he|she|they|\p{Lu}\p{Ll}+) )|\s+(?=(?:but|because|although) )/u;

/** Same length, so that places stay. */
const blank = (text: string): string => ' '.repeat(text.length);

export function sentencesOf(whole: string): Sentence[] {
  const text = whole.slice(0, MAX_CHARS).replace(FENCED, blank);
  const found: Sentence[] = [];
  let offset = 0;
  let speaker: string | null = THE_USER;
  for (const line of text.split('\n')) {
    const opening = SPEAKER.exec(line);
    const named = opening && speakerOf(opening[1]!);
    if (named) speaker = named.person;
    const start = named ? opening[0].length : /^[\s>#*•-]*/.exec(line)![0].length;
    for (const { segment, index } of segmenter.segment(line.slice(start))) {
      if (found.length === MAX_SENTENCES) return found;
      const written = segment.trim();
      if (written === '' || written.length > MAX_SENTENCE_CHARS || /[?？]["'”)]*$/.test(written)) continue;
      const clauses = spelledOut(written.replace(QUOTED, ' … '))
        .split(CLAUSE_END)
        .map((clause) => clause.trim())
        .filter((clause) => clause !== '');
      const at = offset + start + index + segment.length - segment.trimStart().length;
      found.push({ text: written, at, clauses, speaker, loud: /!["'”)]*$/.test(written) });
    }
    offset += line.length + 1;
  }
  return found;
}
