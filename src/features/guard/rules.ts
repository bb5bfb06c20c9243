// Whether a rule that somebody wrote down speaks of an action, and what it says about it.
import { inLongForm } from '../../algo/aliases.ts';
import { porterStem } from '../../algo/porter.ts';
import { STOP_WORDS, words } from '../../algo/text.ts';

/** What a rule does: forbids, wants to be asked, or wishes. */
export type Force = 'prohibits' | 'asks' | 'advises';
export type Verdict = 'allow' | 'warn' | 'block';

export interface Judged {
  readonly verdict: 'warn' | 'block';
  readonly why: string;
}

const PROHIBITS =
  /\b(?:never|must\s*(?:not|n['’]t)|do\s*(?:not|n['’]t)|don['’]t|may\s+not|can\s*not|can['’]t|shall\s+not|under\s+no\s+circumstances|not\s+allowed\s+to)\b/i;
/** What is forbidden stands before these. */
const PROHIBITED =
  /\b(?:(?:is|are)\s+)?(?:strictly\s+)?(?:forbidden|prohibited|banned|off[- ]limits|not\s+(?:allowed|permitted))\b/i;
const NONE = /^\s*(?:rule:\s*)?no\s+(?=\p{L})/iu;
const ASKS =
  /\b(?:ask|confirm|check\s+with|get\s+(?:an?\s+)?(?:approval|permission|confirmation)|require[sd]?\s+(?:an?\s+)?(?:\w+\s+)?(?:approval|review|confirmation)|needs?\s+(?:an?\s+)?(?:\w+\s+)?(?:approval|review|confirmation))\b/i;
const ADVISES = /\b(?:prefer|avoid|should\s*(?:not|n['’]t)?|always|be\s+careful|rather|only)\b/i;
/** Behind these stands what makes a prohibition fall away. */
const UNLESS = /\b(?:unless|except|without|until|before)\b/i;
const RULE_TAGS = new Set(['rule', 'rules', 'guard', 'guardrail', 'guardrails', 'policy', 'constraint']);
const MIN_IMPORTANCE = 8;

export const isRule = ({
  importance,
  tags,
  content,
}: {
  importance: number;
  tags: readonly string[];
  content: string;
}): boolean => importance >= MIN_IMPORTANCE || tags.some((tag) => RULE_TAGS.has(tag)) || forceOf(content) !== null;

const forceOf = (text: string): Force | null =>
  PROHIBITS.test(text) || PROHIBITED.test(text) || NONE.test(text)
    ? 'prohibits'
    : ASKS.test(text)
      ? 'asks'
      : ADVISES.test(text)
        ? 'advises'
        : null;

/** Words of one group mean the same to a rule; commands are among them. */
const MEANINGS: readonly string[] = [
  'delete remove erase rm rmdir wipe destroy drop purge unlink truncate discard clear',
  'restart reboot',
  'stop halt shutdown poweroff kill terminate',
  'send share post publish disclose leak expose upload transmit email forward',
  'deploy release rollout ship',
  'install add',
  'modify change edit alter update write overwrite touch',
  'production prod live',
  'credential password secret token',
  'backup dump snapshot',
  'force forced',
  'purchase buy order',
];
const MEANING = new Map(
  MEANINGS.flatMap((group) => group.split(' ').map((word) => [porterStem(word), porterStem(group.split(' ')[0]!)])),
);

/** Say that something is done, not what. */
const EMPTY = new Set(
  `use run do go work make perform execute allow let please anything something everything any anyone anybody thing ever agent assistant user
  directly using people never must not don without always rule important forbidden prohibited strictly permitted allowed ok okay will want need
  going try start begin call command script via`
    .split(/\s+/)
    .map(porterStem),
);
const CHANGES = porterStem('modify');
const LOOKS =
  /^\s*(?:sudo\s+)?(?:cat|ls|less|more|head|tail|grep|rg|find|stat|view|read|show|list|look|print|open|describe|explain|inspect|check)\b/i;

/** Stems of what a text is about, synonyms brought together, in order and once each. */
function terms(text: string): string[] {
  const stems = words(inLongForm(text.replace(/['’]/g, "'")))
    .filter((word) => !STOP_WORDS.has(word) && (word.length > 1 || /\d/.test(word)))
    .map(porterStem)
    .filter((stem) => !EMPTY.has(stem));
  return [...new Set(stems.map((stem) => MEANING.get(stem) ?? stem))];
}

interface Clause {
  readonly force: Force;
  readonly object: readonly string[];
  /** What the prohibition does not hold with. */
  readonly unless: readonly string[];
}

function clauseOf(sentence: string): Clause | null {
  const force = forceOf(sentence);
  if (force === null) return null;
  const before = force === 'prohibits' ? (PROHIBITS.exec(sentence) ?? null) : null;
  const after = before ? null : PROHIBITED.exec(sentence);
  const said = before
    ? sentence.slice(before.index + before[0].length)
    : after && force === 'prohibits'
      ? `${sentence.slice(0, after.index)} ${sentence.slice(after.index + after[0].length)}`
      : sentence.replace(NONE, '').replace(force === 'asks' ? ASKS : ADVISES, ' ');
  const exception = force === 'prohibits' ? UNLESS.exec(said) : null;
  const object = terms(exception ? said.slice(0, exception.index) : said);
  if (object.length === 0) return null;
  return { force, object, unless: exception ? terms(said.slice(exception.index)) : [] };
}

const sentences = (text: string): string[] => text.split(/(?<=[.!?;])\s+|\n+/).filter((part) => part.trim() !== '');

/** A prohibition holds for an action that has most of its words, its verb among them. */
const MOST = 0.6;
/** From this share of its words on, a rule concerns an action. */
const SOME = 0.5;
/** With a model that finds both near, less is enough. */
const SOME_WHEN_NEAR = 0.34;

/**
 * @param near a model finds that both are about the same
 * @returns null when the rule has nothing to do with the action
 */
export function judge(rule: string, action: string, near = false): Judged | null {
  const has = new Set(terms(action));
  let best: Judged | null = null;
  for (const sentence of sentences(rule)) {
    const clause = clauseOf(sentence);
    if (!clause) continue;
    const { force, object, unless } = clause;
    const met = object.filter((term) => has.has(term) || (term === CHANGES && !LOOKS.test(action)));
    // "Change" alone says too little: everything changes something.
    if (met.every((term) => term === CHANGES && !has.has(term))) continue;
    const share = met.length / object.length;
    const shared = met.join(', ');
    const excused = unless.length > 0 && unless.every((term) => has.has(term));
    if (force === 'prohibits' && met.includes(object[0]!) && (share >= MOST || object.length === 1) && !excused)
      return { verdict: 'block', why: `It forbids this: both are about ${shared}.` };
    if (share < (near ? SOME_WHEN_NEAR : SOME)) continue;
    const why =
      force === 'asks'
        ? 'It wants to be asked first'
        : force === 'advises'
          ? 'It advises on this'
          : excused
            ? 'It allows this under a condition only'
            : 'It may forbid this';
    best ??= { verdict: 'warn', why: `${why}: both are about ${shared}.` };
  }
  return best;
}

const ORDER: readonly Verdict[] = ['allow', 'warn', 'block'];
export const worse = (a: Verdict, b: Verdict): Verdict => (ORDER.indexOf(a) >= ORDER.indexOf(b) ? a : b);
