// The cross-encoder in a thread of its own: ONNX Runtime computes synchronously, and here the event loop goes on while
// it does. One call is scored at a time; one that is given up ends at once for its caller, and in the thread after the
// batch under way.
import type { Reranker } from '../../core/ports.ts';
import type { OnnxRerankerOptions } from './onnx-reranker.ts';
import type { RerankAsk } from './reranker-worker.ts';
import { closedError, openThread } from './worker-thread.ts';

export interface WorkerRerankerOptions extends OnnxRerankerOptions {
  /** Pause before the first restart; the second waits four times as long. */
  backoff_ms?: number | undefined;
  /** Monotonic milliseconds. */
  now?: (() => number) | undefined;
  /** The thread's file; tests put one that fails on purpose in front. */
  entry?: URL | undefined;
}

/** @throws ModelError, whose sentence says which file or setting is wrong */
export async function openWorkerReranker(options: WorkerRerankerOptions): Promise<Reranker> {
  const { logger, backoff_ms, now, entry = new URL('./reranker-worker.ts', import.meta.url), ...data } = options;
  const { model_dir } = data;
  const thread = await openThread<string, RerankAsk, number[]>({
    entry,
    what: 'reranking',
    data,
    logger,
    keyOf: (name) => name,
    model_dir,
    backoff_ms,
    now,
  });
  let closed = false;
  return {
    name: thread.info,
    async score(query, texts, signal) {
      if (closed) throw closedError('reranking');
      signal.throwIfAborted();
      return texts.length === 0 ? [] : thread.ask({ query, texts }, signal);
    },
    async close() {
      closed = true;
      await thread.close();
    },
  };
}
