// kill -9 in the middle of everything: what was acknowledged is there, nothing is done by halves, every file is sound.
import { randomBytes } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { smallDisk } from '../test/support/small-disk.ts';
import { crashOffline, OFFLINE_KINDS, type OfflineKind } from './crash-offline.ts';
import { crashServer, type KindFigures, namesIn, SERVER_KINDS, type ServerKind } from './crash-server.ts';
import { serverOptions } from './model.ts';
import { BenchError, type Chosen } from './options.ts';
import type { Progress } from './progress.ts';
import { seeded } from './random.ts';
import { type Benchmark, report } from './report.ts';
import { type ServerFacts, startServer, tempFolder } from './server.ts';
import type { Table } from './table.ts';

const KINDS: readonly string[] = [...SERVER_KINDS, ...OFFLINE_KINDS];
const isServerKind = (kind: string): kind is ServerKind => (SERVER_KINDS as readonly string[]).includes(kind);

/** Rounds of each kind: as many as were asked for in all, the first kinds get what is left over. */
export const shared = (rounds: number, kinds: number): number[] =>
  Array.from({ length: kinds }, (_, i) => Math.floor(rounds / kinds) + (i < rounds % kinds ? 1 : 0));

function kindsOf(chosen: Chosen): string[] {
  const kinds = chosen.texts('kinds') ?? [...KINDS];
  const unknown = kinds.find((kind) => !KINDS.includes(kind));
  if (unknown !== undefined) throw new BenchError(`--kinds: there is no "${unknown}"; there are ${KINDS.join(', ')}.`);
  return kinds;
}

function clearBackups(dir: string): void {
  for (const name of namesIn(join(dir, 'backups'))) rmSync(join(dir, 'backups', name), { recursive: true });
}

/** Of the disk that fills up. */
const DISK_MIB = 48;

interface Ran {
  figures: KindFigures;
  facts: ServerFacts | null;
  /** Whether every link of the audit log holds; null where there is none. */
  audit: boolean | null;
}

async function onServer(kind: ServerKind, rounds: number, chosen: Chosen, tell: (n: number) => void): Promise<Ran> {
  // Killed servers write no profile. One that is killed over and over is meant to go on as ever here.
  const options = serverOptions(chosen);
  const disk = kind === 'full disk' ? smallDisk(DISK_MIB) : undefined;
  if (disk === null) throw new BenchError('"full disk" needs a user who may mount a tmpfs. Leave it out with --kinds.');
  using _ = { [Symbol.dispose]: () => disk?.unmount() };
  const key_file = kind === 'rekey in use' ? join(tempFolder(chosen.text('dir')), 'store.key') : null;
  if (key_file !== null) writeFileSync(key_file, randomBytes(32), { mode: 0o600 });
  const keyed = key_file !== null && { ENGRAM_ENCRYPTION_MODE: 'keyfile', ENGRAM_DB_KEY_FILE: key_file };
  await using server = await startServer({
    ...{ ...options, profile: null, ...(disk && { parent: disk.dir }) },
    settings: { ENGRAM_UNDERSTANDING: '0', ENGRAM_SAFE_MODE: 'false', ...keyed, ...options.settings },
  });
  const random = seeded(chosen.number('seed') * 1_000 + KINDS.indexOf(kind));
  const figures = await crashServer(server, {
    ...{ kind, rounds, random, tell, clearBackups, disk },
    ...(key_file !== null && { key: () => readFileSync(key_file).toString('hex') }),
  });
  const { status, body } = await server.call('GET', '/audit/verify');
  return { figures, facts: server.facts, audit: status === 404 ? null : body.ok === true };
}

async function ranKind(kind: string, rounds: number, chosen: Chosen, progress: Progress): Promise<Ran> {
  const tell = (n: number) => progress(`${kind} ${n} of ${rounds}`);
  if (isServerKind(kind)) return onServer(kind, rounds, chosen, tell);
  const figures = await crashOffline({
    ...{ kind: kind as OfflineKind, rounds, tell, parent: chosen.text('dir') },
    random: seeded(chosen.number('seed') * 1_000 + KINDS.indexOf(kind)),
    settings: { ENGRAM_EMBEDDING_MODEL: 'none', ENGRAM_UNDERSTANDING: '0' },
  });
  return { figures, facts: null, audit: null };
}

const tableOf = (all: readonly Ran[]): Table => {
  const sum = (of: (f: KindFigures) => number) => all.reduce((total, { figures }) => total + of(figures), 0);
  return {
    title: 'kill -9, restart, look',
    columns: ['during', 'rounds', 'acknowledged', 'lost', 'halves', 'integrity failures', 'audit chain'],
    rows: [
      ...all.map(({ figures: f, audit }) => [
        ...[f.kind, f.rounds, f.acknowledged, f.lost, f.halves, f.integrity_failures],
        audit === null ? null : audit ? 'whole' : 'BROKEN',
      ]),
      [
        ...['all', sum((f) => f.rounds), sum((f) => f.acknowledged), sum((f) => f.lost), sum((f) => f.halves)],
        ...[sum((f) => f.integrity_failures), null],
      ],
    ],
  };
};

const SHOWN = 20;
const problemTable = (problems: readonly string[]): Table => ({
  title: `the first of ${problems.length} problems`,
  columns: ['what'],
  rows: problems.slice(0, SHOWN).map((problem) => [problem]),
});

export const crashes: Benchmark = {
  name: 'crash',
  summary: 'kill -9 during stores, updates, backups, restores, migrations …: is anything lost or left half done?',
  options: [
    { name: 'rounds', kind: 'number', fallback: '500', help: 'kills in all, shared among the kinds' },
    { name: 'kinds', kind: 'texts', fallback: KINDS.join(','), help: 'what is interrupted' },
  ],
  async run(chosen, progress) {
    const kinds = kindsOf(chosen);
    const rounds = shared(chosen.number('rounds'), kinds.length);
    const all: Ran[] = [];
    for (const [i, kind] of kinds.entries()) all.push(await ranKind(kind, rounds[i]!, chosen, progress));
    progress.clear();
    const problems = all.flatMap(({ figures }) => figures.problems);
    const facts = all.find((ran) => ran.facts)?.facts;
    return report(
      {
        benchmark: 'crash',
        data: { source: 'made here', n: { rounds: chosen.number('rounds') }, problems: problems.slice(0, 50) },
        done: {
          acknowledged:
            'writes answered with success by the server; for restore, rekey and migration, memories that must be there whichever way it ended',
          lost: 'of them, those that are gone or changed after the restart, looked for among all rows of the file and through the server',
          halves:
            'memories without full-text entry or vector, and entries, vectors, links and tags without a memory; for restore, rekey and migration, a store that is neither the old nor the new one',
          'integrity failures':
            'rounds after which PRAGMA integrity_check or foreign_key_check said anything but ok, for the database and every backup, or the program refused the store',
        },
        server: facts ?? { entry: 'src/main.ts', model: null, reranker: null, database: 'SQLite', settings: {} },
        tables: [tableOf(all), ...(problems.length > 0 ? [problemTable(problems)] : [])],
        figures: { kinds: all.map(({ figures, audit }) => ({ ...figures, audit_whole: audit })) },
      },
      chosen.text('dir') ?? tmpdir(),
    );
  },
};
