// Counts over the memories of one user. Reads only; each question is one pass over that user's memories at most.
import { type SqlBool, sql } from 'kysely';
import { matchesFilter } from '../../core/memory-filter.ts';
import type { MemoryFilter } from '../../core/ports.ts';
import type { IdList, StoreDb } from '../../core/store-db.ts';

export interface Care {
  /** core/clock text: what was last read before is stale. */
  stale_before: string;
  /** Model whose vectors count; null: none does. */
  model: string | null;
}
export type Flaw = 'stale' | 'unlinked' | 'without_embeddings';

/** On Postgres, sums come as text. */
const whole = (n: unknown): number => Number(n ?? 0);

export function healthStore(db: StoreDb, idList: IdList) {
  const recallable = (filter: MemoryFilter) => db.selectFrom('memories as m').where(matchesFilter(filter));
  const lastRead = sql<string>`coalesce(m.last_accessed_at, m.created_at)`;
  /** A look into an index for each memory: slower than joining sets, but never worse than linear on either database. */
  const flaws = ({ stale_before, model }: Care): Record<Flaw, ReturnType<typeof sql<SqlBool>>> => ({
    stale: sql<SqlBool>`m.is_static = 0 and ${lastRead} < ${stale_before}`,
    unlinked: sql<SqlBool>`not exists (select 1 from memory_links l where l.source_id = m.id and l.user_id = m.user_id)
      and not exists (select 1 from memory_links l where l.target_id = m.id and l.user_id = m.user_id)`,
    without_embeddings: sql<SqlBool>`not exists (select 1 from memory_vectors v
      where v.user_id = m.user_id and v.model = ${model ?? ''} and v.memory_id = m.id and v.part = 0)`,
  });

  return {
    /** What can be recalled. */
    async outline(filter: MemoryFilter) {
      const row = await recallable(filter)
        .select((eb) => [
          eb.fn.countAll().as('total'),
          eb.fn.avg('m.importance').as('avg_importance'),
          eb.fn.min('m.created_at').as('oldest'),
        ])
        .executeTakeFirstOrThrow();
      return {
        total: whole(row.total),
        avg_importance: whole(row.avg_importance),
        oldest: row.oldest as string | null,
      };
    },

    /** How many of those have a flaw. */
    async count(filter: MemoryFilter, care: Care, flaw: Flaw): Promise<number> {
      const row = await recallable(filter)
        .where(flaws(care)[flaw])
        .select((eb) => eb.fn.countAll<number>().as('n'))
        .executeTakeFirstOrThrow();
      return Number(row.n);
    },

    /** What cannot be recalled, by why. */
    async hidden(user_id: number) {
      const row = await db
        .selectFrom('memories')
        .where('user_id', '=', user_id)
        .select([
          sql<number>`sum(case when is_latest = 0 then 1 else 0 end)`.as('superseded'),
          sql<number>`sum(case when is_latest = 1 and is_forgotten = 1 then 1 else 0 end)`.as('forgotten'),
          sql<number>`sum(case when is_latest = 1 and is_forgotten = 0 and is_archived = 1 and status <> 'rejected'
            then 1 else 0 end)`.as('archived'),
          sql<number>`sum(case when is_latest = 1 and is_forgotten = 0 and status = 'pending' then 1 else 0 end)`.as(
            'pending',
          ),
          sql<number>`sum(case when is_latest = 1 and is_forgotten = 0 and status = 'rejected' then 1 else 0 end)`.as(
            'rejected',
          ),
        ])
        .executeTakeFirstOrThrow();
      return {
        superseded: whole(row.superseded),
        forgotten: whole(row.forgotten),
        archived: whole(row.archived),
        pending: whole(row.pending),
        rejected: whole(row.rejected),
      };
    },

    /** Some of those that have a flaw. */
    async examples(filter: MemoryFilter, care: Care, flaw: Flaw, limit: number): Promise<number[]> {
      const rows = await recallable(filter)
        .where(flaws(care)[flaw])
        .select('m.id')
        .$if(flaw === 'stale', (qb) => qb.orderBy(lastRead))
        .orderBy('m.id', flaw === 'stale' ? 'asc' : 'desc')
        .limit(limit)
        .execute();
      return rows.map(({ id }) => id);
    },

    /** Groups of recallable memories that say exactly the same: how many are in each, and its first. */
    duplicates: (filter: MemoryFilter): Promise<{ n: number; first: number }[]> =>
      db
        .selectFrom('memories as m')
        .where(matchesFilter(filter))
        // Answered by the index of texts alone, which leaves few rows to read.
        .where('m.content_hash', 'in', (eb) =>
          eb
            .selectFrom('memories as same')
            .where('same.user_id', '=', filter.user_id)
            .groupBy('same.content_hash')
            .having((having) => having.fn.countAll(), '>', sql.lit(1))
            .select('same.content_hash'),
        )
        .groupBy('m.content_hash')
        .having((eb) => eb.fn.countAll(), '>', sql.lit(1))
        .select((eb) => [eb.fn.countAll<number>().as('n'), eb.fn.min('m.id').as('first')])
        .execute(),

    /** All that say the same as these, by text, each group oldest first. */
    async sayingAs(filter: MemoryFilter, ids: readonly number[]): Promise<number[][]> {
      const rows = await db
        .selectFrom('memories as m')
        .where(matchesFilter(filter))
        .where('m.content_hash', 'in', (eb) =>
          eb
            .selectFrom('memories as first')
            .where('first.user_id', '=', filter.user_id)
            .where('first.id', 'in', idList(ids))
            .select('first.content_hash'),
        )
        .select(['m.id', 'm.content_hash'])
        .orderBy('m.id')
        .execute();
      const byText = Map.groupBy(rows, (row) => row.content_hash);
      return [...byText.values()].map((same) => same.map(({ id }) => id));
    },
  };
}
export type HealthStore = ReturnType<typeof healthStore>;
