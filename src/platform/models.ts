// Opens the embedding model and the vector index the configuration names. A model that cannot be used is reported, and
// the server goes on without a sense of meaning: answers then say so in `degraded`.
import type { Logger } from '../core/log.ts';
import type { Embedder, VectorIndex, VectorSource } from '../core/ports.ts';

export interface ModelOptions {
  model_dir: string | null;
  onnx_file: string | null;
  max_seq: number | null;
  dim: number | null;
  threads: number;
}

export interface VectorOptions {
  use_lance: boolean;
  lance_path: string;
  lance_threshold: number;
}

/** @returns the model, and when one was configured but cannot be used, why */
export async function openEmbedder(
  options: ModelOptions,
  logger: Logger,
): Promise<{ embedder: Embedder | null; problem: string | null }> {
  if (options.model_dir === null) return { embedder: null, problem: null };
  // Loaded only when wanted: the runtime alone is some 40 MB.
  const { openOnnxEmbedder } = await import('./inference/onnx-embedder.ts');
  try {
    const embedder = await openOnnxEmbedder({
      model_dir: options.model_dir,
      onnx_file: options.onnx_file ?? undefined,
      max_seq: options.max_seq ?? undefined,
      threads: options.threads,
      logger,
      ...(options.dim === null ? {} : { dim: options.dim }),
    });
    return { embedder, problem: null };
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    logger.error({ problem }, 'the embedding model cannot be used; searching goes on without meaning');
    return { embedder: null, problem };
  }
}

export async function openVectors(
  options: VectorOptions,
  embedder: Embedder,
  source: VectorSource,
  logger: Logger,
): Promise<VectorIndex> {
  if (!options.use_lance) {
    const { exactIndex } = await import('./vectors/exact.ts');
    return exactIndex(source, embedder.identity);
  }
  const { adaptiveIndex } = await import('./vectors/adaptive.ts');
  return adaptiveIndex({
    path: options.lance_path,
    model: embedder.identity,
    source,
    logger,
    threshold: options.lance_threshold,
  });
}
