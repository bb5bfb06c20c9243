// When a call is made again, and how long to wait before.
import { EngramError } from './errors.ts';
import type { Operation } from './transport.ts';

export interface RetryOptions {
  /** How often to try again; default 2. */
  readonly attempts?: number;
  /** Wait before the second try in milliseconds, doubled with each further one; default 250. */
  readonly minDelay?: number;
  /** Longest wait in milliseconds; default 60,000. A server that asks for more is not asked again. */
  readonly maxDelay?: number;
  /** How to wait; for tests. Rejects with the signal's reason when that fires. */
  readonly wait?: (ms: number, signal: AbortSignal | undefined) => Promise<void>;
  /** 0 to 1; for tests. */
  readonly random?: () => number;
}

export type RetryPolicy = Required<RetryOptions>;

export const retryPolicy = (options: number | RetryOptions = {}): RetryPolicy => {
  const given = typeof options === 'number' ? { attempts: options } : options;
  return { attempts: 2, minDelay: 250, maxDelay: 60_000, wait: pause, random: Math.random, ...given };
};

const SAFE: ReadonlySet<Operation['method']> = new Set(['GET', 'PUT', 'DELETE']);

/** A refusal for too many requests came before anything was done; everything else may have been half way. */
export function mayRepeat(operation: Operation, error: unknown): boolean {
  if (!(error instanceof EngramError)) return false;
  if (error.statusCode === 429) return true;
  const harmless = SAFE.has(operation.method) || operation.readOnly === true;
  return harmless && (error.statusCode === 503 || error.statusCode === 0);
}

/**
 * Milliseconds until the next try: what the server asks for, else doubling, half of it by chance so that many clients do
 * not come back together. Null when the server asks for more patience than there is.
 */
export function delayBefore(attempt: number, retryAfter: number | null, policy: RetryPolicy): number | null {
  if (retryAfter !== null) return retryAfter <= policy.maxDelay ? retryAfter : null;
  const full = Math.min(policy.maxDelay, policy.minDelay * 2 ** attempt);
  return full / 2 + (full / 2) * policy.random();
}

/** Retry-After in milliseconds: seconds or a date; null when it is missing or neither. */
export function readRetryAfter(header: string | null, now: number = Date.now()): number | null {
  if (header === null || header.trim() === '') return null;
  const seconds = Number(header);
  const ms = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(header) - now;
  return Number.isNaN(ms) ? null : Math.max(0, ms);
}

function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      resolve();
    }, ms);
    if (signal?.aborted) stop();
    else signal?.addEventListener('abort', stop, { once: true });
  });
}
