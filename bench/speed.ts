// What the benchmarks of searching and of storing share: texts as an option, a bare database beside the server, table cells.
import { rmSync } from 'node:fs';
import { type Bare, openBare } from './bare-sqlite.ts';
import type { Option } from './options.ts';
import type { BenchServer } from './server.ts';
import { type Latency, latency, rounded } from './stats.ts';
import type { Cell } from './table.ts';

export const TEXTS_OPTION: Option = {
  name: 'texts',
  kind: 'text',
  fallback: null,
  help: '.jsonl.gz with a string field b (default: made-up sentences)',
};

/** Clients of the rows with more than one. */
export const CLIENTS = 8;

export interface Speed extends Latency {
  per_second: number;
}
export interface ServerSpeed extends Speed {
  /** Processor time of the server, all its threads, per request; null where that cannot be known. */
  cpu_ms: number | null;
}

export const speedOf = (ms: readonly number[], seconds: number): Speed => ({
  ...latency(ms),
  per_second: rounded(ms.length / seconds, 1),
});

/** @param cpu milliseconds of processor time for all of them; NaN where that cannot be known */
export const serverSpeed = (ms: readonly number[], seconds: number, cpu: number): ServerSpeed => ({
  ...speedOf(ms, seconds),
  cpu_ms: Number.isNaN(cpu) ? null : rounded(cpu / ms.length, 3),
});

/** A reading to subtract from a later one. */
export const cpuNow = (server: BenchServer): number => server.cpuMs() ?? Number.NaN;

export const SPEED_COLUMNS = ['client', 'p50', 'p95', 'p99', 'per second', 'server CPU', 'p50 / bare p50'] as const;

export interface SpeedFigures {
  one_client: ServerSpeed;
  eight_clients: ServerSpeed;
  bare: Speed;
  /** p50 with one client over the bare p50. */
  ratio: number;
}

const cells = (speed: Speed): Cell[] => [speed.p50, speed.p95, speed.p99, speed.per_second];

/** Three rows, the first column theirs to name. */
export const speedRows = (name: string, f: SpeedFigures): Cell[][] => [
  [name, '1', ...cells(f.one_client), f.one_client.cpu_ms, f.ratio],
  ['', `${CLIENTS}`, ...cells(f.eight_clients), f.eight_clients.cpu_ms, null],
  ['', 'bare', ...cells(f.bare), null, 1],
];

/** Runs `work` with a bare database beside the server's folder, so that the folder's size stays the server's own. */
export async function withBare<T>(server: BenchServer, work: (bare: Bare, bytes: () => number) => Promise<T>) {
  const path = `${server.dir}-bare.db`;
  const bare = openBare(path);
  try {
    return await work(bare, () => Bun.file(path).size + Bun.file(`${path}-wal`).size);
  } finally {
    bare.close();
    for (const tail of ['', '-wal', '-shm']) rmSync(path + tail, { force: true });
  }
}
