// Work that follows from memories: vectors for those stored while no model, or another one, was in use.
import { type Clock, formatTime } from '../../core/clock.ts';
import { handler, type JobHandler } from '../../core/job.ts';
import type { Embedder } from '../../core/ports.ts';
import type { Atomically } from '../../core/unit-of-work.ts';
import { embedMissing } from './contract.ts';
import { type Embedded, embedTexts, type PieceSettings, recordsOf } from './pieces.ts';
import type { MemoryStores } from './service.ts';
import type { MissingRow, StoredVector } from './vector-store.ts';

const PAGE = 64;
/** Embedded and written together: what a stopping server waits for, and a killed one loses. */
const STEP = { lookup: { texts: 64, chars: 64_000 }, network: { texts: 8, chars: 16_000 } } as const;

interface Deps {
  read: Pick<MemoryStores, 'vectors'>;
  atomically: Atomically<Pick<MemoryStores, 'vectors' | 'memories'>>;
  /** The model of that key, when it is in use or about to be. */
  embedderOf(model: string): Embedder | null;
  /** After commit. */
  indexed(model: string, records: readonly StoredVector[]): Promise<void>;
  /** How many memories have their vectors, while it runs; null when it no longer does. */
  onProgress(step: { model: string; total: number; done: number } | null): void;
  /** Nothing lacks a vector of this model any more. */
  finished(model: string): Promise<void>;
  size: PieceSettings;
  clock: Clock;
}

/** A text the model cannot take must not keep the others from their vectors. */
async function embedEach(
  embedder: Embedder,
  texts: readonly string[],
  size: PieceSettings,
): Promise<(Embedded | null)[]> {
  try {
    return await embedTexts(embedder, texts, size);
  } catch {
    const embedded: (Embedded | null)[] = [];
    for (const text of texts)
      embedded.push(
        await embedTexts(embedder, [text], size).then(
          ([one]) => one!,
          () => null,
        ),
      );
    return embedded;
  }
}

function* steps(rows: readonly MissingRow[], most: { texts: number; chars: number }): Generator<MissingRow[]> {
  let step: MissingRow[] = [];
  let chars = 0;
  for (const row of rows) {
    step.push(row);
    chars += row.content.length;
    if (step.length < most.texts && chars < most.chars) continue;
    yield step;
    step = [];
    chars = 0;
  }
  if (step.length > 0) yield step;
}

export const memoryJobs = ({
  read,
  atomically,
  embedderOf,
  indexed,
  onProgress,
  finished,
  size,
  clock,
}: Deps): JobHandler[] => [
  handler(embedMissing, async ({ model, user_id, made_before }) => {
    if (!embedderOf(model)) return;
    const missing = { model, user_id, made_before };
    const total = await read.vectors.recallable(user_id);
    let done = total - (await read.vectors.countMissing(missing));
    let after = 0;
    let failures = 0;

    async function embedStep(embedder: Embedder, rows: readonly MissingRow[]): Promise<void> {
      const embedded = await embedEach(
        embedder,
        rows.map((row) => row.content),
        size,
      );
      const kept = await atomically(async ({ vectors, memories }) => {
        const kept: StoredVector[] = [];
        for (const [at, { id, user_id, content_hash }] of rows.entries()) {
          const one = embedded[at];
          // A memory erased or changed meanwhile keeps no vector of what it was.
          if (!one || (await memories.byId(user_id, id))?.content_hash !== content_hash) continue;
          const records = recordsOf(one, { memory_id: id, user_id, content_hash });
          await vectors.replace(records, model, formatTime(clock.now()));
          kept.push(...records);
        }
        return kept;
      });
      failures += embedded.filter((one) => one === null).length;
      done += rows.length;
      await indexed(model, kept);
      onProgress({ model, total: Math.max(total, done), done });
    }

    try {
      for (;;) {
        // Asked again each time: another model may have been chosen meanwhile.
        let embedder = embedderOf(model);
        if (!embedder) return;
        const rows = await read.vectors.missing(missing, after, PAGE);
        if (rows.length === 0) break;
        after = rows.at(-1)!.id;
        for (const step of steps(rows, STEP[embedder.cost])) {
          await embedStep(embedder, step);
          embedder = embedderOf(model);
          if (!embedder) return;
        }
      }
    } finally {
      onProgress(null);
    }
    if (failures > 0) throw new Error(`${failures} memories could not be embedded`);
    await finished(model);
  }),
];
