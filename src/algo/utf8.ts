// Lengths and cuts in UTF-8 bytes, the unit of every text limit, and what makes a text unfit to be stored.

const isPair = (text: string, at: number): boolean =>
  (text.charCodeAt(at) & 0xfc00) === 0xd800 && (text.charCodeAt(at + 1) & 0xfc00) === 0xdc00;

/** Length in UTF-8 bytes. A lone surrogate counts as the replacement character. */
export function byteLength(text: string): number {
  let bytes = text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) continue;
    bytes += unit < 0x800 ? 1 : 2;
    // Two units, four bytes.
    if (isPair(text, i)) i++;
  }
  return bytes;
}

/** Characters that belong to the one before: marks, joiners, emoji modifiers. */
const EXTENDS = /^(?:\p{M}|\u200d|\p{Emoji_Modifier}|[\u{e0020}-\u{e007f}])/u;
const MAX_CLUSTER = 32;

/**
 * Longest prefix of at most `maxBytes` UTF-8 bytes that ends between characters as people see them.
 * Where the first such character is itself too long, as many of its code points as fit.
 */
export function clipCodePoints(text: string, maxBytes: number): string {
  if (text.length * 3 <= maxBytes) return text;
  let bytes = 0;
  let end = 0;
  while (end < text.length) {
    const unit = text.charCodeAt(end);
    const pair = isPair(text, end);
    bytes += unit < 0x80 ? 1 : unit < 0x800 ? 2 : pair ? 4 : 3;
    if (bytes > maxBytes) break;
    end += pair ? 2 : 1;
  }
  return text.slice(0, end === text.length ? end : clusterStart(text, end));
}

/** Moves a cut before the character it would split; gives up on the text's first, or one longer than any real one. */
function clusterStart(text: string, cut: number): number {
  let at = cut;
  for (let steps = 0; steps < MAX_CLUSTER && at > 0; steps++) {
    const joined = text.charCodeAt(at - 1) === 0x200d || (text.charCodeAt(at - 1) === 13 && text.charCodeAt(at) === 10);
    if (!joined && !EXTENDS.test(text.slice(at, at + 2))) return at;
    at -= at > 1 && isPair(text, at - 2) ? 2 : 1;
  }
  return cut;
}

/** Why a text cannot be stored as it is: half a surrogate pair has no UTF-8 form, and Postgres refuses NUL. */
export function textProblem(text: string): 'surrogate' | 'nul' | null {
  if (!text.isWellFormed()) return 'surrogate';
  return text.includes('\0') ? 'nul' : null;
}
