// Work that comes back: a job that the runner enqueues by itself, every so often.
import { z } from 'zod';
import { handler, type JobHandler, job, type Lane } from './job.ts';

export interface Schedule {
  /** From one start to the next, in milliseconds. */
  readonly every_ms: number;
  readonly handler: JobHandler;
}

/** Nobody's id, for `lockUser`: what is locked under it belongs to all servers on one database together. */
export const ALL_SERVERS = 0;

/**
 * `every(5 * MINUTE_MS, 'scratch.sweep', () => scratch.sweep())` in the list of schedules of app.ts is all it takes.
 * At most one run waits, whatever the number of servers on one database; one that fails is tried twice more.
 */
export function every(
  every_ms: number,
  kind: `${string}.${string}`,
  run: () => Promise<unknown>,
  lane: Lane = 'maintenance',
): Schedule {
  const spec = job({ kind, lane, payload: z.strictObject({}), dedupe: () => '', attempts: 3 });
  return { every_ms, handler: handler(spec, async () => void (await run())) };
}
