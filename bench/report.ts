// What a benchmark hands back: figures, and everything one has to know before comparing them with others.
import { resolve } from 'node:path';
import packageJson from '../package.json' with { type: 'json' };
import { type Machine, machine, RUNTIME, revision } from './machine.ts';
import type { Chosen, Option } from './options.ts';
import type { Progress } from './progress.ts';
import type { ServerFacts } from './server.ts';
import { render, type Table } from './table.ts';

export const PROJECT = resolve(import.meta.dirname, '..');

export interface Benchmark {
  name: string;
  /** What is measured, one line. */
  summary: string;
  options: readonly Option[];
  run(chosen: Chosen, progress: Progress): Promise<Report>;
}

export interface Measured {
  benchmark: string;
  /** Where the data came from, and how much of it there was. */
  data: { source: string; n: Record<string, number> } & Record<string, unknown>;
  /** Figure -> when the clock started and stopped, or what counted. */
  done: Record<string, string>;
  server: ServerFacts;
  tables: readonly Table[];
  /** The same as the tables, by name and unrounded. */
  figures: Record<string, unknown>;
}

export interface Report extends Measured {
  date: string;
  engram: { version: string; revision: string | null };
  machine: Machine;
  runtime: string;
}

export const report = (measured: Measured, dataFolder: string): Report => ({
  ...measured,
  date: new Date().toISOString(),
  engram: { version: packageJson.version, revision: revision(PROJECT) },
  machine: machine(dataFolder),
  runtime: RUNTIME,
});

export function readable(r: Report): string {
  const { machine: m, server, data, engram } = r;
  const settings = Object.entries(server.settings).map(([name, value]) => `${name}=${value}`);
  const facts: [string, string][] = [
    ['date', r.date],
    ['engram', `${engram.version} (${engram.revision ?? 'no revision known'}), ${server.entry}`],
    [
      'machine',
      `${m.cpu}, ${m.cores} cores, ${m.memory_gib} GiB, ${m.os}, data on ${m.filesystem} (a flush takes ${m.flush_ms} ms)`,
    ],
    ['runtime', r.runtime],
    ['model', server.model ?? 'none (words only)'],
    ...(server.reranker === null ? [] : [['reranker', server.reranker] as [string, string]]),
    ['database', `${server.database}${settings.length > 0 ? `; settings ${settings.join(' ')}` : ''}`],
    ['data', data.source],
    [
      'n',
      Object.entries(data.n)
        .map(([what, n]) => `${n.toLocaleString('en-US')} ${what.replaceAll('_', ' ')}`)
        .join(', '),
    ],
  ];
  const width = Math.max(...facts.map(([name]) => name.length));
  return [
    `benchmark ${r.benchmark}`,
    facts.map(([name, value]) => `${name.padEnd(width)}  ${value}`).join('\n'),
    ...r.tables.map(render),
    ['What the figures mean', ...Object.entries(r.done).map(([figure, text]) => `- ${figure}: ${text}`)].join('\n'),
  ].join('\n\n');
}
