// What is asked for in OpenAI's words, and what is wrong with it. Pure.
import { textProblem } from '../../core/text-problem.ts';

export const MAX_TEXTS = 2_048;
/** As long as the longest memory. */
const MAX_TEXT_CHARS = 102_400;
const MAX_ALL_CHARS = 2_000_000;

export interface Refusal {
  status: number;
  message: string;
  param: string | null;
  code: string | null;
}
export interface Asked {
  texts: string[];
  as_base64: boolean;
}
export type Reading = { asked: Asked; refusal?: never } | { asked?: never; refusal: Refusal };

/** Names that programs written for OpenAI begin with. */
const OF_OPENAI = /^text-embedding-(?:ada-002|3-small|3-large)$/;

const refuse = (param: string | null, message: string, code: string | null = null, status = 400): Reading => ({
  refusal: { status, message, param, code },
});
const isTokens = (value: unknown): boolean =>
  Array.isArray(value) && value.length > 0 && value.every((one) => typeof one === 'number' || isTokens(one));

const unknownModel = (asked: string, name: string): Refusal => ({
  status: 404,
  message: `The model "${asked.slice(0, 100)}" is not in use here; "${name}" is.${
    OF_OPENAI.test(asked) ? ' Its vectors are not those of OpenAI, so it does not answer to this name.' : ''
  }`,
  param: 'model',
  code: 'model_not_found',
});

/** @param model in use; none here is known to be made for being cut short, as matryoshka models are */
export function readEmbeddings(
  { input, model: asked, encoding_format, dimensions }: Record<string, unknown>,
  model: { name: string; dims: number },
): Reading {
  if (asked != null && typeof asked !== 'string') return refuse('model', 'model must be the name of a model.');
  if (asked != null && asked !== model.name) return { refusal: unknownModel(asked, model.name) };
  if (isTokens(input))
    return refuse('input', 'Lists of token numbers are of no use here: they belong to another tokenizer. Send texts.');
  const texts = typeof input === 'string' ? [input] : input;
  if (!Array.isArray(texts) || texts.length === 0 || !texts.every((text) => typeof text === 'string'))
    return refuse('input', 'input must be a text, or a list of texts.');
  if (texts.length > MAX_TEXTS)
    return refuse('input', `input has ${texts.length} texts; at most ${MAX_TEXTS} at once.`);
  let all = 0;
  for (const [at, text] of (texts as string[]).entries()) {
    const where = texts.length === 1 ? 'input' : `input[${at}]`;
    if (text.trim() === '') return refuse('input', `${where} is empty.`);
    if (textProblem(text) !== null)
      return refuse('input', `${where} is no valid text: it has NUL or half a character.`);
    if (text.length > MAX_TEXT_CHARS)
      return refuse('input', `${where} has ${text.length} characters; at most ${MAX_TEXT_CHARS}.`);
    all += text.length;
  }
  if (all > MAX_ALL_CHARS)
    return refuse('input', `input has ${all} characters in all; at most ${MAX_ALL_CHARS} at once.`);
  if (encoding_format != null && encoding_format !== 'float' && encoding_format !== 'base64')
    return refuse('encoding_format', 'encoding_format must be float or base64.');
  if (dimensions != null && dimensions !== model.dims)
    return refuse(
      'dimensions',
      `Vectors of "${model.name}" have ${model.dims} numbers and cannot be cut: leave dimensions out.`,
    );
  return { asked: { texts: texts as string[], as_base64: encoding_format === 'base64' } };
}
