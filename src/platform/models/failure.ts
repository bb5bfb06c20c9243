// What can go wrong with downloaded models: a sentence for people, a code by which a command chooses its exit code.
import { ModelError } from '../inference/model-error.ts';

export type FailureCode =
  | 'unreachable'
  | 'unauthorized'
  | 'not_found'
  /** The name, file or kind asked for makes no sense. */
  | 'invalid'
  /** The hub answers, but not as it should. */
  | 'hub_failed'
  /** What arrived, or lies on the disk, is not what was announced. */
  | 'damaged'
  | 'pinned'
  | 'no_space'
  | 'busy';

export class ModelStoreError extends ModelError {
  readonly code: FailureCode;
  constructor(code: FailureCode, message: string, cause?: unknown) {
    super(message, cause);
    this.code = code;
  }
}

/** A failure that may pass by itself: whoever catches it may try again, and raises `final` when it does not pass. */
export class Passing extends Error {
  readonly final: ModelStoreError;
  /** What happened, without what to do about it. */
  readonly reason: string;
  /** What the server asked for, in milliseconds. */
  readonly retry_after_ms: number | null;
  /** @param advice makes the reason a sentence for the day it does not pass */
  constructor(
    code: FailureCode,
    reason: string,
    advice: string,
    { cause, retry_after_ms = null }: { cause?: unknown; retry_after_ms?: number | null } = {},
  ) {
    super(reason, { cause });
    this.final = new ModelStoreError(code, `${reason}: ${advice}`, cause);
    this.reason = reason;
    this.retry_after_ms = retry_after_ms;
  }
}

/** `E…` of a failed system call, else the empty string. */
export const systemCode = (error: unknown): string => {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : '';
};

/** What a disk may refuse, as a sentence; anything else as it is. */
export function disk(error: unknown, dir: string): unknown {
  const code = systemCode(error);
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new ModelStoreError(
      'no_space',
      `The disk of ${dir} is full: make room, or set ENGRAM_MODELS_DIR to a folder on a larger one. What has arrived is kept.`,
      error,
    );
  }
  if (!['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'EEXIST'].includes(code)) return error;
  return new ModelStoreError(
    'invalid',
    `${dir} cannot be written to (${code}): give this user the right to, or set ENGRAM_MODELS_DIR to another folder.`,
    error,
  );
}

/** For sentences: rounded up, so that what is missing is never 0. */
export const megabytes = (bytes: number): string => `${Math.ceil(bytes / 1e6)} MB`;
