// All SQL on `memory_vectors`: the canonical vectors that every index is built from. Several models' vectors lie side by
// side and are never read together.
import { sql } from 'kysely';
import { toBytes, toFloats } from '../../core/float-bytes.ts';
import type { VectorPlace, VectorRecord, VectorSource } from '../../core/ports.ts';
import { prepared } from '../../core/prepared.ts';
import type { IdList, StoreDb } from '../../core/store-db.ts';
import type { MemoryVectorTable } from '../../core/tables.ts';

/** A vector and the piece of the content it stands for: `content.slice(span_start, span_end)`. */
export interface StoredVector extends VectorRecord {
  span_start: number;
  span_end: number;
}

/** Which memories lack vectors, or have none younger than `made_before`. */
export interface Missing {
  model: string;
  user_id?: number | undefined;
  /** core/clock text: vectors made before are to be made again. */
  made_before?: string | undefined;
}

export interface MissingRow {
  id: number;
  user_id: number;
  content: string;
  content_hash: string;
}

/** Memories; some ten milliseconds of a disk's time. */
const DROPPED_AT_ONCE = 2000;

const COLUMNS = [
  'memory_id', 'user_id', 'model', 'part', 'span_start', 'span_end', 'dims', 'content_hash', 'created_at', 'vector',
] as const; // biome-ignore format: a list

export function vectorStore(db: StoreDb, idList: IdList) {
  const insertRow = prepared<MemoryVectorTable, unknown>(db, (slots) =>
    db
      .insertInto('memory_vectors')
      .values(Object.fromEntries(COLUMNS.map((column) => [column, slots[column]])) as unknown as MemoryVectorTable),
  );

  const recallable = () =>
    db.selectFrom('memories as m').where('m.is_forgotten', '=', sql.lit(0)).where('m.is_latest', '=', sql.lit(1));

  const lacking = ({ model, user_id, made_before }: Missing) =>
    recallable()
      .$if(user_id !== undefined, (qb) => qb.where('m.user_id', '=', user_id!))
      .where((eb) =>
        eb.not(
          eb.exists(
            eb
              .selectFrom('memory_vectors as v')
              .select('v.memory_id')
              .whereRef('v.memory_id', '=', 'm.id')
              .whereRef('v.user_id', '=', 'm.user_id')
              .where('v.model', '=', model)
              .where('v.part', '=', sql.lit(0))
              .$if(made_before !== undefined, (qb) => qb.where('v.created_at', '>=', made_before!)),
          ),
        ),
      );

  return {
    /** @param records every piece of one memory that has no vectors of this model yet */
    async add(records: readonly StoredVector[], model: string, now: string): Promise<void> {
      for (const record of records) {
        await insertRow({
          memory_id: record.memory_id,
          user_id: record.user_id,
          model,
          part: record.part,
          span_start: record.span_start,
          span_end: record.span_end,
          dims: record.vector.length,
          content_hash: record.content_hash,
          created_at: now,
          vector: Buffer.from(toBytes(record.vector)),
        });
      }
    },

    /** @param records every piece of one memory, in place of whatever this model had for it */
    async replace(records: readonly StoredVector[], model: string, now: string): Promise<void> {
      const [first] = records;
      if (!first) return;
      await db
        .deleteFrom('memory_vectors')
        .where('user_id', '=', first.user_id)
        .where('model', '=', model)
        .where('memory_id', '=', first.memory_id)
        .execute();
      await this.add(records, model, now);
    },

    async count(user_id: number, model: string): Promise<number> {
      const row = await db
        .selectFrom('memory_vectors')
        .where('user_id', '=', user_id)
        .where('model', '=', model)
        .select((eb) => eb.fn.countAll<number>().as('n'))
        .executeTakeFirstOrThrow();
      return Number(row.n);
    },

    /** Memories of a user that have vectors of this model. */
    async memories(user_id: number, model: string): Promise<number> {
      const row = await db
        .selectFrom('memory_vectors')
        .where('user_id', '=', user_id)
        .where('model', '=', model)
        .where('part', '=', sql.lit(0))
        .select((eb) => eb.fn.countAll<number>().as('n'))
        .executeTakeFirstOrThrow();
      return Number(row.n);
    },

    /** Memories with a vector, of all users, for metrics: a memory can have several per model. */
    async total(): Promise<number> {
      const row = await db
        .selectFrom('memory_vectors')
        .select((eb) => eb.fn.count<number>('memory_id').distinct().as('n'))
        .executeTakeFirstOrThrow();
      return Number(row.n);
    },

    /** Memories and bytes under each model, of all users, for the operator. Counted in an index, without the vectors. */
    async byModel(): Promise<{ model: string; memories: number; vectors: number; bytes: number }[]> {
      const counts = await db
        .selectFrom('memory_vectors')
        .groupBy(['user_id', 'model'])
        .select((eb) => [
          'user_id',
          'model',
          eb.fn.countAll<number>().as('vectors'),
          sql<number>`count(case when part = 0 then 1 end)`.as('memories'),
        ])
        .execute();
      const models = Map.groupBy(counts, ({ model }) => model);
      const sum = (numbers: readonly (number | string)[]) => numbers.reduce<number>((all, n) => all + Number(n), 0);
      return Promise.all(
        [...models].sort().map(async ([model, rows]) => {
          const { dims } = await db
            .selectFrom('memory_vectors')
            .where('user_id', '=', rows[0]!.user_id)
            .where('model', '=', model)
            .select('dims')
            .limit(1)
            .executeTakeFirstOrThrow();
          const vectors = sum(rows.map((row) => row.vectors));
          return { model, memories: sum(rows.map((row) => row.memories)), vectors, bytes: 4 * dims * vectors };
        }),
      );
    },

    async page(user_id: number, model: string, after: VectorPlace, limit: number): Promise<VectorRecord[]> {
      const rows = await db
        .selectFrom('memory_vectors')
        .where('user_id', '=', user_id)
        .where('model', '=', model)
        .where((eb) => eb(eb.refTuple('memory_id', 'part'), '>', eb.tuple(after.memory_id, after.part)))
        .select(['memory_id', 'user_id', 'part', 'content_hash', 'vector'])
        .orderBy('memory_id')
        .orderBy('part')
        .limit(limit)
        .execute();
      return rows.map((row) => ({ ...row, vector: toFloats(row.vector) }));
    },

    /** Where the pieces of these memories stand in their contents. */
    async spans(
      user_id: number,
      model: string,
      memory_ids: readonly number[],
    ): Promise<Pick<StoredVector, 'memory_id' | 'part' | 'span_start' | 'span_end'>[]> {
      if (memory_ids.length === 0) return [];
      return db
        .selectFrom('memory_vectors')
        .where('user_id', '=', user_id)
        .where('model', '=', model)
        .where('memory_id', 'in', idList(memory_ids))
        .select(['memory_id', 'part', 'span_start', 'span_end'])
        .execute();
    },

    /** Recallable memories of all users, or of one. */
    async recallable(user_id?: number): Promise<number> {
      const row = await recallable()
        .$if(user_id !== undefined, (qb) => qb.where('m.user_id', '=', user_id!))
        .select((eb) => eb.fn.countAll<number>().as('n'))
        .executeTakeFirstOrThrow();
      return Number(row.n);
    },

    async countMissing(missing: Missing): Promise<number> {
      const row = await lacking(missing)
        .select((eb) => eb.fn.countAll<number>().as('n'))
        .executeTakeFirstOrThrow();
      return Number(row.n);
    },

    /** Recallable memories that lack vectors, oldest first. */
    missing: (missing: Missing, after_id: number, limit: number): Promise<MissingRow[]> =>
      lacking(missing)
        .where('m.id', '>', after_id)
        .select(['m.id', 'm.user_id', 'm.content', 'm.content_hash'])
        .orderBy('m.id')
        .limit(limit)
        .execute(),

    /**
     * Removes vectors of a model, of all users: those of so many memories at once that no other writer waits long.
     * @returns how many; 0 when none are left
     */
    async drop(model: string): Promise<number> {
      const rows = await db
        .selectFrom('memory_vectors')
        .where('model', '=', model)
        .where('part', '=', sql.lit(0))
        .select('memory_id')
        .limit(DROPPED_AT_ONCE)
        .execute();
      if (rows.length === 0) return 0;
      const result = await db
        .deleteFrom('memory_vectors')
        .where('model', '=', model)
        .where('memory_id', 'in', idList(rows.map(({ memory_id }) => memory_id)))
        .executeTakeFirst();
      return Number(result.numDeletedRows);
    },
  };
}
export type VectorStore = ReturnType<typeof vectorStore> & VectorSource;
