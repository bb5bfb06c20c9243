// What keeps web pages away from the endpoint: a browser says where a page is from, and under which name it looked us up. Pure.
import { AppError } from '../../core/errors.ts';

export interface Asked {
  readonly origin: string | null;
  readonly host: string | null;
  /** From this machine, and not through a proxy. */
  readonly local: boolean;
}

export interface Allowed {
  readonly origins: readonly string[];
  readonly public_url: string | null;
}

/** `localhost`, any of 127/8, `::1`, as hosts and addresses write them. */
const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/i;

const hostOf = (text: string): string | null => {
  try {
    return new URL(text).hostname;
  } catch {
    return null;
  }
};

/** @throws AppError forbidden for pages of other sites, and for names of other sites that lead to this machine (DNS rebinding) */
export function guard({ origin, host, local }: Asked, { origins, public_url }: Allowed): void {
  const known = public_url === null ? origins : [...origins, public_url];
  if (origin !== null && !known.includes(origin)) {
    const from = hostOf(origin);
    if (!local || from === null || !LOOPBACK.test(from))
      throw new AppError(
        'forbidden',
        `Pages of ${origin.slice(0, 200)} may not use this server. ENGRAM_ALLOWED_ORIGINS names those that may.`,
      );
  }
  if (!local || host === null) return;
  const name = hostOf(`http://${host}`);
  if (name !== null && (LOOPBACK.test(name) || known.some((one) => hostOf(one) === name))) return;
  throw new AppError(
    'forbidden',
    `This server is not known as ${host.slice(0, 200)}. Call it as 127.0.0.1 or localhost, or set ENGRAM_PUBLIC_URL to the address it has for others.`,
  );
}
