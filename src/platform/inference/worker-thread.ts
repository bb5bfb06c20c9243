// A thread that holds a model, from outside: asked by id, started again by the next request when it has died, left alone
// for a while when it dies again and again. worker-body.ts is what runs in it.
import { setTimeout as delay } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import type { Logger } from '../../core/log.ts';
import { messageOf } from '../../core/thrown.ts';
import { ModelError } from './model-error.ts';
import type { Failure, FromThread, ToThread } from './worker-body.ts';

export interface ThreadOptions<Info> {
  /** The thread's file. Named by the caller as `new URL('./x.ts', import.meta.url)`, for bundlers to see. */
  entry: URL;
  /** What it is in messages: `embedding` or `reranking`. */
  what: string;
  /** Given to the thread. */
  data: object;
  logger: Logger;
  /** Names the model: a thread that comes back must hold the same. */
  keyOf(info: Info): string;
  /** Where that model lies, for messages. */
  model_dir: string;
  /** Called when the thread has died, with what its requests got. */
  onDeath?(error: Error): void;
  /** Pause before the first restart; the second waits four times as long. */
  backoff_ms?: number | undefined;
  /** Monotonic milliseconds. */
  now?: (() => number) | undefined;
}

export interface ModelThread<Info, Ask, Answer> {
  readonly info: Info;
  /** Resolves once the thread runs. @throws while it stays down, or when it cannot be started again */
  running(): Promise<void>;
  /** @throws the signal's reason at once when it is aborted; the thread then drops what it has not begun */
  ask(ask: Ask, signal?: AbortSignal): Promise<Answer>;
  close(): Promise<void>;
}

/** So many deaths within a minute are no accident: no further restart before the minute is over. */
const MAX_CRASHES = 3;
const CRASH_WINDOW_MS = 60_000;
/** How long a thread may take to finish its run at close before it is ended from outside. */
const CLOSE_GRACE_MS = 5000;

/** @throws ModelError when the thread cannot use the model */
export async function openThread<Info, Ask, Answer>(
  options: ThreadOptions<Info>,
): Promise<ModelThread<Info, Ask, Answer>> {
  const { what, logger, keyOf, model_dir, onDeath, backoff_ms = 250, now = () => performance.now() } = options;
  const closing = new AbortController();
  let crashes: number[] = [];
  let last = '';

  const recent = () => {
    crashes = crashes.filter((at) => at > now() - CRASH_WINDOW_MS);
    return crashes.length;
  };

  const start = () => startThread<Info, Ask, Answer>(options, died);
  let thread: Promise<Thread<Info, Ask, Answer>> | null = start();
  const { info } = await thread;

  function died(reason: string): void {
    thread = null;
    if (closing.signal.aborted) return;
    crashes.push(now());
    last = reason;
    const stays_down = recent() >= MAX_CRASHES;
    logger.error({ reason, crashes: crashes.length, stays_down }, `the ${what} thread stopped`);
    onDeath?.(stopped(what, reason));
  }

  async function restart(): Promise<Thread<Info, Ask, Answer>> {
    await delay(backoff_ms * 4 ** Math.max(0, recent() - 1), undefined, { signal: closing.signal }).catch(() => {
      throw closedError(what);
    });
    try {
      const next = await start();
      if (keyOf(next.info) === keyOf(info)) return next;
      await next.close();
      throw new ModelError(
        `The model folder ${model_dir} now holds ${keyOf(next.info)} instead of ${keyOf(info)}: restart the server to use it.`,
      );
    } catch (error) {
      died(messageOf(error));
      throw error;
    }
  }

  async function current(): Promise<Thread<Info, Ask, Answer>> {
    if (closing.signal.aborted) throw closedError(what);
    if (thread === null && recent() >= MAX_CRASHES) {
      throw new Error(
        `The ${what} thread stopped ${MAX_CRASHES} times within a minute and stays down until the minute is over (last: ${last}).`,
      );
    }
    thread ??= restart();
    return thread;
  }

  return {
    info,
    async running() {
      await current();
    },
    async ask(ask, signal) {
      const { ask: send } = await untilAborted(current(), signal);
      return send(ask, signal);
    },
    async close() {
      if (closing.signal.aborted) return;
      closing.abort();
      await (await thread?.catch(() => null))?.close();
    },
  };
}

/** The promise, or the signal's reason as soon as it is aborted. */
function untilAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined, onAbort?: () => void): Promise<T> {
  if (!signal) return promise;
  const { promise: outcome, resolve, reject } = Promise.withResolvers<T>();
  const abort = () => {
    onAbort?.();
    reject(signal.reason);
  };
  if (signal.aborted) abort();
  else signal.addEventListener('abort', abort, { once: true });
  promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  return outcome;
}

export const closedError = (what: string) =>
  new Error(`The ${what === 'embedding' ? 'embedder' : 'reranker'} is closed.`);
const stopped = (what: string, reason: string) =>
  new Error(`The ${what} thread stopped (${reason}); the next text starts it again.`);

interface Thread<Info, Ask, Answer> {
  readonly info: Info;
  ask(ask: Ask, signal: AbortSignal | undefined): Promise<Answer>;
  close(): Promise<void>;
}

/** @param died called once when a thread that was ready ends without having been closed */
async function startThread<Info, Ask, Answer>(
  { entry, what, data, logger }: ThreadOptions<Info>,
  died: (reason: string) => void,
): Promise<Thread<Info, Ask, Answer>> {
  const worker = new Worker(entry, { workerData: data });
  const post = (message: ToThread<Ask>) => worker.postMessage(message);
  const opening = Promise.withResolvers<Info>();
  const ended = Promise.withResolvers<void>();
  const waiting = new Map<number, PromiseWithResolvers<Answer>>();
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
    opening.reject(new Error(`The ${what} thread could not start (${reason}).`));
    rejectWaiting(stopped(what, reason));
    if (was === 'ready') died(reason);
  };
  const answered = (id: number) => {
    const asker = waiting.get(id);
    waiting.delete(id);
    // Only work under way keeps the process alive.
    if (waiting.size === 0 && state === 'ready') worker.unref();
    return asker;
  };

  worker.on('message', (message: FromThread<Info, Answer>) => {
    if (message.kind === 'log') logger[message.level](message.fields, message.message);
    else if (message.kind === 'ready') opening.resolve(message.info);
    else if (message.kind === 'unusable') opening.reject(revived(message.failure));
    else if (message.kind === 'answer') answered(message.id)?.resolve(message.answer);
    else answered(message.id)?.reject(revived(message.failure));
  });
  worker.on('error', (error: unknown) => {
    gone(messageOf(error));
    void worker.terminate();
  });
  worker.on('exit', (code) => gone(`exit code ${code}`));

  try {
    const info = await opening.promise;
    state = 'ready';
    // Not earlier: to add a listener for messages takes the hold on the process again.
    worker.unref();
    return {
      info,
      ask(ask, signal) {
        if (state === 'closing') return Promise.reject(closedError(what));
        if (state === 'gone') return Promise.reject(stopped(what, 'just before'));
        const id = ++lastId;
        const answer = Promise.withResolvers<Answer>();
        if (waiting.size === 0) worker.ref();
        waiting.set(id, answer);
        post({ kind: 'ask', id, ask });
        return untilAborted(answer.promise, signal, () => {
          answered(id);
          post({ kind: 'drop', id });
        });
      },
      async close() {
        if (state === 'gone') return;
        state = 'closing';
        rejectWaiting(closedError(what));
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
