// Keys: making, listing, exchanging and revoking them.
import { HOUR_MS } from '../../algo/durations.ts';
import { type Clock, formatTime, parseTime } from '../../core/clock.ts';
import type { Ids } from '../../core/crypto.ts';
import { AppError } from '../../core/errors.ts';
import { type AccessScope, allows, type Scope } from '../../core/scope.ts';
import type { Atomically } from '../../core/unit-of-work.ts';
import { mintedKey, normalizeKey, parseScopes, prefixOf } from './rules.ts';
import type { AccessStore, KeyRow, UserRow } from './store.ts';

export interface KeysDeps {
  read: { access: AccessStore };
  atomically: Atomically<{ access: AccessStore }>;
  clock: Clock;
  ids: Ids;
  hashOf(normalized: string): string;
  hashVersion: number;
  /** Hours in which a rotated key still works, when the caller does not say. */
  graceHours: number;
  /** After commit: what is remembered of this key counts no more. */
  changed(key_hash: string): void;
}

export interface NewKey {
  secret: string;
  user_id: number;
  name: string;
  scopes: readonly AccessScope[];
  rate_limit: number;
  expires_at: string | null;
}

/** A thousand years. */
const MAX_TTL_SECS = 31_557_600_000;
const MAX_ADMIN_RATE = 100_000;

export function createKeys(deps: KeysDeps) {
  const { read, atomically, clock, ids } = deps;
  const now = () => formatTime(clock.now());
  const mint = () => mintedKey(ids.randomHex(32));

  /** @throws AppError quota_exceeded */
  async function insert(access: AccessStore, key: NewKey): Promise<KeyRow> {
    const normalized = normalizeKey(key.secret)!;
    // Those whose time is over make room.
    await access.endExpired(key.user_id, now());
    return access.createKey({
      user_id: key.user_id,
      key_prefix: prefixOf(normalized),
      key_hash: deps.hashOf(normalized),
      hash_version: deps.hashVersion,
      name: key.name,
      scopes: key.scopes.join(','),
      rate_limit: key.rate_limit,
      is_active: 1,
      is_replaced: 0,
      agent_id: null,
      last_used_at: null,
      expires_at: key.expires_at,
      created_at: now(),
    });
  }

  function parsed(scopes: string): AccessScope[] {
    const wanted = parseScopes(scopes);
    if (wanted.unknown.length > 0 || wanted.scopes.length === 0)
      throw new AppError('invalid_request', `scopes may name read, write and admin; got "${scopes.slice(0, 100)}".`);
    return wanted.scopes;
  }

  function checkRole(user: UserRow, scopes: readonly AccessScope[]): void {
    if (user.role === 'reader' && scopes.some((s) => s !== 'read'))
      throw new AppError(
        'invalid_request',
        `${user.username} is a reader: a key of theirs can have the scope read only.`,
      );
  }

  function expiry(expires_at: string | null | undefined, ttl_secs: number | null | undefined): string | null {
    if (expires_at != null) {
      const expires = parseTime(expires_at);
      if (expires === null)
        throw new AppError('invalid_request', 'expires_at must be a time such as "2027-01-31 12:00:00" or RFC 3339.');
      return formatTime(expires);
    }
    if (ttl_secs == null) return null;
    if (ttl_secs > MAX_TTL_SECS)
      throw new AppError(
        'invalid_request',
        `ttl_secs may be at most ${MAX_TTL_SECS}; leave it out for a key that does not expire.`,
      );
    return formatTime(clock.now() + ttl_secs * 1000);
  }

  /** Else a client that was let in for an hour would let itself in for good, or shut its owner out. */
  function withKey({ grant_id }: Scope): void {
    if (grant_id !== undefined)
      throw new AppError('forbidden', 'Keys are made and ended with a key, not with a token of an OAuth client.');
  }

  return {
    insert,

    async create(
      scope: Scope,
      request: {
        name: string;
        scopes?: string | undefined;
        user_id?: number | null | undefined;
        rate_limit: number;
        expires_at?: string | null | undefined;
        ttl_secs?: number | null | undefined;
      },
    ) {
      const wanted = request.scopes === undefined ? null : parsed(request.scopes);
      const expires_at = expiry(request.expires_at, request.ttl_secs);
      const user_id = request.user_id ?? scope.user_id;
      const secret = mint();
      const row = await atomically(async ({ access }) => {
        const user = await access.userById(user_id);
        if (!user) throw new AppError('user_not_found', `There is no user ${user_id}.`);
        const scopes = wanted ?? (user.role === 'reader' ? (['read'] as const) : (['read', 'write'] as const));
        checkRole(user, scopes);
        const { name, rate_limit } = request;
        return insert(access, { secret, user_id, name, scopes, rate_limit, expires_at });
      });
      return { secret, row };
    },

    /** A key of one's own that may do no more than the one it is asked for with. */
    async createOwn(scope: Scope, request: { name: string; scopes: string; rate_limit?: number | null | undefined }) {
      withKey(scope);
      const scopes = parsed(request.scopes);
      const beyond = scopes.find((one) => !allows(scope, one));
      if (beyond !== undefined)
        throw new AppError('forbidden', `Your key lacks the scope ${beyond}, so it cannot give it to another.`);
      const secret = mint();
      const row = await atomically(async ({ access }) => {
        const own = await access.keyById(scope.key_id);
        const most = allows(scope, 'admin') ? MAX_ADMIN_RATE : (own?.rate_limit ?? 1000);
        checkRole((await access.userById(scope.user_id))!, scopes);
        return insert(access, {
          secret,
          user_id: scope.user_id,
          name: request.name,
          scopes,
          rate_limit: Math.min(request.rate_limit ?? own?.rate_limit ?? 1000, most),
          // Else a key that ends could prolong itself.
          expires_at: own?.expires_at ?? null,
        });
      });
      return { secret, row };
    },

    list: (scope: Scope): Promise<KeyRow[]> => read.access.keys(scope.user_id, now()),

    /** Exchanges a key of one's own: the new one is there, and the old one has an end, or neither. */
    async rotate(scope: Scope, id: number, hours: number | null | undefined) {
      const grace_hours = hours ?? deps.graceHours;
      const secret = mint();
      const ends = formatTime(clock.now() + grace_hours * HOUR_MS);
      const { old, row, old_key_expires } = await atomically(async ({ access }) => {
        const old = await access.keyById(id);
        const over = old?.expires_at != null && old.expires_at <= now();
        if (!old?.is_active || old.user_id !== scope.user_id || over)
          throw new AppError('key_not_found', `You have no active key ${id}.`);
        if (old.is_replaced)
          throw new AppError('key_not_found', `Key ${id} was rotated already, and ends at ${old.expires_at}.`);
        const old_key_expires = old.expires_at !== null && old.expires_at < ends ? old.expires_at : ends;
        await access.setKey(id, { is_replaced: 1, expires_at: old_key_expires });
        const row = await insert(access, {
          secret,
          user_id: old.user_id,
          name: `${old.name} (rotated)`,
          scopes: parseScopes(old.scopes).scopes,
          rate_limit: old.rate_limit,
          expires_at: old.expires_at,
        });
        return { old, row, old_key_expires };
      });
      deps.changed(old.key_hash);
      return { secret, row, old_key_expires, grace_hours };
    },

    async revoke(scope: Scope, id: number): Promise<void> {
      withKey(scope);
      const row = await atomically(async ({ access }) => {
        const row = await access.keyById(id);
        if (!row || (row.user_id !== scope.user_id && !allows(scope, 'admin')))
          throw new AppError('key_not_found', `There is no key ${id}.`);
        if (parseScopes(row.scopes).scopes.includes('admin') && !allows(scope, 'admin')) {
          throw new AppError('forbidden', 'Only an admin key may revoke an admin key.');
        }
        await access.setKey(id, { is_active: 0 });
        return row;
      });
      deps.changed(row.key_hash);
    },
  };
}
export type Keys = ReturnType<typeof createKeys>;
