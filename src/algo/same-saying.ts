// Whether two texts say the same. Precise rather than generous: a repeat that is not noticed is one row too many, a
// change that is taken for a repeat is lost. So every word, number, name, negation and piece of code must be there in
// both; only case, spacing, punctuation, remarks ("as mentioned") and the order of a list's items may differ.
import { type Saying, sayingOf, type Token } from './saying.ts';

export const DIFFERENCES = ['numbers', 'negation', 'code', 'symbols', 'question', 'words', 'order'] as const;
export type Difference = (typeof DIFFERENCES)[number];

const NEGATIONS = new Set(
  `no not never none nobody nothing nowhere neither nor without hardly unless except non
  nicht kein keine keinen nie niemals ohne ne pas jamais sans aucun aucune ni nunca jamás sin ningún ninguna nada
  não nem sem не нет никогда без 不 没 沒 無 无 未 非 否`.split(/\s+/),
);
/** Words after or among which the order of things is what is being said. */
const ORDERED = new Set(
  `first second third then next before after finally last lastly order ordered sequence step steps rank ranked ranking
  priority priorities respectively followed until than versus vs zuerst dann danach reihenfolge beziehungsweise
  ensuite puis primero luego después respectivamente`.split(/\s+/),
);
const JOINING = new Set('and or und oder et ou y e o и или'.split(' '));

function countOf(words: Iterable<string>): Map<string, number> {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return counts;
}

function sameBag(a: readonly string[], b: readonly string[]): boolean {
  if (a.length !== b.length) return false;
  const counts = countOf(a);
  for (const word of b) {
    const left = counts.get(word) ?? 0;
    if (left === 0) return false;
    counts.set(word, left - 1);
  }
  return true;
}

const sameOrder = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((word, at) => word === b[at]);

const joins = ({ kind, text }: Token): boolean => kind === 'word' && JOINING.has(text);
/** A comma before "and" is a matter of taste. */
const withoutTaste = (tokens: readonly Token[]): Token[] =>
  tokens.filter(
    ({ kind, text }, at) => !(kind === 'break' && text === ',' && tokens[at + 1] && joins(tokens[at + 1]!)),
  );

interface Listed {
  items: string[];
  /** What stands between them, in order, such as `,` or `and`. */
  joints: string[];
}

/** A stretch of text as a list; null when it holds fewer than two items or something no plain list has. */
function listOf(tokens: readonly Token[]): Listed | null {
  const items: string[] = [];
  const joints: string[] = [];
  let item: string[] = [];
  for (const token of tokens) {
    const { kind, text } = token;
    if (kind === 'break' && text !== ',') return null;
    if (kind !== 'break' && !joins(token)) {
      item.push(text);
      continue;
    }
    if (item.length === 0) return null;
    items.push(item.join(' '));
    joints.push(text);
    item = [];
  }
  if (item.length === 0 || items.length === 0) return null;
  items.push(item.join(' '));
  return { items, joints };
}

const setOf = (words: string): ReadonlySet<string> => new Set(words.split(/\s+/));
/**
 * What may stand before the first item of a list without belonging to it: "old" in "old Tom, Jerry and Ann" does, so that
 * Ann cannot take his place. Not a complete list of verbs; with another one, the texts are kept apart.
 */
const BEFORE_LIST = setOf(
  `the a an of for with in on at by to from that are is was were has have had include included buy bought get got made
  use used need needed want wanted like liked know knew see saw met visited packed ordered installed and or
  der die das den für mit in von aus les des de la le à el los las con para は が を で に と 了 在 有`,
);
const THIRD_PERSON = /[^su']s$/;
/** What may follow the last item: "milk powder" is an item, "milk at the market" is not. */
const AFTER_LIST = setOf(
  `in on at by for from during into are is was were has have had can will must should
  in im am für aus sind waren en dans sont son para が は を も に で 等`,
);
const startsList = (before: Token | undefined): boolean =>
  !before || before.kind === 'break' || BEFORE_LIST.has(before.text) || THIRD_PERSON.test(before.text);
const endsList = (after: Token | undefined): boolean =>
  !after || after.kind === 'break' || joins(after) || AFTER_LIST.has(after.text);

/** Words beside those that moved that may belong to the list too: "red apples, green apples", or items that stayed. */
const REACH = 12;

/** Whether the texts differ in the order of one list's items and in nothing else. The words are the same. */
function listReordered(a: Saying, b: Saying): boolean {
  const [left, right] = [withoutTaste(a.tokens), withoutTaste(b.tokens)];
  if (left.length !== right.length || a.words.some((word) => ORDERED.has(word))) return false;
  const same = (x: Token | undefined, y: Token | undefined) => x?.kind === y?.kind && x?.text === y?.text;
  let start = 0;
  while (start < left.length && same(left[start], right[start])) start++;
  let end = left.length;
  while (end > start && same(left[end - 1], right[end - 1])) end--;
  for (let before = 0; before <= Math.min(REACH, start); before++) {
    for (let after = 0; after <= Math.min(REACH, left.length - end); after++) {
      const [from, to] = [start - before, end + after];
      if (!startsList(left[from - 1]) || !endsList(left[to])) continue;
      const [was, is] = [left.slice(from, to), right.slice(from, to)];
      // Two lists side by side may belong together item by item.
      const beside = [...left.slice(0, from), ...left.slice(to)];
      if (beside.some(joins)) continue;
      // The order of numbers mostly means something: places, scores, shares.
      if (was.some(({ kind }) => kind === 'number')) continue;
      const [one, other] = [listOf(was), listOf(is)];
      if (one && other && sameBag(one.items, other.items) && sameOrder(one.joints, other.joints)) return true;
    }
  }
  return false;
}

/** Clues of code points: each word as a whole and by its trigrams, letters of scripts without spaces also in pairs. */
export function shinglesOf({ tokens }: Saying): Map<string, number> {
  const weights = new Map<string, number>();
  const add = (shingle: string, weight: number) => weights.set(shingle, (weights.get(shingle) ?? 0) + weight);
  let before: Token | undefined;
  for (const token of tokens) {
    const { kind, text } = token;
    if (kind === 'letter') {
      add(text, 1);
      if (before?.kind === 'letter') add(`${before.text}${text}`, 2);
    } else if (kind === 'word') {
      add(`=${text}`, 3);
      const letters = Array.from(`^${text}$`);
      for (let at = 0; at + 3 <= letters.length; at++) add(`~${letters[at]}${letters[at + 1]}${letters[at + 2]}`, 1);
    } else if (kind !== 'break') add(`=${text}`, 3);
    before = token;
  }
  return weights;
}

/** Weighted Jaccard, 0..1. */
function overlap(a: ReadonlyMap<string, number>, b: ReadonlyMap<string, number>): number {
  let [shared, all] = [0, 0];
  for (const [shingle, weight] of a) {
    const other = b.get(shingle) ?? 0;
    shared += Math.min(weight, other);
    all += Math.max(weight, other);
  }
  for (const [shingle, weight] of b) if (!a.has(shingle)) all += weight;
  return all === 0 ? 0 : shared / all;
}

/** Neighbouring words, which tell "Alice owes Bob" from "Bob owes Alice". */
const neighbours = (words: readonly string[]): Map<string, number> =>
  countOf(words.slice(1).map((word, at) => `${words[at]} ${word}`));

export interface Comparison {
  /** They say the same. */
  readonly same: boolean;
  /** 0..1, 1 exactly when `same`. */
  readonly similarity: number;
  /** What keeps them apart, in the order of `DIFFERENCES`. */
  readonly differs: readonly Difference[];
}

const SAME: Comparison = { same: true, similarity: 1, differs: [] };
/** Shown for texts made of the same words that nonetheless do not say the same. */
const ALMOST = 0.99;

/** Quick answer for texts made of other words; nothing is built. Texts without any words are never the same. */
export function saysTheSame(a: Saying, b: Saying): boolean {
  if (a.words.length === 0 || a.words.length !== b.words.length || a.question !== b.question) return false;
  return sameOrder(a.words, b.words) || (sameBag(a.words, b.words) && listReordered(a, b));
}

export function compareSayings(a: Saying, b: Saying): Comparison {
  if (saysTheSame(a, b)) return SAME;
  const of = (saying: Saying, kinds: readonly string[]) =>
    saying.tokens.flatMap(({ kind, text }) => (kinds.includes(kind) ? [text] : []));
  const unlike = (pick: (saying: Saying) => string[]) => !sameBag(pick(a), pick(b));
  const negations = (saying: Saying) => saying.words.filter((word) => NEGATIONS.has(word));
  const others = (saying: Saying) => of(saying, ['word', 'letter']).filter((word) => !NEGATIONS.has(word));
  const differs: Difference[] = [];
  if (unlike((saying) => of(saying, ['number']))) differs.push('numbers');
  if (unlike(negations)) differs.push('negation');
  if (unlike((saying) => of(saying, ['code']))) differs.push('code');
  if (unlike((saying) => of(saying, ['symbol']))) differs.push('symbols');
  if (a.question !== b.question) differs.push('question');
  if (unlike(others)) differs.push('words');
  if (differs.length === 0) differs.push('order');
  const similarity =
    (3 * overlap(shinglesOf(a), shinglesOf(b)) + overlap(neighbours(a.words), neighbours(b.words))) / 4;
  return { same: false, similarity: Math.min(similarity, ALMOST), differs };
}

export const compareTexts = (a: string, b: string): Comparison => compareSayings(sayingOf(a), sayingOf(b));
