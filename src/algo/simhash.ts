// 64-bit SimHash (Charikar 2002): texts that share most of their shingles get fingerprints that differ in few bits.

import { shinglesOf } from './same-saying.ts';
import { type Saying, sayingOf } from './saying.ts';

const BITS = 64;
export const BANDS = 4;
const BAND_SIZE = 2 ** (BITS / BANDS);
/**
 * Fingerprints that differ in at most this many bits agree in at least one whole band: three changed bits cannot spoil
 * four bands. Pairs further apart are found when chance leaves them a band.
 */
export const FOUND_WITHIN = BANDS - 1;
/** Keys from here on stand for a text's words as a whole, those below for one band of the SimHash. */
export const FIRST_WORDS_KEY = BANDS * BAND_SIZE;
/** Longer texts are not compared: they are documents, and reading one takes milliseconds. */
const MAX_CHARS = 16_384;

export interface Fingerprint {
  /** 16 hex digits. */
  readonly simhash: string;
  /** One key per band, lowest bits first, each in a range of its own. */
  readonly bands: readonly number[];
  /** The same for all texts made of the same words in any order, whatever else has the same SimHash; below 2^53. */
  readonly words_key: number;
}

const mix = (hash: number): number => {
  let h = hash;
  h = Math.imul(h ^ (h >>> 16), 0x7feb352d);
  h = Math.imul(h ^ (h >>> 15), 0x846ca68b);
  return (h ^ (h >>> 16)) >>> 0;
};

/** Two 32-bit hashes that do not depend on each other, over UTF-16 units. */
function hash64(text: string): [low: number, high: number] {
  let low = 0x9e3779b9;
  let high = 0x85ebca6b;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    low = Math.imul(low ^ unit, 0x01000193);
    high = Math.imul(high + unit, 0x2c1b3c6d) ^ (high >>> 13);
  }
  return [mix(low), mix(high)];
}

const hex32 = (n: number): string => n.toString(16).padStart(8, '0');

/** Four bits, each in a byte of its own: `SPREAD[0b0101]` is 0x00010001. */
const SPREAD = Uint32Array.from({ length: 16 }, (_, four) =>
  [0, 1, 2, 3].reduce((all, bit) => all + ((four >>> bit) & 1) * 2 ** (8 * bit), 0),
);
/** What a byte holds. */
const MOST = 255;

/** Counts how much weight each bit of many hashes has: four bits at a time, in the bytes of one number. */
function createVotes() {
  const votes = new Float64Array(BITS);
  /** Of votes 4n to 4n + 3, what is not in `votes` yet. */
  const open = new Uint32Array(BITS / 4);
  let in_open = 0;
  const settle = (): void => {
    for (let bit = 0; bit < BITS; bit++) votes[bit]! += (open[bit >>> 2]! >>> (8 * (bit & 3))) & MOST;
    open.fill(0);
    in_open = 0;
  };
  return {
    add(low: number, high: number, weight: number): void {
      for (let left = weight; left > 0; left -= MOST) {
        const part = Math.min(left, MOST);
        if (in_open + part > MOST) settle();
        in_open += part;
        for (let four = 0; four < 8; four++) {
          open[four]! += SPREAD[(low >>> (4 * four)) & 15]! * part;
          open[four + 8]! += SPREAD[(high >>> (4 * four)) & 15]! * part;
        }
      }
    },
    /** One number for each bit, lowest first. */
    counted(): Float64Array {
      settle();
      return votes;
    },
  };
}

/**
 * @param shingles with their weights, whole numbers
 * @returns 16 hex digits; without shingles all zero
 */
export function simhash(shingles: ReadonlyMap<string, number>): string {
  const counting = createVotes();
  let all = 0;
  for (const [shingle, weight] of shingles) {
    const [low, high] = hash64(shingle);
    counting.add(low, high, weight);
    all += weight;
  }
  const votes = counting.counted();
  let [low, high] = [0, 0];
  for (let bit = 0; bit < 32; bit++) {
    if (2 * votes[bit]! > all) low |= 1 << bit;
    if (2 * votes[bit + 32]! > all) high |= 1 << bit;
  }
  return hex32(high >>> 0) + hex32(low >>> 0);
}

function ones(word: number): number {
  let n = word - ((word >>> 1) & 0x55555555);
  n = (n & 0x33333333) + ((n >>> 2) & 0x33333333);
  return Math.imul((n + (n >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/** Bits in which two fingerprints differ, 0..64. */
export function hammingDistance(a: string, b: string): number {
  const part = (text: string, at: number) => Number.parseInt(text.slice(at, at + 8), 16);
  return ones(part(a, 0) ^ part(b, 0)) + ones(part(a, 8) ^ part(b, 8));
}

/** @param simhash 16 hex digits */
export const bandKeys = (simhash: string): number[] =>
  Array.from({ length: BANDS }, (_, band) => {
    const end = simhash.length - 4 * band;
    return band * BAND_SIZE + Number.parseInt(simhash.slice(end - 4, end), 16);
  });

function wordsKey(words: readonly string[]): number {
  const [low, high] = hash64([...words].sort().join('\u0001'));
  return FIRST_WORDS_KEY + (high & 0xfffff) * 2 ** 32 + low;
}

/** @returns null for a text without words and for one too long to compare */
export function fingerprintOf(text: string): Fingerprint | null {
  return text.length > MAX_CHARS ? null : fingerprintOfSaying(sayingOf(text));
}

export function fingerprintOfSaying(saying: Saying): Fingerprint | null {
  if (saying.words.length === 0) return null;
  const hash = simhash(shinglesOf(saying));
  return { simhash: hash, bands: bandKeys(hash), words_key: wordsKey(saying.words) };
}
