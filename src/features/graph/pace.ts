// Long work on the event loop in short pieces: after each, whoever waits has a turn; while requests come in, longer ones.
import { Interrupted } from '../../core/job.ts';

/** While requests come in, it rests so many times as long as it worked. */
const REST = 4;
const LONGEST_REST_MS = 100;

export interface Pace {
  /** Between two pieces. @throws Interrupted when the program stops */
  rest(): Promise<void>;
}

/**
 * @param requests answered so far
 * @param now monotonic milliseconds
 */
export function startPace(requests: () => number, stopped: () => boolean, now = () => performance.now()): Pace {
  let since = now();
  let seen = requests();
  return {
    async rest() {
      if (stopped()) throw new Interrupted();
      const worked = now() - since;
      const busy = requests() !== seen;
      await new Promise((resolve) =>
        busy ? setTimeout(resolve, Math.min(LONGEST_REST_MS, worked * REST)) : setImmediate(resolve),
      );
      [since, seen] = [now(), requests()];
    },
  };
}
