// The facts of one clause: its subject, then the first rule that fits what follows.
import { isPersonName } from '../coreference.ts';
import { definite, ownerAttribute, status } from './attributes.ts';
import type { Fact } from './fact.ts';
import { ROLES, TITLE_OF } from './lexicon.ts';
import {
  ADVERBS,
  after,
  agrees,
  type Found,
  fact,
  isPerson,
  isSpeaker,
  type Said,
  SUBJECT,
  some,
  subjectOf,
} from './subject.ts';
import { ENDINGS, isOrganisation, isPlace, VERBS } from './verbs.ts';

const RULES = VERBS.map((rule) => ({ ...rule, pattern: after(rule.words) }));
const NO_LONGER = ENDINGS.map((rule) => ({
  ...rule,
  patterns: [
    after(`(?:no longer|stopped|quit|gave up|used to|previously|formerly) ${rule.words.replace(/^\(\?:/, '(?:')}`),
    // "I don't work at Stripe anymore"
    new RegExp(`^${SUBJECT}\\s+(?:do|does|am|is|are|did)(?:n['’]t| not)\\s+(?:${rule.words})\\s+(?<o>\\S.*?)\\s+(?:anymore|any more|any longer|now)\\b`, 'u'),
  ],
})); // biome-ignore format: read with the comment
const LEFT = after('(?:left|quit|resigned from|was laid off from|was fired from)');
const AT_ROLE = after("(?:am|is|are|['’]m) (?:an?|the|our)");
const BARE_ROLE = after('(?:am|is) (?:the |our )?(?=(?:CEO|CTO|CFO|COO|CMO|CISO|VP)\\b)');
const BECAME = after(
  '(?:became|was promoted to|got promoted to|was appointed|was hired as|started as|works? as|is working as|am working as)',
);
const NAMED = after('(?:is|am|are|was)(?: now)? (?:called|named)');
const AGE = /^(?<s>.+?)\s+(?:am|is|are|turned|just turned)\s+(?<n>\d{1,3})(?:\s+years?\s+old)?[.!]?$/u;
const CHANGED = new RegExp(
  `^(?:(?:we|I|they|the team)\\s+${ADVERBS}(?:upgraded|migrated|moved|switched|updated)\\s+(?<s1>(?:the|our|my)\\s+.+?)|${SUBJECT}\\s+(?:was|were|has been|have been|got)?\\s*${ADVERBS}(?:upgraded|migrated|switched|updated))(?:\\s+from\\s+(?<from>.+?))?\\s+to\\s+(?<o>\\S.*)$`,
  'iu',
);
const VERSION = after('(?:is|are|runs?|is running|is (?:on|at))(?: on| at)?(?: version|(?= v\\d))');

/** What is over. Read before negations are passed over. */
export function endedFacts(clause: string, said: Said): Fact[] {
  for (const { patterns, predicates, verb } of NO_LONGER)
    for (const pattern of patterns) {
      const { s, o } = pattern.exec(clause)?.groups ?? {};
      const subject = s === undefined ? null : subjectOf(s, said);
      if (subject === null) continue;
      return predicates.flatMap((predicate) =>
        some(fact({ subject, predicate, verb, confidence: 0.85 }, o!, said, { ended: true })),
      );
    }
  const { s, o } = LEFT.exec(clause)?.groups ?? {};
  if (s === undefined || !isPerson(s)) return [];
  const subject = subjectOf(s, said);
  const named = (object: string) => /^\p{Lu}/u.test(object);
  return subject === null
    ? []
    : some(
        fact({ subject, predicate: 'works_at', verb: 'leave', confidence: 0.8 }, o!, said, {
          ended: true,
          fits: named,
        }),
      );
}

/** "I don't like …" and "I can't stand …" deny nothing: they state a taste. */
export const tasteFacts = (clause: string, said: Said): Fact[] =>
  byVerb(clause, said, ({ predicate }) => predicate === 'dislikes' || predicate === 'hates');

export function statedFacts(clause: string, said: Said): Fact[] {
  for (const rule of [change, versionOf, role, named, age, ownerAttribute, byVerb, status, definite]) {
    const facts = rule(clause, said);
    if (facts.length > 0) return facts;
  }
  return [];
}

function byVerb(clause: string, said: Said, wanted: (rule: { predicate: string }) => boolean = () => true): Fact[] {
  for (const { pattern, who, predicate, verb, confidence, dateIsObject, fits } of RULES) {
    if (!wanted({ predicate })) continue;
    const { s, o } = pattern.exec(clause)?.groups ?? {};
    if (s === undefined || !agrees(s, clause)) continue;
    if ((who === 'person' && !isPerson(s)) || (who === 'thing' && isSpeaker(s))) continue;
    const subject = subjectOf(s, said);
    if (subject === null) continue;
    const own = /^we$/i.test(s) && predicate === 'decided' ? said.speaker : subject;
    if (predicate === 'works_at') return workplace({ subject: own, predicate, verb, confidence }, o!, said, fits);
    if (predicate === 'lives_in')
      return some(
        fact({ subject: own, predicate, verb, confidence }, withoutOrigin(o!), said, { fits: isPlace }),
        ...origin({ subject: own, predicate, verb, confidence }, clause, said),
      );
    const one = fact({ subject: own, predicate, verb, confidence }, o!, said, {
      keepDate: dateIsObject ?? false,
      fits,
    });
    if (one) return [one];
  }
  return [];
}

/** "for Globex as a data engineer" is a place and a role. */
function workplace(found: Found, rest: string, said: Said, fits: ((object: string) => boolean) | undefined): Fact[] {
  const [place, as] = rest.split(/\s+as\s+(?:an?\s+|the\s+|their\s+)?(?=\p{L})/u);
  const at = fact(found, place!, said, { fits: fits ?? isOrganisation });
  if (!at) return [];
  return some(at, as === undefined ? null : fact({ ...found, predicate: 'role' }, as, said));
}

/** The place alone, without where from and with whom. */
const withoutOrigin = (rest: string): string =>
  rest.replace(/\s+(?:from\s+\p{Lu}|with\s)[\p{L}\p{M} .'’-]*?(?=\s+(?:in|on|last|two|a|\d)\b|[.,!]|$)/u, '');

/** "relocated from Paris to New York" also says where somebody lives no more. */
function origin(found: Found, clause: string, said: Said): Fact[] {
  const from =
    /\b(?:moved|relocated)\s+from\s+(\p{Lu}[\p{L}\p{M} .'’-]*?)\s+to\s/u.exec(clause)?.[1] ??
    /\b(?:moved|relocated)\b.*?\s+to\s+.*?\s+from\s+(\p{Lu}[\p{L}\p{M}'’-]*(?:\s+\p{Lu}[\p{L}\p{M}'’-]*)*)/u.exec(
      clause,
    )?.[1];
  return from === undefined ? [] : some(fact(found, from, said, { ended: true }));
}

function change(clause: string, said: Said): Fact[] {
  const moved =
    /^(?<s>.+?)\s+(?:has |have )?(?:just )?(?:moved|relocated)\s+from\s+(?<from>\p{Lu}.*?)\s+to\s+(?<o>\p{Lu}.*)$/u.exec(
      clause,
    )?.groups;
  if (moved && isPerson(moved.s!)) {
    const subject = subjectOf(moved.s!, said);
    if (subject === null) return [];
    const found = { subject, predicate: 'lives_in', verb: 'move', confidence: 0.9 };
    return some(fact(found, moved.o!, said), fact(found, moved.from!, said, { ended: true }));
  }
  const { s, s1, from, o } = CHANGED.exec(clause)?.groups ?? {};
  const words = s1 ?? s;
  if (words === undefined || o === undefined || /^(?:I|we)$/i.test(words) || isPersonName(words)) return [];
  const subject = subjectOf(words.replace(/^(?:our|my)\s+/i, 'the '), said);
  if (subject === null || !/^(?:\p{Lu}|v?\d)/u.test(o)) return [];
  const predicate = /^v?\d/.test(o) ? 'version' : 'runs_on';
  const found = { subject, predicate, verb: 'upgrade', confidence: 0.85 };
  return some(fact(found, o, said), from === undefined ? null : fact(found, from, said, { ended: true }));
}

function versionOf(clause: string, said: Said): Fact[] {
  const { s, o } = VERSION.exec(clause)?.groups ?? {};
  const subject = s === undefined || isPerson(s) ? null : subjectOf(s, said);
  return subject === null
    ? []
    : some(
        fact({ subject, predicate: 'version', verb: 'be', confidence: 0.9 }, o!, said, {
          fits: (object) => /^v?\d/.test(object),
        }),
      );
}

function role(clause: string, said: Said): Fact[] {
  const became = BECAME.exec(clause)?.groups;
  const { s, o } = became ?? AT_ROLE.exec(clause)?.groups ?? BARE_ROLE.exec(clause)?.groups ?? {};
  if (s === undefined || !isPerson(s)) return [];
  const subject = subjectOf(s, said);
  if (subject === null) return [];
  const found = { subject, predicate: 'role', verb: became ? 'become' : 'be', confidence: 0.9 };
  const [title, place] = placeOfWork(o!.replace(/^(?:an?|the|our)\s+/i, ''));
  const isRole = fact(found, title, said, { fits: (object) => ROLES.test(object) && object.split(' ').length <= 5 });
  if (!isRole) return [];
  return some(
    isRole,
    place === null ? null : fact({ ...found, predicate: 'works_at' }, place, said, { fits: isOrganisation }),
  );
}

function placeOfWork(words: string): [title: string, place: string | null] {
  const at = /^(.+?)\s+(?:at|for)\s+(.+)$/.exec(words);
  if (at) return [at[1]!, at[2]!];
  const of = /^(.+?)\s+of\s+(\p{Lu}.*)$/u.exec(words);
  return of && TITLE_OF.test(of[1]!) ? [of[1]!, of[2]!] : [words, null];
}

function named(clause: string, said: Said): Fact[] {
  const { s, o } = NAMED.exec(clause)?.groups ?? {};
  const subject = s === undefined ? null : subjectOf(s, said);
  return subject === null
    ? []
    : some(
        fact({ subject, predicate: 'name', verb: 'call', confidence: 0.9 }, o!, said, {
          fits: (object) => /^\p{Lu}/u.test(object),
        }),
      );
}

function age(clause: string, said: Said): Fact[] {
  const { s, n } = AGE.exec(clause)?.groups ?? {};
  if (s === undefined || !isPerson(s) || !/years?\s+old|turned/.test(clause)) return [];
  const subject = subjectOf(s, said);
  return subject === null
    ? []
    : some(fact({ subject, predicate: 'age', verb: 'be', confidence: 0.9 }, `${n} years`, said));
}
