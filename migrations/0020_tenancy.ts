// What each user may have and has: quotas, counters that triggers keep, and use reported day by day.
import { type Kysely, sql } from 'kysely';
import type { DialectTypes, Migration } from '../src/platform/db/dialect.ts';

/** Counted tables: the column of the counter, and what of a row counts. */
const COUNTED = [
  { table: 'memories', weight: (_row: string) => '1' },
  { table: 'conversations', weight: (_row: string) => '1' },
  { table: 'spaces', weight: (_row: string) => '1' },
  {
    table: 'api_keys',
    weight: (row: string) => `case when ${row}.is_active = 1 and ${row}.is_replaced = 0 then 1 else 0 end`,
  },
] as const;

/** Row 0 of user_quotas: what users get who have no quota of their own. */
const DEFAULTS = 'values (0, 100000, 1000, 10, 10, 102400, null, 0)';

export const tenancy: Migration = {
  version: 20,
  name: 'tenancy',
  async up(db: Kysely<unknown>, types: DialectTypes): Promise<void> {
    // Of a key that was rotated, while its time of grace runs: it counts no more.
    await db.schema
      .alterTable('api_keys')
      .addColumn('is_replaced', 'integer', (c) => c.notNull().defaultTo(0))
      .execute();

    await db.schema.createIndex('memories_space').on('memories').columns(['user_id', 'space_id']).execute(); // spaces

    await db.schema
      .createTable('user_quotas')
      .addColumn('user_id', types.id, (c) => c.primaryKey())
      .addColumn('max_memories', types.id, (c) => c.notNull())
      .addColumn('max_conversations', types.id, (c) => c.notNull())
      .addColumn('max_api_keys', types.id, (c) => c.notNull())
      .addColumn('max_spaces', types.id, (c) => c.notNull())
      .addColumn('max_memory_size_bytes', types.id, (c) => c.notNull())
      .addColumn('rate_limit_override', types.id)
      .addColumn('is_own', 'integer', (c) => c.notNull())
      .execute();
    await db.schema
      .createTable('user_counts')
      .addColumn('user_id', types.id, (c) => c.primaryKey())
      .addColumn('memories', types.id, (c) => c.notNull().defaultTo(0))
      .addColumn('conversations', types.id, (c) => c.notNull().defaultTo(0))
      .addColumn('api_keys', types.id, (c) => c.notNull().defaultTo(0))
      .addColumn('spaces', types.id, (c) => c.notNull().defaultTo(0))
      .execute();
    await db.schema
      .createTable('usage_days')
      .addColumn('user_id', types.id, (c) => c.notNull())
      .addColumn('day', 'text', (c) => c.notNull())
      .addColumn('event_type', 'text', (c) => c.notNull())
      .addColumn('agent_id', 'text', (c) => c.notNull())
      .addColumn('events', types.id, (c) => c.notNull())
      .addColumn('quantity', types.real, (c) => c.notNull())
      .addPrimaryKeyConstraint('usage_days_pk', ['user_id', 'day', 'event_type', 'agent_id'])
      .execute();

    await sql`insert into user_quotas ${sql.raw(DEFAULTS)}`.execute(db);
    await sql`insert into user_counts (user_id) select id from users`.execute(db);
    await sql.raw(quotaRows('select * from users')).execute(db);
    for (const { table, weight } of COUNTED) {
      const sum = `select coalesce(sum(${weight('t')}), 0) from ${table} t where t.user_id = user_counts.user_id`;
      await sql.raw(`update user_counts set ${table} = (${sum})`).execute(db);
    }

    await (types.family === 'sqlite' ? sqliteTriggers(db) : postgresTriggers(db));
  },
};

/** Administrators have no limits (0) until they get some. */
const quotaRows = (users: string): string => {
  const limit = (column: string) => `case when u.is_admin = 1 then 0 else d.${column} end`;
  const limits = ['max_memories', 'max_conversations', 'max_api_keys', 'max_spaces', 'max_memory_size_bytes'];
  return `insert into user_quotas select u.id, ${limits.map(limit).join(', ')}, null, 0
    from (${users}) u join user_quotas d on d.user_id = 0`;
};

/** The message that platform/db/quota-problem.ts reads. */
/** A literal: before 3.47 SQLite, and the `sqlcipher` tool of today with it, reads nothing else behind `abort`. */
const said = (limit: string): string => `'engram quota ${limit}'`;

/** Kept and held by the database itself, so that no way of writing a row can pass a quota by. */
async function sqliteTriggers(db: Kysely<unknown>): Promise<void> {
  const trigger = (name: string, when: string, does: string) =>
    sql.raw(`create trigger ${name} ${when} begin ${does} end`).execute(db);
  await trigger(
    'tenancy_user_added',
    'after insert on users',
    `insert into user_counts (user_id) values (new.id);
     ${quotaRows('select new.id as id, new.is_admin as is_admin')};`,
  );
  for (const { table, weight } of COUNTED) {
    const limit = `max_${table}`;
    const add = (change: string, row: string) =>
      `update user_counts set ${table} = ${table} ${change} where user_id = ${row}.user_id;`;
    const refuse = `select raise(abort, ${said(limit)}) from user_quotas q join user_counts c on c.user_id = q.user_id
      where q.user_id = new.user_id and q.${limit} > 0 and c.${table} > q.${limit};`;
    await trigger(
      `tenancy_${table}_added`,
      `after insert on ${table}`,
      `${add(`+ ${weight('new')}`, 'new')} ${refuse}`,
    );
    await trigger(`tenancy_${table}_removed`, `after delete on ${table}`, add(`- ${weight('old')}`, 'old'));
  }
  const [old, now] = [COUNTED[3].weight('old'), COUNTED[3].weight('new')];
  await trigger(
    'tenancy_api_keys_changed',
    `after update of is_active, is_replaced on api_keys when ${old} <> ${now}`,
    `update user_counts set api_keys = api_keys + ${now} - ${old} where user_id = new.user_id;`,
  );
  await trigger(
    'tenancy_memory_size',
    'before insert on memories',
    `select raise(abort, ${said('max_memory_size_bytes')}) from user_quotas q
      where q.user_id = new.user_id and q.max_memory_size_bytes > 0 and length(cast(new.content as blob)) > q.max_memory_size_bytes;`,
  );
}

/** By statement, not by row: a row that is updated a thousand times in one transaction grows slow. */
async function postgresTriggers(db: Kysely<unknown>): Promise<void> {
  const trigger = async (name: string, when: string, each: 'row' | 'statement', body: string) => {
    await sql.raw(`create function ${name}() returns trigger language plpgsql as $$ ${body} $$`).execute(db);
    await sql.raw(`create trigger ${name} ${when} for each ${each} execute function ${name}()`).execute(db);
  };
  await trigger(
    'tenancy_user_added',
    'after insert on users',
    'row',
    `begin
      insert into user_counts (user_id) values (new.id);
      ${quotaRows('select new.id as id, new.is_admin as is_admin')};
      return null; end`,
  );
  const raise = (limit: string) => `raise exception '%', ${said(limit)} using errcode = 'program_limit_exceeded';`;
  for (const { table, weight } of COUNTED) {
    const limit = `max_${table}`;
    const add = (sign: '+' | '-', rows: string) =>
      `update user_counts c set ${table} = c.${table} ${sign} n.n
        from (select user_id, sum(${weight('r')}) as n from ${rows} r group by user_id) n where c.user_id = n.user_id and n.n <> 0;`;
    // The row of the counter is locked from the first statement on, so two writers cannot pass the limit together.
    await trigger(
      `tenancy_${table}_added`,
      `after insert on ${table} referencing new table as added`,
      'statement',
      `declare most bigint; begin ${add('+', 'added')}
        select q.${limit} into most from user_quotas q join user_counts c on c.user_id = q.user_id
          where q.user_id in (select user_id from added) and q.${limit} > 0 and c.${table} > q.${limit} limit 1;
        if found then ${raise(limit)} end if;
        return null; end`,
    );
    await trigger(
      `tenancy_${table}_removed`,
      `after delete on ${table} referencing old table as removed`,
      'statement',
      `begin ${add('-', 'removed')} return null; end`,
    );
  }
  const [old, now] = [COUNTED[3].weight('old'), COUNTED[3].weight('new')];
  await trigger(
    'tenancy_api_keys_changed',
    `after update of is_active, is_replaced on api_keys`,
    'row',
    `begin update user_counts set api_keys = api_keys + ${now} - ${old} where user_id = new.user_id; return null; end`,
  );
  await trigger(
    'tenancy_memory_size',
    'before insert on memories',
    'row',
    `declare most bigint; begin
      select q.max_memory_size_bytes into most from user_quotas q where q.user_id = new.user_id
        and q.max_memory_size_bytes > 0 and octet_length(new.content) > q.max_memory_size_bytes;
      if found then ${raise('max_memory_size_bytes')} end if;
      return new; end`,
  );
}
