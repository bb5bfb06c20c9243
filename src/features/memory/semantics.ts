// The optional sense of meaning: embeds texts when a model is there, keeps the index in step, and says so when it is missing.

import { AppError } from '../../core/errors.ts';
import type { Logger } from '../../core/log.ts';
import { isPlain } from '../../core/memory-filter.ts';
import type { Candidate, Embedder, MemoryFilter, VectorIndex, VectorRecord } from '../../core/ports.ts';

export interface SemanticsDeps {
  embedder: Embedder | null;
  index: VectorIndex | null;
  logger: Logger;
}

export function createSemantics({ embedder, index, logger }: SemanticsDeps) {
  return {
    model: embedder?.identity ?? null,

    /** Unit vector of a memory; null without a model or when the model failed (a job embeds it later). */
    async embed(content: string, given: readonly number[] | null | undefined): Promise<Float32Array | null> {
      if (!embedder) return null;
      if (given) return unit(given, embedder.identity.dims);
      try {
        const [vector] = await embedder.embedDocuments([content]);
        return vector ?? null;
      } catch (error) {
        logger.warn(
          { err: error },
          'embedding failed; the memory is stored without a vector and will be embedded later',
        );
        return null;
      }
    },

    /** After commit. A failing index is rebuilt from SQL, so the store itself never fails because of it. */
    async indexed(records: readonly VectorRecord[]): Promise<void> {
      if (records.length === 0 || !index) return;
      await index
        .put(records)
        .catch((error) => logger.error({ err: error }, 'vector index could not take new vectors'));
    },

    async removed(user_id: number, memory_ids: readonly number[]): Promise<void> {
      await index
        ?.remove(user_id, memory_ids)
        .catch((error) => logger.error({ err: error }, 'vector index could not remove vectors'));
    },

    /** Cosine of the query with each memory, best first; null when there is no model or it failed. */
    async search(
      query: string,
      filter: MemoryFilter,
      limit: number,
      idsWhere: (filter: MemoryFilter) => Promise<number[]>,
    ): Promise<{ hits: Candidate[]; embed_ms: number } | null> {
      if (!embedder || !index) return null;
      const started = performance.now();
      try {
        const vector = await embedder.embedQuery(query);
        const embed_ms = performance.now() - started;
        // Hidden memories are few and dropped while ranking; any other restriction must hold before the cut.
        const allowed = isPlain(filter) ? null : new Set(await idsWhere(filter));
        return { hits: await index.search(filter.user_id, vector, limit, allowed), embed_ms };
      } catch (error) {
        logger.warn({ err: error }, 'vector search failed');
        return null;
      }
    },
  };
}
export type Semantics = ReturnType<typeof createSemantics>;

function unit(values: readonly number[], dims: number): Float32Array {
  if (values.length !== dims) {
    throw new AppError(
      'invalid_request',
      `embedding has ${values.length} numbers; the model in use has ${dims}. Leave it out to have the text embedded here.`,
    );
  }
  const norm = Math.hypot(...values);
  if (!Number.isFinite(norm) || norm === 0)
    throw new AppError('invalid_request', 'embedding must hold finite numbers, not all zero.');
  return Float32Array.from(values, (v) => v / norm);
}
