// What a text says came of what: plain cues of English, sentence by sentence.
import { porterStem } from './porter.ts';
import { sentencesOf } from './sentences.ts';
import { STOP_WORDS, words } from './text.ts';

export interface Causation {
  /** `fix`: the cause is what was wrong, the effect is what ended it. */
  readonly kind: 'cause' | 'fix';
  readonly cause: string;
  readonly effect: string;
  /** 0..1 */
  readonly strength: number;
}

export const ROLES = ['trigger', 'failure', 'cause', 'resolution', 'event'] as const;
export type Role = (typeof ROLES)[number];

const MOST = 8;
/** Of a part; what goes on longer is cut. */
const LONGEST_CHARS = 200;
const MAX_CHARS = 20_000;
/** Longer sentences are listings and logs. */
const LONGEST_SENTENCE = 600;

interface Cue {
  readonly kind: Causation['kind'];
  readonly strength: number;
  /** Groups `cause` and `effect`; a missing effect is the sentence before. */
  readonly pattern: RegExp;
}

const FIXED = '(?:fixed|resolved|solved|mitigated|remedied|patched|worked around|cured)';
const PART = '[^.;!?\\n]';
/** The first that fits a sentence counts. */
const CUES: readonly Cue[] = [
  {
    kind: 'cause',
    strength: 0.95,
    pattern:
      /\broot cause(?:\s+(?:of|for|behind)\s+(?<effect>[^.;!?\n:]{3,160}?))?(?:\s+(?:was|is|turned out to be)\s+|\s*:\s*)(?:that\s+)?(?<cause>[^;!?\n]{4,})/i,
  },
  {
    kind: 'cause',
    strength: 0.9,
    pattern:
      /\bthe (?:cause|reason) (?:of|for|behind)\s+(?<effect>[^.;!?\n:]{3,160}?)\s+(?:was|is)\s+(?:that\s+)?(?<cause>[^;!?\n]{4,})/i,
  },
  {
    kind: 'fix',
    strength: 0.9,
    pattern: new RegExp(
      `(?<cause>${PART}{4,}?),?\\s+(?:(?:was|were|is|are|got|has been|have been)\\s+)?${FIXED}\\s+(?:by|with)\\s+(?<effect>${PART}{4,})`,
      'i',
    ),
  },
  {
    kind: 'fix',
    strength: 0.9,
    pattern: new RegExp(`\\b${FIXED}\\s+(?<cause>${PART}{4,}?)\\s+by\\s+(?<effect>${PART}{4,})`, 'i'),
  },
  {
    kind: 'cause',
    strength: 0.9,
    pattern:
      /^(?:because(?: of)?|due to|owing to|as a (?:result|consequence) of)\s+(?<cause>[^,;!?\n]{4,}),\s*(?<effect>[^;!?\n]{4,})/i,
  },
  {
    kind: 'cause',
    strength: 0.9,
    pattern:
      /(?<effect>[^;!?\n]{4,}?),?\s+(?:(?:was|were|is|are|has been|have been|got)\s+)?(?:mostly\s+|mainly\s+|probably\s+)?(?:because(?: of)?|due to|owing to|caused by|triggered by|as a (?:result|consequence) of)\s+(?<cause>[^;!?\n]{4,})/i,
  },
  {
    kind: 'cause',
    strength: 0.85,
    pattern:
      /(?<cause>[^;!?\n]{4,}?),?\s+(?:which\s+|and\s+)?(?:has\s+|have\s+)?(?:caused|led to|resulted in|triggered|brought about|gave rise to|leads to|results in|causes)\s+(?<effect>[^;!?\n]{4,})/i,
  },
  {
    kind: 'cause',
    strength: 0.8,
    pattern:
      /(?<cause>[^!?\n]{4,}?)[;,]\s+(?:and\s+)?(?:as a (?:result|consequence)|consequently|therefore|that is why|which is why)[,\s]\s*(?<effect>[^;!?\n]{4,})/i,
  },
];
/** Begins a sentence: the one before tells the cause. */
const FOLLOWS =
  /^(?:as a (?:result|consequence)|because of (?:this|that)|consequently|therefore|this (?:caused|led to|resulted in|triggered)|that (?:caused|led to|resulted in|triggered)|that is why|this is why)[,\s]\s*(?<effect>.{4,})/i;
const DENIED =
  /\b(?:not|n't|never|no longer)\s+(?:\w+\s+){0,2}(?:because|due to|caused?|led? to|triggered?|the (?:root )?cause|fixed|resolved|solved)\b/i;
const SUPPOSED = /^(?:if|whether|what if|unless|suppose)\b/i;

const tidy = (text: string): string =>
  Array.from(
    text
      .trim()
      .replace(/^(?:and|but|so|that|it was|the fact that)\s+/i, '')
      .replace(/[\s.,:;]+$/, ''),
  )
    .slice(0, LONGEST_CHARS)
    .join('');

/** @returns in the order of the text */
export function causesIn(text: string): Causation[] {
  const found: Causation[] = [];
  let before: string | null = null;
  const add = (kind: Causation['kind'], cause: string, effect: string, strength: number) => {
    const causation = { kind, cause: tidy(cause), effect: tidy(effect), strength };
    if (termsOf(causation.cause).size > 0 && termsOf(causation.effect).size > 0) found.push(causation);
  };
  for (const { text: sentence, kind } of sentencesOf(text.slice(0, MAX_CHARS))) {
    if (found.length >= MOST) break;
    if (kind === 'code' || sentence.length > LONGEST_SENTENCE) continue;
    const plain = sentence.replaceAll('’', "'").replace(/\s+/g, ' ');
    if (/\?\s*$/.test(plain) || DENIED.test(plain) || SUPPOSED.test(plain)) {
      before = null;
      continue;
    }
    const follows = FOLLOWS.exec(plain);
    if (follows && before !== null) add('cause', before, follows.groups!.effect!, 0.8);
    else
      for (const cue of CUES) {
        const match = cue.pattern.exec(plain);
        const effect = match?.groups?.effect ?? before;
        if (!match || effect === null) continue;
        add(cue.kind, match.groups!.cause!, effect, cue.strength);
        break;
      }
    before = plain;
  }
  return found;
}

const FAILURE =
  /\b(?:fail(?:s|ed|ing|ure)?|error(?:s|ed)?|crash(?:es|ed|ing)?|outage|broke|broken|down|timed? ?outs?|unavailable|leak(?:s|ed|ing)?|corrupt(?:ed|ion)?|bug|incident|regression|stuck|hang(?:s|ing)?|hung|lost|missed|exhausted|full|expired|denied|refused|slow|degraded|problem|issue)\b/i;
const RESOLUTION =
  /\b(?:fix(?:ed|es)?|resolved|resolves|solved|mitigated|patched|rolled back|reverted|restored|recovered|repaired|worked around|workaround|back up|remedied|hotfix|increasing|raised the|restarting|restarted)\b/i;

export const tellsFailure = (text: string): boolean => FAILURE.test(text);
export const tellsResolution = (text: string): boolean => RESOLUTION.test(text);

/** What something is among what it came of and what came of it. */
export function roleOf(text: string, has: { causes: boolean; effects: boolean }): Role {
  if (has.causes && tellsResolution(text)) return 'resolution';
  if (!has.causes && has.effects) return 'trigger';
  if (tellsFailure(text)) return 'failure';
  return has.effects ? 'cause' : 'event';
}

/** Stems of the words that say something. */
export const termsOf = (text: string): Set<string> =>
  new Set(
    words(text)
      .filter((word) => word.length > 1 && !STOP_WORDS.has(word))
      .map(porterStem),
  );

const MEANT = { share: 0.6, words: 2 };
/** Share 0..1 of a phrase that a text has too; 0 when that is too little to be meant. */
export function meant(phrase: ReadonlySet<string>, text: ReadonlySet<string>): number {
  let shared = 0;
  for (const term of phrase) if (text.has(term)) shared++;
  const share = phrase.size === 0 ? 0 : shared / phrase.size;
  return shared >= MEANT.words && share >= MEANT.share ? share : 0;
}
