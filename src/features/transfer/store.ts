// All SQL on `imports` and `import_marks`, and what an export reads, page by page.
import { sql } from 'kysely';
import type { IdList, StoreDb } from '../../core/store-db.ts';
import type { ImportTable } from '../../core/tables.ts';
import type { MemoryRow } from '../memory/rules.ts';

export type ImportRow = ImportTable;
export type Counts = Pick<ImportRow, 'imported' | 'skipped' | 'failed' | 'duplicates'>;

/** A memory with what it is part of, by names that hold elsewhere too. */
export type ExportedMemory = MemoryRow & { parent_sync_id: string | null; space: string | null };

export function transferStore(db: StoreDb, idList: IdList) {
  const inSpace = (user_id: number, space_id: number | null) => {
    const own = db.selectFrom('memories as m').where('m.user_id', '=', user_id);
    return space_id === null ? own : own.where('m.space_id', '=', space_id);
  };

  return {
    // --- imports ---
    async begin(row: ImportRow): Promise<void> {
      await db.insertInto('imports').values(row).execute();
    },
    byId: (user_id: number, id: string): Promise<ImportRow | undefined> =>
      db.selectFrom('imports').where('user_id', '=', user_id).where('id', '=', id).selectAll().executeTakeFirst(),
    newest: (user_id: number, limit: number): Promise<ImportRow[]> =>
      db
        .selectFrom('imports')
        .where('user_id', '=', user_id)
        .selectAll()
        .orderBy('created_at', 'desc')
        .orderBy('id')
        .limit(limit)
        .execute(),
    async set(user_id: number, id: string, change: Partial<Omit<ImportRow, 'id' | 'user_id'>>): Promise<void> {
      await db.updateTable('imports').set(change).where('user_id', '=', user_id).where('id', '=', id).execute();
    },
    /** Those that nothing was heard of since. @returns how many went */
    async removeOlder(before: string): Promise<number> {
      const gone = await db.deleteFrom('imports').where('updated_at', '<', before).executeTakeFirst();
      return Number(gone.numDeletedRows);
    },

    // --- marks ---
    /** What was brought in under this mark; null when nothing was. */
    async marked(user_id: number, mark: string): Promise<number | null> {
      const row = await db
        .selectFrom('import_marks')
        .where('user_id', '=', user_id)
        .where('mark', '=', mark)
        .select('target_id')
        .executeTakeFirst();
      return row?.target_id ?? null;
    },
    async mark(user_id: number, mark: string, target_id: number): Promise<void> {
      await db
        .insertInto('import_marks')
        .values({ user_id, mark, target_id })
        .onConflict((oc) => oc.columns(['user_id', 'mark']).doUpdateSet({ target_id }))
        .execute();
    },

    // --- what is there ---
    bySyncId: (user_id: number, sync_id: string): Promise<MemoryRow | undefined> =>
      db
        .selectFrom('memories')
        .where('user_id', '=', user_id)
        .where('sync_id', '=', sync_id)
        .selectAll()
        .orderBy('id', 'desc')
        .executeTakeFirst(),
    episodeLike: (user_id: number, like: { title: string | null; session_id: string | null; started_at: string }) =>
      db
        .selectFrom('episodes')
        .where('user_id', '=', user_id)
        .where('session_id', 'is not distinct from', like.session_id)
        .where('title', 'is not distinct from', like.title)
        .where('started_at', '=', like.started_at)
        .select('id')
        .executeTakeFirst(),
    conversationLike: (
      user_id: number,
      like: { agent: string; session_id: string | null; title: string | null; started_at: string },
    ) =>
      db
        .selectFrom('conversations')
        .where('user_id', '=', user_id)
        .where('agent', '=', like.agent)
        .where('session_id', 'is not distinct from', like.session_id)
        .where('title', 'is not distinct from', like.title)
        .where('started_at', '=', like.started_at)
        .select('id')
        .executeTakeFirst(),

    // --- what goes out ---
    async counts(user_id: number, space_id: number | null): Promise<{ memories: number; links: number }> {
      const memories = await inSpace(user_id, space_id)
        .select((eb) => eb.fn.countAll<number>().as('n'))
        .executeTakeFirstOrThrow();
      const links = await db
        .selectFrom('memory_links')
        .where('user_id', '=', user_id)
        .select((eb) => eb.fn.countAll<number>().as('n'))
        .executeTakeFirstOrThrow();
      return { memories: Number(memories.n), links: Number(links.n) };
    },
    memories: (user_id: number, space_id: number | null, after: number, limit: number): Promise<ExportedMemory[]> =>
      inSpace(user_id, space_id)
        .leftJoin('memories as p', (join) =>
          join.onRef('p.id', '=', 'm.parent_memory_id').onRef('p.user_id', '=', 'm.user_id'),
        )
        .leftJoin('spaces as s', (join) => join.onRef('s.id', '=', 'm.space_id').onRef('s.user_id', '=', 'm.user_id'))
        .where('m.id', '>', after)
        .selectAll('m')
        .select(['p.sync_id as parent_sync_id', 's.name as space'])
        .orderBy('m.id')
        .limit(limit)
        .execute() as Promise<ExportedMemory[]>,
    /** Edges that begin at these. */
    links: (user_id: number, ids: readonly number[]) =>
      db
        .selectFrom('memory_links as l')
        .innerJoin('memories as a', 'a.id', 'l.source_id')
        .innerJoin('memories as b', 'b.id', 'l.target_id')
        .where('l.user_id', '=', user_id)
        .where('a.user_id', '=', user_id)
        .where('b.user_id', '=', user_id)
        .where('l.source_id', 'in', idList(ids))
        .select(['a.sync_id as source_sync_id', 'b.sync_id as target_sync_id'])
        .select(['l.type', 'l.similarity', 'l.origin', 'l.created_at', 'l.source_id', 'l.target_id'])
        .orderBy('l.source_id')
        .orderBy('l.target_id')
        .orderBy('l.type')
        .execute(),
    facts: (user_id: number, ids: readonly number[]) =>
      db
        .selectFrom('structured_facts as f')
        .innerJoin('memories as m', 'm.id', 'f.memory_id')
        .where('f.user_id', '=', user_id)
        .where('m.user_id', '=', user_id)
        .where('f.memory_id', 'in', idList(ids))
        .selectAll('f')
        .select('m.sync_id as memory_sync_id')
        .orderBy('f.id')
        .execute(),
    vectors: (user_id: number, ids: readonly number[]) =>
      db
        .selectFrom('memory_vectors as v')
        .innerJoin('memories as m', 'm.id', 'v.memory_id')
        .where('v.user_id', '=', user_id)
        .where('m.user_id', '=', user_id)
        .where('v.memory_id', 'in', idList(ids))
        .select([
          'm.sync_id as memory_sync_id',
          'v.model',
          'v.part',
          'v.dims',
          'v.span_start',
          'v.span_end',
          'v.vector',
        ])
        .orderBy('v.memory_id')
        .orderBy('v.part')
        .execute(),
    /** All of them, or those that memories of the space are in. */
    episodes: (user_id: number, space_id: number | null, after: number, limit: number) => {
      const own = db.selectFrom('episodes as e').where('e.user_id', '=', user_id).where('e.id', '>', after);
      const wanted =
        space_id === null
          ? own
          : own.where((eb) =>
              eb.exists(
                eb
                  .selectFrom('memories as m')
                  .where('m.user_id', '=', user_id)
                  .where('m.space_id', '=', space_id)
                  .whereRef('m.episode_id', '=', 'e.id')
                  .select(sql.lit(1).as('one')),
              ),
            );
      return wanted.selectAll('e').orderBy('e.id').limit(limit).execute();
    },
    entities: (user_id: number, space_id: number | null, after: number, limit: number) => {
      const own = db
        .selectFrom('entities as e')
        .leftJoin('spaces as s', (join) => join.onRef('s.id', '=', 'e.space_id').onRef('s.user_id', '=', 'e.user_id'))
        .where('e.user_id', '=', user_id)
        .where('e.id', '>', after);
      return (space_id === null ? own : own.where('e.space_id', '=', space_id))
        .selectAll('e')
        .select('s.name as space')
        .orderBy('e.id')
        .limit(limit)
        .execute();
    },
    conversations: (user_id: number, after: number, limit: number) =>
      db
        .selectFrom('conversations')
        .where('user_id', '=', user_id)
        .where('id', '>', after)
        .selectAll()
        .orderBy('id')
        .limit(limit)
        .execute(),
    messages: (user_id: number, conversation_id: number, after: number, limit: number) =>
      db
        .selectFrom('messages')
        .where('user_id', '=', user_id)
        .where('conversation_id', '=', conversation_id)
        .where('id', '>', after)
        .selectAll()
        .orderBy('id')
        .limit(limit)
        .execute(),
  };
}
export type TransferStore = ReturnType<typeof transferStore>;
