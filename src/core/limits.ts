// How much callers may ask for: what HTTP asks before it works, answered by features/limits.
import type { Scope } from './scope.ts';

export interface Verdict {
  readonly allowed: boolean;
  /** `address` or `key`: what the limit is about. */
  readonly policy: string;
  /** Cost units a minute. */
  readonly limit: number;
  readonly remaining: number;
  /** Seconds until all is there again. */
  readonly reset: number;
  /** Seconds until this request would be allowed; 0 when it was. */
  readonly retry_after: number;
}

export interface Caller {
  /** Null in process. */
  readonly address: string | null;
  /** On this machine, and for itself rather than for somebody further away. */
  readonly local: boolean;
}

/** Null: not limited. */
export interface Limits {
  /** Asked before it is known who it is. */
  ofAddress(caller: Caller): Verdict | null;
  ofKey(caller: Caller, scope: Scope, cost: number): Promise<Verdict | null> | Verdict | null;
  /** A wrong key was shown: guessing gets slower with every guess. */
  guessed(caller: Caller): void;
}
