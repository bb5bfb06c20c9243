// What a sentence says about two of the names in it: how they stand to each other, or that they are the same.
import { foldName } from './keys.ts';
import type { Found } from './types.ts';

export interface Related {
  readonly source: Found;
  readonly target: Found;
  readonly type: string;
}
export interface SameAs {
  readonly one: Found;
  /** Another name of it. */
  readonly other: Found;
}

type Kind = Found['type'];
interface Pattern {
  readonly type: string;
  /** The whole text between the two names. */
  readonly between: RegExp;
  readonly source?: readonly Kind[];
  readonly target?: readonly Kind[];
  /** The second name is the source. */
  readonly backwards?: true;
}

const WHO: readonly Kind[] = ['person', 'unknown'];
const FIRM: readonly Kind[] = ['organization', 'project', 'unknown'];
const WHERE: readonly Kind[] = ['place'];
const THING: readonly Kind[] = ['tool', 'server', 'project', 'organization', 'unknown'];
const NOW = '(?:now |currently |still |also )?';
const NOUN = String.raw`(?:\s+(?:a|an|the|our|my|their|its))?(?:\s+(?:project|host|server))?`;
const between = (text: string): RegExp => new RegExp(String.raw`^,?\s+${NOW}(?:${text})${NOUN}\s+["'“]?$`, 'i');

/** Read in this order; the first that fits counts. */
const PATTERNS: readonly Pattern[] = [
  { type: 'member_of', between: between('is (?:a |an )?member of|belongs to|is on|is in|plays for'), source: WHO, target: ['organization', 'project'] },
  { type: 'works_at', between: between(String.raw`(?:works?|is working|is employed)(?:\s+as\s+[^,.;]{1,40}?)?\s+(?:at|for|with)|joined|is (?:the|an?)\s+[^,.;]{1,40}?\s+(?:at|of)|(?:who\s+)?works? (?:at|for)`), source: WHO, target: FIRM },
  { type: 'works_at', between: /^,\s+(?:the\s+|an?\s+)?(?:cto|ceo|cfo|vp|head|director|engineer|developer|designer|manager|founder|co-founder)[^,.;]{0,30}\s+(?:at|of)\s+$/i, source: WHO, target: FIRM },
  { type: 'worked_at', between: between('worked(?: as [^,.;]{1,40}?)? (?:at|for)|used to work (?:at|for)|left'), source: WHO, target: FIRM },
  { type: 'founded', between: between('(?:co-)?founded|started'), source: WHO, target: FIRM },
  { type: 'lives_in', between: between('lives? in|is living in|moved to|resides in|(?:is )?based in'), source: WHO, target: WHERE },
  { type: 'from', between: between('is from|comes from|was born in|grew up in'), source: WHO, target: WHERE },
  { type: 'located_in', between: between(String.raw`(?:is|are|stands?|sits?)?\s*(?:located|hosted|based|headquartered)?\s*in`), source: ['organization', 'server', 'project', 'place'], target: WHERE },
  { type: 'runs_on', between: between('runs? on(?: top of)?|is running on|(?:is|are|was) (?:now )?(?:hosted|deployed|running|installed) (?:on|at|in)|lives on|listens on'), source: THING, target: THING },
  { type: 'depends_on', between: between('depends? (?:up)?on|relies on|requires?|needs?|is built (?:on|with)|is backed by'), source: THING, target: THING },
  { type: 'uses', between: between('uses?|is using|switched to|migrated to|connects? to|talks? to|stores? (?:its |the )?data in'), source: ['tool', 'server', 'project', 'organization', 'person'], target: ['tool', 'server', 'project', 'organization'] },
  { type: 'replaces', between: between('replaces?|replaced|supersedes'), source: ['tool', 'server', 'project'], target: ['tool', 'server', 'project'] },
  { type: 'part_of', between: between('is (?:a )?(?:part|component|module|subsidiary|district) of|belongs to'), source: [...THING, 'place'], target: [...THING, 'place'] },
  { type: 'leads', between: between('leads?|is leading|manages|runs|heads|is in charge of|is responsible for'), source: ['person'], target: ['project', 'organization', 'server', 'tool'] },
  { type: 'owns', between: between('owns?|bought|acquired|maintains?'), source: ['person', 'organization'], target: ['project', 'server', 'tool', 'organization', 'place'] },
  { type: 'created', between: between('created|wrote|built|designed|invented|develops?|developed'), source: ['person', 'organization'], target: ['tool', 'project', 'server', 'organization'] },
  { type: 'reports_to', between: between('reports? to|is managed by'), source: WHO, target: WHO },
  { type: 'manages', between: between('manages|supervises|is the (?:boss|manager) of'), source: ['person'], target: ['person'] },
  { type: 'reports_to', between: /^['’]s\s+(?:boss|manager|supervisor)(?:,|\s+is)?\s+$/i, source: WHO, target: WHO },
  { type: 'married_to', between: /^(?:\s+(?:is|got|was) (?:married|wed) to|\s+married|['’]s\s+(?:wife|husband|spouse)(?:,|\s+is)?|,?\s+(?:the )?(?:wife|husband) of)\s+$/i, source: WHO, target: WHO },
  { type: 'sibling_of', between: /^(?:['’]s\s+(?:\w+\s)?(?:sister|brother)(?:,|\s+is)?|\s+is the (?:sister|brother) of)\s+$/i, source: WHO, target: WHO },
  { type: 'parent_of', between: /^(?:['’]s\s+(?:\w+\s)?(?:son|daughter|child)(?:,|\s+is)?|\s+is the (?:mother|father) of)\s+$/i, source: WHO, target: WHO },
  { type: 'parent_of', between: /^['’]s\s+(?:mother|father|mom|mum|dad)(?:,|\s+is)?\s+$/i, source: WHO, target: WHO, backwards: true },
  { type: 'friend_of', between: /^(?:['’]s\s+(?:best |good |close |old )?friend(?:,|\s+is)?|\s+is (?:a |best )?friends? (?:of|with))\s+$/i, source: WHO, target: WHO },
  { type: 'colleague_of', between: /^(?:['’]s\s+(?:colleague|coworker|co-worker|teammate)(?:,|\s+is)?|\s+works with)\s+$/i, source: WHO, target: WHO },
  { type: 'knows', between: between('knows|met'), source: WHO, target: WHO },
]; // biome-ignore format: a row per pattern

/** Names farther apart than this are not told of each other. */
const FARTHEST = 80;
const HYPOTHETICAL = /\b(?:if|whether|maybe|perhaps|would|might|could|never|not|no longer|n't)\s*$/i;

/** @param found in the order of the text, as `namesOf` gives them */
export function relationsIn(text: string, found: readonly Found[]): Related[] {
  return pairs(text, found).flatMap(({ one, other, mid }) => {
    if (HYPOTHETICAL.test(text.slice(Math.max(0, one.start - 12), one.start))) return [];
    const fits = PATTERNS.find(
      ({ between, source, target, backwards }) =>
        between.test(mid) &&
        (source?.includes((backwards ? other : one).type) ?? true) &&
        (target?.includes((backwards ? one : other).type) ?? true),
    );
    if (!fits) return [];
    const [source, target] = fits.backwards ? [other, one] : [one, other];
    return [{ source, target, type: fits.type }];
  });
}

const AKA = /^,?\s+\(?(?:also known as|aka|a\.k\.a\.|also called|better known as|formerly known as|formerly|nicknamed|goes by)(?: the)?\s+["'“`]?$/i; // biome-ignore format: one pattern
const BRACKET = /^\s+\(["'“]?$/;

/** "X, also known as Y", and "X (Y)" where Y is X in short. */
export function sameIn(text: string, found: readonly Found[]): SameAs[] {
  return pairs(text, found).flatMap(({ one, other, mid }) => {
    if (one.type === 'unknown' && other.type === 'unknown') return [];
    const akin = one.type === other.type || other.type === 'unknown' || one.type === 'unknown';
    if (!akin || foldName(one.name) === foldName(other.name)) return [];
    if (AKA.test(mid)) return [{ one, other }];
    if (!BRACKET.test(mid) || !/^["'”]?\)/.test(text.slice(other.end, other.end + 2))) return [];
    const bothServers = one.type === 'server' && other.type === 'server';
    return bothServers || isShortFor(other.name, one.name) ? [{ one, other }] : [];
  });
}

/** "Mel" of "Melanie", "K8s" of "Kubernetes", "WHO" of "World Health Organization". */
function isShortFor(short: string, long: string): boolean {
  const [a, b] = [foldName(short), foldName(long)];
  const initials = b
    .split(/[\s-]+/)
    .filter((word) => !/^(?:of|the|and|for|de)$/.test(word))
    .map((word) => word[0])
    .join('');
  const numeronym = /^([a-z])(\d{1,2})([a-z])$/.exec(a);
  if (numeronym) return b[0] === numeronym[1] && b.at(-1) === numeronym[3] && b.length === Number(numeronym[2]) + 2;
  return a.length >= 2 && (a === initials || (a.length >= 3 && b.startsWith(a)));
}

function pairs(text: string, found: readonly Found[]) {
  return found.slice(1).flatMap((other, at) => {
    const one = found[at]!;
    const mid = text.slice(one.end, other.start).replace(/^\s+v?\d[\w.-]*(?=\s)|`/g, '');
    return other.start - one.end > FARTHEST || mid.includes('\n') ? [] : [{ one, other, mid }];
  });
}
