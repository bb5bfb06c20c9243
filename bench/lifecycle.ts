// What makes memories live: repeats that are noticed, recalls that count as reviews, a year of use.
import { tmpdir } from 'node:os';
import { type DuplicateFigures, duplicates, type Judged } from './lifecycle-duplicates.ts';
import { type ReviewFigures, reviews, type SearchTimes } from './lifecycle-reviews.ts';
import { type YearFigures, year } from './lifecycle-year.ts';
import { startLoad } from './load-process.ts';
import { BenchError, type Chosen } from './options.ts';
import { type Benchmark, report } from './report.ts';
import type { ServerFacts } from './server.ts';
import { TEXTS_OPTION } from './speed.ts';
import { type Cell, percent, type Table } from './table.ts';

const PARTS = ['duplicates', 'reviews', 'year'] as const;
type Part = (typeof PARTS)[number];

interface Figures {
  duplicates: DuplicateFigures | null;
  reviews: ReviewFigures | null;
  year: YearFigures | null;
}

const TARGETS = { added_p95_ms: 2, precision: 1, recall: 0.95, size_ratio: 1.3 };
/** What --quick leaves of every number. */
const QUICK = 1 / 50;

interface Goal {
  what: string;
  figure: string;
  baseline: string;
  target: string;
  reached: boolean;
}

function partsOf(chosen: Chosen): Part[] {
  const names = chosen.texts('parts') ?? PARTS;
  const unknown = names.find((name) => !PARTS.some((part) => part === name));
  if (unknown) throw new BenchError(`--parts: there is no "${unknown}"; there are ${PARTS.join(', ')}.`);
  return PARTS.filter((part) => names.includes(part));
}

function duplicateGoals({ with_check, without_check, added_p95_ms, judged }: DuplicateFigures): Goal[] {
  const { server, exact, simhash } = judged;
  const shares = (of: (one: Judged) => number | null) =>
    `${percent(of(exact))} exact repeats only, ${percent(of(simhash))} SimHash alone`;
  return [
    {
      what: 'p95 of a store: added by the near-duplicate check',
      figure: `${added_p95_ms} ms (${with_check.p95})`,
      baseline: `${without_check.p95} ms without`,
      target: `< ${TARGETS.added_p95_ms} ms`,
      reached: added_p95_ms < TARGETS.added_p95_ms,
    },
    {
      what: 'precision of what is taken for a repeat',
      figure: percent(server.precision),
      baseline: shares((one) => one.precision),
      target: percent(TARGETS.precision),
      reached: server.precision === TARGETS.precision,
    },
    {
      what: 'repeats noticed',
      figure: percent(server.recall),
      baseline: shares((one) => one.recall),
      target: `>= ${percent(TARGETS.recall)}`,
      reached: server.recall >= TARGETS.recall,
    },
  ];
}

const reviewGoals = ({ quiet, flushing, recalled }: ReviewFigures): Goal[] => [
  {
    what: `searches slower than 2x the median while ${recalled.toLocaleString('en-US')} recalls are written`,
    figure: `${flushing.slow} of ${flushing.n}`,
    baseline: `${quiet.slow} of ${quiet.n} in quiet`,
    target: 'no more than in quiet',
    reached: flushing.slow <= quiet.slow,
  },
  {
    what: 'the same against the median in quiet',
    figure: `${flushing.slower_than_quiet} of ${flushing.n}`,
    baseline: `${quiet.slower_than_quiet} of ${quiet.n} in quiet`,
    target: 'no more than in quiet',
    reached: flushing.slower_than_quiet <= quiet.slower_than_quiet,
  },
];

const yearGoals = (f: YearFigures): Goal[] => [
  {
    what: 'recall@10 of what is still used, at the end of the year',
    figure: percent(f.recall_at_10_end),
    baseline: `${percent(f.recall_at_10_start)} at its start, ${percent(f.recall_at_10_fresh)} fresh`,
    target: 'no less than at its start',
    reached: f.recall_at_10_end >= f.recall_at_10_start,
  },
  {
    what: 'size of the database against a fresh one with what is live',
    figure: `${f.size_ratio}x (${f.database_mib} MiB)`,
    baseline: `${f.fresh_mib} MiB`,
    target: `<= ${TARGETS.size_ratio}x`,
    reached: f.size_ratio <= TARGETS.size_ratio,
  },
];

const goalTable = (goals: readonly Goal[]): Table => ({
  title: 'Targets',
  columns: ['', 'figure', 'baseline', 'target', 'reached'],
  rows: goals.map((goal) => [goal.what, goal.figure, goal.baseline, goal.target, goal.reached ? 'yes' : 'no']),
});

function duplicateTables(f: DuplicateFigures): Table[] {
  const { server, exact, simhash } = f.judged;
  const kinds = (of: Record<string, number>, what: string): Cell[][] =>
    Object.entries(of).map(([kind, n]) => [
      `${what}: ${kind}`,
      n,
      server.taken[kind]!,
      exact.taken[kind]!,
      simhash.taken[kind]!,
    ]);
  return [
    {
      title: `POST /store on top of ${f.memories.toLocaleString('en-US')} memories, 1 client (ms)`,
      columns: ['near-duplicate check', 'stores', 'p50', 'p95', 'p99', 'server CPU'],
      rows: [
        ['with', f.stores, f.with_check.p50, f.with_check.p95, f.with_check.p99, f.with_check.cpu_ms],
        ['without', f.stores, f.without_check.p50, f.without_check.p95, f.without_check.p99, f.without_check.cpu_ms],
        ['added', null, f.added_p50_ms, f.added_p95_ms, null, null],
      ],
    },
    {
      title: 'Pairs of texts, and how many were taken for one memory',
      columns: ['', 'pairs', 'server', 'exact repeats only', 'SimHash alone'],
      rows: [...kinds(f.near_misses, 'near-miss'), ...kinds(f.repeats, 'repeat')],
    },
  ];
}

const searchCells = ({ n, p50, p95, p99, max, slow, slower_than_quiet }: SearchTimes): Cell[] => [
  n,
  p50,
  p95,
  p99,
  max,
  slow,
  slower_than_quiet,
];
const reviewTable = (f: ReviewFigures): Table => ({
  title: `POST /search while ${f.recalled.toLocaleString('en-US')} recalls are written in ${f.flush_ms} ms (ms)`,
  columns: ['', 'searches', 'p50', 'p95', 'p99', 'slowest', 'over 2x p50', 'over 2x p50 in quiet'],
  rows: [
    ['quiet', ...searchCells(f.quiet)],
    ['writing', ...searchCells(f.flushing)],
  ],
});

const yearTables = (f: YearFigures): Table[] => [
  {
    title: `${f.days} days on one database`,
    columns: ['stored', 'asked', 'with ttl', 'forgotten', 'corrected', 'live at the end', 'still used'],
    rows: [[f.stored, f.asked, f.ttl, f.forgotten, f.corrected, f.live, f.used]],
  },
  {
    title: 'Found and kept',
    columns: ['', 'R@10 of what is still used', 'after sweeps, MiB', 'after sweeps and vacuum, MiB', 'vacuum ms'],
    rows: [
      ['at the start', percent(f.recall_at_10_start), null, null, null],
      ['at the end', percent(f.recall_at_10_end), f.swept_mib, f.database_mib, f.compact_ms],
      ['fresh, with what is live', percent(f.recall_at_10_fresh), null, f.fresh_mib, null],
    ],
  },
];

const MEANS: Readonly<Record<Part, Record<string, string>>> = {
  duplicates: {
    'near-duplicate check':
      'two servers with the same memories store the same texts, none of them a repeat, and take turns; the baseline is the program with its fingerprints taken away as it starts, so it neither makes, nor looks up, nor stores any. Exact repeats it notices all the same',
    latency: 'from sending POST /store to having read its 201, client in another process than the server',
    pairs:
      'both texts of a pair are stored, in a session of its own; it was taken for one memory when the second is answered with duplicate_of the first. Made up by test/support/near-misses.ts from the seed',
    precision: 'true repeats among all pairs that were taken for one memory',
    'SimHash alone': 'one memory when the 64-bit SimHashes differ in fewer than 3 bits; computed, not stored',
  },
  reviews: {
    writing:
      'every memory was recalled once by a search; the buffered reviews are then written while one client searches without a pause, and only searches sent before the last of them is written count',
    quiet: 'the same questions right afterwards, with nothing to write; rounds take turns',
  },
  year: {
    year: "a clock of the benchmark: each day memories are stored, 25 are asked for by Zipf's law (10 results each count as recalled), some are forgotten or corrected; then the clock moves on by a day and all jobs that are due run, sweeps among them, so there is one a day",
    'still used':
      'there from the first day to the end and asked for in the last 30 days, at most 500, the most asked for first; each is asked for with two of its words, the same at the start and at the end',
    'after sweeps':
      'what POST /admin/compact finds at the end of the year, with what has not been moved into the file yet; after sweeps and vacuum is the file it leaves, after a clean stop. The fresh one is not compacted',
    fresh:
      'a new database into which what is live at the end was stored once, in its last version. What lies in the trash and older versions are no part of it, but of the other',
  },
};

export const lifecycle: Benchmark = {
  name: 'lifecycle',
  summary: 'Near-duplicates: cost, precision, recall; writing reviews beside searches; a simulated year: recall, size',
  options: [
    { name: 'parts', kind: 'texts', fallback: null, help: `only these of ${PARTS.join(', ')}` },
    { name: 'memories', kind: 'number', fallback: '100000', help: 'duplicates: memories that are there before' },
    { name: 'stores', kind: 'number', fallback: '2000', help: 'duplicates: memories stored on top by each server' },
    { name: 'pairs', kind: 'number', fallback: '5000', help: 'duplicates: near-misses, and as many true repeats' },
    { name: 'recalls', kind: 'number', fallback: '10000', help: 'reviews: memories recalled before each flush' },
    { name: 'rounds', kind: 'number', fallback: '5', help: 'reviews: flushes' },
    { name: 'year-memories', kind: 'number', fallback: '20000', help: 'year: memories stored in all' },
    { name: 'days', kind: 'number', fallback: '365', help: 'year: its length' },
    {
      name: 'quick',
      kind: 'flag',
      fallback: null,
      help: 'a fiftieth of every number: to see it work, not for figures',
    },
    TEXTS_OPTION,
  ],
  async run(chosen, progress) {
    const parts = partsOf(chosen);
    const size = (name: string): number =>
      Math.max(1, Math.ceil(chosen.number(name) * (chosen.flag('quick') ? QUICK : 1)));
    const sizes = { memories: size('memories'), stores: size('stores'), pairs: size('pairs') };
    const figures: Figures = { duplicates: null, reviews: null, year: null };
    let facts: ServerFacts | null = null;
    using load = startLoad();
    if (parts.includes('duplicates')) {
      const done = await duplicates(chosen, sizes, load, progress);
      figures.duplicates = done.figures;
      facts ??= done.facts;
    }
    if (parts.includes('reviews')) {
      const done = await reviews(chosen, { recalls: size('recalls'), rounds: size('rounds') }, load, progress);
      figures.reviews = done.figures;
      facts ??= done.facts;
    }
    if (parts.includes('year')) {
      const done = await year(chosen, { memories: size('year-memories'), days: size('days') }, progress);
      figures.year = done.figures;
      facts ??= done.facts;
    }
    progress.clear();
    const { duplicates: d, reviews: r, year: y } = figures;
    const goals = [...(d ? duplicateGoals(d) : []), ...(r ? reviewGoals(r) : []), ...(y ? yearGoals(y) : [])];
    return report(
      {
        benchmark: 'lifecycle',
        data: {
          source: chosen.text('texts') ?? 'made-up sentences',
          n: {
            ...(d && { memories: d.memories, stores: d.stores, near_misses: d.pairs, true_repeats: d.pairs }),
            ...(r && { recalls: r.recalled, flushes: r.rounds }),
            ...(y && { memories_of_the_year: y.stored, days: y.days }),
          },
        },
        done: Object.assign({}, ...parts.map((part) => MEANS[part])),
        server: facts!,
        tables: [
          goalTable(goals),
          ...(d ? duplicateTables(d) : []),
          ...(r ? [reviewTable(r)] : []),
          ...(y ? yearTables(y) : []),
        ],
        figures: { ...figures, goals },
      },
      chosen.text('dir') ?? tmpdir(),
    );
  },
};
