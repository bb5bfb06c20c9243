// One request for a chat completion over HTTP. Knows the protocol and its failures, nothing of what is asked.
// Source: OpenAI API reference "Create chat completion"; Ollama docs "OpenAI compatibility"; llama.cpp server README.
import { z } from 'zod';
import { byteLength } from '../../algo/utf8.ts';
import { harmless, serverWords, waitAsked } from '../server-words.ts';
import { LlmError } from './llm-error.ts';

/** The part of `fetch` that is used. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

export interface TransportOptions {
  /** Of chat completions. */
  address: string;
  model: string;
  api_key: string | null;
  fetch?: Fetch | undefined;
  /** Wall clock, milliseconds. */
  now(): number;
}

export interface Message {
  readonly role: 'system' | 'user' | 'assistant';
  readonly content: string;
}

export interface Completion {
  readonly text: string;
  /** It ended because its tokens were used up. */
  readonly cut: boolean;
  /** As the server counts them, else estimated. */
  readonly tokens_in: number;
  readonly tokens_out: number;
}

/**
 * @param body of the request, without model and messages
 * @param signal ends the request; what it was aborted with is thrown as it is
 * @throws LlmError
 */
export type Transport = (messages: readonly Message[], body: object, signal: AbortSignal) => Promise<Completion>;

/** No answer that is wanted comes near it; a server gone wild is cut off. */
export const ANSWER_BYTES = 2 * 1024 * 1024;

/** Four bytes a token: near enough to English, too many for others, so a budget is kept. */
export const estimatedTokens = (text: string): number => Math.ceil(byteLength(text) / 4);

export const estimatedPrompt = (messages: readonly Message[]): number =>
  messages.reduce((sum, { content }) => sum + estimatedTokens(content), 0);

export function createTransport(options: TransportOptions): Transport {
  const { address, model, api_key, fetch: send = fetch, now } = options;
  const headers = {
    'content-type': 'application/json',
    accept: 'application/json',
    ...(api_key === null ? {} : { authorization: `Bearer ${api_key}` }),
  };
  return async (messages, body, signal) => {
    signal.throwIfAborted();
    let response: Response;
    let text: string;
    try {
      response = await send(address, {
        method: 'POST',
        headers,
        body: JSON.stringify({ model, messages, ...body, stream: false }),
        signal,
        // A redirect would make the request another one, and may lead key and memories to another server.
        redirect: 'manual',
      });
      text = await readLimited(response, address);
    } catch (error) {
      signal.throwIfAborted();
      throw error instanceof LlmError ? error : noConnection(address, error);
    }
    if (!response.ok) {
      const words = serverWords(text);
      const sent = messages.map(({ content }) => content);
      throw refusal({ address, model, response, words, shown: harmless(words, sent, api_key), now: now() });
    }
    return completionOf(text, response, messages, address);
  };
}

async function readLimited(response: Response, address: string): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > ANSWER_BYTES)
      throw new LlmError(`${where(address)} answered more than ${ANSWER_BYTES / 1024 / 1024} MiB: see its log.`, {
        trouble: 'lasting',
        brief: 'answered without end',
        sent: true,
      });
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

// --- answers --------------------------------------------------------------------------------------------------------

/** Some servers give the text in parts. */
const content = z.union([
  z.string(),
  z.array(z.looseObject({ text: z.string().optional() })).transform((parts) => parts.map((p) => p.text ?? '').join('')),
]);
const answer = z.object({
  choices: z
    .array(
      z.object({
        message: z.object({ content: content.nullish(), refusal: z.string().nullish() }),
        finish_reason: z.string().nullish(),
      }),
    )
    .min(1),
  usage: z
    .object({ prompt_tokens: z.number().nonnegative(), completion_tokens: z.number().nonnegative().optional() })
    .nullish()
    .catch(null),
});

function completionOf(text: string, response: Response, messages: readonly Message[], address: string): Completion {
  let read: z.output<typeof answer>;
  try {
    read = answer.parse(JSON.parse(text));
  } catch {
    throw notCompletion(address, response, text);
  }
  const { message, finish_reason } = read.choices[0]!;
  const said = message.content ?? message.refusal ?? '';
  return {
    text: said,
    cut: finish_reason === 'length',
    tokens_in: Math.round(read.usage?.prompt_tokens ?? estimatedPrompt(messages)),
    tokens_out: Math.round(read.usage?.completion_tokens ?? estimatedTokens(said)),
  };
}

function notCompletion(address: string, response: Response, text: string): LlmError {
  const page = /html/i.test(response.headers.get('content-type') ?? '') || text.trimStart().startsWith('<');
  return new LlmError(
    `${where(address)} answered with ${page ? 'a web page' : 'something else'} instead of a chat completion: set the address of an OpenAI-compatible server, for example http://127.0.0.1:11434/v1.`,
    { trouble: 'lasting', brief: 'answered with something else than a completion', sent: true },
  );
}

// --- failures -------------------------------------------------------------------------------------------------------

const where = (address: string) => `${address} (ENGRAM_LLM_URL)`;

function noConnection(address: string, cause: unknown): LlmError {
  const code = String((cause as { code?: unknown } | null)?.code ?? 'no connection');
  const refused = code === 'ECONNREFUSED' || code === 'ConnectionRefused';
  const told = refused
    ? `Nothing answers at ${where(address)}: start the server there (Ollama: "ollama serve"), or correct the address.`
    : code === 'ENOTFOUND'
      ? `The host of ${where(address)} is not known: correct the address, or check the network.`
      : `The connection to ${where(address)} failed (${code}): check that the server there runs and that the address is right.`;
  return new LlmError(told, { trouble: 'passing', brief: 'cannot be reached', cause });
}

interface Refusal {
  address: string;
  model: string;
  response: Response;
  /** What the server said. */
  words: string;
  /** As much of it as may be shown. */
  shown: string;
  now: number;
}

const TOO_LONG = /context.{0,20}(?:length|size|window)|too (?:large|long)|maximum.{0,20}tokens/i;
/** Servers that turn a schema into a grammar fail in their own name when they cannot. */
const FORMAT = /grammar|schema|response_format|json_object/i;

function refusal({ address, model, response, words, shown, now }: Refusal): LlmError {
  const { status } = response;
  const said = `${where(address)} answered ${status}${shown && `: ${shown}`}`;
  const brief = `answered ${status}`;
  if (status >= 300 && status < 400)
    return new LlmError(`${said}. It redirects: set ENGRAM_LLM_URL to the address it leads to.`, {
      trouble: 'lasting',
      brief,
    });
  if (status === 401 || status === 403)
    return new LlmError(`${said}. Set ENGRAM_LLM_API_KEY to a key that may use ${model} there.`, {
      trouble: 'lasting',
      brief: 'does not accept its key',
    });
  if (/\bmodel\b/i.test(words) && /not found|not exist|try pulling|(?:unknown|invalid|no such) model/i.test(words))
    return new LlmError(
      `${said}. Give it the model (Ollama: "ollama pull ${model}"), or correct ENGRAM_LLM_MODEL (${model}).`,
      { trouble: 'lasting', brief: 'is not there' },
    );
  if (status === 404 || status === 405 || status === 501)
    return new LlmError(
      `${said}. Check ENGRAM_LLM_URL, for example http://127.0.0.1:11434/v1, and that ENGRAM_LLM_MODEL (${model}) is there.`,
      { trouble: 'lasting', brief },
    );
  if (status === 413 || ((status === 400 || status === 422 || status === 500) && TOO_LONG.test(words)))
    return new LlmError(
      `${said}. The text is too long for ${model}: give the server a larger context, or use a model that has one.`,
      { trouble: 'unfit', brief: 'cannot read so long a text' },
    );
  if (status === 400 || status === 422 || (status === 500 && FORMAT.test(words)))
    return new LlmError(`${said}. Check that ENGRAM_LLM_MODEL (${model}) is a model that chats.`, {
      trouble: 'refused',
      brief,
      words,
    });
  if (status === 408 || status === 429 || status >= 500) {
    const retry_after_ms = waitAsked(response.headers.get('retry-after'), now);
    const advice =
      status === 429 ? 'It takes no more for now: wait, or raise the limit of ENGRAM_LLM_API_KEY' : 'See its log';
    return new LlmError(`${said}. ${advice}.`, {
      trouble: 'passing',
      brief: status === 429 ? 'takes no more for now' : brief,
      ...(retry_after_ms !== null && { retry_after_ms }),
    });
  }
  return new LlmError(`${said}. Check ENGRAM_LLM_URL and ENGRAM_LLM_MODEL.`, { trouble: 'lasting', brief });
}
