// Files of a model folder that may be missing, and files that cannot be read: to take the one for the other would be a
// wrong advice.
import { access, constants, readFile, stat } from 'node:fs/promises';
import { ModelError } from './model-error.ts';

const NOT_THERE = ['ENOENT', 'ENOTDIR'];

/** @throws ModelError */
export const checkReadable = (path: string) => ifThere(path, (it) => access(it, constants.R_OK));
/** Null when there is nothing of that name. @throws ModelError */
export const statIfThere = (path: string) => ifThere(path, (it) => stat(it));
/** Null when there is nothing of that name. @throws ModelError */
export const readIfThere = (path: string) => ifThere(path, (it) => readFile(it));

async function ifThere<T>(path: string, read: (path: string) => Promise<T>): Promise<T | null> {
  try {
    return await read(path);
  } catch (cause) {
    const { code = String(cause) } = cause as { code?: string };
    if (NOT_THERE.includes(code)) return null;
    throw new ModelError(`${path} cannot be read (${code}): give this user the right to, or copy it again.`, cause);
  }
}
