// All SQL on `uploads` and `upload_chunks`.
import { sql } from 'kysely';
import type { StoreDb } from '../../core/store-db.ts';
import type { UploadTable } from '../../core/tables.ts';

export type UploadRow = UploadTable;
export interface Received {
  /** Ascending. */
  indices: number[];
  bytes: number;
}

export function uploadStore(db: StoreDb) {
  const own = (user_id: number, id: string) =>
    db.selectFrom('uploads').where('user_id', '=', user_id).where('id', '=', id);
  const chunks = (user_id: number, upload_id: string) =>
    db.selectFrom('upload_chunks').where('user_id', '=', user_id).where('upload_id', '=', upload_id);

  return {
    async add(row: UploadRow): Promise<void> {
      await db.insertInto('uploads').values(row).execute();
    },
    byId: (user_id: number, id: string): Promise<UploadRow | undefined> =>
      own(user_id, id).selectAll().executeTakeFirst(),
    async active(user_id: number, now: string): Promise<number> {
      const row = await db
        .selectFrom('uploads')
        .where('user_id', '=', user_id)
        .where('status', '=', sql.lit('active'))
        .where('expires_at', '>', now)
        .select((eb) => eb.fn.countAll<number>().as('n'))
        .executeTakeFirstOrThrow();
      return Number(row.n);
    },
    async set(user_id: number, id: string, change: Partial<Omit<UploadRow, 'id' | 'user_id'>>): Promise<void> {
      await db.updateTable('uploads').set(change).where('user_id', '=', user_id).where('id', '=', id).execute();
    },
    /** The same place again: what came last counts. */
    async putChunk(user_id: number, upload_id: string, chunk_index: number, data: Uint8Array): Promise<void> {
      await db
        .insertInto('upload_chunks')
        .values({ user_id, upload_id, chunk_index, size: data.length, data })
        .onConflict((oc) => oc.columns(['upload_id', 'chunk_index']).doUpdateSet({ size: data.length, data }))
        .execute();
    },
    async received(user_id: number, upload_id: string): Promise<Received> {
      const rows = await chunks(user_id, upload_id).select(['chunk_index', 'size']).orderBy('chunk_index').execute();
      return { indices: rows.map((row) => row.chunk_index), bytes: rows.reduce((sum, row) => sum + row.size, 0) };
    },
    async chunk(user_id: number, upload_id: string, chunk_index: number): Promise<Uint8Array | null> {
      const row = await chunks(user_id, upload_id)
        .where('chunk_index', '=', chunk_index)
        .select('data')
        .executeTakeFirst();
      return row === undefined ? null : new Uint8Array(row.data);
    },
    async dropChunks(user_id: number, upload_id: string): Promise<void> {
      await db.deleteFrom('upload_chunks').where('user_id', '=', user_id).where('upload_id', '=', upload_id).execute();
    },
    /** Takes away uploads whose time is over, with their chunks. @returns how many went */
    async removeExpired(now: string): Promise<number> {
      const gone = await db.deleteFrom('uploads').where('expires_at', '<=', now).executeTakeFirst();
      return Number(gone.numDeletedRows);
    },
  };
}
export type UploadStore = ReturnType<typeof uploadStore>;
