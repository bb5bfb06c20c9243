// Looks at the configured database without migrating, repairing or keeping it: what engram doctor reports.
import { existsSync, statSync } from 'node:fs';
import { migrations } from '../../../migrations/index.ts';
import { type Encryption, type Person, unlock } from '../crypto/unlock.ts';
import { DatabaseError } from './dialect.ts';
import type { DatabaseOptions } from './open.ts';
import { openRaw } from './sqlite/connection.ts';

export type DatabaseFacts =
  | { state: 'absent' }
  | { state: 'in_use' }
  | { state: 'unusable'; problem: string }
  | {
      state: 'readable';
      description: string;
      schema: number;
      newest: number;
      damage: string[];
      bytes: number | null;
      /** Background jobs that are tried no more; null where damage may hide some. */
      failed_jobs: number | null;
      /** Whether the database itself keeps users apart; null where it cannot. */
      guards: boolean | null;
    };

const FAILED_JOBS = `select count(*) as n from jobs where status = 'failed'`;
const newest = migrations.at(-1)?.version ?? 0;

export interface InspectOptions extends Pick<DatabaseOptions, 'url' | 'path'> {
  encryption: Encryption;
  person: Person;
}

export async function inspectDatabase({ url, path, encryption, person }: InspectOptions): Promise<DatabaseFacts> {
  try {
    if (url !== null) return await inspectPostgres(url);
    if (!existsSync(path)) return { state: 'absent' };
    // Before anybody is asked for a passphrase that is not needed.
    if (isLocked(path)) return { state: 'in_use' };
    const { key } = await unlock({ encryption, db_path: path, person, now: '' });
    return inspectSqlite(path, key?.toString('hex') ?? null);
  } catch (error) {
    const reason = (error as { code?: string }).code ?? '';
    if (reason.startsWith('SQLITE_BUSY')) return { state: 'in_use' };
    if (error instanceof DatabaseError || reason.startsWith('SQLITE_')) {
      return { state: 'unusable', problem: (error as Error).message };
    }
    throw error;
  }
}

function inspectSqlite(path: string, key: string | null): DatabaseFacts {
  const raw = openRaw({ path, key, synchronous: 'full', readonly: true });
  try {
    const { v } = raw.prepare('select sqlite_version() as v').get() as { v: string };
    const damage = (raw.pragma('quick_check') as { quick_check: string }[])
      .map((row) => row.quick_check)
      .filter((line) => line !== 'ok');
    return {
      state: 'readable',
      description: `SQLite ${v} at ${path}`,
      schema: oneOf(raw, 'select max(version) as n from schema_version'),
      newest,
      damage,
      bytes: [path, `${path}-wal`].reduce(
        (sum, file) => sum + (statSync(file, { throwIfNoEntry: false })?.size ?? 0),
        0,
      ),
      failed_jobs: damage.length > 0 ? null : oneOf(raw, FAILED_JOBS),
      guards: null,
    };
  } finally {
    raw.close();
  }
}

/** The number `n` that a question answers; 0 from a file that this program has not filled yet. */
function oneOf(raw: ReturnType<typeof openRaw>, question: string): number {
  try {
    return (raw.prepare(question).get() as { n: number | null }).n ?? 0;
  } catch (error) {
    if (/no such table/.test((error as Error).message)) return 0;
    throw error;
  }
}

/** The lock is let go at once: a server that starts meanwhile must not find it taken by someone who only looks. */
function isLocked(path: string): boolean {
  const lock = `${path}.lock`;
  if (!existsSync(lock)) return false;
  try {
    openRaw({ path: lock, key: null, synchronous: 'normal', exclusive: true }).close();
    return false;
  } catch (error) {
    if (error instanceof DatabaseError && (error.cause as { code?: string })?.code?.startsWith('SQLITE_BUSY'))
      return true;
    throw error;
  }
}

async function inspectPostgres(url: string): Promise<DatabaseFacts> {
  const [{ default: pg }, { explainConnecting, nameOf }] = await Promise.all([
    import('pg'),
    import('./postgres/errors.ts'),
  ]);
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  const { host, port, database = '', user = '' } = client;
  const place = { host, port, database, user };
  try {
    await client.connect();
    const { rows } = await client.query(
      `select current_setting('server_version') as version, to_regclass('schema_version') as ours,
        not (rolsuper or rolbypassrls) as guards from pg_roles where rolname = current_user`,
    );
    const { version, ours, guards } = rows[0] as { version: string; ours: string | null; guards: boolean };
    const steps = ours === null ? null : await client.query('select max(version) as newest from schema_version');
    const failed = ours === null ? null : await client.query(FAILED_JOBS);
    return {
      state: 'readable',
      description: `Postgres ${version.split(' ')[0]} at ${nameOf(place)}`,
      schema: Number(steps?.rows[0]?.newest ?? 0),
      newest,
      damage: [],
      bytes: null,
      failed_jobs: Number(failed?.rows[0]?.n ?? 0),
      guards,
    };
  } catch (error) {
    return { state: 'unusable', problem: explainConnecting(error, place) };
  } finally {
    await client.end().catch(() => undefined);
  }
}
