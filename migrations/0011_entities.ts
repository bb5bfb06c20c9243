// Entities and projects: who and what memories name, how they stand to each other, and what is counted of them.
import { type Kysely, sql } from 'kysely';
import type { DialectTypes, Migration } from '../src/platform/db/dialect.ts';

export const entities: Migration = {
  version: 11,
  name: 'entities',
  async up(db: Kysely<unknown>, types: DialectTypes): Promise<void> {
    await tables(db, types);
    await (types.family === 'sqlite' ? sqliteTriggers(db) : postgresTriggers(db));
  },
};

async function tables(db: Kysely<unknown>, types: DialectTypes): Promise<void> {
  const numbered = (name: string) =>
    db.schema
      .createTable(name)
      .addColumn('id', types.id, (c) =>
        types.id === 'bigint' ? c.primaryKey().generatedByDefaultAsIdentity() : c.primaryKey().autoIncrement(),
      )
      .addColumn('user_id', types.id, (c) => c.notNull());

  await numbered('entities')
    .addColumn('space_id', types.id)
    // 0 for no space: nulls are never equal.
    .addColumn('space_key', types.id, (c) => c.notNull())
    .addColumn('name', 'text', (c) => c.notNull())
    .addColumn('name_key', 'text', (c) => c.notNull())
    .addColumn('short_key', 'text')
    .addColumn('entity_type', 'text', (c) => c.notNull())
    .addColumn('description', 'text')
    .addColumn('metadata', 'text')
    .addColumn('origin', 'text', (c) => c.notNull())
    .addColumn('confidence', types.real, (c) => c.notNull())
    .addColumn('memory_count', 'integer', (c) => c.notNull())
    .addColumn('occurrence_count', 'integer', (c) => c.notNull())
    .addColumn('first_seen_at', 'text', (c) => c.notNull())
    .addColumn('last_seen_at', 'text', (c) => c.notNull())
    .addColumn('created_at', 'text', (c) => c.notNull())
    .addColumn('updated_at', 'text', (c) => c.notNull())
    .addUniqueConstraint('entities_name', ['user_id', 'space_key', 'name_key', 'entity_type'])
    .execute();
  await db.schema.createIndex('entities_often').on('entities').columns(['user_id', 'occurrence_count', 'id']).execute(); // list
  await db.schema.createIndex('entities_short').on('entities').columns(['user_id', 'space_key', 'short_key']).execute(); // aliases
  await db.schema.createIndex('entities_origin').on('entities').columns(['user_id', 'space_key', 'origin']).execute(); // known names

  await db.schema
    .createTable('entity_aliases')
    .addColumn('entity_id', types.id, (c) => c.notNull().references('entities.id').onDelete('cascade'))
    .addColumn('alias_key', 'text', (c) => c.notNull())
    .addColumn('user_id', types.id, (c) => c.notNull())
    .addColumn('space_key', types.id, (c) => c.notNull())
    .addColumn('alias', 'text', (c) => c.notNull())
    .addColumn('origin', 'text', (c) => c.notNull())
    .addPrimaryKeyConstraint('entity_aliases_pk', ['entity_id', 'alias_key'])
    .execute();
  await db.schema
    .createIndex('entity_aliases_key')
    .on('entity_aliases')
    .columns(['user_id', 'space_key', 'alias_key'])
    .execute(); // aliases

  // Whether what a memory mentions counts now; triggers keep it, and count.
  await db.schema
    .createTable('entity_readings')
    .addColumn('memory_id', types.id, (c) => c.primaryKey().references('memories.id').onDelete('cascade'))
    .addColumn('user_id', types.id, (c) => c.notNull())
    .addColumn('is_counted', 'integer', (c) => c.notNull())
    .execute();
  await db.schema
    .createIndex('entity_readings_user')
    .on('entity_readings')
    .columns(['user_id', 'is_counted'])
    .execute(); // weights

  await db.schema
    .createTable('memory_entities')
    .addColumn('memory_id', types.id, (c) => c.notNull().references('memories.id').onDelete('cascade'))
    .addColumn('entity_id', types.id, (c) => c.notNull().references('entities.id').onDelete('cascade'))
    .addColumn('user_id', types.id, (c) => c.notNull())
    .addColumn('mentions', 'integer', (c) => c.notNull())
    .addColumn('is_paired', 'integer', (c) => c.notNull())
    .addColumn('origin', 'text', (c) => c.notNull())
    .addPrimaryKeyConstraint('memory_entities_pk', ['memory_id', 'entity_id'])
    .execute();
  await db.schema
    .createIndex('memory_entities_entity')
    .on('memory_entities')
    .columns(['entity_id', 'memory_id'])
    .execute(); // memories of an entity

  await db.schema
    .createTable('entity_pairs')
    .addColumn('entity_id', types.id, (c) => c.notNull().references('entities.id').onDelete('cascade'))
    // The larger id of the two.
    .addColumn('other_id', types.id, (c) => c.notNull().references('entities.id').onDelete('cascade'))
    .addColumn('user_id', types.id, (c) => c.notNull())
    .addColumn('memories', 'integer', (c) => c.notNull())
    .addPrimaryKeyConstraint('entity_pairs_pk', ['entity_id', 'other_id'])
    .execute();
  await db.schema.createIndex('entity_pairs_other').on('entity_pairs').columns(['other_id', 'entity_id']).execute(); // cooccurrences

  await numbered('entity_relationships')
    .addColumn('source_entity_id', types.id, (c) => c.notNull().references('entities.id').onDelete('cascade'))
    .addColumn('target_entity_id', types.id, (c) => c.notNull().references('entities.id').onDelete('cascade'))
    .addColumn('relationship_type', 'text', (c) => c.notNull())
    .addColumn('strength', types.real, (c) => c.notNull())
    .addColumn('origin', 'text', (c) => c.notNull())
    .addColumn('created_at', 'text', (c) => c.notNull())
    .addUniqueConstraint('entity_relationships_ends', ['source_entity_id', 'target_entity_id', 'relationship_type'])
    .execute();
  await db.schema
    .createIndex('entity_relationships_target')
    .on('entity_relationships')
    .column('target_entity_id')
    .execute(); // relationships
  await db.schema
    .createTable('relationship_evidence')
    .addColumn('relationship_id', types.id, (c) =>
      c.notNull().references('entity_relationships.id').onDelete('cascade'),
    )
    .addColumn('memory_id', types.id, (c) => c.notNull().references('memories.id').onDelete('cascade'))
    .addColumn('user_id', types.id, (c) => c.notNull())
    .addPrimaryKeyConstraint('relationship_evidence_pk', ['relationship_id', 'memory_id'])
    .execute();
  await db.schema.createIndex('relationship_evidence_memory').on('relationship_evidence').column('memory_id').execute(); // purge

  await numbered('projects')
    .addColumn('space_id', types.id)
    .addColumn('space_key', types.id, (c) => c.notNull())
    .addColumn('name', 'text', (c) => c.notNull())
    .addColumn('name_key', 'text', (c) => c.notNull())
    .addColumn('description', 'text')
    .addColumn('status', 'text', (c) => c.notNull())
    .addColumn('metadata', 'text')
    .addColumn('created_at', 'text', (c) => c.notNull())
    .addColumn('updated_at', 'text', (c) => c.notNull())
    .execute();
  await db.schema.createIndex('projects_name').on('projects').columns(['user_id', 'space_key', 'name_key']).execute(); // linking
  await db.schema
    .createTable('project_memories')
    .addColumn('project_id', types.id, (c) => c.notNull().references('projects.id').onDelete('cascade'))
    .addColumn('memory_id', types.id, (c) => c.notNull().references('memories.id').onDelete('cascade'))
    .addColumn('user_id', types.id, (c) => c.notNull())
    .addColumn('origin', 'text', (c) => c.notNull())
    .addPrimaryKeyConstraint('project_memories_pk', ['project_id', 'memory_id'])
    .execute();
  await db.schema.createIndex('project_memories_memory').on('project_memories').column('memory_id').execute(); // purge
}

/** Whatever hides or shows a memory. */
const STANDING = ['is_latest', 'is_forgotten', 'is_archived', 'is_consolidated', 'status'];
const COUNTS = `new.is_latest = 1 and new.is_forgotten = 0 and new.is_archived = 0 and new.is_consolidated = 0
  and new.status = 'approved'`;

/** Adds (or takes away) what a memory mentions to the counts of its entities and of their pairs. */
const count = (sign: '+' | '-'): string[] => [
  `update entities set
     memory_count = memory_count ${sign} 1,
     occurrence_count = occurrence_count ${sign} (select x.mentions from memory_entities x
       where x.memory_id = new.memory_id and x.entity_id = entities.id)
   where id in (select x.entity_id from memory_entities x where x.memory_id = new.memory_id)`,
  ...(sign === '+'
    ? [
        `insert into entity_pairs (entity_id, other_id, user_id, memories)
         select a.entity_id, b.entity_id, new.user_id, 1 from memory_entities a, memory_entities b
         where a.memory_id = new.memory_id and b.memory_id = new.memory_id
           and a.entity_id < b.entity_id and a.is_paired = 1 and b.is_paired = 1
         on conflict (entity_id, other_id) do update set memories = entity_pairs.memories + 1`,
      ]
    : [
        `update entity_pairs set memories = memories - 1
         where entity_id in (select a.entity_id from memory_entities a
             where a.memory_id = new.memory_id and a.is_paired = 1)
           and other_id in (select b.entity_id from memory_entities b
             where b.memory_id = new.memory_id and b.is_paired = 1)`,
        `delete from entity_pairs where memories <= 0
           and entity_id in (select a.entity_id from memory_entities a where a.memory_id = new.memory_id)`,
      ]),
];

const settle = `update entity_readings set is_counted = case when ${COUNTS} then 1 else 0 end where memory_id = new.id`;

/** A new version says what the old one said until it is read, and stays where people put it. */
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
  settle,
];

/** Erased for good: what only this memory named goes with it. */
const LET_GO = [
  'update entity_readings set is_counted = 0 where memory_id = old.id',
  `delete from entities where origin = 'read'
     and id in (select entity_id from memory_entities where memory_id = old.id)
     and not exists (select 1 from memory_entities x where x.entity_id = entities.id and x.memory_id <> old.id)`,
  `delete from entity_relationships where origin = 'read'
     and id in (select relationship_id from relationship_evidence where memory_id = old.id)
     and not exists (select 1 from relationship_evidence x
       where x.relationship_id = entity_relationships.id and x.memory_id <> old.id)`,
  // At once, so that the last of several memories erased together is seen to be the last.
  'delete from memory_entities where memory_id = old.id',
  'delete from relationship_evidence where memory_id = old.id',
];

const MOVED = 'old.is_counted <> new.is_counted';

// Counted by the database itself, so that no way of hiding or erasing a memory can be forgotten.
async function sqliteTriggers(db: Kysely<unknown>): Promise<void> {
  const trigger = (name: string, when: string, does: readonly string[]) =>
    sql`create trigger ${sql.raw(`${name} ${when} begin ${does.join('; ')}; end`)}`.execute(db);
  const changed = 'after update of is_counted on entity_readings when';
  await trigger('entity_counted', `${changed} ${MOVED} and new.is_counted = 1`, count('+'));
  await trigger('entity_uncounted', `${changed} ${MOVED} and new.is_counted = 0`, count('-'));
  await trigger('entity_memory_moved', `after update of ${STANDING} on memories`, [settle]);
  const versioned = 'after insert on memories when new.parent_memory_id is not null';
  await trigger('entity_memory_versioned', versioned, TAKE_OVER);
  await trigger('entity_memory_removed', 'before delete on memories', LET_GO);
}

async function postgresTriggers(db: Kysely<unknown>): Promise<void> {
  const trigger = async (name: string, when: string, condition: string, does: readonly string[], answer: string) => {
    await sql`create function ${sql.raw(`${name}() returns trigger language plpgsql as $$ begin
      ${does.join('; ')}; return ${answer}; end $$`)}`.execute(db);
    await sql`create trigger ${sql.raw(`${name} ${when} for each row ${condition} execute function ${name}()`)}`.execute(
      db,
    );
  };
  const changed = 'after update of is_counted on entity_readings';
  await trigger('entity_counted', changed, `when (${MOVED} and new.is_counted = 1)`, count('+'), 'null');
  await trigger('entity_uncounted', changed, `when (${MOVED} and new.is_counted = 0)`, count('-'), 'null');
  await trigger('entity_memory_moved', `after update of ${STANDING} on memories`, '', [settle], 'null');
  const versioned = 'when (new.parent_memory_id is not null)';
  await trigger('entity_memory_versioned', 'after insert on memories', versioned, TAKE_OVER, 'null');
  await trigger('entity_memory_removed', 'before delete on memories', '', LET_GO, 'old');
}
