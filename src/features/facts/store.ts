// All SQL on `structured_facts`. Which facts count depends on the memories they come from, so most queries look at both.
import { sql } from 'kysely';
import type { IdList, StoreDb } from '../../core/store-db.ts';
import type { StructuredFactTable } from '../../core/tables.ts';
import type { FactRow, Slot, SlotRow } from './rules.ts';

export interface FactFilter {
  user_id: number;
  space_id?: number | undefined;
  /** Folded; found anywhere in the subject. */
  subject?: string | undefined;
  predicate?: string | undefined;
  verb?: string | undefined;
  memory_id?: number | undefined;
  /** Only what held then. */
  as_of?: string | undefined;
  /** Only what holds now, or only what holds no more. */
  current?: boolean | undefined;
  now: string;
}

/** A slot of which more is known than this is hardly one thing; the oldest are left as they are. */
const MAX_SLOT = 500;
const containing = (words: string): string => `%${words.replace(/[\\%_]/g, '\\$&')}%`;

export function factStore(db: StoreDb, idList: IdList) {
  const owned = (user_id: number) => db.selectFrom('structured_facts').where('user_id', '=', user_id);

  const matching = (filter: FactFilter) => {
    const { user_id, space_id, subject, predicate, verb, memory_id, as_of, current, now } = filter;
    let query = db
      .selectFrom('structured_facts as f')
      .where('f.user_id', '=', user_id)
      .where('f.is_end', '=', sql.lit(0))
      // Asked of each fact: a join might read all memories first.
      .where((eb) => {
        const shown = eb
          .selectFrom('memories as m')
          .whereRef('m.id', '=', 'f.memory_id')
          .where('m.is_forgotten', '=', sql.lit(0))
          .where('m.is_archived', '=', sql.lit(0))
          .where('m.status', '=', sql.lit('approved'))
          .where((or) => or.or([or('m.forget_after', 'is', null), or('m.forget_after', '>', now)]))
          .select('m.id');
        return eb.exists(space_id === undefined ? shown : shown.where('m.space_id', '=', space_id));
      });
    if (subject !== undefined)
      query = query.where(sql<boolean>`${sql.ref('f.subject_key')} like ${containing(subject)} escape '\\'`);
    if (predicate !== undefined) query = query.where('f.predicate', '=', predicate);
    if (verb !== undefined) query = query.where((eb) => eb.or([eb('f.verb', '=', verb), eb('f.predicate', '=', verb)]));
    if (memory_id !== undefined) query = query.where('f.memory_id', '=', memory_id);
    const holds = as_of ?? (current === true ? now : undefined);
    if (holds !== undefined)
      query = query
        .where('f.valid_at', '<=', holds)
        .where((eb) => eb.or([eb('f.invalid_at', 'is', null), eb('f.invalid_at', '>', holds)]));
    if (current === false) query = query.where('f.invalid_at', '<=', now);
    return query;
  };

  return {
    list: (filter: FactFilter, limit: number, offset: number): Promise<(FactRow & { episode_id: number | null })[]> =>
      matching(filter)
        .selectAll('f')
        .select((eb) =>
          eb.selectFrom('memories as e').whereRef('e.id', '=', 'f.memory_id').select('e.episode_id').as('episode_id'),
        )
        .orderBy('f.id', 'desc')
        .limit(limit)
        .offset(offset)
        .execute(),

    async count(filter: FactFilter): Promise<number> {
      const row = await matching(filter)
        .select((eb) => eb.fn.countAll<number>().as('n'))
        .executeTakeFirstOrThrow();
      return Number(row.n);
    },

    /** All about one subject that counts, what holds no more included; oldest first. */
    about: (filter: FactFilter, subject_key: string, limit: number): Promise<FactRow[]> =>
      matching(filter)
        .where('f.subject_key', '=', subject_key)
        .selectAll('f')
        .orderBy('f.valid_at')
        .orderBy('f.id')
        .limit(limit)
        .execute(),

    ofMemories: (user_id: number, memory_ids: readonly number[]): Promise<FactRow[]> =>
      owned(user_id).where('memory_id', 'in', idList(memory_ids)).selectAll().orderBy('id').execute(),

    async insert(row: Omit<StructuredFactTable, 'id'>): Promise<number> {
      const { id } = await db.insertInto('structured_facts').values(row).returning('id').executeTakeFirstOrThrow();
      return id;
    },

    async set(user_id: number, id: number, change: Partial<Omit<FactRow, 'id' | 'user_id'>>): Promise<void> {
      await db
        .updateTable('structured_facts')
        .set(change)
        .where('user_id', '=', user_id)
        .where('id', '=', id)
        .execute();
    },

    async remove(user_id: number, ids: readonly number[]): Promise<void> {
      if (ids.length === 0) return;
      await db.deleteFrom('structured_facts').where('user_id', '=', user_id).where('id', 'in', idList(ids)).execute();
    },

    /** What was ever said about one thing of one subject, the newest of it; `counts` is 0 where the memory is hidden. */
    slot: (user_id: number, { space_id, subject_key, predicate }: Slot, now: string): Promise<SlotRow[]> =>
      db
        .selectFrom('structured_facts as f')
        .innerJoin('memories as m', 'm.id', 'f.memory_id')
        .where('f.user_id', '=', user_id)
        .where('f.subject_key', '=', subject_key)
        .where('f.predicate', '=', predicate)
        .where('f.space_id', 'is not distinct from', space_id)
        .selectAll('f')
        .select((eb) =>
          eb
            .case()
            .when(
              eb.and([
                eb('m.is_forgotten', '=', sql.lit(0)),
                eb('m.is_archived', '=', sql.lit(0)),
                eb('m.status', '=', sql.lit('approved')),
                eb.or([eb('m.forget_after', 'is', null), eb('m.forget_after', '>', now)]),
              ]),
            )
            .then(sql.lit(1))
            .else(sql.lit(0))
            .end()
            .as('counts'),
        )
        .orderBy('f.valid_at', 'desc')
        .orderBy('f.id', 'desc')
        .limit(MAX_SLOT)
        .execute(),

    /** Slots in which something is closed by a fact that is gone, or whose memory is hidden now. */
    stale: (user_id: number, now: string, limit: number): Promise<Slot[]> =>
      db
        .selectFrom('structured_facts as f')
        .leftJoin('structured_facts as g', (join) =>
          join.onRef('g.id', '=', 'f.invalidated_by').onRef('g.user_id', '=', 'f.user_id'),
        )
        .leftJoin('memories as m', 'm.id', 'g.memory_id')
        .where('f.user_id', '=', user_id)
        .where('f.invalidated_by', 'is not', null)
        .where((eb) =>
          eb.or([
            eb('m.id', 'is', null),
            eb('m.is_forgotten', '=', sql.lit(1)),
            eb('m.is_archived', '=', sql.lit(1)),
            eb('m.forget_after', '<=', now),
          ]),
        )
        .select(['f.space_id', 'f.subject_key', 'f.predicate'])
        .distinct()
        .limit(limit)
        .execute(),
  };
}
export type FactStore = ReturnType<typeof factStore>;
