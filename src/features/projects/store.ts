// All SQL on `projects` and `project_memories`.
import { sql } from 'kysely';
import { matchesFilter } from '../../core/memory-filter.ts';
import type { MemoryFilter } from '../../core/ports.ts';
import type { IdList, StoreDb } from '../../core/store-db.ts';
import type { ProjectTable } from '../../core/tables.ts';

export type ProjectRow = { [K in keyof ProjectTable]: K extends 'id' ? number : ProjectTable[K] };

export interface ProjectFilter {
  user_id: number;
  space_id: number | null;
}

export function projectStore(db: StoreDb, idList: IdList) {
  const owned = ({ user_id, space_id }: ProjectFilter) => {
    const query = db.selectFrom('projects').where('user_id', '=', user_id);
    return space_id === null ? query : query.where('space_key', '=', space_id);
  };

  return {
    async insert(row: Omit<ProjectRow, 'id'>): Promise<number> {
      return (await db.insertInto('projects').values(row).returning('id').executeTakeFirstOrThrow()).id;
    },
    byId: (filter: ProjectFilter, id: number): Promise<ProjectRow | undefined> =>
      owned(filter).where('id', '=', id).selectAll().executeTakeFirst(),
    byIds: async (filter: ProjectFilter, ids: readonly number[]): Promise<ProjectRow[]> =>
      ids.length === 0 ? [] : owned(filter).where('id', 'in', idList(ids)).selectAll().execute(),
    list: (filter: ProjectFilter, status: string | undefined): Promise<ProjectRow[]> =>
      (status === undefined ? owned(filter) : owned(filter).where('status', '=', status))
        .selectAll()
        .orderBy('id', 'desc')
        .execute(),
    /** Names in a space, for finding them in texts. */
    names: (user_id: number, space_key: number, limit: number) =>
      db
        .selectFrom('projects')
        .where('user_id', '=', user_id)
        .where('space_key', '=', space_key)
        .select(['id', 'name_key'])
        .orderBy('id')
        .limit(limit)
        .execute(),
    async set(user_id: number, id: number, change: Partial<Omit<ProjectRow, 'id'>>): Promise<void> {
      await db.updateTable('projects').set(change).where('user_id', '=', user_id).where('id', '=', id).execute();
    },
    async remove(user_id: number, id: number): Promise<void> {
      await db.deleteFrom('projects').where('user_id', '=', user_id).where('id', '=', id).execute();
    },

    async counts(filter: MemoryFilter, ids: readonly number[]): Promise<Map<number, number>> {
      if (ids.length === 0) return new Map();
      const rows = await db
        .selectFrom('project_memories as p')
        .innerJoin('memories as m', 'm.id', 'p.memory_id')
        .where('p.project_id', 'in', idList(ids))
        .where(matchesFilter(filter))
        .select((eb) => ['p.project_id', eb.fn.countAll<number>().as('n')])
        .groupBy('p.project_id')
        .execute();
      return new Map(rows.map(({ project_id, n }) => [project_id, Number(n)]));
    },
    memoryIds: async (filter: MemoryFilter, project_id: number, limit: number): Promise<number[]> =>
      (
        await db
          .selectFrom('project_memories as p')
          .innerJoin('memories as m', 'm.id', 'p.memory_id')
          .where('p.project_id', '=', project_id)
          .where(matchesFilter(filter))
          .select('p.memory_id')
          .orderBy('p.memory_id', 'desc')
          .limit(limit)
          .execute()
      ).map(({ memory_id }) => memory_id),
    edges: (user_id: number, memory_ids: readonly number[]) =>
      memory_ids.length === 0
        ? Promise.resolve([])
        : db
            .selectFrom('project_memories')
            .where('user_id', '=', user_id)
            .where('memory_id', 'in', idList(memory_ids))
            .select(['project_id', 'memory_id'])
            .execute(),

    async link(user_id: number, project_id: number, memory_id: number): Promise<void> {
      await db
        .insertInto('project_memories')
        .values({ project_id, memory_id, user_id, origin: 'manual' })
        .onConflict((oc) => oc.columns(['project_id', 'memory_id']).doUpdateSet({ origin: 'manual' }))
        .execute();
    },
    async unlink(user_id: number, project_id: number, memory_id: number): Promise<void> {
      await db
        .deleteFrom('project_memories')
        .where('user_id', '=', user_id)
        .where('project_id', '=', project_id)
        .where('memory_id', '=', memory_id)
        .execute();
    },
    /** Puts these in place of what was read in a memory; what people linked stays. */
    async replaceRead(user_id: number, memory_id: number, project_ids: readonly number[]): Promise<void> {
      await db
        .deleteFrom('project_memories')
        .where('user_id', '=', user_id)
        .where('memory_id', '=', memory_id)
        .where('origin', '=', 'read')
        .execute();
      if (project_ids.length > 0)
        await db
          .insertInto('project_memories')
          .values(project_ids.map((project_id) => ({ project_id, memory_id, user_id, origin: 'read' })))
          .onConflict((oc) => oc.doNothing())
          .execute();
    },
    /** Memories stored before the project was made: those that name an entity of its name, or carry its tag. */
    async adopt(project: Pick<ProjectRow, 'id' | 'user_id' | 'space_key' | 'name_key'>): Promise<void> {
      const { id, user_id, space_key, name_key } = project;
      await db
        .deleteFrom('project_memories')
        .where('user_id', '=', user_id)
        .where('project_id', '=', id)
        .where('origin', '=', 'read')
        .execute();
      const columns = ['project_id', 'memory_id', 'user_id', 'origin'] as const;
      const naming = db
        .selectFrom('entities as e')
        .innerJoin('memory_entities as x', 'x.entity_id', 'e.id')
        .where('e.user_id', '=', user_id)
        .where('e.space_key', '=', space_key)
        .where('e.name_key', '=', name_key)
        .where('e.entity_type', '=', 'project')
        .select([sql.val(id).as('project_id'), 'x.memory_id', 'x.user_id', sql.lit('read').as('origin')]);
      const tagged = db
        .selectFrom('memory_tags as t')
        .innerJoin('memories as m', 'm.id', 't.memory_id')
        .where('t.user_id', '=', user_id)
        .where('t.tag', '=', `project:${name_key}`)
        .where((eb) => eb(eb.fn.coalesce('m.space_id', sql.lit(0)), '=', space_key))
        .select([sql.val(id).as('project_id'), 't.memory_id', 't.user_id', sql.lit('read').as('origin')]);
      for (const found of [naming, tagged])
        await db
          .insertInto('project_memories')
          .columns([...columns])
          .expression(found)
          .onConflict((oc) => oc.doNothing())
          .execute();
    },
  };
}
export type ProjectStore = ReturnType<typeof projectStore>;
