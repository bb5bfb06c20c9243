// LangChain.js on Engram: what was said in a session, and a retriever over everything remembered.
import type { CallbackManagerForRetrieverRun } from '@langchain/core/callbacks/manager';
import { BaseListChatMessageHistory } from '@langchain/core/chat_history';
import { Document } from '@langchain/core/documents';
import {
  type BaseMessage,
  mapChatMessagesToStoredMessages,
  mapStoredMessagesToChatMessages,
  type StoredMessage,
} from '@langchain/core/messages';
import { BaseRetriever, type BaseRetrieverInput } from '@langchain/core/retrievers';
import type { EngramClient } from './client.ts';
import type { MessageInput, SearchRequest } from './generated.ts';
import { paginate } from './paginate.ts';

export interface ChatHistoryOptions {
  readonly client: EngramClient;
  /** Run whose messages these are. */
  readonly sessionId: string;
  /** Who talks with the user; default `langchain`. */
  readonly agent?: string;
}

const ROLES: Readonly<Record<string, string>> = { human: 'user', ai: 'assistant', system: 'system', tool: 'tool' };
/** The server takes so many messages at once. */
const AT_ONCE = 1000;

/** The messages of one session, kept as a conversation, where they can be searched as well. */
export class EngramChatMessageHistory extends BaseListChatMessageHistory {
  lc_namespace = ['engram', 'chat_history'];
  readonly #client: EngramClient;
  readonly #of: { readonly agent: string; readonly session_id: string };

  constructor({ client, sessionId, agent = 'langchain' }: ChatHistoryOptions) {
    super();
    this.#client = client;
    this.#of = { agent, session_id: sessionId };
  }

  async getMessages(): Promise<BaseMessage[]> {
    const { id } = await this.#conversation([]);
    const stored: StoredMessage[] = [];
    const page = async (range: { limit: number; offset: number }) =>
      (await this.#client.api.conversations.messages(id, range)).messages;
    for await (const { role, content, metadata } of paginate(page, { pageSize: AT_ONCE }))
      stored.push(toStored(role, content, metadata));
    return mapStoredMessagesToChatMessages(stored);
  }

  addMessage(message: BaseMessage): Promise<void> {
    return this.addMessages([message]);
  }

  override async addMessages(messages: BaseMessage[]): Promise<void> {
    const inputs = mapChatMessagesToStoredMessages(messages).map(toInput);
    for (let at = 0; at < inputs.length; at += AT_ONCE) await this.#conversation(inputs.slice(at, at + AT_ONCE));
  }

  override async clear(): Promise<void> {
    const { id } = await this.#conversation([]);
    await this.#client.api.conversations.delete(id);
  }

  /** Begins the conversation where there is none yet. */
  #conversation(messages: MessageInput[]) {
    return this.#client.api.conversations.upsert({ ...this.#of, messages });
  }
}

/** Text stands where people and searches look for it, the rest beside it. */
function toInput({ type, data }: StoredMessage): MessageInput {
  const { content, ...rest } = data as { content: unknown };
  const role = ROLES[type] ?? type;
  if (typeof content === 'string') return { role, content, metadata: { type, data: rest } };
  return { role, content: JSON.stringify(content), metadata: { type, data: rest, parts: true } };
}

interface Kept {
  readonly type: string;
  readonly data: object;
  /** The content is a list of parts, written as JSON. */
  readonly parts?: true;
}

/** What another program put into the conversation becomes a message too. */
function toStored(role: string, content: string, metadata: string | null): StoredMessage {
  const kept = metadata === null ? null : (JSON.parse(metadata) as Partial<Kept>);
  const named = Object.keys(ROLES).find((type) => ROLES[type] === role);
  const type = kept?.type ?? (named === 'tool' ? undefined : named) ?? 'generic';
  const data = { ...(kept?.data ?? { role }), content: kept?.parts ? JSON.parse(content) : content };
  return { type, data } as StoredMessage;
}

export interface RetrieverOptions extends BaseRetrieverInput {
  readonly client: EngramClient;
  /** Anything else a search takes: `limit`, `category`, `tags`, `space_id`, ... */
  readonly search?: Omit<SearchRequest, 'query'>;
}

/** Memories that answer a question, as documents. */
export class EngramRetriever extends BaseRetriever {
  lc_namespace = ['engram', 'retrievers'];
  readonly #client: EngramClient;
  readonly #search: Omit<SearchRequest, 'query'>;

  static override lc_name(): string {
    return 'EngramRetriever';
  }

  constructor({ client, search = {}, ...input }: RetrieverOptions) {
    super(input);
    this.#client = client;
    this.#search = search;
  }

  override async _getRelevantDocuments(query: string, _run?: CallbackManagerForRetrieverRun): Promise<Document[]> {
    const { results } = await this.#client.api.search.search({ ...this.#search, query });
    return results.map(
      ({ id, content, ...metadata }) => new Document({ id: String(id), pageContent: content, metadata }),
    );
  }
}
