// Programs that people let in without handing them a key: who they say they are, what they may, and with which tokens.
import type { Migration } from '../src/platform/db/dialect.ts';
import { numbered } from './numbered.ts';

export const oauth: Migration = {
  version: 27,
  name: 'oauth',
  async up(db, types) {
    // Of nobody: a client registers before anyone knows who will use it.
    await db.schema
      .createTable('oauth_clients')
      .addColumn('client_id', 'text', (c) => c.primaryKey())
      .addColumn('client_name', 'text', (c) => c.notNull())
      .addColumn('redirect_uris', 'text', (c) => c.notNull())
      .addColumn('created_at', 'text', (c) => c.notNull())
      .addColumn('used_at', 'text')
      .execute();
    await db.schema.createIndex('oauth_clients_age').on('oauth_clients').columns(['used_at', 'created_at']).execute(); // sweep

    await numbered(db, types, 'oauth_grants')
      .addColumn('user_id', types.id, (c) => c.notNull().references('users.id').onDelete('cascade'))
      .addColumn('key_id', types.id, (c) => c.notNull().references('api_keys.id').onDelete('cascade'))
      .addColumn('client_id', 'text', (c) => c.notNull())
      .addColumn('client_name', 'text', (c) => c.notNull())
      .addColumn('redirect_host', 'text', (c) => c.notNull())
      .addColumn('scopes', 'text', (c) => c.notNull())
      .addColumn('resource', 'text', (c) => c.notNull())
      .addColumn('is_active', 'integer', (c) => c.notNull())
      .addColumn('created_at', 'text', (c) => c.notNull())
      .addColumn('last_used_at', 'text')
      .addColumn('expires_at', 'text', (c) => c.notNull())
      .execute();
    await db.schema
      .createIndex('oauth_grants_user')
      .on('oauth_grants')
      .columns(['user_id', 'is_active', 'id'])
      .execute();
    await db.schema.createIndex('oauth_grants_key').on('oauth_grants').column('key_id').execute(); // keys that end
    await db.schema.createIndex('oauth_grants_age').on('oauth_grants').column('expires_at').execute(); // sweep
    await db.schema.createIndex('oauth_grants_client').on('oauth_grants').column('client_id').execute(); // sweep of clients

    await db.schema
      .createTable('oauth_tokens')
      .addColumn('token_hash', 'text', (c) => c.primaryKey())
      .addColumn('user_id', types.id, (c) => c.notNull().references('users.id').onDelete('cascade'))
      .addColumn('grant_id', types.id, (c) => c.notNull().references('oauth_grants.id').onDelete('cascade'))
      .addColumn('kind', 'text', (c) => c.notNull())
      .addColumn('scopes', 'text', (c) => c.notNull())
      .addColumn('redirect_uri', 'text')
      .addColumn('code_challenge', 'text')
      .addColumn('used_at', 'text')
      .addColumn('expires_at', 'text', (c) => c.notNull())
      .addColumn('created_at', 'text', (c) => c.notNull())
      .execute();
    await db.schema.createIndex('oauth_tokens_grant').on('oauth_tokens').column('grant_id').execute(); // ending a grant
    await db.schema.createIndex('oauth_tokens_user').on('oauth_tokens').column('user_id').execute(); // erasing a user
    await db.schema.createIndex('oauth_tokens_age').on('oauth_tokens').column('expires_at').execute(); // sweep
  },
};
