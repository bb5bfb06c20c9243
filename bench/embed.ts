// Embedding alone: how long the model takes to load, what it weighs, how many texts it does; ONNX Runtime on the same
// file beside it.
import { execFile } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { BATCH, type EmbedDone, type EmbedJob, type EmbedTexts } from './embed-process.ts';
import { BenchError, type Chosen } from './options.ts';
import { between, seeded } from './random.ts';
import { type Benchmark, PROJECT, report } from './report.ts';
import { removeFolder, tempFolder } from './server.ts';
import { TEXTS_OPTION } from './speed.ts';
import { type Latency, latency, median, rounded } from './stats.ts';
import type { Cell, Table } from './table.ts';
import { loadTexts } from './texts.ts';

const SHORT_WORDS = [6, 18] as const;
const LONG_WORDS = 100;
const PROCESS = 'bench/embed-process.ts';
const MODEL = 'engram-mini';

interface Side {
  processes: number;
  load_ms: { min: number; median: number };
  /** Medians. */
  shared: { ms: number; mib: number };
  memory_mib: EmbedDone['memory_mib'];
  one_text_ms: Latency;
  /** Of the quickest process: what else the machine does only ever makes it slower. */
  per_second: { short: number; long: number };
}

function modelFolder(chosen: Chosen): string {
  const folder = resolve(chosen.text('model-dir') ?? join(PROJECT, 'models', chosen.text('model') ?? MODEL));
  if (existsSync(folder)) return folder;
  throw new BenchError(`There is no model in ${folder}; --model-dir takes the folder of any.`);
}

/** Short texts are the beginnings of sentences, long ones some sentences together. */
async function prepare(chosen: Chosen): Promise<EmbedTexts & { source: string }> {
  const seed = chosen.number('seed');
  const shorts = Math.max(2, chosen.number('count'));
  const longs = Math.ceil(shorts / 10);
  const { stored, heldOut, source } = await loadTexts(chosen.text('texts'), shorts, longs * 10, seed);
  const random = seeded(seed + 1);
  const short = stored.map((text) =>
    text
      .split(' ')
      .slice(0, between(random, ...SHORT_WORDS))
      .join(' '),
  );
  const words = heldOut.join(' ').split(' ');
  const long = Array.from({ length: Math.min(longs, Math.floor(words.length / LONG_WORDS)) }, (_, i) =>
    words.slice(i * LONG_WORDS, (i + 1) * LONG_WORDS).join(' '),
  );
  return { short, long, source };
}

const run = promisify(execFile);

async function measure(job: EmbedJob): Promise<EmbedDone | null> {
  const { stdout } = await run(process.execPath, [join(PROJECT, PROCESS), JSON.stringify(job)], {
    maxBuffer: 2 ** 26,
  }).catch((error: { stderr?: string; message: string }) => {
    throw new BenchError(`${PROCESS} failed on ${job.model_dir}:\n${error.stderr || error.message}`);
  });
  const done = JSON.parse(stdout) as EmbedDone;
  return done.key === null ? null : done;
}

function sideOf(all: readonly EmbedDone[]): Side | null {
  if (all.length === 0) return null;
  const middle = (figure: (one: EmbedDone) => number) => rounded(median(all.map(figure)), 1);
  const best = (figure: (one: EmbedDone) => number) => Math.round(Math.max(...all.map(figure)));
  return {
    processes: all.length,
    load_ms: { min: rounded(Math.min(...all.map((one) => one.load_ms)), 1), median: middle((one) => one.load_ms) },
    shared: { ms: middle((one) => one.shared.ms), mib: middle((one) => one.shared.mib) },
    memory_mib: {
      loaded: middle((one) => one.memory_mib.loaded),
      after_texts: middle((one) => one.memory_mib.after_texts),
      after_collection: middle((one) => one.memory_mib.after_collection),
    },
    one_text_ms: latency(all.flatMap((one) => one.ms)),
    per_second: { short: best((one) => one.short_per_second), long: best((one) => one.long_per_second) },
  };
}

const figuresOf = (side: Side): number[] => [
  side.load_ms.min,
  side.load_ms.median,
  side.memory_mib.loaded,
  side.memory_mib.after_texts,
  side.memory_mib.after_collection,
  side.one_text_ms.p50,
  side.one_text_ms.p95,
  side.one_text_ms.p99,
  side.per_second.short,
  side.per_second.long,
];

function tableOf(lookup: Side | null, runtime: Side, count: number): Table {
  const names = [
    'load, ms (quickest)',
    'load, ms (median)',
    'memory loaded, MiB',
    `memory after ${count.toLocaleString('en-US')} texts, MiB`,
    'the same, garbage collected',
    'one short text, ms p50',
    'p95',
    'p99',
    'short texts per second',
    `texts of ${LONG_WORDS} words per second`,
  ];
  const theirs = figuresOf(runtime);
  const ours = lookup === null ? null : figuresOf(lookup);
  const shared = (lookup ?? runtime).shared;
  return {
    title: `The same model by table and by ONNX Runtime (packages any server has: ${shared.ms} ms and ${shared.mib} MiB of it)`,
    columns: ['', 'table', 'ONNX Runtime', 'table / Runtime'],
    rows: names.map((name, i): Cell[] => [
      name,
      ours?.[i] ?? null,
      theirs[i]!,
      ours === null ? null : rounded(ours[i]! / theirs[i]!, 3),
    ]),
  };
}

export const embed: Benchmark = {
  name: 'embed',
  summary: 'the embedding model alone, without a server: load time, memory, texts per second; against ONNX Runtime',
  options: [
    { name: 'count', kind: 'number', fallback: '6000', help: 'short texts; a tenth as many long ones' },
    { name: 'processes', kind: 'number', fallback: '7', help: 'fresh processes on each side' },
    TEXTS_OPTION,
  ],
  async run(chosen, progress) {
    const model_dir = modelFolder(chosen);
    progress('preparing texts');
    const { source, ...texts } = await prepare(chosen);
    const dir = tempFolder(chosen.text('dir'));
    const sides = { lookup: [] as EmbedDone[], runtime: [] as EmbedDone[] };
    try {
      const file = join(dir, 'texts.json');
      writeFileSync(file, JSON.stringify(texts));
      const processes = Math.max(1, chosen.number('processes'));
      for (let turn = 0; turn < processes; turn++) {
        progress(`process ${turn + 1} of ${processes} on each side`);
        for (const side of ['lookup', 'runtime'] as const) {
          const done = await measure({ side, model_dir, texts: file });
          if (done) sides[side].push(done);
        }
      }
    } finally {
      removeFolder(dir);
      progress.clear();
    }
    const lookup = sideOf(sides.lookup);
    const runtime = sideOf(sides.runtime)!;
    const words = texts.short.reduce((sum, text) => sum + text.split(' ').length, 0) / texts.short.length;
    return report(
      {
        benchmark: 'embed',
        data: {
          source,
          n: { short_texts: texts.short.length, long_texts: texts.long.length, processes: runtime.processes },
          words_per_short_text: rounded(words, 1),
        },
        done: {
          load: 'from before the first import to the first vector, in a fresh process, files in the page cache; the packages any server has (zod, node:crypto) are among the imports',
          memory: 'VmRSS more than before the first import; medians. After texts: embedded in batches of 64 and let go',
          'one short text': 'from the call to its vector, one after the other, of all processes',
          'per second': `in batches of ${BATCH}, after all short texts have been embedded once; of the quickest process`,
          'table / Runtime': 'both sides alternate, process by process',
        },
        server: {
          entry: PROCESS,
          model: (sides.lookup[0] ?? sides.runtime[0]!).key,
          reranker: null,
          database: 'none',
          settings: {},
        },
        tables: [tableOf(lookup, runtime, texts.short.length)],
        figures: { lookup, runtime },
      },
      chosen.text('dir') ?? tmpdir(),
    );
  },
};
