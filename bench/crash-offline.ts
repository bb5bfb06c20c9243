// Killing what works on a store that no server has open: restoring a backup, changing the key, bringing an old schema up to
// date. Each round begins with a fresh copy of the same folder, and ends with the program reading it through.
import { spawn } from 'node:child_process';
import { cpSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { migrations } from '../migrations/index.ts';
import { migrate } from '../src/platform/db/migrate.ts';
import { openRaw } from '../src/platform/db/sqlite/connection.ts';
import { sqliteFullText } from '../src/platform/db/sqlite/full-text.ts';
import { LiveConnection } from '../src/platform/db/sqlite/live-connection.ts';
import { type KindFigures, noFigures } from './crash-server.ts';
import { expectStatus } from './http.ts';
import { BenchError } from './options.ts';
import { between, type Random } from './random.ts';
import { PROJECT } from './report.ts';
import { ENTRY, engramVariables, removeFolder, type Settings, startServer, tempFolder } from './server.ts';

export const OFFLINE_KINDS = ['restore', 'rekey', 'migration'] as const;
export type OfflineKind = (typeof OFFLINE_KINDS)[number];

export interface OfflineRun {
  kind: OfflineKind;
  rounds: number;
  random: Random;
  parent: string | null;
  settings: Settings;
  tell(round: number): void;
}

/** A folder to start each round from, and what is done to a copy of it. */
interface Scene {
  dir: string;
  /** What is killed. */
  args: readonly string[];
  settings: Settings;
  /** How many memories there may be afterwards. */
  memories: readonly number[];
  /** Reads the store through, finishing what was begun if that is how it goes on. */
  after: readonly (readonly string[])[];
}

const FEW = 40;
const MANY = 120;
const TEXT = 'the quick brown fox jumps over the lazy dog '.repeat(20).trim();
/** A schema from before most of what there is now: the way to today's is long enough to be cut off in the middle. */
const OLD_SCHEMA = 4;
const OLD_MEMORIES = 2_000;

interface Ran {
  code: number | null;
  out: string;
  ms: number;
}

function engram(dir: string, args: readonly string[], settings: Settings, killAfter: number | null): Promise<Ran> {
  const { PATH = '' } = process.env;
  const env = { PATH, HOME: dir, ENGRAM_LOG_LEVEL: 'error', ...engramVariables(settings) };
  const started = performance.now();
  const child = spawn(process.execPath, [join(PROJECT, ENTRY), ...args, '--data-dir', dir], { cwd: dir, env });
  let out = '';
  const hear = (chunk: Buffer) => {
    out += chunk;
    // A server that listens has done what it does before: here that is what was wanted.
    // Once: a second signal would end it at once.
    if (args[0] === 'serve' && !child.killed && out.includes('listens on')) child.kill('SIGTERM');
  };
  child.stdout.on('data', hear);
  child.stderr.on('data', hear);
  const timer = killAfter === null ? null : setTimeout(() => child.kill('SIGKILL'), killAfter);
  return new Promise((resolve) =>
    child.once('close', (code) => {
      if (timer) clearTimeout(timer);
      resolve({ code, out, ms: performance.now() - started });
    }),
  );
}

async function storeWith(run: OfflineRun, settings: Settings, more: (dir: string) => Promise<void>): Promise<string> {
  const dir = tempFolder(run.parent);
  await using server = await startServer({ parent: run.parent, profile: null, settings });
  const store = async (from: number, to: number) => {
    for (let i = from; i < to; i++)
      expectStatus(await server.call('POST', '/store', { content: `memory ${i} ${TEXT}` }), 201);
  };
  await store(0, FEW);
  expectStatus(await server.call('POST', '/backup'), 201);
  await store(FEW, MANY);
  await server.stop();
  cpSync(server.dir, dir, { recursive: true });
  await more(dir);
  return dir;
}

async function oldStore(run: OfflineRun): Promise<string> {
  const dir = tempFolder(run.parent);
  const raw = openRaw({ path: join(dir, 'engram.db'), key: null, synchronous: 'normal' });
  const then = '2026-01-01 00:00:00';
  const types = { family: 'sqlite', id: 'integer', blob: 'blob', real: 'real' } as const;
  raw.exec('begin');
  await migrate(
    new LiveConnection(raw).db as never,
    migrations.filter(({ version }) => version <= OLD_SCHEMA),
    types,
    then,
  );
  raw.prepare(`insert into users (username, role, is_admin, created_at) values ('old', 'admin', 1, ?)`).run(then);
  const space = raw.prepare(`insert into spaces (user_id, name, created_at) values (1, 'default', ?)`).run(then);
  const columns = raw.prepare('pragma table_info(memories)').all() as {
    name: string;
    type: string;
    notnull: number;
    dflt_value: string | null;
    pk: number;
  }[];
  const given: Record<string, string | number> = {
    user_id: 1,
    space_id: Number(space.lastInsertRowid),
    category: 'bench',
    source: 'bench',
  };
  const needed = columns.filter(
    ({ name, notnull, dflt_value, pk }) => name in given || (notnull === 1 && dflt_value === null && pk === 0),
  );
  const insert = raw.prepare(
    `insert into memories (${needed.map(({ name }) => name).join(', ')}) values (${needed.map(() => '?').join(', ')})`,
  );
  const fullText = sqliteFullText(new LiveConnection(raw).db);
  await fullText.createFor(1);
  for (let i = 0; i < OLD_MEMORIES; i++) {
    const own: Record<string, string | number> = {
      ...given,
      content: `memory ${i} ${TEXT}`,
      sync_id: `old-${i}`,
      content_hash: `${i}`,
      status: 'approved',
      tags: '[]',
    };
    insert.run(
      needed.map(({ name, type }) => own[name] ?? (name.endsWith('_at') ? then : /int|real/i.test(type) ? 1 : '')),
    );
    const entry = { memory_id: i + 1, user_id: 1, tags: [], category: 'bench', moment: '' };
    await fullText.put({ ...entry, content: String(own.content) });
  }
  raw.exec('commit');
  raw.close();
  return dir;
}

async function sceneOf(run: OfflineRun): Promise<Scene> {
  const { kind, settings } = run;
  const verify = [['verify', '--json']];
  if (kind === 'migration') {
    const serve = ['serve', '--port', '0', '--host', '127.0.0.1'];
    return { dir: await oldStore(run), args: serve, settings, memories: [OLD_MEMORIES], after: [serve, ...verify] };
  }
  if (kind === 'restore') {
    const dir = await storeWith(run, settings, async (into) =>
      cpSync(join(into, 'backups'), join(into, 'from'), { recursive: true }),
    );
    return { dir, args: ['restore', '<backup>'], settings, memories: [FEW, MANY], after: verify };
  }
  const keyed = { ...settings, ENGRAM_ENCRYPTION_MODE: 'keyfile', ENGRAM_DB_KEY_FILE: '<folder>/dbkey' };
  const dir = await storeWith(run, settings, async (into) => {
    const { code, out } = await engram(into, ['encrypt'], inFolder(keyed, into), null);
    if (code !== 0) throw new BenchError(`engram encrypt failed: ${out}`);
  });
  return { dir, args: ['rekey'], settings: keyed, memories: [MANY], after: verify };
}

const inFolder = (settings: Settings, dir: string): Settings =>
  Object.fromEntries(Object.entries(settings).map(([name, value]) => [name, value?.replace('<folder>', dir) ?? null]));

function backupIn(dir: string): string {
  const [name] = [...new Bun.Glob('*.db').scanSync(join(dir, 'from'))];
  return join(dir, 'from', name!);
}

/** The moments at which a kill can matter: from when the program has started until it is done. */
const BEFORE_SHARE = 0.25;

export async function crashOffline(run: OfflineRun): Promise<KindFigures> {
  const figures = noFigures(run.kind);
  const scene = await sceneOf(run);
  const work = tempFolder(run.parent);
  const fresh = (n: number): string => {
    const dir = join(work, String(n));
    mkdirSync(dir);
    cpSync(scene.dir, dir, { recursive: true });
    return dir;
  };
  const command = (dir: string) => scene.args.map((word) => (word === '<backup>' ? backupIn(dir) : word));
  try {
    const whole = fresh(0);
    const { code, out, ms } = await engram(whole, command(whole), inFolder(scene.settings, whole), null);
    if (code !== 0) throw new BenchError(`engram ${scene.args.join(' ')} fails even when nobody kills it: ${out}`);

    for (let n = 1; n <= run.rounds; n++) {
      run.tell(n);
      const dir = fresh(n);
      const settings = inFolder(scene.settings, dir);
      await engram(dir, command(dir), settings, between(run.random, Math.floor(ms * BEFORE_SHARE), Math.ceil(ms)));
      let read: Ran | null = null;
      for (const args of scene.after) {
        read = await engram(dir, args, settings, null);
        if (read.code !== 0) break;
      }
      figures.rounds++;
      judge(figures, scene, read!, n);
      removeFolder(dir);
    }
  } finally {
    removeFolder(work);
    removeFolder(scene.dir);
  }
  return figures;
}

function judge(figures: KindFigures, { memories }: Scene, { code, out }: Ran, n: number): void {
  const line = out.split('\n').find((text) => text.startsWith('{'));
  const found = line ? (JSON.parse(line) as { ok?: boolean; rows?: Record<string, number> }) : {};
  const there = found.rows?.memories ?? 0;
  figures.acknowledged += Math.min(...memories);
  const say = (problem: string) => figures.problems.push(`${figures.kind}, round ${n}: ${problem}`);
  if (code !== 0 || found.ok !== true) {
    figures.integrity_failures++;
    say(out.slice(0, 300));
  } else if (!memories.includes(there)) {
    figures.lost += Math.max(0, Math.min(...memories) - there);
    figures.halves++;
    say(`there are ${there} memories, which is neither ${memories.join(' nor ')}`);
  }
}
