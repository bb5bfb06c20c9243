// Opens the embedding model and the vector index the configuration names. A model that cannot be used is reported, and
// the server goes on without a sense of meaning: answers then say so in `degraded`.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Logger } from '../core/log.ts';
import type { Embedder, VectorIndex, VectorSource } from '../core/ports.ts';
import { ModelError } from './inference/model-error.ts';
import type { OnnxEmbedderOptions } from './inference/onnx-embedder.ts';

export interface ModelOptions {
  /** Name of a model; with a folder it is only a name. */
  model: string | null;
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
  if (options.model_dir === null && options.model === null) return { embedder: null, problem: null };
  try {
    const embedder = await openByCost({
      model_dir: modelFolder(options),
      onnx_file: options.onnx_file ?? undefined,
      max_seq: options.max_seq ?? undefined,
      dim: options.dim ?? undefined,
      threads: options.threads,
      logger,
    });
    return { embedder, problem: null };
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    logger.error({ problem }, 'the embedding model cannot be used; searching goes on without meaning');
    return { embedder: null, problem };
  }
}

/** Models that come with the program, in `models/<name>`. */
const BUILT_IN = ['engram-mini'];

/**
 * Where the configured model lies; the caller has made sure that one is configured.
 * @throws ModelError when it is known by name only and does not come with the program
 */
export function modelFolder({ model_dir, model }: Pick<ModelOptions, 'model_dir' | 'model'>): string {
  if (model_dir !== null) return model_dir;
  const folder = fileURLToPath(new URL(`../../models/${model}`, import.meta.url));
  if (model !== null && BUILT_IN.includes(model) && existsSync(folder)) return folder;
  throw new ModelError(
    `No model named "${model}" comes with the program. Set ENGRAM_EMBEDDING_MODEL_DIR to its folder, or take ENGRAM_EMBEDDING_MODEL away.`,
  );
}

/** Larger files are opened once, in the thread. */
const SMALL_BYTES = 32 * 2 ** 20;

/**
 * Here or in a thread of its own, by what a text costs. A run blocks the event loop: 330 ms for a batch of a transformer
 * would be 330 ms without any HTTP answer. A small static model, which looks token vectors up and adds them, answers in
 * less time than the way to another thread and back takes. Only a model that pools itself (`none`) can be one, and since
 * small transformers may pool themselves too, its graph must also be without the many operators that make them slow. (The
 * time of a probe would say it directly, but not reliably: the first runs of a busy machine are slow for any model.)
 */
async function openByCost(options: OnnxEmbedderOptions): Promise<Embedder> {
  // Loaded only when wanted: the runtime alone is some 40 MB.
  const { isLookup } = await import('./inference/model-folder.ts');
  // Whatever is wrong with the folder, opening it says so best.
  if (await isLookup(options, SMALL_BYTES).catch(() => true)) {
    const { openOnnxEmbedder } = await import('./inference/onnx-embedder.ts');
    const here = await openOnnxEmbedder(options);
    if (here.identity.key.endsWith('/none')) return here;
    await here.close();
  }
  const { openWorkerEmbedder } = await import('./inference/worker-embedder.ts');
  return openWorkerEmbedder(options);
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
