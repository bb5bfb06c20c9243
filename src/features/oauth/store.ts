// All SQL on clients, grants and tokens of OAuth.
import type { StoreDb } from '../../core/store-db.ts';
import type { OAuthClientTable, OAuthGrantTable, OAuthTokenTable } from '../../core/tables.ts';

export type ClientRow = OAuthClientTable;
export type GrantRow = { [K in keyof OAuthGrantTable]: K extends 'id' ? number : OAuthGrantTable[K] };
export type TokenRow = OAuthTokenTable;

/** The key that let a client in; its end is the end of what came of it. */
export interface HoldingKey {
  key_is_active: number | null;
  key_expires_at: string | null;
}
/** A token with what it depends on. */
export interface HeldToken extends TokenRow, HoldingKey {
  key_id: number;
  client_id: string;
  resource: string;
}

export function oauthStore(db: StoreDb) {
  return {
    async addClient(row: ClientRow): Promise<void> {
      await db.insertInto('oauth_clients').values(row).execute();
    },
    client: (client_id: string): Promise<ClientRow | undefined> =>
      db.selectFrom('oauth_clients').where('client_id', '=', client_id).selectAll().executeTakeFirst(),
    async clientCount(): Promise<number> {
      const { n } = await db
        .selectFrom('oauth_clients')
        .select((eb) => eb.fn.countAll<number>().as('n'))
        .executeTakeFirstOrThrow();
      return Number(n);
    },
    async clientUsed(client_id: string, at: string): Promise<void> {
      await db.updateTable('oauth_clients').set({ used_at: at }).where('client_id', '=', client_id).execute();
    },
    /** Those that registered before this time, and that nobody let in. */
    async removeUnusedClients(before: string): Promise<void> {
      await db.deleteFrom('oauth_clients').where('used_at', 'is', null).where('created_at', '<', before).execute();
    },
    /** Those that were last let in before this time, and have no grant any more. */
    async removeLeftClients(before: string): Promise<void> {
      await db
        .deleteFrom('oauth_clients')
        .where('used_at', '<', before)
        .where((eb) =>
          eb.not(
            eb.exists(
              eb.selectFrom('oauth_grants as g').select('g.id').whereRef('g.client_id', '=', 'oauth_clients.client_id'),
            ),
          ),
        )
        .execute();
    },

    addGrant: (row: Omit<GrantRow, 'id'>): Promise<GrantRow> =>
      db.insertInto('oauth_grants').values(row).returningAll().executeTakeFirstOrThrow() as Promise<GrantRow>,
    /** Those that clients came for, newest first. */
    grants: (user_id: number): Promise<(GrantRow & HoldingKey)[]> =>
      db
        .selectFrom('oauth_grants as g')
        .leftJoin('api_keys', 'api_keys.id', 'g.key_id')
        .where('g.user_id', '=', user_id)
        .where('g.is_active', '=', 1)
        .selectAll('g')
        .select(['api_keys.is_active as key_is_active', 'api_keys.expires_at as key_expires_at'])
        .orderBy('g.id', 'desc')
        .execute(),
    /** The client came for its tokens. */
    async prolongGrant(user_id: number, id: number, expires_at: string): Promise<void> {
      await db
        .updateTable('oauth_grants')
        .set({ is_active: 1, expires_at })
        .where('user_id', '=', user_id)
        .where('id', '=', id)
        .execute();
    },
    async grantUsed(id: number, at: string): Promise<void> {
      await db.updateTable('oauth_grants').set({ last_used_at: at }).where('id', '=', id).execute();
    },
    /** With every token of it. @returns false when the user has no such grant */
    async endGrant(user_id: number, id: number): Promise<boolean> {
      const { numDeletedRows } = await db
        .deleteFrom('oauth_grants')
        .where('user_id', '=', user_id)
        .where('id', '=', id)
        .executeTakeFirst();
      return numDeletedRows > 0n;
    },
    /** Those whose key ended are not prolonged any more, so they are among them in the end. */
    async removeEndedGrants(now: string): Promise<void> {
      await db.deleteFrom('oauth_grants').where('expires_at', '<=', now).execute();
    },

    async addToken(row: TokenRow): Promise<void> {
      await db.insertInto('oauth_tokens').values(row).execute();
    },
    token: (token_hash: string): Promise<HeldToken | undefined> =>
      db
        .selectFrom('oauth_tokens as t')
        .innerJoin('oauth_grants as g', 'g.id', 't.grant_id')
        .leftJoin('api_keys', 'api_keys.id', 'g.key_id')
        .where('t.token_hash', '=', token_hash)
        .selectAll('t')
        .select(['g.key_id', 'g.client_id', 'g.resource'])
        .select(['api_keys.is_active as key_is_active', 'api_keys.expires_at as key_expires_at'])
        .executeTakeFirst(),
    /** @returns false when somebody was first */
    async useToken(token_hash: string, at: string): Promise<boolean> {
      const { numUpdatedRows } = await db
        .updateTable('oauth_tokens')
        .set({ used_at: at })
        .where('token_hash', '=', token_hash)
        .where('used_at', 'is', null)
        .executeTakeFirst();
      return numUpdatedRows > 0n;
    },
    async removeExpiredTokens(before: string): Promise<void> {
      await db.deleteFrom('oauth_tokens').where('expires_at', '<', before).execute();
    },
  };
}
export type OAuthStore = ReturnType<typeof oauthStore>;
