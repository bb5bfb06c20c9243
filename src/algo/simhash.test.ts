import { describe, expect, it } from 'vitest';
import { nearMisses, seededChance, trueRepeats } from '../../test/support/near-misses.ts';
import { BANDS, bandKeys, FIRST_WORDS_KEY, FOUND_WITHIN, fingerprintOf, hammingDistance, simhash } from './simhash.ts';

const bits = (hash: string): string =>
  Array.from(hash, (digit) => Number.parseInt(digit, 16).toString(2).padStart(4, '0')).join('');
const flipped = (hash: string, places: readonly number[]): string => {
  const all = Array.from(bits(hash), (bit, at) => (places.includes(at) ? (bit === '1' ? '0' : '1') : bit));
  return (all.join('').match(/.{4}/g) ?? []).map((four) => Number.parseInt(four, 2).toString(16)).join('');
};

describe('hammingDistance', () => {
  it('counts the bits that differ', () => {
    const chance = seededChance(7);
    expect(hammingDistance('0000000000000000', 'ffffffffffffffff')).toBe(64);
    for (let turn = 0; turn < 200; turn++) {
      const hash = simhash(new Map([[`shingle ${turn}`, 1]]));
      const places = [...new Set(Array.from({ length: turn % 20 }, () => Math.floor(chance() * 64)))];
      expect(hammingDistance(hash, flipped(hash, places))).toBe(places.length);
    }
  });
});

describe('bands', () => {
  it(`share a key whenever at most ${FOUND_WITHIN} bits differ, wherever they are`, () => {
    const chance = seededChance(8);
    for (let turn = 0; turn < 500; turn++) {
      const hash = simhash(new Map([[`shingle ${turn}`, 1]]));
      const places = Array.from({ length: FOUND_WITHIN }, () => Math.floor(chance() * 64));
      const other = new Set(bandKeys(flipped(hash, places)));
      expect(bandKeys(hash).some((key) => other.has(key))).toBe(true);
    }
  });

  it('have ranges of their own, below those of words', () => {
    const { bands, words_key } = fingerprintOf('Alice prefers tea')!;
    expect(bands.map((key) => Math.floor(key / 65_536))).toEqual(Array.from({ length: BANDS }, (_, band) => band));
    expect(words_key).toBeGreaterThanOrEqual(FIRST_WORDS_KEY);
    expect(Number.isSafeInteger(words_key)).toBe(true);
  });
});

describe('fingerprintOf', () => {
  it('stays the same, because it is stored', () => {
    expect(fingerprintOf('Alice prefers tea')).toEqual({
      simhash: 'ace02827964ab1c6',
      bands: [45_510, 104_010, 141_351, 240_864],
      words_key: 79_244_551_569_421,
    });
  });

  it('uses all 64 bits evenly', () => {
    const texts = nearMisses(2_000, 3).map(({ first }) => bits(fingerprintOf(first)!.simhash));
    for (let at = 0; at < 64; at++) {
      const share = texts.filter((text) => text[at] === '1').length / texts.length;
      expect(share, `bit ${at}`).toBeGreaterThan(0.1);
      expect(share, `bit ${at}`).toBeLessThan(0.9);
    }
  });

  it('tells texts of every script apart', () => {
    const texts = ['東京は雨', '京都は晴れ', 'Сервер упал', 'Сервер работает', 'ที่นี่', '👍', '👎', 'ab', '1', '2'];
    expect(new Set(texts.map((text) => fingerprintOf(text)!.simhash)).size).toBe(texts.length);
    expect(new Set(texts.map((text) => fingerprintOf(text)!.words_key)).size).toBe(texts.length);
  });

  it('gives true repeats the same key of words, and nearly the same bits', () => {
    const pairs = trueRepeats(2_000, 2).map(({ first, second }) => [fingerprintOf(first)!, fingerprintOf(second)!]);
    for (const [a, b] of pairs) expect(a!.words_key).toBe(b!.words_key);
    const near = pairs.filter(([a, b]) => hammingDistance(a!.simhash, b!.simhash) <= FOUND_WITHIN);
    expect(near.length / pairs.length).toBeGreaterThan(0.99);
  });

  it('brings texts that share most words nearer than others', () => {
    const text = 'The billing service of the shop listens on port 8443 behind the load balancer in Oslo';
    const distance = (other: string) => hammingDistance(fingerprintOf(text)!.simhash, fingerprintOf(other)!.simhash);
    expect(distance(text.replace('Oslo', 'Lima'))).toBeLessThan(12);
    expect(distance('Alice bought rice, soup and apples at the market in Prague')).toBeGreaterThan(16);
  });

  it('has none for texts without words and for very long ones', () => {
    expect(fingerprintOf(' ... !?')).toBeNull();
    expect(fingerprintOf('word '.repeat(4_000))).toBeNull();
    expect(fingerprintOf('word '.repeat(3_000))).not.toBeNull();
  });
});

describe('words that look like properties', () => {
  it('are words', () => {
    const some = fingerprintOf('the constructor calls toString and valueOf of __proto__ twice');
    expect(some).toEqual(fingerprintOf('The constructor calls toString and valueOf of __proto__ twice.'));
    expect(some).not.toEqual(fingerprintOf('the destructor calls toString and valueOf of __proto__ twice'));
  });
});
