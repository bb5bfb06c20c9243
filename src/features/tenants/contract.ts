// Who uses the server and how much: quotas, use, making and ending users, and what becomes of a space that goes.
import { z } from 'zod';
import { HOUR_MS } from '../../algo/durations.ts';
import { endpoint } from '../../core/endpoint.ts';
import { Flag, Id, IdParams, Text, TimeText } from '../../core/shapes.ts';
import { NewUser } from '../access/contract.ts';

const Count = z.number().int();
const Amount = (description: string) =>
  z
    .number()
    .int()
    .min(0)
    .max(1_000_000_000_000)
    .meta({ description: `${description}; 0 is no limit` });

export const quota = endpoint({
  id: 'tenants.quota',
  method: 'GET',
  path: '/quota',
  access: 'read',
  summary: 'How much you have, and how much you may have',
  description: 'A limit of 0 is none. Every version of a memory counts, and the trash too.',
  response: z.looseObject({
    user_id: Count,
    memory_count: Count,
    memory_limit: Count,
    conversation_count: Count,
    conversation_limit: Count,
    key_count: Count,
    key_limit: Count,
    spaces_count: Count,
    spaces_limit: Count,
    max_memory_size_bytes: Count,
    within_limits: z.boolean().meta({ description: 'One more of each may be made' }),
  }),
});

export const reportUsage = endpoint({
  id: 'tenants.report_usage',
  method: 'POST',
  path: '/usage',
  access: 'write',
  status: 201,
  summary: 'Note that something was used',
  description: 'Added up by day; GET /usage tells it again.',
  body: z.strictObject({
    event_type: Text.trim()
      .min(1, 'event_type is empty')
      .max(100)
      .meta({ description: 'Any word', example: 'llm_tokens' }),
    quantity: z.number().min(0).max(1e12).default(1).meta({ description: 'How much' }),
    agent_id: z
      .union([Text.max(100), z.number().int()])
      .nullish()
      .transform((id) => (id == null ? '' : String(id)))
      .meta({ description: 'Who used it' }),
  }),
  response: z.looseObject({ recorded: z.literal(true) }),
});
export const usage = endpoint({
  id: 'tenants.usage',
  method: 'GET',
  path: '/usage',
  access: 'read',
  summary: 'What was noted with POST /usage, by day',
  query: z.strictObject({
    days: z.coerce.number().int().min(1).max(3660).default(30).meta({ description: 'How far back' }),
  }),
  response: z.looseObject({
    usage: z.array(
      z.looseObject({
        day: z.string(),
        event_type: z.string(),
        agent_id: z.string().nullable(),
        events: Count,
        quantity: z.number(),
      }),
    ),
    count: Count,
  }),
});

export const deleteSpace = endpoint({
  id: 'tenants.delete_space',
  method: 'DELETE',
  path: '/spaces/{id}',
  access: 'write',
  summary: 'Delete a space',
  description:
    'One that holds memories goes only when you say what becomes of them: `move_to` another space, or `erase` them for good. The default space stays.',
  params: IdParams,
  query: z.strictObject({
    move_to: Id.optional().meta({ description: 'Space that takes what is in it' }),
    erase: Flag.default(false).meta({ description: 'Erase for good what is in it' }),
  }),
  response: z.looseObject({ deleted: z.literal(true), id: Count, moved: Count, erased: Count }),
  errors: ['space_missing', 'space_not_empty', 'space_not_found'],
  timeout_ms: HOUR_MS,
});

const Quota = z.looseObject({
  user_id: Count,
  username: z.string(),
  max_memories: Count,
  max_conversations: Count,
  max_api_keys: Count,
  max_spaces: Count,
  max_memory_size_bytes: Count,
  rate_limit_override: Count.nullable(),
  is_own: z.boolean().meta({ description: 'Set for this user, else what all get' }),
});
export const listQuotas = endpoint({
  id: 'tenants.quotas',
  method: 'GET',
  path: '/admin/quotas',
  access: 'admin',
  summary: 'What each user may have',
  description: 'A limit of 0 is none; administrators have none until they get one.',
  response: z.array(Quota),
});
export const setQuota = endpoint({
  id: 'tenants.set_quota',
  method: 'PUT',
  path: '/admin/quotas',
  access: 'admin',
  summary: 'Change what a user may have',
  description: 'What is left out stays as it is. What is there beyond a new limit stays; nothing more comes to it.',
  body: z.strictObject({
    user_id: Id.meta({ description: 'Whose quota' }),
    max_memories: Amount('Memories, every version of each').optional(),
    max_conversations: Amount('Conversations').optional(),
    max_api_keys: Amount('Active keys').optional(),
    max_spaces: Amount('Spaces').optional(),
    max_memory_size_bytes: Amount('Bytes of one memory').optional(),
    rate_limit_override: z
      .number()
      .int()
      .min(1)
      .max(1_000_000)
      .nullish()
      .meta({ description: 'Cost units a minute, whatever the keys of the user say; null: what each key says' }),
  }),
  response: z.looseObject({ status: z.literal('ok'), user_id: Count }),
  errors: ['user_not_found'],
});

export const listUsage = endpoint({
  id: 'tenants.all_usage',
  method: 'GET',
  path: '/admin/usage',
  access: 'admin',
  summary: 'How much each user has',
  response: z.array(
    z.looseObject({
      user_id: Count,
      username: z.string(),
      memory_count: Count,
      conversation_count: Count,
      api_key_count: Count,
      space_count: Count,
    }),
  ),
});
export const listTenants = endpoint({
  id: 'tenants.list',
  method: 'GET',
  path: '/admin/tenants',
  access: 'admin',
  summary: 'Users, with how much they have',
  response: z.array(
    z.looseObject({
      id: Count,
      username: z.string(),
      role: z.string(),
      memory_count: Count,
      key_count: Count,
      created_at: TimeText,
    }),
  ),
});

export const provision = endpoint({
  id: 'tenants.provision',
  method: 'POST',
  path: '/tenants/provision',
  access: 'admin',
  status: 201,
  summary: 'Make a user with a key and a space, in one step',
  body: NewUser,
  response: z.looseObject({
    user_id: Count,
    username: z.string(),
    role: z.string(),
    api_key: z.string().meta({ description: 'Shown once; keep it' }),
    space_id: Count,
  }),
  errors: ['name_taken'],
});
export const deprovision = endpoint({
  id: 'tenants.deprovision',
  method: 'POST',
  path: '/tenants/deprovision',
  access: 'admin',
  summary: 'Erase a user and all that is theirs, for good',
  description:
    'Keys stop at once; then memories, vectors, conversations and everything else go, their audit too. Asked again after an interruption, it goes on.',
  body: z.strictObject({ user_id: Id.meta({ description: 'Who goes' }) }),
  response: z.looseObject({
    removed: z.literal(true),
    user_id: Count,
    deleted_rows: Count.meta({ description: 'In all tables' }),
  }),
  errors: ['user_not_found'],
  timeout_ms: HOUR_MS,
});

const Wiped = z.looseObject({ deleted_rows: Count, user_id: Count });
const wiping = {
  method: 'POST',
  access: 'admin',
  description:
    'Memories with all that is known from them, conversations, episodes, entities, preferences and the like. Keys, spaces, quotas, the audit, webhooks and subscriptions stay. Nothing brings it back.',
  response: Wiped,
  timeout_ms: HOUR_MS,
} as const;
export const reset = endpoint({
  id: 'tenants.reset',
  path: '/reset',
  ...wiping,
  summary: 'Erase everything of your own, for good',
  body: z.strictObject({}),
  body_optional: true,
});
export const adminReset = endpoint({
  id: 'tenants.admin_reset',
  path: '/admin/reset',
  ...wiping,
  summary: 'Erase everything of your own, for good, after a word that says so',
  body: z.strictObject({ confirm: z.literal('WIPE_ALL_MEMORIES').meta({ description: 'Exactly this' }) }),
});
