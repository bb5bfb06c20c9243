// What changed, in an order in which it can be asked for a page at a time.
import type { StoreDb } from '../../core/store-db.ts';
import type { ExportedMemory } from '../transfer/store.ts';

export function syncStore(db: StoreDb) {
  const memories = (user_id: number, space_id: number | null) => {
    const own = db
      .selectFrom('memories as m')
      .leftJoin('memories as p', (join) =>
        join.onRef('p.id', '=', 'm.parent_memory_id').onRef('p.user_id', '=', 'm.user_id'),
      )
      .leftJoin('spaces as s', (join) => join.onRef('s.id', '=', 'm.space_id').onRef('s.user_id', '=', 'm.user_id'))
      .where('m.user_id', '=', user_id)
      .selectAll('m')
      .select(['p.sync_id as parent_sync_id', 's.name as space']);
    return space_id === null ? own : own.where('m.space_id', '=', space_id);
  };

  return {
    /** In the order they came. */
    newer: (user_id: number, space_id: number | null, after_id: number, limit: number): Promise<ExportedMemory[]> =>
      memories(user_id, space_id).where('m.id', '>', after_id).orderBy('m.id').limit(limit).execute() as Promise<
        ExportedMemory[]
      >,
    /** Changed at this time or later; of that very time, those with larger ids. */
    changed: (
      user_id: number,
      space_id: number | null,
      at: string,
      after_id: number,
      limit: number,
    ): Promise<ExportedMemory[]> =>
      memories(user_id, space_id)
        .where((eb) => eb(eb.refTuple('m.updated_at', 'm.id'), '>', eb.tuple(at, after_id)))
        .orderBy('m.updated_at')
        .orderBy('m.id')
        .limit(limit)
        .execute() as Promise<ExportedMemory[]>,
    /** The largest id there is; none of a user without memories. */
    newest: async (user_id: number): Promise<number[]> =>
      (
        await db
          .selectFrom('memories')
          .where('user_id', '=', user_id)
          .select('id')
          .orderBy('id', 'desc')
          .limit(1)
          .execute()
      ).map(({ id }) => id),
    erased: (user_id: number, at: string, after: string, limit: number) =>
      db
        .selectFrom('sync_deletions')
        .where('user_id', '=', user_id)
        .where((eb) => eb(eb.refTuple('deleted_at', 'sync_id'), '>', eb.tuple(at, after)))
        .select(['sync_id', 'deleted_at'])
        .orderBy('deleted_at')
        .orderBy('sync_id')
        .limit(limit)
        .execute(),
    async erasedAt(user_id: number, sync_id: string): Promise<string | null> {
      const row = await db
        .selectFrom('sync_deletions')
        .where('user_id', '=', user_id)
        .where('sync_id', '=', sync_id)
        .select('deleted_at')
        .executeTakeFirst();
      return row?.deleted_at ?? null;
    },
  };
}
export type SyncStore = ReturnType<typeof syncStore>;
