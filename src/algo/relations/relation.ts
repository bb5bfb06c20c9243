// How a memory relates to an older one near it: by a few plain signs in both texts, their nearness and their times. What
// gives no clear sign is not related.
import { DAY_MS } from '../durations.ts';
import { aboveChance } from '../fusion.ts';
import { STOP_WORDS } from '../text.ts';
import { type Reading, readingOf } from './claims.ts';
import { type Contradiction, contradictionOf, tellsChange } from './contradiction.ts';
import { FILLERS, NEGATIONS, PLACES, setOf } from './lexicon.ts';
import { type Sentence, sentencesOf, type Term } from './terms.ts';

export const RELATIONS = ['contradicts', 'updates', 'extends', 'caused_by', 'prerequisite_for', 'similarity'] as const;
export type RelationType = (typeof RELATIONS)[number];

export interface Told {
  readonly text: string;
  readonly reading: Reading;
  /** Keys of all words that say something. */
  readonly words: ReadonlySet<string>;
  /** Of those, the ones that tell what it is about. */
  readonly topics: ReadonlySet<string>;
  /** Milliseconds since 1970 of when it happened, else of when it was stored. */
  readonly at: number;
  readonly session_id: string | null;
}

export interface Evidence {
  /** Of both vectors; null when it is not known. */
  readonly cosine: number | null;
  /** Cosine that the model gives unrelated texts. */
  readonly chance: number;
  /** Share 0..1 of the BM25 score that the newer text gives itself. */
  readonly lexical: number;
}

export interface Relation {
  readonly type: RelationType;
  /** The edge goes from the newer to the older memory; the other way round where this is set. */
  readonly backwards: boolean;
  /** 0..1 */
  readonly strength: number;
  readonly contradiction: Contradiction | null;
}

const says = ({ text }: Term): boolean => !FILLERS.has(text) && !PLACES.has(text) && text !== 'and' && text !== 'is';
const keysOf = (sentences: readonly Sentence[], wanted: (term: Term) => boolean): Set<string> =>
  new Set(sentences.flatMap(({ terms }) => terms.filter(wanted).map(({ key }) => key)));

export function toldOf(text: string, at: number, session_id: string | null): Told {
  const reading = readingOf(text);
  let words: ReadonlySet<string> | undefined;
  let topics: ReadonlySet<string> | undefined;
  // Few texts are near enough to be asked for them.
  return {
    ...{ text, reading, at, session_id },
    get words() {
      words ??= keysOf(reading.sentences, says);
      return words;
    },
    get topics() {
      topics ??= keysOf(sentencesOf(text.replace(SPOKEN_TO, ' ')), tells);
      return topics;
    },
  };
}

/** A day: what happened together is told together. */
const TOGETHER_MS = DAY_MS;
/** Words of a phrase that the other memory must have for the phrase to mean it. */
const MEANT = { share: 0.6, words: 2 };
const TOLD = { cause: 0.8, need: 0.8, more: 0.9 };

const CAUSE_BEHIND =
  /\b(?:because(?: of)?|due to|caused by|as a (?:result|consequence) of|owing to|triggered by)\s+(?<phrase>[^.;!?\n]{4,200})/gi;
const FAILURE_BEHIND =
  /\bafter\s+(?<phrase>[^.,;!?\n]{0,160}\b(?:failed|failure|broke|crashed|crash|ran (?:out|full)|outage|expired|went down|timed out|leaked?|error)[^.,;!?\n]{0,60})/gi;
const EFFECT_BEHIND =
  /\b(?:caused(?! by)|led to|resulted in|triggered(?! by)|was the (?:root )?cause of|broke)\s+(?<phrase>[^.;!?\n]{4,200})/gi;
const NEED_BEHIND =
  /\b(?:requires?|required|needs?|depends? on|relies on|is blocked by|are blocked by|blocked on|waits? for|only after|not until|as soon as|once)\s+(?<phrase>[^.;!?\n]{4,200})/gi;
/** What must be there before the thing that the older memory tells of. */
const AIM_BEHIND =
  /\b(?:before|is needed (?:for|by)|are needed (?:for|by)|is required for|is a prerequisite (?:for|of))\s+(?<phrase>[^.;!?\n]{4,200})/gi;

/** How much of any phrase behind such a cue the other text has; 0 when it is too little to be meant. */
function meant(cue: RegExp, { text }: Told, other: Told): number {
  let most = 0;
  for (const match of text.matchAll(cue)) {
    const phrase = new Set(
      sentencesOf(match.groups!.phrase!).flatMap(({ terms }) => terms.filter(says).map(({ key }) => key)),
    );
    const shared = [...phrase].filter((key) => other.words.has(key)).length;
    const share = phrase.size === 0 ? 0 : shared / phrase.size;
    if (shared >= MEANT.words && share >= MEANT.share) most = Math.max(most, share);
  }
  return most;
}

/** All that the older one says is there in the same order, and more. */
function saysMore(newer: Told, older: Told): number {
  if (newer.text.length <= older.text.length) return 0;
  const [more, less] = [newer, older].map(({ reading }) =>
    reading.sentences.flatMap(({ terms }) => terms.filter(says)),
  ) as [Term[], Term[]];
  if (less.length < 2 || more.length <= less.length || more.length > less.length * 4) return 0;
  if ([newer, older].some(({ reading }) => reading.sentences.some(({ question }) => question))) return 0;
  const denies = (terms: readonly Term[]) => terms.filter(({ text }) => NEGATIONS.has(text)).length;
  if (denies(more) !== denies(less) || more[0]!.key !== less[0]!.key) return 0;
  let at = 0;
  for (const { key } of more) if (key === less[at]?.key) at++;
  return at === less.length ? TOLD.more * Math.sqrt(less.length / more.length) : 0;
}

/** What people say to each other whatever they talk about. */
const SMALL_TALK = setOf(
  `wow thanks thank hey hi hello bye yeah yep yes okay ok oh sure great good nice cool awesome amazing glad happy love
  like look looks looking sound sounds really totally definitely absolutely lot lots thing things stuff way make making
  makes made get got getting go going know think feel feeling see hear take keep let help time day bit much well back
  new wonderful fantastic incredible appreciate talk talking tell said say soon mean means want guess hope excited fun
  best proud congrats welcome worries care one two something someone people kind words always never`,
);
const tells = (term: Term): boolean => says(term) && !SMALL_TALK.has(term.text) && !STOP_WORDS.has(term.text);

/** Who speaks and who is spoken to: "Ann: Thanks, Ben!" is about neither. */
const SPOKEN_TO =
  /^\p{Lu}[\p{L}\p{M}'’.-]*(?: \p{Lu}[\p{L}\p{M}'’.-]*)?:\s|(?<=^|[,.!?:]\s|\b(?:[Tt]hanks|[Hh]ey|[Hh]i|[Bb]ye|[Ww]ow|[Yy]eah|[Yy]ep))\s?\p{Lu}\p{L}+(?=[,.!?])/gu;

/**
 * What it takes to be called similar: meaning above chance and words in common that are no small talk. Set by looking at
 * pairs of conversation turns and notes with the model that comes with the program; either sign alone was often wrong.
 */
const NEAR = {
  both: { meaning: 0.45, words: 0.3, shared: 2 },
  meaning: { meaning: 0.6, words: 0.15 },
  words: { words: 0.5, shared: 3 },
};

/** How near two memories are, 0..1; 0 when it may be by chance. */
export function nearness(newer: Told, older: Told, { cosine, chance, lexical }: Evidence): number {
  const meaning = cosine === null ? 0 : aboveChance(cosine, chance);
  const { both, meaning: byMeaning, words: byWords } = NEAR;
  const meant = [both, byMeaning].some((least) => meaning >= least.meaning && lexical >= least.words);
  if (!meant && lexical < byWords.words) return 0;
  let shared = 0;
  for (const key of newer.topics) if (older.topics.has(key)) shared++;
  if (meant && shared >= both.shared) return Math.min(1, Math.max(meaning, lexical));
  return lexical >= byWords.words && shared >= byWords.shared ? Math.min(1, lexical) : 0;
}

const relation = (type: RelationType, strength: number, backwards = false): Relation => ({
  type,
  backwards,
  strength: Math.round(strength * 1000) / 1000,
  contradiction: null,
});

const dayOf = ({ at }: Told): number => Math.floor(at / TOGETHER_MS);

/** @returns what relates the newer to the older memory, the strongest first; empty when nothing does */
export function relationsOf(newer: Told, older: Told, evidence: Evidence): Relation[] {
  const contradiction = contradictionOf(older.reading, newer.reading, dayOf(older) === dayOf(newer));
  if (contradiction) {
    const found = [{ ...relation('contradicts', contradiction.confidence), contradiction }];
    return tellsChange(newer.text) ? [...found, relation('updates', contradiction.confidence)] : found;
  }
  const together =
    Math.abs(newer.at - older.at) <= TOGETHER_MS ||
    (newer.session_id !== null && newer.session_id === older.session_id);
  if (together) {
    const cause = Math.max(meant(CAUSE_BEHIND, newer, older), meant(FAILURE_BEHIND, newer, older));
    if (cause > 0) return [relation('caused_by', TOLD.cause * cause)];
    const effect = meant(EFFECT_BEHIND, newer, older);
    if (effect > 0) return [relation('caused_by', TOLD.cause * effect, true)];
    const need = meant(NEED_BEHIND, newer, older);
    if (need > 0) return [relation('prerequisite_for', TOLD.need * need, true)];
    const aim = meant(AIM_BEHIND, newer, older);
    if (aim > 0) return [relation('prerequisite_for', TOLD.need * aim)];
  }
  const more = saysMore(newer, older);
  if (more > 0) return [relation('extends', more)];
  const near = nearness(newer, older, evidence);
  return near > 0 ? [relation('similarity', near)] : [];
}
