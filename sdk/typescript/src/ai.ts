// Engram as tools of the Vercel AI SDK: `generateText({ model, tools: engramTools(client), prompt })`.
import { jsonSchema, tool } from 'ai';
import type { EngramClient } from './client.ts';
import type { SearchRequest, StoreRequest } from './generated.ts';

export interface EngramToolOptions {
  /** Goes with everything the model stores: `source`, `session_id`, `space_id`, ... */
  readonly store?: Omit<StoreRequest, 'content'>;
  /** Goes with every search: `limit`, `space_id`, `min_trust`, ... */
  readonly search?: Omit<SearchRequest, 'query'>;
}

interface Store {
  content: string;
  category?: string;
  tags?: string[];
  importance?: number;
}
interface Search {
  query: string;
  limit?: number;
}
interface Forget {
  id: number;
  reason?: string;
}

const text = (description: string) => ({ type: 'string', description }) as const;
const whole = (description: string, minimum: number, maximum?: number) =>
  ({ type: 'integer', description, minimum, ...(maximum === undefined ? {} : { maximum }) }) as const;

/** `storeMemory`, `searchMemory` and `forgetMemory`; leave out what a model may not do by picking. */
export function engramTools(client: EngramClient, options: EngramToolOptions = {}) {
  return {
    storeMemory: tool({
      description: 'Remember a fact, decision or preference for later conversations. One statement that stands alone.',
      inputSchema: jsonSchema<Store>({
        type: 'object',
        properties: {
          content: text('What to remember, in full sentences with names instead of pronouns'),
          category: text('Such as general, task, decision, discovery, issue, state or reference'),
          tags: { type: 'array', items: { type: 'string' }, description: 'Labels' },
          importance: whole('1 (trivial) to 10 (vital)', 1, 10),
        },
        required: ['content'],
        additionalProperties: false,
      }),
      execute: async (memory: Store, { abortSignal }) => {
        const { id, created } = await client.store({ ...options.store, ...memory }, signal(abortSignal));
        return { id, created };
      },
    }),
    searchMemory: tool({
      description: 'Look up what is remembered. `abstained` means that nothing stored answers the question well.',
      inputSchema: jsonSchema<Search>({
        type: 'object',
        properties: {
          query: text('The question, in natural language'),
          limit: whole('Most memories to return', 1, 50),
        },
        required: ['query'],
        additionalProperties: false,
      }),
      execute: async (asked: Search, { abortSignal }) => {
        const request = { limit: 8, ...options.search, ...asked };
        const { results, abstained } = await client.api.search.search(request, signal(abortSignal));
        const memories = results.map(({ id, content, category, created_at, score }) => {
          return { id, content, category, created_at, score };
        });
        return { memories, abstained };
      },
    }),
    forgetMemory: tool({
      description: 'Move a memory that is wrong or unwanted to the trash, by the id a search returned.',
      inputSchema: jsonSchema<Forget>({
        type: 'object',
        properties: { id: whole('Id of the memory', 1), reason: text('Why') },
        required: ['id'],
        additionalProperties: false,
      }),
      execute: async ({ id, reason }: Forget, { abortSignal }) => {
        await client.forget(id, reason, signal(abortSignal));
        return { forgotten: id };
      },
    }),
  };
}

const signal = (abort: AbortSignal | undefined) => (abort === undefined ? {} : { signal: abort });
