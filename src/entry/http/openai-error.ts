// Failures as clients of OpenAI read them: an object under `error`. Code and request id stand beside it, as everywhere.
import type { Problem } from './problem.ts';

const TYPES: Readonly<Partial<Record<number, string>>> = {
  401: 'authentication_error',
  403: 'permission_error',
  429: 'rate_limit_error',
};

export const openAiProblem = ({ error, ...body }: Problem, status: number) => ({
  ...body,
  error: {
    message: error,
    type: TYPES[status] ?? (status >= 500 ? 'server_error' : 'invalid_request_error'),
    param: null,
    code: body.code,
  },
});
