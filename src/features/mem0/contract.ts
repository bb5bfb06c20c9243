// The REST interface of mem0, as its clients call it. What they send beyond these fields changes nothing.
import { z } from 'zod';
import { parseTime } from '../../core/clock.ts';
import { endpoint } from '../../core/endpoint.ts';
import { Flag, Id, Text } from '../../core/shapes.ts';

const BODY_LIMIT = 2 * 1024 * 1024;
/** Adding may wait for a language model, and deleting goes through many. */
const TIMEOUT_MS = 180_000;
const MAX_MESSAGES = 1_000;
const MAX_BATCH = 1_000;
const MAX_PAGE_SIZE = 1_000;
const MAX_FOUND = 100;

const Name = (whose: string) =>
  Text.max(500, 'at most 500 characters')
    .nullish()
    .meta({ description: `${whose}, by the caller's own name` });
const entities = {
  user_id: Name('The user it is about'),
  agent_id: Name('The agent it is about'),
  app_id: Name('The app it is about'),
  run_id: Name('The run it comes from'),
};
const Metadata = z
  .record(z.string(), z.unknown())
  .refine((value) => JSON.stringify(value).length <= 65_536, 'at most 64 KiB of JSON')
  .nullish()
  .meta({ description: 'Kept with the memory as it is', example: { topic: 'travel' } });
const When = Text.refine((text) => parseTime(text) !== null, { error: 'must be a date such as "2026-03-01"' });
const Expiration = When.nullish().meta({ description: 'Day after which it is forgotten', example: '2030-01-31' });
const Timestamp = z
  .union([z.number().min(0).max(253_402_300_799), When])
  .nullish()
  .meta({ description: 'When it was said: seconds since 1970, or a time' });
const Filters = z
  .record(z.string(), z.unknown())
  .nullish()
  .meta({
    description:
      'Fields with values or operators (in, eq, ne, gt, gte, lt, lte, contains, icontains, "*"), joined by AND, OR and NOT',
    example: { AND: [{ user_id: 'alice' }, { created_at: { gte: '2026-03-01' } }] },
  });
const OutputFormat = z.string().nullish().meta({ description: 'v1.1 wraps lists in `results`', example: 'v1.1' });
/** More than `max` is read as `max`. */
const AtMost = (max: number, description: string) =>
  Id.transform((n) => Math.min(n, max))
    .optional()
    .meta({
      description: `${description}; more than ${max} is read as ${max}`,
      override: { type: 'integer', minimum: 1 },
    });
const Page = Id.optional().meta({ description: 'Number of the page, from 1', example: 1 });
const paging = { page: Page, page_size: AtMost(MAX_PAGE_SIZE, 'How many on a page') };
const Params = z.strictObject({
  id: Text.max(100).meta({ description: 'The id, as other answers give it', example: '1' }),
});
const PagesAsked = z.looseObject({ ...paging, output_format: OutputFormat });

const Message = z.looseObject({
  role: Text.trim().min(1).max(64).meta({ description: 'Who says it: user, assistant, or a name', example: 'user' }),
  content: z
    .union([Text.max(102_400), z.array(z.unknown()).max(100), z.looseObject({})])
    .meta({ description: 'What is said; of a list of parts, those with a text', example: 'I love hiking.' }),
});
export const AddBody = z
  .looseObject({
    messages: z
      .union([Text, Message, z.array(Message).min(1).max(MAX_MESSAGES)], {
        error: 'must be a text, or a list of messages {role, content}',
      })
      .meta({ description: 'The conversation' }),
    ...entities,
    metadata: Metadata,
    infer: z
      .boolean()
      .nullish()
      .meta({ description: 'false keeps every message as it is; else what is worth remembering is read from them' }),
    timestamp: Timestamp,
    expiration_date: Expiration,
    output_format: OutputFormat,
  })
  .meta({ id: 'Mem0Add' });
export type AddBody = z.output<typeof AddBody>;

export const SearchBody = z
  .looseObject({
    query: Text.min(1, 'must not be empty').max(10_000).meta({ description: 'What to look for', example: 'hobbies' }),
    filters: Filters,
    ...entities,
    top_k: AtMost(MAX_FOUND, 'How many at most'),
    limit: AtMost(MAX_FOUND, 'The same, for older clients'),
    threshold: z.number().nullish().meta({ description: 'Leave out what scores less, 0 to 1' }),
    rerank: z.boolean().nullish().meta({ description: 'false leaves the reranker out' }),
    output_format: OutputFormat,
  })
  .meta({ id: 'Mem0Search' });
export type SearchBody = z.output<typeof SearchBody>;

const UPDATABLE = ['text', 'metadata', 'timestamp', 'expiration_date'] as const;
export const UpdateBody = z
  .looseObject({
    text: Text.optional().meta({ description: 'What to remember from now on', example: 'Loves hiking in the Alps' }),
    metadata: Metadata,
    timestamp: Timestamp,
    expiration_date: Expiration,
  })
  .refine((change) => UPDATABLE.some((field) => change[field] !== undefined), {
    error: 'give text, metadata, timestamp or expiration_date',
  })
  .meta({ id: 'Mem0Update' });
export type UpdateBody = z.output<typeof UpdateBody>;

const TextOrNull = z.string().nullable();
const Owner = (whose: string) => TextOrNull.meta({ description: `${whose}, if one was named` });
const shown = {
  id: z.string().meta({ description: 'Stays the same however often the memory changes', example: '1' }),
  memory: z.string().meta({ description: 'What is remembered', example: 'I love hiking' }),
  user_id: Owner('The user it is about'),
  agent_id: Owner('The agent it is about'),
  app_id: Owner('The app it is about'),
  run_id: Owner('The run it comes from'),
  hash: z.string().meta({ description: 'Digest of the text' }),
  metadata: z.record(z.string(), z.unknown()).nullable().meta({ description: 'As it was sent' }),
  categories: z.array(z.string()).meta({ description: 'Its category, if it has a special one' }),
  created_at: z.string().meta({ description: 'When it was first stored', example: '2026-03-01T09:30:00.000Z' }),
  updated_at: z.string().meta({ description: 'When its text was stored', example: '2026-03-01T09:30:00.000Z' }),
  expiration_date: TextOrNull.meta({ description: 'Day it is forgotten', example: '2030-01-31' }),
};
const Shown = z.looseObject(shown).meta({ id: 'Mem0Memory' });
const Found = z
  .looseObject({ ...shown, score: z.number().meta({ description: '0 to 1, comparable across answers' }) })
  .meta({ id: 'Mem0Found' });
const Added = z
  .looseObject({
    id: z.string().meta({ description: 'The memory that says so now', example: '1' }),
    memory: z.string().meta({ description: 'What is remembered', example: 'I love hiking' }),
    event: z.enum(['ADD', 'NONE']).meta({ description: 'NONE: a memory said so already and was strengthened' }),
    data: z.looseObject({ memory: z.string() }).meta({ description: 'The same text, where older clients look for it' }),
    status: z.string().meta({ description: 'approved, or pending while it waits in the inbox', example: 'approved' }),
  })
  .meta({ id: 'Mem0Added' });
const Degraded = z.array(z.string()).meta({ description: 'What was missing, such as `llm` or `vector`' });
const AddedAnswer = z.looseObject({ results: z.array(Added), degraded: Degraded });
const FoundAnswer = z.looseObject({ results: z.array(Found), degraded: Degraded });
const pageOf = <T extends z.ZodType>(item: T) =>
  z.looseObject({
    count: z.number().int().meta({ description: 'How many there are in all' }),
    next: TextOrNull.meta({ description: 'Path of the next page' }),
    previous: TextOrNull.meta({ description: 'Path of the page before' }),
    results: z.array(item),
  });
const Done = z.looseObject({
  message: z.string().meta({ description: 'What was done', example: 'Memory deleted successfully!' }),
});

export const ping = endpoint({
  id: 'mem0.ping',
  method: 'GET',
  path: '/v1/ping',
  access: 'read',
  summary: 'Whether the key works, for clients of mem0',
  response: z.looseObject({ status: z.literal('ok') }),
});

const addSpec = {
  access: 'write',
  body: AddBody,
  body_limit: BODY_LIMIT,
  timeout_ms: TIMEOUT_MS,
  errors: ['content_too_large', 'quota_exceeded'],
} as const;
export const add = endpoint({
  id: 'mem0.add',
  method: 'POST',
  path: '/v3/memories/add',
  summary: 'Remember what a conversation says, for clients of mem0',
  description:
    'Facts are found with a language model when one is configured, else by rules for English. When this answers, they are stored.',
  response: AddedAnswer,
  ...addSpec,
});
export const addOld = endpoint({
  id: 'mem0.add_old',
  method: 'POST',
  path: '/v1/memories',
  summary: 'The same for older clients of mem0',
  response: z.union([z.array(Added), AddedAnswer]),
  ...addSpec,
});

export const get = endpoint({
  id: 'mem0.get',
  method: 'GET',
  path: '/v1/memories/{id}',
  access: 'read',
  summary: 'Read a memory, for clients of mem0',
  params: Params,
  response: Shown,
  errors: ['memory_not_found'],
});
export const update = endpoint({
  id: 'mem0.update',
  method: 'PUT',
  path: '/v1/memories/{id}',
  access: 'write',
  summary: 'Change a memory, for clients of mem0',
  params: Params,
  body: UpdateBody,
  body_limit: BODY_LIMIT,
  response: Shown,
  errors: ['content_too_large', 'memory_not_found'],
});
export const remove = endpoint({
  id: 'mem0.delete',
  method: 'DELETE',
  path: '/v1/memories/{id}',
  access: 'write',
  summary: 'Move a memory to the trash, for clients of mem0',
  params: Params,
  query: z.looseObject({
    delete_linked: Flag.optional().meta({ description: 'Older versions go along in any case' }),
  }),
  response: Done,
  errors: ['memory_not_found'],
});
const Whose = z.looseObject(entities);
export const removeAll = endpoint({
  id: 'mem0.delete_all',
  method: 'DELETE',
  path: '/v1/memories',
  access: 'write',
  summary: 'Move the memories of somebody to the trash, for clients of mem0',
  description: 'Whoever is named must be all of theirs; `*` means everybody. Without any name it is refused.',
  query: Whose,
  timeout_ms: TIMEOUT_MS,
  response: Done,
});
const HistoryEntry = z.looseObject({
  id: z.string().meta({ description: 'Of the entry' }),
  memory_id: z.string().meta({ description: 'Of the memory' }),
  old_memory: TextOrNull.meta({ description: 'What it said before' }),
  new_memory: TextOrNull.meta({ description: 'What it said from then on' }),
  event: z.enum(['ADD', 'UPDATE', 'DELETE']).meta({ description: 'What happened' }),
  created_at: z.string().meta({ description: 'When the memory was first stored' }),
  updated_at: z.string().meta({ description: 'When this happened' }),
});
export const history = endpoint({
  id: 'mem0.history',
  method: 'GET',
  path: '/v1/memories/{id}/history',
  access: 'read',
  summary: 'What happened to a memory, for clients of mem0',
  params: Params,
  response: z.array(HistoryEntry),
  errors: ['memory_not_found'],
});

const ListBody = z.looseObject({ filters: Filters, ...paging });
export const list = endpoint({
  id: 'mem0.list',
  method: 'POST',
  path: '/v3/memories',
  access: 'read',
  summary: 'List memories by a filter, newest first, for clients of mem0',
  query: z.looseObject(paging),
  body: ListBody,
  body_optional: true,
  response: pageOf(Shown),
});
export const listFiltered = endpoint({
  id: 'mem0.list_filtered',
  method: 'POST',
  path: '/v2/memories',
  access: 'read',
  summary: 'The same for older clients of mem0',
  description: 'A bare array unless a page is asked for.',
  query: PagesAsked,
  body: ListBody,
  body_optional: true,
  response: z.union([z.array(Shown), pageOf(Shown)]),
});
export const listOld = endpoint({
  id: 'mem0.list_old',
  method: 'GET',
  path: '/v1/memories',
  access: 'read',
  summary: 'List memories of somebody, for older clients of mem0',
  description: 'A bare array unless a page is asked for.',
  query: PagesAsked.extend(entities),
  response: z.union([z.array(Shown), pageOf(Shown)]),
});

export const search = endpoint({
  id: 'mem0.search',
  method: 'POST',
  path: '/v3/memories/search',
  access: 'read',
  summary: 'Find memories, for clients of mem0',
  body: SearchBody,
  response: FoundAnswer,
});
export const searchOld = endpoint({
  id: 'mem0.search_old',
  method: 'POST',
  path: '/v2/memories/search',
  aliases: ['/v1/memories/search'],
  access: 'read',
  summary: 'The same for older clients of mem0',
  body: SearchBody,
  response: z.union([z.array(Found), FoundAnswer]),
});

const Entity = z.looseObject({
  id: z.string().meta({ description: 'Kind and name', example: 'user:alice' }),
  name: z.string().meta({ description: 'As it was given', example: 'alice' }),
  type: z.enum(['user', 'agent', 'app', 'run']).meta({ description: 'Which field names it' }),
  total_memories: z.number().int().meta({ description: 'How many memories there are' }),
  owner: z.string().meta({ description: 'The user of this server' }),
  created_at: z.string().meta({ description: 'When the first memory was stored' }),
  updated_at: z.string().meta({ description: 'When the last one was stored' }),
});
export const listEntities = endpoint({
  id: 'mem0.entities',
  method: 'GET',
  path: '/v1/entities',
  access: 'read',
  summary: 'Users, agents, apps and runs that memories are about, for clients of mem0',
  query: z.looseObject(paging),
  response: pageOf(Entity),
});
export const removeEntity = endpoint({
  id: 'mem0.delete_entity',
  method: 'DELETE',
  path: '/v2/entities/{type}/{name}',
  aliases: ['/v1/entities/{type}/{name}'],
  access: 'write',
  summary: 'Move all memories of one of them to the trash, for clients of mem0',
  params: z.strictObject({
    type: z.enum(['user', 'agent', 'app', 'run']).meta({ description: 'What it is', example: 'user' }),
    name: Text.max(500).meta({ description: 'Its name', example: 'alice' }),
  }),
  timeout_ms: TIMEOUT_MS,
  response: Done,
  errors: ['entity_not_found'],
});

const MemoryId = z
  .union([Text.max(100), Id])
  .transform(String)
  .meta({ description: 'Id of a memory', example: '1', override: { type: 'string', maxLength: 100 } });
const batch = <T extends z.ZodType>(item: T) =>
  z.looseObject({
    memories: z.array(item).min(1).max(MAX_BATCH, `at most ${MAX_BATCH} at once`).meta({ description: 'Which ones' }),
  });
const batchSpec = { access: 'write', timeout_ms: TIMEOUT_MS, response: Done, errors: ['memory_not_found'] } as const;
export const updateBatch = endpoint({
  id: 'mem0.update_batch',
  method: 'PUT',
  path: '/v1/batch',
  summary: 'Change several memories, for clients of mem0',
  description: 'None is changed when one of them is not there.',
  body: batch(z.looseObject({ memory_id: MemoryId, text: Text.meta({ description: 'What to remember from now on' }) })),
  body_limit: BODY_LIMIT,
  ...batchSpec,
});
export const removeBatch = endpoint({
  id: 'mem0.delete_batch',
  method: 'DELETE',
  path: '/v1/batch',
  summary: 'Move several memories to the trash, for clients of mem0',
  description: 'None goes when one of them is not there.',
  body: batch(z.looseObject({ memory_id: MemoryId })),
  ...batchSpec,
});

export const FeedbackBody = z.looseObject({
  memory_id: MemoryId,
  feedback: z
    .enum(['POSITIVE', 'NEGATIVE', 'VERY_NEGATIVE'])
    .nullish()
    .meta({ description: 'Whether recalling it helped' }),
  feedback_reason: Text.max(10_000).nullish().meta({ description: 'Why' }),
});
export type FeedbackBody = z.output<typeof FeedbackBody>;
export const rate = endpoint({
  id: 'mem0.feedback',
  method: 'POST',
  path: '/v1/feedback',
  access: 'write',
  summary: 'Say whether a memory helped, for clients of mem0',
  body: FeedbackBody,
  response: z.looseObject({
    id: z.string().meta({ description: 'Of the memory' }),
    feedback: TextOrNull.meta({ description: 'As it was sent' }),
    feedback_reason: TextOrNull.meta({ description: 'As it was sent' }),
  }),
  errors: ['memory_not_found'],
});
