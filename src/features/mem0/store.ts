// All SQL on `mem0_memories`: whom memories that came in through mem0's door are about. A row stands for a whole chain of
// versions and is kept under its first one, so that the id a client was given stays good however often the memory changes.
import { sql } from 'kysely';
import type { IdList, StoreDb } from '../../core/store-db.ts';
import type { Mem0MemoryTable } from '../../core/tables.ts';
import type { MemoryRow } from '../memory/rules.ts';
import { type Entities, KINDS, type Kind, type Owned } from './rules.ts';

export interface Wanted {
  user_id: number;
  space_id: number | null;
  must: Partial<Entities>;
  now: string;
}

type Row = Mem0MemoryTable;
const entitiesOf = (row: Row): Omit<Owned, 'memory'> => ({
  root_id: row.memory_id,
  user_id: row.entity_user,
  agent_id: row.entity_agent,
  app_id: row.entity_app,
  run_id: row.entity_run,
  metadata: row.metadata === null ? null : (JSON.parse(row.metadata) as Record<string, unknown>),
  created_at: row.created_at,
});
const OWN = ['memory_id', 'entity_user', 'entity_agent', 'entity_app', 'entity_run', 'metadata', 'created_at'] as const;

export function mem0Store(db: StoreDb, idList: IdList) {
  const living = ({ user_id, space_id, must, now }: Wanted) => {
    let query = db
      .selectFrom('mem0_memories as s')
      // Crossed, and with a sum, so that SQLite goes from these rows to their memories and not the other way about.
      .crossJoin('memories as m')
      .where((eb) =>
        eb.or([eb('m.id', '=', eb.ref('s.memory_id')), eb('m.root_memory_id', '=', eb.ref('s.memory_id'))]),
      )
      .where('s.user_id', '=', user_id)
      .where((eb) => eb(eb('m.user_id', '+', eb.lit(0)), '=', user_id))
      .where('m.is_latest', '=', sql.lit(1))
      .where('m.is_forgotten', '=', sql.lit(0))
      .where('m.is_archived', '=', sql.lit(0))
      .where('m.status', '=', 'approved')
      .where((eb) => eb.or([eb('m.forget_after', 'is', null), eb('m.forget_after', '>', now)]));
    if (space_id !== null) query = query.where('m.space_id', '=', space_id);
    for (const kind of KINDS) {
      const name = must[`${kind}_id`];
      if (name != null) query = query.where(`s.entity_${kind}`, '=', name);
    }
    return query;
  };
  const withRows = async (user_id: number, found: (Row & { latest_id: number })[]): Promise<Owned[]> => {
    if (found.length === 0) return [];
    const rows = await db
      .selectFrom('memories')
      .where('user_id', '=', user_id)
      .where('id', 'in', idList(found.map(({ latest_id }) => latest_id)))
      .selectAll()
      .execute();
    const byId = new Map((rows as MemoryRow[]).map((row) => [row.id, row]));
    return found.flatMap((row) => {
      const memory = byId.get(row.latest_id);
      return memory ? [{ ...entitiesOf(row), memory }] : [];
    });
  };
  const columns = OWN.map((column) => `s.${column}` as const);

  return {
    /** One that is there already stays as it is. */
    async add(row: Row): Promise<void> {
      await db
        .insertInto('mem0_memories')
        .values(row)
        .onConflict((oc) => oc.column('memory_id').doNothing())
        .execute();
    },

    async setMetadata(user_id: number, memory_id: number, metadata: string | null): Promise<void> {
      await db
        .updateTable('mem0_memories')
        .set({ metadata })
        .where('user_id', '=', user_id)
        .where('memory_id', '=', memory_id)
        .execute();
    },

    /** Whether or not it is still there. */
    async entryOf(user_id: number, memory_id: number): Promise<Omit<Owned, 'memory'> | undefined> {
      const row = await db
        .selectFrom('mem0_memories')
        .where('user_id', '=', user_id)
        .where('memory_id', '=', memory_id)
        .selectAll()
        .executeTakeFirst();
      return row && entitiesOf(row);
    },

    /** Those of these first versions that are there, with their newest ones. */
    async of(wanted: Wanted, memory_ids: readonly number[]): Promise<Owned[]> {
      if (memory_ids.length === 0) return [];
      const found = await living(wanted)
        .where('s.memory_id', 'in', idList(memory_ids))
        .select(columns)
        .select(['s.user_id', 'm.id as latest_id'])
        .execute();
      return withRows(wanted.user_id, found);
    },

    /** Newest first. */
    async page(wanted: Wanted, limit: number, offset: number): Promise<Owned[]> {
      const found = await living(wanted)
        .select(columns)
        .select(['s.user_id', 'm.id as latest_id'])
        .orderBy('s.memory_id', 'desc')
        .limit(limit)
        .offset(offset)
        .execute();
      return withRows(wanted.user_id, found);
    },

    async count(wanted: Wanted): Promise<number> {
      const row = await living(wanted)
        .select((eb) => eb.fn.countAll<number>().as('n'))
        .executeTakeFirstOrThrow();
      return Number(row.n);
    },

    /** Everybody of one kind, by name. */
    async entities(wanted: Wanted, kind: Kind) {
      const column = `s.entity_${kind}` as const;
      const rows = await living(wanted)
        .where(column, 'is not', null)
        .select(column)
        .select((eb) => [
          eb.fn.countAll<number>().as('total'),
          eb.fn.min('s.created_at').as('first'),
          eb.fn.max('m.created_at').as('last'),
        ])
        .groupBy(column)
        .orderBy(column)
        .execute();
      return rows.map((row) => ({
        kind,
        name: (row as unknown as Record<string, string>)[`entity_${kind}`]!,
        total: Number(row.total),
        first: row.first,
        last: row.last,
      }));
    },
  };
}
export type Mem0Store = ReturnType<typeof mem0Store>;
