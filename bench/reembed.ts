// A server that is given a model has to embed everything it holds: does it go on answering at once meanwhile?
import { expectStatus } from './http.ts';
import { fill, startLoad } from './load-process.ts';
import { serverOptions, WITHOUT_MODEL } from './model.ts';
import { BenchError } from './options.ts';
import { seeded } from './random.ts';
import { type Benchmark, report } from './report.ts';
import { startServer } from './server.ts';
import { TEXTS_OPTION } from './speed.ts';
import { type Latency, latencyToMax, rounded } from './stats.ts';
import type { Cell, Table } from './table.ts';
import { loadTexts, questionsFrom } from './texts.ts';
import type { Watched } from './watch.ts';

const HEALTH_EVERY_MS = 5;
const SEARCH_EVERY_MS = 100;
const LIMIT = 10;
/** Different questions: more than the search bothers to remember. */
const QUESTIONS = 1_000;
/** A probe of an orchestrator shall never have reason to think the server is gone. */
const HEALTH_P99_TARGET_MS = 25;

interface Times extends Latency {
  max: number;
  n: number;
}
interface Watch {
  health_ms: Times;
  search_ms: Times;
}
interface Figures {
  memories: number;
  /** From starting the process until every memory has its vector. */
  seconds: number;
  start_ms: number;
  /** Between the lowest and the last reading of the progress; null when the first found all done. */
  memories_per_second: number | null;
  /** Right after the start. */
  while_embedding: Watch;
  /** Everything once more, on a server that is warm. */
  while_embedding_again: Watch;
  again_memories_per_second: number | null;
  idle: Watch;
  health_p99_target_ms: number;
  health_p99_within_target: boolean;
}

const timesIn = ({ health_ms, search_ms }: Watched): Watch => ({
  health_ms: latencyToMax(health_ms),
  search_ms: latencyToMax(search_ms),
});

/** Before the job has begun anew, the vectors there are still count as done: the clock starts at the lowest reading. */
function rate({ readings }: Watched): number | null {
  const last = readings.at(-1)!;
  const first = readings.reduce((lowest, reading) => (reading.done <= lowest.done ? reading : lowest));
  return first.done >= last.done ? null : rounded((last.done - first.done) / (last.seconds - first.seconds), 1);
}

const cells = ({ n, p50, p95, p99, max }: Times): Cell[] => [n, p50, p95, p99, max];
const latencyTable = ({ while_embedding, while_embedding_again, idle }: Figures): Table => ({
  title: `One GET /health every ${HEALTH_EVERY_MS} ms and one POST /search every ${SEARCH_EVERY_MS} ms (ms)`,
  columns: ['', 'requests', 'p50', 'p95', 'p99', 'max'],
  rows: [
    ['/health while embedding', ...cells(while_embedding.health_ms)],
    ['/health while embedding again', ...cells(while_embedding_again.health_ms)],
    ['/health idle', ...cells(idle.health_ms)],
    ['/search while embedding', ...cells(while_embedding.search_ms)],
    ['/search while embedding again', ...cells(while_embedding_again.search_ms)],
    ['/search idle', ...cells(idle.search_ms)],
  ],
});
const speedTable = (f: Figures): Table => ({
  title: 'Embedding everything',
  columns: [
    'memories',
    'seconds',
    'start ms',
    'memories per second',
    'again',
    `/health p99 <= ${HEALTH_P99_TARGET_MS} ms`,
  ],
  rows: [
    [
      f.memories.toLocaleString('en-US'),
      f.seconds,
      f.start_ms,
      f.memories_per_second,
      f.again_memories_per_second,
      f.health_p99_within_target ? 'yes' : 'no',
    ],
  ],
});

export const reembed: Benchmark = {
  name: 'reembed',
  summary:
    'Embedding everything in the background: how long it takes, and what it does to GET /health and POST /search',
  options: [
    { name: 'memories', kind: 'number', fallback: '10000', help: 'memories stored without a model before' },
    { name: 'idle-seconds', kind: 'number', fallback: '10', help: 'how long the same server is watched at rest' },
    TEXTS_OPTION,
  ],
  async run(chosen, progress) {
    const memories = Math.max(1, chosen.number('memories'));
    const seed = chosen.number('seed');
    const { settings, ...options } = serverOptions(chosen);
    progress('preparing texts');
    const texts = await loadTexts(chosen.text('texts'), memories, QUESTIONS, seed);
    const queries = questionsFrom(texts.heldOut, QUESTIONS, seeded(seed + 1));
    using load = startLoad();
    await using server = await startServer({ ...options, settings: WITHOUT_MODEL });
    await fill(load, server, texts.stored, (done) => progress(`stored ${done} of ${memories}`));
    await server.stop();

    progress('embedding');
    const job = {
      kind: 'watch',
      health_every_ms: HEALTH_EVERY_MS,
      search_every_ms: SEARCH_EVERY_MS,
      queries,
      limit: LIMIT,
    } as const;
    const spawned = performance.now();
    const start_ms = await server.start(settings);
    if (server.facts.model === null) {
      throw new BenchError('The server has no model to embed with: name one with --model or --model-dir.');
    }
    const before_watch = (performance.now() - spawned) / 1000;
    const embedding = await load.run(server, { ...job, until: { embedded: memories } });
    progress('watching at rest');
    const idle = await load.run(server, { ...job, until: { seconds: chosen.number('idle-seconds') } });
    progress('embedding again');
    expectStatus(await server.call('POST', '/admin/reembed', {}), 200);
    const again = await load.run(server, { ...job, until: { embedded: memories } });
    progress.clear();

    const while_embedding = timesIn(embedding);
    const while_embedding_again = timesIn(again);
    const worst = Math.max(while_embedding.health_ms.p99, while_embedding_again.health_ms.p99);
    const figures: Figures = {
      memories,
      seconds: rounded(before_watch + embedding.readings.at(-1)!.seconds, 2),
      start_ms: rounded(start_ms, 1),
      memories_per_second: rate(embedding),
      while_embedding,
      while_embedding_again,
      again_memories_per_second: rate(again),
      idle: timesIn(idle),
      health_p99_target_ms: HEALTH_P99_TARGET_MS,
      health_p99_within_target: worst <= HEALTH_P99_TARGET_MS,
    };
    return report(
      {
        benchmark: 'reembed',
        data: { source: texts.source, n: { memories, questions: QUESTIONS } },
        done: {
          seconds:
            'from spawning the process, on a folder whose memories have no vectors, until GET /admin/reembed says that all have theirs; it is read every 100 ms',
          'start ms': 'from spawning the process to the first 200 from /health/ready',
          'memories per second': 'between the lowest and the last of those readings',
          latency:
            'from sending the request to having read the whole answer; sent at a steady beat by another process, whether or not earlier ones have been answered',
          again:
            'POST /admin/reembed afterwards: every vector is made again, by a server that has been running for a while',
          idle: `the same server on the same data at rest, watched the same way for ${chosen.number('idle-seconds')} s after it is done`,
        },
        server: server.facts,
        tables: [speedTable(figures), latencyTable(figures)],
        figures: { ...figures },
      },
      server.dir,
    );
  },
};
