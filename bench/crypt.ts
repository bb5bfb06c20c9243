// What encryption costs: the same server twice, one with an encrypted store, taking turns at the same stores and searches.
import { tmpdir } from 'node:os';
import { fill, type Load, startLoad } from './load-process.ts';
import { serverOptions, untilEmbedded } from './model.ts';
import type { Progress } from './progress.ts';
import { seeded } from './random.ts';
import { type Benchmark, report } from './report.ts';
import { type BenchServer, needSearch, startServer } from './server.ts';
import { cpuNow, type ServerSpeed, serverSpeed, TEXTS_OPTION } from './speed.ts';
import { rounded } from './stats.ts';
import type { Cell, Table } from './table.ts';
import { loadTexts, questionsFrom } from './texts.ts';

/** Each side has its turn so often: what else the machine does then hits both alike. */
const TURNS = 20;
const WARM_UP = 50;
const LIMIT = 10;
/** Any key does: nobody is kept out here. */
const ENCRYPTED = { ENGRAM_ENCRYPTION_MODE: 'env', ENGRAM_DB_KEY: '5a'.repeat(32) };
const PLAIN = { ENGRAM_ENCRYPTION_MODE: 'none', ENGRAM_DB_KEY: null };

const OPERATIONS = ['store', 'search'] as const;
type Operation = (typeof OPERATIONS)[number];

interface Side {
  name: 'plain' | 'encrypted';
  server: BenchServer;
  done: Record<Operation, { ms: number[]; seconds: number; cpu: number }>;
}

export interface CryptFigures {
  memories: number;
  stores: number;
  searches: number;
  plain: Record<Operation, ServerSpeed>;
  encrypted: Record<Operation, ServerSpeed>;
  /** p50 of the encrypted store over that of the plain one. */
  ratio: Record<Operation, number>;
  disk_mib: { plain: number; encrypted: number };
}

interface Work {
  stored: readonly string[];
  stores: readonly string[];
  queries: readonly string[];
}

/** The part of a list that belongs to one of the turns. */
const part = <T>(all: readonly T[], turn: number): readonly T[] =>
  all.slice(Math.floor((all.length * turn) / TURNS), Math.floor((all.length * (turn + 1)) / TURNS));

async function prepare({ name, server }: Side, { stored }: Work, load: Load, progress: Progress): Promise<void> {
  await needSearch(server.call);
  await fill(load, server, stored, (n) => progress(`${name}: stored ${n} of ${stored.length}`));
  if (server.facts.model !== null) await untilEmbedded(server.call, progress);
  // A start later: what was just written would otherwise still be at hand in a cache that is there only once.
  await server.stop();
  await server.start();
}

async function takeTurns(sides: readonly Side[], work: Work, warmUp: readonly string[], load: Load, tell: Progress) {
  const search = (server: BenchServer, queries: readonly string[]) =>
    load.run(server, { kind: 'search', clients: 1, queries, limit: LIMIT });
  const run = {
    store: (server: BenchServer, turn: number) =>
      load.run(server, { kind: 'store', clients: 1, texts: part(work.stores, turn) }),
    search: (server: BenchServer, turn: number) => search(server, part(work.queries, turn)),
  };
  for (const { server } of sides) await search(server, warmUp);
  for (let turn = 0; turn < TURNS; turn++) {
    tell(`turn ${turn + 1} of ${TURNS}`);
    for (const { server, done } of turn % 2 === 0 ? sides : sides.toReversed()) {
      for (const operation of OPERATIONS) {
        const before = cpuNow(server);
        const { ms, seconds } = await run[operation](server, turn);
        const sum = done[operation];
        sum.cpu += cpuNow(server) - before;
        sum.seconds += seconds;
        sum.ms.push(...ms);
      }
    }
  }
}

const speeds = ({ done }: Side): Record<Operation, ServerSpeed> => ({
  store: serverSpeed(done.store.ms, done.store.seconds, done.store.cpu),
  search: serverSpeed(done.search.ms, done.search.seconds, done.search.cpu),
});

const table = (f: CryptFigures): Table => ({
  title: `Encrypted (SQLCipher) against plain, ${f.memories.toLocaleString('en-US')} memories, one client (ms)`,
  columns: ['', 'p50', 'p95', 'p99', 'per second', 'server CPU', 'p50 / plain p50'],
  rows: OPERATIONS.flatMap((operation) =>
    (['plain', 'encrypted'] as const).map((name): Cell[] => {
      const { p50, p95, p99, per_second, cpu_ms } = f[name][operation];
      return [`${operation}, ${name}`, p50, p95, p99, per_second, cpu_ms, name === 'plain' ? 1 : f.ratio[operation]];
    }),
  ),
});

export const crypt: Benchmark = {
  name: 'crypt',
  summary: 'What encryption costs: POST /store and POST /search on an encrypted store against a plain one',
  options: [
    { name: 'memories', kind: 'number', fallback: '10000', help: 'memories that are there before' },
    { name: 'stores', kind: 'number', fallback: '1000', help: 'memories stored on each side' },
    { name: 'queries', kind: 'number', fallback: '1000', help: 'questions asked on each side' },
    TEXTS_OPTION,
  ],
  async run(chosen, progress) {
    const [memories, stores, searches] = ['memories', 'stores', 'queries'].map((name) => chosen.number(name)) as [
      number,
      number,
      number,
    ];
    progress('preparing texts');
    const texts = await loadTexts(chosen.text('texts'), memories + stores, 200, chosen.number('seed'));
    const questions = questionsFrom(texts.heldOut, searches + WARM_UP, seeded(chosen.number('seed') + 1));
    const work: Work = {
      stored: texts.stored.slice(0, memories),
      stores: texts.stored.slice(memories),
      queries: questions.slice(WARM_UP),
    };
    const options = serverOptions(chosen);
    await using open = await startServer({ ...options, settings: { ...options.settings, ...PLAIN } });
    await using closed = await startServer({ ...options, settings: { ...options.settings, ...ENCRYPTED } });
    using load = startLoad();
    const side = (name: Side['name'], server: BenchServer): Side => ({
      ...{ name, server },
      done: { store: { ms: [], seconds: 0, cpu: 0 }, search: { ms: [], seconds: 0, cpu: 0 } },
    });
    const sides = [side('plain', open), side('encrypted', closed)] as const;
    for (const one of sides) await prepare(one, work, load, progress);
    await takeTurns(sides, work, questions.slice(0, WARM_UP), load, progress);
    const [plain, encrypted] = [speeds(sides[0]), speeds(sides[1])];
    const mib = (server: BenchServer) => rounded(server.diskBytes() / 2 ** 20, 1);
    const figures: CryptFigures = {
      ...{ memories, stores, searches, plain, encrypted },
      ratio: {
        store: rounded(encrypted.store.p50 / plain.store.p50, 2),
        search: rounded(encrypted.search.p50 / plain.search.p50, 2),
      },
      disk_mib: { plain: mib(open), encrypted: mib(closed) },
    };
    progress.clear();
    return report(
      {
        benchmark: 'crypt',
        data: { source: texts.source, n: { memories, stores, searches } },
        done: {
          latency:
            'from sending the request to having read its answer; a store is committed with synchronous=FULL. Both servers run the whole time and take turns, with the same texts and questions',
          'p50 / plain p50': 'the target is at most 1.5',
        },
        server: closed.facts,
        tables: [table(figures)],
        figures: { ...figures },
      },
      chosen.text('dir') ?? tmpdir(),
    );
  },
};
