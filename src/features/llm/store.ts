// All SQL on llm_usage: the tokens of each UTC day, of all users together, since they share one server and its price.
import type { StoreDb } from '../../core/store-db.ts';

export function llmUsageStore(db: StoreDb) {
  return {
    /** @param day YYYY-MM-DD */
    async tokensOn(day: string): Promise<number> {
      const row = await db
        .selectFrom('llm_usage')
        .where('day', '=', day)
        .select(['tokens_in', 'tokens_out'])
        .executeTakeFirst();
      return row ? row.tokens_in + row.tokens_out : 0;
    },
    /** @returns all tokens of that day */
    async add(day: string, tokens_in: number, tokens_out: number): Promise<number> {
      const row = await db
        .insertInto('llm_usage')
        .values({ day, requests: 1, tokens_in, tokens_out })
        .onConflict((oc) =>
          oc.column('day').doUpdateSet((eb) => ({
            requests: eb('llm_usage.requests', '+', eb.ref('excluded.requests')),
            tokens_in: eb('llm_usage.tokens_in', '+', eb.ref('excluded.tokens_in')),
            tokens_out: eb('llm_usage.tokens_out', '+', eb.ref('excluded.tokens_out')),
          })),
        )
        .returning(['tokens_in', 'tokens_out'])
        .executeTakeFirstOrThrow();
      return row.tokens_in + row.tokens_out;
    },
  };
}
export type LlmUsageStore = ReturnType<typeof llmUsageStore>;
