// Codes and refresh tokens become tokens, once each. One that comes a second time was copied: then the grant ends, since
// nobody can tell the thief from the owner.
import { HOUR_MS } from '../../algo/durations.ts';
import { type Clock, formatTime } from '../../core/clock.ts';
import type { Ids, Sha256 } from '../../core/crypto.ts';
import { AppError, fail } from '../../core/errors.ts';
import type { Atomically } from '../../core/unit-of-work.ts';
import { parseScopes } from '../access/rules.ts';
import type { Told } from '../audit/rules.ts';
import type { TokenRequest } from './contract.ts';
import {
  ACCESS_MS,
  challengeOf,
  isToken,
  isVerifier,
  mintedToken,
  REFRESH_MS,
  resourceNamed,
  scopesAsked,
  type TokenKind,
} from './rules.ts';
import type { HeldToken, OAuthStore } from './store.ts';
import { keyHolds, type Tokens } from './tokens.ts';

interface Stores {
  oauth: OAuthStore;
  about(told: Told): void;
}
export interface ExchangeDeps {
  read: { oauth: OAuthStore };
  atomically: Atomically<Stores>;
  /** The audit names the grant and its end; what a client fetches in between is use. */
  unrecorded: Atomically<Stores>;
  tokens: Tokens;
  hashOf(token: string): string;
  sha256: Sha256;
  clock: Clock;
  ids: Ids;
}

/** How long a code that was used is still known for one. */
const REMEMBERED_MS = HOUR_MS;

const invalid = (message: string): never => fail('oauth_invalid_grant', message);
/** One sentence for unknown, expired, used and somebody else's: nothing to learn by trying. */
const UNUSABLE = 'It is not valid, or not any more: let the person allow the client again.';

export function createExchange(deps: ExchangeDeps) {
  const { read, atomically, unrecorded, tokens, hashOf, sha256, clock, ids } = deps;
  const later = (ms: number) => formatTime(clock.now() + ms);
  const now = () => later(0);

  async function end(user_id: number, id: number): Promise<boolean> {
    const ended = await atomically(async ({ oauth, about }) => {
      const ended = await oauth.endGrant(user_id, id);
      if (ended) about({ deed: 'ended', type: 'grant', id, user_id });
      return ended;
    });
    tokens.forget();
    return ended;
  }

  async function held(kind: TokenKind, secret: string | undefined, client_id: string): Promise<HeldToken> {
    if (secret === undefined)
      throw new AppError('invalid_request', `Send the ${kind === 'code' ? 'code' : 'refresh_token'}.`);
    const found = isToken(kind, secret) ? await read.oauth.token(hashOf(secret)) : undefined;
    if (found?.kind !== kind || found.client_id !== client_id) return invalid(UNUSABLE);
    if (found.used_at !== null) {
      await end(found.user_id, found.grant_id);
      return invalid(UNUSABLE);
    }
    if (found.expires_at <= now() || !keyHolds(found, now())) return invalid(UNUSABLE);
    return found;
  }

  /** Takes the old one, and hands out an access token and the next refresh token. */
  async function exchange(old: HeldToken, scopes: readonly string[]) {
    const { user_id, grant_id } = old;
    const [access_token, refresh_token] = (['access', 'refresh'] as const).map((kind) =>
      mintedToken(kind, ids.randomHex(32)),
    ) as [string, string];
    const created_at = now();
    const fresh = { user_id, grant_id, redirect_uri: null, code_challenge: null, used_at: null, created_at };
    const first = await unrecorded(async ({ oauth }) => {
      if (!(await oauth.useToken(old.token_hash, created_at))) return false;
      await oauth.prolongGrant(user_id, grant_id, later(REFRESH_MS));
      await oauth.addToken({
        ...{ ...fresh, token_hash: hashOf(access_token), kind: 'access' },
        ...{ scopes: scopes.join(','), expires_at: later(ACCESS_MS) },
      });
      await oauth.addToken({
        ...{ ...fresh, token_hash: hashOf(refresh_token), kind: 'refresh' },
        ...{ scopes: old.scopes, expires_at: later(REFRESH_MS) },
      });
      return true;
    });
    if (!first) {
      await end(user_id, grant_id);
      return invalid(UNUSABLE);
    }
    return {
      access_token,
      token_type: 'Bearer' as const,
      expires_in: ACCESS_MS / 1000,
      refresh_token,
      scope: scopes.join(' '),
    };
  }

  function checkResource({ resource }: TokenRequest, found: HeldToken, base: string): void {
    if (resource !== undefined && resourceNamed(resource, base) !== found.resource)
      fail('oauth_invalid_target', `The token is for ${found.resource}, as it was asked for; name that as resource.`);
  }

  async function ofCode(request: TokenRequest, client_id: string, base: string) {
    const { code, redirect_uri, code_verifier } = request;
    const found = await held('code', code, client_id);
    if (redirect_uri !== found.redirect_uri)
      return invalid('redirect_uri is not the one that the code was asked for with.');
    if (code_verifier === undefined || !isVerifier(code_verifier))
      return invalid('code_verifier must be 43 to 128 letters, digits and -._~.');
    if (challengeOf(sha256(code_verifier)) !== found.code_challenge)
      return invalid('code_verifier does not fit the code_challenge that the code was asked for with.');
    checkResource(request, found, base);
    return exchange(found, parseScopes(found.scopes).scopes);
  }

  async function ofRefresh(request: TokenRequest, client_id: string, base: string) {
    const found = await held('refresh', request.refresh_token, client_id);
    checkResource(request, found, base);
    const granted = parseScopes(found.scopes).scopes;
    const asked = request.scope === undefined ? granted : (scopesAsked(request.scope) ?? []);
    if (asked.length === 0 || asked.some((scope) => !granted.includes(scope)))
      throw new AppError('oauth_invalid_scope', `Granted was: ${granted.join(' ')}.`);
    return exchange(found, asked);
  }

  return {
    end,

    /** @throws AppError oauth_* or invalid_request */
    async tokens(request: TokenRequest, base: string) {
      const { grant_type, client_id } = request;
      if (grant_type === undefined) throw new AppError('invalid_request', 'Send a grant_type.');
      if (client_id === undefined) throw new AppError('oauth_invalid_client', 'Send the client_id.');
      if (grant_type === 'authorization_code') return ofCode(request, client_id, base);
      if (grant_type === 'refresh_token') return ofRefresh(request, client_id, base);
      throw new AppError('oauth_unsupported_grant_type', 'grant_type must be authorization_code or refresh_token.');
    },

    /** Whoever has a token may give it back. */
    async revoke(token: string | undefined, client_id: string | undefined): Promise<void> {
      if (token === undefined) throw new AppError('invalid_request', 'Send the token.');
      if (!isToken('access', token) && !isToken('refresh', token)) return;
      const found = await read.oauth.token(hashOf(token));
      if (!found || (client_id !== undefined && found.client_id !== client_id)) return;
      await end(found.user_id, found.grant_id);
    },

    async sweep(): Promise<void> {
      await unrecorded(async ({ oauth }) => {
        await oauth.removeEndedGrants(now());
        await oauth.removeExpiredTokens(later(-REMEMBERED_MS));
      });
    },
  };
}
export type Exchange = ReturnType<typeof createExchange>;
