// The ONNX embedder in a thread of its own: ONNX Runtime computes synchronously, and here the event loop goes on while
// it does. Documents go over in small groups, one at a time, so that a query waits behind one group at most.
// A thread that dies takes what was asked with it and is started again by the next call.
import type { Embedder, ModelIdentity } from '../../core/ports.ts';
import type { EmbedAsk } from './embedder-worker.ts';
import type { OnnxEmbedderOptions } from './onnx-embedder.ts';
import { queryCache } from './query-cache.ts';
import { closedError as closedErrorOf, openThread } from './worker-thread.ts';

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

export async function openWorkerEmbedder(options: WorkerEmbedderOptions): Promise<Embedder> {
  const { logger, backoff_ms, now, query_cache = 512, ...rest } = options;
  const { entry = new URL('./embedder-worker.ts', import.meta.url), batch_size = GROUP_TEXTS, ...model } = rest;
  let calls: Call[] = [];
  let closed = false;

  function rejectCalls(error: unknown): void {
    for (const call of calls) call.reject(error);
    calls = [];
  }

  const thread = await openThread<ModelIdentity, EmbedAsk, Float32Array[]>({
    entry,
    what: 'embedding',
    // Queries are kept on this side: a known one then waits for nobody.
    data: { ...model, batch_size, query_cache: 0 },
    logger,
    keyOf: ({ key }) => key,
    model_dir: model.model_dir,
    onDeath: rejectCalls,
    backoff_ms,
    now,
  });

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
        // What comes in while it starts again belongs into the group.
        await thread.running();
        group = takeGroup(calls, batch_size);
        if (group.length === 0) break;
        const texts = group.map(({ call, place }) => call.texts[place]!);
        const vectors = await thread.ask({ role: 'documents', texts });
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

  const asked = queryCache(query_cache, async (text) => (await thread.ask({ role: 'query', texts: [text] }))[0]!);

  return {
    identity: thread.info,
    cost: 'network',
    async embedDocuments(texts) {
      if (closed) throw closedError();
      if (texts.length === 0) return [];
      return new Promise((resolve, reject) => {
        // Neighbours in length share a group, so that little of it is padding.
        const order = texts.map((_, place) => place).sort((a, b) => texts[a]!.length - texts[b]!.length);
        calls.push({ texts: [...texts], order, vectors: [], missing: texts.length, resolve, reject });
        void feed();
      });
    },
    async embedQuery(text) {
      if (closed) throw closedError();
      return asked.embed(text);
    },
    async close() {
      if (closed) return;
      closed = true;
      rejectCalls(closedError());
      asked.clear();
      await thread.close();
    },
  };
}

const closedError = () => closedErrorOf('embedding');

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
