// The same model for two kinds of callers: those that somebody waits for, and the job. What fails for the first and works
// again later says that what could not be embedded meanwhile can be now. The job asks the model itself, so that a text it
// can never embed does not set it going again and again; and it lets go of a model that hangs when the program stops.
import { Interrupted } from '../../core/job.ts';
import type { Embedder } from '../../core/ports.ts';

const forJobs = new WeakMap<Embedder, Embedder>();

/** The model behind a watched one, for the job. */
export const unwatched = (embedder: Embedder): Embedder => forJobs.get(embedder) ?? embedder;

export function watched(embedder: Embedder, onRecovered: () => void, stopping: Promise<void>): Embedder {
  let failing = false;
  async function seen<T>(work: Promise<T>): Promise<T> {
    try {
      const made = await work;
      if (failing) onRecovered();
      failing = false;
      return made;
    } catch (error) {
      failing = true;
      throw error;
    }
  }
  const watching: Embedder = {
    identity: embedder.identity,
    cost: embedder.cost,
    embedDocuments: (texts) => seen(embedder.embedDocuments(texts)),
    embedQuery: (text) => seen(embedder.embedQuery(text)),
    ...(embedder.wordMatcher && { wordMatcher: embedder.wordMatcher }),
    close: () => embedder.close(),
  };
  forJobs.set(watching, interruptible(embedder, stopping));
  return watching;
}

function interruptible(embedder: Embedder, stopping: Promise<void>): Embedder {
  // One handler for all calls: a race with the promise itself would keep every call's result for as long as we run.
  const waiting = new Set<(reason: Error) => void>();
  void stopping.then(() => {
    for (const reject of waiting) reject(new Interrupted('The server is stopping.'));
  });
  const until = <T>(work: Promise<T>): Promise<T> =>
    new Promise((resolve, reject) => {
      waiting.add(reject);
      work.then(resolve, reject).finally(() => waiting.delete(reject));
    });
  return {
    identity: embedder.identity,
    cost: embedder.cost,
    embedDocuments: (texts) => until(embedder.embedDocuments(texts)),
    embedQuery: (text) => until(embedder.embedQuery(text)),
    ...(embedder.wordMatcher && { wordMatcher: embedder.wordMatcher }),
    close: () => embedder.close(),
  };
}
