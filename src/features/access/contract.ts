// First key, users, keys and spaces.
import { z } from 'zod';
import { endpoint } from '../../core/endpoint.ts';
import { Id, IdParams, Text, TimeText } from '../../core/shapes.ts';

const Name = (fallback: string) =>
  Text.trim()
    .max(200, 'at most 200 characters')
    .transform((s) => s || fallback);

export const bootstrap = endpoint({
  id: 'access.bootstrap',
  method: 'POST',
  path: '/bootstrap',
  access: 'public',
  status: 201,
  summary: 'Get the first admin key',
  description: 'Works once. Without `ENGRAM_BOOTSTRAP_SECRET` it only answers callers on the same machine.',
  body: z.strictObject({
    name: Name('admin').default('admin').meta({ description: 'Name of the key' }),
    secret: Text.nullish().meta({ description: 'The value of `ENGRAM_BOOTSTRAP_SECRET`, where the server has one' }),
  }),
  body_optional: true,
  body_limit: 4096,
  response: z.looseObject({
    key: z.string().meta({ description: 'Shown once; keep it' }),
    api_key: z.string(),
    name: z.string(),
    scopes: z.array(z.string()),
    user_id: z.number().int(),
    message: z.string(),
  }),
  errors: ['already_bootstrapped', 'bootstrap_secret_wrong', 'peer_not_local', 'rate_limited'],
});

export const NewUser = z.strictObject({
  username: Text.trim()
    .min(1, 'username is empty')
    .max(100, 'at most 100 characters')
    .meta({ description: 'Unique name', example: 'ada' }),
  email: Text.max(320).nullish().meta({ description: 'For people to know who it is; no mail is sent' }),
  role: Text.nullish()
    .transform((r) => (r === 'admin' || r === 'reader' ? r : 'writer'))
    .meta({ description: 'admin, writer or reader; anything else means writer' }),
});

export const createUser = endpoint({
  id: 'access.create_user',
  method: 'POST',
  path: '/users',
  access: 'admin',
  status: 201,
  summary: 'Create a user',
  body: NewUser,
  response: z.looseObject({ id: z.number().int(), username: z.string(), role: z.string(), created_at: TimeText }),
  errors: ['name_taken'],
});
export const listUsers = endpoint({
  id: 'access.list_users',
  method: 'GET',
  path: '/users',
  access: 'admin',
  summary: 'List users',
  response: z.looseObject({
    users: z.array(
      z.looseObject({
        id: z.number().int(),
        username: z.string(),
        email: z.string().nullable(),
        role: z.string(),
        is_admin: z.boolean(),
        memory_count: z.number().int().meta({ description: 'Every version of a memory counts, and the trash too' }),
        conversation_count: z.number().int(),
        key_count: z.number().int().meta({ description: 'Active keys' }),
        space_count: z.number().int(),
        created_at: TimeText,
      }),
    ),
    count: z.number().int(),
  }),
});

export const createKey = endpoint({
  id: 'access.create_key',
  method: 'POST',
  path: '/keys',
  access: 'admin',
  status: 201,
  summary: 'Create a key',
  body: z.strictObject({
    name: Name('default').default('default').meta({ description: 'What the key is for', example: 'laptop' }),
    scopes: z
      .union([Text, z.array(Text)])
      .transform((s) => (Array.isArray(s) ? s.join(',') : s))
      .optional()
      .meta({ description: 'Comma-separated: read, write, admin; without it read and write, for a reader read' }),
    user_id: Id.nullish().meta({ description: 'Whose key it is; without it, yours' }),
    space_id: Id.nullish().meta({ description: 'Accepted for older clients; changes nothing' }),
    rate_limit: z
      .number()
      .int()
      .min(1)
      .max(1_000_000)
      .default(1000)
      .meta({ description: 'Cost units a minute, see the limits' }),
    expires_at: Text.nullish().meta({ description: 'Not valid from this time on' }),
    ttl_secs: z.number().int().positive().nullish().meta({ description: 'Valid for so many seconds' }),
  }),
  body_optional: true,
  response: z.looseObject({
    key: z.string().meta({ description: 'Shown once; keep it' }),
    id: z.number().int(),
    name: z.string(),
    scopes: z.string(),
    rate_limit: z.number().int(),
    user_id: z.number().int(),
    expires_at: TimeText.nullable(),
    message: z.string(),
  }),
  errors: ['quota_exceeded', 'user_not_found'],
});

const Key = z
  .looseObject({
    id: z.number().int(),
    user_id: z.number().int(),
    key_prefix: z.string().meta({ description: 'First 8 digits: which key it is' }),
    name: z.string(),
    scopes: z.array(z.string()),
    rate_limit: z.number().int(),
    is_active: z.boolean(),
    is_replaced: z.boolean().meta({ description: 'It was rotated, and works until `expires_at`' }),
    agent_id: z.number().int().nullable(),
    last_used_at: TimeText.nullable(),
    expires_at: TimeText.nullable(),
    created_at: TimeText,
    hash_version: z.number().int().meta({ description: '2 when it was made with ENGRAM_API_KEY_PEPPER, else 1' }),
  })
  .meta({ id: 'ApiKey' });
export const listKeys = endpoint({
  id: 'access.list_keys',
  method: 'GET',
  path: '/keys',
  access: 'read',
  summary: 'List your active keys',
  response: z.looseObject({
    keys: z.array(Key),
    count: z.number().int(),
  }),
});
export const revokeKey = endpoint({
  id: 'access.revoke_key',
  method: 'DELETE',
  path: '/keys/{id}',
  access: 'write',
  others: true,
  summary: 'Revoke a key',
  params: IdParams,
  response: z.looseObject({ revoked: z.literal(true), id: z.number().int() }),
  errors: ['key_not_found', 'forbidden'],
});
export const rotateKey = endpoint({
  id: 'access.rotate_key',
  method: 'POST',
  path: '/keys/rotate',
  access: 'admin',
  summary: 'Exchange one of your keys for a new one',
  description:
    'In one step: the new key is there and the old one has an end, or nothing has changed. The new one has the scopes, the limit and the end of the old one.',
  body: z.strictObject({
    key_id: Id.meta({ description: 'Key to exchange, as GET /keys lists it' }),
    grace_hours: z
      .number()
      .int()
      .min(0)
      .max(8760)
      .nullish()
      .meta({ description: 'Hours the old key still works; ENGRAM_AUTH_KEY_ROTATION_GRACE_HOURS when left out' }),
  }),
  response: z.looseObject({
    new_key: z.string().meta({ description: 'Shown once; keep it' }),
    new_key_id: z.number().int(),
    old_key_id: z.number().int(),
    old_key_expires: TimeText,
    grace_hours: z.number().int(),
    message: z.string(),
  }),
  errors: ['key_not_found', 'quota_exceeded'],
});

export const createApiKey = endpoint({
  id: 'access.create_api_key',
  method: 'POST',
  path: '/api-keys',
  access: 'write',
  status: 201,
  summary: 'Create a key for yourself that may do no more than yours',
  body: z.strictObject({
    name: Name('api-key').default('api-key').meta({ description: 'What the key is for', example: 'dashboard' }),
    scopes: z
      .union([Text, z.array(Text)])
      .transform((s) => (Array.isArray(s) ? s.join(',') : s))
      .default('read')
      .meta({ description: 'read, write, admin or *, with commas or spaces between; none that your key lacks' }),
    rate_limit: z
      .number()
      .int()
      .min(1)
      .nullish()
      .meta({ description: 'Cost units a minute; at most that of your key, for an admin at most 100,000' }),
  }),
  body_optional: true,
  response: z.looseObject({ key: Key, full_key: z.string().meta({ description: 'Shown once; keep it' }) }),
  errors: ['forbidden', 'quota_exceeded'],
});
export const listApiKeys = endpoint({
  id: 'access.list_api_keys',
  method: 'GET',
  path: '/api-keys',
  access: 'read',
  summary: 'List your active keys, as GET /keys',
  response: z.looseObject({ keys: z.array(Key), count: z.number().int() }),
});
export const deleteApiKey = endpoint({
  id: 'access.delete_api_key',
  method: 'DELETE',
  path: '/api-keys/{id}',
  access: 'write',
  others: true,
  summary: 'Revoke a key, as DELETE /keys/{id}',
  params: IdParams,
  response: z.looseObject({ deleted: z.literal(true), id: z.number().int() }),
  errors: ['key_not_found', 'forbidden'],
});

const Space = z.looseObject({
  id: z.number().int(),
  name: z.string(),
  description: z.string().nullable(),
  created_at: TimeText,
});
export const createSpace = endpoint({
  id: 'access.create_space',
  method: 'POST',
  path: '/spaces',
  access: 'write',
  status: 201,
  summary: 'Create a space: a separate shelf of memories, chosen with the X-Space header',
  body: z.strictObject({
    name: Text.trim()
      .min(1, 'name is empty')
      .max(100, 'at most 100 characters')
      .meta({ description: 'Unique among your spaces', example: 'work' }),
    description: Text.max(1000).nullish().meta({ description: 'What belongs in it' }),
  }),
  response: Space,
  errors: ['name_taken', 'quota_exceeded'],
});
export const listSpaces = endpoint({
  id: 'access.list_spaces',
  method: 'GET',
  path: '/spaces',
  access: 'read',
  summary: 'List your spaces',
  response: z.looseObject({
    spaces: z.array(
      Space.extend({
        memory_count: z.number().int().meta({ description: 'Every version of a memory counts, and the trash too' }),
      }),
    ),
    count: z.number().int(),
  }),
});
