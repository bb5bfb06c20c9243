// The authorization endpoint: what a client asks for is checked, a person is shown it, and what they say becomes a code.
// Nothing is kept in between: the form carries the request, and a mark that only the browser it was made for can send.
import { MINUTE_MS } from '../../algo/durations.ts';
import type { Actors } from '../../core/actor.ts';
import { type Clock, formatTime } from '../../core/clock.ts';
import type { Ids, Sha256 } from '../../core/crypto.ts';
import { AppError } from '../../core/errors.ts';
import { allows, type Scope } from '../../core/scope.ts';
import type { Atomically } from '../../core/unit-of-work.ts';
import { normalizeKey, sameSecret } from '../access/rules.ts';
import type { Told } from '../audit/rules.ts';
import type { Client, Clients } from './clients.ts';
import type { Authorization, Consent } from './contract.ts';
import { DEAR, type Guard } from './guard.ts';
import {
  CODE_MS,
  type Grantable,
  hostOf,
  isChallenge,
  isRegistered,
  mintedToken,
  resourceNamed,
  scopesAsked,
  withParams,
} from './rules.ts';
import type { OAuthStore } from './store.ts';

export interface ConsentDeps {
  atomically: Atomically<{ oauth: OAuthStore; about(told: Told): void }>;
  clients: Clients;
  /** @throws AppError unauthorized */
  resolveKey(key: string): Promise<Scope>;
  actors: Actors;
  guard: Guard;
  hashOf(token: string): string;
  sha256: Sha256;
  clock: Clock;
  ids: Ids;
}

/** What a client asks for, once there is nothing wrong with it. */
export interface Asked {
  readonly client: Client;
  readonly redirect_uri: string;
  readonly scopes: readonly Grantable[];
  readonly state: string | undefined;
  readonly code_challenge: string;
  readonly resource: string;
}

/** What the browser is shown, or where it goes. */
export type Outcome =
  | { readonly kind: 'ask'; readonly asked: Asked; readonly mark: string; readonly problem: string | null }
  | { readonly kind: 'stop'; readonly status: 400 | 403 | 404 | 429; readonly problem: string }
  | { readonly kind: 'back'; readonly status: 302 | 303; readonly url: string };

/** Where a browser stands: this server as it sees it, and what it was told to remember. */
export interface Browser {
  readonly base: string;
  /** Random; known to this browser and nobody else. */
  readonly nonce: string;
  readonly peer: string | null;
  /** `Origin` of the request. */
  readonly origin: string | null;
}

const MARK_MS = 10 * MINUTE_MS;
const TOO_MANY = 'Too many tries from here. Wait a minute, then go back to the program and connect again.';

export function createConsent(deps: ConsentDeps) {
  const { atomically, clients, resolveKey, actors, guard, hashOf, sha256, clock, ids } = deps;

  /** The inner hash first: the text is the client's choice, and must not be made longer without the nonce. */
  const sealed = ({ base, nonce }: Browser, asked: Asked, made: string): string => {
    const { client, redirect_uri, scopes, state, code_challenge, resource } = asked;
    const text = JSON.stringify([made, base, client.client_id, redirect_uri, scopes, state, code_challenge, resource]);
    return sha256(nonce + sha256(text));
  };
  const markOf = (browser: Browser, asked: Asked): string => {
    const made = String(clock.now());
    return `${made}.${sealed(browser, asked, made)}`;
  };
  function isOurs(browser: Browser, asked: Asked, mark: string | undefined): boolean {
    const [, made, seal] = /^(\d{1,15})\.([0-9a-f]{64})$/.exec(mark ?? '') ?? [];
    if (made === undefined || seal === undefined || browser.nonce === '') return false;
    const age = clock.now() - Number(made);
    return age >= 0 && age <= MARK_MS && sameSecret(seal, sealed(browser, asked, made));
  }

  const back = (status: 302 | 303, { base }: Browser, uri: string, params: Record<string, string | undefined>) =>
    ({ kind: 'back', status, url: withParams(uri, { ...params, iss: base }) }) as const;

  /** @returns what is asked, or what to do about what is wrong with it */
  async function check(request: Authorization, browser: Browser, status: 302 | 303): Promise<Asked | Outcome> {
    const stop = (problem: string, status: 400 | 429 = 400) => ({ kind: 'stop', status, problem }) as const;
    if (!request.client_id) return stop('The program did not say who it is (client_id).');
    let client: Client;
    try {
      client = await clients.byId(request.client_id, () => guard.take(browser.peer, DEAR) === 0);
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      return stop(error.message, error.code === 'rate_limited' ? 429 : 400);
    }
    const { redirect_uri, state } = request;
    if (!redirect_uri || !isRegistered(redirect_uri, client.redirect_uris))
      return stop('The program wants you sent to an address that it has not registered (redirect_uri).');
    // From here on the client hears about it.
    const refuse = (error: string, error_description: string) =>
      back(status, browser, redirect_uri, { error, error_description, state });
    if (request.response_type !== 'code') return refuse('unsupported_response_type', 'response_type must be code');
    if (request.code_challenge_method !== 'S256')
      return refuse('invalid_request', 'code_challenge_method must be S256: a proof key is required');
    if (!isChallenge(request.code_challenge ?? ''))
      return refuse('invalid_request', 'code_challenge must be a SHA-256 in base64url: 43 characters');
    const scopes = scopesAsked(request.scope);
    if (scopes === null) return refuse('invalid_scope', 'scope may name read and write');
    const resource = resourceNamed(request.resource, browser.base);
    if (resource === null) return refuse('invalid_target', `resource must be ${browser.base}/mcp`);
    return { client, redirect_uri, scopes, state, code_challenge: request.code_challenge!, resource };
  }
  const isOutcome = (value: Asked | Outcome): value is Outcome => 'kind' in value;

  const ask = (browser: Browser, asked: Asked, problem: string | null = null): Outcome => ({
    kind: 'ask',
    asked,
    mark: markOf(browser, asked),
    problem,
  });

  async function personWith(key: string): Promise<Scope | null> {
    // A key and nothing else: a token that could let in more clients would outlive its own end.
    if (normalizeKey(key) === null) return null;
    try {
      return await resolveKey(key);
    } catch (error) {
      if (error instanceof AppError && error.code === 'unauthorized') return null;
      throw error;
    }
  }

  async function grant(person: Scope, asked: Asked, scopes: readonly Grantable[]): Promise<string> {
    const { user_id, key_id } = person;
    const code = mintedToken('code', ids.randomHex(32));
    const { client, redirect_uri, code_challenge, resource } = asked;
    const created_at = formatTime(clock.now());
    const expires_at = formatTime(clock.now() + CODE_MS);
    const shared = { user_id, scopes: scopes.join(','), created_at, expires_at };
    const write = () =>
      atomically(async ({ oauth, about }) => {
        const row = await oauth.addGrant({
          ...{ ...shared, key_id, client_id: client.client_id, client_name: client.name },
          ...{ redirect_host: hostOf(redirect_uri), resource, is_active: 0, last_used_at: null },
        });
        await oauth.addToken({
          ...{ ...shared, token_hash: hashOf(code), grant_id: row.id, kind: 'code' },
          ...{ redirect_uri, code_challenge, used_at: null },
        });
        await oauth.clientUsed(client.client_id, created_at);
        about({ deed: 'made', type: 'grant', id: row.id, user_id });
      });
    // The person acts, now that it is known who they are.
    const actor = actors.current();
    await (actor === null ? write() : actors.run({ ...actor, user_id, key_id }, write));
    return code;
  }

  return {
    async show(request: Authorization, browser: Browser): Promise<Outcome> {
      if (guard.take(browser.peer) > 0) return { kind: 'stop', status: 429, problem: TOO_MANY };
      const asked = await check(request, browser, 302);
      return isOutcome(asked) ? asked : ask(browser, asked);
    },

    async decide(request: Consent, browser: Browser): Promise<Outcome> {
      if (guard.take(browser.peer) > 0) return { kind: 'stop', status: 429, problem: TOO_MANY };
      const asked = await check(request, browser, 303);
      if (isOutcome(asked)) return asked;
      const { redirect_uri, state } = asked;
      if (browser.origin !== null && browser.origin !== browser.base)
        return { kind: 'stop', status: 403, problem: 'This came from another site, so nothing was done.' };
      if (!isOurs(browser, asked, request.form))
        return ask(browser, asked, 'The page was too old, or its cookie did not come back. Please answer once more.');
      if (request.decision !== 'allow')
        return back(303, browser, redirect_uri, {
          ...{ error: 'access_denied', error_description: 'The person denied access', state },
        });
      const person = await personWith((request.key ?? '').trim());
      if (person === null) {
        guard.charge(browser.peer);
        return ask(browser, asked, 'This key is not valid here.');
      }
      const chosen = { read: request.allow_read, write: request.allow_write };
      const scopes = asked.scopes.filter((scope) => chosen[scope] !== undefined && allows(person, scope));
      if (scopes.length === 0) return ask(browser, asked, 'Choose at least one thing that your key allows; or deny.');
      const code = await grant(person, asked, scopes);
      return back(303, browser, redirect_uri, { code, state });
    },
  };
}
export type ConsentService = ReturnType<typeof createConsent>;
