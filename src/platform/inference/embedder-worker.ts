// The thread that holds an embedding model for worker-embedder.ts: opens it, answers requests by id, says what it logs.
// Started as a file of its own: a compiled executable must name it as a second entry point.
import { parentPort, workerData } from 'node:worker_threads';
import type { Logger } from '../../core/log.ts';
import type { ModelIdentity } from '../../core/ports.ts';
import { ModelError } from './model-folder.ts';
import { type OnnxEmbedderOptions, openOnnxEmbedder } from './onnx-embedder.ts';

/** What the thread gets as `workerData`. */
export type ThreadOptions = Omit<OnnxEmbedderOptions, 'logger'>;

export type Role = 'query' | 'documents';

export type ToThread = { kind: 'embed'; id: number; role: Role; texts: readonly string[] } | { kind: 'close' };

/** An error as data: a clone would lose its class. */
export interface Failure {
  message: string;
  stack: string | undefined;
  of_model: boolean;
}

export type FromThread =
  | { kind: 'ready'; identity: ModelIdentity }
  | { kind: 'unusable'; failure: Failure }
  | { kind: 'vectors'; id: number; vectors: Float32Array[] }
  | { kind: 'failed'; id: number; failure: Failure }
  | { kind: 'log'; level: keyof Logger; fields: object; message: string };

if (parentPort === null) throw new Error('embedder-worker.ts runs only as a worker thread.');
const port = parentPort;

const post = (message: FromThread, transfer: ArrayBuffer[] = []) => port.postMessage(message, transfer);

const failureOf = (error: unknown): Failure => ({
  message: error instanceof Error ? error.message : String(error),
  stack: error instanceof Error ? error.stack : undefined,
  of_model: error instanceof ModelError,
});

const log = (level: keyof Logger) => (fields: object, message: string) => post({ kind: 'log', level, fields, message });
const logger: Logger = { debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') };

try {
  const embedder = await openOnnxEmbedder({ ...(workerData as ThreadOptions), logger });
  port.on('message', async (message: ToThread) => {
    if (message.kind === 'close') {
      await embedder.close();
      port.close();
      return;
    }
    const { id, role, texts } = message;
    try {
      const vectors =
        role === 'query'
          ? await Promise.all(texts.map((text) => embedder.embedQuery(text)))
          : await embedder.embedDocuments(texts);
      // Every vector owns its memory here, so all of it can be handed over.
      post(
        { kind: 'vectors', id, vectors },
        vectors.map(({ buffer }) => buffer as ArrayBuffer),
      );
    } catch (error) {
      post({ kind: 'failed', id, failure: failureOf(error) });
    }
  });
  post({ kind: 'ready', identity: embedder.identity });
} catch (error) {
  // The one who started this thread ends it, once the message has arrived.
  post({ kind: 'unusable', failure: failureOf(error) });
}
