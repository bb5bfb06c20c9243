// `is_consolidated` says that a consolidation tells a memory too. It hides nothing: what is told twice is still counted
// among what mentions an entity.
import { type Kysely, sql } from 'kysely';
import type { DialectTypes, Migration } from '../src/platform/db/dialect.ts';

const STANDING = ['is_latest', 'is_forgotten', 'is_archived', 'status'];
const COUNTS = `new.is_latest = 1 and new.is_forgotten = 0 and new.is_archived = 0 and new.status = 'approved'`;
const SETTLE = `update entity_readings set is_counted = case when ${COUNTS} then 1 else 0 end where memory_id = new.id`;
/** As step 11 has it: a new version says what the old one said until it is read, and stays where people put it. */
const TAKE_OVER = [
  `insert into memory_entities (memory_id, entity_id, user_id, mentions, is_paired, origin)
   select new.id, entity_id, user_id, mentions, is_paired, origin from memory_entities
   where memory_id = new.parent_memory_id`,
  `insert into entity_readings (memory_id, user_id, is_counted)
   select new.id, user_id, 0 from entity_readings where memory_id = new.parent_memory_id`,
  `insert into relationship_evidence (relationship_id, memory_id, user_id)
   select relationship_id, new.id, user_id from relationship_evidence where memory_id = new.parent_memory_id`,
  `insert into project_memories (project_id, memory_id, user_id, origin)
   select project_id, new.id, user_id, origin from project_memories where memory_id = new.parent_memory_id`,
  SETTLE,
];

export const consolidatedSources: Migration = {
  version: 24,
  name: 'consolidated_sources',
  async up(db: Kysely<unknown>, types: DialectTypes) {
    await (types.family === 'sqlite' ? sqliteTriggers(db) : postgresTriggers(db));
    await sql`update memories set is_consolidated = 1 where id in (
      select t.memory_id from thought_sources t join consolidations c on c.id = t.thought_id
      where t.kind = 'consolidation' and c.status = 'active')`.execute(db);
  },
};

async function sqliteTriggers(db: Kysely<unknown>): Promise<void> {
  const replace = async (name: string, when: string, does: readonly string[]) => {
    await sql`drop trigger ${sql.raw(name)}`.execute(db);
    await sql`create trigger ${sql.raw(`${name} ${when} begin ${does.join('; ')}; end`)}`.execute(db);
  };
  await replace('entity_memory_moved', `after update of ${STANDING} on memories`, [SETTLE]);
  const versioned = 'after insert on memories when new.parent_memory_id is not null';
  await replace('entity_memory_versioned', versioned, TAKE_OVER);
}

/** The triggers stay; what they call is replaced. */
async function postgresTriggers(db: Kysely<unknown>): Promise<void> {
  const replace = (name: string, does: readonly string[]) =>
    sql`create or replace function ${sql.raw(`${name}() returns trigger language plpgsql as $$ begin
      ${does.join('; ')}; return null; end $$`)}`.execute(db);
  await replace('entity_memory_moved', [SETTLE]);
  await replace('entity_memory_versioned', TAKE_OVER);
}
