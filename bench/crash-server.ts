// Killing the server in the middle of its work: several clients at once, each with memories of its own.
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { SmallDisk } from '../test/support/small-disk.ts';
import { integrityProblems } from './bare-sqlite.ts';
import { lookInto } from './crash-file.ts';
import { createLedger, type Ledger, type LedgerEntry } from './crash-ledger.ts';
import type { Call } from './http.ts';
import { between, pick, type Random } from './random.ts';
import type { BenchServer } from './server.ts';

export const SERVER_KINDS = [
  'store',
  'update',
  'delete',
  're-embed',
  'backup',
  'compaction',
  'full disk',
  'rekey in use',
] as const;
export type ServerKind = (typeof SERVER_KINDS)[number];

export interface KindFigures {
  kind: string;
  rounds: number;
  acknowledged: number;
  lost: number;
  halves: number;
  integrity_failures: number;
  problems: string[];
}

export const noFigures = (kind: string): KindFigures => ({
  ...{ kind, rounds: 0, acknowledged: 0, lost: 0, halves: 0, integrity_failures: 0 },
  problems: [],
});

const CLIENTS = 4;
const KILL_AFTER_MS = [10, 300] as const;
/** Between one backup, compaction or re-embedding and the next. */
const PAUSE_MS = [0, 80] as const;
/** Bytes free at the start of a round on a disk that fills up. */
const ROOM_LEFT = [0, 4_000_000] as const;
/** Read back through the server a round, beside reading every row in the file. */
const READ_BACK = 10;
/** Texts of this length make a page full, so that compacting and copying take a while. */
const PADDING = 'the quick brown fox jumps over the lazy dog '.repeat(8).trim();
/** Enough for every step of a round, small enough for a round to stay short. */
const MOST_MEMORIES = 400;

interface Round {
  call: Call;
  ledger: Ledger;
  random: Random;
  /** Unlike any other text. */
  text(): string;
  running(): boolean;
  /** Names of backups the server said are made. */
  made: Set<string>;
}

async function storeOne({ call, ledger, text }: Round): Promise<void> {
  const content = text();
  ledger.storing(content);
  const { status, body } = await call('POST', '/store', { content, category: 'bench', tags: ['crash'] });
  if (status !== 201) throw new Error(`/store answered ${status}: ${JSON.stringify(body)}`);
  ledger.stored(content, body.id);
}

async function updateOne(round: Round, entry: LedgerEntry): Promise<void> {
  const content = round.text();
  round.ledger.updating(entry, content);
  const { status, body } = await round.call('POST', `/memory/${entry.id}/update`, { content });
  if (status !== 200) throw new Error(`update answered ${status}: ${JSON.stringify(body)}`);
  round.ledger.updated(entry, body.new_id);
}

async function eraseOne({ call, ledger }: Round, entry: LedgerEntry): Promise<void> {
  ledger.erasing(entry);
  const { status, body } = await call('DELETE', `/memory/${entry.id}?versions=true`);
  if (status !== 200) throw new Error(`erasing answered ${status}: ${JSON.stringify(body)}`);
  ledger.erased(entry);
}

/** Being refused for want of room is what is meant to happen; that it was not done after all is seen afterwards. */
const unlessNoRoom = (error: unknown): void => {
  if (!/ answered 503.*the disk is full/.test(String(error))) throw error;
};

const ASKED: Partial<Record<ServerKind, readonly [string, number]>> = {
  're-embed': ['/admin/reembed', 200],
  backup: ['/backup', 201],
  compaction: ['/admin/compact', 200],
  'rekey in use': ['/admin/rekey', 200],
};

async function work(kind: ServerKind, round: Round, mine: (entry: LedgerEntry, at: number) => boolean): Promise<void> {
  while (round.running()) {
    const own = round.ledger.settled().filter(mine);
    const chance = round.random();
    const crowded = own.length > MOST_MEMORIES / CLIENTS;
    const one =
      own.length > 3 && kind === 'update' && chance < 0.7
        ? updateOne(round, pick(round.random, own))
        : own.length > 3 && (crowded || (kind === 'delete' && chance < 0.6))
          ? eraseOne(round, pick(round.random, own))
          : storeOne(round);
    await (kind === 'full disk' ? one.catch(unlessNoRoom) : one);
  }
}

async function ask(kind: ServerKind, round: Round): Promise<void> {
  const asked = ASKED[kind];
  while (asked && round.running()) {
    // In between the clients have their turn: what waits for a compaction is not acknowledged before its end.
    await Bun.sleep(between(round.random, ...PAUSE_MS));
    const { status, body } = await round.call('POST', asked[0], {});
    if (status !== asked[1]) throw new Error(`${asked[0]} answered ${status}: ${JSON.stringify(body)}`);
    if (kind === 'backup') round.made.add(body.name);
  }
}

/** Calls end in an error once the server is gone, as was meant to happen; one that is answered with a refusal is not. */
const untilKilled = (work: Promise<void>): Promise<void> =>
  work.catch((error) => {
    if (/ answered \d/.test(String(error))) throw error;
  });

/** None before the first backup is begun. */
export const namesIn = (dir: string): string[] => (existsSync(dir) ? readdirSync(dir) : []);

function checkBackups(dir: string, made: ReadonlySet<string>, figures: KindFigures): void {
  const names = new Set(namesIn(join(dir, 'backups')));
  for (const name of made) {
    if (names.has(name)) continue;
    figures.lost++;
    figures.problems.push(`backup ${name} is gone`);
  }
  for (const name of names) {
    if (name.endsWith('.part')) figures.problems.push(`${name} was left behind`);
    if (!name.endsWith('.db')) continue;
    const wrong = integrityProblems(join(dir, 'backups', name), null);
    if (wrong.length === 0) continue;
    figures.integrity_failures++;
    figures.problems.push(`backup ${name}: ${wrong[0]}`);
  }
}

export interface ServerRun {
  kind: ServerKind;
  rounds: number;
  random: Random;
  tell(round: number): void;
  /** Takes away backups, so that looking at them all does not make the last rounds long. */
  clearBackups(dir: string): void;
  /** The disk the server lies on, where it is one that can be filled. */
  disk?: SmallDisk | undefined;
  /** 64 hex digits, where the store is encrypted. */
  key?: (() => string) | undefined;
}

export async function crashServer(server: BenchServer, run: ServerRun): Promise<KindFigures> {
  const { kind, random } = run;
  const figures = noFigures(kind);
  const ledger = createLedger();
  let texts = 0;

  for (let n = 1; n <= run.rounds; n++) {
    run.tell(n);
    let running = true;
    const made = new Set<string>();
    const round: Round = {
      ...{ call: server.call, ledger, random, made },
      text: () => `crash${++texts} ${kind} of the harbour lights ${PADDING}`,
      running: () => running,
    };
    run.disk?.fill(between(random, ...ROOM_LEFT));
    const clients = Array.from({ length: CLIENTS }, (_, c) =>
      // Nobody touches what another one is at: at most one request is under way for each memory.
      untilKilled(work(kind, round, (entry) => entry.id! % CLIENTS === c)),
    );
    const all = Promise.all([...clients, untilKilled(ask(kind, round))]);
    all.catch(() => {});
    await Bun.sleep(between(random, ...KILL_AFTER_MS));
    await server.kill();
    running = false;
    await all;
    run.disk?.makeRoom();

    await server.start();
    const { rows, damage, halves } = lookInto(join(server.dir, 'engram.db'), run.key?.());
    const lost = ledger.compare(rows);
    for (const { id, content } of ledger.settled().slice(-READ_BACK)) {
      const { status, body } = await server.call('GET', `/memory/${id}`);
      if (status !== 200 || body.content !== content) lost.push(`memory ${id} does not read back (${status})`);
    }
    figures.lost += lost.length;
    figures.halves += halves.length;
    if (damage.length > 0) figures.integrity_failures++;
    figures.problems.push(...[...lost, ...halves, ...damage].map((problem) => `${kind}, round ${n}: ${problem}`));
    if (kind === 'backup') {
      checkBackups(server.dir, made, figures);
      run.clearBackups(server.dir);
    }
    figures.rounds++;
  }
  figures.acknowledged = ledger.acknowledged;
  return figures;
}
