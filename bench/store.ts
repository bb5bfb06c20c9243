// Storing: throughput and latency at full durability, bare SQLite beside it, and what survives kill -9.
import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { openBare } from './bare-sqlite.ts';
import { type CrashFigures, crash } from './crash.ts';
import { fill, type Load, startLoad } from './load-process.ts';
import type { Chosen } from './options.ts';
import type { Progress } from './progress.ts';
import { seeded } from './random.ts';
import { type Benchmark, report } from './report.ts';
import { needSearch, startServer } from './server.ts';
import { type Latency, latency, median, rounded } from './stats.ts';
import type { Table } from './table.ts';
import { loadTexts, type Texts } from './texts.ts';

/** Each side has its turn so often: what else the machine does then hits all alike. */
const TURNS = 5;
const CLIENTS = 8;
const WARM_UP = 200;

interface Side extends Latency {
  per_second: number;
}
interface ServerSide extends Side {
  /** Processor time of the server per store. */
  cpu_ms: number | null;
}
interface Figures {
  preloaded: number;
  stores: number;
  one_client: ServerSide;
  eight_clients: ServerSide;
  bare: Side;
  /** p50 with one client over the bare p50. */
  ratio: number;
  rss_mib: number;
}

const sideOf = (ms: readonly number[], seconds: number): Side => ({
  ...latency(ms),
  per_second: rounded(ms.length / seconds, 1),
});

const serverSide = ({ ms, seconds, cpu }: { ms: number[]; seconds: number; cpu: number }): ServerSide => ({
  ...sideOf(ms, seconds),
  cpu_ms: Number.isNaN(cpu) ? null : rounded(cpu / ms.length, 3),
});

async function measure(preloaded: number, texts: Texts, chosen: Chosen, load: Load, progress: Progress) {
  const stores = chosen.number('stores');
  let taken = 0;
  const take = (count: number): string[] => texts.stored.slice(taken, (taken += count));
  await using server = await startServer({ parent: chosen.text('dir'), profile: chosen.text('profile') });
  const barePath = `${server.dir}-bare.db`;
  const bare = openBare(barePath);
  try {
    const before = take(preloaded);
    await fill(load, server, before, (n) => progress(`preloaded ${n} of ${preloaded}`));
    bare.fill(before);
    const warmUp = take(WARM_UP);
    await load.run(server, { kind: 'store', clients: CLIENTS, texts: warmUp });
    for (const text of warmUp) bare.insert(text);

    const one = { ms: [] as number[], seconds: 0, cpu: 0 };
    const eight = { ms: [] as number[], seconds: 0, cpu: 0 };
    const alone = { ms: [] as number[], seconds: 0 };
    for (let turn = 0; turn < TURNS; turn++) {
      progress(`on ${preloaded}: turn ${turn + 1} of ${TURNS}`);
      const count = Math.floor((stores * (turn + 1)) / TURNS) - Math.floor((stores * turn) / TURNS);
      for (const [clients, sum] of [
        [1, one],
        [CLIENTS, eight],
      ] as const) {
        const before = server.cpuMs() ?? Number.NaN;
        const done = await load.run(server, { kind: 'store', clients, texts: take(count) });
        sum.cpu += (server.cpuMs() ?? Number.NaN) - before;
        sum.ms.push(...done.ms);
        sum.seconds += done.seconds;
      }
      // The same texts as the last block: the other database has not seen them.
      for (const text of texts.stored.slice(taken - count, taken)) {
        const started = performance.now();
        bare.insert(text);
        const ms = performance.now() - started;
        alone.ms.push(ms);
        alone.seconds += ms / 1000;
      }
    }
    const figures: Figures = {
      preloaded,
      stores,
      one_client: serverSide(one),
      eight_clients: serverSide(eight),
      bare: sideOf(alone.ms, alone.seconds),
      ratio: rounded(median(one.ms) / median(alone.ms), 2),
      rss_mib: server.residentMib(),
    };
    return { figures, facts: server.facts };
  } finally {
    bare.close();
    for (const tail of ['', '-wal', '-shm']) rmSync(barePath + tail, { force: true });
  }
}

async function crashed(texts: Texts, chosen: Chosen, load: Load, progress: Progress): Promise<CrashFigures> {
  // Killed servers write no profile.
  await using server = await startServer({ parent: chosen.text('dir'), profile: null });
  await needSearch(server.call);
  const random = seeded(chosen.number('seed') + 2);
  // Awaited here: returning the promise would stop the server first.
  return await crash(server, load, {
    rounds: chosen.number('crash'),
    texts: texts.stored.slice(0, 1_000),
    random,
    progress,
  });
}

const cells = (side: Side): number[] => [side.p50, side.p95, side.p99, side.per_second];
const speedTable = (all: readonly Figures[]): Table => ({
  title: 'POST /store against bare SQLite, one memory a request (ms)',
  columns: ['on top of', 'client', 'p50', 'p95', 'p99', 'per second', 'server CPU', 'p50 / bare p50', 'RSS MiB'],
  rows: all.flatMap((f) => [
    [f.preloaded.toLocaleString('en-US'), '1', ...cells(f.one_client), f.one_client.cpu_ms, f.ratio, f.rss_mib],
    ['', `${CLIENTS}`, ...cells(f.eight_clients), f.eight_clients.cpu_ms, null, null],
    ['', 'bare', ...cells(f.bare), null, 1, null],
  ]),
});

const crashTable = (f: CrashFigures): Table => ({
  title: `kill -9 while ${CLIENTS} clients store`,
  columns: ['rounds', 'acknowledged', 'lost', 'searched for', 'not found', 'integrity checks', 'failures'],
  rows: [[f.rounds, f.acknowledged, f.lost, f.searched, f.not_found, f.integrity_checks, f.integrity_failures]],
});

export const store: Benchmark = {
  name: 'store',
  summary: 'POST /store: latency and throughput against bare SQLite; with --crash, what survives kill -9',
  options: [
    { name: 'stores', kind: 'number', fallback: '5000', help: 'memories stored per size and number of clients' },
    { name: 'sizes', kind: 'numbers', fallback: '0,10000', help: 'memories that are there before' },
    { name: 'crash', kind: 'number', fallback: '0', help: 'rounds of storing, kill -9, restart and reading back' },
    {
      name: 'texts',
      kind: 'text',
      fallback: null,
      help: '.jsonl.gz with a string field b (default: made-up sentences)',
    },
  ],
  async run(chosen, progress) {
    const sizes = chosen.numbers('sizes');
    const rounds = chosen.number('crash');
    const stores = chosen.number('stores');
    progress('preparing texts');
    const need = Math.max(1_000, Math.max(...sizes) + stores * 2 + WARM_UP);
    const texts = await loadTexts(chosen.text('texts'), need, 0, chosen.number('seed'));
    using load = startLoad();
    const measured: Awaited<ReturnType<typeof measure>>[] = [];
    for (const size of sizes) measured.push(await measure(size, texts, chosen, load, progress));
    const survived = rounds > 0 ? await crashed(texts, chosen, load, progress) : null;
    progress.clear();
    const all = measured.map((one) => one.figures);
    return report(
      {
        benchmark: 'store',
        data: { source: texts.source, n: { stores_per_row: stores, crash_rounds: rounds }, sizes },
        done: {
          latency:
            'from sending POST /store to having read its 201: the memory is committed with synchronous=FULL and searchable. Clients are loops in one process, which is not the server',
          'per second': 'acknowledged stores per second of wall time',
          'server CPU': 'processor time of the server, all its threads, per store',
          bare: 'one transaction per text into a plain table (8 columns, no further index) and an FTS5 index, WAL, synchronous=FULL, in-process; takes turns with the server',
          ...(survived && {
            lost: 'memories answered with 201 that after kill -9 and restart do not read back with their exact content; all of them are read again at the end. A killed process, not a power cut',
            'not found':
              'of 50 acknowledged memories a round, those that a search for a word only they contain does not return',
            'integrity checks':
              'database files given to PRAGMA integrity_check after the kill and before the restart; a failure is any answer but ok',
          }),
        },
        server: measured[0]!.facts,
        tables: [speedTable(all), ...(survived ? [crashTable(survived)] : [])],
        figures: { sizes: all, crash: survived },
      },
      chosen.text('dir') ?? tmpdir(),
    );
  },
};
