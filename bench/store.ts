// Storing: throughput and latency at full durability, bare SQLite beside it, and what survives kill -9.
import { tmpdir } from 'node:os';
import { type CrashFigures, crash } from './crash.ts';
import { fill, type Load, startLoad } from './load-process.ts';
import { serverOptions } from './model.ts';
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
import { loadTexts, type Texts } from './texts.ts';

/** Each side has its turn so often: what else the machine does then hits all alike. */
const TURNS = 5;
const WARM_UP = 200;

interface Figures extends SpeedFigures {
  preloaded: number;
  stores: number;
  rss_mib: number;
}

async function measure(preloaded: number, texts: Texts, chosen: Chosen, load: Load, progress: Progress) {
  const stores = chosen.number('stores');
  let taken = 0;
  const take = (count: number): string[] => texts.stored.slice(taken, (taken += count));
  await using server = await startServer(serverOptions(chosen));
  // Awaited here: returning the promise would stop the server first.
  return await withBare(server, async (bare) => {
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
        const cpuBefore = cpuNow(server);
        const done = await load.run(server, { kind: 'store', clients, texts: take(count) });
        sum.cpu += cpuNow(server) - cpuBefore;
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
      one_client: serverSpeed(one.ms, one.seconds, one.cpu),
      eight_clients: serverSpeed(eight.ms, eight.seconds, eight.cpu),
      bare: speedOf(alone.ms, alone.seconds),
      ratio: rounded(median(one.ms) / median(alone.ms), 2),
      rss_mib: server.residentMib(),
    };
    return { figures, facts: server.facts };
  });
}

async function crashed(texts: Texts, chosen: Chosen, load: Load, progress: Progress): Promise<CrashFigures> {
  // Killed servers write no profile.
  await using server = await startServer({ ...serverOptions(chosen), profile: null });
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

const speedTable = (all: readonly Figures[]): Table => ({
  title: 'POST /store against bare SQLite, one memory a request (ms)',
  columns: ['on top of', ...SPEED_COLUMNS, 'RSS MiB'],
  rows: all.flatMap((f) =>
    speedRows(f.preloaded.toLocaleString('en-US'), f).map((row, i) => [...row, i === 0 ? f.rss_mib : null]),
  ),
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
    TEXTS_OPTION,
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
