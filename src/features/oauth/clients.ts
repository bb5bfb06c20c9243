// Who the clients are: those that registered here, and those whose id is the address of a document that describes them.
import { DAY_MS, MINUTE_MS } from '../../algo/durations.ts';
import { type Clock, formatTime } from '../../core/clock.ts';
import type { Ids } from '../../core/crypto.ts';
import { AppError } from '../../core/errors.ts';
import type { Atomically } from '../../core/unit-of-work.ts';
import { PageFailure, type ReadPage } from '../../core/web-page.ts';
import { ClientMetadata } from './contract.ts';
import { clientAddressProblem, hostOf, isClientAddress, mintedClientId, redirectProblem, shownName } from './rules.ts';
import type { OAuthStore } from './store.ts';

export interface Client {
  readonly client_id: string;
  readonly name: string;
  readonly redirect_uris: readonly string[];
  /** Whose document vouches for it; null: it only says so itself. */
  readonly vouched_by: string | null;
}

export interface ClientsDeps {
  read: { oauth: OAuthStore };
  atomically: Atomically<{ oauth: OAuthStore }>;
  /** Reads what stands at an address, of other machines only. */
  readPage: ReadPage;
  /** Whether clients may register. */
  registration: boolean;
  clock: Clock;
  ids: Ids;
}

const MOST_CLIENTS = 1_000;
/** Long enough to be let in by somebody who reads before agreeing. */
const FRESH_MS = 15 * MINUTE_MS;
const UNUSED_MS = DAY_MS;
const LEFT_MS = 90 * DAY_MS;

/** How long a document is believed, and how long one is not asked for again that could not be read. */
const DOCUMENT_MS = 10 * MINUTE_MS;
const FAILURE_MS = MINUTE_MS;
const MOST_DOCUMENTS = 200;

type Known = { until: number } & ({ client: Client } | { problem: string });

/** @returns one sentence; null when nothing is wrong */
function metadataProblem(metadata: ClientMetadata): string | null {
  if (metadata.grant_types && !metadata.grant_types.includes('authorization_code'))
    return 'grant_types must contain authorization_code: other clients are not served.';
  if (metadata.response_types && !metadata.response_types.includes('code'))
    return 'response_types must contain code: other clients are not served.';
  return null;
}
function badRedirect(metadata: ClientMetadata): string | null {
  for (const uri of metadata.redirect_uris) {
    const problem = redirectProblem(uri);
    if (problem !== null) return `The redirect address "${uri.slice(0, 100)}" ${problem}.`;
  }
  return null;
}

export function createClients({ read, atomically, readPage, registration, clock, ids }: ClientsDeps) {
  const documents = new Map<string, Known>();
  const ago = (ms: number) => formatTime(clock.now() - ms);

  /** @throws PageFailure, or Error with a sentence */
  async function fetched(client_id: string): Promise<Client> {
    const page = await readPage(client_id);
    if (page.url !== client_id) throw new Error('its address redirects elsewhere');
    const text = new TextDecoder().decode(page.bytes);
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      throw new Error('its document is no JSON');
    }
    const parsed = ClientMetadata.safeParse(value);
    if (!parsed.success) throw new Error('its document does not list redirect_uris as it should');
    const metadata = parsed.data;
    if (metadata.client_id !== client_id) throw new Error('its document is about another client_id');
    if (metadata.client_secret !== undefined) throw new Error('its document tells a secret');
    const method = metadata.token_endpoint_auth_method ?? 'none';
    if (method !== 'none') throw new Error('it wants to prove itself in a way that is not served: use "none"');
    const problem = metadataProblem(metadata) ?? badRedirect(metadata);
    if (problem !== null) throw new Error(problem);
    const host = hostOf(client_id);
    return {
      client_id,
      name: shownName(metadata.client_name, host),
      redirect_uris: metadata.redirect_uris,
      vouched_by: host,
    };
  }

  async function described(client_id: string, mayAsk: () => boolean): Promise<Client> {
    const now = clock.now();
    let known = documents.get(client_id);
    if (!known || known.until <= now) {
      const problem = clientAddressProblem(client_id);
      if (problem !== null) throw new AppError('oauth_invalid_client', `The client_id ${problem}.`);
      if (!mayAsk()) throw new AppError('rate_limited', 'Too many clients were looked up from here; wait a minute.');
      try {
        known = { client: await fetched(client_id), until: now + DOCUMENT_MS };
      } catch (error) {
        if (!(error instanceof Error)) throw error;
        // What exactly answered, or did not, is nothing to tell: it would map the network this server stands in.
        const said = error instanceof PageFailure ? 'its document cannot be read' : error.message;
        known = { problem: said, until: now + FAILURE_MS };
      }
      documents.delete(client_id);
      if (documents.size >= MOST_DOCUMENTS) documents.delete(documents.keys().next().value!);
      documents.set(client_id, known);
    }
    if ('client' in known) return known.client;
    throw new AppError('oauth_invalid_client', `The client is not known: ${known.problem}.`);
  }

  return {
    /**
     * @param mayAsk whether another server may be asked for it; called only when need be
     * @throws AppError oauth_invalid_client or rate_limited
     */
    async byId(client_id: string, mayAsk: () => boolean): Promise<Client> {
      if (isClientAddress(client_id)) return described(client_id, mayAsk);
      const row = await read.oauth.client(client_id);
      if (!row)
        throw new AppError('oauth_invalid_client', 'This client is not registered here, or not any more: register it.');
      return {
        client_id,
        name: row.client_name,
        redirect_uris: JSON.parse(row.redirect_uris) as string[],
        vouched_by: null,
      };
    },

    async register(metadata: ClientMetadata) {
      if (!registration)
        throw new AppError('oauth_off', 'Clients cannot register here: ENGRAM_OAUTH_REGISTRATION is off.');
      const problem = metadataProblem(metadata);
      if (problem !== null) throw new AppError('oauth_invalid_client_metadata', problem);
      const bad = badRedirect(metadata);
      if (bad !== null) throw new AppError('oauth_invalid_redirect_uri', bad);
      const client_id = mintedClientId(ids.randomHex(16));
      const client_name = shownName(metadata.client_name, hostOf(metadata.redirect_uris[0]!));
      const redirect_uris = [...new Set(metadata.redirect_uris)];
      const at = clock.now();
      await atomically(async ({ oauth }) => {
        // Whoever floods the list pushes out what nobody uses, not what somebody is about to let in.
        if ((await oauth.clientCount()) >= MOST_CLIENTS) await oauth.removeUnusedClients(ago(FRESH_MS));
        if ((await oauth.clientCount()) >= MOST_CLIENTS)
          throw new AppError('rate_limited', 'Too many clients have registered; try again later.', {
            retry_after: FRESH_MS / 1000,
          });
        await oauth.addClient({
          ...{ client_id, client_name, redirect_uris: JSON.stringify(redirect_uris) },
          ...{ created_at: formatTime(at), used_at: null },
        });
      });
      return {
        client_id,
        client_id_issued_at: Math.floor(at / 1000),
        client_name,
        redirect_uris,
        grant_types: ['authorization_code', 'refresh_token'],
        response_types: ['code'],
        token_endpoint_auth_method: 'none' as const,
      };
    },

    async sweep(): Promise<void> {
      await atomically(async ({ oauth }) => {
        await oauth.removeUnusedClients(ago(UNUSED_MS));
        await oauth.removeLeftClients(ago(LEFT_MS));
      });
    },
  };
}
export type Clients = ReturnType<typeof createClients>;
