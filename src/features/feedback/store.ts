// All SQL on `feedback`.
import type { StoreDb } from '../../core/store-db.ts';
import type { FeedbackTable } from '../../core/tables.ts';

export function feedbackStore(db: StoreDb) {
  return {
    async add(row: Omit<FeedbackTable, 'id'>): Promise<void> {
      await db.insertInto('feedback').values(row).execute();
    },

    /** How often each rating was given; those never given are missing. */
    async counts(user_id: number): Promise<Map<string, number>> {
      const rows = await db
        .selectFrom('feedback')
        .where('user_id', '=', user_id)
        .select((eb) => ['rating', eb.fn.countAll<number>().as('n')])
        .groupBy('rating')
        .execute();
      return new Map(rows.map(({ rating, n }) => [rating, Number(n)]));
    },
  };
}
export type FeedbackStore = ReturnType<typeof feedbackStore>;
