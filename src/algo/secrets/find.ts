// Finds secrets in a text. One pass looks only for the first two letters of what announces one; the rest is read where
// those stand, so that plain text costs next to nothing and no text costs more than its length allows.
import { ADDRESSES } from './addresses.ts';
import { assignment } from './assignments.ts';
import { CLOUD } from './cloud.ts';
import { CODE_HOSTS } from './code.ts';
import { KEYS } from './keys.ts';
import { cardAt, ibanAt, NUMBERS } from './numbers.ts';
import type { Found, Rule } from './rule.ts';
import { SERVICES } from './services.ts';

const RULES: readonly Rule[] = [...CLOUD, ...CODE_HOSTS, ...SERVICES, ...KEYS, ...ADDRESSES, ...NUMBERS, assignment];
/** Every kind there is, in the order of the alphabet, apart from those a name alone tells. */
export const KINDS: readonly string[] = [
  ...new Set([...RULES.map(({ kind }) => kind), 'password', 'payment-card', 'iban']),
].sort();

interface Anchor {
  text: string;
  rule: Rule;
}

/** Small letters stand for both cases here. */
const folded = (code: number): number => (code >= 65 && code <= 90 ? code + 32 : code);
const pairOf = (first: number, second: number): number => (folded(first) << 7) | folded(second);

const BUCKETS: (readonly Anchor[])[] = [[]];
const BUCKET_OF = new Uint16Array(128 * 128);
for (const rule of RULES)
  for (const text of rule.anchors) {
    const pair = pairOf(text.charCodeAt(0), text.charCodeAt(1));
    const known = BUCKET_OF[pair]!;
    if (known > 0) BUCKETS[known] = [...BUCKETS[known]!, { text, rule }];
    else BUCKET_OF[pair] = BUCKETS.push([{ text, rule }]) - 1;
  }

function standsAt(text: string, at: number, { text: anchor, rule }: Anchor): boolean {
  if (!rule.anyCase) return text.startsWith(anchor, at);
  if (at + anchor.length > text.length) return false;
  for (let i = 2; i < anchor.length; i++) if (folded(text.charCodeAt(at + i)) !== anchor.charCodeAt(i)) return false;
  return true;
}

const isDigit = (code: number): boolean => code >= 48 && code <= 57;
const isCapital = (code: number): boolean => code >= 65 && code <= 90;

interface Hit extends Found {
  vague: boolean;
}

/** Kinds that overlap become one, under the name of the surer. */
function joined(hits: Hit[]): Found[] {
  const out: Hit[] = [];
  for (const hit of hits.sort((a, b) => a.start - b.start || b.end - a.end)) {
    const last = out.at(-1);
    if (!last || hit.start >= last.end) out.push(hit);
    else {
      const surer = last.vague && !hit.vague ? hit : last;
      out[out.length - 1] = {
        kind: surer.kind,
        vague: surer.vague,
        start: last.start,
        end: Math.max(last.end, hit.end),
      };
    }
  }
  return out.map(({ vague: _vague, ...found }) => found);
}

/** @returns what is secret, in order, none overlapping */
export function findSecrets(text: string): Found[] {
  const hits: Hit[] = [];
  let before = 128;
  /** Up to here, digits are part of a number looked at already. */
  let numberEnd = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code >= 128) {
      before = 128;
      continue;
    }
    if (before < 128) {
      const bucket = BUCKET_OF[(folded(before) << 7) | folded(code)]!;
      if (bucket > 0)
        for (const anchor of BUCKETS[bucket]!) {
          if (!standsAt(text, at - 1, anchor)) continue;
          const found = anchor.rule.find(text, at - 1, anchor.text);
          if (found) hits.push({ kind: anchor.rule.kind, ...found, vague: anchor.rule.vague === true });
        }
      if (isDigit(code) && isCapital(before) && at > 1 && isCapital(text.charCodeAt(at - 2))) {
        const found = ibanAt(text, at - 2);
        if (found) hits.push({ ...found, vague: false });
      }
    }
    if (isDigit(code) && at >= numberEnd && !isDigit(before)) {
      const found = cardAt(text, at);
      if (found) {
        hits.push({ ...found, vague: false });
        numberEnd = found.end;
      }
    }
    before = code;
  }
  return hits.length < 2 ? hits.map(({ vague: _vague, ...found }) => found) : joined(hits);
}
