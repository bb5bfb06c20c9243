// What a model may be called, which folder that is, and which paths a hub may name. Pure.
import { isAbsolute, join } from 'node:path';

const PART = '[A-Za-z0-9](?:[A-Za-z0-9._-]{0,94}[A-Za-z0-9_])?';
const NAME = new RegExp(`^${PART}(?:/${PART})?$`);

/** A plain name, or `owner/name` for a repository that is not in the catalogue. */
export const isModelName = (name: string): boolean => NAME.test(name) && (name.includes('/') || !name.includes('--'));
export const isRepo = (name: string): boolean => isModelName(name) && name.includes('/');

/** As much of a revision as people can compare. */
export const shortRevision = (revision: string): string => revision.slice(0, revision.startsWith(CONTENT) ? 19 : 12);

/** Before a hash over files, in place of a commit: no server could be asked for it. */
export const CONTENT = 'sha256-';

/** One folder per name, all beside each other; the name must be a model's. */
export const folderName = (name: string): string => name.replace('/', '--');

/** Everything about one model below the models folder. */
export interface ModelPaths {
  readonly folder: string;
  /** Being fetched. */
  readonly incoming: string;
  /** Being replaced or removed. */
  readonly old: string;
  readonly claim: string;
}

export function modelPaths(models_dir: string, name: string): ModelPaths {
  const incoming = join(models_dir, '.incoming', folderName(name));
  return { folder: join(models_dir, folderName(name)), incoming, old: `${incoming}.old`, claim: `${incoming}.lock` };
}

/** Whether a path stays inside the folder it is joined to, on every system. */
export const isInnerPath = (path: string): boolean =>
  path !== '' &&
  !isAbsolute(path) &&
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are exactly what must be refused.
  !/[\\:\0-\x1f]/.test(path) &&
  path.split('/').every((part) => part !== '' && part !== '.' && part !== '..');
