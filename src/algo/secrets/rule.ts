// What finds one kind of secret: literals that announce it, and what must follow. Looked at only where a literal stands, and
// only for a bounded number of characters, so that no text takes longer than its length allows.
import { isPlaceholder } from './doubt.ts';

export interface Span {
  readonly start: number;
  /** Exclusive. */
  readonly end: number;
}
export interface Found extends Span {
  readonly kind: string;
}

export interface Rule {
  /** As shown in place of the secret, such as `github-token`. */
  readonly kind: string;
  /** At least two characters each, all ASCII. */
  readonly anchors: readonly string[];
  /** The anchors are lower case and stand for every case. */
  readonly anyCase?: true;
  /** Gives way to other kinds that found the same. */
  readonly vague?: true;
  /** @param at where the anchor begins @param anchor which one */
  find(text: string, at: number, anchor: string): Span | Found | null;
}

const isWord = (code: number): boolean =>
  (code >= 48 && code <= 57) || (code >= 65 && code <= 90) || (code >= 97 && code <= 122) || code === 95;

/** A token begins here: not in the middle of a word. `\n` and `%3D`, written out, end a word like what they stand for. */
export function opensWord(text: string, at: number): boolean {
  if (at === 0 || !isWord(text.charCodeAt(at - 1))) return true;
  if (text[at - 2] === '\\' && /[nrt]/.test(text[at - 1]!)) return true;
  return text[at - 3] === '%' && /^[0-9A-F]{2}$/i.test(text.slice(at - 2, at));
}

interface Options {
  /** Characters of the secret that stand before the anchor, and how many. */
  before?: { of: RegExp; least: number; most: number };
  /** Of what follows the anchor. */
  check?: (body: string) => boolean;
  anyCase?: true;
}

/**
 * A token that says what it is.
 * @param body what follows the anchor, as the source of a pattern; bounded, without an anchor of its own
 */
export function token(kind: string, anchors: string | readonly string[], body: string, options: Options = {}): Rule {
  const pattern = new RegExp(`(?:${body})(?![A-Za-z0-9_])`, options.anyCase ? 'iy' : 'y');
  const { before, check } = options;
  return {
    kind,
    anchors: typeof anchors === 'string' ? [anchors] : anchors,
    ...(options.anyCase && { anyCase: true }),
    find(text, at, anchor) {
      let start = at;
      if (before) {
        while (at - start < before.most && start > 0 && before.of.test(text[start - 1]!)) start--;
        if (at - start < before.least) return null;
      }
      if (!opensWord(text, start)) return null;
      pattern.lastIndex = at + anchor.length;
      const body = pattern.exec(text)?.[0];
      if (body === undefined) return null;
      const whole = text.slice(start, at) + body;
      if (isPlaceholder(whole) || (check && !check(body))) return null;
      return { start, end: at + anchor.length + body.length };
    },
  };
}

/**
 * A secret known by what stands before it: the anchor, then `gap`, then the secret.
 * @param gap source of a pattern for what lies between, bounded
 */
export function announced(
  kind: string,
  anchors: string | readonly string[],
  gap: string,
  secret: string,
  options: { anyCase?: true; check?: (secret: string) => boolean; vague?: true; number?: true } = {},
): Rule {
  const pattern = new RegExp(`(${gap})(${secret})`, options.anyCase ? 'iy' : 'y');
  const { check, anyCase, vague, number } = options;
  return {
    kind,
    anchors: typeof anchors === 'string' ? [anchors] : anchors,
    ...(anyCase && { anyCase }),
    ...(vague && { vague }),
    find(text, at, anchor) {
      pattern.lastIndex = at + anchor.length;
      const match = pattern.exec(text);
      if (!match || (!number && isPlaceholder(match[2]!)) || (check && !check(match[2]!))) return null;
      const start = at + anchor.length + match[1]!.length;
      return { start, end: start + match[2]!.length };
    },
  };
}
