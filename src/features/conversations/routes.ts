import { type Route, route } from '../../core/endpoint.ts';
import * as contract from './contract.ts';
import type { ConversationService } from './service.ts';
import type { MessageRow } from './store.ts';

const shown = ({ user_id: _owner, ...message }: MessageRow) => message;

export const conversationRoutes = (conversations: ConversationService): Route[] => [
  route(contract.createConversation, ({ body }, { scope }) => conversations.create(scope, body)),
  route(contract.listConversations, async ({ query }, { scope }) => {
    const found = await conversations.list(scope, query);
    return { conversations: found, results: found, count: found.length };
  }),
  route(contract.getConversation, async ({ params, query }, { scope }) => {
    const { conversation, messages } = await conversations.get(scope, params.id, query);
    return { ...conversation, conversation, messages: messages.map(shown) };
  }),
  route(contract.updateConversation, async ({ params, body }, { scope }) => ({
    ...(await conversations.update(scope, params.id, body)),
    updated: true as const,
  })),
  route(contract.deleteConversation, async ({ params }, { scope }) => ({
    deleted: true as const,
    id: params.id,
    messages: await conversations.remove(scope, params.id),
  })),
  route(contract.addMessages, async ({ params, body }, { scope }) => {
    const messages = (await conversations.add(scope, params.id, Array.isArray(body) ? body : [body])).map(shown);
    return { ...(Array.isArray(body) ? {} : messages[0]), added: messages.length, messages };
  }),
  route(contract.listMessages, async ({ params, query }, { scope }) => {
    const messages = (await conversations.messages(scope, params.id, query)).map(shown);
    return { messages, count: messages.length };
  }),
  route(contract.bulkConversation, async ({ body }, { scope }) => ({
    ...(await conversations.bulk(scope, body)),
    messages: body.messages.length,
  })),
  route(contract.upsertConversation, async ({ body }, { scope }) => {
    const { conversation, created, added } = await conversations.upsert(scope, body);
    return { ...conversation, created, added };
  }),
  route(contract.searchMessages, async ({ body }, { scope }) => {
    const found = await conversations.search(scope, body.query, body.limit);
    const messages = found.map(({ user_id: _owner, ...message }) => message);
    return { messages, results: messages, count: messages.length };
  }),
];
