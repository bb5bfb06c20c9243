// Token buckets per address and per key, in memory: a limiter that writes would cost more than what it limits.
import { createBuckets, type Take } from '../../algo/token-bucket.ts';
import type { Clock } from '../../core/clock.ts';
import { AppError } from '../../core/errors.ts';
import type { Caller, Limits, Verdict } from '../../core/limits.ts';
import { allows, type Scope } from '../../core/scope.ts';
import { addressGroup } from './rules.ts';

export interface LimitsDeps {
  read: {
    access: {
      keyById(id: number): Promise<{ user_id: number; rate_limit: number } | undefined>;
    };
  };
  /** What an administrator set for all keys of a user; null: what each key says. */
  overrideOf(user_id: number): Promise<number | null>;
  clock: Clock;
  /** Requests a minute from one address; 0: any number. */
  per_address: number;
  /** Callers on this machine are limited too. */
  loopback: boolean;
}

/** Of each kind; a bucket takes about 200 bytes. */
const MOST_BUCKETS = 20_000;
/** A wrong key costs as much of its address's minute as this many requests. */
const GUESS_COST = 20;
/** How long a limit of a key is believed. */
const CACHE_MS = 10_000;
/** For callers without a key, where those are let in. */
const OPEN_LIMIT = 1000;

interface KnownLimit {
  user_id: number;
  limit: number;
  read_at: number;
}

const verdict = (policy: string, { allowed, limit, remaining, reset_ms, wait_ms }: Take): Verdict => ({
  policy,
  allowed,
  limit,
  remaining,
  reset: Math.ceil(reset_ms / 1000),
  retry_after: Math.ceil(wait_ms / 1000),
});

export function createLimits({ read, overrideOf, clock, per_address, loopback }: LimitsDeps) {
  const addresses = createBuckets(MOST_BUCKETS);
  const keys = createBuckets(MOST_BUCKETS);
  const known = new Map<number, KnownLimit>();

  const exempt = ({ address, local }: Caller): boolean => address === null || (local && !loopback);

  async function readLimit(key_id: number, user_id: number): Promise<number> {
    const [row, override] = await Promise.all([
      key_id === 0 ? undefined : read.access.keyById(key_id),
      overrideOf(user_id),
    ]);
    const limit = Math.max(1, override ?? row?.rate_limit ?? OPEN_LIMIT);
    if (known.size >= MOST_BUCKETS) known.delete(known.keys().next().value!);
    known.set(key_id, { user_id, limit, read_at: clock.now() });
    return limit;
  }
  /** Without waiting where it is known, which is nearly always. */
  function limitOf(key_id: number, user_id: number): number | Promise<number> {
    const found = known.get(key_id);
    return found && clock.now() - found.read_at < CACHE_MS ? found.limit : readLimit(key_id, user_id);
  }

  const take = (key_id: number, cost: number, limit: number): Verdict =>
    verdict('key', keys.take(String(key_id), cost, limit, clock.now()));

  const limits: Limits = {
    ofAddress(caller) {
      if (per_address === 0 || exempt(caller)) return null;
      return verdict('address', addresses.take(addressGroup(caller.address!), 1, per_address, clock.now()));
    },
    ofKey(caller, { key_id, user_id }, cost) {
      if (exempt(caller)) return null;
      const limit = limitOf(key_id, user_id);
      return typeof limit === 'number' ? take(key_id, cost, limit) : limit.then((read) => take(key_id, cost, read));
    },
    guessed(caller) {
      if (per_address > 0 && !exempt(caller))
        addresses.charge(addressGroup(caller.address!), GUESS_COST, per_address, clock.now());
    },
  };

  async function lookAtKey(id: number, user_id: number): Promise<Take> {
    return keys.look(String(id), await limitOf(id, user_id), clock.now());
  }

  async function lookFor(scope: Scope, name: string): Promise<{ key: string; take: Take }> {
    const [, kind, rest] = /^(key|user|ip):(.+)$/.exec(name) ?? [];
    const own = { key: `user:${scope.user_id}`, take: await lookAtKey(scope.key_id, scope.user_id) };
    if (!allows(scope, 'admin') || kind === undefined) return own;
    if (kind === 'ip') {
      const limit = per_address || OPEN_LIMIT;
      return { key: name, take: addresses.look(addressGroup(rest!), limit, clock.now()) };
    }
    const id = Number(rest);
    if (kind === 'key') {
      const row = Number.isSafeInteger(id) && id > 0 ? await read.access.keyById(id) : undefined;
      if (!row) throw new AppError('key_not_found', `There is no key ${rest!.slice(0, 50)}.`);
      return { key: name, take: await lookAtKey(id, row.user_id) };
    }
    if (id === scope.user_id) return own;
    const theirs = [...known].filter(([, { user_id }]) => user_id === id);
    const takes = theirs.map(([key_id, { limit }]) => keys.look(String(key_id), limit, clock.now()));
    // None in use since the start: the one they are handed by default would be full.
    const least = takes.sort((a, b) => a.remaining - b.remaining)[0];
    return { key: name, take: least ?? keys.look(`user:${id}`, (await overrideOf(id)) ?? OPEN_LIMIT, clock.now()) };
  }

  return {
    limits,
    async look(scope: Scope, name: string) {
      const { key, take } = await lookFor(scope, name);
      const { policy: _, ...left } = verdict('key', take);
      return { key, ...left };
    },
  };
}
export type LimitsService = ReturnType<typeof createLimits>;
