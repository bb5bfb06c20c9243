// Opens the language model that the settings name. Opening asks nothing of its server: it may come up later.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../../core/clock.ts';
import type { Ids } from '../../core/crypto.ts';
import type { Logger } from '../../core/log.ts';
import type { LlmSample } from '../../core/metrics.ts';
import type { Atomically } from '../../core/unit-of-work.ts';
import type { LlmUsageStore } from '../../features/llm/store.ts';
import { createLlm, type LlmAdapterOptions, type OpenLlm } from './adapter.ts';
import { chatAddress } from './address.ts';
import { createBudget } from './budget.ts';

/** Section [llm] of the settings. */
export interface LlmSettings {
  /** Null for no language model. */
  readonly url: string | null;
  readonly api_key: { reveal(): string } | null;
  readonly model: string | null;
  readonly timeout_ms: number;
  readonly background_timeout_ms: number;
  readonly concurrency: number;
  readonly daily_tokens: number;
  readonly price_in: number;
  readonly price_out: number;
}

interface Bound {
  readonly llmUsage: LlmUsageStore;
}

export interface LlmDeps {
  read: Bound;
  atomically: Atomically<Bound>;
  observe(sample: LlmSample): void;
  ids: Ids;
  clock: Clock;
  logger: Logger;
}

/** @returns null when the settings name none */
export function openLlm(settings: LlmSettings, deps: LlmDeps): OpenLlm | null {
  const { read, atomically, observe, ids, clock, logger } = deps;
  const server = serverOf(settings);
  if (server === null) return null;
  const book = {
    tokensOn: read.llmUsage.tokensOn,
    add: (day: string, tokens_in: number, tokens_out: number) =>
      atomically(({ llmUsage }) => llmUsage.add(day, tokens_in, tokens_out)),
  };
  const llm = createLlm({
    ...server,
    budget: createBudget({ daily: settings.daily_tokens, book, clock, logger }),
    observe,
    randomHex: ids.randomHex,
    logger,
    ...TIME_AND_CHANCE,
  });
  logger.info({ model: llm.model, address: server.address }, 'language model set up');
  return llm;
}

/** What of the settings the adapter needs; null when they name no language model. */
export function serverOf(settings: LlmSettings) {
  const { url, model, api_key, timeout_ms, background_timeout_ms, concurrency, price_in, price_out } = settings;
  if (url === null || model === null) return null;
  return {
    address: chatAddress(url),
    model,
    api_key: api_key?.reveal() ?? null,
    patience_ms: { soon: timeout_ms, later: background_timeout_ms },
    concurrency,
    price: { in: price_in, out: price_out },
  };
}

/** The wall clock here is for dates that the server names, so it is the machine's, not the one that days are counted by. */
const TIME_AND_CHANCE: Pick<LlmAdapterOptions, 'random' | 'now' | 'monotonic' | 'delay'> = {
  random: Math.random,
  now: Date.now,
  monotonic: () => performance.now(),
  delay: (ms, signal) => sleep(ms, undefined, { signal }).catch(() => undefined),
};
