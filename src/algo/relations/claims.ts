// What a text claims: of whom or what (subject), by which verb, and what (object), as far as simple sentences show it.
import {
  AUXILIARIES,
  BE,
  FILLERS,
  HAPPENED,
  MODALS,
  NEGATIONS,
  PAST,
  PHRASES,
  PLACES,
  setOf,
  UNSAID,
  VERBS,
  WAS,
} from './lexicon.ts';
import { type Sentence, sentencesOf, type Term } from './terms.ts';

/** A term of an object, and what stands before it. */
export interface Part extends Term {
  /** Preposition right before the phrase it belongs to; '' when there is none. */
  readonly after: string;
  /** An article stands before it. */
  readonly article: boolean;
}

export interface Claim {
  /** Terms of the subject without fillers. */
  readonly subject: readonly Term[];
  /** Base form, such as `be`; '' when none was found. */
  readonly verb: string;
  readonly object: readonly Part[];
  readonly negated: boolean;
  /** It denies for everybody: "nobody has access". */
  readonly nobody: boolean;
  /** `must`, `can`, ... or ''. */
  readonly modal: string;
  /** When, where the sentence begins with it; '' when it does not. */
  readonly context: string;
  /** It tells what was. */
  readonly past: boolean;
  /** It tells something that can happen again. */
  readonly happened: boolean;
  /** All terms of its sentence. */
  readonly terms: readonly Term[];
  /** An attribute is given a value: "we use X for Y", "Z's Y is X". */
  readonly valued: boolean;
}

const TIME_WORDS = setOf(
  `morning afternoon evening night noon midnight spring summer autumn fall winter weekend weekends past future
  beginning beginn`,
);
const RELATIVE = setOf('last this next');
const SPANS = setOf('week month year quarter sprint weekend night time morning evening afternoon');
const ALONE = setOf('yesterday today tomorrow tonight');
const FRONT = setOf('in on at during since until by before after');
/** What holds then only. */
const CONDITIONS = setOf('when whenever while during');
const CUTS = setOf('because which who although though whereas');
const ARTICLES = setOf('a an the');
const WE = setOf('we i');
const SAME_PERSON: Readonly<Record<string, string>> = { i: 'user', me: 'user', my: 'user' };
/** Words that do not make a subject another one. */
const SOFT = setOf('daily project requir required used currently');

const isTime = ({ kind, text, key }: Term): boolean =>
  kind === 'date' ||
  kind === 'day' ||
  kind === 'time' ||
  TIME_WORDS.has(text) ||
  /^(?:19|20)\d\d$/.test(key) ||
  /^q[1-4]$/.test(key);

interface Cut {
  terms: Term[];
  context: string[];
}

/** Takes out when it was, where it stands at the beginning, and "last week" and the like anywhere. */
function withoutContext(all: readonly Term[]): Cut {
  const terms: Term[] = [];
  const context: string[] = [];
  for (let at = 0; at < all.length; at++) {
    const [term, next] = [all[at]!, all[at + 1]];
    if (ALONE.has(term.text)) context.push(term.text);
    else if (RELATIVE.has(term.text) && next && (SPANS.has(next.text) || next.kind === 'day' || next.unit === 's')) {
      context.push(`${term.text} ${next.key}`);
      at++;
    } else terms.push(term);
  }
  const first = terms[0];
  if (!first || !FRONT.has(first.text)) return { terms, context };
  let end = 1;
  while (end < terms.length && FILLERS.has(terms[end]!.text)) end++;
  const from = end;
  if (first.text === 'before' || first.text === 'after') end++;
  else while (end < terms.length && isTime(terms[end]!)) end++;
  if (end === from || end >= terms.length) return { terms, context };
  context.push(...terms.slice(from, end).map(({ key }) => key), first.text);
  return { terms: terms.slice(end), context };
}

/** "We use X for Y" and "X is used for Y" give Y the value X. */
function valuing(terms: readonly Term[]): { subject: Term[]; object: Term[]; negated: boolean } | null {
  const texts = terms.map(({ text }) => text);
  const uses = texts.findIndex((text) => text === 'use' || text === 'uses');
  if (uses > 0 && WE.has(texts[uses - 1]!)) {
    if (texts[0] === 'for' && uses >= 3)
      return { subject: terms.slice(1, uses - 1), object: terms.slice(uses + 1), negated: false };
    // "the error tracker we use is Rollbar"
    if (uses >= 2 && BE.has(texts[uses + 1] ?? ''))
      return { subject: terms.slice(0, uses - 1), object: terms.slice(uses + 2), negated: false };
    const joint = texts.findIndex((text, at) => at > uses + 1 && (text === 'for' || text === 'as'));
    if (joint > 0) return { subject: terms.slice(joint + 1), object: terms.slice(uses + 1, joint), negated: false };
  }
  const used = texts.indexOf('used');
  if (used > 1 && BE.has(texts[used - 1]!) && (texts[used + 1] === 'for' || texts[used + 1] === 'as'))
    return { subject: terms.slice(used + 2), object: terms.slice(0, used - 1), negated: false };
  return null;
}

/** A base form is a verb after "we", a plural or an auxiliary; elsewhere it is mostly a noun. */
function isVerb(terms: readonly Term[], at: number): boolean {
  const { text, kind } = terms[at]!;
  if (AUXILIARIES.has(text)) return !(kind === 'name' && (text === 'may' || text === 'will'));
  if (BE.has(text)) return true;
  if (text === 'take-place') return true;
  const base = VERBS.get(text);
  if (base === undefined || kind === 'name' || kind === 'code') return false;
  const before = terms[at - 1]?.text ?? '';
  if (PLACES.has(before) || ARTICLES.has(before)) return false;
  if (base !== text) return true;
  // The second word: what somebody says of themselves, with their name for "I".
  return at === 1 || /^(?:we|i|they|you|not|never|to|and)$/.test(before) || /[^s]s$/.test(before);
}

function verbAt(terms: readonly Term[]): number {
  for (let at = 1; at < terms.length; at++) {
    if (!isVerb(terms, at)) continue;
    const next = terms[at + 1];
    // "the nightly runs are slow"
    if (next && !AUXILIARIES.has(terms[at]!.text) && AUXILIARIES.has(next.text)) continue;
    return at;
  }
  // A verb that is not listed: "Grafana scrapes metrics every minute".
  return terms.findIndex(
    ({ text, kind }, at) =>
      at > 0 &&
      at + 1 < terms.length &&
      kind === 'word' &&
      /[a-rt-z]s$/.test(text) &&
      text !== "'s" &&
      !PLACES.has(terms[at - 1]!.text) &&
      !ARTICLES.has(terms[at - 1]!.text) &&
      !FILLERS.has(text) &&
      !PLACES.has(text),
  );
}

function partsOf(terms: readonly Term[]): Part[] {
  const parts: Part[] = [];
  let [after, article] = ['', false];
  for (const term of terms) {
    if (CUTS.has(term.text)) break;
    if (PLACES.has(term.text) && term !== terms.at(-1)) {
      [after, article] = [term.text, false];
    } else if (ARTICLES.has(term.text)) article = true;
    else if (!FILLERS.has(term.text) && !NEGATIONS.has(term.text)) {
      parts.push({ ...term, after, article });
      article = false;
    }
  }
  return parts;
}

/** Terms of a noun phrase that tell it from others. */
function subjectOf(terms: readonly Term[]): Term[] {
  const found = terms.flatMap((term) => {
    const text = SAME_PERSON[term.text];
    if (text !== undefined && term.text !== 'my') return [{ ...term, key: text, text }];
    if (term.text === 'we') return [term];
    return FILLERS.has(term.text) || PLACES.has(term.text) || SOFT.has(term.text) ? [] : [term];
  });
  return found.filter(({ text }) => !NEGATIONS.has(text));
}

function claimOf(all: readonly Term[], inherited: readonly Term[] | null): Claim | null {
  if (all.some(({ kind, text }) => kind === 'word' && UNSAID.has(text))) return null;
  const { terms, context } = withoutContext(all);
  const past = terms.some(({ text }) => text === 'used-to' || text === 'formerly' || text === 'previously');
  const nobody = terms[0]?.text === 'not';
  const value = nobody ? null : valuing(terms);
  const condition = terms.findIndex(({ text }, at) => at > 1 && CONDITIONS.has(text));
  if (condition > 0) context.push(...terms.splice(condition).map(({ key }) => key));
  const shared = { context: context.sort().join(' '), terms: all, nobody };
  if (value)
    return {
      ...shared,
      subject: subjectOf(value.subject),
      verb: 'be',
      object: partsOf(value.object),
      negated: terms.some(({ text }) => NEGATIONS.has(text)),
      modal: '',
      past,
      happened: false,
      valued: true,
    };
  // "took over" and the like right at the beginning have the subject of the clause before, or none.
  const starts = inherited !== null && terms[0] !== undefined && (VERBS.has(terms[0].text) || BE.has(terms[0].text));
  let at = starts ? 0 : verbAt(terms);
  if (at < 0) return null;
  const subject = starts ? inherited : subjectOf(terms.slice(0, at));
  if (subject.length === 0 && !nobody) return null;
  const first = terms[at]!.text;
  const owned = terms.slice(0, at).some(({ text }) => text === "'s");
  let [verb, modal, negated] = ['', '', nobody || NEGATIONS.has(terms[at - 1]?.text ?? '')];
  if (MODALS.has(first)) modal = first;
  const skip = () => {
    while (at + 1 < terms.length && (NEGATIONS.has(terms[at + 1]!.text) || FILLERS.has(terms[at + 1]!.text))) {
      if (NEGATIONS.has(terms[at + 1]!.text)) negated = true;
      // Articles belong to the object.
      if (ARTICLES.has(terms[at + 1]!.text)) break;
      at++;
    }
  };
  skip();
  let form = first;
  const aux = AUXILIARIES.has(first) && !BE.has(first);
  const next = terms[at + 1];
  if (aux && next && first !== 'have' && first !== 'has' && first !== 'had') {
    form = next.text;
    at++;
    verb = BE.has(form) ? 'be' : (VERBS.get(form) ?? (form === 'have' ? 'have' : next.key));
    skip();
  } else if (/^ha(?:ve|s|d)$/.test(first)) {
    const base = next && VERBS.get(next.text);
    if (base !== undefined && next!.text !== base) {
      form = next!.text;
      verb = base;
      at++;
    } else verb = 'have';
  } else verb = BE.has(first) ? 'be' : (VERBS.get(first) ?? first);
  const object = partsOf(terms.slice(at + 1));
  // "is reading", "is enjoying": going on beside other things.
  const goingOn = verb === 'be' && object[0]?.kind === 'word' && /.{2}ing$/.test(object[0].text) && object.length > 1;
  const wasDone = WAS.has(first) && /(?:ed|en)$/.test(object[0]?.text ?? '');
  return {
    ...shared,
    subject,
    verb,
    object,
    negated,
    modal,
    past: past || (WAS.has(first) && !wasDone) || (PAST.has(form) && !WAS.has(first) && !BE.has(form)),
    happened: goingOn || HAPPENED.has(form) || HAPPENED.has(object[0]?.text ?? ''),
    valued: owned,
  };
}

const JOINTS = setOf('and but then');

/** Clauses joined by "and" share their subject. */
function claimsIn({ terms, question }: Sentence): Claim[] {
  if (
    question ||
    /^(?:does|do|did|is|are|can|could|should|would|will|what|why|how|when|where|who)$/.test(terms[0]!.text)
  )
    return [];
  const pieces: Term[][] = [[]];
  for (const [at, term] of terms.entries()) {
    const next = terms[at + 1];
    const joins = JOINTS.has(term.text) && next !== undefined && at > 1;
    if (joins && (BE.has(next.text) || (VERBS.has(next.text) && VERBS.get(next.text) !== next.text))) pieces.push([]);
    else pieces.at(-1)!.push(term);
  }
  const claims: Claim[] = [];
  for (const [at, piece] of pieces.entries()) {
    const claim = claimOf(piece, at === 0 ? null : (claims.at(-1)?.subject ?? null));
    if (claim) claims.push(claim);
  }
  return claims;
}

const withPhrases = (text: string): string => PHRASES.reduce((read, [pattern, by]) => read.replace(pattern, by), text);

export interface Reading {
  /** As they were written. */
  readonly sentences: readonly Sentence[];
  /** What is said of which things; questions and what is only thought of are no claims. */
  readonly claims: readonly Claim[];
}

/** Made once for a text that is compared with many. */
export function readingOf(text: string): Reading {
  let sentences: readonly Sentence[] | undefined;
  return {
    // Most texts are only asked for what they claim.
    get sentences() {
      sentences ??= sentencesOf(text);
      return sentences;
    },
    claims: sentencesOf(withPhrases(text)).flatMap(claimsIn),
  };
}
