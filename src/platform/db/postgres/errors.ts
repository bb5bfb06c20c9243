// Says in a sentence what went wrong between us and Postgres, and which failures are worth another try.
import { AppError } from '../../../core/errors.ts';
import { quotaProblem } from '../quota-problem.ts';

export interface Place {
  host: string;
  port: number;
  database: string;
  user: string;
}

export const nameOf = ({ host, port, database }: Place): string =>
  `${host}${port === 5432 || host.startsWith('/') ? '' : `:${port}`}/${database}`;

interface Failure {
  code?: string;
  message?: string;
  errors?: Failure[];
}

const codeOf = (error: unknown): string => {
  const { code, errors } = (error ?? {}) as Failure;
  return code ?? errors?.find((e) => e.code !== undefined)?.code ?? '';
};

const messageOf = (error: unknown): string => {
  const { message, errors } = (error ?? {}) as Failure;
  return message || errors?.[0]?.message || String(error);
};

/** Serialization failure and deadlock: Postgres itself asks for another try. */
const LOST_RACE = new Set(['40001', '40P01']);
/** Unique or foreign key broken: the unit checked first, so somebody else was quicker; seen again, it decides anew. */
const OVERTAKEN = new Set(['23505', '23503']);

/** The connection is gone, and whatever was under way on it. */
const isCut = (error: unknown): boolean =>
  /^(08|57P)/.test(codeOf(error)) ||
  /^E[A-Z_]+$/.test(codeOf(error)) ||
  /^Connection terminated|not queryable|has been discarded/.test(messageOf(error));

/**
 * How often a unit may be tried in all after this failure.
 * @param began false when not even its first statement was sent: then a cut connection did no harm
 */
export const triesAfter = (error: unknown, began: boolean): number => {
  const code = codeOf(error);
  if (LOST_RACE.has(code) || (!began && isCut(error))) return 10;
  return OVERTAKEN.has(code) ? 3 : 1;
};

/** Why no connection could be made. Names no password: only parts of the address that are not secret. */
export function explainConnecting(error: unknown, place: Place): string {
  const where = nameOf(place);
  const [code, message] = [codeOf(error), messageOf(error)];
  if (code === '28P01' || code === '28000' || /password/i.test(message)) {
    return `Postgres at ${where} does not let user "${place.user}" in: the password is wrong or missing, or pg_hba.conf forbids it. Check ENGRAM_DATABASE_URL; special characters in it must be percent-encoded.`;
  }
  if (code === '3D000') {
    return `Postgres at ${where} has no database "${place.database}". Create it ("createdb ${place.database}") or correct ENGRAM_DATABASE_URL.`;
  }
  if (code === '53300')
    return `Postgres at ${where} has no connection left for us: raise max_connections there, or close other programs.`;
  if (code === '57P03') return `Postgres at ${where} is starting or stopping; try again in a moment.`;
  if (/^E[A-Z_]+$/.test(code) || /timeout|terminated|closed/i.test(message)) {
    return `Postgres cannot be reached at ${where} (${code || message}). Check that it runs, and that ENGRAM_DATABASE_URL names the right host and port.`;
  }
  if (/ssl|tls|certificate/i.test(message))
    return `Postgres at ${where}: ${message}. Check sslmode in ENGRAM_DATABASE_URL.`;
  return `Postgres at ${where} cannot be used: ${message}`;
}

/** Failures of the server rather than of a query become "unavailable"; the rest stays as it is. */
export function explainRunning(error: unknown): unknown {
  if (error instanceof AppError) return error;
  const quota = quotaProblem(error);
  if (quota) return quota;
  const code = codeOf(error);
  const unavailable = (message: string) => new AppError('database_unavailable', message, { cause: error });
  if (LOST_RACE.has(code) || code === '55P03') return unavailable('Too many writes at once; try again in a moment.');
  if (code === '57014') return unavailable('Postgres took too long to answer.');
  if (code === '53100') return unavailable('The disk of the Postgres server is full.');
  if (code === '25006')
    return unavailable('Postgres takes no writes: it is a read-only replica, or was set read-only.');
  if (isCut(error) || /^(53|58)/.test(code)) {
    return unavailable('Postgres went away; try again in a moment.');
  }
  return error;
}
