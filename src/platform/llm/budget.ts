// How many tokens may be used a day. Counted in the database, so a restart forgets nothing and several servers share one
// budget. A day is a UTC day.
import { type Clock, formatTime } from '../../core/clock.ts';
import { AppError } from '../../core/errors.ts';
import type { Logger } from '../../core/log.ts';

/** Tokens by day (`YYYY-MM-DD`). */
export interface UsageBook {
  tokensOn(day: string): Promise<number>;
  /** @returns all tokens of that day */
  add(day: string, tokens_in: number, tokens_out: number): Promise<number>;
}

export interface Budget {
  /** @throws AppError `llm_budget_spent` */
  check(): Promise<void>;
  /** Never fails: an answer that was paid for is not lost over its receipt. */
  spend(tokens_in: number, tokens_out: number): Promise<void>;
}

export interface BudgetOptions {
  /** Tokens a day, in and out together; 0 for no limit. Requests under way when it is reached are finished. */
  daily: number;
  book: UsageBook;
  clock: Clock;
  logger: Logger;
}

export function createBudget({ daily, book, clock, logger }: BudgetOptions): Budget {
  let known = { day: '', tokens: 0 };
  const today = () => formatTime(clock.now()).slice(0, 10);

  return {
    async check() {
      if (daily === 0) return;
      const day = today();
      if (known.day !== day) known = { day, tokens: await book.tokensOn(day) };
      if (known.tokens < daily) return;
      throw new AppError(
        'llm_budget_spent',
        `The ${daily} tokens a day that the language model may use (ENGRAM_LLM_DAILY_TOKENS) are used up; it goes on tomorrow, 00:00 UTC.`,
      );
    },
    async spend(tokens_in, tokens_out) {
      const day = today();
      try {
        const tokens = await book.add(day, tokens_in, tokens_out);
        // Two that end together may hear the sums in the other order.
        known = { day, tokens: Math.max(tokens, known.day === day ? known.tokens : 0) };
      } catch (error) {
        // Until it can be written again, this process counts for itself.
        known = { day, tokens: (known.day === day ? known.tokens : 0) + tokens_in + tokens_out };
        logger.warn(
          { err: error, tokens_in, tokens_out },
          'tokens used by the language model could not be written down',
        );
      }
    },
  };
}
