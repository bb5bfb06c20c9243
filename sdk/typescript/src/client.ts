import { EngramError } from './errors.ts';
import {
  type ContextRequest,
  type ContextResponse,
  EngramApi,
  type Memory,
  type MemoryDeleteResponse,
  type MemoryForgetResponse,
  type MemoryListArrayQuery,
  type SearchRequest,
  type SearchSearchArrayResponse,
  type StoreRequest,
  type StoreResponse,
  type UpdateRequest,
  type UpdateResponse,
} from './generated.ts';
import { type EngramOptions, HttpTransport } from './http.ts';
import { type PageOptions, paginate } from './paginate.ts';
import { type ContextEvent, type FollowOptions, followSession, type SessionEvent, streamContext } from './streams.ts';
import type { CallOptions, Operation, Query, ServerEvent, StreamOptions, Transport } from './transport.ts';

/** Paths by hand, and beside them every endpoint by name: `client.api.get('/stats')`, `client.api.stats.get()`. */
export class Api extends EngramApi {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    super(transport);
    this.#transport = transport;
  }

  get<T = unknown>(path: string, query?: Query, options?: CallOptions): Promise<T> {
    return this.#transport.json<T>({ method: 'GET', path, ...(query && { query }) }, options);
  }
  post<T = unknown>(path: string, body?: unknown, options?: CallOptions): Promise<T> {
    return this.#transport.json<T>({ method: 'POST', path, body }, options);
  }
  put<T = unknown>(path: string, body?: unknown, options?: CallOptions): Promise<T> {
    return this.#transport.json<T>({ method: 'PUT', path, body }, options);
  }
  patch<T = unknown>(path: string, body?: unknown, options?: CallOptions): Promise<T> {
    return this.#transport.json<T>({ method: 'PATCH', path, body }, options);
  }
  delete<T = unknown>(path: string, body?: unknown, options?: CallOptions): Promise<T> {
    return this.#transport.json<T>({ method: 'DELETE', path, body }, options);
  }
  /** Any endpoint that streams. */
  events(operation: Operation, options?: StreamOptions): AsyncGenerator<ServerEvent, void, undefined> {
    return this.#transport.events(operation, options);
  }
}

/**
 * A memory server to talk to. Every method rejects with an `EngramError` when it did not work.
 *
 * ```ts
 * const engram = new EngramClient({ url: 'http://localhost:4200', apiKey: 'eg_…' });
 * const { id } = await engram.store({ content: 'The staging server moved to Oslo' });
 * const [best] = await engram.search({ query: 'where is staging?' });
 * ```
 */
export class EngramClient {
  readonly api: Api;
  readonly #transport: Transport;

  constructor(options: EngramOptions) {
    this.#transport = new HttpTransport(options);
    this.api = new Api(this.#transport);
  }

  /** Remembers a text; `created` is false when a memory already said the same. */
  store(memory: StoreRequest, options?: CallOptions): Promise<StoreResponse> {
    return this.#transport.json({ method: 'POST', path: '/memories', body: memory }, options);
  }

  /** @returns null when there is none with this id */
  async get(id: number, options?: CallOptions): Promise<Memory | null> {
    try {
      return await this.#transport.json<Memory>({ method: 'GET', path: `/memories/${id}` }, options);
    } catch (error) {
      if (error instanceof EngramError && error.statusCode === 404) return null;
      throw error;
    }
  }

  /** One page, newest first. */
  list(query: MemoryListArrayQuery = {}, options?: CallOptions): Promise<Memory[]> {
    return this.api.memory.listArray(query, options);
  }

  /** All of them, newest first, page by page. */
  listAll(
    { pageSize, offset, ...query }: Omit<MemoryListArrayQuery, 'limit' | 'offset'> & PageOptions = {},
    options?: CallOptions,
  ): AsyncGenerator<Memory, void, undefined> {
    return paginate((page) => this.list({ ...query, ...page }, options), {
      ...(pageSize === undefined ? {} : { pageSize }),
      ...(offset === undefined ? {} : { offset }),
    });
  }

  /** Best first. What the whole answer says of itself (`abstained`, `degraded`) is in `api.search.search`. */
  search(request: SearchRequest, options?: CallOptions): Promise<SearchSearchArrayResponse> {
    return this.api.search.searchArray(request, options);
  }

  /** Stores a new version; the answer is that version, under an id of its own. */
  update(id: number, changes: UpdateRequest, options?: CallOptions): Promise<UpdateResponse> {
    return this.api.memory.patch(id, changes, options);
  }

  /** Erases for good. */
  delete(id: number, options?: CallOptions): Promise<MemoryDeleteResponse> {
    return this.#transport.json({ method: 'DELETE', path: `/memories/${id}` }, options);
  }

  /** Into the trash, from where `api.memory.restore` brings it back. */
  forget(id: number, reason?: string, options?: CallOptions): Promise<MemoryForgetResponse> {
    const body = reason === undefined ? {} : { reason };
    return this.#transport.json({ method: 'POST', path: `/memories/${id}/forget`, body }, options);
  }

  /** What is known, as a text that fits a token budget. */
  assembleContext(request: ContextRequest, options?: CallOptions): Promise<ContextResponse> {
    return this.api.context.assemble(request, options);
  }

  /** The same with its progress: `phase`, `done`, then `result`. */
  streamContext(request: ContextRequest, options?: StreamOptions): AsyncGenerator<ContextEvent, void, undefined> {
    return streamContext(this.#transport, request, options);
  }

  /** What a session puts out, from its beginning or after a line, until it ends; connects again when cut off. */
  followSession(id: string, options?: FollowOptions): AsyncGenerator<SessionEvent, void, undefined> {
    return followSession(this.#transport, id, options);
  }
}
