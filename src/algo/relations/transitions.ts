// Newer texts that tell of a change without naming what was there before by the same words: moved, renamed, replaced, quit.
import type { Claim, Reading } from './claims.ts';
import type { Contradiction } from './contradiction.ts';
import { FILLERS, PLACES, setOf, UNSAID, WAS } from './lexicon.ts';
import type { Sentence, Term } from './terms.ts';

const SWITCHES = setOf(
  'switch switched move moved migrate migrated change changed rename renamed went convert converted transfer transferred',
);
const MOVES = setOf(
  'moved relocated renamed rescheduled postponed downgraded upgraded changed switched migrated transferred converted promoted',
);
const LEAVES = setOf('left quit resigned retired');
const PARTS_WITH = setOf(
  'sold lost dropped removed abandoned stopped deleted ditched retired decommissioned discontinued',
);
const COUPLES = setOf('dating dates married engaged together couple partner wife husband girlfriend boyfriend');
const WORKPLACE = setOf('company firm job team position role employer post');
const STANDS = setOf('be live reside locate sit work run host go start take-place call');
const HAS = setOf('have own drive use be');
const PLAN_WORDS = setOf('plan version tier release');

const content = (terms: readonly Term[]): Term[] =>
  terms.filter(
    ({ text }) =>
      !FILLERS.has(text) &&
      !PLACES.has(text) &&
      !WAS.has(text) &&
      !['is', 'are', 'and', 'have', 'has', 'user', 'be'].includes(text),
  );
const keys = (terms: readonly Term[]): Set<string> => new Set(terms.map(({ key }) => key));
const within = (few: ReadonlySet<string>, many: ReadonlySet<string>): boolean =>
  few.size > 0 && [...few].every((key) => many.has(key));
const meets = (a: ReadonlySet<string>, b: ReadonlySet<string>): boolean => [...a].some((key) => b.has(key));

function phraseAfter(terms: readonly Term[], at: number, stops: ReadonlySet<string>): Term[] {
  const rest = terms.slice(at + 1);
  const end = rest.findIndex(({ text }) => stops.has(text));
  return content(end < 0 ? rest : rest.slice(0, end));
}

interface Change {
  /** What it is told of. */
  readonly about: ReadonlySet<string>;
  /** What was there before; empty when it is not named. */
  readonly from: ReadonlySet<string>;
  /** What is there now; empty when nothing is. */
  readonly to: ReadonlySet<string>;
  readonly how: 'replaced' | 'moved' | 'left' | 'parted' | 'split';
}

const STOPS = setOf('to from with by in on at as for because and');
const FROM_STOPS = setOf('to because and');

function changeIn({ terms, question }: Sentence): Change | null {
  const texts = terms.map(({ text }) => text);
  if (question || texts.some((text) => UNSAID.has(text) || text === 'not' || text === 'should' || text === 'will'))
    return null;
  const before = (at: number) => keys(content(terms.slice(0, at)));
  for (const [at, text] of texts.entries()) {
    if (at === 0) continue;
    const from = texts.indexOf('from', at);
    const to = texts.indexOf('to', at);
    if (SWITCHES.has(text) && from > 0 && to > from)
      return {
        about: new Set([...before(at), ...keys(content(terms.slice(at + 1, from)))]),
        from: keys(phraseAfter(terms, from, FROM_STOPS)),
        to: keys(phraseAfter(terms, to, STOPS)),
        how: 'replaced',
      };
    if (text === 'replaced') {
      const passive = WAS.has(texts[at - 1]!) || texts[at - 1] === 'is';
      const by = texts.findIndex((word, i) => i > at && (word === 'by' || word === 'with'));
      if (by < 0) return null;
      const named = content(terms.slice(at + 1, by));
      return passive
        ? { about: keys(named), from: before(at), to: keys(phraseAfter(terms, by, STOPS)), how: 'replaced' }
        : { about: before(at), from: keys(named), to: keys(phraseAfter(terms, by, STOPS)), how: 'replaced' };
    }
    if (MOVES.has(text) && to > 0)
      return { about: before(at), from: new Set(), to: keys(phraseAfter(terms, to, STOPS)), how: 'moved' };
    if (LEAVES.has(text) && (before(at).size > 0 || texts[0] === 'the'))
      return { about: before(at), from: keys(content(terms.slice(at + 1))), to: new Set(), how: 'left' };
    if (text === 'broke' && texts[at + 1] === 'up')
      return { about: before(at), from: keys(content(terms.slice(at + 2))), to: new Set(), how: 'split' };
    if (text === 'divorced' || text === 'separated')
      return { about: before(at), from: keys(content(terms.slice(at + 1))), to: new Set(), how: 'split' };
    const gaveUp = text === 'gave' && ['up', 'away'].includes(texts[at + 1] ?? '');
    if (PARTS_WITH.has(text) || gaveUp) {
      // Its last word is what it is about: "sold the old Golf".
      const thing = phraseAfter(terms, gaveUp ? at + 1 : at, STOPS).slice(-1);
      return { about: before(at), from: keys(thing), to: new Set(), how: 'parted' };
    }
  }
  return null;
}

/** Whether what the older claim says ended by this change. */
function ended({ subject, object, verb, terms }: Claim, { about, from, to, how }: Change): boolean {
  const [who, all] = [keys(content(subject)), keys(content(terms))];
  const told = keys(content(object));
  if (to.size > 0 && within(to, all)) return false;
  switch (how) {
    case 'replaced':
      // "we" and the like leave nothing to compare: what was replaced must then be the value itself.
      return within(from, all) && (about.size === 0 || meets(about, all) || within(from, told));
    case 'moved': {
      const typed = object.some(({ kind }) => kind === 'day' || kind === 'time' || kind === 'date');
      const placed = object.some(({ after, text }) => after !== '' || PLAN_WORDS.has(text));
      const renamed = meets(about, told) && within(about, all);
      const sameWho = about.size === 0 ? who.size === 0 : within(about, who) && within(who, about);
      return STANDS.has(verb) && told.size > 0 && (renamed || (sameWho && (typed || placed)));
    }
    case 'left': {
      const job = verb === 'work' || (verb === 'be' && object.some(({ article }) => article));
      const where =
        [...from].some((key) => told.has(key)) || [...from].some((key) => WORKPLACE.has(key) || key === 'compani');
      return job && within(about, who) && where;
    }
    case 'parted':
      return HAS.has(verb) && (about.size === 0 || within(about, who)) && meets(from, told);
    case 'split':
      return terms.some(({ text }) => COUPLES.has(text)) && within(about, all);
  }
}

/** @param newer may tell that something the older one claims has ended */
export function endedBy(older: Reading, newer: Reading): Contradiction | null {
  const changes = newer.sentences.flatMap((sentence) => changeIn(sentence) ?? []);
  for (const change of changes)
    for (const claim of older.claims)
      if (!claim.negated && !claim.past && ended(claim, change))
        return {
          kind: 'change',
          confidence: 0.85,
          reason: `the newer one tells that this has changed: ${claim.terms.map(({ text }) => text).join(' ')}`,
        };
  return null;
}
