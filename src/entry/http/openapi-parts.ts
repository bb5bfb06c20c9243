// The parts of the OpenAPI document that no endpoint owns: the opening words, errors, shared parameters.
import { z } from 'zod';
import type { EndpointSpec } from '../../core/endpoint.ts';
import type { ErrorCode } from '../../core/errors.ts';
import { DEFAULT_BODY_LIMIT, DEFAULT_TIMEOUT_MS } from './mount.ts';

export const ABOUT = `Long-term memory for AI agents, on your own machine.

**Keys.** Send \`Authorization: Bearer <key>\`. \`POST /bootstrap\` hands out the first one, once; \`POST /keys\` makes more.
A key has the scopes \`read\`, \`write\` and \`admin\`, and \`admin\` includes the others.

**Spaces.** Memories lie in spaces. \`X-Space: <name or id>\` on any request works in that one; without it, reading covers all of
yours and writing uses the default one.

**Errors.** Every failure is \`{ "error", "code", "request_id" }\`: a sentence for people, a name for programs, and the id
under which the server's log has the details. Rejected input adds \`issues\`, one per field. A path that does not exist answers 404
\`route_not_found\`, a method it does not have 405 \`method_not_allowed\`.

**Input.** Unknown fields are refused, so that a typing error is not silently ignored. Bodies are JSON of at most
${DEFAULT_BODY_LIMIT / 1024} KiB and requests take at most ${DEFAULT_TIMEOUT_MS / 1000} s unless an operation says otherwise.

**Answers.** They may gain fields in any release. Times are UTC, \`YYYY-MM-DD HH:MM:SS\`. Every answer carries \`X-Request-Id\`;
send your own to find a request again.`;

/** How `entry/http/problem.ts` writes an error. */
export const ErrorBody = z
  .looseObject({
    error: z.string().meta({ description: 'What went wrong, for people', example: 'There is no memory 42.' }),
    code: z.string().meta({
      description: 'What went wrong, for programs; docs/errors.md lists every code',
      example: 'memory_not_found',
    }),
    request_id: z.string().meta({ description: 'Find it in the log of the server', example: '9f86d081884c7d65' }),
    issues: z
      .array(
        z.looseObject({
          path: z
            .string()
            .meta({ description: 'Where, with the part of the request in front', example: 'body.tags.0' }),
          message: z
            .string()
            .meta({ description: 'What is wrong with it', example: 'must not contain the NUL character' }),
        }),
      )
      .optional()
      .meta({ description: 'One per rejected field' }),
  })
  .meta({ id: 'Error', description: 'Every failure has this form' });

interface CommonErrors {
  readonly who: string;
  readonly has: (spec: EndpointSpec) => boolean;
  readonly codes: readonly ErrorCode[];
}
/** What endpoints answer with without declaring it, because of what they take or need. */
export const COMMON_ERRORS: readonly CommonErrors[] = [
  {
    who: 'every endpoint that takes input',
    has: ({ params, query, body }) => Boolean(params ?? query ?? body),
    codes: ['invalid_request'],
  },
  {
    who: 'every endpoint with a body',
    has: ({ body }) => body !== undefined,
    codes: ['invalid_json', 'json_too_deep', 'body_too_large', 'unsupported_media_type'],
  },
  {
    who: 'every endpoint that needs a key',
    has: ({ access }) => access !== 'public',
    codes: ['unauthorized', 'forbidden', 'space_not_found', 'database_unavailable'],
  },
  { who: 'every endpoint', has: () => true, codes: ['timeout', 'internal'] },
];
/** Given before an endpoint is found. */
export const ROUTING_ERRORS: Readonly<Partial<Record<ErrorCode, string>>> = {
  route_not_found: 'every path that does not exist',
  method_not_allowed: 'every path, for the methods it does not answer',
};

interface ErrorResponse {
  name: string;
  description: string;
}

export const ERROR_RESPONSES: Readonly<Record<number, ErrorResponse>> = {
  400: { name: 'BadRequest', description: 'The request is not what this operation expects.' },
  401: { name: 'Unauthorized', description: 'No valid key was sent.' },
  403: { name: 'Forbidden', description: 'The key may not do this.' },
  404: { name: 'NotFound', description: 'What the request names does not exist, or is not yours.' },
  405: { name: 'MethodNotAllowed', description: 'The path does not answer this method.' },
  408: { name: 'Timeout', description: 'It took longer than this operation allows.' },
  409: { name: 'Conflict', description: 'It clashes with what is already there.' },
  413: { name: 'TooLarge', description: 'The body is too large.' },
  415: { name: 'UnsupportedMediaType', description: 'The body is not JSON.' },
  429: { name: 'TooManyRequests', description: 'Too many requests; `Retry-After` says when to come back.' },
  500: { name: 'InternalError', description: 'Something went wrong inside the server.' },
  503: {
    name: 'Unavailable',
    description: 'Not possible just now; `Retry-After` says when to try again, unless somebody has to act first.',
  },
};

export const SPACE_HEADER = 'Space';
export const PARAMETERS = [
  {
    id: 'Limit',
    name: 'limit',
    in: 'query' as const,
    required: false,
    description: 'Page size; every list has its own default and maximum',
    schema: { type: 'integer' as const, minimum: 1 },
  },
  {
    id: 'Offset',
    name: 'offset',
    in: 'query' as const,
    required: false,
    description: 'How many to skip',
    schema: { type: 'integer' as const, minimum: 0, maximum: 1_000_000, default: 0 },
  },
  {
    id: SPACE_HEADER,
    name: 'X-Space',
    in: 'header' as const,
    required: false,
    description:
      'Name or id of the space to work in; without it, reading covers all your spaces and writing uses the default one',
    schema: { type: 'string' as const },
  },
];
