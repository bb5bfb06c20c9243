// What the generated endpoints know of whatever sends their requests.

export type QueryValue = string | number | boolean | null | undefined;
export type Query = Readonly<Record<string, QueryValue | readonly (string | number | boolean)[]>>;

export interface CallOptions {
  /** Cancels the call; the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal;
  /** Longest wait for one attempt in milliseconds; wins over the client's. */
  readonly timeout?: number;
  /** How often to try again; 0 for never. */
  readonly retries?: number;
  /** Name or id of the space to work in; wins over the client's. */
  readonly space?: string | number;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface StreamOptions extends CallOptions {
  /** Longest silence in milliseconds before the stream counts as cut off; endless when left out. */
  readonly idleTimeout?: number;
}

export interface Operation {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** With its parameters filled in, without the query. */
  readonly path: string;
  readonly query?: object;
  readonly body?: unknown;
  /** Only reads although it is a POST, so that it may be sent again. */
  readonly readOnly?: boolean;
  /** How long the server itself may take, in milliseconds, where that is longer than usual. */
  readonly takes?: number;
}

/** One server-sent event; `data` is parsed where it is JSON, else the text as it came. */
export interface ServerEvent {
  readonly event: string;
  readonly data: unknown;
  readonly id: string | null;
}

export interface Transport {
  /** @throws EngramError when the server refuses, is not reached (status 0) or takes too long (408) */
  json<T>(operation: Operation, options?: CallOptions): Promise<T>;
  text(operation: Operation, options?: CallOptions): Promise<string>;
  /** The answer as it arrives, for files: `.body`, `.blob()`, `.arrayBuffer()`. */
  response(operation: Operation, options?: CallOptions): Promise<Response>;
  /** The request goes out when the first event is asked for. */
  events(operation: Operation, options?: StreamOptions): AsyncGenerator<ServerEvent, void, undefined>;
  /** Waits as before another try. @param attempt from 0 */
  backoff(attempt: number, signal?: AbortSignal): Promise<void>;
}

/** The endpoints of one feature. */
export abstract class Endpoints {
  protected readonly transport: Transport;
  constructor(transport: Transport) {
    this.transport = transport;
  }
}

/** A value as part of a path. */
export const segment = (value: string | number): string => encodeURIComponent(String(value));
