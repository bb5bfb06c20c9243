// Search speed as the store grows, with bare SQLite FTS5 asked the same questions in between.
import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { openBare } from './bare-sqlite.ts';
import { expectStatus } from './http.ts';
import { fill, type Load, startLoad } from './load-process.ts';
import type { Chosen } from './options.ts';
import type { Progress } from './progress.ts';
import { seeded } from './random.ts';
import { type Benchmark, report } from './report.ts';
import { needSearch, startServer } from './server.ts';
import { cpuEach, type Latency, latency, median, rounded } from './stats.ts';
import type { Table } from './table.ts';
import { loadTexts, questionsFrom, type Texts } from './texts.ts';

const LIMIT = 10;
/** Questions to one side before the other has its turn: what else the machine does then hits both. */
const BLOCK = 50;
const WARM_UP = 30;
const CLIENTS = 8;
const STARTS = 3;

interface Figures {
  n: number;
  one_client: Latency & { per_second: number };
  eight_clients: Latency & { per_second: number };
  bare: Latency & { per_second: number };
  /** Processor time of the server per search, one client. */
  cpu_ms: number | null;
  /** p50 over the bare p50. */
  ratio: number;
  empty_answers: number;
  load_seconds: number;
  rss_mib_after_load: number;
  rss_mib_after_restart_and_searches: number;
  start_ms: number;
  disk_mib: number;
  bare_disk_mib: number;
}

const rate = (count: number, seconds: number) => rounded(count / seconds, 1);

async function measure(n: number, texts: Texts, chosen: Chosen, load: Load, progress: Progress) {
  const stored = texts.stored.slice(0, n);
  const questions = questionsFrom(texts.heldOut, chosen.number('queries'), seeded(chosen.number('seed') + 1));
  await using server = await startServer({ parent: chosen.text('dir'), profile: chosen.text('profile') });
  await needSearch(server.call);
  const started = performance.now();
  await fill(load, server, stored, (done) => progress(`${n}: loaded ${done}`));
  const load_seconds = (performance.now() - started) / 1000;
  const rss_mib_after_load = server.residentMib();

  const starts: number[] = [];
  let disk = 0;
  for (let i = 0; i < STARTS; i++) {
    await server.stop();
    disk = server.diskBytes();
    starts.push(await server.start());
  }

  // Beside the server's folder, so that its size stays the server's own.
  const barePath = `${server.dir}-bare.db`;
  const bare = openBare(barePath);
  try {
    progress(`${n}: filling the bare database`);
    bare.fill(stored);
    const bareDisk = Bun.file(barePath).size + Bun.file(`${barePath}-wal`).size;
    const call = server.call;
    const ours: number[] = [];
    const theirs: number[] = [];
    let empty = 0;
    const askServer = async (query: string): Promise<number> => {
      const { body, ms } = expectStatus(await call('POST', '/search', { query, limit: LIMIT }), 200);
      if (body.results.length === 0) empty++;
      return ms;
    };
    const askBare = (query: string): number => {
      const at = performance.now();
      bare.search(query, LIMIT);
      return performance.now() - at;
    };
    for (const query of questions.slice(0, WARM_UP)) {
      await askServer(query);
      askBare(query);
    }
    empty = 0;
    const cpuBefore = server.cpuMs();
    for (let i = 0; i < questions.length; i += BLOCK) {
      const block = questions.slice(i, i + BLOCK);
      for (const query of block) ours.push(await askServer(query));
      for (const query of block) theirs.push(askBare(query));
      progress(`${n}: ${i + block.length} of ${questions.length} questions`);
    }
    const cpuAfter = server.cpuMs();
    await load.run(server, { kind: 'search', clients: CLIENTS, queries: questions.slice(0, WARM_UP), limit: LIMIT });
    const eight = await load.run(server, { kind: 'search', clients: CLIENTS, queries: questions, limit: LIMIT });
    const seconds = (times: readonly number[]) => times.reduce((sum, ms) => sum + ms, 0) / 1000;
    const figures: Figures = {
      n,
      one_client: { ...latency(ours), per_second: rate(ours.length, seconds(ours)) },
      eight_clients: { ...latency(eight.ms), per_second: rate(eight.ms.length, eight.seconds) },
      bare: { ...latency(theirs), per_second: rate(theirs.length, seconds(theirs)) },
      cpu_ms: cpuEach(cpuBefore, cpuAfter, ours.length),
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
  } finally {
    bare.close();
    for (const tail of ['', '-wal', '-shm']) rmSync(barePath + tail, { force: true });
  }
}

const cells = (side: Figures['bare']): number[] => [side.p50, side.p95, side.p99, side.per_second];
const speedTable = (all: readonly Figures[]): Table => ({
  title: `POST /search, limit ${LIMIT}, against bare SQLite FTS5 (ms)`,
  columns: ['memories', 'client', 'p50', 'p95', 'p99', 'per second', 'server CPU', 'p50 / bare p50'],
  rows: all.flatMap((f) => [
    [f.n.toLocaleString('en-US'), '1', ...cells(f.one_client), f.cpu_ms, f.ratio],
    ['', `${CLIENTS}`, ...cells(f.eight_clients), null, null],
    ['', 'bare', ...cells(f.bare), null, 1],
  ]),
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
    {
      name: 'texts',
      kind: 'text',
      fallback: null,
      help: '.jsonl.gz with a string field b (default: made-up sentences)',
    },
  ],
  async run(chosen, progress) {
    const sizes = chosen.numbers('sizes').map((size) => Math.max(1, size));
    const queries = chosen.number('queries');
    progress('preparing texts');
    const texts = await loadTexts(chosen.text('texts'), Math.max(...sizes), queries * 2, chosen.number('seed'));
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
