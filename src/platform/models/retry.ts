// Trying again what may pass by itself, with growing pauses.
import { Passing } from './failure.ts';

export interface RetryDeps {
  pause(ms: number): Promise<void>;
  /** Tries without any progress, the first included. */
  attempts: number;
  /** Told before every pause. */
  onWait?(ms: number, reason: string): void;
}

const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 30_000;

/** @param failures so far without progress, from 1 */
const pauseBefore = (failures: number, asked_ms: number | null): number =>
  asked_ms ?? Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (failures - 1));

/**
 * @param progress a number that grows whenever a try got further than all before it; such a try does not count as failed
 * @throws what `once` throws, and the sentence of a Passing that did not pass
 */
export async function persist<T>(
  { pause, attempts, onWait }: RetryDeps,
  once: () => Promise<T>,
  progress: () => number = () => 0,
): Promise<T> {
  let furthest = progress();
  for (let failures = 0; ; ) {
    try {
      return await once();
    } catch (error) {
      if (!(error instanceof Passing)) throw error;
      failures = progress() > furthest ? 1 : failures + 1;
      furthest = Math.max(furthest, progress());
      if (failures >= attempts) throw error.final;
      const wait = pauseBefore(failures, error.retry_after_ms);
      onWait?.(wait, error.reason);
      await pause(wait);
    }
  }
}
