// Which embedding model is in use, and how another takes its place without a gap: it embeds every memory in the
// background while the old one goes on answering, then they change places at once. What was being done is in the
// database (`embedding.active`, `embedding.chosen`, the vectors, the job), so that a crash only interrupts it.
import { type Clock, formatTime } from '../../core/clock.ts';
import { AppError } from '../../core/errors.ts';
import { Interrupted } from '../../core/job.ts';
import type { Logger } from '../../core/log.ts';
import { BUILT_IN_MODEL, type ModelSource } from '../../core/model-source.ts';
import type { Embedder, VectorIndex } from '../../core/ports.ts';
import type { Atomically } from '../../core/unit-of-work.ts';
import type { AccessStore } from '../access/store.ts';
import type { JobStore } from '../jobs/store.ts';
import { embedMissing } from '../memory/contract.ts';
import type { Retired, Semantics, Slot } from '../memory/semantics.ts';
import type { StoredVector, VectorStore } from '../memory/vector-store.ts';
import { NONE, nameOf, parseRemembered, type Wanted } from './choice.ts';
import type { Progress } from './contract.ts';

interface Stores {
  access: Pick<AccessStore, 'state' | 'setState'>;
  vectors: VectorStore;
  jobs: Pick<JobStore, 'enqueue' | 'newest'>;
}

export interface EmbeddingDeps {
  read: Stores;
  atomically: Atomically<Stores>;
  semantics: Semantics;
  /** Rejects with an error whose message tells people what to do. */
  open(source: ModelSource): Promise<Embedder>;
  openIndex(embedder: Embedder): Promise<VectorIndex>;
  /** Cosine that it gives unrelated texts. */
  chanceOf(embedder: Embedder): Promise<number>;
  wanted(chosen: string | null): Wanted;
  /** Starts due jobs. */
  wake(): void;
  clock: Clock;
  logger: Logger;
}

const ACTIVE = 'embedding.active';
const CHOSEN = 'embedding.chosen';
/** An endpoint that is not up yet may come up later; a folder that is wrong stays wrong. */
const RETRY_MS = 15_000;

const isBuiltIn = (source: ModelSource | null): boolean => source?.kind === 'named' && source.name === BUILT_IN_MODEL;

export type EmbeddingModels = ReturnType<typeof createEmbeddingModels>;

export function createEmbeddingModels(deps: EmbeddingDeps) {
  const { read, atomically, semantics, clock, logger } = deps;
  let wanted: Wanted = { source: null, decided_by: 'default' };
  /** Embeds in the background, and takes over when it is through. */
  let target: Slot | null = null;
  let problem: string | null = null;
  let running: { model: string; total: number; done: number } | null = null;
  let retry: ReturnType<typeof setTimeout> | null = null;
  let loading = false;
  let opened: Promise<void> = Promise.resolve();
  let closed = false;
  /** Changes happen one after the other. */
  let turn: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const done = turn.then(work);
    turn = done.catch(() => {});
    return done;
  };

  const keyOf = (slot: Slot) => slot.embedder.identity.key;
  const sources = new Map<string, ModelSource>();

  async function openSlot(source: ModelSource): Promise<Slot> {
    const embedder = await deps.open(source);
    try {
      sources.set(embedder.identity.key, source);
      const slot = { embedder, index: await deps.openIndex(embedder), chance: 0 };
      const known = deps.chanceOf(embedder).then(
        (chance) => {
          slot.chance = chance;
        },
        (error) => logger.warn({ err: error }, 'what cosines this model gives unrelated texts is not known'),
      );
      // Until it is known, cosines count as they are.
      if (embedder.cost === 'lookup') await known;
      return slot;
    } catch (error) {
      await embedder.close();
      throw error;
    }
  }

  async function release(slot: Slot | null): Promise<void> {
    if (!slot) return;
    await slot.index.close().catch((error) => logger.warn({ err: error }, 'a vector index could not be closed'));
    await slot.embedder.close().catch((error) => logger.warn({ err: error }, 'a model could not be closed'));
  }

  /** Searches under way end first. */
  async function retire(retired: Retired | null): Promise<void> {
    if (!retired) return;
    if (!closed) await retired.idle;
    await release(retired.slot);
  }

  async function dropTarget(): Promise<void> {
    const given_up = target;
    target = null;
    await release(given_up);
  }

  const enqueue = async (model: string): Promise<void> => {
    await atomically(({ jobs }) => jobs.enqueue(embedMissing, { model }));
    deps.wake();
  };

  /** The model whose vectors are complete, when it can still be opened. */
  async function openRemembered(): Promise<Slot | null> {
    const remembered = parseRemembered(await read.access.state(ACTIVE));
    if (!remembered) return null;
    const slot = await openSlot(remembered.source).catch(() => null);
    if (slot && keyOf(slot) === remembered.key) return slot;
    await release(slot);
    return null;
  }

  /** Puts what is wanted in use, or on its way there. */
  async function arrange(): Promise<void> {
    if (retry) clearTimeout(retry);
    retry = null;
    const { source } = wanted;
    if (source === null) {
      problem = null;
      await dropTarget();
      void retire(semantics.use(null, { partial: false }));
      return;
    }
    let next: Slot;
    try {
      next = await openSlot(source);
    } catch (error) {
      problem = error instanceof Error ? error.message : String(error);
      logger.error({ problem }, 'the embedding model cannot be used');
      // What answered before goes on answering.
      if (semantics.model === null && !closed) semantics.use(await openRemembered(), { partial: false });
      if (source.kind === 'remote' && !closed) {
        retry = setTimeout(() => void inTurn(arrange), RETRY_MS);
        retry.unref?.();
      }
      return;
    }
    problem = null;
    await dropTarget();
    const model = keyOf(next);
    if (closed || semantics.model?.key === model) return release(next);
    const remembered = parseRemembered(await read.access.state(ACTIVE));
    if (semantics.model === null && remembered?.key !== model) {
      const before = await openRemembered();
      if (before) semantics.use(before, { partial: false });
    }
    if (semantics.model === null) {
      const partial = remembered?.key !== model && (await read.vectors.countMissing({ model })) > 0;
      semantics.use(next, { partial });
    } else target = next;
    await enqueue(model);
  }

  /** The target's vectors are complete: it takes over, and what can never be used again goes. */
  async function finish(model: string): Promise<void> {
    const source = sources.get(model);
    const next = target && keyOf(target) === model ? target : null;
    if (!source || (!next && semantics.model?.key !== model)) return;
    const complete = await atomically(async ({ vectors, access }) => {
      if ((await vectors.countMissing({ model })) > 0) return false;
      const now = formatTime(clock.now());
      const value = JSON.stringify({ key: model, source });
      if ((await access.state(ACTIVE)) !== value) await access.setState(ACTIVE, value, now);
      return true;
    });
    if (!complete) return enqueue(model);
    if (!next) return semantics.completed(model);
    target = null;
    const before = semantics.use(next, { partial: false });
    logger.info({ model, before: before && keyOf(before.slot) }, 'another embedding model answers searches now');
    if (before) void leave(before, next).catch((error) => logger.warn({ err: error }, 'old vectors were left behind'));
    // What was stored with the old model in the very moment of the change.
    await enqueue(model);
  }

  async function leave(before: Retired, next: Slot): Promise<void> {
    const { key, name } = before.slot.embedder.identity;
    // A new revision of the same model: the old one is gone, so its vectors can never be asked again.
    const replaced = name === next.embedder.identity.name;
    if (replaced) {
      await before.idle;
      await before.slot.index.destroy();
    }
    await retire(before);
    if (replaced) await atomically(({ vectors }) => vectors.drop(key));
  }

  async function progress(): Promise<Progress> {
    const from = semantics.model?.key ?? null;
    const to = target ? keyOf(target) : null;
    const [newest] = await read.jobs.newest(embedMissing.kind, 1);
    const model = to ?? from;
    const state =
      running || newest?.status === 'waiting' || newest?.status === 'running'
        ? 'running'
        : newest?.status === 'failed'
          ? 'failed'
          : 'idle';
    // Counting looks at every memory: while a job runs it knows better, and at rest nobody asks often.
    const counted = async () => {
      const total = await read.vectors.recallable();
      const missing = model === null ? total : await read.vectors.countMissing({ model });
      return { total, done: total - missing };
    };
    const { total, done } = running && running.model === model ? running : await counted();
    return {
      state: model === null ? 'idle' : state,
      from,
      to,
      done,
      total,
      percent: total === 0 ? 100 : Math.floor((1000 * done) / total) / 10,
      error: newest?.error ?? null,
    };
  }

  return {
    /**
     * Opens what is wanted. Never rejects: what is wrong with a model is said in `problem`.
     * @param eager does not wait for a model that takes long to load
     */
    async start(eager: boolean): Promise<void> {
      await inTurn(async () => {
        wanted = deps.wanted((await read.access.state(CHOSEN)) ?? null);
      });
      loading = true;
      opened = inTurn(arrange).finally(() => {
        loading = false;
      });
      if (!eager || isBuiltIn(wanted.source)) await opened;
    },

    /** Background work goes no further; it is taken up again after the next start. */
    stop(): void {
      closed = true;
    },

    /** What is wanted is on its way. */
    get loading() {
      return loading;
    },
    /** What was wanted at the start is there, or is known not to be usable. */
    get settled() {
      return opened;
    },

    get problem() {
      return problem;
    },
    get wanted() {
      return wanted;
    },
    progress,

    /**
     * @throws AppError setting_decides, model_unusable
     * @param name a model that is installed, or `none`
     */
    use: (name: string): Promise<void> =>
      inTurn(async () => {
        if (wanted.decided_by === 'setting') {
          throw new AppError(
            'setting_decides',
            `The settings of the server name the embedding model (${wanted.source ? nameOf(wanted.source) : NONE}). Take ENGRAM_EMBEDDING_MODEL, ENGRAM_EMBEDDING_MODEL_DIR and ENGRAM_EMBEDDING_URL away to choose here.`,
          );
        }
        const before = wanted;
        wanted = deps.wanted(name);
        await arrange();
        if (problem !== null) {
          const why = problem;
          wanted = before;
          await arrange();
          throw new AppError('model_unusable', why);
        }
        await atomically(({ access }) => access.setState(CHOSEN, name, formatTime(clock.now())));
      }),

    /** Makes vectors of the model in use again. */
    async reembed(user_id: number | undefined): Promise<{ cleared: number; queued: number }> {
      const model = target ? keyOf(target) : semantics.model?.key;
      if (model === undefined)
        throw new AppError('no_model', 'There is no embedding model in use: GET /admin/models says why.');
      const made_before = formatTime(clock.now());
      const queued = await read.vectors.recallable(user_id);
      const missing = await read.vectors.countMissing({ model, user_id });
      await atomically(({ jobs }) => jobs.enqueue(embedMissing, { model, user_id, made_before }));
      deps.wake();
      return { cleared: queued - missing, queued };
    },

    /** For the job. */
    embedderOf(model: string): Embedder | null {
      if (closed) throw new Interrupted('The server is stopping.');
      if (target && keyOf(target) === model) return target.embedder;
      return semantics.embedder(model);
    },
    async indexed(model: string, records: readonly StoredVector[]): Promise<void> {
      if (target && keyOf(target) === model) await target.index.put(records);
      else await semantics.indexed(model, records);
    },
    finished: (model: string): Promise<void> => inTurn(() => finish(model)),
    onProgress(step: { model: string; total: number; done: number } | null): void {
      running = step;
    },

    /** @returns vectors removed */
    async forget(name: string): Promise<number> {
      const inUse = [semantics.model, target?.embedder.identity].some((identity) => identity?.name === name);
      if (inUse)
        throw new AppError('model_in_use', `${name} is in use: choose another with POST /admin/models/use first.`);
      let removed = 0;
      for (const { model } of await read.vectors.byModel())
        if (model.startsWith(`${name}@`)) removed += await atomically(({ vectors }) => vectors.drop(model));
      return removed;
    },

    async close(): Promise<void> {
      closed = true;
      if (retry) clearTimeout(retry);
      await turn;
      await dropTarget();
      await retire(semantics.use(null, { partial: false }));
    },
  };
}
