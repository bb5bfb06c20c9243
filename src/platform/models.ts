// Opens embedding models and the vector indexes over what they make. Heavy parts load only when they are needed.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Logger } from '../core/log.ts';
import { BUILT_IN_MODEL, type ModelSource } from '../core/model-source.ts';
import type { Embedder, ModelIdentity, Reranker, VectorIndex, VectorSource } from '../core/ports.ts';
import { ModelError } from './inference/model-error.ts';
import { embeddedModel } from './native/load.ts';
import { NativeError } from './native/parts.ts';
import { loadLance } from './vectors/load-lance.ts';

export interface ModelOptions {
  models_dir: string;
  max_seq: number | null;
  dim: number | null;
  threads: number;
  api_key: string | null;
  logger: Logger;
}

export interface VectorOptions {
  use_lance: boolean;
  lance_path: string;
  lance_threshold: number;
}

/** @throws NativeError when an executable cannot write it to the disk */
export const builtInFolder = (): string =>
  embeddedModel() ?? fileURLToPath(new URL(`../../models/${BUILT_IN_MODEL}`, import.meta.url));

function writtenBuiltIn(): string {
  try {
    return builtInFolder();
  } catch (error) {
    throw error instanceof NativeError ? new ModelError(error.message, error) : error;
  }
}

/** Folder of a model that was pulled, or copied there by hand; null when there is none. */
export async function installedFolder(name: string, models_dir: string): Promise<string | null> {
  const { modelStore } = await import('./models/installed.ts');
  return modelStore(models_dir).folderOf(name);
}

/**
 * Folder of a model known by name.
 * @throws ModelError when it is neither built in nor installed
 */
export async function folderOf(name: string, models_dir: string): Promise<string> {
  if (name === BUILT_IN_MODEL) {
    const folder = writtenBuiltIn();
    if (existsSync(folder)) return folder;
    throw new ModelError(
      `${folder} is missing: install Engram again, or set ENGRAM_EMBEDDING_MODEL to another model or to none.`,
    );
  }
  const folder = await installedFolder(name, models_dir);
  if (folder !== null) return folder;
  throw new ModelError(
    `No model "${name}" is installed in ${models_dir}: run "engram models pull ${name}", or "engram models list" to see what there is.`,
  );
}

/** @throws ModelError, whose sentence says which file or setting is wrong and what to do */
export async function openEmbedder(source: ModelSource, options: ModelOptions): Promise<Embedder> {
  const { models_dir, logger, threads } = options;
  const dim = options.dim ?? undefined;
  if (source.kind === 'remote') {
    const { openRemoteEmbedder } = await import('./inference/remote-embedder.ts');
    const { url, model } = source;
    return openRemoteEmbedder({ url, model, api_key: options.api_key, dim, logger });
  }
  const folder = {
    model_dir: source.kind === 'folder' ? source.dir : await folderOf(source.name, models_dir),
    onnx_file: (source.kind === 'folder' ? source.onnx_file : null) ?? undefined,
    max_seq: options.max_seq ?? undefined,
    dim,
    threads,
    logger,
  };
  // A table of token vectors is read in less time than the way to another thread and back takes. A network blocks the
  // event loop for as long as it computes (330 ms for a batch): it gets a thread of its own.
  const { openLookup } = await import('./inference/lookup-embedder.ts');
  const lookup = await openLookup(folder);
  if (lookup) return lookup;
  const { openWorkerEmbedder } = await import('./inference/worker-embedder.ts');
  return openWorkerEmbedder(folder);
}

/** @throws ModelError */
export async function openReranker(
  source: ModelSource,
  options: Pick<ModelOptions, 'models_dir' | 'threads' | 'logger'>,
): Promise<Reranker> {
  if (source.kind === 'remote') throw new ModelError('A reranker is a model of this machine, not an address.');
  const { openWorkerReranker } = await import('./inference/worker-reranker.ts');
  return openWorkerReranker({
    model_dir: source.kind === 'folder' ? source.dir : await folderOf(source.name, options.models_dir),
    threads: options.threads,
    logger: options.logger,
  });
}

export async function openVectors(
  options: VectorOptions,
  model: ModelIdentity,
  source: VectorSource,
  logger: Logger,
): Promise<VectorIndex> {
  if (!options.use_lance) {
    const { exactIndex } = await import('./vectors/exact.ts');
    return exactIndex(source, model);
  }
  const { adaptiveIndex } = await import('./vectors/adaptive.ts');
  return adaptiveIndex({
    path: options.lance_path,
    model,
    source,
    logger,
    threshold: options.lance_threshold,
  });
}

/** Removes what an index over the vectors of a model that is not in use has left on disk. Failing is logged. */
export async function removeVectors({ lance_path }: VectorOptions, key: string, logger: Logger): Promise<void> {
  if (!existsSync(lance_path)) return;
  try {
    const { lanceIndex } = await loadLance();
    // The key alone says which tables are meant: none of them is opened.
    const index = await lanceIndex({ path: lance_path, model: { key, name: key, dims: 1 }, logger });
    await index.destroy();
  } catch (error) {
    logger.warn({ err: error, path: lance_path, model: key }, 'LanceDB tables of a removed model were left behind');
  }
}
