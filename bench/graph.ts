// The graph engine on a large graph: PageRank and Louvain in their thread, and what searching notices of it.
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type BetterSqlite from 'better-sqlite3-multiple-ciphers';
import type { Ranked, RankTask } from '../src/algo/graph/tasks.ts';
import { createCompute } from '../src/platform/graph/compute.ts';
import { expectStatus } from './http.ts';
import { fill, type Load, startLoad } from './load-process.ts';
import { serverOptions, untilEmbedded } from './model.ts';
import type { Chosen } from './options.ts';
import type { Progress } from './progress.ts';
import { type Random, seeded } from './random.ts';
import { type Benchmark, report } from './report.ts';
import { type BenchServer, type Settings, startServer } from './server.ts';
import { TEXTS_OPTION } from './speed.ts';
import { type Latency, latency, median, rounded } from './stats.ts';
import type { Table } from './table.ts';
import { loadTexts, questionsFrom } from './texts.ts';

const Driver = createRequire(import.meta.url)('better-sqlite3-multiple-ciphers') as typeof BetterSqlite;

const RUNS = 3;
/** Idle and working in turn, so that what else the machine does hits both. */
const ROUNDS = 4;
const WARM_UP = 30;
const LIMIT = 10;
/** Memories of one topic: nine links of ten stay within. */
const TOPIC = 100;
const WITHIN = 0.9;
const TYPES = ['similarity', 'follows', 'causes', 'extends'];

interface Link {
  from: number;
  to: number;
  type: string;
  similarity: number;
}

/** Links of different memories, each pair and type once. */
function linksAmong(memories: number, count: number, random: Random): Link[] {
  const seen = new Set<number>();
  const links: Link[] = [];
  const most = Math.min(count, Math.floor((memories * (Math.min(TOPIC, memories) - 1)) / 2));
  while (links.length < most) {
    const from = Math.floor(random() * memories);
    const near = Math.floor(from / TOPIC) * TOPIC + Math.floor(random() * TOPIC);
    const to = random() < WITHIN ? Math.min(near, memories - 1) : Math.floor(random() * memories);
    const key = from * memories + to;
    if (from === to || seen.has(key)) continue;
    seen.add(key);
    links.push({ from, to, type: TYPES[Math.floor(random() * TYPES.length)]!, similarity: 0.3 + 0.7 * random() });
  }
  return links;
}

/** Over HTTP it would take longer than everything that is measured. */
function writeLinks(path: string, links: readonly Link[]): void {
  const db = new Driver(path);
  try {
    const ids = db.prepare('select id from memories where user_id = 1 and is_latest = 1 order by id').pluck().all();
    const add = db.prepare(`insert into memory_links (source_id, target_id, type, similarity, user_id, created_at)
      values (?, ?, ?, ?, 1, '2026-03-02 12:00:00') on conflict do nothing`);
    db.transaction(() => {
      for (const { from, to, type, similarity } of links)
        if (from < ids.length && to < ids.length) add.run(ids[from], ids[to], type, similarity);
    })();
  } finally {
    db.close();
  }
}

function taskOf(memories: number, links: readonly Link[]): RankTask {
  return {
    kind: 'rank',
    ids: Float64Array.from({ length: memories }, (_, i) => i),
    edges: {
      from: Float64Array.from(links, ({ from }) => from),
      to: Float64Array.from(links, ({ to }) => to),
      weight: Float32Array.from(links, ({ similarity }) => similarity),
      mutual: Uint8Array.from(links, ({ type }) => (type === 'similarity' ? 1 : 0)),
    },
    earlier: new Float64Array(memories),
    seed: 1,
  };
}

/** In a thread of this process, without a server. */
async function alone(task: RankTask) {
  const compute = createCompute({ max_threads: 1, thread_from: 0 });
  const runs: (Ranked & { total: number })[] = [];
  for (let i = 0; i < RUNS; i++) {
    const started = performance.now();
    const outcome = await compute.run(task);
    runs.push({ ...outcome, total: performance.now() - started });
  }
  compute.close();
  const of = (pick: (run: Ranked & { total: number }) => number) => rounded(median(runs.map(pick)), 1);
  return {
    csr_ms: of(({ ms }) => ms.csr),
    pagerank_ms: of(({ ms }) => ms.pagerank),
    louvain_ms: of(({ ms }) => ms.louvain),
    total_ms: of(({ total }) => total),
    iterations: runs[0]!.iterations,
    communities: runs[0]!.community_count,
    levels: runs[0]!.levels,
    modularity: rounded(runs[0]!.modularity, 4),
  };
}

const rank = async ({ call }: BenchServer) => expectStatus(await call('POST', '/graph/pagerank'), 200);

/** Ranks again and again until `work` is done. @returns what each took, and what it answered last */
async function whileRanking<T>(server: BenchServer, work: () => Promise<T>) {
  let done = false;
  const ranking = (async () => {
    const ms: number[] = [];
    while (!done) ms.push((await rank(server)).ms);
    return ms;
  })();
  const result = await work().finally(() => {
    done = true;
  });
  return { result, refreshes: await ranking };
}

async function searching(server: BenchServer, load: Load, queries: readonly string[], progress: Progress) {
  const idle: number[] = [];
  const working: number[] = [];
  const refreshes: number[] = [];
  const size = Math.ceil(queries.length / ROUNDS);
  for (let round = 0; round < ROUNDS; round++) {
    const block = queries.slice(round * size, (round + 1) * size);
    progress(`searching, round ${round + 1} of ${ROUNDS}`);
    const job = { kind: 'search', clients: 1, queries: block, limit: LIMIT } as const;
    idle.push(...(await load.run(server, job)).ms);
    const during = await whileRanking(server, () => load.run(server, job));
    working.push(...during.result.ms);
    refreshes.push(...during.refreshes);
  }
  return { idle: latency(idle), working: latency(working), refresh_ms: rounded(median(refreshes), 1) };
}

/** Stores the same kind of texts with the reading of memories off and on, which goes on beside the next ones. */
async function storing(
  server: BenchServer,
  settings: Settings,
  load: Load,
  texts: readonly string[],
  progress: Progress,
) {
  const ms = { off: [] as number[], on: [] as number[] };
  const size = Math.floor(texts.length / (2 * ROUNDS));
  let taken = 0;
  for (let turn = 0; turn < 2 * ROUNDS; turn++) {
    progress(`storing, turn ${turn + 1} of ${2 * ROUNDS}`);
    // Off, on, on, off, ...: so that neither always has the larger store.
    const reading = turn % 4 === 1 || turn % 4 === 2;
    await server.stop();
    await server.start({ ...settings, ENGRAM_UNDERSTANDING: reading ? '1' : '0' });
    const block = texts.slice(taken, (taken += size));
    const warm = Math.min(WARM_UP, Math.floor(size / 2));
    await load.run(server, { kind: 'store', clients: 1, texts: block.slice(0, warm) });
    ms[reading ? 'on' : 'off'].push(
      ...(await load.run(server, { kind: 'store', clients: 1, texts: block.slice(warm) })).ms,
    );
  }
  const [off, on] = [latency(ms.off), latency(ms.on)];
  return { off, on, added_p50_ms: rounded(on.p50 - off.p50, 3), added_p95_ms: rounded(on.p95 - off.p95, 3) };
}

async function measured(chosen: Chosen, load: Load, progress: Progress) {
  const [memories, count, asked, stores] = ['memories', 'links', 'queries', 'stores'].map((name) =>
    Math.max(1, chosen.number(name)),
  ) as [number, number, number, number];
  const seed = chosen.number('seed');
  progress('making the graph');
  const links = linksAmong(memories, count, seeded(seed));
  const compute = await alone(taskOf(memories, links));

  const texts = await loadTexts(chosen.text('texts'), memories + stores, asked + WARM_UP, seed);
  const queries = questionsFrom(texts.heldOut, asked + WARM_UP, seeded(seed + 1));
  const options = serverOptions(chosen);
  // What is measured is the graph that was made, and nothing that finds links meanwhile.
  const settings = { ENGRAM_PAGERANK_ENABLED: '0', ...options.settings };
  await using server = await startServer({ ...options, settings });
  await fill(load, server, texts.stored.slice(0, memories), (done) => progress(`loaded ${done}`));
  if (server.facts.model !== null) await untilEmbedded(server.call, progress);
  await server.stop();
  progress('writing links');
  writeLinks(join(server.dir, 'engram.db'), links);
  await server.start();
  await load.run(server, { kind: 'search', clients: 1, queries: queries.slice(asked), limit: LIMIT });

  progress('first refresh');
  const first = await rank(server);
  await server.stop();
  await server.start();
  await load.run(server, { kind: 'search', clients: 1, queries: queries.slice(asked), limit: LIMIT });
  const again = await rank(server);
  const search = await searching(server, load, queries.slice(0, asked), progress);
  const analysis = expectStatus(await server.call('GET', '/graph/analysis'), 200);
  const linking = await storing(server, settings, load, texts.stored.slice(memories), progress);
  const figures = {
    memories: first.body.memories as number,
    links: first.body.links as number,
    compute,
    refresh: {
      first_ms: rounded(first.ms, 1),
      after_restart_ms: rounded(again.ms, 1),
      kept_up_ms: search.refresh_ms,
      first_written: first.body.written as number,
    },
    search: {
      idle: search.idle,
      working: search.working,
      p50_ratio: rounded(search.working.p50 / search.idle.p50, 2),
      p95_ratio: rounded(search.working.p95 / search.idle.p95, 2),
    },
    linking,
    analysis_ms: rounded(analysis.ms, 1),
    rss_mib: server.residentMib(),
  };
  return { figures, facts: server.facts, source: texts.source };
}

type Figures = Awaited<ReturnType<typeof measured>>['figures'];

const tables = ({ compute, refresh, search, linking, analysis_ms }: Figures): Table[] => [
  {
    title: 'In the thread (ms)',
    columns: ['sorting', 'PageRank', 'Louvain', 'with thread', 'iterations', 'communities', 'levels', 'modularity'],
    rows: [
      [
        compute.csr_ms,
        compute.pagerank_ms,
        compute.louvain_ms,
        compute.total_ms,
        compute.iterations,
        compute.communities,
        compute.levels,
        compute.modularity,
      ],
    ],
  },
  {
    title: 'A whole refresh by the server (ms)',
    columns: ['first', 'after a restart', 'kept up, with searches', 'GET /graph/analysis'],
    rows: [[refresh.first_ms, refresh.after_restart_ms, refresh.kept_up_ms, analysis_ms]],
  },
  {
    title: 'POST /search, 1 client (ms)',
    columns: ['server', 'p50', 'p95', 'p99', 'p95 / idle p95'],
    rows: [
      ['idle', ...cells(search.idle), 1],
      ['working out ranks', ...cells(search.working), search.p95_ratio],
    ],
  },
  {
    title: 'POST /store, 1 client (ms)',
    columns: ['memories are read for links and the like', 'p50', 'p95', 'p99'],
    rows: [
      ['no', ...cells(linking.off)],
      ['yes, in the background', ...cells(linking.on)],
      ['added', linking.added_p50_ms, linking.added_p95_ms, '-'],
    ],
  },
];
const cells = ({ p50, p95, p99 }: Latency): number[] => [p50, p95, p99];

export const graph: Benchmark = {
  name: 'graph',
  summary: 'PageRank and Louvain on a large graph, and what searching notices of it',
  options: [
    { name: 'memories', kind: 'number', fallback: '100000', help: 'nodes of the graph' },
    { name: 'links', kind: 'number', fallback: '500000', help: 'edges of the graph' },
    { name: 'queries', kind: 'number', fallback: '400', help: 'searches, asked once idle and once at work' },
    { name: 'stores', kind: 'number', fallback: '4000', help: 'stores, half of them while memories are read' },
    TEXTS_OPTION,
  ],
  async run(chosen, progress) {
    using load = startLoad();
    const { figures, facts, source } = await measured(chosen, load, progress);
    progress.clear();
    return report(
      {
        benchmark: 'graph',
        data: { source, n: { memories: figures.memories, links: figures.links } },
        done: {
          sorting: 'from the edges as a list to both graphs the algorithms walk',
          'PageRank, Louvain': `in a worker thread of this process, nothing else running; median of ${RUNS}`,
          'with thread': 'from handing the graph to a new thread to having its answer',
          first:
            'POST /graph/pagerank on a graph never ranked: reading it from SQL, all of the above, writing every rank',
          'after a restart': 'the same with ranks already written: reading all, writing none',
          'kept up': 'the same again and again while searches run: nothing to read, nothing to write',
          'yes, in the background': `${ROUNDS} blocks of stores to a server that reads what was stored, ${ROUNDS} to one that does not, on the same store, in turn; what was stored before the first of them is not read`,
          'idle and working out ranks': `the same searches, in ${ROUNDS} blocks each, in turn`,
        },
        server: facts,
        tables: tables(figures),
        figures,
      },
      chosen.text('dir') ?? tmpdir(),
    );
  },
};
