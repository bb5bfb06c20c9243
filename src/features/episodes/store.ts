// All SQL on `episodes`; every query names the owner. What belongs to them is read from `memories`.
import { sql } from 'kysely';
import { matchesFilter } from '../../core/memory-filter.ts';
import type { MemoryFilter } from '../../core/ports.ts';
import { prepared } from '../../core/prepared.ts';
import type { IdList, StoreDb } from '../../core/store-db.ts';
import type { MemoryRow } from '../memory/rules.ts';
import type { EpisodeRow } from './rules.ts';

/** Fields that tell how far a memory has faded. */
const DECAY_COLUMNS = [
  'importance', 'is_static', 'fsrs_stability', 'fsrs_last_review_at', 'last_accessed_at', 'created_at',
] as const; // biome-ignore format: a list
export type DecayRow = Pick<MemoryRow, (typeof DECAY_COLUMNS)[number]> & { episode_id: number };

export interface EpisodeFilter {
  user_id: number;
  /** Began at this time or later, or earlier. */
  after?: string | undefined;
  before?: string | undefined;
  session_id?: string | undefined;
  /** Only these. */
  ids?: readonly number[] | undefined;
}

export function episodeStore(db: StoreDb, idList: IdList) {
  const owned = (user_id: number) => db.selectFrom('episodes').where('user_id', '=', user_id);
  const insert = (row: Omit<EpisodeRow, 'id'>): Promise<EpisodeRow> =>
    db.insertInto('episodes').values(row).returningAll().executeTakeFirstOrThrow() as Promise<EpisodeRow>;
  // Asked whenever a memory of a session is stored.
  const openOf = prepared<{ user_id: number; session_id: string; agent: string }, { id: number }>(db, (slots) =>
    db
      .selectFrom('episodes')
      .where('user_id', '=', slots.user_id)
      .where('session_id', '=', slots.session_id)
      .where('ended_at', 'is', null)
      .where((eb) => eb.or([eb('agent', '=', slots.agent), eb('agent', 'is', null)]))
      .select('id')
      .orderBy((eb) => eb.case().when('agent', 'is', null).then(sql.lit(1)).else(sql.lit(0)).end())
      .orderBy('id', 'desc')
      .limit(sql.lit(1)),
  );

  return {
    create: insert,

    byId: (user_id: number, id: number): Promise<EpisodeRow | undefined> =>
      owned(user_id).where('id', '=', id).selectAll().executeTakeFirst(),

    /** Newest first. */
    list(
      { user_id, after, before, session_id, ids }: EpisodeFilter,
      limit: number,
      offset: number,
    ): Promise<EpisodeRow[]> {
      let query = owned(user_id);
      if (after !== undefined) query = query.where('started_at', '>=', after);
      if (before !== undefined) query = query.where('started_at', '<=', before);
      if (session_id !== undefined) query = query.where('session_id', '=', session_id);
      if (ids !== undefined) query = query.where('id', 'in', idList(ids));
      return query
        .selectAll()
        .orderBy('started_at', 'desc')
        .orderBy('id', 'desc')
        .limit(limit)
        .offset(offset)
        .execute();
    },

    async count(user_id: number): Promise<number> {
      const row = await owned(user_id)
        .select((eb) => eb.fn.countAll<number>().as('n'))
        .executeTakeFirstOrThrow();
      return Number(row.n);
    },

    set: (user_id: number, id: number, change: Partial<Omit<EpisodeRow, 'id'>>): Promise<EpisodeRow | undefined> =>
      db
        .updateTable('episodes')
        .set(change)
        .where('user_id', '=', user_id)
        .where('id', '=', id)
        .returningAll()
        .executeTakeFirst() as Promise<EpisodeRow | undefined>,

    /** Takes away the summaries that were made of memories. @returns the episodes that had one, or were to get one */
    dropMade: (user_id: number, ids: readonly number[]): Promise<EpisodeRow[]> =>
      db
        .updateTable('episodes')
        .set({ summary: null })
        .where('user_id', '=', user_id)
        .where('id', 'in', idList(ids))
        .where('is_summarized', '=', sql.lit(1))
        .returningAll()
        .execute() as Promise<EpisodeRow[]>,

    /** The open episode of a session: that of this agent before that of any; begun when there is none. */
    async inSession(user_id: number, session_id: string, agent: string, now: string): Promise<number> {
      const [open] = await openOf({ user_id, session_id, agent });
      if (open) return open.id;
      const fresh = { title: null, summary: null, is_summarized: 0, started_at: now, ended_at: null, created_at: now };
      return (await insert({ user_id, session_id, agent, ...fresh })).id;
    },

    /** How far the memories of these episodes have faded, those that pass the filter. */
    decays: async (filter: MemoryFilter, ids: readonly number[]): Promise<DecayRow[]> =>
      (await db
        .selectFrom('memories as m')
        .where('m.episode_id', 'in', idList(ids))
        .where(matchesFilter(filter))
        .select(DECAY_COLUMNS.map((column) => `m.${column}` as const))
        .select('m.episode_id')
        .execute()) as DecayRow[],

    /** Memories of the filter's episode, oldest first. */
    memories: (filter: MemoryFilter & { episode_id: number }, limit: number, offset: number): Promise<MemoryRow[]> =>
      db
        .selectFrom('memories as m')
        .where(matchesFilter(filter))
        .selectAll('m')
        .orderBy('m.id')
        .limit(limit)
        .offset(offset)
        .execute(),

    /** Which episode each of these memories is in; those in none or hidden are left out. */
    async ofMemories(filter: MemoryFilter, memory_ids: readonly number[]): Promise<Map<number, number>> {
      const rows = await db
        .selectFrom('memories as m')
        .where('m.id', 'in', idList(memory_ids))
        .where('m.episode_id', 'is not', null)
        .where(matchesFilter(filter))
        .select(['m.id', 'm.episode_id'])
        .execute();
      return new Map(rows.map(({ id, episode_id }) => [id, episode_id!]));
    },
  };
}
export type EpisodeStore = ReturnType<typeof episodeStore>;
