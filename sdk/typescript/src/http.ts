// Sends requests with fetch: time limits, cancelling, trying again, reading answers.
import { EngramError, refusal } from './errors.ts';
import { delayBefore, mayRepeat, type RetryOptions, type RetryPolicy, readRetryAfter, retryPolicy } from './retry.ts';
import { EventParser, parsed } from './sse.ts';
import type { CallOptions, Operation, Query, ServerEvent, StreamOptions, Transport } from './transport.ts';

/** As much of `fetch` as is needed, so that others fit. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

export interface EngramOptions {
  /** Where the server is, such as `http://localhost:4200`. */
  readonly url: string;
  /** A key from `POST /bootstrap` or `POST /keys`; without one only what is open to everybody works. */
  readonly apiKey?: string;
  /** Longest wait for one attempt in milliseconds; default 30,000, more where the server itself may take longer. */
  readonly timeout?: number;
  /** How often calls that change nothing by being repeated are tried again, or all there is to say about it. */
  readonly retries?: number | RetryOptions;
  /** Name or id of the space to work in. */
  readonly space?: string | number;
  readonly fetch?: Fetch;
}

const DEFAULT_TIMEOUT_MS = 30_000;
/** The server's own limit fires first, and says more. */
const MARGIN_MS = 5_000;

interface Sent {
  readonly response: Response;
  /** Ends the time limit and the watch on the caller's signal. */
  done(): void;
  /** Begins the time limit anew with this many milliseconds; undefined for none. */
  restart(ms: number | undefined): void;
  /** What a failure of reading the body is to the caller. */
  failure(error: unknown): unknown;
}

export class HttpTransport implements Transport {
  readonly #base: string;
  readonly #options: EngramOptions;
  readonly #policy: RetryPolicy;
  readonly #fetch: Fetch;

  constructor(options: EngramOptions) {
    this.#base = options.url.replace(/\/+$/, '');
    this.#options = options;
    this.#policy = retryPolicy(options.retries);
    // Called as a method of something else, a browser's fetch refuses.
    this.#fetch = options.fetch ?? ((url, init) => globalThis.fetch(url, init));
  }

  async json<T>(operation: Operation, options: CallOptions = {}): Promise<T> {
    const text = await this.#read(operation, options, 'application/json', (response) => response.text());
    if (text === '') return undefined as T;
    try {
      return JSON.parse(text) as T;
    } catch (cause) {
      const message = `The answer of ${operation.method} ${operation.path} is no JSON. Is ${this.#base} an Engram server?`;
      throw new EngramError(message, 200, text, { cause });
    }
  }

  text(operation: Operation, options: CallOptions = {}): Promise<string> {
    return this.#read(operation, options, '*/*', (response) => response.text());
  }

  response(operation: Operation, options: CallOptions = {}): Promise<Response> {
    return this.#repeated(operation, options, async () => {
      const sent = await this.#send(operation, options, '*/*');
      sent.restart(undefined); // A large file takes as long as it takes; the caller's signal goes on holding.
      return sent.response;
    });
  }

  async *events(operation: Operation, options: StreamOptions = {}): AsyncGenerator<ServerEvent, void, undefined> {
    const sent = await this.#repeated(operation, options, () => this.#send(operation, options, 'text/event-stream'));
    const reader = sent.response.body?.getReader();
    const decoder = new TextDecoder();
    const parser = new EventParser();
    try {
      while (reader) {
        sent.restart(options.idleTimeout);
        const { value, done } = await reader.read();
        if (done) return;
        yield* parser.push(decoder.decode(value, { stream: true }));
      }
    } catch (error) {
      throw sent.failure(error);
    } finally {
      sent.done();
      // Whoever stops listening ends the connection; one that is broken already cannot be ended.
      await reader?.cancel().catch(() => {});
    }
  }

  async backoff(attempt: number, signal?: AbortSignal): Promise<void> {
    await this.#policy.wait(delayBefore(attempt, null, this.#policy) ?? 0, signal);
  }

  #read(operation: Operation, options: CallOptions, accept: string, take: (response: Response) => Promise<string>) {
    return this.#repeated(operation, options, async () => {
      const sent = await this.#send(operation, options, accept);
      try {
        return await take(sent.response);
      } catch (error) {
        throw sent.failure(error);
      } finally {
        sent.done();
      }
    });
  }

  async #repeated<T>(operation: Operation, options: CallOptions, attempt: () => Promise<T>): Promise<T> {
    const attempts = options.retries ?? this.#policy.attempts;
    for (let n = 0; ; n++) {
      try {
        return await attempt();
      } catch (error) {
        if (n >= attempts || !mayRepeat(operation, error)) throw error;
        const delay = delayBefore(n, askedPatience.get(error as EngramError) ?? null, this.#policy);
        if (delay === null) throw error;
        await this.#policy.wait(delay, options.signal);
      }
    }
  }

  /** One attempt, until the head of a good answer is there. */
  async #send(operation: Operation, options: CallOptions, accept: string): Promise<Sent> {
    options.signal?.throwIfAborted();
    const watch = new Watch(options.signal);
    watch.restart(this.#patience(operation, options));
    try {
      const response = await this.#fetch(this.#url(operation), {
        method: operation.method,
        headers: this.#headers(operation, options, accept),
        signal: watch.signal,
        ...(operation.body === undefined ? {} : { body: JSON.stringify(operation.body) }),
      });
      if (!response.ok) throw await refused(response);
      return {
        response,
        done: () => watch.done(),
        restart: (ms) => watch.restart(ms),
        failure: (error) => watch.told(error, 'The connection broke'),
      };
    } catch (error) {
      watch.done();
      throw watch.told(error);
    }
  }

  #patience(operation: Operation, options: CallOptions): number {
    const usual = Math.max(DEFAULT_TIMEOUT_MS, operation.takes === undefined ? 0 : operation.takes + MARGIN_MS);
    return options.timeout ?? this.#options.timeout ?? usual;
  }

  #url({ path, query }: Operation): string {
    const asked = new URLSearchParams();
    for (const [name, value] of Object.entries((query ?? {}) as Query)) {
      const values = Array.isArray(value) ? value : [value];
      for (const one of values) if (one !== undefined && one !== null) asked.append(name, String(one));
    }
    const text = asked.toString();
    return `${this.#base}${path}${text === '' ? '' : `${path.includes('?') ? '&' : '?'}${text}`}`;
  }

  #headers(operation: Operation, options: CallOptions, accept: string): Record<string, string> {
    const { apiKey } = this.#options;
    const space = options.space ?? this.#options.space;
    return {
      accept,
      ...(apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }),
      ...(operation.body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(space === undefined ? {} : { 'x-space': encodeURIComponent(String(space)) }),
      ...options.headers,
    };
  }
}

/** Milliseconds that a server asked for with its refusal. */
const askedPatience = new WeakMap<EngramError, number>();

async function refused(response: Response): Promise<EngramError> {
  const error = refusal(response.status, parsed(await response.text()) || undefined);
  const wait = readRetryAfter(response.headers.get('retry-after'));
  if (wait !== null) askedPatience.set(error, wait);
  return error;
}

/** Joins a time limit and the caller's signal; AbortSignal.any is missing in Node 18. */
class Watch {
  readonly #controller = new AbortController();
  readonly #outer: AbortSignal | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #late = false;

  constructor(outer: AbortSignal | undefined) {
    this.#outer = outer;
    outer?.addEventListener('abort', this.#stop, { once: true });
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  readonly #stop = (): void => this.#controller.abort(this.#outer?.reason);

  restart(ms: number | undefined): void {
    clearTimeout(this.#timer);
    if (ms === undefined) return;
    this.#timer = setTimeout(() => {
      this.#late = true;
      this.#controller.abort();
    }, ms);
  }

  done(): void {
    clearTimeout(this.#timer);
    this.#outer?.removeEventListener('abort', this.#stop);
  }

  /** What went wrong, in the words of this library. */
  told(error: unknown, what = 'The server could not be reached'): unknown {
    if (error instanceof EngramError) return error;
    if (this.#outer?.aborted) return this.#outer.reason;
    if (this.#late) return new EngramError('Request timeout', 408, undefined, { cause: error });
    const why = error instanceof Error ? error.message : String(error);
    return new EngramError(`${what}: ${why}`, 0, undefined, { cause: error });
  }
}
