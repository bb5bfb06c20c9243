// bun run bench <name> [options]: figures about the real server, over HTTP, with what one must know to compare them.
import { writeFileSync } from 'node:fs';
import { beam } from './beam.ts';
import { binary } from './binary.ts';
import { crashes } from './crash-bench.ts';
import { crypt } from './crypt.ts';
import { embed } from './embed.ts';
import { graph } from './graph.ts';
import { hooks } from './hooks.ts';
import { lifecycle } from './lifecycle.ts';
import { locomo } from './locomo.ts';
import { BenchError, COMMON, optionHelp, parseOptions } from './options.ts';
import { createProgress } from './progress.ts';
import { reembed } from './reembed.ts';
import { type Benchmark, type Report, readable } from './report.ts';
import { retrieval } from './retrieval.ts';
import { search } from './search.ts';
import { secrets } from './secrets.ts';
import { store } from './store.ts';

const BENCHMARKS: readonly Benchmark[] = [
  locomo,
  beam,
  retrieval,
  search,
  store,
  reembed,
  embed,
  lifecycle,
  graph,
  hooks,
  crypt,
  crashes,
  secrets,
  binary,
];

export function help(): string {
  const each = BENCHMARKS.map(({ name, summary, options }) => `${name}\n  ${summary}\n${optionHelp(options)}`);
  return [
    'bun run bench <name> [options]',
    ...each,
    `all of them\n${optionHelp(COMMON)}`,
    'ENGRAM_* variables are passed on to the server and named in the report.',
  ].join('\n\n');
}

/** @returns null when help was asked for */
export async function bench(argv: readonly string[], print: (text: string) => void): Promise<Report | null> {
  const [name, ...rest] = argv;
  if (name === undefined || argv.includes('--help') || argv.includes('-h')) {
    print(help());
    return null;
  }
  const benchmark = BENCHMARKS.find((one) => one.name === name);
  if (!benchmark) {
    throw new BenchError(`There is no benchmark "${name}"; there are ${BENCHMARKS.map((one) => one.name).join(', ')}.`);
  }
  const chosen = parseOptions([...benchmark.options, ...COMMON], rest);
  const report = await benchmark.run(chosen, createProgress());
  const json = JSON.stringify(report, null, 2);
  const out = chosen.text('out');
  if (out !== null) writeFileSync(out, `${json}\n`);
  print(chosen.flag('json') ? json : readable(report));
  return report;
}

if (import.meta.main) {
  try {
    await bench(process.argv.slice(2), console.log);
    process.exit(0);
  } catch (error) {
    console.error(error instanceof BenchError ? error.message : error);
    process.exit(1);
  }
}
