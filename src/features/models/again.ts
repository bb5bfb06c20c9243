// Vectors that are to be made again: remembered until they are, whatever becomes of the process and of the job.
import { z } from 'zod';
import type { Atomically } from '../../core/unit-of-work.ts';
import type { AccessStore } from '../access/store.ts';
import type { JobStore } from '../jobs/store.ts';
import { embedMissing } from '../memory/contract.ts';

interface Stores {
  access: Pick<AccessStore, 'state' | 'setState'>;
  jobs: Pick<JobStore, 'enqueue'>;
}

/** What the job is given. */
export type Embedding = z.output<typeof embedMissing.payload>;

const STATE = 'embedding.again';
const listSchema = z.array(embedMissing.payload);

const sameOwner = (a: Embedding, b: Embedding): boolean => a.model === b.model && a.user_id === b.user_id;

/** @param now core/clock text */
export function madeAgain({ read, atomically, now }: { read: Stores; atomically: Atomically<Stores>; now(): string }) {
  const list = async ({ access }: Pick<Stores, 'access'>): Promise<Embedding[]> =>
    listSchema.parse(JSON.parse((await access.state(STATE)) ?? '[]'));
  const keep = ({ access }: Stores, entries: readonly Embedding[]) =>
    access.setState(STATE, JSON.stringify(entries), now());

  return {
    begin: (wanted: Embedding): Promise<void> =>
      atomically(async (stores) => {
        const others = (await list(stores)).filter((entry) => !sameOwner(entry, wanted));
        await keep(stores, [...others, wanted]);
        await stores.jobs.enqueue(embedMissing, wanted);
      }),

    /** What was begun with a model that is there again. */
    async resume(model: string): Promise<void> {
      const begun = (await list(read)).filter((entry) => entry.model === model);
      if (begun.length === 0) return;
      await atomically(async ({ jobs }) => {
        for (const entry of begun) await jobs.enqueue(embedMissing, entry);
      });
    },

    async done(job: Embedding): Promise<void> {
      if (job.made_before === undefined) return;
      await atomically(async (stores) => {
        const left = (await list(stores)).filter((e) => !sameOwner(e, job) || e.made_before !== job.made_before);
        await keep(stores, left);
      });
    },
  };
}
