// Decisions about conversations, as pure functions.
import { textProblem } from '../../core/text-problem.ts';

export const MAX_METADATA_CHARS = 16_384;
export const MAX_METADATA_DEPTH = 16;

/** Levels of objects and lists; goes level by level, so that no depth can exhaust the stack. */
function depthOf(value: unknown): number {
  let depth = 0;
  let level = [value];
  for (;;) {
    level = level.filter((one) => typeof one === 'object' && one !== null);
    if (level.length === 0) return depth;
    depth++;
    level = level.flatMap((one) => Object.values(one as object));
  }
}

/**
 * Metadata as it is stored and answered: JSON text. Clients that read it may send the same text back.
 * @returns `text` null for none; `problem` is a sentence when it cannot be kept
 */
export function metadataText(value: unknown): { text: string | null; problem: string | null } {
  if (value === null || value === undefined || value === '') return { text: null, problem: null };
  const refuse = (problem: string) => ({ text: null, problem });
  let object = value;
  if (typeof value === 'string') {
    if (value.length > MAX_METADATA_CHARS) return refuse(tooLong(value.length));
    try {
      object = JSON.parse(value);
    } catch {
      return refuse('must be a JSON object or the text of one; this text is not valid JSON');
    }
  }
  if (typeof object !== 'object' || object === null || Array.isArray(object))
    return refuse('must be a JSON object or the text of one');
  if (depthOf(object) > MAX_METADATA_DEPTH) return refuse(`must be nested at most ${MAX_METADATA_DEPTH} levels deep`);
  const text = JSON.stringify(object);
  if (text.length > MAX_METADATA_CHARS) return refuse(tooLong(text.length));
  return textProblem(text) === null ? { text, problem: null } : refuse('must be valid Unicode');
}

const tooLong = (chars: number): string => `must be at most ${MAX_METADATA_CHARS} characters of JSON; this is ${chars}`;
