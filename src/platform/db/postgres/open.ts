// Opens the Postgres that ENGRAM_DATABASE_URL names. Nothing that leaves here, errors included, holds the password.
import { CompiledQuery, type DatabaseConnection, PostgresDialect, type PostgresPool } from 'kysely';
import pg from 'pg';
import { AppError } from '../../../core/errors.ts';
import type { Rows } from '../../../core/rows.ts';
import { type Database, DatabaseError } from '../dialect.ts';
import { openPostgresOn } from './database.ts';
import { explainConnecting, nameOf, type Place } from './errors.ts';
import { GuardedDialect, guardedClient } from './row-guard.ts';

const CONNECTIONS = 8;
/** Also how long a query waits for a free connection. */
const CONNECT_TIMEOUT_MS = 10_000;
const STATEMENT_TIMEOUT_MS = 30_000;
const LOCK_TIMEOUT_MS = 10_000;

const INT8 = 20;
const NUMERIC = 1700;

/** Ids, counts and averages as numbers: all of ours are far below 2^53. For this pool alone, not for the whole process. */
const types = {
  getTypeParser: ((oid: number, format?: 'text') =>
    oid === INT8 || oid === NUMERIC ? Number : pg.types.getTypeParser(oid, format)) as typeof pg.types.getTypeParser,
};

async function prepareConnection(connection: DatabaseConnection): Promise<void> {
  // Not as startup parameters, which connection poolers refuse. Compiling a ranking costs more than running it: no jit.
  await connection.executeQuery(
    CompiledQuery.raw(`select set_config('statement_timeout', '${STATEMENT_TIMEOUT_MS}', false),
      set_config('lock_timeout', '${LOCK_TIMEOUT_MS}', false), set_config('jit', 'off', false)`),
  );
}

function poolFor(url: string, place: Place, Client: typeof pg.Client = pg.Client): PostgresPool {
  const pool = new pg.Pool({
    Client,
    connectionString: url,
    types,
    max: CONNECTIONS,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    application_name: 'engram',
    keepAlive: true,
  });
  // A connection that breaks is replaced, and the query on it fails; without listeners it would end the process.
  pool.on('error', () => {});
  pool.on('connect', (client) => client.on('error', () => {}));
  return {
    options: {},
    end: () => pool.end(),
    async connect() {
      try {
        return (await pool.connect()) as never;
      } catch (error) {
        throw new AppError('database_unavailable', explainConnecting(error, place), { cause: error });
      }
    },
  };
}

function placeOf(url: string): Place {
  try {
    // Never connected: it knows how to read every form of address, and the environment that fills its gaps.
    const { host, port, database, user } = new pg.Client({ connectionString: url });
    return { host, port, database: database ?? '', user: user ?? '' };
  } catch {
    throw new DatabaseError(
      'ENGRAM_DATABASE_URL is not an address of the form postgres://user:password@host:5432/database.',
    );
  }
}

export interface PostgresOptions {
  url: string;
  now: string;
  /** Whose rows what is asked right now may touch; everybody's when left out. */
  rows?: () => Rows;
}

export async function openPostgres({ url, now, rows = () => 'all' }: PostgresOptions): Promise<Database> {
  const place = placeOf(url);
  const onCreateConnection = prepareConnection;
  try {
    return await openPostgresOn({
      reading: new PostgresDialect({ pool: poolFor(url, place, guardedClient(rows)), onCreateConnection }),
      writing: new GuardedDialect({ pool: poolFor(url, place), onCreateConnection }, rows),
      place: nameOf(place),
      now,
    });
  } catch (error) {
    if (error instanceof AppError) throw new DatabaseError(error.message, { cause: error.cause });
    throw error;
  }
}
