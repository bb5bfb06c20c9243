// Work that follows from memories: vectors for those stored while no model, or another one, was in use.
import { z } from 'zod';
import { handler, job, type JobHandler } from '../../core/job.ts';
import type { Embedder } from '../../core/ports.ts';
import type { Atomically } from '../../core/unit-of-work.ts';
import type { Semantics } from './semantics.ts';
import type { MemoryStores } from './service.ts';

export const embedMissing = job({
  kind: 'memory.embed_missing',
  lane: 'inference',
  payload: z.strictObject({ model: z.string() }),
  dedupe: (p) => p.model,
  attempts: 5,
});

const PAGE = 64;

interface Deps {
  read: Pick<MemoryStores, 'vectors' | 'memories'>;
  atomically: Atomically<Pick<MemoryStores, 'vectors' | 'memories'>>;
  embedder: Embedder | null;
  semantics: Semantics;
}

export const memoryJobs = ({ read, atomically, embedder, semantics }: Deps): JobHandler[] => [
  handler(embedMissing, async ({ model }) => {
    if (!embedder || embedder.identity.key !== model) return;
    let after = 0;
    for (;;) {
      const rows = await read.vectors.missing(model, after, PAGE);
      if (rows.length === 0) return;
      after = rows.at(-1)!.id;
      const vectors = await embedder.embedDocuments(rows.map((row) => row.content));
      const records = rows.map((row, i) => ({ memory_id: row.id, user_id: row.user_id, content_hash: row.content_hash, vector: vectors[i]! }));
      const kept = await atomically(async ({ vectors: store, memories }) => {
        // A memory erased or changed meanwhile keeps no vector of what it was.
        const kept = [];
        for (const record of records) {
          const row = await memories.byId(record.user_id, record.memory_id);
          if (row?.content_hash !== record.content_hash) continue;
          await store.put(record, model);
          kept.push(record);
        }
        return kept;
      });
      await semantics.indexed(kept);
    }
  }),
];
