// Which pairs make which batch: a pure function of seed and epoch, so that a resumed run goes on with the same batches.
import type { Corpus } from './corpus.ts';
import { mixSeed, seededRandom, shuffle } from './random.ts';

/** Batches of one epoch, each `batch` pair numbers of one group, one after the other. */
export function planEpoch(corpus: Corpus, hashes: Uint32Array, batch: number, seed: number, epoch: number): Int32Array {
  const members: number[][] = corpus.groups.map(() => []);
  for (let pair = 0; pair < corpus.group.length; pair++) members[corpus.group[pair]!]!.push(pair);
  const batches: number[][] = [];
  for (const [group, { weight }] of corpus.groups.entries()) {
    const random = seededRandom(mixSeed(seed, epoch, group));
    const own = members[group]!;
    const wanted = Math.round(own.length * weight);
    const drawn: number[] = [];
    while (drawn.length < wanted) {
      const round = shuffle(own.slice(), random);
      for (let at = 0; at < round.length && drawn.length < wanted; at++) drawn.push(round[at]!);
    }
    batches.push(...fill(drawn, hashes, batch));
  }
  shuffle(batches, seededRandom(mixSeed(seed, epoch, 0xba7c4)));
  return Int32Array.from(batches.flat());
}

/** The same text twice in one batch would be its own negative: the second waits for the next batch. */
function fill(drawn: readonly number[], hashes: Uint32Array, batch: number): number[][] {
  const batches: number[][] = [];
  let waiting: number[] = [];
  let next = 0;
  for (;;) {
    const rows: number[] = [];
    const seen = new Set<number>();
    const later: number[] = [];
    const offer = (pair: number) => {
      const left = hashes[2 * pair]!;
      const right = hashes[2 * pair + 1]!;
      if (left === 0 || right === 0) return;
      if (seen.has(left) || seen.has(right)) {
        later.push(pair);
        return;
      }
      seen.add(left).add(right);
      rows.push(pair);
    };
    for (const pair of waiting) rows.length < batch ? offer(pair) : later.push(pair);
    while (rows.length < batch && next < drawn.length) offer(drawn[next++]!);
    if (rows.length < batch) return batches;
    batches.push(rows);
    // Texts that come again and again would only ever wait.
    waiting = later.slice(0, batch);
  }
}

/** A number for each text; 0 where a text has no token. */
export function textHashes({ tokens, starts }: Corpus): Uint32Array {
  const hashes = new Uint32Array(starts.length - 1);
  for (let text = 0; text < hashes.length; text++) {
    const start = starts[text]!;
    const end = starts[text + 1]!;
    if (end === start) continue;
    let hash = 0x811c9dc5;
    for (let at = start; at < end; at++) hash = Math.imul(hash ^ tokens[at]!, 0x01000193);
    hashes[text] = (hash ^ (hash >>> 13)) >>> 0 || 1;
  }
  return hashes;
}
