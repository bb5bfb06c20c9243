// What a key looks like and what it may do. Pure.
import { ACCESS_SCOPES, type AccessScope } from '../../core/scope.ts';

/**
 * The secret part of a key, lower case, under the one prefix it is hashed with; both prefixes name the same key.
 * @returns null when the text is no key at all
 */
export function normalizeKey(text: string): string | null {
  const match = /^(?:eg|engram)_([0-9a-f]{64}|[0-9a-f]{32})$/i.exec(text);
  return match ? `engram_${match[1]!.toLowerCase()}` : null;
}

export const mintedKey = (hex: string): string => `eg_${hex}`;
export const prefixOf = (normalized: string): string => normalized.slice('engram_'.length, 'engram_'.length + 8);

/** @returns the scopes named in a comma- or space-separated list, and the words that are none */
export function parseScopes(list: string): { scopes: AccessScope[]; unknown: string[] } {
  const words = list.split(/[\s,]+/).filter((w) => w !== '');
  if (words.includes('*')) return { scopes: [...ACCESS_SCOPES], unknown: [] };
  const known = (w: string): w is AccessScope => (ACCESS_SCOPES as readonly string[]).includes(w);
  return { scopes: [...new Set(words.filter(known))], unknown: words.filter((w) => !known(w)) };
}

export const isLoopback = (peer: string): boolean => /^(127\.|::1$|::ffff:127\.)/.test(peer);

/** Compares without telling by time how much of the secret was right. Both are hashes of equal length. */
export function sameSecret(hashA: string, hashB: string): boolean {
  if (hashA.length !== hashB.length) return false;
  let difference = 0;
  for (let i = 0; i < hashA.length; i++) difference |= hashA.charCodeAt(i) ^ hashB.charCodeAt(i);
  return difference === 0;
}
