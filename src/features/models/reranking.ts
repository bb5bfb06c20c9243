// Which reranker is in use. Nothing is kept of it, so another one simply takes its place.
import { type Clock, formatTime } from '../../core/clock.ts';
import { AppError } from '../../core/errors.ts';
import type { Logger } from '../../core/log.ts';
import type { ModelSource } from '../../core/model-source.ts';
import type { Reranker } from '../../core/ports.ts';
import { messageOf } from '../../core/thrown.ts';
import { takeTurns } from '../../core/turns.ts';
import type { Atomically } from '../../core/unit-of-work.ts';
import type { AccessStore } from '../access/store.ts';
import { NONE, nameOf, type Wanted } from './choice.ts';

interface Stores {
  access: Pick<AccessStore, 'state' | 'setState'>;
}

export interface RerankingDeps {
  read: Stores;
  atomically: Atomically<Stores>;
  /** Rejects with an error whose message tells people what to do. */
  open(source: ModelSource): Promise<Reranker>;
  wanted(chosen: string | null): Wanted;
  clock: Clock;
  logger: Logger;
}

const CHOSEN = 'reranker.chosen';

export function createReranking({ read, atomically, open, wanted: decide, clock, logger }: RerankingDeps) {
  let wanted: Wanted = { source: null, decided_by: 'default' };
  let current: Reranker | null = null;
  let problem: string | null = null;
  /** Changes happen one after the other. */
  const inTurn = takeTurns();

  async function replace(next: Reranker | null): Promise<void> {
    const before = current;
    current = next;
    await before?.close();
  }

  return {
    get model() {
      return current;
    },
    get problem() {
      return problem;
    },
    get wanted() {
      return wanted;
    },

    /** Never rejects: what is wrong with a model is said in `problem`. */
    start: (): Promise<void> =>
      inTurn(async () => {
        wanted = decide((await read.access.state(CHOSEN)) ?? null);
        if (wanted.source === null) return;
        try {
          await replace(await open(wanted.source));
        } catch (error) {
          problem = messageOf(error);
          logger.error({ problem }, 'the reranker cannot be used; searching goes on without it');
        }
      }),

    /** @throws AppError setting_decides, model_unusable */
    use: (name: string): Promise<void> =>
      inTurn(async () => {
        if (wanted.decided_by === 'setting') {
          throw new AppError(
            'setting_decides',
            `The settings of the server name the reranker (${wanted.source ? nameOf(wanted.source) : NONE}). Take ENGRAM_RERANKER_MODEL and ENGRAM_RERANKER_MODEL_DIR away, and ENGRAM_RERANKER_ENABLED, to choose here.`,
          );
        }
        const next = decide(name);
        const opened =
          next.source &&
          (await open(next.source).catch((error) => {
            throw new AppError('model_unusable', messageOf(error));
          }));
        wanted = next;
        problem = null;
        await replace(opened);
        await atomically(({ access }) => access.setState(CHOSEN, name, formatTime(clock.now())));
      }),

    async close(): Promise<void> {
      await inTurn.settled();
      await replace(null);
    },
  };
}
export type Reranking = ReturnType<typeof createReranking>;
