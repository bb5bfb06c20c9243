// What the tests of the adapter share: a question, a server on this machine, an adapter whose time passes at once.
import { afterEach, expect } from 'vitest';
import { z } from 'zod';
import { fakeClock } from '../../../test/support/app.ts';
import { type LlmServer, startLlm } from '../../../test/support/llm-server.ts';
import { AppError } from '../../core/errors.ts';
import type { LlmAsk } from '../../core/llm.ts';
import { silentLogger } from '../../core/log.ts';
import type { LlmSample } from '../../core/metrics.ts';
import { createLlm, type LlmAdapterOptions, type OpenLlm } from './adapter.ts';
import { chatAddress } from './address.ts';
import { createBudget, type UsageBook } from './budget.ts';

export const KEY = 'sk-very-secret-key';
export const SECRET = 'My diary says the treasure lies under the old oak.';
export const Facts = z.object({ facts: z.array(z.string()) });
export const FACTS = { facts: ['a', 'b'] };
export const INSTRUCTIONS = 'Find the facts.';
export type Facts = z.infer<typeof Facts>;

export const question = (change: Partial<LlmAsk<Facts>> = {}): LlmAsk<Facts> => ({
  purpose: 'facts',
  instructions: INSTRUCTIONS,
  data: SECRET,
  answer: Facts,
  urgency: 'later',
  ...change,
});

const servers: LlmServer[] = [];
const opened: OpenLlm[] = [];
afterEach(async () => {
  for (const llm of opened.splice(0)) await llm.close();
  for (const server of servers.splice(0)) await server.close();
});

export async function start(
  options: Parameters<typeof startLlm>[0] = { answer: { facts: FACTS } },
): Promise<LlmServer> {
  const server = await startLlm(options);
  servers.push(server);
  return server;
}

/** Tokens of one day in memory. */
export function memoryBook(): UsageBook & { days: Map<string, number> } {
  const days = new Map<string, number>();
  return {
    days,
    tokensOn: async (day) => days.get(day) ?? 0,
    async add(day, tokens_in, tokens_out) {
      days.set(day, (days.get(day) ?? 0) + tokens_in + tokens_out);
      return days.get(day)!;
    },
  };
}

export function open(url: string, options: Partial<LlmAdapterOptions> & { daily?: number } = {}) {
  const { daily = 0, ...more } = options;
  const waits: number[] = [];
  const samples: LlmSample[] = [];
  const clock = fakeClock();
  const book = memoryBook();
  let now = 0;
  let marks = 0;
  const llm = createLlm({
    address: chatAddress(url),
    model: 'toy-llm',
    api_key: KEY,
    patience_ms: { soon: 20_000, later: 120_000 },
    concurrency: 2,
    price: { in: 2, out: 10 },
    budget: createBudget({ daily, book, clock, logger: silentLogger }),
    observe: (sample) => samples.push(sample),
    randomHex: (bytes) => String(++marks).padStart(bytes * 2, '0'),
    logger: silentLogger,
    random: () => 0.5,
    now: () => Date.UTC(2026, 2, 2),
    monotonic: () => now,
    // Waiting takes as long as it says, in no time.
    delay: async (ms) => {
      waits.push(ms);
      now += ms;
    },
    ...more,
  });
  opened.push(llm);
  return { llm, waits, samples, clock, book, pass: (ms: number) => (now += ms) };
}

export async function failure(work: Promise<unknown>): Promise<AppError> {
  const error = await work.then(
    () => new Error('It should have failed.'),
    (thrown: Error) => thrown,
  );
  expect(error).toBeInstanceOf(AppError);
  return error as AppError;
}
/** What the log says: the sentence behind the answer to the caller. */
export const cause = async (work: Promise<unknown>) => ((await failure(work)).cause as Error).message;
