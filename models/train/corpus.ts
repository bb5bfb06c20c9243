// Reads the pairs once, chooses the vocabulary from them and keeps them as token ids in shared memory.
// What is read is cached beside the checkpoints: a second run starts at once.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { groupOf, sourceWeight } from './sources.ts';
import { openPieces, words } from './tokenizer.ts';
import { buildVocabulary } from './vocabulary.ts';

export interface Corpus {
  vocabulary: string[];
  /** How often each token occurs, pairs weighted as they are sampled. */
  frequency: Float64Array;
  tokens: Uint16Array;
  /** Side s (0 or 1) of pair p is tokens[starts[2p + s]] up to starts[2p + s + 1]. */
  starts: Uint32Array;
  /** The group of each pair: a batch holds one group only. */
  group: Uint16Array;
  groups: { name: string; weight: number }[];
  sources: Record<string, number>;
}

const FILES = ['pairs-qa', 'pairs-dialogue', 'pairs-docs'];
/** Tokens kept of the two sides: what follows says little that is new and costs time. */
const LONGEST = [48, 96] as const;

interface Row {
  a: string;
  b: string;
  source: string;
  file: string;
}

function* lines(path: string): Generator<string> {
  const raw = gunzipSync(readFileSync(path));
  for (let start = 0; start < raw.length; ) {
    const found = raw.indexOf(10, start);
    const end = found < 0 ? raw.length : found;
    if (end > start) yield raw.toString('utf8', start, end);
    start = end + 1;
  }
}

/** The two halves of a passage, cut between sentences: what stands together belongs together. */
export function halves(passage: string): [string, string] | undefined {
  const ends = [...passage.matchAll(/[.!?]["')]*\s+/g)].map((match) => match.index + match[0].length);
  const middle = passage.length / 2;
  const cut = ends.sort((a, b) => Math.abs(a - middle) - Math.abs(b - middle))[0];
  if (cut === undefined || cut < 40 || passage.length - cut < 40) return undefined;
  return [passage.slice(0, cut).trim(), passage.slice(cut).trim()];
}

function* rows(data: string): Generator<Row> {
  for (const file of FILES) {
    const path = join(data, `${file}.jsonl.gz`);
    if (!existsSync(path)) continue;
    for (const line of lines(path)) yield { ...JSON.parse(line), file };
  }
  const plain = join(data, 'plain.txt.gz');
  if (!existsSync(plain)) return;
  for (const line of lines(plain)) {
    const pair = halves(line);
    if (pair) yield { a: pair[0], b: pair[1], source: 'plain#halves', file: 'plain' };
  }
}

class Growing<T extends Uint32Array | Float64Array> {
  length = 0;
  cells: T;
  private readonly grow: (cells: T) => T;
  constructor(cells: T, grow: (cells: T) => T) {
    this.cells = cells;
    this.grow = grow;
  }
  push(value: number): void {
    if (this.length === this.cells.length) this.cells = this.grow(this.cells);
    this.cells[this.length++] = value;
  }
}

const growing32 = (): Growing<Uint32Array> =>
  new Growing<Uint32Array>(new Uint32Array(1 << 20), (cells) => {
    const next = new Uint32Array(cells.length * 2);
    next.set(cells);
    return next;
  });

export function readCorpus(data: string, size: number, log: (line: string) => void): Corpus {
  const known = new Map<string, number>();
  const spelled: string[] = [];
  const counts = new Growing<Float64Array>(new Float64Array(1 << 16), (cells) => {
    const next = new Float64Array(cells.length * 2);
    next.set(cells);
    return next;
  });
  const stream = growing32();
  const ends = growing32();
  const rowSources: string[] = [];
  const sources: Record<string, number> = {};
  const files = new Map<string, string>();
  for (const { a, b, source, file } of rows(data)) {
    const weight = sourceWeight(source);
    if (weight === 0) continue;
    for (const [side, text] of [a, b].entries()) {
      let left: number = LONGEST[side]!;
      for (const word of words(text)) {
        let id = known.get(word);
        if (id === undefined) {
          id = spelled.length;
          known.set(word, id);
          spelled.push(word);
          counts.push(0);
        }
        counts.cells[id]! += weight;
        if (left-- > 0) stream.push(id);
      }
      ends.push(stream.length);
    }
    sources[source] = (sources[source] ?? 0) + 1;
    files.set(source, file);
    rowSources.push(source);
    if (rowSources.length % 500_000 === 0) log(`read ${rowSources.length} pairs, ${spelled.length} different words`);
  }
  const vocabulary = buildVocabulary(new Map(spelled.map((word, id) => [word, counts.cells[id]!])), size);
  log(`vocabulary of ${vocabulary.length} from ${spelled.length} words`);

  const names = [...files].map(([source, file]) => [source, groupOf(source, file, sources[source]!)] as const);
  const groups = [...new Set(names.map(([, { name }]) => name))].map((name) => ({
    name,
    weight: names.find(([, group]) => group.name === name)![1].weight,
  }));
  const index = new Map(names.map(([source, { name }]) => [source, groups.findIndex((group) => group.name === name)]));
  return {
    vocabulary,
    ...toTokens(vocabulary, spelled, counts.cells, stream, ends),
    group: Uint16Array.from(rowSources, (source) => index.get(source)!),
    groups,
    sources,
  };
}

function toTokens(
  vocabulary: string[],
  spelled: string[],
  counts: Float64Array,
  stream: Growing<Uint32Array>,
  ends: Growing<Uint32Array>,
) {
  const pieces = openPieces(vocabulary);
  const frequency = new Float64Array(vocabulary.length);
  const ofWord = spelled.map((word, id) => {
    const ids = pieces.word(word);
    for (const piece of ids) frequency[piece]! += counts[id]!;
    return ids;
  });
  let total = 0;
  for (let at = 0; at < stream.length; at++) total += ofWord[stream.cells[at]!]!.length;
  const tokens = new Uint16Array(new SharedArrayBuffer(total * 2));
  const starts = new Uint32Array(new SharedArrayBuffer((ends.length + 1) * 4));
  let to = 0;
  for (let text = 0, at = 0; text < ends.length; text++) {
    starts[text] = to;
    for (; at < ends.cells[text]!; at++) for (const id of ofWord[stream.cells[at]!]!) tokens[to++] = id;
  }
  starts[ends.length] = to;
  return { frequency, tokens, starts };
}

const shared = (raw: Uint8Array): SharedArrayBuffer => {
  const memory = new SharedArrayBuffer(raw.byteLength);
  new Uint8Array(memory).set(raw);
  return memory;
};

/** Changes with the data, the vocabulary's size and the code that reads and weighs. */
function cacheKey(data: string, size: number): string {
  const hash = createHash('sha256').update(`${size}`);
  for (const name of [...FILES.map((file) => `${file}.jsonl.gz`), 'plain.txt.gz']) {
    const path = join(data, name);
    hash.update(`${name} ${existsSync(path) ? statSync(path).size : 'none'}`);
  }
  for (const code of ['corpus.ts', 'sources.ts', 'tokenizer.ts', 'vocabulary.ts']) {
    hash.update(readFileSync(new URL(code, import.meta.url)));
  }
  return hash.digest('hex').slice(0, 12);
}

/** `readCorpus`, or what an earlier run with the same data and size left in `work`. */
export function loadCorpus(data: string, size: number, work: string, log: (line: string) => void): Corpus {
  const key = cacheKey(data, size);
  const file = (part: string) => join(work, `corpus-${key}.${part}`);
  if (existsSync(file('json'))) {
    const { frequency, ...described } = JSON.parse(readFileSync(file('json'), 'utf8'));
    return {
      ...described,
      frequency: Float64Array.from(frequency),
      tokens: new Uint16Array(shared(readFileSync(file('tokens')))),
      starts: new Uint32Array(shared(readFileSync(file('starts')))),
      group: new Uint16Array(shared(readFileSync(file('group')))),
    };
  }
  const corpus = readCorpus(data, size, log);
  const { tokens, starts, group, frequency, ...described } = corpus;
  writeFileSync(file('tokens'), tokens);
  writeFileSync(file('starts'), starts);
  writeFileSync(file('group'), group);
  writeFileSync(file('json'), JSON.stringify({ ...described, frequency: [...frequency] }));
  return corpus;
}
