// Reads what waits for review. The memories themselves are written by their own store.
import { sql } from 'kysely';
import { matchesFilter } from '../../core/memory-filter.ts';
import type { MemoryFilter } from '../../core/ports.ts';
import type { StoreDb } from '../../core/store-db.ts';
import type { MemoryRow } from '../memory/rules.ts';

export function inboxStore(db: StoreDb) {
  const waiting = (filter: MemoryFilter) =>
    db
      .selectFrom('memories as m')
      .where(matchesFilter({ ...filter, status: 'pending' }))
      // Said once more, written out: only so does the index of waiting memories apply.
      .where('m.status', '=', sql.lit('pending'));

  return {
    list: (filter: MemoryFilter, limit: number, offset: number): Promise<MemoryRow[]> =>
      waiting(filter).selectAll('m').orderBy('m.id', 'desc').limit(limit).offset(offset).execute(),

    async count(filter: MemoryFilter): Promise<number> {
      const row = await waiting(filter)
        .select((eb) => eb.fn.countAll<number>().as('n'))
        .executeTakeFirstOrThrow();
      return Number(row.n);
    },
  };
}
export type InboxStore = ReturnType<typeof inboxStore>;
