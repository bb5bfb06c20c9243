// What engram doctor --fix can mend. Each repair is safe to run twice and takes nothing from anybody.
import { rebuildFts, replayVectors } from '../../features/admin/contract.ts';
import { reembedStatus } from '../../features/models/contract.ts';
import { health } from '../../features/system/contract.ts';
import type { Context } from './command.ts';
import { count } from './commands/common.ts';
import { retryFailed } from './commands/jobs.ts';
import { modelsOf, progressOf } from './commands/models-common.ts';
import { closeToOthers, type Open, removeDead } from './leftovers.ts';

export interface Repair {
  /** What it would do, for who only looks: "make … readable for you alone". */
  readonly would: string;
  /** @returns a sentence that says what was done */
  run(context: Context): Promise<string>;
}

export const closeRights = (found: readonly Open[]): Repair => ({
  would: 'take the rights of others away',
  async run() {
    closeToOthers(found);
    return `Took the rights of others away from ${found.map(({ path }) => path).join(', ')}.`;
  },
});

export const removeLeftovers = (paths: readonly string[]): Repair => ({
  would: 'remove them',
  async run() {
    removeDead(paths);
    return `Removed ${count(paths.length, 'file')} that nobody writes any more: ${paths.join(', ')}.`;
  },
});

/** Opening the store is what brings its schema up to date. */
export const migrateStore = (from: number, to: number): Repair => ({
  would: `bring it to schema ${to} now`,
  async run({ withCall }) {
    await withCall((call) => call(health));
    return `Brought the store from schema ${from} to ${to}.`;
  },
});

export const retryJobs: Repair = {
  would: 'try them again',
  async run({ withCall }) {
    return `${count(await withCall(retryFailed), 'failed job')} will be tried again.`;
  },
};

export const rebuildWords: Repair = {
  would: 'make the word index anew from the memories',
  async run({ withCall }) {
    const { indexed } = await withCall((call) => call(rebuildFts));
    return `Made the word index anew, with ${count(indexed, 'memory', 'memories')}.`;
  },
};

export const finishModels = (names: readonly string[]): Repair => ({
  would: 'download the rest',
  async run(context) {
    const models = await modelsOf(context);
    for (const name of names) {
      const bar = progressOf(context, name, 'bytes');
      const watch = {
        onProgress: ({ done, total }: { done: number; total: number }) => bar.update(done, total),
        onWait: (ms: number, reason: string) => bar.note(`${reason}; trying again in ${Math.ceil(ms / 1000)} s.`),
      };
      await models.pull({ name, file: undefined, update: false }, watch).finally(() => bar.end());
    }
    return `Downloaded the rest of ${names.join(', ')}.`;
  },
});

const POLL_MS = 200;
/** Embedding may be held back; then it goes on by itself later. */
const PATIENCE_MS = 60_000;
const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** What is missing is known only to who has the store open, so this one looks and mends at once. */
export async function embedRest(context: Context): Promise<string | null> {
  return context.withCall(async (call) => {
    const before = await call(reembedStatus);
    const missing = before.total - before.done;
    if (missing <= 0 || (before.from ?? before.to) === null) return null;
    await call(replayVectors);
    const bar = progressOf(context, 'embedding', 'memories');
    try {
      let moved = { done: -1, at: performance.now() };
      for (;;) {
        const now = await call(reembedStatus);
        bar.update(now.done, now.total);
        if (now.done > moved.done) moved = { done: now.done, at: performance.now() };
        const stuck = performance.now() - moved.at > PATIENCE_MS;
        if (now.state !== 'running' || stuck)
          return said(missing - Math.max(0, now.total - now.done), missing, now.error);
        await pause(POLL_MS);
      }
    } finally {
      bar.end();
    }
  });
}

const said = (done: number, missing: number, error: string | null): string =>
  done >= missing
    ? `Embedded ${count(missing, 'memory that had', 'memories that had')} no vector.`
    : `Embedded ${done} of ${count(missing, 'memory that had', 'memories that had')} no vector: ${error ?? 'the rest is on its way'}.`;
