// Properties of things: "the port of … is", "… is down", "host: …".
import { isPersonName } from '../coreference.ts';
import { type Fact, predicateName } from './fact.ts';
import { ATTRIBUTES, KIND_WORDS, OWN_ATTRIBUTES, STATES } from './lexicon.ts';
import { ADVERBS, fact, isPerson, type Said, SUBJECT, some, subjectOf, WORD } from './subject.ts';
import { ATTRIBUTE } from './verbs.ts';

const OF_ATTRIBUTE = new RegExp(
  `^(?:[Tt]he|[Oo]ur|[Mm]y)\\s+(?:(?:new|current|default)\\s+)?(?<a>${ATTRIBUTES})\\s+(?:of|for)\\s+(?<s>.{2,60}?)\\s+(?:is|are)(?:\\s+now)?\\s+(?<o>\\S.*)$`,
  'u',
);
const POSSESSIVE =
  /^(?<s>.{1,60}?)['’]s?\s+(?<a>(?:(?:new|current|favou?rite)\s+)?(?:[\p{L}-]+\s+){0,2}?[\p{L}-]+)\s+(?:is|are)(?:\s+now)?(?:\s+on)?\s+(?<o>\S.*)$/u;
const MINE =
  /^(?:[Mm]y|[Oo]ur)\s+(?<a>(?:new\s+|current\s+)?(?:[\p{L}-]+\s+){0,3}?[\p{L}-]+)\s+(?:is|are)(?:\s+(?:now|called|named|currently))*\s+(?<o>\S.*)$/u;
const PLAIN_ATTRIBUTE = new RegExp(
  `^(?<s>(?:[Tt]he\\s+|[Oo]ur\\s+)?${WORD}(?:\\s+${WORD}){0,3}?)\\s+(?<a>${ATTRIBUTES})\\s+(?:is|are)(?:\\s+now)?(?:\\s+at)?\\s+(?<o>\\S.*)$`,
  'iu',
);
const STATE = new RegExp(
  `^${SUBJECT}\\s+(?:is|are)\\s+${ADVERBS}(?<o>${STATES})(?:\\s+(?:again|now|today|currently|on \\p{L}+|in production|since .+|because .+|until .+))*[.!]?$`,
  'iu',
);
const IS =
  /^(?<s>(?:(?:[Tt]he|[Oo]ur)\s+)?[\p{L}\p{N}][\p{L}\p{N}'’._/-]*(?:\s+[\p{L}\p{N}'’._/-]+){0,3}?)\s+(?:is|are)(?:\s+now)?(?:\s+at)?\s+(?<o>\S.*)$/u;
/** An address, a path, a version, a name with a number: something with one definite value. */
const DEFINITE =
  /^(?:https?:\/\/\S+|\/\S+|\S+@\S+\.\w+|\S*\d\S*|(?:\p{Lu}\S*\s+){1,3}v?\d[\w.]*.*|\p{Lu}\S*\d\S*|[a-z0-9]+(?:[-_.][a-z0-9]+)+)(?=$|\s+(?:on|at|in)\s|\s*$)/u;
const RELATION =
  /^(?:sister|brother|mother|father|mom|mum|dad|wife|husband|partner|son|daughter|friend|best friend|roommate|dog|cat|puppy|kitten|pet|cousin|aunt|uncle|niece|nephew|boss|manager|coworker|colleague|neighbou?r|girlfriend|boyfriend|grandmother|grandfather|grandma|grandpa|kid|child|company|team|startup|band)$/i;

/** "the port of X is", "X's port is", "my editor is", "the X port is". */
export function ownerAttribute(clause: string, said: Said): Fact[] {
  const of = OF_ATTRIBUTE.exec(clause)?.groups;
  if (of)
    return attribute(
      subjectOf(/^(?:the|our|my)\s/i.test(of.s!) ? of.s!.replace(/^(?:our|my)\s/i, 'the ') : of.s!, said),
      of.a!,
      of.o!,
      said,
    );
  const mine = MINE.exec(clause)?.groups;
  if (mine && !mine.a!.includes("'")) return ofSpeaker(mine.a!, mine.o!, said, /\s(?:called|named)\s/.test(clause));
  const possessive = POSSESSIVE.exec(clause)?.groups;
  if (possessive && (ATTRIBUTE.test(possessive.a!) || /^favou?rite\s/i.test(possessive.a!)))
    return attribute(subjectOf(possessive.s!, said), possessive.a!, possessive.o!, said);
  const plain = PLAIN_ATTRIBUTE.exec(clause)?.groups;
  if (!plain || KIND_WORDS.test(plain.s!.replace(/^(?:the|our)\s+/i, ''))) return [];
  return attribute(subjectOf(plain.s!.replace(/^(?:our|my)\s/i, 'the '), said), plain.a!, plain.o!, said);
}

function attribute(subject: string | null, name: string, rest: string, said: Said): Fact[] {
  if (subject === null || isVague(rest)) return [];
  const predicate = predicateName(name.replace(/^(?:new|current)\s+/i, ''));
  const keepDate = /^(?:birthday|deadline|due_date|schedule|version|port|age)$/.test(predicate);
  return some(
    fact({ subject, predicate, verb: 'be', confidence: 0.9 }, rest.replace(/^on\s+(?=\p{Lu}|the\s+\d)/u, ''), said, {
      keepDate,
    }),
  );
}

/** A value is short and says which; "very slow" and "not known" are none. */
const isVague = (rest: string): boolean =>
  /^(?:very|so|too|really|quite|pretty|not|that|to|what|how|because|about|like|always|never|going|being|getting|wrong|right|good|bad|great|better|fine|ok|okay|important|different|slow|fast|full|empty|tough|hard|easy|amazing|awesome|nice|missing|unknown|a (?:problem|mess|bit|lot))\b/i.test(
    rest,
  );

function ofSpeaker(name: string, rest: string, said: Said, called: boolean): Fact[] {
  if (isVague(rest)) return [];
  const favorite = /^favou?rite\s(?!(?:thing|part|one|way|moment|memory|time)s?$)/i.test(name);
  if (called) return RELATION.test(name) ? attribute(`${said.speaker}'s ${name}`, 'name', rest, said) : [];
  if (favorite || ATTRIBUTE.test(name.replace(/^(?:new|current)\s+/i, '')) || /\blead$/i.test(name))
    return attribute(said.speaker, name, rest, said);
  // "My wife's name", "our staging port": the rest of the rules knows better.
  return [];
}

export function status(clause: string, said: Said): Fact[] {
  const { s, o } = STATE.exec(clause)?.groups ?? {};
  if (s === undefined || isPersonName(s) || /^(?:I|we)$/i.test(s)) return [];
  const subject = subjectOf(s, said);
  if (subject === null) return [];
  const nothing = { quantity: null, unit: null, date_ref: null, date_approx: null, at: null };
  const object = o!.toLowerCase();
  return [{ subject, predicate: 'status', verb: 'be', object, ...nothing, confidence: 0.8, ended: false }];
}

export function definite(clause: string, said: Said): Fact[] {
  const { s, o } = IS.exec(clause)?.groups ?? {};
  if (s === undefined || isPerson(s) || isVague(o!)) return [];
  const subject = subjectOf(s, said);
  if (subject === null) return [];
  const words = s.replace(/^(?:the|our)\s+/i, '').split(/\s+/);
  const kind = words.length === 2 && KIND_WORDS.test(words[0]!) && ATTRIBUTE.test(words[1]!);
  return some(
    fact({ subject, predicate: 'is', verb: 'be', confidence: 0.7 }, o!, said, {
      fits: (object) => (kind && object.split(' ').length <= 4) || DEFINITE.test(object),
      keepDate: true,
    }),
  );
}

const NOTE = /^(?<key>[\p{L}\p{N}][\p{L}\p{N} _./'’-]{0,50}?)\s*[:=]\s+(?<value>\S.*)$/u;
const NOTE_KEY = new RegExp(`^(?:(?<s>.+?)\\s)?(?<a>${ATTRIBUTES})$`, 'iu');
const NOTE_WORDS = 8;

/** "DB host: db1.example.com" */
export function noteFacts(line: string, said: Said): Fact[] {
  const { key, value } = NOTE.exec(line)?.groups ?? {};
  if (key === undefined || value === undefined || value.split(/\s+/).length > NOTE_WORDS || /[.!?]\s/.test(value))
    return [];
  const { s, a } = NOTE_KEY.exec(key)?.groups ?? {};
  if (a === undefined) return [];
  // "Port: 80" alone is the port of nobody knows what.
  const own = OWN_ATTRIBUTES.test(a) ? said.speaker : null;
  const subject = s === undefined ? own : s.replace(/['’]s$/, '').replace(/^(?:the|our|my)\s+/i, '');
  if (subject === null || KIND_WORDS.test(subject) || /^(?:my|our|the)$/i.test(subject)) return [];
  const found = { subject, predicate: predicateName(a), verb: 'be', confidence: 0.9 };
  return some(fact(found, value, said, { keepDate: true }));
}
