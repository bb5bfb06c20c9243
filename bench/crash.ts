// kill -9 in the middle of storing, again and again: is anything lost that was acknowledged?
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { integrityProblems } from './bare-sqlite.ts';
import type { Acknowledged } from './load.ts';
import type { Load } from './load-process.ts';
import type { Progress } from './progress.ts';
import { between, type Random, shuffled } from './random.ts';
import type { BenchServer } from './server.ts';

export interface CrashFigures {
  rounds: number;
  acknowledged: number;
  /** Acknowledged, but gone or changed after the restart, then or in any later round. */
  lost: number;
  searched: number;
  not_found: number;
  integrity_checks: number;
  integrity_failures: number;
  problems: string[];
}

const CLIENTS = 8;
const SEARCHED_PER_ROUND = 50;
const KILL_AFTER_MS = [100, 1_500] as const;

/** @returns the database files in the folder; none when the database is elsewhere */
const databasesIn = (dir: string): string[] =>
  readdirSync(dir)
    .filter((name) => name.endsWith('.db'))
    .map((name) => join(dir, name));

/** The last word of a text stored here is nowhere else. */
const ownWord = (content: string): string => content.slice(content.lastIndexOf(' ') + 1);

export interface CrashRun {
  rounds: number;
  texts: readonly string[];
  random: Random;
  progress: Progress;
}

export async function crash(server: BenchServer, load: Load, run: CrashRun): Promise<CrashFigures> {
  const figures: CrashFigures = {
    rounds: run.rounds,
    acknowledged: 0,
    lost: 0,
    searched: 0,
    not_found: 0,
    integrity_checks: 0,
    integrity_failures: 0,
    problems: [],
  };
  const all: Acknowledged[] = [];
  const lost = new Set<number>();

  const readBack = async (expected: readonly Acknowledged[]) => {
    const { ids } = await load.run(server, { kind: 'read', clients: CLIENTS, expected });
    for (const [id] of ids) lost.add(id!);
  };

  for (let round = 1; round <= run.rounds; round++) {
    run.progress(`crash ${round} of ${run.rounds}`);
    const storing = load.run(server, { kind: 'store', clients: CLIENTS, texts: run.texts, endless: `zqr${round}n` });
    // Its failure is awaited below; until then nobody may call it unhandled.
    storing.catch(() => {});
    await Bun.sleep(between(run.random, ...KILL_AFTER_MS));
    await server.kill();
    const { acknowledged } = await storing;

    for (const path of databasesIn(server.dir)) {
      const problems = integrityProblems(path, process.env.ENGRAM_DB_KEY ?? null);
      figures.integrity_checks++;
      if (problems.length > 0) figures.integrity_failures++;
      figures.problems.push(...problems.map((problem) => `round ${round}: ${problem}`));
    }
    await server.start();
    await readBack(acknowledged);
    const sample = shuffled(run.random, acknowledged).slice(0, SEARCHED_PER_ROUND);
    const queries = sample.map(({ content }) => ownWord(content));
    const { ids } = await load.run(server, { kind: 'search', clients: CLIENTS, queries, limit: 10 });
    figures.searched += sample.length;
    figures.not_found += sample.filter(({ id }, i) => !ids[i]!.includes(id)).length;
    figures.acknowledged += acknowledged.length;
    all.push(...acknowledged);
  }
  await readBack(all);
  figures.lost = lost.size;
  return figures;
}
