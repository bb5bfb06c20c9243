// Conversations as they were held, message by message, and finding again what was said.
import { parseLexicalQuery } from '../../algo/text.ts';
import { type Clock, formatTime } from '../../core/clock.ts';
import { AppError } from '../../core/errors.ts';
import type { Redactor } from '../../core/redactor.ts';
import type { Scope } from '../../core/scope.ts';
import type { Atomically } from '../../core/unit-of-work.ts';
import type { CreateConversation, MessageInput, UpsertConversation } from './contract.ts';
import type { ConversationRow, ConversationStore, MessageRow } from './store.ts';
import type { WordStore } from './word-store.ts';

export interface ConversationStores {
  conversations: ConversationStore;
  words: WordStore;
  lockUser(user_id: number): Promise<void>;
}

export interface ConversationDeps {
  read: Omit<ConversationStores, 'lockUser'>;
  atomically: Atomically<ConversationStores>;
  redactor: Pick<Redactor, 'message'>;
  clock: Clock;
}

export function createConversations({ read, atomically, redactor, clock }: ConversationDeps) {
  const now = () => formatTime(clock.now());
  const missing = (id: number) =>
    new AppError('conversation_not_found', `There is no conversation ${id}. GET /conversations lists yours.`);

  async function owned(stores: Pick<ConversationStores, 'conversations'>, scope: Scope, id: number) {
    const row = await stores.conversations.byId(scope.user_id, id);
    if (!row) throw missing(id);
    return row;
  }

  const fresh = (scope: Scope, request: CreateConversation, at: string): Omit<ConversationRow, 'id'> => ({
    user_id: scope.user_id,
    agent: request.agent,
    session_id: request.session_id ?? null,
    title: request.title ?? null,
    metadata: request.metadata ?? null,
    started_at: at,
    updated_at: at,
  });

  async function append(
    { conversations, words }: ConversationStores,
    scope: Scope,
    id: number,
    messages: readonly MessageInput[],
    at: string,
  ): Promise<MessageRow[]> {
    const rows = messages.map(({ metadata, content, ...message }) => ({
      ...message,
      content: redactor.message(content),
      metadata: metadata ?? null,
    }));
    const added = await conversations.addMessages(scope.user_id, id, rows, at);
    await words.add(
      scope.user_id,
      'message',
      added.map((row) => ({ id: row.id, text: row.content })),
    );
    return added;
  }

  return {
    create: (scope: Scope, request: CreateConversation): Promise<ConversationRow> =>
      atomically(({ conversations }) => conversations.create(fresh(scope, request, now()))),

    list: (scope: Scope, query: { agent?: string | undefined; limit: number; offset: number }) =>
      read.conversations.list(scope.user_id, query.agent, query.limit, query.offset),

    async get(scope: Scope, id: number, page: { limit: number; offset: number }) {
      const conversation = await read.conversations.withCount(scope.user_id, id);
      if (!conversation) throw missing(id);
      return {
        conversation,
        messages: await read.conversations.messages(scope.user_id, id, page.limit, page.offset),
      };
    },

    async messages(scope: Scope, id: number, page: { limit: number; offset: number }): Promise<MessageRow[]> {
      await owned(read, scope, id);
      return read.conversations.messages(scope.user_id, id, page.limit, page.offset);
    },

    async update(
      scope: Scope,
      id: number,
      change: { title?: string | null | undefined; metadata?: string | null | undefined },
    ): Promise<ConversationRow> {
      const given = Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined));
      const row = await atomically(({ conversations }) =>
        conversations.set(scope.user_id, id, { ...given, updated_at: now() }),
      );
      if (!row) throw missing(id);
      return row;
    },

    /** @returns how many messages were erased with it */
    remove: (scope: Scope, id: number): Promise<number> =>
      atomically(async (stores) => {
        await stores.lockUser(scope.user_id);
        await owned(stores, scope, id);
        const messages = await stores.conversations.messageIds(scope.user_id, id);
        await stores.words.remove(scope.user_id, 'message', messages);
        await stores.conversations.remove(scope.user_id, id);
        return messages.length;
      }),

    add: (scope: Scope, id: number, messages: readonly MessageInput[]): Promise<MessageRow[]> =>
      atomically(async (stores) => {
        await stores.lockUser(scope.user_id);
        await owned(stores, scope, id);
        const at = now();
        const added = await append(stores, scope, id, messages, at);
        await stores.conversations.set(scope.user_id, id, { updated_at: at });
        return added;
      }),

    bulk: (
      scope: Scope,
      request: CreateConversation & { messages: readonly MessageInput[] },
    ): Promise<ConversationRow> =>
      atomically(async (stores) => {
        const at = now();
        const conversation = await stores.conversations.create(fresh(scope, request, at));
        await append(stores, scope, conversation.id, request.messages, at);
        return conversation;
      }),

    upsert: (scope: Scope, request: UpsertConversation) =>
      atomically(async (stores) => {
        await stores.lockUser(scope.user_id);
        const at = now();
        const known = await stores.conversations.ofSession(scope.user_id, request.agent, request.session_id);
        const { title, metadata } = request;
        const conversation = known
          ? await stores.conversations.set(scope.user_id, known.id, {
              ...(title === undefined ? {} : { title }),
              ...(metadata === undefined ? {} : { metadata }),
              updated_at: at,
            })
          : await stores.conversations.create(fresh(scope, request, at));
        const added = await append(stores, scope, conversation!.id, request.messages, at);
        return { conversation: conversation!, created: !known, added: added.length };
      }),

    async search(scope: Scope, query: string, limit: number) {
      const total = await read.conversations.messageCount(scope.user_id);
      const hits = await read.words.search(scope.user_id, 'message', parseLexicalQuery(query), total, limit);
      const rows = await read.conversations.messagesByIds(
        scope.user_id,
        hits.map(({ id }) => id),
      );
      const byId = new Map(rows.map((row) => [row.id, row]));
      return hits.flatMap(({ id, score }) => {
        const row = byId.get(id);
        return row ? [{ ...row, score }] : [];
      });
    },
  };
}
export type ConversationService = ReturnType<typeof createConversations>;
