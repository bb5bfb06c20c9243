// What the conversation endpoints accept and answer. Field names are those of existing clients; supersets where two disagree.
import { z } from 'zod';
import { endpoint } from '../../core/endpoint.ts';
import { IdParams, Limit, Offset, Text, TimeText } from '../../core/shapes.ts';
import { MAX_METADATA_CHARS, MAX_METADATA_DEPTH, metadataText } from './rules.ts';

export const MAX_MESSAGES = 1000;
/** As long as a memory may be, so that every message can become one. */
const MAX_MESSAGE_CHARS = 102_400;
/** What the server takes at most: a long conversation in one call. */
const MESSAGES_BODY_LIMIT = 2 * 1024 * 1024;
const MESSAGES_TIMEOUT_MS = 60_000;

const Agent = Text.trim()
  .min(1, 'agent is empty: name who talks with the user')
  .max(200, 'at most 200 characters')
  .meta({ description: 'Who talks with the user', example: 'claude-code' });
const Title = Text.trim()
  .max(500, 'at most 500 characters')
  .transform((title) => title || null)
  .nullish()
  .meta({ description: 'What it is about, for people', example: 'Moving to Postgres' });
const SessionId = Text.trim().max(200, 'at most 200 characters');
const Metadata = z
  .unknown()
  .transform((value, ctx) => {
    const { text, problem } = metadataText(value);
    if (problem !== null) ctx.issues.push({ code: 'custom', message: problem, input: value });
    return value === undefined ? undefined : text;
  })
  .meta({
    description: `Anything else, as a JSON object or the text of one; at most ${MAX_METADATA_CHARS} characters, ${MAX_METADATA_DEPTH} levels deep`,
    override: { type: ['object', 'string', 'null'] },
  });

export const MessageInput = z
  .strictObject({
    role: Text.trim()
      .min(1, 'role is empty: say user, assistant, system or tool')
      .max(64, 'at most 64 characters')
      .meta({ description: 'Who says it, such as user, assistant, system or tool', example: 'user' }),
    content: Text.max(
      MAX_MESSAGE_CHARS,
      `at most ${MAX_MESSAGE_CHARS} characters; send the rest as another message`,
    ).meta({ description: 'What is said', example: 'Which port does the database use?' }),
    metadata: Metadata.optional(),
  })
  .meta({ id: 'MessageInput' });
export type MessageInput = z.output<typeof MessageInput>;
const MessageInputs = z
  .array(MessageInput, { error: 'must be a list of messages {role, content, metadata?}' })
  .max(MAX_MESSAGES, `at most ${MAX_MESSAGES} messages in one call; send the rest in another`);
const SomeMessages = MessageInputs.min(1, 'name at least one message');

/** The one problem to tell when neither one message nor a list fits: that of the form that was sent. */
const problemOf = ({ errors = [], input }: { errors?: z.core.$ZodIssue[][]; input?: unknown }): string => {
  if (input === null || typeof input !== 'object')
    return `must be one message {role, content, metadata?} or a list of 1 to ${MAX_MESSAGES}`;
  const issue = errors[Array.isArray(input) ? 1 : 0]?.[0];
  return issue ? [...issue.path.map(String), issue.message].join(': ') : 'is no message';
};

export const Message = z
  .looseObject({
    id: z.number().int().meta({ description: 'Id of the message' }),
    conversation_id: z.number().int().meta({ description: 'Conversation it belongs to' }),
    role: z.string().meta({ description: 'Who says it', example: 'user' }),
    content: z.string().meta({ description: 'What is said' }),
    metadata: z.string().nullable().meta({ description: 'What came with it, as JSON text', example: '{"tokens":12}' }),
    created_at: TimeText.meta({ description: 'When it was stored' }),
  })
  .meta({ id: 'Message' });

export const Conversation = z
  .looseObject({
    id: z.number().int().meta({ description: 'Id of the conversation' }),
    agent: z.string().meta({ description: 'Who talks with the user', example: 'claude-code' }),
    session_id: z.string().nullable().meta({ description: 'Run it belongs to' }),
    title: z.string().nullable().meta({ description: 'What it is about, for people' }),
    metadata: z.string().nullable().meta({ description: 'What came with it, as JSON text', example: '{"ticket":7}' }),
    user_id: z.number().int().meta({ description: 'Owner' }),
    started_at: TimeText.meta({ description: 'When it began' }),
    updated_at: TimeText.meta({ description: 'When it last changed or grew' }),
  })
  .meta({ id: 'Conversation' });
const ListedConversation = Conversation.extend({
  message_count: z.number().int().meta({ description: 'How many messages it has' }),
});

const page = { limit: Limit(100, 1000), offset: Offset };
const conversationFields = {
  agent: Agent,
  session_id: SessionId.transform((id) => id || null)
    .nullish()
    .meta({ description: 'Run it belongs to' }),
  title: Title,
  metadata: Metadata.optional(),
};

export const createConversation = endpoint({
  id: 'conversations.create',
  method: 'POST',
  path: '/conversations',
  access: 'write',
  status: 201,
  summary: 'Begin a conversation',
  body: z.strictObject(conversationFields),
  response: Conversation,
});
export type CreateConversation = z.output<typeof createConversation.body>;

export const listConversations = endpoint({
  id: 'conversations.list',
  method: 'GET',
  path: '/conversations',
  access: 'read',
  summary: 'List conversations, the last changed first',
  query: z.strictObject({
    limit: Limit(50, 500),
    offset: Offset,
    agent: Text.optional().meta({ description: 'Only those with this agent' }),
  }),
  response: z.looseObject({
    conversations: z.array(ListedConversation).meta({ description: 'The conversations' }),
    results: z.array(ListedConversation).meta({ description: 'The same as conversations' }),
    count: z.number().int(),
  }),
});

export const getConversation = endpoint({
  id: 'conversations.get',
  method: 'GET',
  path: '/conversations/{id}',
  access: 'read',
  summary: 'Read a conversation with its messages, oldest first',
  params: IdParams,
  query: z.strictObject(page),
  response: ListedConversation.extend({
    conversation: ListedConversation.meta({ description: 'The same without the messages' }),
    messages: z.array(Message).meta({ description: 'A page of its messages' }),
  }),
  errors: ['conversation_not_found'],
});

export const updateConversation = endpoint({
  id: 'conversations.update',
  method: 'PATCH',
  path: '/conversations/{id}',
  access: 'write',
  summary: 'Change the title or the metadata of a conversation',
  params: IdParams,
  body: z
    .strictObject({ title: Title, metadata: Metadata.optional() })
    .refine((body) => Object.values(body).some((value) => value !== undefined), {
      error: 'nothing to change: give title or metadata',
    }),
  response: Conversation.extend({ updated: z.literal(true).meta({ description: 'Always true' }) }),
  errors: ['conversation_not_found'],
});

export const deleteConversation = endpoint({
  id: 'conversations.delete',
  method: 'DELETE',
  path: '/conversations/{id}',
  access: 'write',
  summary: 'Erase a conversation and its messages for good',
  params: IdParams,
  response: z.looseObject({
    deleted: z.literal(true).meta({ description: 'Always true' }),
    id: z.number().int(),
    messages: z.number().int().meta({ description: 'How many messages went with it' }),
  }),
  errors: ['conversation_not_found'],
});

export const addMessages = endpoint({
  id: 'conversations.add_messages',
  method: 'POST',
  path: '/conversations/{id}/messages',
  access: 'write',
  status: 201,
  summary: 'Add a message, or a list of them',
  description: 'All of a list or none of it. For one message the answer holds its fields too.',
  params: IdParams,
  body: z.union([MessageInput, SomeMessages], { error: problemOf as never }),
  body_limit: MESSAGES_BODY_LIMIT,
  timeout_ms: MESSAGES_TIMEOUT_MS,
  response: z.looseObject({
    added: z.number().int().meta({ description: 'How many messages were added' }),
    messages: z.array(Message).meta({ description: 'The messages added' }),
  }),
  errors: ['conversation_not_found'],
});
export type MessageBody = z.output<typeof addMessages.body>;

export const listMessages = endpoint({
  id: 'conversations.messages',
  method: 'GET',
  path: '/conversations/{id}/messages',
  access: 'read',
  summary: 'List the messages of a conversation, oldest first',
  params: IdParams,
  query: z.strictObject(page),
  response: z.looseObject({
    messages: z.array(Message).meta({ description: 'A page of its messages' }),
    count: z.number().int(),
  }),
  errors: ['conversation_not_found'],
});

export const bulkConversation = endpoint({
  id: 'conversations.bulk',
  method: 'POST',
  path: '/conversations/bulk',
  access: 'write',
  status: 201,
  summary: 'Store a whole conversation at once',
  body: z.strictObject({
    ...conversationFields,
    messages: SomeMessages.meta({ description: 'What was said, oldest first' }),
  }),
  body_limit: MESSAGES_BODY_LIMIT,
  timeout_ms: MESSAGES_TIMEOUT_MS,
  response: Conversation.extend({
    messages: z.number().int().meta({ description: 'How many messages were stored' }),
  }),
});

export const upsertConversation = endpoint({
  id: 'conversations.upsert',
  method: 'POST',
  path: '/conversations/upsert',
  access: 'write',
  summary: 'Continue the conversation of an agent and a session, or begin it',
  description: 'Messages are added behind those there are; title and metadata are replaced when given.',
  body: z.strictObject({
    ...conversationFields,
    session_id: SessionId.min(1, 'session_id is empty: name the run').meta({ description: 'Run it belongs to' }),
    messages: MessageInputs.default([]).meta({ description: 'What is new, oldest first' }),
  }),
  body_limit: MESSAGES_BODY_LIMIT,
  timeout_ms: MESSAGES_TIMEOUT_MS,
  response: Conversation.extend({
    created: z.boolean().meta({ description: 'false when there was one to continue' }),
    added: z.number().int().meta({ description: 'How many messages were added' }),
  }),
});
export type UpsertConversation = z.output<typeof upsertConversation.body>;

const FoundMessage = Message.extend({
  agent: z.string().meta({ description: 'Who talked with the user', example: 'claude-code' }),
  conv_title: z.string().nullable().meta({ description: 'Title of its conversation' }),
  score: z.number().meta({ description: 'How well its words fit; only for comparing within one answer' }),
});
export const searchMessages = endpoint({
  id: 'conversations.search_messages',
  method: 'POST',
  path: '/messages/search',
  access: 'read',
  summary: 'Find messages by their words, best first',
  body: z.strictObject({
    query: Text.trim()
      .min(1, 'query is empty: give words to look for')
      .max(4096, 'at most 4,096 characters')
      .meta({ description: 'Words to look for, in any form', example: 'database port' }),
    limit: Limit(20, 100),
    user_id: z.unknown().optional().meta({ description: 'Accepted for older clients; changes nothing' }),
  }),
  response: z.looseObject({
    messages: z.array(FoundMessage).meta({ description: 'The messages' }),
    results: z.array(FoundMessage).meta({ description: 'The same as messages' }),
    count: z.number().int(),
  }),
});
