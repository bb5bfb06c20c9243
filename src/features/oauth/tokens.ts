// Whether an access token works, and for whom. Asked at every request that carries one, so what was found is believed for
// as long as keys are.
import { type Clock, formatTime, parseTime } from '../../core/clock.ts';
import type { AccessScope } from '../../core/scope.ts';
import type { Atomically } from '../../core/unit-of-work.ts';
import { parseScopes } from '../access/rules.ts';
import { isAudience, isToken } from './rules.ts';
import type { HoldingKey, OAuthStore } from './store.ts';

export interface Holder {
  readonly user_id: number;
  /** The key that let the client in: its limits hold for the client too. */
  readonly key_id: number;
  readonly grant_id: number;
  readonly scopes: readonly AccessScope[];
}

export interface TokensDeps {
  read: { oauth: OAuthStore };
  unrecorded: Atomically<{ oauth: OAuthStore }>;
  /** Of a token as it is stored. */
  hashOf(token: string): string;
  /** OAuth is on. */
  enabled: boolean;
  public_url: string | null;
  clock: Clock;
}

/** As for keys: another server on the same database may end a grant. */
const CACHE_MS = 10_000;
const MOST_CACHED = 1_000;

/** Whether what the token depends on is still there. @param now core/clock text */
export const keyHolds = ({ key_is_active, key_expires_at }: HoldingKey, now: string): boolean =>
  key_is_active === 1 && (key_expires_at === null || key_expires_at > now);

export function createTokens({ read, unrecorded, hashOf, enabled, public_url, clock }: TokensDeps) {
  const known = new Map<string, { holder: Holder; ends: number; read_at: number }>();
  const used = new Map<number, string>();
  /** What was read before a change must not be kept after it. */
  let changes = 0;

  async function lookUp(hash: string): Promise<{ holder: Holder; ends: number } | null> {
    const now = clock.now();
    const found = known.get(hash);
    if (found && now - found.read_at < CACHE_MS) return found;
    known.delete(hash);
    const before = changes;
    const row = await read.oauth.token(hash);
    const holds = row?.kind === 'access' && keyHolds(row, formatTime(now)) && isAudience(row.resource, public_url);
    if (!row || !holds) return null;
    const ends = Math.min(parseTime(row.expires_at)!, parseTime(row.key_expires_at ?? row.expires_at)!);
    const { user_id, key_id, grant_id } = row;
    const entry = { holder: { user_id, key_id, grant_id, scopes: parseScopes(row.scopes).scopes }, ends, read_at: now };
    if (before !== changes) return entry;
    if (known.size >= MOST_CACHED) known.delete(known.keys().next().value!);
    known.set(hash, entry);
    return entry;
  }

  return {
    /** @returns null for anything that is no access token which works now */
    async holder(token: string): Promise<Holder | null> {
      if (!enabled || !isToken('access', token)) return null;
      const found = await lookUp(hashOf(token));
      if (found === null || found.ends <= clock.now()) return null;
      used.set(found.holder.grant_id, formatTime(clock.now()));
      return found.holder;
    },

    /** After commit: grants or keys ended. */
    forget(): void {
      changes++;
      known.clear();
    },

    /** Writes when grants were last used. */
    async flush(): Promise<void> {
      if (used.size === 0) return;
      const batch = [...used];
      used.clear();
      await unrecorded(async ({ oauth }) => {
        for (const [id, at] of batch) await oauth.grantUsed(id, at);
      });
    },
  };
}
export type Tokens = ReturnType<typeof createTokens>;
