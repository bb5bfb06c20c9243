// Text to unit vectors by a server elsewhere. Few, full requests; queries overtake documents; what passes is waited out,
// a text that is too long costs only itself. Neither texts nor the key ever reach a log or an error.
import { byteLength, clipCodePoints } from '../../algo/utf8.ts';
import type { Logger } from '../../core/log.ts';
import type { Embedder, ModelIdentity } from '../../core/ports.ts';
import { asError } from '../../core/thrown.ts';
import { type Endpoint, EndpointError, type EndpointOptions, endpointsAt } from './embedding-endpoint.ts';
import { ModelError } from './model-error.ts';
import { queryCache } from './query-cache.ts';

export interface RemoteEmbedderOptions extends EndpointOptions {
  /** What the settings say a vector measures; the model must agree. */
  dim?: number | undefined;
  logger: Logger;
  /** For one answer. Long enough for a server that first has to load the model. */
  timeout_ms?: number | undefined;
  /** Texts in one request. */
  batch?: number | undefined;
  /** Further attempts for documents; a query, which somebody waits for, has one at most. */
  retries?: number | undefined;
  /** Resolves after so long, or when the signal is aborted. */
  delay?: ((ms: number, signal: AbortSignal) => Promise<void>) | undefined;
  /** 0..1, so that those who failed together do not come back together. */
  random?: (() => number) | undefined;
  /** Query vectors kept. */
  query_cache?: number | undefined;
}

/** Requests at the same time: one is answered while the next travels. */
const IN_FLIGHT = 2;
/** Characters in one request, so that none takes long on a slow machine or is refused for its size. */
const BATCH_CHARS = 65_536;
const FIRST_WAIT_MS = 500;
/** Somebody may be storing one memory and waiting; jobs come back later by themselves. */
const UNANSWERED_RETRIES = 2;
/** With one further attempt a search still answers in time, without meaning, when the server hangs. */
const QUERY_ANSWER_MS = 4_000;
/** A server that asks for more patience is given up on. */
const LONGEST_WAIT_MS = { query: 2000, documents: 60_000 };

type Lane = 'query' | 'documents';

/**
 * Sends one text to learn where and how the server embeds, and the length of its vectors.
 *
 * The identity is `model@host/dims/remote`: the same model on the same host is taken for the same, whatever the path.
 * @throws ModelError at once when the server cannot be reached or used; the caller decides when to try again
 */
export async function openRemoteEmbedder(options: RemoteEmbedderOptions): Promise<Embedder> {
  const { model, logger, retries = 4, timeout_ms = 60_000, query_cache = 512, random = Math.random } = options;
  const { delay = pause } = options;
  const closing = new AbortController();
  const turns = turnstile(IN_FLIGHT);

  const { endpoint, dims } = await findEndpoint(options, timeout_ms);
  const host = new URL(endpoint.address).host;
  const identity: ModelIdentity = { key: `${model}@${host}/${dims}/remote`, name: model, dims };
  logger.info({ model: identity.key, address: endpoint.address }, 'embedding endpoint found');
  let batch = Math.min(options.batch ?? 64, endpoint.texts);
  /** Somebody has waited in vain: until the server answers again, nobody else waits for a second attempt. */
  const down = { query: false, documents: false };

  async function once(texts: readonly string[], lane: Lane): Promise<Float32Array[]> {
    const leave = await turns.enter(lane === 'query');
    try {
      if (closing.signal.aborted) throw closedError();
      const started = performance.now();
      const limit_ms = lane === 'query' ? Math.min(timeout_ms, QUERY_ANSWER_MS) : timeout_ms;
      const vectors = await timed(endpoint, texts, limit_ms, closing.signal);
      const ms = Math.round(performance.now() - started);
      logger.debug({ texts: texts.length, ms }, 'embedded a batch');
      if (vectors[0]!.length === dims) return vectors;
      throw new EndpointError(
        `${endpoint.address} now makes vectors of ${vectors[0]!.length} numbers instead of ${dims}: restart the server, or put the model of ENGRAM_EMBEDDING_MODEL (${model}) back.`,
        'lasting',
      );
    } finally {
      leave();
    }
  }

  /** Waits between attempts without a place among the requests in flight. */
  async function patiently(texts: readonly string[], lane: Lane): Promise<Float32Array[]> {
    for (let attempt = 0; ; attempt++) {
      try {
        const vectors = await once(texts, lane);
        down.query = down.documents = false;
        return vectors;
      } catch (error) {
        if (!(error instanceof EndpointError) || error.trouble !== 'passing') throw error;
        const attempts = Math.min(
          retries,
          lane === 'query' ? 1 : error.details.unanswered ? UNANSWERED_RETRIES : retries,
        );
        const backoff = FIRST_WAIT_MS * 2 ** attempt * (0.5 + random());
        const wait_ms = Math.round(Math.max(backoff, error.details.retry_after_ms ?? 0));
        if (attempt >= attempts || wait_ms > LONGEST_WAIT_MS[lane]) down[lane] = true;
        if (down[lane]) throw error;
        logger.warn({ problem: error.message, attempt: attempt + 1, wait_ms }, 'the embedding endpoint is asked again');
        await delay(wait_ms, closing.signal);
        if (closing.signal.aborted) throw closedError();
      }
    }
  }

  /** Halves what is refused as too much until the text at fault is alone. */
  async function embed(texts: readonly string[], lane: Lane): Promise<(Float32Array | Error)[]> {
    try {
      return await patiently(texts, lane);
    } catch (error) {
      if (!(error instanceof EndpointError) || error.trouble !== 'too_much') return texts.map(() => asError(error));
      if (texts.length === 1) return [await shortened(texts[0]!, lane, error)];
      const half = Math.ceil(texts.length / 2);
      const found = [...(await embed(texts.slice(0, half), lane)), ...(await embed(texts.slice(half), lane))];
      // No text was at fault: it was their number.
      if (half < batch && found.every((vector) => vector instanceof Float32Array)) batch = half;
      return found;
    }
  }

  async function shortened(text: string, lane: Lane, refused: EndpointError): Promise<Float32Array | Error> {
    const chars = text.length;
    const half = clipCodePoints(text, Math.floor(byteLength(text) / 2));
    if (half.trim() === '') return refused;
    try {
      const [vector] = await patiently([half], lane);
      logger.warn(
        { chars, kept: half.length },
        'a text was too long for the embedding endpoint; its first half was embedded',
      );
      return vector!;
    } catch (error) {
      if (!(error instanceof EndpointError) || error.trouble !== 'too_much') return asError(error);
      return new ModelError(
        `${error.message} A text of ${chars} characters, and half of it, were refused; if that is too long for the model, lower ENGRAM_EMBEDDING_CHUNK_MAX_CHARS.`,
      );
    }
  }

  let calls: Call[] = [];
  let feeders = 0;
  async function feed(): Promise<void> {
    // What is asked for in the same tick shares requests.
    await null;
    while (calls.length > 0) {
      const group = takeGroup(calls, batch);
      const texts = group.map(({ call, place }) => call.texts[place]!);
      const found = await embed(texts, 'documents');
      const failed = new Set<Call>();
      group.forEach(({ call, place }, i) => {
        const vector = found[i]!;
        if (vector instanceof Float32Array) {
          call.vectors[place] = vector;
          if (--call.missing === 0) call.resolve(call.vectors);
        } else {
          call.reject(vector);
          failed.add(call);
        }
      });
      if (failed.size > 0) calls = calls.filter((call) => !failed.has(call));
    }
    feeders--;
  }

  const asked = queryCache(query_cache, async (text) => {
    const [vector] = await embed([text], 'query');
    if (vector instanceof Float32Array) return vector;
    throw vector;
  });

  return {
    identity,
    cost: 'network',
    async embedDocuments(texts) {
      if (closing.signal.aborted) throw closedError();
      if (texts.length === 0) return [];
      return new Promise((resolve, reject) => {
        calls.push({ texts: [...texts], next: 0, vectors: [], missing: texts.length, resolve, reject });
        for (; feeders < IN_FLIGHT; feeders++) void feed();
      });
    },
    async embedQuery(text) {
      if (closing.signal.aborted) throw closedError();
      return asked.embed(text);
    },
    async close() {
      if (closing.signal.aborted) return;
      closing.abort(closedError());
      asked.clear();
    },
  };
}

const closedError = () => new Error('The embedder is closed.');

const pause = (ms: number, signal: AbortSignal) =>
  new Promise<void>((resolve) => {
    const timer = setTimeout(end, ms);
    signal.addEventListener('abort', end, { once: true });
    function end(): void {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    }
  });

/** Tries each address the URL may stand for until one embeds. */
async function findEndpoint(options: RemoteEmbedderOptions, timeout_ms: number) {
  const never = new AbortController().signal;
  const failures: EndpointError[] = [];
  for (const endpoint of endpointsAt(options)) {
    try {
      const dims = (await timed(endpoint, ['probe'], timeout_ms, never))[0]!.length;
      if (options.dim === undefined || options.dim === dims) return { endpoint, dims };
      throw new ModelError(
        `${options.model} at ${endpoint.address} makes vectors of ${dims} numbers but ENGRAM_EMBEDDING_DIM says ${options.dim}: correct that number, or choose another ENGRAM_EMBEDDING_MODEL.`,
      );
    } catch (error) {
      if (!(error instanceof EndpointError)) throw error;
      failures.push(error);
      if (error.trouble !== 'elsewhere') break;
    }
  }
  throw failures.find(({ trouble }) => trouble !== 'elsewhere') ?? failures[0]!;
}

/** @throws EndpointError when the answer takes too long; the reason of `outer` once that is aborted */
async function timed(endpoint: Endpoint, texts: readonly string[], timeout_ms: number, outer: AbortSignal) {
  const limit = new AbortController();
  const abort = () => limit.abort(outer.reason);
  outer.addEventListener('abort', abort);
  const clock = setTimeout(() => {
    const sentence = `${endpoint.address} (ENGRAM_EMBEDDING_URL) gave no answer within ${timeout_ms / 1000} seconds: see whether the server there is busy or hangs.`;
    limit.abort(new EndpointError(sentence, 'passing'));
  }, timeout_ms);
  try {
    return await endpoint.request(texts, limit.signal);
  } finally {
    clearTimeout(clock);
    outer.removeEventListener('abort', abort);
  }
}

// --- order ----------------------------------------------------------------------------------------------------------

/** Lets so many in at a time; those in a hurry go first. */
function turnstile(places: number) {
  const hurried: (() => void)[] = [];
  const others: (() => void)[] = [];
  let free = places;
  const leave = () => {
    const next = hurried.shift() ?? others.shift();
    if (next) next();
    else free++;
  };
  return {
    /** @returns what to call when leaving */
    async enter(hurry: boolean): Promise<() => void> {
      if (free > 0) free--;
      else await new Promise<void>((resolve) => (hurry ? hurried : others).push(resolve));
      return leave;
    },
  };
}

/** One call of embedDocuments. */
interface Call {
  texts: readonly string[];
  /** Place of the first text not yet sent. */
  next: number;
  vectors: Float32Array[];
  missing: number;
  resolve(vectors: Float32Array[]): void;
  reject(reason: unknown): void;
}

/** A text of each call in turn, so that one memory to store does not wait for thousands to be imported. */
function takeGroup(calls: Call[], size: number): { call: Call; place: number }[] {
  const group: { call: Call; place: number }[] = [];
  let chars = 0;
  while (calls.length > 0 && group.length < size) {
    const call = calls[0]!;
    chars += call.texts[call.next]!.length;
    if (group.length > 0 && chars > BATCH_CHARS) break;
    group.push({ call, place: call.next++ });
    calls.shift();
    if (call.next < call.texts.length) calls.push(call);
  }
  return group;
}
