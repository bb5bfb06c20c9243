// Ranks and communities of memories, and what has changed in the graph since they were worked out.
import { type Kysely, sql } from 'kysely';
import type { DialectTypes, Migration } from '../src/platform/db/dialect.ts';

export const graph: Migration = {
  version: 10,
  name: 'graph',
  async up(db: Kysely<unknown>, types: DialectTypes): Promise<void> {
    // A narrow table: ranks change by the thousand, and rows of memories are wide.
    await db.schema
      .createTable('memory_ranks')
      .addColumn('memory_id', types.id, (c) => c.primaryKey().references('memories.id').onDelete('cascade'))
      .addColumn('user_id', types.id, (c) => c.notNull())
      .addColumn('pagerank', types.real, (c) => c.notNull())
      .addColumn('community_id', types.id)
      .execute();
    await db.schema.createIndex('memory_ranks_top').on('memory_ranks').columns(['user_id', 'pagerank']).execute(); // graph
    await db.schema
      .createIndex('memory_ranks_community')
      .on('memory_ranks')
      .columns(['user_id', 'community_id', 'pagerank'])
      .execute(); // communities

    await db.schema
      .createTable('graph_states')
      .addColumn('user_id', types.id, (c) => c.primaryKey())
      .addColumn('generation', types.id, (c) => c.notNull())
      .addColumn('refreshed_at', 'text', (c) => c.notNull())
      .addColumn('modularity', types.real, (c) => c.notNull())
      .execute();

    // No reference to memories: that one was erased is a change too.
    await db.schema
      .createTable('graph_changes')
      .addColumn('id', types.id, (c) =>
        types.id === 'bigint' ? c.primaryKey().generatedByDefaultAsIdentity() : c.primaryKey().autoIncrement(),
      )
      .addColumn('user_id', types.id, (c) => c.notNull())
      .addColumn('memory_id', types.id, (c) => c.notNull())
      .execute();
    await db.schema.createIndex('graph_changes_user').on('graph_changes').columns(['user_id', 'id']).execute(); // refresh
    await sql`insert into graph_changes (user_id, memory_id)
      select user_id, max(id) from memories group by user_id`.execute(db);

    // Read in order and in pages, without a look into the table; it counts as well as the one it replaces.
    await db.schema.dropIndex('memory_links_user').execute();
    await db.schema
      .createIndex('memory_links_user')
      .on('memory_links')
      .columns(['user_id', 'source_id', 'target_id', 'type', 'similarity'])
      .execute(); // graph, counts

    await (types.family === 'sqlite' ? sqliteTriggers(db) : postgresTriggers(db));
  },
};

/** Whatever hides or shows a memory. */
const STANDING = ['is_latest', 'is_forgotten', 'is_archived', 'is_consolidated', 'status', 'forget_after', 'space_id'];

/** Noted by the database itself, so that no way of changing a link or a memory can be forgotten. */
async function sqliteTriggers(db: Kysely<unknown>): Promise<void> {
  const note = (row: 'old' | 'new', column: string) =>
    sql`insert into graph_changes (user_id, memory_id) values (${sql.raw(`${row}.user_id, ${row}.${column}`)});`;
  const trigger = (name: string, when: string, does: ReturnType<typeof note>) =>
    sql`create trigger ${sql.raw(`${name} ${when}`)} begin ${does} end`.execute(db);
  await trigger('graph_link_added', 'after insert on memory_links', note('new', 'source_id'));
  await trigger('graph_link_removed', 'after delete on memory_links', note('old', 'source_id'));
  await trigger(
    'graph_link_changed',
    'after update on memory_links',
    sql`${note('old', 'source_id')} ${note('new', 'source_id')}`,
  );
  const moved = STANDING.map((column) => `old.${column} is not new.${column}`).join(' or ');
  await trigger('graph_memory_added', 'after insert on memories', note('new', 'id'));
  await trigger('graph_memory_removed', 'after delete on memories', note('old', 'id'));
  await trigger('graph_memory_changed', `after update of ${STANDING} on memories when ${moved}`, note('new', 'id'));
}

async function postgresTriggers(db: Kysely<unknown>): Promise<void> {
  const trigger = async (table: string, column: string, updates: string, when: string) => {
    const name = sql.raw(`graph_${table}_noted`);
    const note = (row: string) =>
      `insert into graph_changes (user_id, memory_id) values (${row}.user_id, ${row}.${column});`;
    await sql`create function ${name}() returns trigger language plpgsql as ${sql.raw(`$$ begin
      if tg_op <> 'INSERT' then ${note('old')} end if;
      if tg_op = 'INSERT' or tg_op = 'UPDATE' and old.${column} <> new.${column} then ${note('new')} end if;
      return null; end $$`)}`.execute(db);
    const on = sql.raw(`on ${table} for each row`);
    await sql`create trigger graph_noted after insert or delete ${on} execute function ${name}()`.execute(db);
    await sql`create trigger graph_change_noted after update ${sql.raw(updates)} ${on} ${sql.raw(when)}
      execute function ${name}()`.execute(db);
  };
  const moved = STANDING.map((column) => `old.${column} is distinct from new.${column}`).join(' or ');
  await trigger('memory_links', 'source_id', '', '');
  await trigger('memories', 'id', `of ${STANDING}`, `when (${moved})`);
}
