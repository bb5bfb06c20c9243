// The thread that holds a cross-encoder for worker-reranker.ts.
// Started as a file of its own: a compiled executable must name it as an entry point.
import { type OnnxRerankerOptions, openOnnxReranker } from './onnx-reranker.ts';
import { runBody } from './worker-body.ts';

export interface RerankAsk {
  query: string;
  texts: readonly string[];
}

await runBody<Omit<OnnxRerankerOptions, 'logger'>, string, RerankAsk, number[]>(async (options) => {
  const reranker = await openOnnxReranker(options);
  return {
    info: reranker.name,
    answer: ({ query, texts }, dropped) => reranker.score(query, texts, dropped),
    close: () => reranker.close(),
  };
});
