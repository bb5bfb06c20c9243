// The sense of meaning as the rest of the program sees it: embeds texts, keeps the index in step, searches, and says when
// it is missing. Which model that is can change while it runs; a vector is only ever compared with those of its own model.
import type { Logger } from '../../core/log.ts';
import { isPlain } from '../../core/memory-filter.ts';
import type { Candidate, Embedder, MemoryFilter, VectorIndex, VectorRecord, WordMatcher } from '../../core/ports.ts';
import { countPieces, type Embedded, embedTexts, givenVector, type PieceSettings, pieceChars } from './pieces.ts';
import type { VectorStore } from './vector-store.ts';

/** A model and the index over its vectors. */
export interface Slot {
  readonly embedder: Embedder;
  readonly index: VectorIndex;
  /** Cosine it gives unrelated texts, see chance.ts. */
  readonly chance: number;
}

/** A slot that was in use, and when the last one who works with it is through. */
export interface Retired {
  readonly slot: Slot;
  readonly idle: Promise<void>;
}

export interface SemanticsDeps {
  spans: VectorStore['spans'];
  size: PieceSettings;
  logger: Logger;
}

/** More pieces than this would keep the one who stores waiting; a job embeds such a text when the model is slow. */
const INLINE_PIECES = 4;
/** So long somebody waits at most; a job embeds the text then, and a search goes on by words. Well below what a request may take. */
const INLINE_MS = 4_000;

export interface MeaningHits {
  hits: Candidate[];
  embed_ms: number;
  /** Cosine that the model gives unrelated texts. */
  chance: number;
  /** Not every memory has its vector yet. */
  partial: boolean;
}

export function createSemantics({ spans, size, logger }: SemanticsDeps) {
  let slot: Slot | null = null;
  let partial = false;
  const users = new Map<Slot, { busy: number; idle: (() => void) | null }>();

  /** Holds the slot open while work is done with it. */
  async function using<T>(held: Slot, work: () => Promise<T>): Promise<T> {
    const use = users.get(held) ?? { busy: 0, idle: null };
    users.set(held, use);
    use.busy++;
    try {
      return await work();
    } finally {
      if (--use.busy === 0) {
        users.delete(held);
        use.idle?.();
      }
    }
  }

  return {
    size,

    get model() {
      return slot?.embedder.identity ?? null;
    },

    /** Cosine that the model in use gives unrelated texts, see chance.ts; 0 without a model. */
    get chance() {
      return slot?.chance ?? 0;
    },

    /** Null when the model in use cannot compare single words. */
    wordMatcher: (question: string): WordMatcher | null => slot?.embedder.wordMatcher?.(question) ?? null,

    /** Whether a text is embedded as one piece: then there is nothing to ask `pieceOf` about it. */
    isOnePiece: (text: string): boolean => slot === null || text.length <= pieceChars(slot.embedder, size),

    /** The model of that identity, when it is the one in use. */
    embedder: (model: string): Embedder | null => (slot?.embedder.identity.key === model ? slot.embedder : null),

    /** From now on this model embeds and is searched. */
    use(next: Slot | null, state: { partial: boolean }): Retired | null {
      const slotBefore = slot;
      slot = next;
      partial = state.partial;
      if (!slotBefore) return null;
      const use = users.get(slotBefore);
      const idle = use ? new Promise<void>((resolve) => (use.idle = resolve)) : Promise.resolve();
      return { slot: slotBefore, idle };
    },

    /** Every memory has its vector now. */
    completed(model: string): void {
      if (slot?.embedder.identity.key === model) partial = false;
    },

    /** Vectors of a text; null without a model, when it failed, or when it would take long (a job embeds it later). */
    async embed(content: string, given: readonly number[] | null | undefined): Promise<Embedded | null> {
      const held = slot;
      if (!held) return null;
      const { embedder } = held;
      if (given) return givenVector(given, content, embedder);
      if (embedder.cost !== 'lookup' && countPieces(content, embedder, size) > INLINE_PIECES) return null;
      try {
        const work = using(held, () => embedTexts(embedder, [content], size));
        return (await inTime(work, INLINE_MS))[0]!;
      } catch (error) {
        logger.warn(
          { err: error },
          'embedding failed; the memory is stored without a vector and will be embedded later',
        );
        return null;
      }
    },

    /** After commit. A failing index is rebuilt from SQL, so the store itself never fails because of it. */
    async indexed(model: string, records: readonly VectorRecord[]): Promise<void> {
      if (records.length === 0 || slot?.embedder.identity.key !== model) return;
      await slot.index
        .put(records)
        .catch((error) => logger.error({ err: error }, 'vector index could not take new vectors'));
    },

    async removed(user_id: number, memory_ids: readonly number[]): Promise<void> {
      await slot?.index
        .remove(user_id, memory_ids)
        .catch((error) => logger.error({ err: error }, 'vector index could not remove vectors'));
    },

    /** After commit: all vectors of the user are gone, or are to be read anew. */
    async forgetUser(user_id: number): Promise<void> {
      await slot?.index.forgetUser(user_id);
    },

    /** Cosine of the query with the nearest piece of each memory, best first; null without a model or when it failed. */
    async search(
      query: string,
      filter: MemoryFilter,
      limit: number,
      idsWhere: (filter: MemoryFilter) => Promise<number[]>,
    ): Promise<MeaningHits | null> {
      const held = slot;
      if (!held) return null;
      const started = performance.now();
      try {
        return await using(held, async () => {
          const vector = await inTime(held.embedder.embedQuery(query), INLINE_MS);
          const embed_ms = performance.now() - started;
          // Hidden memories are few and dropped while ranking; any other restriction must hold before the cut.
          const allowed = isPlain(filter) ? null : new Set(await idsWhere(filter));
          const hits = await held.index.search(filter.user_id, vector, limit, allowed);
          return { hits, embed_ms, chance: held.chance, partial };
        });
      } catch (error) {
        logger.warn({ err: error }, 'vector search failed');
        return null;
      }
    },

    /** Memories by nearness to a vector of the model in use, hidden ones among them; none without a model or when it failed. */
    async near(user_id: number, vector: Float32Array, limit: number): Promise<Candidate[]> {
      const held = slot;
      if (!held || vector.length !== held.embedder.identity.dims) return [];
      try {
        return await using(held, () => held.index.search(user_id, vector, limit, null));
      } catch (error) {
        logger.warn({ err: error }, 'vector search failed');
        return [];
      }
    },

    /** Where the piece of each hit stands in its memory; memories of one piece are left out. */
    async pieceOf(
      user_id: number,
      hits: readonly { id: number; part: number }[],
    ): Promise<Map<number, { start: number; end: number }>> {
      const found = new Map<number, { start: number; end: number }>();
      if (slot === null || hits.length === 0) return found;
      const rows = await spans(
        user_id,
        slot.embedder.identity.key,
        hits.map(({ id }) => id),
      );
      const several = new Set(rows.flatMap(({ memory_id, part }) => (part > 0 ? [memory_id] : [])));
      const wanted = new Map(hits.map(({ id, part }) => [id, part]));
      for (const { memory_id, part, span_start, span_end } of rows) {
        if (several.has(memory_id) && wanted.get(memory_id) === part)
          found.set(memory_id, { start: span_start, end: span_end });
      }
      return found;
    },
  };
}
/** The work goes on, but nobody waits for it any more. @throws when it takes longer */
async function inTime<T>(work: Promise<T>, limit_ms: number): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`The model took more than ${limit_ms} ms.`)), limit_ms);
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

export type Semantics = ReturnType<typeof createSemantics>;
