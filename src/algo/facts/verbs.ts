// Verbs that state a fact by themselves: what they say about whom, and which objects they make sense with.
import { isName } from '../coreference.ts';
import { ATTRIBUTES, POSSESSIONS } from './lexicon.ts';

export interface VerbRule {
  /** Source of a regular expression for what stands between subject and object. */
  readonly words: string;
  readonly predicate: string;
  readonly verb: string;
  readonly who: 'person' | 'thing' | 'any';
  readonly confidence: number;
  /** The date is the object. */
  readonly dateIsObject?: true;
  readonly fits?: (object: string) => boolean;
}

const PERFECT = '(?:(?:have|has|had)\\s+(?:(?:just|recently|already|also|finally)\\s+)?)?';
const startsWithName = (object: string): boolean => isName(object.split(/\s+/)[0]!) || /^\p{Lu}/u.test(object);
const placeLike = (object: string): boolean =>
  startsWithName(object) ||
  /^(?:\p{L}+\s+){0,3}(?:apartment|house|flat|city|town|village|suburb|neighbou?rhood|dorm|studio|cabin|farm|place|countryside|downtown)\b/iu.test(
    object,
  );
const organisation = (object: string): boolean =>
  startsWithName(object) ||
  /\b(?:company|bakery|bank|school|hospital|university|startup|start-up|agency|firm|studio|store|shop|restaurant|cent(?:er|re)|clinic|lab|office|factory|library|museum|café|cafe|hotel|bar|shelter|newspaper|nonprofit|non-profit|ngo)\b/iu.test(
    object,
  );
const notIdiom =
  (words: RegExp) =>
  (object: string): boolean =>
    !words.test(object);
const amount = (object: string): boolean =>
  /^(?:[$€£¥]?\d|one\b|two\b|three\b|four\b|five\b|six\b|seven\b|eight\b|nine\b|ten\b|half\b)/i.test(object);

const state = (words: string, predicate: string, verb: string, who: VerbRule['who'], fits?: VerbRule['fits']): VerbRule => ({
  words, predicate, verb, who, confidence: 0.9, ...(fits && { fits }),
}); // biome-ignore format: one line per field says nothing
const event = (words: string, predicate: string, verb: string, fits?: VerbRule['fits']): VerbRule => ({
  words: PERFECT + words, predicate, verb, who: 'person', confidence: 0.8, ...(fits && { fits }),
}); // biome-ignore format: one line per field says nothing

export const VERBS: readonly VerbRule[] = [
  state('(?:lives?|living|resides?) in', 'lives_in', 'live', 'person', placeLike),
  state('(?:am|is|are) (?:based|living) in', 'lives_in', 'live', 'person', placeLike),
  state(`${PERFECT}lived in`, 'lives_in', 'live', 'person', (object) => /since/.test(object) && placeLike(object)),
  state(`${PERFECT}(?:moved|relocated) (?:back )?to`, 'lives_in', 'move', 'person', placeLike),
  state('works? (?:at|for)', 'works_at', 'work', 'person', organisation),
  state(`(?:am|is|are) (?:working|employed) (?:at|for|by)`, 'works_at', 'work', 'person', startsWithName),
  state(`${PERFECT}(?:joined|started (?:working )?at|started working for)`, 'works_at', 'join', 'person', startsWithName),
  state('(?:am|is|are) from', 'from', 'be', 'person', startsWithName),
  state('was born in', 'born_in', 'be', 'person', startsWithName),
  state('(?:am|is|are|got|was) married to', 'married_to', 'be', 'person', startsWithName),
  state('(?:am|is|are) allergic to', 'allergic_to', 'be', 'person'),
  state('speaks?', 'speaks', 'speak', 'person', startsWithName),
  state('plays?', 'plays', 'play', 'person', notIdiom(/^(?:role|part|trick|game|it|along|around|with)\b/i)),
  state('(?:owns?|own)', 'owns', 'own', 'person'),
  state('(?:stud(?:y|ies)|studied)', 'studies', 'study', 'person', notIdiom(/^(?:hard|for|all|a lot|more|together)\b/i)),
  event('graduated from', 'graduated_from', 'graduate', startsWithName),
  state('likes?', 'likes', 'like', 'person', notIdiom(/^(?:to (?:think|say|know|see|add|ask)|your|his|her|their)\b/i)),
  state('loves?', 'loves', 'love', 'person', notIdiom(/^(?:your|his|her|their|to (?:hear|see|know))\b/i)),
  state('(?:hates?|(?:can|could) ?not stand|can[’\']t stand|detests?)', 'hates', 'hate', 'person'),
  state('(?:dislikes?|do not like|does not like|don[’\']t like|doesn[’\']t like)', 'dislikes', 'dislike', 'person'),
  state('prefers?', 'prefers', 'prefer', 'any'),
  state('enjoys?', 'enjoys', 'enjoy', 'person', notIdiom(/^(?:your|the (?:rest|day|weekend))\b/i)),
  state('uses?', 'uses', 'use', 'any', notIdiom(/^(?:to|case|of)\b/i)),
  state('(?:have|has)', 'has', 'have', 'any', (object) => POSSESSIONS.test(object)),
  event('(?:bought|purchased)', 'bought', 'buy'),
  event('ordered', 'ordered', 'order'),
  event('sold', 'sold', 'sell'),
  event('spent', 'spent', 'spend', (object) => /^[$€£¥]\s?\d/.test(object)),
  event('earned', 'earned', 'earn', (object) => /^[$€£¥]?\s?\d/.test(object)),
  event('adopted', 'adopted', 'adopt'),
  event('visited', 'visited', 'visit'),
  event('attended', 'attended', 'attend'),
  event('(?:went|been) to', 'went_to', 'go', notIdiom(/^(?:bed|sleep|work|school|great|hell|waste|see|get|buy|check|look|pick|the (?:bathroom|next|point|trouble))\b/i)),
  event('(?:ran|walked|hiked|biked|cycled|swam|jogged)', 'ran', 'run', amount),
  event('(?:baked|cooked)', 'baked', 'bake', notIdiom(/^(?:up|in)\b/i)),
  event('(?:painted|drew)', 'painted', 'paint'),
  event('(?:wrote|published)', 'wrote', 'write', notIdiom(/^(?:to|back|down|about)\b/i)),
  event('read', 'read', 'read', (object) => startsWithName(object)),
  event('finished', 'finished', 'finish', notIdiom(/^(?:it|with|up|last|first|early|late)\b/i)),
  event('won', 'won', 'win'),
  event('signed up for', 'signed_up_for', 'sign up'),
  event('donated', 'donated', 'donate'),
  event('volunteered at', 'volunteered_at', 'volunteer'),
  { words: `${PERFECT}(?:decided|agreed|chose|opted) (?:to|on)`, predicate: 'decided', verb: 'decide', who: 'any', confidence: 0.8 },
  state('runs? at', 'runs_at', 'run', 'thing', (object) => /\d|midnight|noon/.test(object)),
  state('(?:(?:runs?|listens?|is (?:running|listening)) on|is (?:on|at)) port', 'port', 'run', 'thing', (object) => /^:?\d{2,5}\b/.test(object)),
  state('(?:runs? on(?: top of)?|is running(?: on)?|is powered by)', 'runs_on', 'run', 'thing', notIdiom(/^(?:port|time|schedule|monday|tuesday|wednesday|thursday|friday|saturday|sunday|empty)\b/i)),
  state('(?:is|are) written in', 'written_in', 'write', 'any', startsWithName),
  state('(?:is|are|was|were)(?: now)? deployed (?:to|on|in)', 'deployed_to', 'deploy', 'any'),
  state('(?:is|are)(?: now)? hosted (?:on|at|in|by)', 'hosted_on', 'host', 'any'),
  state('(?:is|are)(?: now)? (?:owned|maintained|managed) by', 'owner', 'own', 'any'),
  state('(?:is|are)(?: now)? (?:stored|kept|saved) (?:in|at|on|under)', 'stored_in', 'store', 'any'),
  state('(?:is|are) located (?:in|at|on)', 'location', 'locate', 'any'),
  state('(?:depends?|relies|rely) on', 'depends_on', 'depend', 'thing'),
  state('supports?', 'supports', 'support', 'thing'),
  state('costs?', 'costs', 'cost', 'thing', (object) => /\d/.test(object)),
  { words: '(?:is|are)(?: now)? (?:re)?scheduled (?:for|on)', predicate: 'scheduled_for', verb: 'schedule', who: 'any', confidence: 0.9, dateIsObject: true },
  { words: '(?:is|are)(?: now)? due(?: on| by| in)?', predicate: 'due', verb: 'be', who: 'any', confidence: 0.9, dateIsObject: true, fits: (object) => !/^(?:to|for|a|an|the)\b/i.test(object) },
]; // biome-ignore format: a table

/** What "no longer", "anymore", "stopped" and "used to" end. */
export const ENDINGS: readonly { words: string; predicates: readonly string[]; verb: string }[] = [
  { words: '(?:works?|working) (?:at|for)', predicates: ['works_at'], verb: 'work' },
  { words: '(?:lives?|living) in', predicates: ['lives_in'], verb: 'live' },
  { words: '(?:uses?|using)', predicates: ['uses'], verb: 'use' },
  { words: '(?:runs?|running) on', predicates: ['runs_on'], verb: 'run' },
  { words: '(?:owns?|owning)', predicates: ['owns'], verb: 'own' },
  { words: '(?:likes?|liking)', predicates: ['likes'], verb: 'like' },
  { words: '(?:depends?|depending) on', predicates: ['depends_on'], verb: 'depend' },
  { words: '(?:plays?|playing)', predicates: ['plays'], verb: 'play' },
  { words: '(?:supports?|supporting)', predicates: ['supports'], verb: 'support' },
]; // biome-ignore format: a table

export const isPlace = placeLike;
export const isOrganisation = organisation;
export const ATTRIBUTE = new RegExp(`^(?:${ATTRIBUTES})$`, 'i');
