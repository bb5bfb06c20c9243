// An authorization server for this server alone, so that hosted programs connect by the standard they know: OAuth 2.1 with
// proof keys, opaque tokens, clients without secrets.
import type { Actors } from '../../core/actor.ts';
import { type Clock, formatTime } from '../../core/clock.ts';
import type { Ids, Sha256 } from '../../core/crypto.ts';
import { AppError } from '../../core/errors.ts';
import type { Scope } from '../../core/scope.ts';
import type { Atomically } from '../../core/unit-of-work.ts';
import type { ReadPage } from '../../core/web-page.ts';
import type { Told } from '../audit/rules.ts';
import { type Client, createClients } from './clients.ts';
import { createConsent } from './consent.ts';
import type { ClientMetadata, TokenRequest } from './contract.ts';
import { createExchange } from './exchange.ts';
import { createGuard, DEAR } from './guard.ts';
import { baseOf, GRANTABLE, resourcesOf } from './rules.ts';
import type { GrantRow, OAuthStore } from './store.ts';
import { keyHolds, type Tokens } from './tokens.ts';

interface Stores {
  oauth: OAuthStore;
  about(told: Told): void;
}
export interface OAuthDeps {
  read: { oauth: OAuthStore };
  atomically: Atomically<Stores>;
  unrecorded: Atomically<Stores>;
  tokens: Tokens;
  /** @throws AppError unauthorized */
  resolveKey(key: string): Promise<Scope>;
  readPage: ReadPage;
  actors: Actors;
  settings: { enabled: boolean; registration: boolean; public_url: string | null };
  hashOf(token: string): string;
  sha256: Sha256;
  clock: Clock;
  ids: Ids;
}

const OFF = 'This server offers no OAuth: ENGRAM_OAUTH is off.';
const NO_PLACE =
  'This server offers OAuth to programs on its own machine only, at a loopback address. For others set ENGRAM_PUBLIC_URL to the https address they reach it at.';
const METADATA = '/.well-known/oauth-protected-resource';

export type { Client };

export function createOAuth(deps: OAuthDeps) {
  const { read, tokens, settings, clock } = deps;
  const guard = createGuard(clock);
  const clients = createClients({ ...deps, registration: settings.registration });
  const exchange = createExchange(deps);

  const placed = (host: string | null): string | null => (settings.enabled ? baseOf(settings.public_url, host) : null);
  /** @throws AppError oauth_off */
  function base(host: string | null): string {
    const found = placed(host);
    if (found === null) throw new AppError('oauth_off', settings.enabled ? NO_PLACE : OFF);
    return found;
  }
  function wait(peer: string | null, cost?: number): void {
    const retry_after = guard.take(peer, cost);
    if (retry_after > 0)
      throw new AppError('rate_limited', `Too many requests from here; come back in ${retry_after} s.`, {
        retry_after,
      });
  }

  return {
    base,
    consent: createConsent({ ...deps, clients, guard }),

    /** What a request without a valid key to the MCP endpoint is told: where to get one. Null when nowhere. */
    challenge(host: string | null, hadToken: boolean): string | null {
      const at = placed(host);
      if (at === null) return null;
      const said = hadToken ? 'error="invalid_token", ' : '';
      return `Bearer ${said}resource_metadata="${at}${METADATA}/mcp", scope="${GRANTABLE.join(' ')}"`;
    },

    protectedResource(host: string | null, whole: boolean) {
      const at = base(host);
      return {
        resource: resourcesOf(at)[whole ? 1 : 0],
        authorization_servers: [at],
        scopes_supported: [...GRANTABLE],
        bearer_methods_supported: ['header'],
        resource_name: 'Engram',
      };
    },
    authorizationServer(host: string | null) {
      const issuer = base(host);
      return {
        issuer,
        authorization_endpoint: `${issuer}/oauth/authorize`,
        token_endpoint: `${issuer}/oauth/token`,
        revocation_endpoint: `${issuer}/oauth/revoke`,
        ...(settings.registration && { registration_endpoint: `${issuer}/oauth/register` }),
        scopes_supported: [...GRANTABLE],
        response_types_supported: ['code'],
        response_modes_supported: ['query'],
        grant_types_supported: ['authorization_code', 'refresh_token'],
        token_endpoint_auth_methods_supported: ['none'],
        revocation_endpoint_auth_methods_supported: ['none'],
        code_challenge_methods_supported: ['S256'],
        authorization_response_iss_parameter_supported: true,
        client_id_metadata_document_supported: true,
      };
    },

    async register(metadata: ClientMetadata, host: string | null, peer: string | null) {
      base(host);
      wait(peer, DEAR);
      return clients.register(metadata);
    },
    async exchange(request: TokenRequest, host: string | null, peer: string | null) {
      const at = base(host);
      wait(peer);
      return exchange.tokens(request, at);
    },
    async revoke(
      { token, client_id }: { token?: string | undefined; client_id?: string | undefined },
      host: string | null,
      peer: string | null,
    ): Promise<void> {
      base(host);
      wait(peer);
      await exchange.revoke(token, client_id);
    },

    /** Those whose tokens work, newest first. */
    async grants({ user_id }: Scope): Promise<GrantRow[]> {
      const now = formatTime(clock.now());
      const rows = await read.oauth.grants(user_id);
      return rows
        .filter((row) => row.expires_at > now && keyHolds(row, now))
        .map(({ key_is_active: _active, key_expires_at: _ends, ...grant }) => grant);
    },
    async end({ user_id, grant_id }: Scope, id: number): Promise<void> {
      const mayEnd = grant_id === undefined || grant_id === id;
      if (!mayEnd || !(await exchange.end(user_id, id)))
        throw new AppError('grant_not_found', `You have no grant ${id}. GET /oauth/grants lists yours.`);
    },

    async sweep(): Promise<void> {
      await exchange.sweep();
      await clients.sweep();
    },
    flush: tokens.flush,
  };
}
export type OAuth = ReturnType<typeof createOAuth>;
