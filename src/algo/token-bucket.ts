// Token buckets: each holds up to `limit` tokens, gets them back evenly over a minute, and a request takes some out. A
// burst of `limit` is allowed; over any longer time it is `limit` a minute. Buckets that nobody asks for are full, so
// forgetting one is no loss to its owner: that bounds the memory.

export const WINDOW_MS = 60_000;

export interface Take {
  readonly allowed: boolean;
  readonly limit: number;
  /** Whole tokens left. */
  readonly remaining: number;
  /** Until the bucket is full again. */
  readonly reset_ms: number;
  /** Until this very request would be allowed; 0 when it was. */
  readonly wait_ms: number;
}

/** What sums of fractions lose on the way must not keep a full bucket from paying. */
const ROUNDING = 1e-9;

interface Bucket {
  tokens: number;
  at: number;
}

export interface Buckets {
  /**
   * Takes `cost` tokens, or none when there are too few. A cost above the limit needs a full bucket, or nobody could ever
   * pay it.
   * @param limit tokens a minute, at least 1; it may change from call to call
   * @param now milliseconds; a clock that goes back gives no tokens and takes none
   */
  take(name: string, cost: number, limit: number, now: number): Take;
  /** What `take` of nothing would answer. */
  look(name: string, limit: number, now: number): Take;
  /** Takes tokens whether they are there or not: down to an empty bucket. */
  charge(name: string, cost: number, limit: number, now: number): void;
  readonly size: number;
}

/** @param most buckets kept; those longest unused go first */
export function createBuckets(most: number): Buckets {
  const buckets = new Map<string, Bucket>();

  /** Brought up to now, and last in the order of use. */
  function current(name: string, limit: number, now: number): Bucket {
    const known = buckets.get(name);
    if (known) {
      buckets.delete(name);
      known.tokens = Math.min(limit, known.tokens + (Math.max(0, now - known.at) * limit) / WINDOW_MS);
      known.at = now;
      buckets.set(name, known);
      return known;
    }
    if (buckets.size >= most) buckets.delete(buckets.keys().next().value!);
    const fresh = { tokens: limit, at: now };
    buckets.set(name, fresh);
    return fresh;
  }

  const msFor = (tokens: number, limit: number): number => Math.max(0, (tokens * WINDOW_MS) / limit);
  const answer = ({ tokens }: Bucket, limit: number, allowed: boolean, missing: number): Take => ({
    allowed,
    limit,
    remaining: Math.floor(tokens + ROUNDING),
    reset_ms: msFor(limit - tokens, limit),
    wait_ms: msFor(missing, limit),
  });

  return {
    take(name, cost, limit, now) {
      const bucket = current(name, limit, now);
      const price = Math.min(cost, limit);
      const missing = price - bucket.tokens;
      if (missing > ROUNDING) return answer(bucket, limit, false, missing);
      bucket.tokens = Math.max(0, bucket.tokens - price);
      return answer(bucket, limit, true, 0);
    },
    look(name, limit, now) {
      const known = buckets.get(name);
      if (!known) return answer({ tokens: limit, at: now }, limit, true, 0);
      const bucket = current(name, limit, now);
      return answer(bucket, limit, bucket.tokens >= 1 - ROUNDING, 1 - bucket.tokens);
    },
    charge(name, cost, limit, now) {
      const bucket = current(name, limit, now);
      bucket.tokens = Math.max(0, bucket.tokens - cost);
    },
    get size() {
      return buckets.size;
    },
  };
}
