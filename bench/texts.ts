// Texts to store and questions to ask about them: from a file of real sentences, or made up with a natural distribution.
import { createReadStream, existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { createGunzip } from 'node:zlib';
import { STOP_WORDS } from '../src/algo/text.ts';
import { BenchError } from './options.ts';
import { between, pick, type Random, seeded, shuffled } from './random.ts';

export interface Texts {
  source: string;
  /** All different, so that none is taken for a repeat. */
  stored: string[];
  /** Never stored: questions are built from their words. */
  heldOut: string[];
}

const VOCABULARY = 30_000;
/** Of a .jsonl.gz, every so many rows: neighbours there say nearly the same. */
const EVERY = 4;

const oneSpaced = (text: string): string => text.normalize('NFC').replace(/\s+/gu, ' ').trim();

/** Lines of a file, unpacked when its name ends in .gz. */
export async function* linesOf(path: string): AsyncGenerator<string> {
  if (!existsSync(path)) throw new BenchError(`There is no file ${path}.`);
  const raw = createReadStream(path);
  const input = path.endsWith('.gz') ? raw.pipe(createGunzip()) : raw;
  for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
    if (line.trim() !== '') yield line;
  }
}

/** @param file .jsonl or .jsonl.gz with a string field `b`; null makes texts up */
export async function loadTexts(file: string | null, stored: number, heldOut: number, seed: number): Promise<Texts> {
  const random = seeded(seed);
  const need = stored + heldOut;
  if (file === null) {
    const source = `made up: seed ${seed}, vocabulary of ${VOCABULARY.toLocaleString('en-US')} words by Zipf's law`;
    const made = distinct(madeUp(random), need);
    return { source, stored: made.slice(0, stored), heldOut: made.slice(stored) };
  }
  const all = new Set<string>();
  let row = 0;
  for await (const line of linesOf(file)) {
    if (row++ % EVERY !== 0) continue;
    const text = oneSpaced(String((JSON.parse(line) as { b?: unknown }).b ?? ''));
    if (text !== '') all.add(text);
  }
  // Such files lie source by source.
  const mixed = shuffled(random, [...all]);
  if (mixed.length < need) throw new BenchError(`${file} has ${mixed.length} different texts; ${need} are needed.`);
  return {
    source: `${file}, field b of every ${EVERY}th row, repeats dropped, shuffled with seed ${seed}`,
    stored: mixed.slice(0, stored),
    heldOut: mixed.slice(-heldOut),
  };
}

function distinct(next: () => string, count: number): string[] {
  const all = new Set<string>();
  while (all.size < count) all.add(next());
  return [...all];
}

/** Beginnings that are nothing but function words, so that the words searched for are those of the text. */
const OPENINGS = ['what about', 'where did', 'who has', 'when was', 'how are', 'which of those', 'why does', 'what is'];

/** Words a search can go by. */
export const contentWords = (text: string): string[] => [
  ...new Set((text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []).filter((word) => !STOP_WORDS.has(word))),
];

/** Questions of 3 to 8 content words each, taken from one text and kept in its order. */
export function questionsFrom(texts: readonly string[], count: number, random: Random): string[] {
  const usable = texts.map(contentWords).filter((words) => words.length >= 3);
  if (usable.length === 0) throw new BenchError('No text has three words to ask about.');
  return Array.from({ length: count }, (_, i) => {
    const words = usable[i % usable.length]!;
    const kept = shuffled(random, [...words.keys()]).slice(0, between(random, 3, 8));
    return `${pick(random, OPENINGS)} ${kept
      .sort((a, b) => a - b)
      .map((at) => words[at])
      .join(' ')}?`;
  });
}

const NAMES = `Alice Bilal Carmen Dmitri Elif Femi Grace Hiro Ingrid Jamal Keiko Lucas Mariam Nadia Oscar Priya Quentin
  Rosa Samir Tomas Usha Viktor Wanjiru Ximena Yusuf Zofia Berlin Lagos Osaka Lima Oslo Madrid Nairobi Toronto Porto
  Redis Postgres Docker Kafka Lisbon Anna Brian Chloe Derek`.split(/\s+/);
const MONTHS = `January February March April May June July August September October November December`.split(' ');
const ONSETS =
  `b bl br c ch cl cr d dr f fl fr g gl gr h j k l m n p pl pr qu r s sc sh sl sp st str t th tr v w`.split(' ');
const VOWELS = `a e i o u ai ea ee oa ou ie`.split(' ');
const CODAS = ['', '', '', 'n', 'r', 'l', 't', 's', 'm', 'nd', 'ck', 'st', 'ng', 'sh', 'p'];

/** Short words are the frequent ones, as in a language. */
function inventedWords(random: Random): string[] {
  const words = new Set<string>();
  while (words.size < VOCABULARY) {
    const syllables = words.size < 300 ? 1 : words.size < 5_000 ? 2 : between(random, 2, 3);
    const syllable = () => pick(random, ONSETS) + pick(random, VOWELS) + pick(random, CODAS);
    const word = Array.from({ length: syllables }, syllable).join('');
    if (!STOP_WORDS.has(word)) words.add(word);
  }
  return [...words];
}

/** Rank r is drawn with a weight of 1 / (r + 2.7): Zipf's law with Mandelbrot's shift. */
export function byZipf(count: number): (random: Random) => number {
  const sums = new Float64Array(count);
  let sum = 0;
  for (let rank = 0; rank < count; rank++) sums[rank] = sum += 1 / (rank + 2.7);
  return (random) => {
    const wanted = random() * sum;
    let low = 0;
    let high = count - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (sums[middle]! < wanted) low = middle + 1;
      else high = middle;
    }
    return low;
  };
}

function madeUp(random: Random): () => string {
  const vocabulary = inventedWords(random);
  const rank = byZipf(vocabulary.length);
  const functionWords = [...STOP_WORDS].filter((word) => word.length > 1);
  const special = (): string => {
    const kind = random();
    if (kind < 0.6) return pick(random, NAMES);
    if (kind < 0.8) return `${between(random, 1, 28)} ${pick(random, MONTHS)} ${between(random, 2019, 2026)}`;
    return String(between(random, 2, 9999));
  };
  const word = (): string => {
    const kind = random();
    if (kind < 0.45) return pick(random, functionWords);
    return kind < 0.53 ? special() : vocabulary[rank(random)]!;
  };
  const sentence = (): string => {
    const text = Array.from({ length: between(random, 6, 20) }, word).join(' ');
    return `${text[0]!.toUpperCase()}${text.slice(1)}${random() < 0.1 ? '?' : '.'}`;
  };
  return () => Array.from({ length: between(random, 1, 3) }, sentence).join(' ');
}
