// The kinds of value a setting can have: how each is read from a flag, a variable or the file, and what it allows.
import { isIP } from 'node:net';
import { Secret } from './secret.ts';
import { readToolGroups, TOOL_GROUP_NAMES } from './tool-groups.ts';

/** Flags and variables give text; the file also gives numbers, booleans and lists. */
export type Raw = string | number | boolean | readonly string[];

/** A refused value may say why; without a reason the problem names what the kind allows. */
export type Read<T> = { readonly value: T } | { readonly refused: string | null };

export interface Kind<T> {
  /** Completes the sentence "expected …". */
  readonly allowed: string;
  /** Shown after the flag in help; null for a switch, which takes no value. */
  readonly placeholder: string | null;
  readonly list?: boolean;
  read(raw: Raw): Read<T>;
}

const no = (why: string | null = null): { refused: string | null } => ({ refused: why });

const ofText = <T>(placeholder: string, allowed: string, read: (text: string) => Read<T>): Kind<T> => ({
  allowed,
  placeholder,
  read: (raw) => (typeof raw === 'string' ? read(raw.trim()) : no()),
});

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are exactly what must be refused.
const PLAIN = /^[^\0-\x1f\x7f]+$/;

export const text = (placeholder: string): Kind<string> =>
  ofText(placeholder, 'text on one line, not empty', (t) => (PLAIN.test(t) ? { value: t } : no()));

export const exactly = (word: string): Kind<boolean> =>
  ofText('text', `exactly ${word}`, (t) => (t === word ? { value: true } : no()));

/** The aliases are accepted spellings that stand for one of the words. */
export const oneOf = <const W extends string>(
  words: readonly W[],
  aliases: Readonly<Record<string, W>> = {},
  refusals: Readonly<Record<string, string>> = {},
): Kind<W> =>
  ofText(words.join('|'), `one of ${words.join(', ')}`, (t) => {
    const lower = t.toLowerCase();
    const found = words.find((word) => word === lower) ?? (Object.hasOwn(aliases, lower) ? aliases[lower] : undefined);
    if (found !== undefined) return { value: found };
    return no(Object.hasOwn(refusals, lower) ? refusals[lower] : null);
  });

const numeric = (min: number, max: number, what: string, shape: RegExp): Kind<number> => ({
  allowed: `${what} from ${min} to ${max}`,
  placeholder: 'number',
  read: (raw) => {
    const written = typeof raw === 'number' ? String(raw) : raw;
    if (typeof written !== 'string' || !shape.test(written.trim())) return no();
    const value = Number(written);
    return value >= min && value <= max ? { value } : no();
  },
});

export const whole = (min: number, max: number): Kind<number> => numeric(min, max, 'a whole number', /^\d{1,15}$/);
export const decimal = (min: number, max: number): Kind<number> => numeric(min, max, 'a number', /^(\d+\.?\d*|\.\d+)$/);

const TRUE = ['1', 'true', 'yes', 'on'];
const FALSE = ['0', 'false', 'no', 'off'];

export const toggle: Kind<boolean> = {
  allowed: 'true or false (also yes/no, on/off, 1/0)',
  placeholder: null,
  read: (raw) => {
    const word = String(raw).trim().toLowerCase();
    if (TRUE.includes(word)) return { value: true };
    return FALSE.includes(word) ? { value: false } : no();
  },
};

export const host: Kind<string> = ofText('address', 'an IP address or a host name, without scheme or port', (t) => {
  const bare = t.replace(/^\[(.*)\]$/, '$1').toLowerCase();
  if (isIP(bare)) return { value: bare };
  const looksLikeName = /^[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?$/.test(bare) && !/^[\d.]+$/.test(bare);
  return looksLikeName ? { value: bare } : no();
});

export const isLoopback = (address: string): boolean =>
  address === 'localhost' || address === '::1' || (isIP(address) === 4 && address.startsWith('127.'));

export const httpUrl: Kind<string> = ofText('url', 'an http:// or https:// address', (t) => {
  if (!/^https?:\/\//i.test(t) || !URL.canParse(t)) return no();
  const url = new URL(t);
  if (url.username || url.password) return no('must not contain a user name or password; use the key setting instead');
  return url.search || url.hash ? no() : { value: url.href.replace(/\/+$/, '') };
});

/** Where others reach the server: what they are told to trust, so nothing but an origin, and no way to listen in. */
export const publicUrl: Kind<string> = ofText('url', 'an https:// address without a path', (t) => {
  if (!/^https?:\/\//i.test(t) || !URL.canParse(t)) return no();
  const url = new URL(t);
  if (`${url.origin}/` !== url.href) return no('must not have a path, a query or a user name');
  if (url.protocol === 'http:' && !isLoopback(url.hostname.replace(/^\[(.*)\]$/, '$1')))
    return no('must begin with https://, except for addresses of this machine');
  return { value: url.origin };
});

/** Where models come from: a server, or a folder for machines without a network. */
export const hubUrl: Kind<string> = ofText('url', 'an http://, https:// or file:// address', (t) => {
  if (!/^file:\/\/\//i.test(t)) return httpUrl.read(t);
  return URL.canParse(t) ? { value: new URL(t).href.replace(/\/+$/, '') } : no();
});

export const secret = (allowed: string, accepts: (text: string) => boolean): Kind<Secret> =>
  ofText('secret', allowed, (t) => (PLAIN.test(t) && accepts(t) ? { value: new Secret(t) } : no()));

export const secretMatching = (allowed: string, shape: RegExp): Kind<Secret> => secret(allowed, (t) => shape.test(t));

/** Commas separate the items; `item` gives the accepted form, null to leave the item out. */
const listOf = (
  placeholder: string,
  allowed: string,
  item: (t: string) => Read<string | null>,
): Kind<readonly string[]> => ({
  allowed,
  placeholder,
  list: true,
  read: (raw) => {
    if (typeof raw === 'number' || typeof raw === 'boolean') return no();
    const parts = (typeof raw === 'string' ? raw.split(',') : raw).map((part) => part.trim()).filter((part) => part);
    const kept = new Set<string>();
    for (const part of parts) {
      const read = item(part);
      if ('refused' in read) return read;
      if (read.value !== null) kept.add(read.value);
    }
    return { value: [...kept] };
  },
});

/** Browsers send `null` from sandboxed pages of any site, so that origin is never allowed. */
export const origins: Kind<readonly string[]> = listOf(
  'list',
  'origins such as https://app.example.com, by commas',
  (t) => {
    if (t.toLowerCase() === 'null') return { value: null };
    if (t === '*')
      return no(
        'cannot be *, because requests may carry credentials and any site could then use them; list the origins',
      );
    if (!/^[a-z][a-z0-9+.-]*:\/\/[^\s/?#@*]+\/?$/i.test(t)) return no();
    if (!/^https?:/i.test(t)) return { value: t.toLowerCase().replace(/\/$/, '') };
    return URL.canParse(t) ? { value: new URL(t).origin } : no();
  },
);

/** Compared as text; a secret cannot be filled in here. */
export const patterns: Kind<readonly string[]> = listOf('list', 'texts, by commas', (t) =>
  /\{\{\s*secret:/.test(t)
    ? no('names a secret, and there is no credential service to fill it in; write the text itself')
    : { value: t },
);

/** Names of services or machines. */
export const names: Kind<readonly string[]> = listOf('list', 'names without spaces, by commas', (t) =>
  /^\S+$/.test(t) ? { value: t } : no(),
);

/** Groups of MCP tools. */
export const toolGroups: Kind<readonly string[]> = listOf('list', `some of ${TOOL_GROUP_NAMES}, by commas`, (t) =>
  readToolGroups(t) ? { value: t.toLowerCase() } : no(),
);

export const addresses: Kind<readonly string[]> = listOf('list', 'IP addresses, by commas', (t) =>
  isIP(t) ? { value: t.toLowerCase() } : no(),
);
