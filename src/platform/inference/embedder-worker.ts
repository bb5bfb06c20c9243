// The thread that holds an embedding model for worker-embedder.ts.
// Started as a file of its own: a compiled executable must name it as a second entry point.
import type { ModelIdentity } from '../../core/ports.ts';
import { type OnnxEmbedderOptions, openOnnxEmbedder } from './onnx-embedder.ts';
import { runBody } from './worker-body.ts';

export interface EmbedAsk {
  role: 'query' | 'documents';
  texts: readonly string[];
}

await runBody<Omit<OnnxEmbedderOptions, 'logger'>, ModelIdentity, EmbedAsk, Float32Array[]>(async (options) => {
  const embedder = await openOnnxEmbedder(options);
  return {
    info: embedder.identity,
    answer: async ({ role, texts }) =>
      role === 'query' ? Promise.all(texts.map((text) => embedder.embedQuery(text))) : embedder.embedDocuments(texts),
    // Every vector owns its memory here.
    handedOver: (vectors) => vectors.map(({ buffer }) => buffer as ArrayBuffer),
    close: () => embedder.close(),
  };
});
