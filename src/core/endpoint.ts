// An endpoint is data: method, path, access, input and output shapes. HTTP, OpenAPI and the CLI are readers of this value.
import type { z } from 'zod';
import type { ErrorCode } from './errors.ts';
import type { AccessScope, Scope } from './scope.ts';

export interface EndpointSpec {
  /** `feature.verb`: operation id, metric label, audit name. */
  readonly id: `${string}.${string}`;
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** `/memory/{id}`: OpenAPI style, parameters in braces. */
  readonly path: `/${string}`;
  /** More paths that answer the same, for older clients; listed in OpenAPI as deprecated. */
  readonly aliases?: readonly `/${string}`[];
  readonly summary: string;
  /** Longer text for the API page, Markdown. */
  readonly description?: string;
  readonly access: 'public' | AccessScope;
  /** Whoever has the admin scope may name others here, or everybody. Of endpoints only for administrators it is taken for granted. */
  readonly others?: true;
  readonly params?: z.ZodObject;
  readonly query?: z.ZodObject;
  readonly body?: z.ZodType;
  /** The body is a form (`application/x-www-form-urlencoded`), each field at most once; else it is JSON. */
  readonly form?: true;
  /** The body may be left out altogether; it then reads as `{}`. */
  readonly body_optional?: true;
  readonly response: z.ZodType;
  /** Status of the ordinary answer; a handler may choose another with `withStatus`. */
  readonly status?: 200 | 201;
  /** Further statuses of success this endpoint uses, with what they mean. */
  readonly also?: Readonly<Record<number, string>>;
  /** Content type of the answer when the handler writes it itself, as a string or a `Response`. */
  readonly produces?: string;
  /** Whose clients read failures: those of OAuth as RFC 6749 (5.2) asks, and no cache keeps an answer; those of OpenAI as OpenAI words them. */
  readonly protocol?: 'oauth' | 'openai';
  /** Codes beyond those that every endpoint can give. */
  readonly errors?: readonly ErrorCode[];
  /** Largest body in bytes; default 256 KiB. */
  readonly body_limit?: number;
  /** Longest wait in milliseconds; default 10 s. */
  readonly timeout_ms?: number;
  /** Units of the caller's rate limit; see `costOf` for the default. */
  readonly cost?: number;
}

/** Reads 1, everything else 2, unless the endpoint says otherwise. */
export const costOf = ({ cost, method }: Pick<EndpointSpec, 'cost' | 'method'>): number =>
  cost ?? (method === 'GET' ? 1 : 2);

type Parsed<S, K extends 'params' | 'query' | 'body'> = S extends { readonly [P in K]: infer Z extends z.ZodType }
  ? z.output<Z>
  : undefined;

export interface Input<S extends EndpointSpec> {
  params: Parsed<S, 'params'>;
  query: Parsed<S, 'query'>;
  body: Parsed<S, 'body'>;
}

export interface CallContext<S extends EndpointSpec = EndpointSpec> {
  /** Null only on public endpoints. */
  scope: S['access'] extends 'public' ? null : Scope;
  request_id: string;
  /** Peer address, null when called in process. */
  peer: string | null;
  /** What the request header of this name says; null when it was not sent. */
  header(name: string): string | null;
}

/** A body with a status other than the endpoint's ordinary one. */
export class WithStatus<T> {
  readonly status: number;
  readonly body: T;
  constructor(status: number, body: T) {
    this.status = status;
    this.body = body;
  }
}
export const withStatus = <T>(status: number, body: T): WithStatus<T> => new WithStatus(status, body);

/** An endpoint that answers something else than JSON may make the whole response, headers included. */
type Raw<S extends EndpointSpec> = S extends { readonly produces: string } ? Response : never;
type Answer<S extends EndpointSpec> = z.input<S['response']> | WithStatus<z.input<S['response']>> | Raw<S>;
export type Handler<S extends EndpointSpec> = (
  input: Input<S>,
  context: CallContext<S>,
) => Promise<Answer<S>> | Answer<S>;

/** A spec bound to its handler. The handler's types were checked by `route`; readers see them erased. */
export interface Route {
  readonly spec: EndpointSpec;
  readonly handle: (input: unknown, context: unknown) => unknown;
}

/** Tells the endpoints among what a contract module exports. */
export const isEndpoint = (value: unknown): value is EndpointSpec =>
  typeof value === 'object' && value !== null && 'method' in value && 'path' in value && 'response' in value;

export const endpoint = <const S extends EndpointSpec>(spec: S): S => spec;
export const route = <const S extends EndpointSpec>(spec: S, handle: Handler<S>): Route => ({
  spec,
  handle: handle as Route['handle'],
});
