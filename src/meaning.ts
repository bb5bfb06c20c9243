// The part of the composition root that knows models: what turns texts into vectors, where those are searched, and what puts
// results in their final order. Called by app.ts alone.
import type { Ports } from './app-shape.ts';
import type { Config } from './config.ts';
import type { Clock } from './core/clock.ts';
import type { JobHandler } from './core/job.ts';
import type { Logger } from './core/log.ts';
import { BUILT_IN_MODEL } from './core/model-source.ts';
import type { ModelIdentity } from './core/ports.ts';
import type { Atomically } from './core/unit-of-work.ts';
import { chanceCosine } from './features/memory/chance.ts';
import { memoryJobs } from './features/memory/jobs.ts';
import { createSemantics } from './features/memory/semantics.ts';
import { wantedModel } from './features/models/choice.ts';
import { createEmbeddingModels } from './features/models/embedding.ts';
import { createReranking } from './features/models/reranking.ts';
import { createModels } from './features/models/service.ts';
import { installedFolder, openEmbedder, openReranker, openVectors, removeVectors } from './platform/models.ts';
import type { Stores } from './stores.ts';

/** A model that is handed in needs no name. */
const NO_SETTINGS = { model: null, model_dir: null };

export interface MeaningDeps {
  config: Config;
  swap: Partial<Ports>;
  read: Stores;
  atomically: Atomically<Stores>;
  /** Starts due jobs. */
  wake(): void;
  clock: Clock;
  logger: Logger;
}

export function createMeaning({ config, swap, ...basics }: MeaningDeps) {
  const { read, atomically, clock, logger } = basics;
  const options = {
    models_dir: config.models_dir,
    max_seq: config.embedding.max_seq,
    dim: config.embedding.dim,
    threads: config.embedding.threads,
    api_key: config.embedding.api_key?.reveal() ?? null,
    logger,
  };
  const openIndex = async (model: ModelIdentity) =>
    swap.vectors ?? openVectors(config.vectors, model, read.vectors, logger);
  const semantics = createSemantics({ spans: read.vectors.spans, size: config.embedding.chunks, logger });
  const embedding = createEmbeddingModels({
    ...basics,
    semantics,
    open: async (source) => swap.embedder ?? openEmbedder(source, options),
    openIndex,
    removeIndex: (key) => removeVectors(config.vectors, key, logger),
    chanceOf: chanceCosine,
    wanted: (chosen) =>
      swap.embedder === null
        ? { source: null, decided_by: 'setting' }
        : wantedModel(swap.embedder ? NO_SETTINGS : config.embedding, chosen, BUILT_IN_MODEL),
  });
  const reranking = createReranking({
    ...basics,
    open: (source) => openReranker(source, options),
    wanted: (chosen) =>
      config.reranker.enabled ? wantedModel(config.reranker, chosen, null) : { source: null, decided_by: 'setting' },
  });
  const models = createModels({
    known: async () => (await import('./platform/models/known.ts')).knownIn(config.models_dir, logger),
    isInstalled: async (name) => (await installedFolder(name, config.models_dir)) !== null,
    embedding,
    reranking,
    semantics,
    vectors: read.vectors,
  });
  const jobs: JobHandler[] = memoryJobs({
    read,
    atomically,
    embedderOf: embedding.embedderOf,
    indexed: embedding.indexed,
    onProgress: embedding.onProgress,
    finished: embedding.finished,
    size: semantics.size,
    clock,
  });
  return {
    semantics,
    embedding,
    models,
    jobs,
    /** The one in use, with how far it may go; null without one. */
    reranker() {
      const model = swap.reranker === undefined ? reranking.model : swap.reranker;
      return model && { model, top_k: config.reranker.top_k, budget_ms: config.reranker.budget_ms };
    },
    async start(): Promise<void> {
      await embedding.start(swap.eager ?? false);
      const reranking_ready = reranking.start();
      if (!swap.eager) await reranking_ready;
    },
    async close(): Promise<void> {
      await reranking.close();
      await embedding.close();
    },
  };
}

export type Meaning = ReturnType<typeof createMeaning>;
