// The key of this machine. A program that opened the store for itself (`engram mcp`) lets others of the same person use it
// meanwhile: it keeps a key in a file only that person can read, and whoever calls it without a key of their own shows that one.
import { join } from 'node:path';

export interface Home {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
}

/** Where the key for what listens on this port lies. */
export const localKeyPath = ({ env, home }: Home, port: number): string =>
  join(env.XDG_STATE_HOME?.trim() || join(home, '.local', 'state'), 'engram', `local-${port}.key`);

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/i;

/**
 * The key for the program at this address. One that a killed program left behind opens nothing: each makes its own.
 * @param readFile null when there is no such file
 */
export function localKey(where: Home, base: string, readFile: (path: string) => string | null): string | null {
  if (!URL.canParse(base)) return null;
  const { hostname, port, protocol } = new URL(base);
  if (protocol !== 'http:' || !LOOPBACK.test(hostname)) return null;
  const text = readFile(localKeyPath(where, Number(port || 80)))?.trim();
  return text !== undefined && /^[0-9a-f]{64}$/.test(text) ? text : null;
}
