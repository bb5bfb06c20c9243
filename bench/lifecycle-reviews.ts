// Recalls are written as reviews in the background: do searches notice? The same questions with and without a flush beside them.
import { startClocked } from './clocked.ts';
import { expectStatus, side } from './http.ts';
import { fill, type Load } from './load-process.ts';
import { serverOptions, untilEmbedded } from './model.ts';
import type { Chosen } from './options.ts';
import type { Progress } from './progress.ts';
import { seeded } from './random.ts';
import type { BenchServer, ServerFacts } from './server.ts';
import { type Latency, latencyToMax, median, rounded } from './stats.ts';
import { loadTexts, questionsFrom } from './texts.ts';

export interface SearchTimes extends Latency {
  n: number;
  max: number;
  /** Slower than twice the median of these. */
  slow: number;
  /** Slower than twice the median in quiet: that counts what slows all of them down, too. */
  slower_than_quiet: number;
}

export interface ReviewFigures {
  memories: number;
  /** Different memories recalled before each flush. */
  recalled: number;
  rounds: number;
  /** Of one flush with searches beside it, median of the rounds. */
  flush_ms: number;
  quiet: SearchTimes;
  flushing: SearchTimes;
}

/** What one search can recall at most. */
const LOT = 100;
const LIMIT = 10;
/** Few enough that the vectors of all of them are at hand once they were asked. */
const QUESTIONS = 200;
const GATHERING = 4;
const SLOW = 2;

const lotWord = (lot: number): string => `lot${lot}`;

function timesOf(ms: readonly number[], quiet: readonly number[]): SearchTimes {
  const slower = (than: readonly number[]) => ms.filter((one) => one > SLOW * median(than)).length;
  return { ...latencyToMax(ms), slow: slower(ms), slower_than_quiet: slower(quiet) };
}

/** Recalls every memory once, by the word of its lot. @returns how many there were */
async function recallAll({ call }: BenchServer, lots: number): Promise<number> {
  const recalled = new Set<number>();
  await side(
    GATHERING,
    Array.from({ length: lots }, (_, lot) => lotWord(lot)),
    async (query) => {
      const request = { query, limit: LOT, channels: ['lexical'] };
      for (const { id } of expectStatus(await call('POST', '/search', request), 200).body.results) recalled.add(id);
    },
  );
  return recalled.size;
}

export async function reviews(
  chosen: Chosen,
  { recalls, rounds }: { recalls: number; rounds: number },
  load: Load,
  progress: Progress,
): Promise<{ figures: ReviewFigures; facts: ServerFacts }> {
  const seed = chosen.number('seed');
  const texts = await loadTexts(chosen.text('texts'), recalls, QUESTIONS, seed);
  const questions = questionsFrom(texts.heldOut, QUESTIONS, seeded(seed + 1));
  // The clock stays right: it is the moment of the flush that is decided here.
  await using server = await startClocked(serverOptions(chosen));
  await server.order({ do: 'hold' });
  const stored = texts.stored.map((text, at) => `${text} ${lotWord(Math.floor(at / LOT))}`);
  await fill(load, server, stored, (n) => progress(`reviews: stored ${n} of ${recalls}`));
  if (server.facts.model !== null) await untilEmbedded(server.call, progress);

  let asked = 0;
  const search = async (): Promise<number> => {
    const query = questions[asked++ % questions.length]!;
    return expectStatus(await server.call('POST', '/search', { query, limit: LIMIT }), 200).ms;
  };
  for (let i = 0; i < questions.length; i++) await search();

  const quiet: number[] = [];
  const flushing: number[] = [];
  const flushes: number[] = [];
  let recalled = 0;
  for (let round = 0; round < rounds; round++) {
    progress(`reviews: round ${round + 1} of ${rounds}`);
    await server.order({ do: 'flush' });
    recalled = await recallAll(server, Math.ceil(recalls / LOT));
    const first = asked;
    let over = false;
    const flushed = server.order({ do: 'flush' }).finally(() => {
      over = true;
    });
    while (!over) flushing.push(await search());
    flushes.push((await flushed).ms);
    const count = asked - first;
    await server.order({ do: 'flush' });
    asked = first;
    for (let i = 0; i < count; i++) quiet.push(await search());
  }
  const figures: ReviewFigures = {
    memories: recalls,
    recalled,
    rounds,
    flush_ms: rounded(median(flushes), 1),
    quiet: timesOf(quiet, quiet),
    flushing: timesOf(flushing, quiet),
  };
  return { figures, facts: server.facts };
}
