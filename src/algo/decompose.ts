// Takes a long text apart into facts that can stand alone: whole sentences, whose opening pronouns are replaced by what
// they stand for, items of lists with the line that leads to them. Sentences are never cut at a conjunction.
import { type Antecedent, antecedentOf, leansOnOthers, openingPronoun, withSubject } from './coreference.ts';
import { isCode } from './facts/guards.ts';
import { type Sentence, sentencesOf } from './sentences.ts';
import { STOP_WORDS, words } from './text.ts';

export const MAX_PARTS = 10;
export const FEWEST_PARTS = 2;
const FACT_CHARS = { fewest: 10, most: 400 };
/** Different words that tell something. */
const FEWEST_WORDS = 2;
const SAME = 0.8;
/** An item that is shorter than this is no sentence. */
const SHORT_ITEM_WORDS = 6;
const MAX_SENTENCES = 1_000;

const CONNECTIVE =
  /^(?:however|also|additionally|furthermore|moreover|in addition|besides|then|so|and|but|therefore|thus|meanwhile|as a result|finally|overall|basically|in summary|in short|note that|please note that|it is worth noting that|for the record|fyi)(?:,\s*|\s+(?=\p{L}))/iu;
/** Openings that lean on the sentence before in another way than by a pronoun. */
const LEANS =
  /^(?:otherwise|instead|because of (?:this|that)|for that reason|after that|before that|there,|in that case|such|the (?:former|latter|same|other)|both of|neither|one of them|likewise|similarly)\b/i;
const SPEAKER = /^(?:\[[^\]\n]{1,40}\]\s*)?\p{Lu}[\p{L}\p{M}'’.-]*(?:\s\p{Lu}[\p{L}\p{M}'’.-]*)?:\s+(?=\S)/u;
const EMPTY_TALK =
  /^(?:(?:ok(?:ay)?|thanks?|thank you|hi|hello|hey|sure|yes|no|great|good (?:morning|evening|afternoon|night)|see (?:below|above)|let me know|hope (?:this|that) helps|here (?:is|are)|the following|as follows|in this (?:document|section)|this (?:document|section|note)|below (?:is|are)|todo|tbd|n\/a)\b|[^\p{L}\p{N}]*$)/iu;
const FIRST_PERSON = /\b(?:I|I['’]m|my|me|we|our|us)\b/;

interface Part {
  readonly text: string;
  /** How much it tells: names and numbers more than other words. */
  readonly weight: number;
  readonly words: ReadonlySet<string>;
}

/** @returns in order, at most MAX_PARTS; empty when there are fewer than two */
export function atomicFacts(text: string): string[] {
  return bestOf(selfContained(sentencesOf(text).slice(0, MAX_SENTENCES)));
}

/** Of candidates from elsewhere: too short, too long and repeated ones left out. Fewer than two are none. */
export function bestOf(candidates: readonly string[]): string[] {
  const parts: Part[] = [];
  for (const candidate of candidates) {
    const part = partOf(candidate);
    if (part && !parts.some((other) => jaccard(other.words, part.words) > SAME)) parts.push(part);
  }
  if (parts.length < FEWEST_PARTS) return [];
  const weights = parts.map(({ weight }) => weight).sort((a, b) => b - a);
  const least = weights[MAX_PARTS - 1] ?? 0;
  let ties = MAX_PARTS - parts.filter(({ weight }) => weight > least).length;
  return parts.filter(({ weight }) => weight > least || (weight === least && ties-- > 0)).map((part) => part.text);
}

function partOf(candidate: string): Part | null {
  const text = candidate.trim();
  if (
    text.length < FACT_CHARS.fewest ||
    text.length > FACT_CHARS.most ||
    EMPTY_TALK.test(text) ||
    /\?["'”’)\]]*$/.test(text)
  )
    return null;
  const telling = new Set(words(text).filter((word) => !STOP_WORDS.has(word)));
  if (telling.size < FEWEST_WORDS) return null;
  const names = text.match(/(?<=[\p{Ll},;]\s)\p{Lu}[\p{L}\p{N}.-]*|\d[\p{N}.:,/-]*/gu)?.length ?? 0;
  return { text, weight: Math.min(telling.size, 12) / 12 + Math.min(names, 6) / 3, words: telling };
}

function selfContained(sentences: readonly Sentence[]): string[] {
  const found: string[] = [];
  let before: Antecedent | null = null;
  let speaker = '';
  let intro = '';
  let block = -1;
  /** Where in `found` the sentence before this one stands; null when it was left out. */
  let last: number | null = null;
  for (const { text, kind, block: in_block } of sentences) {
    if (in_block !== block) [before, last, block] = [null, null, in_block];
    if (kind === 'code' || isCode(text)) continue;
    if (kind === 'heading' || (kind === 'prose' && /:["'”’)\]*_]*$/.test(text))) {
      intro = text.replace(/[:*_\s]+$/, '');
      last = null;
      continue;
    }
    if (kind === 'prose') intro = '';
    const said = SPEAKER.exec(text)?.[0] ?? '';
    if (said !== '') [speaker, before, last] = [said, null, null];
    const bare = text.slice(said.length).replace(CONNECTIVE, '');
    if (kind === 'item' && intro !== '' && (words(bare).length < SHORT_ITEM_WORDS || !/[.!]$/.test(bare))) {
      found.push(`${intro}: ${bare}`);
      continue;
    }
    const resolved = withSubject(bare, before);
    const alone = resolved !== null && !LEANS.test(bare) && !leansOnOthers(resolved);
    if (openingPronoun(bare) === null && !LEANS.test(bare)) before = antecedentOf(bare);
    if (alone) {
      const sentence = upperFirst(resolved);
      found.push(FIRST_PERSON.test(sentence) ? speaker + sentence : sentence);
      last = found.length - 1;
    } else if (last !== null && found[last]!.length + 1 + bare.length <= FACT_CHARS.most)
      found[last] = `${found[last]} ${text}`;
    else last = null;
  }
  return found;
}

function jaccard(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  let shared = 0;
  for (const word of a) if (b.has(word)) shared++;
  return shared / (a.size + b.size - shared || 1);
}

const upperFirst = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1);
