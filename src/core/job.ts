// Background work as data: what it is called, what it needs, how often it may be tried.
import type { z } from 'zod';

export const LANES = { inference: 1, io: 4, maintenance: 1, mind: 1, webhooks: 8 } as const;
/** Concurrency class; the number is how many of it run at once. */
export type Lane = keyof typeof LANES;

export interface JobSpec<P extends z.ZodType = z.ZodType> {
  readonly kind: `${string}.${string}`;
  readonly lane: Lane;
  readonly payload: P;
  /** Two waiting jobs of a kind with the same key are one. */
  readonly dedupe: (payload: z.output<P>) => string;
  readonly attempts: number;
}

export const job = <P extends z.ZodType>(spec: JobSpec<P>): JobSpec<P> => spec;

/** What a job throws when it stops because the program does: it goes on after the next start, and no try is counted. */
export class Interrupted extends Error {}

/** Runs one job. At least once: a crash in the middle means it runs again, so it must not mind. */
export interface JobHandler {
  readonly spec: JobSpec;
  run(payload: unknown): Promise<void>;
}

export const handler = <P extends z.ZodType>(
  spec: JobSpec<P>,
  run: (payload: z.output<P>) => Promise<void>,
): JobHandler => ({
  spec: spec as unknown as JobSpec,
  run: run as (payload: unknown) => Promise<void>,
});
