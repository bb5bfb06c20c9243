// All SQL on `memory_fingerprints`: by which keys a text's repeats and near-repeats are found, see algo/simhash.ts.
import { sql } from 'kysely';
import type { Fingerprint } from '../../algo/simhash.ts';
import { toFloats } from '../../core/float-bytes.ts';
import { prepared } from '../../core/prepared.ts';
import type { IdList, StoreDb } from '../../core/store-db.ts';
import { mayRepeat, type RepeatKey } from './repeat-filter.ts';
import type { MemoryRow, NewMemory } from './rules.ts';

type WordsKey = RepeatKey & Pick<NewMemory, 'occurred_at'>;

export interface RepeatCandidate {
  row: MemoryRow;
  /** Of its first piece, by the model asked for; null when it has none. */
  vector: Float32Array | null;
}

/** One entry of the index. */
export interface Keyed {
  key: number;
  memory_id: number;
  /** 16 hex digits. */
  simhash: string;
}

export interface UnprintedRow {
  id: number;
  user_id: number;
  content: string;
}

/** Memories of the same words in another order or with other remarks; more of them say nothing new. */
const MAX_CANDIDATES = 20;
const KEYS = ['key0', 'key1', 'key2', 'key3', 'key4'] as const;
type Slots = { user_id: number; memory_id: number; simhash: string } & Record<(typeof KEYS)[number], number>;

export function fingerprintStore(db: StoreDb, idList: IdList) {
  const insertKeys = prepared<Slots, unknown>(db, (slots) =>
    db.insertInto('memory_fingerprints').values(
      KEYS.map((name) => ({
        user_id: slots.user_id,
        key: slots[name],
        memory_id: slots.memory_id,
        simhash: slots.simhash,
      })),
    ),
  );

  // Nearly always in vain, so little is asked first: a bound status makes SQLite prepare the whole statement anew at each
  // run, since it could decide whether a partial index applies.
  const findKey = prepared<{ user_id: number; words_key: number }, { memory_id: number }>(db, (slots) =>
    db
      .selectFrom('memory_fingerprints')
      .where('user_id', '=', slots.user_id)
      .where('key', '=', slots.words_key)
      .select('memory_id')
      .limit(sql.lit(1)),
  );
  const findCandidates = prepared<
    WordsKey & { words_key: number; model: string },
    MemoryRow & { vector: Uint8Array | null }
  >(db, (slots) =>
    db
      .selectFrom('memory_fingerprints as f')
      .innerJoin('memories as m', 'm.id', 'f.memory_id')
      .leftJoin('memory_vectors as v', (on) =>
        on
          .on('v.user_id', '=', slots.user_id)
          .on('v.model', '=', slots.model)
          .onRef('v.memory_id', '=', 'f.memory_id')
          .on('v.part', '=', sql.lit(0)),
      )
      .where('f.user_id', '=', slots.user_id)
      .where('f.key', '=', slots.words_key)
      .where(mayRepeat(slots))
      .where('m.occurred_at', 'is not distinct from', slots.occurred_at)
      .selectAll('m')
      .select('v.vector')
      .orderBy('f.memory_id', 'desc')
      .limit(sql.lit(MAX_CANDIDATES)),
  );

  return {
    /** Of a memory that has none yet. */
    async add(user_id: number, memory_id: number, { simhash, bands, words_key }: Fingerprint): Promise<void> {
      const [key0, key1, key2, key3] = bands as [number, number, number, number];
      await insertKeys({ user_id, memory_id, simhash, key0, key1, key2, key3, key4: words_key });
    },

    async remove(user_id: number, memory_ids: readonly number[]): Promise<void> {
      if (memory_ids.length === 0) return;
      await db
        .deleteFrom('memory_fingerprints')
        .where('user_id', '=', user_id)
        .where('memory_id', 'in', idList(memory_ids))
        .execute();
    },

    /** Recallable memories made of the same words, newest first. */
    async candidates(
      { user_id, space_id, session_id, category, status, forget_after, occurred_at }: WordsKey,
      words_key: number,
      model: string | null,
    ): Promise<RepeatCandidate[]> {
      if ((await findKey({ user_id, words_key })).length === 0) return [];
      const rows = await findCandidates({
        user_id,
        space_id,
        session_id,
        category,
        status,
        forget_after,
        occurred_at,
        words_key,
        model: model ?? '',
      });
      return rows.map(({ vector, ...row }) => ({
        row,
        vector: vector && toFloats(vector),
      }));
    },

    /** Vectors of the first pieces of these memories, by the model. */
    async vectors(user_id: number, model: string, memory_ids: readonly number[]): Promise<Map<number, Float32Array>> {
      const rows = await db
        .selectFrom('memory_vectors')
        .where('user_id', '=', user_id)
        .where('model', '=', model)
        .where('memory_id', 'in', idList(memory_ids))
        .where('part', '=', sql.lit(0))
        .select(['memory_id', 'vector'])
        .execute();
      return new Map(rows.map((row) => [row.memory_id, toFloats(row.vector)]));
    },

    /**
     * The index of a user in the order of its keys, then of memories: those that share a key follow each other.
     * @param after null for the beginning
     */
    page: (user_id: number, after: Pick<Keyed, 'key' | 'memory_id'> | null, limit: number): Promise<Keyed[]> =>
      db
        .selectFrom('memory_fingerprints')
        .where('user_id', '=', user_id)
        .$if(after !== null, (qb) =>
          qb.where((eb) => eb(eb.refTuple('key', 'memory_id'), '>', eb.tuple(after!.key, after!.memory_id))),
        )
        .select(['key', 'memory_id', 'simhash'])
        .orderBy('key')
        .orderBy('memory_id')
        .limit(limit)
        .execute(),

    /** Latest versions of all users that have no fingerprint, oldest first; those that never get one among them. */
    missing: (after_id: number, limit: number): Promise<UnprintedRow[]> =>
      db
        .selectFrom('memories as m')
        .where('m.id', '>', after_id)
        .where('m.is_latest', '=', sql.lit(1))
        .where((eb) =>
          eb.not(
            eb.exists(
              eb
                .selectFrom('memory_fingerprints as f')
                .select('f.memory_id')
                .whereRef('f.memory_id', '=', 'm.id')
                .whereRef('f.user_id', '=', 'm.user_id'),
            ),
          ),
        )
        .select(['m.id', 'm.user_id', 'm.content'])
        .orderBy('m.id')
        .limit(limit)
        .execute(),
  };
}
export type FingerprintStore = ReturnType<typeof fingerprintStore>;
