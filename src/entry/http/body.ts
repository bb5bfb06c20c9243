// Reads a body within its limits before anything is made of it: size first, then nesting, then syntax.
import { AppError } from '../../core/errors.ts';

export const MAX_JSON_DEPTH = 64;

/** Deepest nesting of `{` and `[` outside strings; linear, builds nothing. */
export function jsonDepth(text: string): number {
  let depth = 0;
  let deepest = 0;
  let inString = false;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (inString) {
      if (c === 92) i++;
      else if (c === 34) inString = false;
    } else if (c === 34) inString = true;
    else if (c === 123 || c === 91) deepest = Math.max(deepest, ++depth);
    else if (c === 125 || c === 93) depth--;
  }
  return deepest;
}

const tooLarge = (limit: number) =>
  new AppError('body_too_large', `The body is larger than ${limit} bytes, the most this path accepts.`);

async function readText(request: Request, limit: number): Promise<string> {
  const declared = Number(request.headers.get('content-length') ?? 0);
  if (declared > limit) throw tooLarge(limit);
  if (request.body === null) return '';
  // Strict: bytes that are no UTF-8 would be stored as something the caller never wrote.
  const decoder = new TextDecoder('utf-8', { fatal: true });
  if (declared > 0) return decoded(decoder, await request.arrayBuffer(), false); // the server never reads more than was declared
  let text = '';
  let size = 0;
  for await (const chunk of request.body as unknown as AsyncIterable<Uint8Array>) {
    size += chunk.byteLength;
    if (size > limit) throw tooLarge(limit);
    text += decoded(decoder, chunk, true);
  }
  return text + decoded(decoder, new Uint8Array(), false);
}

function decoded(decoder: TextDecoder, bytes: ArrayBuffer | Uint8Array, stream: boolean): string {
  try {
    return decoder.decode(bytes, { stream });
  } catch {
    throw new AppError('invalid_json', 'The body is not valid UTF-8.');
  }
}

/**
 * @returns the parsed body; undefined when there is none
 * @throws AppError body_too_large, unsupported_media_type, json_too_deep or invalid_json
 */
export async function readJson(request: Request, limit: number): Promise<unknown> {
  const text = await readText(request, limit);
  if (text.trim() === '') return undefined;
  const type = request.headers.get('content-type');
  if (type !== null && !/^application\/(?:[\w.+-]+\+)?json\b/i.test(type)) {
    throw new AppError('unsupported_media_type', `Send the body as application/json, not ${type.slice(0, 80)}.`);
  }
  if (jsonDepth(text) > MAX_JSON_DEPTH)
    throw new AppError('json_too_deep', `The JSON body is nested more than ${MAX_JSON_DEPTH} levels deep.`);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new AppError('invalid_json', `The body is not valid JSON: ${(error as Error).message.slice(0, 200)}`);
  }
}

/**
 * For endpoints that say they take a form. Fields without a value read as if they were not sent (RFC 6749, 3.1).
 * @returns texts by name; undefined when there is no body
 * @throws AppError body_too_large, unsupported_media_type, invalid_json or invalid_request
 */
export async function readForm(request: Request, limit: number): Promise<unknown> {
  const text = await readText(request, limit);
  if (text === '') return undefined;
  const type = request.headers.get('content-type') ?? '';
  if (!/^application\/x-www-form-urlencoded\b/i.test(type))
    throw new AppError(
      'unsupported_media_type',
      `Send the body as application/x-www-form-urlencoded, not ${type.slice(0, 80) || 'without a type'}.`,
    );
  const fields = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(text)) {
    if (fields.has(name)) throw new AppError('invalid_request', `The field ${name.slice(0, 80)} was sent twice.`);
    fields.set(name, value);
  }
  return Object.fromEntries([...fields].filter(([, value]) => value !== ''));
}
