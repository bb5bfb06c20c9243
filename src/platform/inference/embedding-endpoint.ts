// Speaks to a server that embeds: OpenAI's form, which most servers know, and both of Ollama's. One request at a time;
// whatever goes wrong is a sentence that names the setting, and says whether asking again may help.
// Sources: OpenAI API reference "Create embeddings"; Ollama docs/api.md "Generate Embeddings", "Generate Embedding".
import { z } from 'zod';
import { harmless, serverWords, waitAsked } from '../server-words.ts';
import { ModelError } from './model-error.ts';

/**
 * `passing`: may work the next time. `too_much`: fewer or shorter texts may work. `elsewhere`: not an address that
 * embeds. `lasting`: somebody has to mend something.
 */
export type Trouble = 'passing' | 'too_much' | 'elsewhere' | 'lasting';

interface Details {
  /** What the server asks to wait. */
  retry_after_ms?: number;
  /** There was no answer at all. */
  unanswered?: boolean;
  cause?: unknown;
}

export class EndpointError extends ModelError {
  readonly trouble: Trouble;
  readonly details: Details;
  constructor(message: string, trouble: Trouble, details: Details = {}) {
    super(message, details.cause);
    this.trouble = trouble;
    this.details = details;
  }
}

export interface EndpointOptions {
  /** ENGRAM_EMBEDDING_URL: where embeddings are made, or the root of such a server. Without query and password. */
  url: string;
  model: string;
  api_key: string | null;
  fetch?: Fetch | undefined;
  /** Wall clock, milliseconds. */
  now?: (() => number) | undefined;
}

/** The part of `fetch` that is used. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** One address and the form it is spoken to in. */
export interface Endpoint {
  readonly address: string;
  /** Texts in a request, at most, where the form has a limit. */
  readonly texts: number;
  /**
   * One vector per text, in order: all of one length, finite, not zero, of unit length.
   * @param signal ends the request; what it was aborted with is thrown as it is
   */
  request(texts: readonly string[], signal: AbortSignal): Promise<Float32Array[]>;
}

/** Where the texts may be sent, most likely first: one address when the URL names it, else what its server may have. */
export function endpointsAt(options: EndpointOptions): Endpoint[] {
  const url = options.url.replace(/\/+$/, '');
  const at = (address: string) => endpointAt(address, dialectOf(address)!, options);
  if (dialectOf(url)) return [at(url)];
  // llama.cpp answers in a form of its own at /embeddings without version: that comes last.
  if (/\/v\d+$/.test(url)) return [at(`${url}/embeddings`), at(`${url.replace(/\/v\d+$/, '')}/api/embed`)];
  return [at(`${url}/v1/embeddings`), at(`${url}/api/embed`), at(`${url}/embeddings`)];
}

// --- forms ----------------------------------------------------------------------------------------------------------

interface Dialect {
  texts: number;
  body(model: string, texts: readonly string[]): object;
  /** @throws ZodError when the answer has another form */
  read(answer: unknown): RawVector[];
}
type RawVector = ArrayLike<number | null>;

const numbers = z.array(z.number().nullable());
/** Little-endian float32, as OpenAI's own clients ask for. */
const packed = z.base64().transform((text) => {
  const bytes = Buffer.from(text, 'base64');
  return Float32Array.from({ length: Math.floor(bytes.length / 4) }, (_, i) => bytes.readFloatLE(i * 4));
});
const openAiAnswer = z.object({
  data: z.array(z.object({ index: z.number().optional(), embedding: z.union([numbers, packed]) })),
});

const openAi: Dialect = {
  texts: Infinity,
  body: (model, input) => ({ model, input, encoding_format: 'float' }),
  read: (answer) =>
    openAiAnswer
      .parse(answer)
      .data.map(({ index, embedding }, place) => ({ index: index ?? place, embedding }))
      .sort((a, b) => a.index - b.index)
      // An index missing or twice would give a text the vector of another.
      .map(({ index, embedding }, place) => (index === place ? embedding : [])),
};
const ollama: Dialect = {
  texts: Infinity,
  body: (model, input) => ({ model, input }),
  read: (answer) => z.object({ embeddings: z.array(numbers) }).parse(answer).embeddings,
};
const oldOllama: Dialect = {
  texts: 1,
  body: (model, texts) => ({ model, prompt: texts[0] }),
  read: (answer) => [z.object({ embedding: numbers }).parse(answer).embedding],
};

function dialectOf(address: string): Dialect | null {
  if (address.endsWith('/api/embed')) return ollama;
  if (address.endsWith('/api/embeddings')) return oldOllama;
  return address.endsWith('/embeddings') ? openAi : null;
}

// --- one request ----------------------------------------------------------------------------------------------------

function endpointAt(address: string, dialect: Dialect, options: EndpointOptions): Endpoint {
  const { model, api_key, fetch: send = fetch, now = Date.now } = options;
  const headers = {
    'content-type': 'application/json',
    accept: 'application/json',
    ...(api_key === null ? {} : { authorization: `Bearer ${api_key}` }),
  };
  return {
    address,
    texts: dialect.texts,
    async request(texts, signal) {
      // JSON has no half surrogate pairs, and servers refuse or drop a text without any character.
      const sent = texts.map((text) => (text.trim() === '' ? '.' : text.toWellFormed()));
      const body = JSON.stringify(dialect.body(model, sent));
      let response: Response;
      let text: string;
      try {
        // A redirect would make the request another one, and may lead the key to another server.
        response = await send(address, { method: 'POST', headers, body, signal, redirect: 'manual' });
        text = await response.text();
      } catch (error) {
        signal.throwIfAborted();
        throw noConnection(address, error);
      }
      if (!response.ok) {
        const words = serverWords(text);
        throw refusal(address, model, response, words, harmless(words, sent, api_key), now());
      }
      let vectors: RawVector[];
      try {
        vectors = dialect.read(parsed(text));
      } catch {
        throw notEmbeddings(address, response, text);
      }
      return unitVectors(vectors, texts.length, address);
    },
  };
}

const where = (address: string) => `${address} (ENGRAM_EMBEDDING_URL)`;

function noConnection(address: string, cause: unknown): EndpointError {
  const code = (cause as { code?: unknown } | null)?.code ?? 'no connection';
  const told =
    code === 'ECONNREFUSED'
      ? `Nothing answers at ${where(address)}: start the server there (Ollama: "ollama serve"), or correct the address.`
      : code === 'ENOTFOUND'
        ? `The host of ${where(address)} is not known: correct the address, or check the network.`
        : `The connection to ${where(address)} failed (${code}): check that the server there runs and that the address is right.`;
  return new EndpointError(told, 'passing', { unanswered: true, cause });
}

/**
 * @param words what the server said, for telling refusals apart
 * @param shown as much of it as may be shown
 */
function refusal(
  address: string,
  model: string,
  response: Response,
  words: string,
  shown: string,
  now: number,
): EndpointError {
  const { status } = response;
  const said = `${where(address)} answered ${status}${shown && `: ${shown}`}`;
  const error = (text: string, trouble: Trouble, more: Details = {}) => new EndpointError(text, trouble, more);

  if (status >= 300 && status < 400)
    return error(`${said}. It redirects: set ENGRAM_EMBEDDING_URL to the address it leads to.`, 'elsewhere');
  if (status === 401 || status === 403)
    return error(`${said}. Set ENGRAM_EMBEDDING_API_KEY to a key that may use ${model} there.`, 'lasting');
  if (/\bmodel\b/i.test(words) && /not found|not exist|try pulling|(?:unknown|invalid|no such) model/i.test(words))
    return error(
      `${said}. Give it the model (Ollama: "ollama pull ${model}"), or correct ENGRAM_EMBEDDING_MODEL.`,
      'lasting',
    );
  if (status === 404 || status === 405 || status === 501)
    return error(
      `${said}. Check ENGRAM_EMBEDDING_URL, for example http://127.0.0.1:11434/v1/embeddings, and that ENGRAM_EMBEDDING_MODEL (${model}) is there.`,
      'elsewhere',
    );
  // llama.cpp calls a text that is too long its own fault.
  if ([400, 413, 422].includes(status) || (status === 500 && /too (?:large|long)|context (?:length|size)/i.test(words)))
    return error(`${said}. Check that ENGRAM_EMBEDDING_MODEL (${model}) is a model that embeds.`, 'too_much');
  if (status === 408 || status === 429 || status >= 500) {
    const retry_after_ms = waitAsked(response.headers.get('retry-after'), now);
    const advice =
      status === 429 ? 'It takes no more for now: wait, or raise the limit of ENGRAM_EMBEDDING_API_KEY' : 'See its log';
    return error(`${said}. ${advice}.`, 'passing', retry_after_ms === null ? {} : { retry_after_ms });
  }
  return error(`${said}. Check ENGRAM_EMBEDDING_URL and ENGRAM_EMBEDDING_MODEL.`, 'lasting');
}

function notEmbeddings(address: string, response: Response, text: string): EndpointError {
  const page = /html/i.test(response.headers.get('content-type') ?? '') || text.trimStart().startsWith('<');
  return new EndpointError(
    `${where(address)} answered with ${page ? 'a web page' : 'something else'} instead of embeddings: set the address that embeds, for example http://127.0.0.1:11434/v1/embeddings.`,
    'elsewhere',
  );
}

// --- what came back -------------------------------------------------------------------------------------------------

/** JSON; also as Python writes it, with numbers that JSON does not have. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return JSON.parse(text.replace(/-?\b(?:NaN|Infinity)\b/g, 'null'));
  }
}

function unitVectors(vectors: readonly RawVector[], wanted: number, address: string): Float32Array[] {
  const wrong = (what: string) =>
    new EndpointError(`${where(address)} answered ${what}: see its log, or use another model.`, 'lasting');
  if (vectors.length !== wanted) throw wrong(`${vectors.length} vectors to ${wanted} texts`);
  const dims = vectors[0]?.length ?? 0;
  if (vectors.some((vector) => vector.length !== dims || dims === 0))
    throw wrong('vectors that are missing or differ in length');
  return vectors.map((vector) => {
    let squares = 0;
    for (let i = 0; i < dims; i++) squares += (vector[i] ?? Number.NaN) ** 2;
    const length = Math.sqrt(squares);
    if (!Number.isFinite(length) || length < 1e-12) throw wrong('a vector without a direction (zero or not a number)');
    return Float32Array.from(vector, (x) => x! / length);
  });
}
