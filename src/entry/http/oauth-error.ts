// Failures as OAuth clients read them (RFC 6749 5.2, RFC 7591 3.2.2): `error` is a word for programs there, and the sentence
// stands in `error_description`. What every other failure of ours has is in them too.
import type { EndpointSpec } from '../../core/endpoint.ts';
import { ERRORS, type ErrorCode, type ErrorKind } from '../../core/errors.ts';
import type { Problem } from './problem.ts';

const WORDS: Readonly<Partial<Record<ErrorKind, string>>> = {
  internal: 'server_error',
  rate_limited: 'temporarily_unavailable',
  timeout: 'temporarily_unavailable',
  unavailable: 'temporarily_unavailable',
};

const wordOf = (code: ErrorCode, { id }: EndpointSpec): string => {
  const [, ours] = /^oauth_(invalid_\w+|unsupported_\w+)$/.exec(code) ?? [];
  const wrong = id === 'oauth.register' ? 'invalid_client_metadata' : 'invalid_request';
  return ours ?? WORDS[ERRORS[code].kind] ?? wrong;
};

/** Quotes, backslashes and all beyond ASCII have no place in a description. */
const plain = (sentence: string): string => sentence.replaceAll(/["\\]/g, "'").replaceAll(/[^ -~]/g, '?');

export const oauthProblem = (body: Problem, spec: EndpointSpec) => ({
  ...body,
  error: wordOf(body.code as ErrorCode, spec),
  error_description: plain(body.error),
});
