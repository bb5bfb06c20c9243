// What callers without a key may ask for: a bucket per address, since every request here reaches the database, and some
// write to it or call other servers.
import { createBuckets } from '../../algo/token-bucket.ts';
import type { Clock } from '../../core/clock.ts';
import { addressGroup } from '../limits/rules.ts';

/** Requests a minute from one address. */
const PER_MINUTE = 120;
/** Units that a registration, a wrong key and a look at another server take. */
export const DEAR = 12;
const MOST_ADDRESSES = 10_000;

export interface Guard {
  /** @returns seconds to wait, 0 when it may go on */
  take(peer: string | null, cost?: number): number;
  /** Takes whether there is something left or not. */
  charge(peer: string | null): void;
}

export function createGuard(clock: Clock): Guard {
  const buckets = createBuckets(MOST_ADDRESSES);
  const nameOf = (peer: string | null) => (peer === null ? 'here' : addressGroup(peer));
  return {
    take: (peer, cost = 1) => Math.ceil(buckets.take(nameOf(peer), cost, PER_MINUTE, clock.now()).wait_ms / 1000),
    charge: (peer) => buckets.charge(nameOf(peer), DEAR, PER_MINUTE, clock.now()),
  };
}
