// What the form of a text says about how much it tells: turns of conversations, questions, standing wishes.
// Nothing here looks at more than the beginning of a text, so that no text can keep a search busy.
import { words } from './text.ts';

/** Characters of a text that are looked at. */
const READ_CHARS = 1_000;
const beginning = (text: string): string => text.slice(0, READ_CHARS);

/** Names a memory opens with: `Caroline: ...`, `Dr. Ann Lee: ...`; what it says then is theirs. */
const NAMES = /^\s*([\p{Lu}][\p{L}\p{M}'’.-]*(?: [\p{Lu}][\p{L}\p{M}'’.-]*){0,3}):\s/u;
/** The parts people and programs play in a chat. */
const ROLE = /^\s*(?:user|human|assistant|ai|agent):\s/i;
const ASSISTANT = /^\s*(?:assistant|ai|agent):\s/i;
/** Headings and roles that stand before a colon like a name. */
const NO_NAMES = new Set(
  'agent ai answer assistant bug caution context date decision description error example fact fix goal idea info important input issue note output plan problem question reason reminder result rule solution status step subject summary system task tip title todo tool update user warning'.split(
    ' ',
  ),
);

/** @returns the words of the name a text opens with, but for headings and roles; none when it opens with something else */
export function speakerNames(text: string): string[] {
  if (!text.includes(':')) return [];
  const match = NAMES.exec(beginning(text));
  return match ? words(match[1]!).filter((word) => !NO_NAMES.has(word)) : [];
}

/** Characters before what a turn says; null for what is no turn: `Reminder: call Bob` has a heading, not a speaker. */
function turnOpening(text: string): number | null {
  const role = ROLE.exec(text);
  if (role) return role[0].length;
  const names = NAMES.exec(text);
  return names && !words(names[1]!).some((word) => NO_NAMES.has(word)) ? names[0].length : null;
}

/** What is shared along with words tells little of what was said. */
const SHARED = /\[shares [^\]]*\]/g;
const QUESTION = /[^.!?]*\?/g;

/** Characters from which on a turn is no longer brief. */
const FULL_CHARS = 160;
const LEAST_CHARS = 10;
const LEAST_BRIEF = -3;
/** Longer turns tell something besides what they ask. */
const ONLY_ASKING_CHARS = 200;

/** @returns how much less than a full turn it can say, -3..0; and which share of it only asks, 0..1. Other texts: 0 */
export function turnSigns(text: string): { brief: number; asks: number } {
  const read = beginning(text);
  const opening = turnOpening(read);
  if (opening === null) return { brief: 0, asks: 0 };
  const body = read.slice(opening).replace(SHARED, '').trim();
  const brief = Math.max(LEAST_BRIEF, Math.min(0, Math.log(Math.max(body.length, LEAST_CHARS) / FULL_CHARS)));
  if (body.length >= ONLY_ASKING_CHARS) return { brief, asks: 0 };
  const asked = (read.match(QUESTION) ?? []).reduce((sum, sentence) => sum + sentence.length, 0);
  return { brief, asks: asked / read.length };
}

/** But for "tell me", which is about whatever follows, and "I/O". */
const ASKER = /\b(?:I(?![./])|my|mine|myself|(?<!\b(?:tell|remind) )me)\b/i;
/** About what the other one said. */
const ANSWERS =
  /\b(?:did you|you (?:recommend|suggest|advis|explain|propos|said|told|mention|gave|give|provid|outlin|describ)\w*|your (?:recommend|suggest|advice|explan)\w*)\b/i;

/** Whether somebody asks about what they themselves said or did: then the answers they got to it are not meant. */
export function asksAboutSelf(question: string): boolean {
  const read = beginning(question);
  return ASKER.test(read) && !ANSWERS.test(read);
}

/** Whether an assistant said it. */
export const isAnswer = (text: string): boolean => ASSISTANT.test(beginning(text));

const REQUEST =
  /^\s*(?:could|can|would|will) you\b|\b(?:how (?:can|do|should|would) I|what (?:would|do) you (?:suggest|recommend)|help me|show me|suggest|recommend|give me|I'm (?:looking|planning|trying)|when building|which libraries|what are some|I want to|I need)\b/i;
const STANDING =
  /\b(?:always|never)\b[^.?!]{0,120}\b(?:when|whenever|if|unless)\b|\b(?:I prefer|I'd prefer|I would prefer|my preference|I'd rather|I don't (?:like|want)|I like to|I always want|please (?:always|never))\b|\b(?:always|never) (?:include|use|format|provide|mention|give|show|add|explain|avoid)\b/i;

/** Whether something is to be done or advised, so that it matters how such things are wanted. */
export const asksForHelp = (question: string): boolean => REQUEST.test(straight(beginning(question)));

/** Whether a text says how things are wanted from now on. */
export function isStandingWish(text: string): boolean {
  const read = straight(beginning(text));
  return !ASSISTANT.test(read) && STANDING.test(read);
}

/** Phones write ’ where a keyboard has '. */
const straight = (text: string): string => text.replaceAll('’', "'");
