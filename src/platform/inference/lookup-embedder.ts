// Text to unit vectors by a table of token rows: looks them up, adds them, makes the sum one long. What ONNX Runtime
// computes for the same file, in less memory and less time; fast enough for the event loop, which is let go on every
// few milliseconds. Texts of several calls take turns, queries overtake documents.
import type { Logger } from '../../core/log.ts';
import type { Embedder } from '../../core/ports.ts';
import { withDirection } from './direction.ts';
import { checkDims, findOnnx, readModelFolder, strangers } from './model-folder.ts';
import { isSentenceGraph, readTables, type SentenceTables } from './onnx-tables.ts';
import { createWordMatcher } from './word-matcher.ts';

export interface LookupOptions {
  model_dir: string;
  onnx_file?: string | undefined;
  max_seq?: number | undefined;
  /** What the settings say a vector measures; the model must agree. */
  dim?: number | undefined;
  logger: Logger;
  /** Monotonic milliseconds. */
  now?: (() => number) | undefined;
}

/** How long texts are embedded before whatever else waits has its turn. */
const TURN_MS = 5;

interface Call {
  texts: readonly string[];
  prefix: string;
  vectors: Float32Array[];
  resolve(vectors: Float32Array[]): void;
  reject(reason: unknown): void;
}

/**
 * @returns null when the model is something else than such a table, or not one that can be used as it is
 * @throws ModelError when the folder is wrong whatever the model is
 */
export async function openLookup(options: LookupOptions): Promise<Embedder | null> {
  const { logger, now = () => performance.now() } = options;
  const file = await findOnnx(options.model_dir, options.onnx_file);
  // A tokenizer may take seconds to read: not before it is wanted. The rest is read side by side.
  if (!isSentenceGraph(file)) return null;
  const [tables, folder] = await Promise.all([readTables(file), readModelFolder(options)]);
  if (tables === null) return null;
  // The vector is made already; ONNX Runtime's path says what is wrong with asking for another.
  if (folder.pooling !== undefined && folder.pooling !== 'none') return null;
  const { dims } = tables;
  checkDims(file, dims, options.dim, folder.dims);
  const key = `${folder.name}@${folder.revision}/${dims}/none`;
  const { tokens, query_prefix, document_prefix } = folder;
  if (tokens.last_id >= tables.scales.length) {
    throw strangers(file, tokens.last_id, `the table has ${tables.scales.length} rows`);
  }
  const add = adder(file, tables);
  const directed = withDirection(file, dims, logger);
  const wordMatcher = createWordMatcher(tables, tokens);
  logger.debug({ model: key, file }, 'embedding model loaded');

  const queries: Call[] = [];
  const documents: Call[] = [];
  /** When the turn under way ends. */
  let end: number | null = null;
  let closed = false;
  const closedError = () => new Error('The embedder is closed.');

  function ask(queue: Call[], prefix: string, texts: readonly string[]): Promise<Float32Array[]> {
    return new Promise((resolve, reject) => {
      queue.push({ texts: [...texts], prefix, vectors: [], resolve, reject });
      work();
    });
  }

  function work(): void {
    if (end === null) {
      end = now() + TURN_MS;
      // Ends the turn even if nothing is left by then: calls that follow each other at once share its time.
      setImmediate(() => {
        end = null;
        if (queries.length + documents.length > 0) work();
      });
    } else if (now() >= end) return;
    do embedNext();
    while (queries.length + documents.length > 0 && now() < end);
  }

  /** One text of the call whose turn it is. */
  function embedNext(): void {
    const queue = queries.length > 0 ? queries : documents;
    const call = queue.shift()!;
    try {
      call.vectors.push(directed(add(tokens.encode(call.prefix + call.texts[call.vectors.length]!))));
    } catch (error) {
      call.reject(error);
      return;
    }
    if (call.vectors.length === call.texts.length) call.resolve(call.vectors);
    else queue.push(call);
  }

  return {
    identity: { key, name: folder.name, dims },
    cost: 'lookup',
    wordMatcher,
    async embedDocuments(texts) {
      if (closed) throw closedError();
      return texts.length === 0 ? [] : ask(documents, document_prefix, texts);
    },
    async embedQuery(text) {
      if (closed) throw closedError();
      return (await ask(queries, query_prefix, [text]))[0]!;
    },
    async close() {
      closed = true;
      for (const call of [...queries.splice(0), ...documents.splice(0)]) call.reject(closedError());
    },
  };
}

/** @returns what makes the vector of a text out of the ids of its tokens */
function adder(file: string, { dims, rows, scales, least }: SentenceTables): (ids: readonly number[]) => Float32Array {
  const sum = new Float64Array(dims);
  return (ids) => {
    sum.fill(0);
    for (const id of ids) {
      const scale = scales[id];
      if (scale === undefined) {
        throw new Error(
          `tokenizer.json gives the token ${id}, but ${file} has ${scales.length} rows: copy both again from one export.`,
        );
      }
      // Without `| 0` every step is checked for leaving 32 bits, which takes as long as the adding.
      let at = (id * dims) | 0;
      for (let i = 0; i < dims; i++) {
        sum[i]! += scale * rows[at]!;
        at = (at + 1) | 0;
      }
    }
    let squares = 0;
    for (let i = 0; i < dims; i++) squares += sum[i]! * sum[i]!;
    const divisor = Math.max(Math.sqrt(squares), least);
    const vector = new Float32Array(dims);
    for (let i = 0; i < dims; i++) vector[i] = sum[i]! / divisor;
    return vector;
  };
}
