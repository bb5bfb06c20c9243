// The near-duplicate check: what it adds to a store, and whom it takes for a repeat. Beside a server that does without it.

import { shinglesOf } from '../src/algo/same-saying.ts';
import { sayingOf } from '../src/algo/saying.ts';
import { hammingDistance, simhash } from '../src/algo/simhash.ts';
import { nearMisses, type TextPair, trueRepeats } from '../test/support/near-misses.ts';
import { expectStatus, side } from './http.ts';
import { fill, type Load } from './load-process.ts';
import { serverOptions, untilEmbedded } from './model.ts';
import type { Chosen } from './options.ts';
import type { Progress } from './progress.ts';
import { type BenchServer, ENTRY, newUser, type ServerFacts, startServer } from './server.ts';
import { cpuNow, type ServerSpeed, serverSpeed } from './speed.ts';
import { rounded } from './stats.ts';
import { loadTexts } from './texts.ts';

/** How one side judged the pairs. */
export interface Judged {
  /** Repeats among what it took for repeats; null when it took nothing for one. */
  precision: number | null;
  /** Of the repeats, those it noticed. */
  recall: number;
  /** Kind of pair -> how many were taken for repeats. */
  taken: Record<string, number>;
}

export interface DuplicateFigures {
  memories: number;
  stores: number;
  pairs: number;
  with_check: ServerSpeed;
  without_check: ServerSpeed;
  added_p50_ms: number;
  added_p95_ms: number;
  /** Kind of pair -> how many there were. */
  near_misses: Record<string, number>;
  repeats: Record<string, number>;
  judged: { server: Judged; exact: Judged; simhash: Judged };
}

/** Each side has its turn so often: what else the machine does then hits both alike. */
const TURNS = 20;
const WARM_UP = 200;
const CLIENTS = 8;
/** Texts whose SimHashes differ in fewer bits are one memory to the program this one takes after. */
const SIMHASH_BITS = 3;
const WITHOUT_CHECK = { entry: ENTRY, preload: 'bench/without-fingerprints.ts' };

interface Sizes {
  memories: number;
  stores: number;
  pairs: number;
}

interface Side {
  server: BenchServer;
  ms: number[];
  seconds: number;
  cpu: number;
}

async function speeds(
  sides: readonly Side[],
  { memories, stores }: Sizes,
  texts: readonly string[],
  load: Load,
  progress: Progress,
) {
  for (const { server } of sides) {
    await fill(load, server, texts.slice(0, memories), (n) => progress(`duplicates: stored ${n} of ${memories}`));
    if (server.facts.model !== null) await untilEmbedded(server.call, progress);
    await load.run(server, { kind: 'store', clients: 1, texts: texts.slice(memories, memories + WARM_UP) });
  }
  let taken = memories + WARM_UP;
  for (let turn = 0; turn < TURNS; turn++) {
    progress(`duplicates: turn ${turn + 1} of ${TURNS}`);
    const count = Math.floor((stores * (turn + 1)) / TURNS) - Math.floor((stores * turn) / TURNS);
    const block = texts.slice(taken, (taken += count));
    for (const side of turn % 2 === 0 ? sides : sides.toReversed()) {
      const before = cpuNow(side.server);
      const done = await load.run(side.server, { kind: 'store', clients: 1, texts: block });
      side.cpu += cpuNow(side.server) - before;
      side.seconds += done.seconds;
      side.ms.push(...done.ms);
    }
  }
}

/** Which of the pairs the server folds into one memory. Each is a session of its own, so that none meets another's. */
async function foldedBy(server: BenchServer, pairs: readonly TextPair[], name: string): Promise<boolean[]> {
  const call = await newUser(server, name);
  const folded: boolean[] = [];
  await side(CLIENTS, pairs, async ({ first, second }, at) => {
    const store = async (content: string) =>
      expectStatus(await call('POST', '/store', { content, session_id: `${name} ${at}` }), 200, 201).body;
    const { id } = await store(first);
    folded[at] = (await store(second)).duplicate_of === id;
  });
  return folded;
}

const printOf = (text: string): string => simhash(shinglesOf(sayingOf(text)));
const alike = ({ first, second }: TextPair): boolean => hammingDistance(printOf(first), printOf(second)) < SIMHASH_BITS;

function tally(pairs: readonly TextPair[], counts: (at: number) => boolean = () => true): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const [at, { kind }] of pairs.entries()) sums[kind] = (sums[kind] ?? 0) + Number(counts(at));
  return sums;
}
const sum = (of: Record<string, number>): number => Object.values(of).reduce((all, n) => all + n, 0);

function judge(
  misses: readonly TextPair[],
  repeats: readonly TextPair[],
  missTaken: readonly boolean[],
  repeatTaken: readonly boolean[],
): Judged {
  const wrong = tally(misses, (at) => missTaken[at]!);
  const right = tally(repeats, (at) => repeatTaken[at]!);
  const all = sum(wrong) + sum(right);
  return {
    precision: all === 0 ? null : rounded(sum(right) / all, 4),
    recall: rounded(sum(right) / repeats.length, 4),
    taken: { ...wrong, ...right },
  };
}

export async function duplicates(
  chosen: Chosen,
  sizes: Sizes,
  load: Load,
  progress: Progress,
): Promise<{ figures: DuplicateFigures; facts: ServerFacts }> {
  const seed = chosen.number('seed');
  progress('duplicates: preparing texts');
  const texts = (await loadTexts(chosen.text('texts'), sizes.memories + WARM_UP + sizes.stores, 0, seed)).stored;
  await using checking = await startServer(serverOptions(chosen));
  await using plain = await startServer({ ...serverOptions(chosen), program: WITHOUT_CHECK });
  const [checked, unchecked] = [checking, plain].map((server): Side => ({ server, ms: [], seconds: 0, cpu: 0 })) as [
    Side,
    Side,
  ];
  await speeds([checked, unchecked], sizes, texts, load, progress);

  progress('duplicates: pairs');
  const misses = nearMisses(sizes.pairs, seed);
  const repeats = trueRepeats(sizes.pairs, seed + 1);
  const judgedBy = async (server: BenchServer) =>
    judge(misses, repeats, await foldedBy(server, misses, 'near misses'), await foldedBy(server, repeats, 'repeats'));
  const speedOf = ({ ms, seconds, cpu }: Side) => serverSpeed(ms, seconds, cpu);
  const [with_check, without_check] = [speedOf(checked), speedOf(unchecked)];
  const figures: DuplicateFigures = {
    ...sizes,
    with_check,
    without_check,
    added_p50_ms: rounded(with_check.p50 - without_check.p50, 3),
    added_p95_ms: rounded(with_check.p95 - without_check.p95, 3),
    near_misses: tally(misses),
    repeats: tally(repeats),
    judged: {
      server: await judgedBy(checking),
      exact: await judgedBy(plain),
      simhash: judge(misses, repeats, misses.map(alike), repeats.map(alike)),
    },
  };
  return { figures, facts: checking.facts };
}
