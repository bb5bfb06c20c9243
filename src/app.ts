// The composition root: the only file that knows every part. Read it top to bottom to see what the program is made of.
import { sql } from 'kysely';
import openApi from '../docs/openapi.json' with { type: 'json' };
import packageJson from '../package.json' with { type: 'json' };
import type { Config } from './config.ts';
import { type Clock, formatTime } from './core/clock.ts';
import type { Ids } from './core/crypto.ts';
import type { Route } from './core/endpoint.ts';
import type { Logger } from './core/log.ts';
import type { Metrics } from './core/metrics.ts';
import { BUILT_IN_MODEL } from './core/model-source.ts';
import type { Embedder, ModelIdentity, Reranker, VectorIndex } from './core/ports.ts';
import { Memory } from './core/shapes.ts';
import { ENDPOINTS } from './entry/contracts.ts';
import { createReference } from './entry/http/docs-page/page.ts';
import { createHttp } from './entry/http/server.ts';
import { accessRoutes } from './features/access/routes.ts';
import { type AccessService, createAccess } from './features/access/service.ts';
import { batchRoutes } from './features/batch/routes.ts';
import { createBatch } from './features/batch/service.ts';
import { contextRoutes } from './features/context/routes.ts';
import { createContext } from './features/context/service.ts';
import { chanceCosine } from './features/memory/chance.ts';
import { memoryJobs } from './features/memory/jobs.ts';
import { memoryRoutes } from './features/memory/routes.ts';
import { createSemantics } from './features/memory/semantics.ts';
import { createMemory, type MemoryService } from './features/memory/service.ts';
import { createTouches, FLUSH_EVERY_MS } from './features/memory/touches.ts';
import { wantedModel } from './features/models/choice.ts';
import { createEmbeddingModels } from './features/models/embedding.ts';
import { createReranking } from './features/models/reranking.ts';
import { modelsRoutes } from './features/models/routes.ts';
import { createModels, type ModelsService } from './features/models/service.ts';
import { profileRoutes } from './features/profile/routes.ts';
import { createProfile } from './features/profile/service.ts';
import { SearchResult } from './features/search/contract.ts';
import { createViews } from './features/search/recall.ts';
import { searchRoutes } from './features/search/routes.ts';
import { createSearch, type SearchService } from './features/search/service.ts';
import { systemRoutes } from './features/system/routes.ts';
import { describeSchemas } from './features/system/schema.ts';
import { createSystem } from './features/system/service.ts';
import type { Database } from './platform/db/dialect.ts';
import { openDatabase } from './platform/db/open.ts';
import { createRunner, type Runner } from './platform/jobs/runner.ts';
import { createLogger } from './platform/log.ts';
import { createMetrics } from './platform/metrics.ts';
import { modelStore } from './platform/models/installed.ts';
import { knownModels } from './platform/models/known.ts';
import { openEmbedder, openReranker, openVectors, removeVectors } from './platform/models.ts';
import { sha256, systemClock, systemIds } from './platform/system.ts';
import { loadTokenCounter } from './platform/tokens.ts';
import { storesOn } from './stores.ts';

const KEEP_DONE_JOBS_MS = 24 * 3_600_000;
/** A model that is handed in needs no name. */
const NO_SETTINGS = { model: null, model_dir: null };
const PRUNE_EVERY_MS = 3_600_000;

export const VERSION = packageJson.version;

/** What tests replace: time, chance, models, the database. */
export interface Ports {
  clock: Clock;
  ids: Ids;
  logger: Logger;
  database: Database;
  embedder: Embedder | null;
  vectors: VectorIndex | null;
  reranker: Reranker | null;
  /** Come up before slow models are loaded; memories stored meanwhile are embedded later. */
  eager: boolean;
  /** Fail a request whose answer breaks its contract. */
  checkAnswers: boolean;
}

export interface App {
  readonly routes: readonly Route[];
  readonly fetch: (request: Request, env?: { peer: string | null }) => Response | Promise<Response>;
  /** Answers a request as user 1 with every right, without a key: the door for this process's own commands. */
  readonly localCall: (request: Request) => Response | Promise<Response>;
  readonly access: AccessService;
  readonly memory: MemoryService;
  readonly search: SearchService;
  readonly jobs: Runner;
  readonly metrics: Metrics;
  readonly database: Database;
  readonly models: ModelsService;
  /** What embeds now, and why it is not what should; see features/models. */
  readonly meaning: {
    readonly model: ModelIdentity | null;
    readonly problem: string | null;
    readonly loading: boolean;
    /** Ends when loading has. */
    readonly settled: Promise<void>;
  };
  /** Writes what is buffered: access counts, times keys were used. */
  flush(): Promise<void>;
  close(): Promise<void>;
}

export async function createApp(config: Config, swap: Partial<Ports> = {}): Promise<App> {
  const clock = swap.clock ?? systemClock;
  const ids = swap.ids ?? systemIds;
  const logger = swap.logger ?? createLogger(config.log_level, config.log_format);
  const closing: (() => Promise<void>)[] = [];
  const close = async () => {
    for (const step of closing.splice(0).reverse()) await step();
  };
  try {
    const database =
      swap.database ??
      (await openDatabase({
        url: config.database_url?.reveal() ?? null,
        path: config.db_path,
        key: config.encryption.key?.reveal() ?? null,
        synchronous: config.db_synchronous,
        now: formatTime(clock.now()),
      }));
    closing.push(() => database.close());
    const { read, atomically } = storesOn(database, clock);
    const metrics = createMetrics(async () => {
      const [memories, embedded, jobs] = await Promise.all([
        read.memories.total(),
        read.vectors.total(),
        read.jobs.counts(),
      ]);
      const { waiting: pending, running, done: completed, failed } = jobs;
      return { memories, embedded, jobs: { pending, running, completed, failed } };
    });

    const modelOptions = {
      models_dir: config.models_dir,
      max_seq: config.embedding.max_seq,
      dim: config.embedding.dim,
      threads: config.embedding.threads,
      api_key: config.embedding.api_key?.reveal() ?? null,
      logger,
    };
    const openIndex = async (model: ModelIdentity) =>
      swap.vectors ?? openVectors(config.vectors, model, read.vectors, logger);
    const semantics = createSemantics({
      spans: read.vectors.spans,
      size: config.embedding.chunks,
      logger,
    });
    const wake = (): void => jobs.wake();
    const embedding = createEmbeddingModels({
      read,
      atomically,
      semantics,
      open: async (source) => swap.embedder ?? openEmbedder(source, modelOptions),
      openIndex,
      removeIndex: (key) => removeVectors(config.vectors, key, logger),
      chanceOf: chanceCosine,
      wanted: (chosen) =>
        swap.embedder === null
          ? { source: null, decided_by: 'setting' }
          : wantedModel(swap.embedder ? NO_SETTINGS : config.embedding, chosen, BUILT_IN_MODEL),
      wake,
      clock,
      logger,
    });
    closing.push(() => embedding.close());
    const reranking = createReranking({
      read,
      atomically,
      open: (source) => openReranker(source, modelOptions),
      wanted: (chosen) =>
        config.reranker.enabled ? wantedModel(config.reranker, chosen, null) : { source: null, decided_by: 'setting' },
      clock,
      logger,
    });
    closing.push(() => reranking.close());
    const reranker = () => {
      const model = swap.reranker === undefined ? reranking.model : swap.reranker;
      return model && { model, top_k: config.reranker.top_k, budget_ms: config.reranker.budget_ms };
    };
    const touches = createTouches({ atomically, clock, logger });
    const access = createAccess({
      read,
      atomically,
      clock,
      ids,
      sha256,
      bootstrapSecret: config.bootstrap_secret?.reveal() ?? null,
      pepper: config.api_key_pepper?.reveal() ?? null,
      openAccess: config.open_access,
    });
    await access.start(config.api_key?.reveal() ?? null);
    const memory = createMemory({
      read,
      atomically,
      semantics,
      touches,
      wake,
      spaceExists: access.spaceExists,
      clock,
      ids,
      sha256,
      maxContentBytes: config.limits.content_bytes,
    });
    const search = createSearch({
      read,
      semantics,
      reranker,
      touches,
      spaceExists: access.spaceExists,
      onDegraded: metrics.degraded,
      clock,
      logger,
    });
    let counter: ReturnType<typeof loadTokenCounter> | null = null;
    const context = createContext({ read, search, touches, counter: () => (counter ??= loadTokenCounter()) });
    const system = createSystem({
      version: VERSION,
      database: database.description.split(' ')[0]!,
      model: () => semantics.model,
      hasReranker: () => reranker() !== null,
      ping: async () => void (await sql`select 1`.execute(database.reader.db)),
      clock,
    });

    const installed = modelStore(config.models_dir);
    const models = createModels({
      known: () =>
        knownModels(installed, (problem) => logger.error({ problem }, 'models count as installed where a folder is')),
      isInstalled: async (name) => installed.folderOf(name) !== null,
      embedding,
      reranking,
      semantics,
      vectors: read.vectors,
    });

    const schemas = describeSchemas({ endpoints: ENDPOINTS, memory: Memory, hit: SearchResult });
    const reference = createReference(openApi, sha256);

    const jobs = createRunner({
      atomically,
      handlers: memoryJobs({
        read,
        atomically,
        embedderOf: embedding.embedderOf,
        indexed: embedding.indexed,
        onProgress: embedding.onProgress,
        finished: embedding.finished,
        size: semantics.size,
        clock,
      }),
      clock,
      owner: ids.uuid(),
      logger,
    });
    closing.push(() => jobs.close());
    closing.push(async () => embedding.stop());
    await embedding.start(swap.eager ?? false);
    const reranking_ready = reranking.start();
    if (!swap.eager) await reranking_ready;
    wake();

    const flush = async () => {
      await touches.flush();
      await access.flush();
    };
    const flushing = setInterval(
      () => void flush().catch((error) => logger.warn({ err: error }, 'buffered counts could not be written')),
      FLUSH_EVERY_MS,
    );
    flushing.unref?.();
    const prune = () => atomically(({ jobs: queue }) => queue.pruneDone(formatTime(clock.now() - KEEP_DONE_JOBS_MS)));
    const pruning = setInterval(
      () => void prune().catch((error) => logger.warn({ err: error }, 'finished jobs could not be removed')),
      PRUNE_EVERY_MS,
    );
    pruning.unref?.();
    closing.push(async () => clearInterval(pruning));
    closing.push(async () => {
      clearInterval(flushing);
      await flush();
    });

    const routes: Route[] = [
      ...systemRoutes({ system, metrics, schemas, reference }),
      ...accessRoutes(access),
      ...memoryRoutes(memory),
      ...batchRoutes(createBatch(memory)),
      ...profileRoutes(createProfile({ read, semantics, clock })),
      ...searchRoutes(search, createViews({ read, search, clock }), clock),
      ...contextRoutes(context),
      ...modelsRoutes(models),
    ];
    const httpDeps = {
      resolve: access.resolve,
      ids,
      logger,
      allowedOrigins: config.allowed_origins,
      maxBodyBytes: config.limits.body_bytes,
      checkAnswers: swap.checkAnswers ?? false,
      observe: metrics.request,
    };
    const http = createHttp(routes, httpDeps);
    let local: typeof http | null = null;
    const localCall = (request: Request) => {
      local ??= createHttp(routes, { ...httpDeps, resolve: (_token, spaceName) => access.operator(spaceName) });
      return local.fetch(request, { peer: null });
    };
    return {
      routes,
      fetch: (request, env = { peer: null }) => http.fetch(request, env),
      localCall,
      access,
      memory,
      search,
      jobs,
      metrics,
      database,
      models,
      meaning: {
        get model() {
          return semantics.model;
        },
        get problem() {
          return embedding.problem;
        },
        get loading() {
          return embedding.loading;
        },
        get settled() {
          return embedding.settled;
        },
      },
      flush,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
