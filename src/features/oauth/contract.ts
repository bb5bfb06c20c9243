// OAuth 2.1: how programs get tokens of their own, with the consent of whoever has a key.
import { z } from 'zod';
import { endpoint } from '../../core/endpoint.ts';
import { Id, IdParams, Text, TimeText } from '../../core/shapes.ts';

const Word = (description: string) => Text.max(4096, 'at most 4,096 characters').optional().meta({ description });
const Uri = z.string().meta({ description: 'An address of this server' });
const Words = z.array(z.string());

export const protectedResource = endpoint({
  id: 'oauth.protected_resource',
  method: 'GET',
  path: '/.well-known/oauth-protected-resource/mcp',
  access: 'public',
  protocol: 'oauth',
  summary: 'Where tokens for /mcp come from (RFC 9728)',
  response: z.looseObject({
    resource: Uri,
    authorization_servers: Words,
    scopes_supported: Words,
    bearer_methods_supported: Words,
    resource_name: z.string(),
  }),
  errors: ['oauth_off'],
});
export const protectedServer = endpoint({
  id: 'oauth.protected_server',
  method: 'GET',
  path: '/.well-known/oauth-protected-resource',
  access: 'public',
  protocol: 'oauth',
  summary: 'Where tokens for this server come from (RFC 9728)',
  response: protectedResource.response,
  errors: ['oauth_off'],
});
export const authorizationServer = endpoint({
  id: 'oauth.authorization_server',
  method: 'GET',
  path: '/.well-known/oauth-authorization-server',
  aliases: ['/.well-known/oauth-authorization-server/mcp'],
  access: 'public',
  protocol: 'oauth',
  summary: 'What the authorization server offers (RFC 8414)',
  response: z.looseObject({
    issuer: Uri,
    authorization_endpoint: Uri,
    token_endpoint: Uri,
    revocation_endpoint: Uri,
    registration_endpoint: Uri.optional(),
    code_challenge_methods_supported: Words,
  }),
  errors: ['oauth_off'],
});

/** What a client says of itself, at registration or in a document of its own; unknown fields are passed over. */
export const ClientMetadata = z.looseObject({
  redirect_uris: z
    .array(Text.max(2000, 'at most 2,000 characters'))
    .min(1, 'at least one')
    .max(10, 'at most 10')
    .meta({ description: 'Where people are sent back to: https, or http on the same machine with any port' }),
  client_name: Text.max(200, 'at most 200 characters').nullish().meta({ description: 'Shown to whoever lets it in' }),
  grant_types: z.array(Text).nullish().meta({ description: 'authorization_code has to be among them' }),
  response_types: z.array(Text).nullish().meta({ description: 'code has to be among them' }),
  token_endpoint_auth_method: Text.nullish().meta({ description: 'Clients have no secrets here: read as none' }),
});
export type ClientMetadata = z.output<typeof ClientMetadata>;

export const registerClient = endpoint({
  id: 'oauth.register',
  method: 'POST',
  path: '/oauth/register',
  access: 'public',
  protocol: 'oauth',
  status: 201,
  summary: 'Register a client (RFC 7591)',
  description:
    'A client without a secret, known by its redirect addresses. One that nobody lets in is forgotten after a day. Not offered where ENGRAM_OAUTH_REGISTRATION is off.',
  body: ClientMetadata,
  body_limit: 16_384,
  response: z.looseObject({
    client_id: z.string().meta({ description: 'Name it when asking for codes and tokens' }),
    client_id_issued_at: z.number().int().meta({ description: 'Seconds since 1970' }),
    client_name: z.string(),
    redirect_uris: Words,
    grant_types: Words,
    response_types: Words,
    token_endpoint_auth_method: z.literal('none'),
  }),
  errors: ['oauth_off', 'oauth_invalid_client_metadata', 'oauth_invalid_redirect_uri', 'rate_limited'],
});

const AUTHORIZATION = {
  response_type: Word('code'),
  client_id: Word('From registration, or the https address of a document that describes the client'),
  redirect_uri: Word('One of the client'),
  scope: Word('read, write or both, with a space between; both when left out'),
  state: Word('Comes back as it is'),
  code_challenge: Word('SHA-256 of the code verifier, base64url'),
  code_challenge_method: Word('S256'),
  resource: Word('What the token is for: the address of /mcp, as when left out, or of this server'),
};
const PAGE_ANSWERS = {
  302: 'The client hears at its redirect address what is wrong.',
  400: 'A page that says what is wrong: people are not sent to an address that the client did not register.',
  404: 'A page that says that this server offers no OAuth.',
  429: 'A page that asks for patience.',
};
export const authorize = endpoint({
  id: 'oauth.authorize',
  method: 'GET',
  path: '/oauth/authorize',
  access: 'public',
  summary: 'The page on which a person lets a client in',
  description: 'For browsers. The answer goes to `redirect_uri`, with `code` or `error`, `state` and `iss` (RFC 9207).',
  query: z.looseObject(AUTHORIZATION),
  produces: 'text/html; charset=utf-8',
  response: z.string(),
  also: PAGE_ANSWERS,
});
export type Authorization = z.output<typeof authorize.query>;

export const consent = endpoint({
  id: 'oauth.consent',
  method: 'POST',
  path: '/oauth/authorize',
  access: 'public',
  form: true,
  summary: 'What a person says on that page',
  description: 'Takes what the form of that page sends, from the browser that the page was made for.',
  body: z.looseObject({
    ...AUTHORIZATION,
    form: Word('From the page; good for ten minutes in the browser that got it'),
    decision: Word('allow or deny'),
    key: Word('A key of the person: it proves who they are, and its end is the end of what is granted'),
    allow_read: Word('Present when reading is granted'),
    allow_write: Word('Present when writing is granted'),
  }),
  body_limit: 65_536,
  produces: 'text/html; charset=utf-8',
  response: z.string(),
  also: {
    ...PAGE_ANSWERS,
    303: 'Back to the client, with a code or with the news that access was denied.',
    403: 'The page once more: it was too old, from elsewhere, or the key was not valid.',
  },
});
export type Consent = z.output<typeof consent.body>;

export const exchangeToken = endpoint({
  id: 'oauth.token',
  method: 'POST',
  path: '/oauth/token',
  access: 'public',
  protocol: 'oauth',
  form: true,
  summary: 'Exchange a code or a refresh token for tokens',
  description:
    'A code works once, within a minute; a refresh token works once, within 30 days. One that is shown a second time ends the grant: it was copied.',
  body: z.looseObject({
    grant_type: Word('authorization_code or refresh_token'),
    client_id: Word('Of the client'),
    code: Word('From the redirect address'),
    redirect_uri: Word('The one that the code was asked for with'),
    code_verifier: Word('What the code challenge was made of'),
    refresh_token: Word('From the last answer'),
    scope: Word('To ask for less than was granted'),
    resource: Word('As it was when the code was asked for'),
  }),
  body_limit: 65_536,
  response: z.looseObject({
    access_token: z.string().meta({ description: 'A bearer token, wherever a key is taken' }),
    token_type: z.literal('Bearer'),
    expires_in: z.number().int().meta({ description: 'Seconds' }),
    refresh_token: z.string(),
    scope: z.string(),
  }),
  errors: [
    'oauth_off',
    'oauth_invalid_client',
    'oauth_invalid_grant',
    'oauth_invalid_scope',
    'oauth_invalid_target',
    'oauth_unsupported_grant_type',
    'rate_limited',
  ],
});
export type TokenRequest = z.output<typeof exchangeToken.body>;

export const revokeToken = endpoint({
  id: 'oauth.revoke',
  method: 'POST',
  path: '/oauth/revoke',
  access: 'public',
  protocol: 'oauth',
  form: true,
  summary: 'Give a token back (RFC 7009)',
  description:
    'Ends the grant that the token came from, with every token of it. A token that is not known is no error.',
  body: z.looseObject({
    token: Word('An access or refresh token'),
    token_type_hint: Word('Not needed'),
    client_id: Word('Of the client'),
  }),
  body_limit: 16_384,
  response: z.looseObject({}),
  errors: ['oauth_off', 'rate_limited'],
});

export const listGrants = endpoint({
  id: 'oauth.grants',
  method: 'GET',
  path: '/oauth/grants',
  access: 'read',
  summary: 'List the clients that you let in',
  response: z.looseObject({
    grants: z.array(
      z.looseObject({
        id: Id,
        client_id: z.string(),
        client_name: z.string().meta({ description: 'As the client calls itself' }),
        redirect_host: z.string().meta({ description: 'Where you were sent back to' }),
        scopes: Words,
        resource: z.string().meta({ description: 'What its tokens are for' }),
        key_id: z.number().int().meta({ description: 'The key you proved yourself with' }),
        created_at: TimeText,
        last_used_at: TimeText.nullable(),
        expires_at: TimeText.meta({ description: 'Unless the client comes back before' }),
      }),
    ),
    count: z.number().int(),
  }),
});
export const endGrant = endpoint({
  id: 'oauth.end_grant',
  method: 'DELETE',
  path: '/oauth/grants/{id}',
  access: 'write',
  summary: 'Shut a client out',
  description: 'Its tokens stop working at once. A client that acts with such a token can only end its own grant.',
  params: IdParams,
  response: z.looseObject({ ended: z.literal(true), id: z.number().int() }),
  errors: ['grant_not_found'],
});
