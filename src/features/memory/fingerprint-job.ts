// Fingerprints for memories that were stored before there were any.
import { z } from 'zod';
import { fingerprintOf } from '../../algo/simhash.ts';
import { handler, type JobHandler, job } from '../../core/job.ts';
import type { Atomically } from '../../core/unit-of-work.ts';
import type { FingerprintStore } from './fingerprint-store.ts';
import type { MemoryStore } from './store.ts';

/** Written together: others who write wait meanwhile. */
const PAGE = 100;

/** The migration that made the table enqueues it. */
export const fingerprintMissing = job({
  kind: 'memory.fingerprint_missing',
  lane: 'maintenance',
  payload: z.strictObject({}),
  dedupe: () => '',
  attempts: 5,
});

interface Deps {
  read: { fingerprints: FingerprintStore };
  atomically: Atomically<{ fingerprints: FingerprintStore; memories: MemoryStore }>;
}

export const fingerprintJobs = ({ read, atomically }: Deps): JobHandler[] => [
  handler(fingerprintMissing, async () => {
    let after = 0;
    for (;;) {
      const rows = await read.fingerprints.missing(after, PAGE);
      if (rows.length === 0) return;
      after = rows.at(-1)!.id;
      const printed = rows.map((row) => ({ ...row, fingerprint: fingerprintOf(row.content) }));
      await atomically(async ({ fingerprints, memories }) => {
        for (const { id, user_id, fingerprint } of printed) {
          // Erased or changed meanwhile: a new version brought its own.
          if (fingerprint === null || !(await memories.byId(user_id, id))?.is_latest) continue;
          await fingerprints.remove(user_id, [id]);
          await fingerprints.add(user_id, id, fingerprint);
        }
      });
    }
  }),
];
