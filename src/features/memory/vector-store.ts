// All SQL on `memory_vectors`: the canonical vectors that every index is built from.
import { sql } from 'kysely';
import type { VectorRecord, VectorSource } from '../../core/ports.ts';
import type { StoreDb } from '../../core/store-db.ts';

const toBytes = (vector: Float32Array): Uint8Array =>
  new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength);
/** Copies: the bytes of a row may not start on a four-byte boundary. */
const toFloats = (bytes: Uint8Array): Float32Array => new Float32Array(Uint8Array.from(bytes).buffer);

export function vectorStore(db: StoreDb) {
  return {
    async put(record: VectorRecord, model: string): Promise<void> {
      const row = {
        memory_id: record.memory_id,
        user_id: record.user_id,
        model,
        dims: record.vector.length,
        content_hash: record.content_hash,
        vector: Buffer.from(toBytes(record.vector)),
      };
      await db
        .insertInto('memory_vectors')
        .values(row)
        .onConflict((oc) =>
          oc
            .columns(['user_id', 'model', 'memory_id'])
            .doUpdateSet({ dims: row.dims, content_hash: row.content_hash, vector: row.vector }),
        )
        .execute();
    },

    async count(user_id: number, model: string): Promise<number> {
      const row = await db
        .selectFrom('memory_vectors')
        .where('user_id', '=', user_id)
        .where('model', '=', model)
        .select((eb) => eb.fn.countAll<number>().as('n'))
        .executeTakeFirstOrThrow();
      return row.n;
    },

    /** Memories with a vector, of all users, for metrics: a memory can have one per model. */
    async total(): Promise<number> {
      const row = await db
        .selectFrom('memory_vectors')
        .select((eb) => eb.fn.count<number>('memory_id').distinct().as('n'))
        .executeTakeFirstOrThrow();
      return Number(row.n);
    },

    async page(user_id: number, model: string, after_id: number, limit: number): Promise<VectorRecord[]> {
      const rows = await db
        .selectFrom('memory_vectors')
        .where('user_id', '=', user_id)
        .where('model', '=', model)
        .where('memory_id', '>', after_id)
        .select(['memory_id', 'user_id', 'content_hash', 'vector'])
        .orderBy('memory_id')
        .limit(limit)
        .execute();
      return rows.map((row) => ({ ...row, vector: toFloats(row.vector) }));
    },

    /** Memories of any user that lack a vector of this model, oldest first. */
    missing: (
      model: string,
      after_id: number,
      limit: number,
    ): Promise<{ id: number; user_id: number; content: string; content_hash: string }[]> =>
      db
        .selectFrom('memories as m')
        .where('m.id', '>', after_id)
        .where('m.is_forgotten', '=', sql.lit(0))
        .where('m.is_latest', '=', sql.lit(1))
        .where((eb) =>
          eb.not(
            eb.exists(
              eb
                .selectFrom('memory_vectors as v')
                .select('v.memory_id')
                .whereRef('v.memory_id', '=', 'm.id')
                .whereRef('v.user_id', '=', 'm.user_id')
                .where('v.model', '=', model),
            ),
          ),
        )
        .select(['m.id', 'm.user_id', 'm.content', 'm.content_hash'])
        .orderBy('m.id')
        .limit(limit)
        .execute(),
  };
}
export type VectorStore = ReturnType<typeof vectorStore> & VectorSource;
