// Text to unit vectors with an ONNX model, on this thread. One batch runs at a time, so memory stays bounded;
// what is asked for in the same tick shares a batch; queries overtake documents. A vector is always finite.
import type { InferenceSession, Tensor } from 'onnxruntime-node';
import { othersFirst } from '../../core/event-loop.ts';
import type { Logger } from '../../core/log.ts';
import type { Embedder, ModelIdentity } from '../../core/ports.ts';
import { withDirection } from './direction.ts';
import {
  checkDims,
  checkInputs,
  chooseOutput,
  ModelError,
  type ModelFolder,
  type Pooling,
  readModelFolder,
} from './model-folder.ts';
import { queryCache } from './query-cache.ts';
import { feedsOf, firstRun, openSession, planBatches } from './session.ts';

export interface OnnxEmbedderOptions {
  model_dir: string;
  onnx_file?: string | undefined;
  max_seq?: number | undefined;
  /** What the settings say a vector measures; the model must agree. */
  dim?: number | undefined;
  /** Threads of one inference; 0 lets ONNX Runtime choose. */
  threads: number;
  logger: Logger;
  /** Texts, and tokens with padding, in one run. A run blocks the event loop: smaller is more responsive. */
  batch_size?: number | undefined;
  batch_tokens?: number | undefined;
  /** Query vectors kept. */
  query_cache?: number | undefined;
}

interface Job {
  ids: number[];
  resolve(vector: Float32Array): void;
  reject(reason: unknown): void;
}

/** Texts of one call tokenized before their batches run: enough to sort by length, not enough to fill memory. */
const SLICE = 256;
/** Characters tokenized without letting others have the event loop. */
const TOKENIZE_CHARS = 32_768;

export async function openOnnxEmbedder(options: OnnxEmbedderOptions): Promise<Embedder> {
  const { logger, batch_size = 32, batch_tokens = 8192, query_cache = 512 } = options;
  const folder = await readModelFolder(options);
  const model = await openModel(folder, options);
  const key = `${folder.name}@${folder.revision}/${model.dims}/${model.pooling}`;
  const identity: ModelIdentity = { key, name: folder.name, dims: model.dims };
  logger.debug({ model: key, file: folder.onnx_path }, 'embedding model loaded');

  let documents: Job[] = [];
  let queries: Job[] = [];
  let batches: Job[][] = [];
  let pumping: Promise<void> | null = null;
  let closed = false;
  const closedError = () => new Error('The embedder is closed.');

  const enqueue = (queue: Job[], ids: number[]): Promise<Float32Array> =>
    new Promise((resolve, reject) => {
      queue.push({ ids, resolve, reject });
      pumping ??= othersFirst().then(pump);
    });

  async function pump(): Promise<void> {
    for (;;) {
      if (queries.length > 0) {
        batches.unshift(...planBatches(queries, batch_size, batch_tokens));
        queries = [];
      } else if (batches.length === 0) {
        // All that waits is planned at once, and runs before what comes later: nobody starves.
        batches = planBatches(documents, batch_size, batch_tokens);
        documents = [];
      }
      const batch = batches.shift();
      if (!batch) break;
      await runBatch(batch);
    }
    pumping = null;
  }

  async function runBatch(batch: Job[]): Promise<void> {
    const started = performance.now();
    try {
      if (closed) throw closedError();
      const vectors = await model.embed(batch.map((job) => job.ids));
      batch.forEach((job, index) => {
        job.resolve(vectors[index]!);
      });
    } catch (error) {
      for (const job of batch) job.reject(error);
    }
    const ms = Math.round(performance.now() - started);
    logger.debug({ texts: batch.length, tokens: batch.at(-1)!.ids.length * batch.length, ms }, 'embedded a batch');
  }

  const asked = queryCache(query_cache, async (text) =>
    enqueue(queries, folder.tokens.encode(folder.query_prefix + text)),
  );

  return {
    identity,
    cost: 'network',
    async embedDocuments(texts) {
      const vectors: Float32Array[] = [];
      for (let start = 0; start < texts.length; start += SLICE) {
        const encoded: number[][] = [];
        let chars = 0;
        for (const text of texts.slice(start, start + SLICE)) {
          encoded.push(folder.tokens.encode(folder.document_prefix + text));
          if ((chars += text.length) < TOKENIZE_CHARS) continue;
          chars = 0;
          await othersFirst();
        }
        if (closed) throw closedError();
        vectors.push(...(await Promise.all(encoded.map((ids) => enqueue(documents, ids)))));
      }
      return vectors;
    },
    async embedQuery(text) {
      if (closed) throw closedError();
      return asked.embed(text);
    },
    async close() {
      if (closed) return;
      closed = true;
      await pumping;
      asked.clear();
      await model.release();
    },
  };
}

interface Model {
  readonly dims: number;
  readonly pooling: Pooling;
  embed(batch: readonly number[][]): Promise<Float32Array[]>;
  release(): Promise<void>;
}

async function openModel(folder: ModelFolder, options: OnnxEmbedderOptions): Promise<Model> {
  const file = folder.onnx_path;
  const session = await openSession(file, options.threads);
  try {
    checkInputs(file, session.inputMetadata);
    const { output, pooling } = chooseOutput(file, folder, session.outputMetadata);
    const { encode, pad_id, last_id } = folder.tokens;
    const probe = encode('probe');
    const tried = (ids: readonly number[]) => firstRun(file, last_id, () => run(session, [[...ids]], pad_id, output));
    const result = await tried(probe);
    // A table too small for the tokenizer fails here, not with the first text that has such a token.
    await tried([last_id]);
    const { dims: shape, type } = result;
    if (type !== 'float32') {
      throw new ModelError(`The output "${output}" of ${file} is ${type}: export the model with float32 outputs.`);
    }
    const fits = pooling === 'none' ? shape.length === 2 : shape.length === 3 && shape[1] === probe.length;
    if (!fits || shape[0] !== 1) {
      throw new ModelError(
        `The output "${output}" of ${file} has the shape [${shape}], which pooling "${pooling}" cannot use: set "pooling" in engram.json to none for [batch, dims], to cls or mean for [batch, sequence, dims].`,
      );
    }
    const dims = shape.at(-1)!;
    checkDims(file, dims, options.dim, folder.dims);
    const length = Math.hypot(...pool(result, pooling, [probe], false)[0]!);
    if (!folder.normalize && !(Math.abs(length - 1) < 0.01)) {
      throw new ModelError(
        `engram.json says "normalize": false but ${file} makes vectors of length ${length.toPrecision(3)}, not 1: remove that setting.`,
      );
    }
    const directed = withDirection(file, dims, options.logger);
    return {
      dims,
      pooling,
      async embed(batch) {
        const result = await run(session, batch, folder.tokens.pad_id, output);
        return pool(result, pooling, batch, folder.normalize).map(directed);
      },
      release: () => session.release(),
    };
  } catch (error) {
    await session.release();
    throw error;
  }
}

async function run(session: InferenceSession, batch: readonly number[][], pad_id: number, output: string) {
  const feeds = feedsOf(
    session,
    batch.map((ids) => ({ ids })),
    pad_id,
  );
  return (await session.run(feeds, [output]))[output] as Tensor;
}

function pool(result: Tensor, pooling: Pooling, batch: readonly number[][], normalize: boolean): Float32Array[] {
  const data = result.data as Float32Array;
  const dims = result.dims.at(-1)!;
  const width = pooling === 'none' ? 1 : result.dims[1]!;
  return batch.map((ids, row) => {
    const start = row * width * dims;
    const vector = data.slice(start, start + dims);
    if (pooling === 'mean') {
      for (let token = 1; token < ids.length; token++) {
        for (let i = 0; i < dims; i++) vector[i]! += data[start + token * dims + i]!;
      }
      for (let i = 0; i < dims; i++) vector[i]! /= ids.length;
    }
    if (!normalize) return vector;
    let squares = 0;
    for (let i = 0; i < dims; i++) squares += vector[i]! * vector[i]!;
    const length = Math.sqrt(squares);
    for (let i = 0; i < dims; i++) vector[i]! /= length;
    return vector;
  });
}
