// Search speed as the store grows, with bare SQLite FTS5 asked the same questions in between.
import { tmpdir } from 'node:os';
import { expectStatus } from './http.ts';
import { fill, type Load, startLoad } from './load-process.ts';
import { serverOptions, untilEmbedded } from './model.ts';
import type { Chosen } from './options.ts';
import type { Progress } from './progress.ts';
import { seeded } from './random.ts';
import { type Benchmark, report } from './report.ts';
import { needSearch, startServer } from './server.ts';
import {
  CLIENTS,
  cpuNow,
  SPEED_COLUMNS,
  type SpeedFigures,
  serverSpeed,
  speedOf,
  speedRows,
  TEXTS_OPTION,
  withBare,
} from './speed.ts';
import { median, rounded } from './stats.ts';
import type { Table } from './table.ts';
import { loadTexts, questionsFrom, type Texts } from './texts.ts';

const LIMIT = 10;
/** Questions to one side before the other has its turn: what else the machine does then hits both. */
const BLOCK = 50;
const WARM_UP = 30;
const STARTS = 3;

interface Figures extends SpeedFigures {
  n: number;
  empty_answers: number;
  load_seconds: number;
  rss_mib_after_load: number;
  rss_mib_after_restart_and_searches: number;
  start_ms: number;
  disk_mib: number;
  bare_disk_mib: number;
}

async function measure(n: number, texts: Texts, chosen: Chosen, load: Load, progress: Progress) {
  const stored = texts.stored.slice(0, n);
  // Each row has questions of its own: vectors of questions that were asked before are at hand.
  const count = chosen.number('queries');
  const all = questionsFrom(texts.heldOut, 2 * count + WARM_UP, seeded(chosen.number('seed') + 1));
  const [questions, eightQuestions, warmUp] = [all.slice(0, count), all.slice(count, 2 * count), all.slice(2 * count)];
  await using server = await startServer(serverOptions(chosen));
  await needSearch(server.call);
  const started = performance.now();
  await fill(load, server, stored, (done) => progress(`${n}: loaded ${done}`));
  const load_seconds = (performance.now() - started) / 1000;
  if (server.facts.model !== null) await untilEmbedded(server.call, (text) => progress(`${n}: ${text}`));
  const rss_mib_after_load = server.residentMib();

  const starts: number[] = [];
  let disk = 0;
  for (let i = 0; i < STARTS; i++) {
    await server.stop();
    disk = server.diskBytes();
    starts.push(await server.start());
  }

  // Awaited here: returning the promise would stop the server first.
  return await withBare(server, async (bare, bareBytes) => {
    progress(`${n}: filling the bare database`);
    bare.fill(stored);
    const bareDisk = bareBytes();
    const ours: number[] = [];
    const theirs: number[] = [];
    let empty = 0;
    const askServer = async (query: string): Promise<number> => {
      const { body, ms } = expectStatus(await server.call('POST', '/search', { query, limit: LIMIT }), 200);
      if (body.results.length === 0) empty++;
      return ms;
    };
    const askBare = (query: string): number => {
      const at = performance.now();
      bare.search(query, LIMIT);
      return performance.now() - at;
    };
    for (const query of warmUp) {
      await askServer(query);
      askBare(query);
    }
    empty = 0;
    const cpuBefore = cpuNow(server);
    for (let i = 0; i < questions.length; i += BLOCK) {
      const block = questions.slice(i, i + BLOCK);
      for (const query of block) ours.push(await askServer(query));
      for (const query of block) theirs.push(askBare(query));
      progress(`${n}: ${i + block.length} of ${questions.length} questions`);
    }
    const cpuBetween = cpuNow(server);
    await load.run(server, { kind: 'search', clients: CLIENTS, queries: warmUp, limit: LIMIT });
    const cpuBeforeEight = cpuNow(server);
    const eight = await load.run(server, { kind: 'search', clients: CLIENTS, queries: eightQuestions, limit: LIMIT });
    const cpuAfter = cpuNow(server);
    const seconds = (times: readonly number[]) => times.reduce((sum, ms) => sum + ms, 0) / 1000;
    const figures: Figures = {
      n,
      one_client: serverSpeed(ours, seconds(ours), cpuBetween - cpuBefore),
      eight_clients: serverSpeed(eight.ms, eight.seconds, cpuAfter - cpuBeforeEight),
      bare: speedOf(theirs, seconds(theirs)),
      ratio: rounded(median(ours) / median(theirs), 2),
      empty_answers: empty,
      load_seconds: rounded(load_seconds, 2),
      rss_mib_after_load,
      rss_mib_after_restart_and_searches: server.residentMib(),
      start_ms: rounded(median(starts), 1),
      disk_mib: rounded(disk / 2 ** 20, 1),
      bare_disk_mib: rounded(bareDisk / 2 ** 20, 1),
    };
    return { figures, facts: server.facts };
  });
}

const speedTable = (all: readonly Figures[]): Table => ({
  title: `POST /search, limit ${LIMIT}, against bare SQLite FTS5 (ms)`,
  columns: ['memories', ...SPEED_COLUMNS],
  rows: all.flatMap((f) => speedRows(f.n.toLocaleString('en-US'), f)),
});

const sizeTable = (all: readonly Figures[]): Table => ({
  title: 'The server on that data',
  columns: [
    'memories',
    'RSS after load MiB',
    'RSS after restart + searches',
    'start ms',
    'disk MiB',
    'bare disk MiB',
    'load s',
    'empty answers',
  ],
  rows: all.map((f) => [
    f.n.toLocaleString('en-US'),
    f.rss_mib_after_load,
    f.rss_mib_after_restart_and_searches,
    f.start_ms,
    f.disk_mib,
    f.bare_disk_mib,
    f.load_seconds,
    f.empty_answers,
  ]),
});

export const search: Benchmark = {
  name: 'search',
  summary: 'POST /search at growing sizes: latency, throughput, memory, start-up, disk; against bare FTS5',
  options: [
    { name: 'sizes', kind: 'numbers', fallback: '1000,10000,100000', help: 'memories stored before searching' },
    { name: 'queries', kind: 'number', fallback: '500', help: 'questions per size' },
    TEXTS_OPTION,
  ],
  async run(chosen, progress) {
    const sizes = chosen.numbers('sizes').map((size) => Math.max(1, size));
    const queries = chosen.number('queries');
    progress('preparing texts');
    const texts = await loadTexts(
      chosen.text('texts'),
      Math.max(...sizes),
      queries * 2 + WARM_UP,
      chosen.number('seed'),
    );
    using load = startLoad();
    const measured: Awaited<ReturnType<typeof measure>>[] = [];
    for (const n of sizes) measured.push(await measure(n, texts, chosen, load, progress));
    progress.clear();
    const all = measured.map((one) => one.figures);
    return report(
      {
        benchmark: 'search',
        data: { source: texts.source, n: { memories: Math.max(...sizes), questions: queries }, sizes },
        done: {
          latency:
            'from sending the request to having read the whole answer over one kept-alive connection; client in another process than the server; after warm-up, files in the page cache',
          'bare p50':
            'in-process call that returns ids and contents: no HTTP, no JSON, no access check. Both sides alternate in blocks of 50',
          'per second': 'answers per second of wall time (1 client and bare: of the time spent asking)',
          'server CPU': 'processor time of the server, all its threads, per search',
          'RSS after load': 'VmRSS right after the last acknowledged store',
          'start ms': `from spawning the process to the first 200 from /health/ready; median of ${STARTS}, files in the page cache`,
          'disk MiB': 'all files in the data folder after a clean stop',
        },
        server: measured[0]!.facts,
        tables: [speedTable(all), sizeTable(all)],
        figures: { sizes: all },
      },
      chosen.text('dir') ?? tmpdir(),
    );
  },
};
