// A Postgres database over any Kysely dialect that speaks to one: a transaction per unit, migrations under a lock.
import {
  type ColumnDefinitionNode,
  DataTypeNode,
  type Dialect,
  Kysely,
  type KyselyPlugin,
  OperationNodeTransformer,
  RawNode,
  sql,
} from 'kysely';
import { migrations } from '../../../../migrations/index.ts';
import { guardRows } from '../../../../migrations/row-guards.ts';
import { type Database, DatabaseError, type Db, type Handle, type JobClaim, type JobRow } from '../dialect.ts';
import { isDue } from '../due-jobs.ts';
import { migrate } from '../migrate.ts';
import { describePostgres } from './describe.ts';
import { explainRunning, triesAfter } from './errors.ts';
import { postgresFullText } from './full-text.ts';
import { postgresIdList } from './id-list.ts';

export interface PostgresParts {
  reading: Dialect;
  /** Its own connections, so that writers waiting for each other never keep readers out. Null = those of `reading`. */
  writing: Dialect | null;
  /** `host/db`, for people. */
  place: string;
  now: string;
}

const OLDEST = 13;
/** "Engr": keeps our advisory locks apart from those of other programs in the same database. */
const LOCKS = 0x456e6772;
const MIGRATION_LOCK = 0;
const RETRY_MS = 5;

/** Text compares byte by byte, as in SQLite, whatever the language of the database: orders and bounds stay the same. */
class BytewiseText extends OperationNodeTransformer {
  protected override transformColumnDefinition(node: ColumnDefinitionNode): ColumnDefinitionNode {
    const isText = DataTypeNode.is(node.dataType) && node.dataType.dataType === 'text';
    return isText
      ? { ...node, dataType: RawNode.createWithSql('text collate "C"') }
      : super.transformColumnDefinition(node);
  }
}
const bytewise = new BytewiseText();
const bytewiseText: KyselyPlugin = {
  transformQuery: ({ node, queryId }) => bytewise.transformNode(node, queryId),
  transformResult: async ({ result }) => result,
};

async function claimJobs(db: Db, { lane, limit, now, owner, leased_until }: JobClaim): Promise<JobRow[]> {
  const rows = await db
    .with('due', (cte) =>
      cte
        .selectFrom('jobs')
        .select('id')
        .where('lane', '=', lane)
        .where(isDue(now))
        .orderBy('run_at')
        .orderBy('id')
        .limit(limit)
        .forUpdate()
        .skipLocked(),
    )
    .updateTable('jobs')
    .set((eb) => ({
      status: 'running',
      lease_owner: owner,
      leased_until,
      started_at: now,
      attempts: eb('attempts', '+', 1),
    }))
    .where('id', 'in', (eb) => eb.selectFrom('due').select('due.id'))
    .returningAll()
    .execute();
  return rows.sort((a, b) => a.id - b.id);
}

const handleOn = (db: Db): Handle => ({
  db,
  fullText: postgresFullText(db),
  idList: postgresIdList,
  async lockUser(user_id) {
    await sql`select pg_advisory_xact_lock(${LOCKS}::int4, ${1 + (user_id % 0x7fffffff)}::int4)`.execute(db);
  },
  watchWrites: () => async () => {
    // A transaction gets a number when it first writes.
    const { rows } = await sql<{
      wrote: boolean;
    }>`select pg_current_xact_id_if_assigned() is not null as wrote`.execute(db);
    return rows[0]!.wrote;
  },
  describe: () => describePostgres(db),
  claimJobs: (claim) => claimJobs(db, claim),
});

/** Autovacuum gives room back to the tables by itself; this does it now, and renews what the planner knows. */
async function vacuumTables(db: Db): Promise<null> {
  // One connection, since the limit on the time of a statement is a setting of it.
  await db.connection().execute(async (one) => {
    const { rows: limits } = await sql<{ limit: string }>`select current_setting('statement_timeout') as limit`.execute(
      one,
    );
    const { rows: tables } = await sql<{ name: string }>`select c.relname as name from pg_class c
      where c.relnamespace = current_schema()::regnamespace and c.relkind = 'r'
        and pg_has_role(c.relowner, 'usage') order by c.relname`.execute(one);
    const setLimit = (limit: string) => sql`select set_config('statement_timeout', ${limit}, false)`.execute(one);
    await setLimit('0');
    try {
      for (const { name } of tables) await sql`vacuum (analyze) ${sql.table(name)}`.execute(one);
    } finally {
      await setLimit(limits[0]!.limit);
    }
  });
  return null;
}

/** @returns the version, as people write it */
async function checkServer(db: Db, place: string): Promise<string> {
  const { rows } = await sql<{ number: string; version: string; encoding: string }>`
    select current_setting('server_version_num') as number, current_setting('server_version') as version,
      current_setting('server_encoding') as encoding`.execute(db);
  const { number, version, encoding } = rows[0]!;
  const short = version.split(' ')[0]!;
  if (Number(number) < OLDEST * 10_000) {
    throw new DatabaseError(
      `Postgres at ${place} is version ${short}; Engram needs ${OLDEST} or newer. Upgrade it, or point ENGRAM_DATABASE_URL elsewhere.`,
    );
  }
  if (encoding !== 'UTF8') {
    throw new DatabaseError(
      `The database at ${place} keeps text as ${encoding}; Engram needs UTF8. Make one with "createdb --encoding=UTF8 --template=template0" and name it in ENGRAM_DATABASE_URL.`,
    );
  }
  return short;
}

/** Servers that start together take turns: the second finds nothing left to do. */
async function bringUpToDate(db: Db, place: string, now: string): Promise<void> {
  try {
    await db.transaction().execute(async (trx) => {
      await sql`select set_config('lock_timeout', '0', true), set_config('statement_timeout', '0', true)`.execute(trx);
      await sql`select pg_advisory_xact_lock(${LOCKS}::int4, ${MIGRATION_LOCK}::int4)`.execute(trx);
      const types = { family: 'postgres', id: 'bigint', blob: 'bytea', real: 'double precision' } as const;
      await migrate(trx.withPlugin(bytewiseText) as never, migrations, types, now);
      // However a table came to be, none is without its guard.
      await guardRows(trx as never);
    });
  } catch (error) {
    const { code } = error as { code?: string };
    if (code !== '42501' && code !== '3F000') throw error;
    throw new DatabaseError(
      `The user of ENGRAM_DATABASE_URL may not create tables at ${place}. Make it the owner of the database, or grant it "create" on the schema.`,
      { cause: error },
    );
  }
}

async function problemsOf(db: Db): Promise<string[]> {
  const { rows } = await sql<{ problem: string }>`
    select 'index ' || c.relname || ' is invalid; run REINDEX' as problem
      from pg_index i join pg_class c on c.oid = i.indexrelid
      where c.relnamespace = current_schema()::regnamespace and not i.indisvalid
    union all
    select 'damaged pages: ' || checksum_failures || ' checksum failures' from pg_stat_database
      where datname = current_database() and checksum_failures > 0
    union all
    select 'memory ' || m.id || ' is missing from the full-text index' from (
      select m.id from memories m where not exists (select from memories_fts f where f.memory_id = m.id) order by m.id limit 10) m`.execute(
    db,
  );
  return rows.map((row) => row.problem);
}

export async function openPostgresOn({ reading, writing, place, now }: PostgresParts): Promise<Database> {
  const reader: Db = new Kysely({ dialect: reading });
  const writer: Db = writing === null ? reader : new Kysely({ dialect: writing });
  const close = async () => {
    await writer.destroy();
    if (writer !== reader) await reader.destroy();
  };
  try {
    const version = await checkServer(reader, place);
    await bringUpToDate(writer, place, now);
    return {
      description: `Postgres ${version} at ${place}`,
      reader: handleOn(reader),
      async atomically(unit) {
        for (let tried = 1; ; tried++) {
          let began = false;
          try {
            // Read committed: after lockUser, every statement sees what the unit before it committed.
            return await writer.transaction().execute((trx) => {
              began = true;
              return unit(handleOn(trx));
            });
          } catch (error) {
            if (tried >= triesAfter(error, began)) throw explainRunning(error);
            await new Promise((resolve) => setTimeout(resolve, RETRY_MS * tried * (1 + Math.random())));
          }
        }
      },
      async size() {
        const { rows } = await sql<{ bytes: number }>`select pg_database_size(current_database()) as bytes`.execute(
          reader,
        );
        return rows[0]!.bytes;
      },
      slack: async () => null,
      compact: () =>
        vacuumTables(writer).catch((error) => {
          throw explainRunning(error);
        }),
      rekey: null,
      files: null,
      check: () => problemsOf(reader),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
