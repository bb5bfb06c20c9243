/** What the server says when it refuses. */
export interface Problem {
  readonly error?: string;
  /** Stable name of the reason, such as `memory_not_found`. */
  readonly code?: string;
  readonly request_id?: string;
  readonly issues?: readonly { readonly path: string; readonly message: string }[];
}

const isProblem = (value: unknown): value is Problem =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A call that did not work. */
export class EngramError extends Error {
  override readonly name = 'EngramError';
  /** HTTP status; 408 when the time ran out, 0 when the server was not reached or the connection broke. */
  readonly statusCode: number;
  /** Body of the answer: JSON where it was JSON, else text; undefined when there was none. */
  readonly response: unknown;

  constructor(message: string, statusCode: number, response?: unknown, options?: { cause?: unknown }) {
    super(message, options);
    this.statusCode = statusCode;
    this.response = response;
  }

  /** Stable name of the reason, such as `memory_not_found`; null when the server named none. */
  get code(): string | null {
    return (isProblem(this.response) && this.response.code) || null;
  }

  /** The request as the server's log knows it; null when it never got there. */
  get requestId(): string | null {
    return (isProblem(this.response) && this.response.request_id) || null;
  }
}

/** @param body of the answer, parsed where it was JSON */
export function refusal(status: number, body: unknown): EngramError {
  const said = isProblem(body) && typeof body.error === 'string' && body.error !== '' ? body.error : `HTTP ${status}`;
  return new EngramError(said, status, body);
}
