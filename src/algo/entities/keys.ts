// When two names are the same name.
import { TITLES } from './lexicon.ts';

/** Without case, accents, and surplus white space. */
export const foldName = (name: string): string =>
  name
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .toLowerCase()
    .replace(/[’‘]/g, "'")
    .replace(/\s+/g, ' ')
    .trim();

const LEGAL_FORM =
  /[,]?\s+(?:inc|incorporated|ltd|limited|llc|gmbh|ag|corp|corporation|co|plc|s\.?a|b\.?v|kg|se|oy|ab)\.?$/;

/** `Dr. Ann Lee` is `ann lee`, `Acme Inc.` is `acme`; types whose names are told apart by case keep it. */
export function nameKey(type: string, name: string): string {
  if (type === 'path' || type === 'env' || type === 'code' || type === 'url') return name.trim();
  const folded = foldName(name);
  if (type === 'person') {
    const parts = folded.split(' ');
    while (parts.length > 1 && TITLES.has(parts[0]!.replace(/\.$/, ''))) parts.shift();
    return parts.join(' ');
  }
  if (type === 'organization') return folded.replace(LEGAL_FORM, '') || folded;
  return folded;
}

/** What a longer name is called in short: the given name of a person, the first label of a host; null when it is short. */
export function shortKey(type: string, name: string): string | null {
  const key = nameKey(type, name);
  const cut = type === 'person' ? key.indexOf(' ') : type === 'server' && /[a-z]/.test(key) ? key.indexOf('.') : -1;
  return cut > 0 && !(type === 'server' && key.startsWith('www.')) ? key.slice(0, cut) : null;
}
