// The ONNX embedder in a thread of its own: ONNX Runtime computes synchronously, and here the event loop goes on while
// it does. Documents go over in small groups, one at a time, so that a query waits behind one group at most.
// A thread that dies takes what was asked with it and is started again by the next call.
import { setTimeout as delay } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import type { Logger } from '../../core/log.ts';
import type { Embedder, ModelIdentity } from '../../core/ports.ts';
import type { Failure, FromThread, Role, ThreadOptions, ToThread } from './embedder-worker.ts';
import { ModelError } from './model-folder.ts';
import type { OnnxEmbedderOptions } from './onnx-embedder.ts';
import { queryCache } from './query-cache.ts';

export interface WorkerEmbedderOptions extends OnnxEmbedderOptions {
  /** Pause before the first restart; the second waits four times as long. */
  backoff_ms?: number | undefined;
  /** Monotonic milliseconds. */
  now?: (() => number) | undefined;
  /** The thread's file; tests put one that fails on purpose in front. */
  entry?: URL | undefined;
}

/** Texts, and characters, in a group: some thousand tokens, what the slowest useful models do in a second or two. */
const GROUP_TEXTS = 8;
const GROUP_CHARS = 4096;
/** So many deaths within a minute are no accident: no further restart. */
const MAX_CRASHES = 3;
const CRASH_WINDOW_MS = 60_000;
/** How long a thread may take to finish its group at close before it is ended from outside. */
const CLOSE_GRACE_MS = 5000;

export async function openWorkerEmbedder(options: WorkerEmbedderOptions): Promise<Embedder> {
  const { logger, backoff_ms = 250, now = () => performance.now(), query_cache = 512, ...rest } = options;
  const { entry = new URL('./embedder-worker.ts', import.meta.url), batch_size = GROUP_TEXTS, ...model } = rest;
  // Queries are kept on this side: a known one then waits for nobody.
  const threadOptions: ThreadOptions = { ...model, batch_size, query_cache: 0 };

  const closing = new AbortController();
  let calls: Call[] = [];
  let crashes: number[] = [];
  let down: string | null = null;

  const start = () => startThread(entry, threadOptions, logger, died);
  let thread: Promise<Thread> | null = start();
  const { identity } = await thread;

  function died(reason: string): void {
    thread = null;
    if (closing.signal.aborted) return;
    crashes = [...crashes.filter((at) => at > now() - CRASH_WINDOW_MS), now()];
    if (crashes.length >= MAX_CRASHES) {
      down = `The embedding thread stopped ${MAX_CRASHES} times within a minute and stays down until the server is restarted (last: ${reason}).`;
    }
    logger.error({ reason, crashes: crashes.length, stays_down: down !== null }, 'the embedding thread stopped');
    rejectCalls(stopped(reason));
  }

  function rejectCalls(error: unknown): void {
    for (const call of calls) call.reject(error);
    calls = [];
  }

  async function restart(): Promise<Thread> {
    await delay(backoff_ms * 4 ** (crashes.length - 1), undefined, { signal: closing.signal }).catch(() => {
      throw closedError();
    });
    try {
      const next = await start();
      if (next.identity.key === identity.key) return next;
      await next.close();
      throw new ModelError(
        `The model folder ${model.model_dir} now holds ${next.identity.key} instead of ${identity.key}: restart the server to use it.`,
      );
    } catch (error) {
      died(error instanceof Error ? error.message : String(error));
      throw error;
    }
  }

  async function running(): Promise<Thread> {
    if (closing.signal.aborted) throw closedError();
    if (down !== null) throw new Error(down);
    thread ??= restart();
    return thread;
  }

  let feeding = false;
  /** Hands group after group to the thread, each when the one before is done. */
  async function feed(): Promise<void> {
    if (feeding) return;
    feeding = true;
    // What is asked for in the same tick shares groups.
    await null;
    while (calls.length > 0) {
      let group: Item[] = [];
      try {
        const { embed } = await running();
        group = takeGroup(calls, batch_size);
        if (group.length === 0) break;
        const vectors = await embed(
          'documents',
          group.map(({ call, place }) => call.texts[place]!),
        );
        group.forEach(({ call, place }, i) => {
          call.vectors[place] = vectors[i]!;
          if (--call.missing === 0) call.resolve(call.vectors);
        });
      } catch (error) {
        if (group.length === 0) rejectCalls(error);
        const failed = new Set(group.map(({ call }) => call));
        for (const call of failed) call.reject(error);
        calls = calls.filter((call) => !failed.has(call));
      }
    }
    feeding = false;
  }

  const asked = queryCache(query_cache, async (text) => (await (await running()).embed('query', [text]))[0]!);

  return {
    identity,
    async embedDocuments(texts) {
      if (closing.signal.aborted) throw closedError();
      if (texts.length === 0) return [];
      return new Promise((resolve, reject) => {
        // Neighbours in length share a group, so that little of it is padding.
        const order = texts.map((_, place) => place).sort((a, b) => texts[a]!.length - texts[b]!.length);
        calls.push({ texts: [...texts], order, vectors: [], missing: texts.length, resolve, reject });
        void feed();
      });
    },
    async embedQuery(text) {
      if (closing.signal.aborted) throw closedError();
      return asked.embed(text);
    },
    async close() {
      if (closing.signal.aborted) return;
      closing.abort();
      rejectCalls(closedError());
      asked.clear();
      await (await thread?.catch(() => null))?.close();
    },
  };
}

const closedError = () => new Error('The embedder is closed.');
const stopped = (reason: string) =>
  new Error(`The embedding thread stopped (${reason}); the next text starts it again.`);

// --- documents that wait --------------------------------------------------------------------------------------------

/** One call of embedDocuments. */
interface Call {
  texts: readonly string[];
  /** Places of texts not yet handed over. */
  order: number[];
  vectors: Float32Array[];
  missing: number;
  resolve(vectors: Float32Array[]): void;
  reject(reason: unknown): void;
}

interface Item {
  call: Call;
  place: number;
}

/** A text of each call in turn, so that one memory to store does not wait for thousands to be imported. */
function takeGroup(calls: Call[], size: number): Item[] {
  const group: Item[] = [];
  let chars = 0;
  while (calls.length > 0 && group.length < size) {
    const call = calls[0]!;
    const place = call.order[0]!;
    chars += call.texts[place]!.length;
    if (group.length > 0 && chars > GROUP_CHARS) break;
    group.push({ call, place });
    calls.shift();
    call.order.shift();
    if (call.order.length > 0) calls.push(call);
  }
  return group;
}

// --- the thread -----------------------------------------------------------------------------------------------------

interface Thread {
  readonly identity: ModelIdentity;
  embed(role: Role, texts: readonly string[]): Promise<Float32Array[]>;
  close(): Promise<void>;
}

/** @param died called once when a thread that was ready ends without having been closed */
async function startThread(
  entry: URL,
  options: ThreadOptions,
  logger: Logger,
  died: (reason: string) => void,
): Promise<Thread> {
  const worker = new Worker(entry, { workerData: options });
  const post = (message: ToThread) => worker.postMessage(message);
  const opening = Promise.withResolvers<ModelIdentity>();
  const ended = Promise.withResolvers<void>();
  const waiting = new Map<number, PromiseWithResolvers<Float32Array[]>>();
  let lastId = 0;
  let state: 'opening' | 'ready' | 'closing' | 'gone' = 'opening';

  const rejectWaiting = (error: Error) => {
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
  };
  const gone = (reason: string) => {
    const was = state;
    state = 'gone';
    ended.resolve();
    if (was === 'gone') return;
    opening.reject(new Error(`The embedding thread could not start (${reason}).`));
    rejectWaiting(stopped(reason));
    if (was === 'ready') died(reason);
  };
  const answered = (id: number) => {
    const asker = waiting.get(id);
    waiting.delete(id);
    // Only work under way keeps the process alive.
    if (waiting.size === 0 && state === 'ready') worker.unref();
    return asker;
  };

  worker.on('message', (message: FromThread) => {
    if (message.kind === 'log') logger[message.level](message.fields, message.message);
    else if (message.kind === 'ready') opening.resolve(message.identity);
    else if (message.kind === 'unusable') opening.reject(revived(message.failure));
    else if (message.kind === 'vectors') answered(message.id)?.resolve(message.vectors);
    else answered(message.id)?.reject(revived(message.failure));
  });
  worker.on('error', (error: unknown) => {
    gone(error instanceof Error ? error.message : String(error));
    void worker.terminate();
  });
  worker.on('exit', (code) => gone(`exit code ${code}`));

  try {
    const identity = await opening.promise;
    state = 'ready';
    // Not earlier: to add a listener for messages takes the hold on the process again.
    worker.unref();
    return {
      identity,
      embed(role, texts) {
        if (state === 'closing') return Promise.reject(closedError());
        if (state === 'gone') return Promise.reject(stopped('just before'));
        const id = ++lastId;
        const answer = Promise.withResolvers<Float32Array[]>();
        if (waiting.size === 0) worker.ref();
        waiting.set(id, answer);
        post({ kind: 'embed', id, role, texts });
        return answer.promise;
      },
      async close() {
        if (state === 'gone') return;
        state = 'closing';
        rejectWaiting(closedError());
        worker.ref();
        post({ kind: 'close' });
        const grace = setTimeout(() => void worker.terminate(), CLOSE_GRACE_MS);
        await ended.promise;
        clearTimeout(grace);
      },
    };
  } catch (error) {
    state = 'gone';
    await worker.terminate();
    throw error;
  }
}

/** A failure of the thread as the error it was. */
function revived({ message, stack, of_model }: Failure): Error {
  const error = of_model ? new ModelError(message) : new Error(message);
  if (stack !== undefined) error.stack = stack;
  return error;
}
