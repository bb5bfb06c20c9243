// Which embedding model is in use, and how another takes its place without a gap: it embeds every memory in the
// background while the old one goes on answering, then they change places at once. What was being done is in the
// database (`embedding.active`, `embedding.chosen`, `embedding.again`, the vectors, the job): a crash only interrupts it.
import { type Clock, formatTime } from '../../core/clock.ts';
import { AppError } from '../../core/errors.ts';
import { Interrupted } from '../../core/job.ts';
import type { Logger } from '../../core/log.ts';
import { BUILT_IN_MODEL, type ModelSource } from '../../core/model-source.ts';
import type { Embedder, ModelIdentity, VectorIndex } from '../../core/ports.ts';
import { messageOf } from '../../core/thrown.ts';
import { takeTurns } from '../../core/turns.ts';
import type { Atomically } from '../../core/unit-of-work.ts';
import type { AccessStore } from '../access/store.ts';
import type { JobStore } from '../jobs/store.ts';
import { embedMissing } from '../memory/contract.ts';
import type { Retired, Semantics, Slot } from '../memory/semantics.ts';
import type { StoredVector, VectorStore } from '../memory/vector-store.ts';
import { type Embedding, madeAgain } from './again.ts';
import { NONE, nameOf, parseRemembered, type Remembered, sameSource, type Wanted } from './choice.ts';
import type { Progress } from './contract.ts';
import { progressOf } from './progress.ts';
import { unwatched, watched } from './recovery.ts';
import { removal } from './removal.ts';

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
  openIndex(model: ModelIdentity): Promise<VectorIndex>;
  /** Removes what the index over a model's vectors keeps on disk; the model need not be there any more. */
  removeIndex(key: string): Promise<void>;
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

/** So many texts that can never be embedded, or one, do not keep a model from taking over: they are still found by words. */
const MAX_FAILED_SHARE = 0.01;

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
  const closing = Promise.withResolvers<void>();
  /** Known to be what the database remembers, so that a job for one text need not look at all of them. */
  let complete: string | null = null;
  /** Changes happen one after the other. */
  const inTurn = takeTurns();

  const keyOf = (slot: Slot) => slot.embedder.identity.key;
  const sources = new Map<string, ModelSource>();
  const chances = new WeakMap<Slot, Promise<void>>();
  const released = new WeakSet<Slot>();
  /** Models that were in use, on their way out. */
  const leaving = new Set<Promise<void>>();
  const again = madeAgain({ ...deps, now: () => formatTime(clock.now()) });
  const inUse = () => [semantics.model, target?.embedder.identity];
  const made = removal({ ...deps, inUse: () => inUse().map((model) => model?.key), stopped: () => closed });

  async function openSlot(source: ModelSource): Promise<Slot> {
    const opened = await deps.open(source);
    const { key } = opened.identity;
    const caughtUp = () => {
      if (closed) return;
      void enqueue(key).catch((error) => logger.warn({ err: error }, 'what lacks a vector waits for the next start'));
    };
    const embedder = watched(opened, caughtUp, closing.promise);
    try {
      sources.set(embedder.identity.key, source);
      const slot = { embedder, index: await deps.openIndex(embedder.identity), chance: 0 };
      const known = deps.chanceOf(embedder).then(
        (chance) => {
          slot.chance = chance;
        },
        (error) => {
          if (!released.has(slot))
            logger.warn({ err: error }, 'what cosines this model gives unrelated texts is not known');
        },
      );
      chances.set(slot, known);
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
    released.add(slot);
    await slot.index.close().catch((error) => logger.warn({ err: error }, 'a vector index could not be closed'));
    await slot.embedder.close().catch((error) => logger.warn({ err: error }, 'a model could not be closed'));
  }

  /**
   * Searches under way end first. The index goes: nobody would tell it what is erased from now on, and it can be made
   * again from the vectors, which stay.
   */
  async function leave({ slot, idle }: Retired): Promise<void> {
    await Promise.race([idle, closing.promise]);
    released.add(slot);
    await slot.index.destroy().finally(() => slot.embedder.close());
  }

  function putAway(retired: Retired | null, then: () => Promise<void> = async () => {}): void {
    if (!retired) return;
    const gone = leave(retired)
      .then(then)
      .catch((error) => logger.warn({ err: error }, 'something of the model used before was left behind'))
      .finally(() => leaving.delete(gone));
    leaving.add(gone);
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

  const begin = async (model: string): Promise<void> => {
    await again.resume(model);
    await enqueue(model);
  };

  const remembered = async (): Promise<Remembered | null> => parseRemembered(await read.access.state(ACTIVE));

  /** The model whose vectors are complete answers until the one that is wanted can, however long that takes to load. */
  async function takeUp(last: Remembered | null): Promise<void> {
    if (!last || wanted.source === null || sameSource(last.source, wanted.source)) return;
    const slot = await openSlot(last.source).catch(() => null);
    if (slot && keyOf(slot) === last.key && !closed) await answerWith(slot);
    else await release(slot);
  }

  /** What was stored while there was no model has no vector yet. */
  async function answerWith(slot: Slot): Promise<void> {
    const model = keyOf(slot);
    complete = null;
    const missing = await read.vectors.countMissing({ model });
    semantics.use(slot, { partial: missing > 0 });
    // Looking at every memory once is enough when nothing is to be done.
    if (missing === 0 && (await remembered())?.key === model) return again.resume(model).then(deps.wake);
    await begin(model);
  }

  /** Puts an opened model in use, or on its way there. */
  async function place(next: Slot | null): Promise<void> {
    if (retry) clearTimeout(retry);
    retry = null;
    problem = null;
    await dropTarget();
    if (next === null) return putAway(semantics.use(null, { partial: false }));
    if (closed || semantics.model?.key === keyOf(next)) return release(next);
    if (semantics.model === null) return answerWith(next);
    target = next;
    await begin(keyOf(next));
  }

  async function bringIn(): Promise<void> {
    const { source } = wanted;
    let next: Slot | null;
    try {
      next = source && (await openSlot(source));
    } catch (error) {
      problem = messageOf(error);
      logger.error({ problem }, 'the embedding model cannot be used');
      if (source?.kind === 'remote' && !closed) {
        retry = setTimeout(() => void inTurn(bringIn), RETRY_MS);
        retry.unref?.();
      }
      return;
    }
    await place(next);
  }

  /**
   * The target's vectors are complete, but for those of texts that it cannot take: it takes over, and what can never be
   * used again goes.
   * @param failed memories that could not be embedded by a model that works
   */
  async function finish(model: string, failed: number): Promise<void> {
    const source = sources.get(model);
    const next = target && keyOf(target) === model ? target : null;
    if (!source || closed || complete === model || (!next && semantics.model?.key !== model)) return;
    // Outside of a unit, so that no writer waits: what is stored from here on is embedded by the job at the end.
    const missing = await read.vectors.countMissing({ model });
    if (missing > failed) return enqueue(model);
    if (missing > Math.max(1, MAX_FAILED_SHARE * (await read.vectors.recallable()))) return;
    // So that its first answers are measured like all that follow.
    if (next) await chances.get(next);
    const last = await remembered();
    const now: Remembered = { key: model, source };
    if (last?.key !== model || !sameSource(last.source, source))
      await atomically(({ access }) => access.setState(ACTIVE, JSON.stringify(now), formatTime(clock.now())));
    complete = model;
    if (!next) {
      semantics.completed(model);
      // Another revision lies where the one remembered lay.
      if (last && last.key !== model) await made.dropReplaced(semantics.model!.name);
      return;
    }
    target = null;
    const { name } = next.embedder.identity;
    const before = semantics.use(next, { partial: false });
    logger.info({ model, before: before && keyOf(before.slot) }, 'another embedding model answers searches now');
    putAway(before, () => made.dropReplaced(name));
    // What was stored with the old model in the very moment of the change.
    await enqueue(model);
  }

  async function progress(): Promise<Progress> {
    const from = semantics.model?.key ?? null;
    const to = target ? keyOf(target) : null;
    const model = to ?? from;
    const [newest] = await read.jobs.newest(embedMissing.kind, 1);
    // Counting looks at every memory: while a job runs it knows better, and at rest nobody asks often.
    if (running && running.model === model) return progressOf({ from, to, newest, running: true, ...running });
    const total = await read.vectors.recallable();
    const missing = model === null ? total : await read.vectors.countMissing({ model });
    return progressOf({ from, to, newest, running: running !== null, total, done: total - missing });
  }

  return {
    /**
     * Opens what is wanted. Never rejects: what is wrong with a model is said in `problem`.
     * @param eager does not wait for a model that takes long to load
     */
    async start(eager: boolean): Promise<void> {
      wanted = deps.wanted((await read.access.state(CHOSEN)) ?? null);
      const last = await remembered();
      loading = true;
      const took = inTurn(() => takeUp(last));
      opened = inTurn(bringIn)
        .catch((error) => logger.error({ err: error }, 'the embedding model could not be put in use'))
        .finally(() => {
          loading = false;
        });
      if (!eager || (last && isBuiltIn(last.source))) await took;
      if (!eager || isBuiltIn(wanted.source)) await opened;
    },

    /** Background work goes no further; it is taken up again after the next start. */
    stop(): void {
      closed = true;
      closing.resolve();
    },

    /** What embeds now. */
    get model() {
      return semantics.model;
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
        const choice = deps.wanted(name);
        // Whatever goes wrong up to here changes nothing.
        const next = choice.source && (await openSlot(choice.source).catch(unusable));
        try {
          await atomically(({ access }) => access.setState(CHOSEN, name, formatTime(clock.now())));
        } catch (error) {
          await release(next);
          throw error;
        }
        wanted = choice;
        await place(next);
      }),

    /** Makes vectors of the model in use again. */
    async reembed(user_id: number | undefined): Promise<{ cleared: number; queued: number }> {
      const model = target ? keyOf(target) : semantics.model?.key;
      if (model === undefined)
        throw new AppError('no_model', 'There is no embedding model in use: GET /admin/models says why.');
      const made_before = formatTime(clock.now());
      const queued = await read.vectors.recallable(user_id);
      const missing = await read.vectors.countMissing({ model, user_id });
      await again.begin({ model, user_id, made_before });
      deps.wake();
      return { cleared: queued - missing, queued };
    },

    /** For the job. Waits for what is being loaded at the start: a job found then is not without its model. */
    async embedderOf(model: string): Promise<Embedder | null> {
      await opened;
      if (closed) throw new Interrupted('The server is stopping.');
      const embedder = target && keyOf(target) === model ? target.embedder : semantics.embedder(model);
      return embedder && unwatched(embedder);
    },
    /** After commit: all vectors of the user are gone, or are to be read anew. */
    async forgetUser(user_id: number): Promise<void> {
      await semantics.forgetUser(user_id);
      await target?.index.forgetUser(user_id);
    },
    async indexed(model: string, records: readonly StoredVector[]): Promise<void> {
      if (target && keyOf(target) === model) await target.index.put(records);
      else await semantics.indexed(model, records);
    },
    finished: (job: Embedding, failed: number): Promise<void> =>
      inTurn(async () => {
        await again.done(job);
        await finish(job.model, failed);
      }),
    onProgress(step: { model: string; total: number; done: number } | null): void {
      running = step;
    },

    /** @returns vectors removed */
    forget: (name: string): Promise<number> =>
      inTurn(async () => {
        if (inUse().some((model) => model?.name === name))
          throw new AppError('model_in_use', `${name} is in use: choose another with POST /admin/models/use first.`);
        return made.dropNamed(name);
      }),

    async close(): Promise<void> {
      closed = true;
      closing.resolve();
      if (retry) clearTimeout(retry);
      await inTurn.settled();
      await dropTarget();
      await release(semantics.use(null, { partial: false })?.slot ?? null);
      await Promise.all(leaving);
    },
  };
}

function unusable(error: unknown): never {
  throw new AppError('model_unusable', messageOf(error));
}
