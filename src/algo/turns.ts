// What the form of a text says about how much it tells: turns of conversations, questions, standing wishes.

/** Names and roles that open a turn: `Caroline: ...`, `user: ...`. */
const TURN = /^\s*(?:user|human|assistant|[\p{Lu}][\p{L}\p{M}'’.-]*(?: [\p{Lu}][\p{L}\p{M}'’.-]*){0,3}):\s/u;
/** What is shared along with words tells little of what was said. */
const SHARED = /\[shares [^\]]*\]/g;
const QUESTION = /[^.!?]*\?/g;

/** Characters from which on a turn is no longer brief. */
const FULL_CHARS = 160;
const LEAST_CHARS = 10;
const LEAST_BRIEF = -3;
/** Longer turns tell something besides what they ask. */
const ONLY_ASKING_CHARS = 200;

/** @returns how much less than a full turn it can say, 0 or below; and which share of it only asks, 0..1. Other texts: 0 */
export function turnSigns(text: string): { brief: number; asks: number } {
  const opening = TURN.exec(text);
  if (!opening) return { brief: 0, asks: 0 };
  const body = text.slice(opening[0].length).replace(SHARED, '').trim();
  const brief = Math.max(LEAST_BRIEF, Math.min(0, Math.log(Math.max(body.length, LEAST_CHARS) / FULL_CHARS)));
  if (body.length >= ONLY_ASKING_CHARS) return { brief, asks: 0 };
  const asked = (text.match(QUESTION) ?? []).reduce((sum, sentence) => sum + sentence.length, 0);
  return { brief, asks: asked / text.length };
}

const ASKER = /\b(?:I|I'm|I've|I'd|my|me|mine|myself)\b/;
/** About what the other one said. */
const ANSWERS =
  /\b(?:did you|you (?:recommend|suggest|advis|explain|propos|said|told|mention|gave|give|provid|outlin|describ)\w*|your (?:recommend|suggest|advice|explan)\w*)\b/i;
const OWN_TURN = /^\s*(?:user|human):\s/i;

/** Whether somebody asks about what they themselves said or did: then their own turns are meant, not the answers to them. */
export const asksAboutSelf = (question: string): boolean => ASKER.test(question) && !ANSWERS.test(question);
export const isOwnTurn = (text: string): boolean => OWN_TURN.test(text);

const REQUEST =
  /^\s*(?:could|can|would|will) you\b|\b(?:how (?:can|do|should|would) I|what (?:would|do) you (?:suggest|recommend)|help me|show me|suggest|recommend|give me|I'm (?:looking|planning|trying)|when building|which libraries|what are some|I want to|I need)\b/i;
const STANDING =
  /\b(?:always|never)\b[^.?!]{0,120}\b(?:when|whenever|if|unless)\b|\b(?:I prefer|I'd prefer|I would prefer|my preference|I'd rather|I don't (?:like|want)|I like to|I always want|please (?:always|never))\b|\b(?:always|never) (?:include|use|format|provide|mention|give|show|add|explain|avoid)\b/i;

/** Whether something is to be done or advised, so that it matters how such things are wanted. */
export const asksForHelp = (question: string): boolean => REQUEST.test(question);
/** Whether a text says how things are wanted from now on. */
export const isStandingWish = (text: string): boolean => !ASSISTANT.test(text) && STANDING.test(text);
const ASSISTANT = /^\s*(?:assistant|ai|agent):\s/i;
