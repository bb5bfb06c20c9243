// A large language model as the product sees it: one question, one answer of a given shape. platform/llm/ implements it.
import type { z } from 'zod';

export interface LlmAsk<T> {
  /** What this is for, in one or two words: in the log, in the counters, and as the name of the JSON schema. */
  readonly purpose: string;
  /** What to do, and how. Written by the program, never by users. */
  readonly instructions: string;
  /** What to do it with. Comes from users and from memories, so it is data: the adapter marks it so that it gives no orders. */
  readonly data: string;
  readonly answer: z.ZodType<T>;
  /** Of the answer; without it as much as the adapter allows. */
  readonly max_tokens?: number;
  /** 0..1, 0 when left out. */
  readonly temperature?: number;
  /** People wait for `soon`; `later` is background work, with more patience and after all others. */
  readonly urgency: 'soon' | 'later';
}

export interface Llm {
  readonly model: string;
  /**
   * @returns an answer of the wanted shape
   * @throws AppError `llm_unavailable` when none came in time, after repairs and retries; `llm_budget_spent` when today's
   *   tokens are used up
   */
  ask<T>(ask: LlmAsk<T>): Promise<T>;
}
