// What the memory endpoints accept and answer. Field names are those of existing clients; supersets where two disagree.
import { z } from 'zod';
import { parseTime } from '../../core/clock.ts';
import { endpoint } from '../../core/endpoint.ts';
import { job } from '../../core/job.ts';
import {
  Flag,
  Id,
  IdParams,
  Importance,
  Limit,
  LinkedMemory,
  Memory,
  Offset,
  ORIGINS,
  Screened,
  Tags,
  Text,
  TimeText,
  VersionEntry,
} from '../../core/shapes.ts';

const When = Text.refine((text) => parseTime(text) !== null, {
  error: 'must be a time such as "2026-03-01", "2026-03-01 09:30:00" or RFC 3339',
});
const Label = (fallback: string) =>
  Text.trim()
    .max(200, 'at most 200 characters')
    .transform((s) => s || fallback);

/** The largest memory when every character is written as an escape, with room for the other fields. */
const CONTENT_BODY_LIMIT = 1024 * 1024;

/** Sent by some clients, of no use here; accepted so that they keep working. */
const Ignored = z.unknown().optional().meta({ description: 'Accepted for older clients; changes nothing' });
const tolerated = { user_id: Ignored, agent: Ignored };
const Agent = z
  .unknown()
  .optional()
  .meta({ description: 'Who writes it, by their own name', override: { type: 'string' } });
const CATEGORY = 'Such as general, task, decision, discovery, issue, state or reference; any text is accepted';
const VECTOR = 'Ready-made vector; only if it has the dimension of the model in use';
const FORGET_AT = 'Forget it at this time';
const FACT = 'States one fact';
/** A hundred years. */
const LONGEST_TTL = 3_153_600_000;
const Ttl = z
  .number({ error: 'ttl must be a whole number of seconds' })
  .int('ttl must be a whole number of seconds')
  .min(1, 'ttl must be 1 second or more')
  .max(LONGEST_TTL, 'ttl must be at most 100 years')
  .meta({ description: 'Forget it so many seconds from now; with `forget_after`, the earlier of the two holds' });

export const StoreRequest = z
  .strictObject({
    content: Text.meta({
      description: 'What to remember; at most 102,400 bytes',
      example: 'Production DB is PostgreSQL 16 on db.example.com:5432',
    }),
    category: Label('general').default('general').meta({ description: CATEGORY }),
    source: Label('unknown').default('unknown').meta({ description: 'Who or what says so' }),
    importance: Importance.default(5),
    tags: Tags.default([]),
    session_id: Label('')
      .nullish()
      .meta({ description: 'Conversation or run; consecutive memories of one session are linked and form an episode' }),
    is_static: z.boolean().default(false).meta({ description: 'A permanent fact: never fades' }),
    space_id: Id.nullish().meta({
      description: 'Space to store it in; without it, the one in X-Space or the default one',
    }),
    parent_memory_id: Id.nullish().meta({ description: 'Store as the next version of this memory' }),
    occurred_at: When.nullish().meta({ description: 'When it happened, if not now' }),
    forget_after: When.nullish().meta({ description: FORGET_AT }),
    ttl: Ttl.nullish(),
    forget_reason: Text.max(1000).nullish().meta({ description: 'Why it will be forgotten' }),
    model: Text.max(200).nullish().meta({ description: 'Language model that wrote it' }),
    embedding: z.array(z.number()).nullish().meta({ description: VECTOR }),
    status: z
      .enum(['approved', 'pending'])
      .default('approved')
      .meta({ description: 'pending waits for a person to approve it' }),
    is_fact: z.boolean().default(false).meta({ description: FACT }),
    is_inference: Ignored,
    entity_ids: Ignored,
    project_ids: Ignored,
    episode_id: Id.nullish().meta({ description: 'Episode to put it into; without it, the open one of its session' }),
    episode: z
      .union([z.boolean(), z.enum(['none', 'auto']).transform((word) => word === 'auto')], {
        error: 'must be true, false, "auto" or "none"',
      })
      .default(true)
      .meta({ description: 'false or "none" keeps it out of the episode of its session' }),
    origin: z
      .enum(ORIGINS)
      .nullish()
      .meta({ description: 'Who or what the text is of; without it, as the name of the source tells' }),
    ...tolerated,
    agent: Agent,
  })
  .meta({ id: 'StoreRequest' });
export type StoreRequest = z.output<typeof StoreRequest>;

export const StoreResponse = z
  .looseObject({
    id: z.number().int().meta({ description: 'Id of the memory that now says this' }),
    stored: z.boolean().meta({ description: 'The same as created', example: true }),
    created: z.boolean().meta({ description: 'false when an existing memory already said the same', example: true }),
    duplicate: z.boolean().meta({ description: 'The opposite of created' }),
    duplicate_of: z.number().int().nullable().meta({ description: 'The memory that already said the same' }),
    existing_id: z.number().int().nullable().meta({ description: 'The same as duplicate_of' }),
    similarity: z.number().nullable().meta({
      description: 'How near the existing memory is: 1 for the same text, else the cosine; null when created',
    }),
    created_at: TimeText.meta({ description: 'When it was stored' }),
    importance: z.number().int().meta({ description: '1 (trivial) to 10 (vital)' }),
    embedded: z.boolean().meta({ description: 'Has a vector, so that it can be found by meaning', example: true }),
    tags: z.array(z.string()).meta({ description: 'Labels, lower case', example: ['database'] }),
    decay_score: z.number().meta({ description: 'importance x retrievability now' }),
    linked: z.number().int().meta({ description: 'Edges made to other memories' }),
    episode_id: z.number().int().nullable().meta({ description: 'Episode it belongs to' }),
    status: z.string().meta({ description: 'approved or pending', example: 'approved' }),
    model: z.string().nullable().meta({ description: 'Language model that wrote it, if the caller said so' }),
    ...Screened,
  })
  .meta({ id: 'StoreResponse' });

export const storeMemory = endpoint({
  id: 'memory.store',
  method: 'POST',
  path: '/store',
  aliases: ['/memory', '/memories'],
  access: 'write',
  status: 201,
  also: { 200: 'An existing memory already said the same; it was strengthened instead' },
  summary: 'Store a memory',
  description: 'When this answers, the memory is on disk and searchable.',
  body: StoreRequest,
  body_limit: CONTENT_BODY_LIMIT,
  response: StoreResponse,
  errors: ['content_too_large', 'episode_not_found', 'memory_not_found', 'space_not_found'],
});

export const ListQuery = z.strictObject({
  limit: Limit(50, 1000),
  offset: Offset,
  category: Text.optional().meta({ description: 'Only this category' }),
  source: Text.optional().meta({ description: 'Only what this source said' }),
  space_id: Id.optional().meta({ description: 'Only this space' }),
  session_id: Text.optional().meta({ description: 'Only this conversation or run' }),
  as_of: When.optional().meta({
    description: 'What was known then: versions, trash and expiry as they stood; a bare day means its end',
  }),
  include_forgotten: Flag.default(false).meta({ description: 'Also what lies in the trash' }),
  include_archived: Flag.default(false).meta({ description: 'Also what is hidden from recall' }),
});
export type ListQuery = z.output<typeof ListQuery>;

const MemoryList = z.looseObject({ results: z.array(Memory) }).meta({ id: 'MemoryList' });

export const listMemories = endpoint({
  id: 'memory.list',
  method: 'GET',
  path: '/list',
  access: 'read',
  summary: 'List memories, newest first',
  query: ListQuery,
  response: MemoryList,
  errors: ['space_not_found'],
});
export const listMemoriesArray = endpoint({
  id: 'memory.list_array',
  method: 'GET',
  path: '/memories',
  access: 'read',
  summary: 'List memories as a bare array, for the published SDKs',
  query: ListQuery,
  response: z.array(Memory),
  errors: ['space_not_found'],
});

export const getMemory = endpoint({
  id: 'memory.get',
  method: 'GET',
  path: '/memory/{id}',
  aliases: ['/memories/{id}'],
  access: 'read',
  summary: 'Read one memory',
  params: IdParams,
  response: Memory,
  errors: ['memory_not_found'],
});

export const UpdateRequest = z
  .strictObject({
    content: Text.optional().meta({
      description: 'What to remember from now on',
      example: 'Production DB is PostgreSQL 17',
    }),
    category: Label('general').optional().meta({ description: CATEGORY }),
    importance: Importance.optional(),
    tags: Tags.optional().meta({ description: 'Replace the tags' }),
    is_static: z.boolean().optional().meta({ description: 'A permanent fact: never fades' }),
    is_fact: z.boolean().optional().meta({ description: FACT }),
    status: z.enum(['approved', 'pending', 'rejected']).optional().meta({ description: 'Where it stands in review' }),
    occurred_at: When.nullish().meta({ description: 'When it happened' }),
    forget_after: When.nullish().meta({ description: FORGET_AT }),
    ttl: Ttl.nullish(),
    embedding: z.array(z.number()).nullish().meta({ description: VECTOR }),
    origin: z.enum(ORIGINS).nullish().meta({ description: 'Who or what the new text is of' }),
    ...tolerated,
    agent: Agent,
  })
  .meta({ id: 'UpdateRequest' });
export type UpdateRequest = z.output<typeof UpdateRequest>;

const UpdateResponse = Memory.extend({
  updated: z.literal(true),
  old_id: z.number().int(),
  new_id: z.number().int(),
  root_id: z.number().int(),
  linked: z.number().int(),
  embedded: z.boolean(),
  redacted: Screened.redacted,
}).meta({ id: 'UpdateResponse' });

const updateSpec = {
  access: 'write',
  summary: 'Store a new version of a memory',
  description: 'The old version stays in the chain of `/versions/{id}`; only the new one is searched.',
  params: IdParams,
  body: UpdateRequest,
  body_limit: CONTENT_BODY_LIMIT,
  response: UpdateResponse,
  errors: ['memory_not_found', 'content_too_large'],
} as const;
export const updateMemory = endpoint({
  id: 'memory.update',
  method: 'POST',
  path: '/memory/{id}/update',
  ...updateSpec,
});
export const patchMemory = endpoint({ id: 'memory.patch', method: 'PATCH', path: '/memories/{id}', ...updateSpec });

export const deleteMemory = endpoint({
  id: 'memory.delete',
  method: 'DELETE',
  path: '/memory/{id}',
  aliases: ['/memories/{id}'],
  access: 'write',
  summary: 'Erase a memory for good',
  description:
    'Row, search entries, vector and links go at once. `?versions=true` erases its whole version chain. To hide a memory so that it can come back, use `/memory/{id}/forget`.',
  params: IdParams,
  query: z.strictObject({ versions: Flag.default(false).meta({ description: 'Erase every version of it' }) }),
  response: z.looseObject({
    deleted: z.literal(true),
    ok: z.literal(true),
    id: z.number().int(),
    erased: z.number().int().meta({ description: 'How many versions went' }),
  }),
  errors: ['memory_not_found'],
});

const ForgetRequest = z.strictObject({
  reason: Text.max(1000).nullish().meta({ description: 'Why; kept with it' }),
  ...tolerated,
});
const StatusResponse = z.looseObject({ id: z.number().int(), ok: z.literal(true), status: z.string() });
export const forgetMemory = endpoint({
  id: 'memory.forget',
  method: 'POST',
  path: '/memory/{id}/forget',
  aliases: ['/memories/{id}/forget'],
  access: 'write',
  summary: 'Move a memory to the trash',
  params: IdParams,
  body: ForgetRequest,
  body_optional: true,
  response: StatusResponse,
  errors: ['memory_not_found'],
});
export const restoreMemory = endpoint({
  id: 'memory.restore',
  method: 'POST',
  path: '/memory/{id}/restore',
  access: 'write',
  summary: 'Take a memory out of the trash',
  params: IdParams,
  body: z.strictObject({}),
  body_optional: true,
  response: Memory,
  errors: ['memory_not_found'],
});
const flagSpec = {
  access: 'write',
  params: IdParams,
  body: z.strictObject({}),
  body_optional: true,
  response: StatusResponse,
  errors: ['memory_not_found'],
} as const;
export const archiveMemory = endpoint({
  id: 'memory.archive',
  method: 'POST',
  path: '/memory/{id}/archive',
  summary: 'Hide a memory from recall',
  ...flagSpec,
});
export const unarchiveMemory = endpoint({
  id: 'memory.unarchive',
  method: 'POST',
  path: '/memory/{id}/unarchive',
  summary: 'Bring an archived memory back',
  ...flagSpec,
});

export const setTags = endpoint({
  id: 'memory.set_tags',
  method: 'PUT',
  path: '/memory/{id}/tags',
  access: 'write',
  summary: 'Replace the tags of a memory',
  params: IdParams,
  body: z.strictObject({
    tags: Tags.meta({ description: 'All the tags it shall have', example: ['database', 'production'] }),
  }),
  response: Memory,
  errors: ['memory_not_found'],
});
export const listVersions = endpoint({
  id: 'memory.versions',
  method: 'GET',
  path: '/versions/{id}',
  access: 'read',
  summary: 'Version chain of a memory, oldest first',
  params: IdParams,
  response: z.looseObject({ versions: z.array(VersionEntry), chain: z.array(VersionEntry), root_id: z.number().int() }),
  errors: ['memory_not_found'],
});
export const listLinks = endpoint({
  id: 'memory.links',
  method: 'GET',
  path: '/links/{id}',
  access: 'read',
  summary: 'Memories linked to this one, both directions',
  params: IdParams,
  response: z.looseObject({ memory_id: z.number().int(), links: z.array(LinkedMemory) }),
  errors: ['memory_not_found'],
});
export const listTags = endpoint({
  id: 'memory.tags',
  method: 'GET',
  path: '/tags',
  access: 'read',
  summary: 'All tags with how many memories carry them',
  response: z.looseObject({ tags: z.array(z.looseObject({ tag: z.string(), count: z.number().int() })) }),
});
export const searchTags = endpoint({
  id: 'memory.search_tags',
  method: 'POST',
  path: '/tags/search',
  access: 'read',
  summary: 'Memories that carry some or all of these tags, newest first',
  body: z
    .strictObject({
      tags: Tags.optional().meta({ description: 'Tags to look for', example: ['database'] }),
      tag: Text.optional().meta({ description: 'A single one, for older clients' }),
      match_all: z.boolean().default(false).meta({ description: 'true: all of the tags; false: any of them' }),
      limit: Limit(50, 100),
      ...tolerated,
    })
    .refine((b) => (b.tags ?? []).length > 0 || (b.tag ?? '').trim() !== '', {
      error: 'name at least one tag',
      path: ['tags'],
    }),
  response: MemoryList,
});

export const LinkRequest = z.strictObject({
  source_id: Id,
  target_id: Id,
  similarity: z.number().min(0).max(1).default(1),
  type: Text.trim().min(1).max(64).default('manual'),
});
export type LinkRequest = z.output<typeof LinkRequest>;

/** Makes vectors for memories that lack them. */
export const embedMissing = job({
  kind: 'memory.embed_missing',
  lane: 'inference',
  payload: z.strictObject({
    model: z.string(),
    user_id: z.number().int().optional(),
    /** Vectors made before this time are made again. */
    made_before: z.string().optional(),
  }),
  dedupe: ({ model, user_id, made_before }) => [model, user_id ?? '', made_before ?? ''].join('|'),
  attempts: 10,
});
