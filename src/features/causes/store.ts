// All SQL on `causal_chains` and `causal_links`.
import { type Expression, type SqlBool, sql } from 'kysely';
import type { IdList, StoreDb } from '../../core/store-db.ts';
import type { CausalChainTable, CausalLinkTable } from '../../core/tables.ts';

type Row<T> = { [K in keyof T]: K extends 'id' ? number : T[K] };
export type CausalChainRow = Row<CausalChainTable>;
export type CausalLinkRow = Row<CausalLinkTable>;
export type ShownLink = CausalLinkRow & { cause_content: string; effect_content: string };

interface Seen {
  user_id: number;
  /** Null: all spaces. */
  space_id: number | null;
  /** core/clock text. */
  now: string;
}

/** Ways to a memory that are looked at per step. */
const MOST_WAYS = 500;

export function causeStore(db: StoreDb, idList: IdList) {
  /** Between memories that can be recalled now. */
  const visible = ({ user_id, space_id, now }: Seen) =>
    db
      .selectFrom('causal_links as l')
      .innerJoin('memories as c', 'c.id', 'l.cause_memory_id')
      .innerJoin('memories as e', 'e.id', 'l.effect_memory_id')
      .where('l.user_id', '=', user_id)
      .where((eb) => {
        const all: Expression<SqlBool>[] = [];
        for (const side of ['c', 'e'] as const) {
          all.push(
            eb(`${side}.user_id`, '=', user_id),
            eb(`${side}.is_latest`, '=', sql.lit(1)),
            eb(`${side}.is_forgotten`, '=', sql.lit(0)),
            eb(`${side}.is_archived`, '=', sql.lit(0)),
            eb(`${side}.status`, '=', sql.lit('approved')),
            eb.or([eb(`${side}.forget_after`, 'is', null), eb(`${side}.forget_after`, '>', now)]),
          );
          if (space_id !== null) all.push(eb(`${side}.space_id`, '=', space_id));
        }
        return eb.and(all);
      });
  const owned = (user_id: number) => db.selectFrom('causal_links').where('user_id', '=', user_id);

  return {
    async addChain(row: Omit<CausalChainRow, 'id'>): Promise<CausalChainRow> {
      return db.insertInto('causal_chains').values(row).returningAll().executeTakeFirstOrThrow();
    },
    async addLink(row: Omit<CausalLinkRow, 'id'>): Promise<CausalLinkRow> {
      return db.insertInto('causal_links').values(row).returningAll().executeTakeFirstOrThrow();
    },

    chain: (
      { user_id, space_id }: Pick<Seen, 'user_id' | 'space_id'>,
      id: number,
    ): Promise<CausalChainRow | undefined> => {
      const query = db.selectFrom('causal_chains').where('user_id', '=', user_id).where('id', '=', id).selectAll();
      return (space_id === null ? query : query.where('space_id', '=', space_id)).executeTakeFirst();
    },
    /** Newest first; of those found by reading, only such as can be seen. */
    async chains(seen: Seen, limit: number): Promise<CausalChainRow[]> {
      const query = db
        .selectFrom('causal_chains as h')
        .where('h.user_id', '=', seen.user_id)
        .where((eb) =>
          eb.or([
            eb('h.origin', '=', sql.lit('manual')),
            eb.exists(visible(seen).where('l.chain_id', '=', eb.ref('h.id')).select('l.id')),
          ]),
        );
      return (seen.space_id === null ? query : query.where('h.space_id', '=', seen.space_id))
        .selectAll('h')
        .orderBy('h.id', 'desc')
        .limit(limit)
        .execute();
    },
    shown: async (seen: Seen, chain_ids: readonly number[]): Promise<ShownLink[]> =>
      chain_ids.length === 0
        ? []
        : visible(seen)
            .where('l.chain_id', 'in', idList(chain_ids))
            .selectAll('l')
            .select(['c.content as cause_content', 'e.content as effect_content'])
            .orderBy('l.id')
            .execute(),

    /** What came directly before these, of chains and of links between memories; the strongest first. */
    async causesOf(seen: Seen, ids: readonly number[]): Promise<{ cause: number; effect: number; strength: number }[]> {
      if (ids.length === 0) return [];
      const chained = await visible(seen)
        .where('l.effect_memory_id', 'in', idList(ids))
        .select(['l.cause_memory_id as cause', 'l.effect_memory_id as effect', 'l.strength'])
        .limit(MOST_WAYS)
        .execute();
      const linked = async (type: 'caused_by' | 'causes') => {
        const [effect, cause] =
          type === 'caused_by' ? (['source_id', 'target_id'] as const) : (['target_id', 'source_id'] as const);
        const query = db
          .selectFrom('memory_links as k')
          .innerJoin('memories as m', 'm.id', `k.${cause}`)
          .where('k.user_id', '=', seen.user_id)
          .where('k.type', '=', type)
          .where(`k.${effect}`, 'in', idList(ids))
          .where('m.user_id', '=', seen.user_id)
          .where('m.is_latest', '=', sql.lit(1))
          .where('m.is_forgotten', '=', sql.lit(0))
          .where('m.is_archived', '=', sql.lit(0))
          .where('m.status', '=', sql.lit('approved'));
        return (seen.space_id === null ? query : query.where('m.space_id', '=', seen.space_id))
          .select([`k.${cause} as cause`, `k.${effect} as effect`, 'k.similarity as strength'])
          .limit(MOST_WAYS)
          .execute();
      };
      return [...chained, ...(await linked('caused_by')), ...(await linked('causes'))].sort(
        (a, b) => b.strength - a.strength || a.cause - b.cause,
      );
    },

    foundIn: (user_id: number, memory_id: number): Promise<CausalLinkRow[]> =>
      owned(user_id).where('found_in', '=', memory_id).selectAll().orderBy('id').execute(),

    /** Chains found by reading that any of these memories belongs to. */
    async chainsAround(user_id: number, memory_ids: readonly number[]): Promise<number[]> {
      if (memory_ids.length === 0) return [];
      const found = new Set<number>();
      for (const end of ['cause_memory_id', 'effect_memory_id'] as const) {
        const rows = await db
          .selectFrom('causal_links as l')
          .innerJoin('causal_chains as h', 'h.id', 'l.chain_id')
          .where('l.user_id', '=', user_id)
          .where(`l.${end}`, 'in', idList(memory_ids))
          .where('h.origin', '=', sql.lit('read'))
          .select('l.chain_id')
          .distinct()
          .limit(MOST_WAYS)
          .execute();
        for (const { chain_id } of rows) found.add(chain_id);
      }
      return [...found].sort((a, b) => a - b);
    },
    linksOf: async (user_id: number, chain_ids: readonly number[]): Promise<CausalLinkRow[]> =>
      chain_ids.length === 0
        ? []
        : owned(user_id).where('chain_id', 'in', idList(chain_ids)).selectAll().orderBy('id').execute(),

    async removeLinks(user_id: number, ids: readonly number[]): Promise<void> {
      if (ids.length === 0) return;
      await db.deleteFrom('causal_links').where('user_id', '=', user_id).where('id', 'in', idList(ids)).execute();
    },
    async moveLinks(user_id: number, ids: readonly number[], chain_id: number): Promise<void> {
      if (ids.length === 0) return;
      await db
        .updateTable('causal_links')
        .set({ chain_id })
        .where('user_id', '=', user_id)
        .where('id', 'in', idList(ids))
        .execute();
    },
    /** Those of these chains that were found by reading. */
    readAmong: async (user_id: number, ids: readonly number[]): Promise<number[]> =>
      ids.length === 0
        ? []
        : (
            await db
              .selectFrom('causal_chains')
              .where('user_id', '=', user_id)
              .where('id', 'in', idList(ids))
              .where('origin', '=', sql.lit('read'))
              .select('id')
              .execute()
          ).map(({ id }) => id),
    async removeChains(user_id: number, ids: readonly number[]): Promise<void> {
      if (ids.length === 0) return;
      await db.deleteFrom('causal_chains').where('user_id', '=', user_id).where('id', 'in', idList(ids)).execute();
    },
    async claim(user_id: number, chain_id: number): Promise<void> {
      await db
        .updateTable('causal_chains')
        .set({ origin: 'manual' })
        .where('user_id', '=', user_id)
        .where('id', '=', chain_id)
        .execute();
    },
    /** A new version stands where the old one stood. */
    async takeOver(user_id: number, from_id: number, to_id: number): Promise<void> {
      for (const end of ['cause_memory_id', 'effect_memory_id'] as const)
        await db
          .updateTable('causal_links')
          .set({ [end]: to_id })
          .where('user_id', '=', user_id)
          .where(end, '=', from_id)
          .execute();
      await db
        .updateTable('causal_chains')
        .set({ root_memory_id: to_id })
        .where('user_id', '=', user_id)
        .where('root_memory_id', '=', from_id)
        .execute();
    },
  };
}
export type CauseStore = ReturnType<typeof causeStore>;
