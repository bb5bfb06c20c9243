// The one place that writes an error to the wire: { error, code, request_id, issues? }.
import { AppError, ERRORS, type ErrorCode, type ErrorKind, type Issue } from '../../core/errors.ts';
import type { Logger } from '../../core/log.ts';

const STATUS: Readonly<Record<ErrorKind, number>> = {
  invalid: 400,
  unauthorized: 401,
  forbidden: 403,
  not_found: 404,
  timeout: 408,
  conflict: 409,
  too_large: 413,
  unsupported: 415,
  rate_limited: 429,
  internal: 500,
  unavailable: 503,
};

export const statusOf = (code: ErrorCode): number => (code === 'method_not_allowed' ? 405 : STATUS[ERRORS[code].kind]);

/** Seconds after which asking again may help; null when it does not say, or when somebody has to act first. */
function retryAfter(code: ErrorCode, status: number): number | null {
  if (code === 'llm_not_configured') return null;
  if (code === 'llm_budget_spent') return 3600;
  if (status === 503) return 1;
  return status === 429 ? 60 : null;
}

/** Refusals by design: the metrics count them, and a log of each would be one more load. */
const EXPECTED: ReadonlySet<ErrorCode> = new Set(['overloaded', 'safe_mode', 'maintenance']);

export interface Problem {
  error: string;
  code: string;
  request_id: string;
  issues?: readonly Issue[];
  /** Seconds. */
  retry_after?: number;
  hint?: string;
}

/** Anything but an AppError is logged with its cause and told to the caller as one fixed sentence. */
export function toProblem(
  thrown: unknown,
  request_id: string,
  logger: Logger,
): { status: number; body: Problem; headers: Record<string, string> } {
  const error =
    thrown instanceof AppError
      ? thrown
      : new AppError(
          'internal',
          'Something went wrong inside the server; its log has the details under this request id.',
          { cause: thrown },
        );
  const status = statusOf(error.code);
  if (status >= 500 && !EXPECTED.has(error.code))
    logger.error({ err: error.cause ?? error, code: error.code, request_id }, 'request failed');
  const headers: Record<string, string> = {};
  if (status === 401) headers['www-authenticate'] = 'Bearer';
  const wait = error.retry_after ?? retryAfter(error.code, status);
  if (wait !== null) headers['retry-after'] = String(wait);
  return {
    status,
    headers,
    body: {
      error: error.message,
      code: error.code,
      request_id,
      ...(error.issues && { issues: error.issues }),
      ...(error.retry_after !== undefined && { retry_after: error.retry_after }),
      ...(error.hint !== undefined && { hint: error.hint }),
    },
  };
}
