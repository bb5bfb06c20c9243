// Work that follows from memories: vectors for those stored while no model, or another one, was in use.
import { z } from 'zod';
import { handler, type JobHandler, job } from '../../core/job.ts';
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

/** A text the model cannot take must not keep the others from their vectors. */
async function embedEach(
  embedder: Embedder,
  texts: readonly string[],
): Promise<{ vectors: (Float32Array | null)[]; failed: number }> {
  try {
    return { vectors: await embedder.embedDocuments(texts), failed: 0 };
  } catch {
    const vectors: (Float32Array | null)[] = [];
    for (const text of texts)
      vectors.push(
        await embedder.embedDocuments([text]).then(
          ([v]) => v ?? null,
          () => null,
        ),
      );
    return { vectors, failed: vectors.filter((v) => v === null).length };
  }
}

export const memoryJobs = ({ read, atomically, embedder, semantics }: Deps): JobHandler[] => [
  handler(embedMissing, async ({ model }) => {
    if (!embedder || embedder.identity.key !== model) return;
    let after = 0;
    let failures = 0;
    for (;;) {
      const rows = await read.vectors.missing(model, after, PAGE);
      if (rows.length === 0) break;
      after = rows.at(-1)!.id;
      const { vectors, failed } = await embedEach(
        embedder,
        rows.map((row) => row.content),
      );
      failures += failed;
      const records = rows.flatMap((row, i) => {
        const vector = vectors[i];
        return vector ? [{ memory_id: row.id, user_id: row.user_id, content_hash: row.content_hash, vector }] : [];
      });
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
    if (failures > 0) throw new Error(`${failures} memories could not be embedded`);
  }),
];
