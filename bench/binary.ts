// The built executable: how long it takes to answer, how large it is, and what it holds while nobody asks it anything.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileName, hostTarget } from '../scripts/build/targets.ts';
import { residentMib } from './machine.ts';
import { BenchError } from './options.ts';
import type { Progress } from './progress.ts';
import { type Benchmark, PROJECT, report } from './report.ts';
import { removeFolder, tempFolder } from './server.ts';
import { median, percentile, rounded } from './stats.ts';
import type { Table } from './table.ts';

const RUNS = 10;
/** Models are loaded and what was needed to start is collected by then. */
const IDLE_MS = 30_000;
const READY_TIMEOUT_MS = 60_000;

interface Started {
  child: ChildProcess;
  url: string;
  /** From starting the process to its first 200 from /health/ready. */
  ready_ms: number;
}

/** Nothing of ours in its environment: what somebody has who has just downloaded it. */
const launch = (file: string, args: readonly string[], dir: string): ChildProcess =>
  spawn(file, args, { cwd: dir, env: { HOME: dir }, stdio: ['ignore', 'pipe', 'pipe'] });

async function versionMs(file: string, dir: string): Promise<number> {
  const started = performance.now();
  const [code] = await once(launch(file, ['--version'], dir), 'close');
  if (code !== 0) throw new BenchError(`${file} --version ended with ${code}.`);
  return performance.now() - started;
}

async function startServer(file: string, dir: string): Promise<Started> {
  const started = performance.now();
  const child = launch(file, ['serve', '--port', '0', '--data-dir', join(dir, 'data')], dir);
  let said = '';
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const hear = (chunk: Buffer) => {
    said += chunk.toString();
    const url = /http:\/\/127\.0\.0\.1:\d+/.exec(said)?.[0];
    if (url) resolve(url);
  };
  child.stdout!.on('data', hear);
  child.stderr!.on('data', hear);
  child.once('exit', (code) => reject(new BenchError(`The server ended with ${code} before it listened:\n${said}`)));
  const url = await promise;
  while ((await fetch(`${url}/health/ready`).catch(() => null))?.status !== 200) {
    if (performance.now() - started > READY_TIMEOUT_MS)
      throw new BenchError(`The server did not become ready:\n${said}`);
    await Bun.sleep(2);
  }
  return { child, url, ready_ms: performance.now() - started };
}

async function stop({ child }: Started): Promise<void> {
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  await ended;
}

/**
 * @param parent where folders are made
 * @returns milliseconds to ready in an empty folder, the second time in the same one, and with natives but no store
 */
async function startTimes(file: string, parent: string | null) {
  const dir = tempFolder(parent);
  try {
    const first = await startServer(file, dir);
    await stop(first);
    const again = await startServer(file, dir);
    await stop(again);
    return { first_ms: first.ready_ms, again_ms: again.ready_ms };
  } finally {
    removeFolder(dir);
  }
}

async function idleMib(file: string, parent: string | null, progress: Progress): Promise<number> {
  const dir = tempFolder(parent);
  try {
    const server = await startServer(file, dir);
    progress(`waiting ${IDLE_MS / 1000} s until it idles`);
    await Bun.sleep(IDLE_MS);
    const mib = residentMib(server.child.pid!);
    await stop(server);
    return mib;
  } finally {
    removeFolder(dir);
  }
}

async function measure(file: string, runs: number, parent: string | null, progress: Progress) {
  const dir = tempFolder(parent);
  const version: number[] = [];
  const starts: Awaited<ReturnType<typeof startTimes>>[] = [];
  try {
    for (let run = 0; run < runs; run++) {
      progress(`run ${run + 1} of ${runs}`);
      version.push(await versionMs(file, dir));
      starts.push(await startTimes(file, parent));
    }
  } finally {
    removeFolder(dir);
  }
  const spread = (samples: readonly number[]) => ({
    p50: rounded(median(samples), 1),
    p95: rounded(percentile(samples, 95), 1),
  });
  return {
    file_mb: rounded(statSync(file).size / 1e6, 1),
    version_ms: spread(version),
    first_start_ms: spread(starts.map(({ first_ms }) => first_ms)),
    next_start_ms: spread(starts.map(({ again_ms }) => again_ms)),
    idle_mib: await idleMib(file, parent, progress),
  };
}

export const binary: Benchmark = {
  name: 'binary',
  summary: 'the built executables in dist/: time to answer and to start, size, memory while idle',
  options: [{ name: 'runs', kind: 'number', fallback: String(RUNS), help: 'of each kind' }],
  async run(chosen, progress) {
    const target = hostTarget();
    if (!target) throw new BenchError(`No executable is made for ${process.platform} ${process.arch}.`);
    const builds = [false, true]
      .map((lite) => ({ name: lite ? 'lite' : 'full', file: join(PROJECT, 'dist', fileName(target, lite)) }))
      .filter(({ file }) => existsSync(file));
    if (builds.length === 0) throw new BenchError('There is no executable in dist/: run "npm run build" first.');
    const runs = chosen.number('runs');
    const measured: Record<string, Awaited<ReturnType<typeof measure>>> = {};
    for (const { name, file } of builds) measured[name] = await measure(file, runs, chosen.text('dir'), progress);
    const tables: Table[] = [
      {
        title: `Executable for ${target.name}`,
        columns: ['', 'MB', '--version ms', 'first start ms', 'next start ms', 'idle MiB'],
        rows: Object.entries(measured).map(([name, m]) => [
          name,
          m.file_mb,
          m.version_ms.p50,
          m.first_start_ms.p50,
          m.next_start_ms.p50,
          m.idle_mib,
        ]),
      },
    ];
    return report(
      {
        benchmark: 'binary',
        data: { source: 'empty folders', n: { runs } },
        done: {
          '--version ms': 'median, from starting the process to its end',
          'first start ms':
            'median, from starting `serve` in an empty folder to the first 200 from /health/ready; libraries and model are written on the way',
          'next start ms': 'the same once more in that folder',
          'idle MiB': `resident, with the built-in model, ${IDLE_MS / 1000} s after being ready`,
        },
        server: { entry: 'dist/', model: 'engram-mini', reranker: null, database: 'SQLite', settings: {} },
        tables,
        figures: measured,
      },
      chosen.text('dir') ?? '.',
    );
  },
};
