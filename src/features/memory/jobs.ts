// Work that follows from memories: vectors for those stored while no model, or another one, was in use.
import { type Clock, formatTime } from '../../core/clock.ts';
import { handler, type JobHandler } from '../../core/job.ts';
import type { Embedder } from '../../core/ports.ts';
import { asError } from '../../core/thrown.ts';
import type { Atomically } from '../../core/unit-of-work.ts';
import { embedMissing } from './contract.ts';
import { type Embedded, embedTexts, type PieceSettings, recordsOf } from './pieces.ts';
import type { MemoryStores } from './service.ts';
import type { Missing, MissingRow, StoredVector } from './vector-store.ts';

const PAGE = 64;
/** Embedded and written together: what a stopping server waits for, and a killed one loses. */
const STEP = { lookup: { texts: 16, chars: 32_000 }, network: { texts: 8, chars: 16_000 } } as const;

interface Deps {
  read: Pick<MemoryStores, 'vectors'>;
  atomically: Atomically<Pick<MemoryStores, 'vectors' | 'memories'>>;
  /** The model of that key, when it is in use or about to be. */
  embedderOf(model: string): Promise<Embedder | null>;
  /** After commit. */
  indexed(model: string, records: readonly StoredVector[]): Promise<void>;
  /** How many memories have their vectors, while it runs; null when it no longer does. */
  onProgress(step: { model: string; total: number; done: number } | null): void;
  /** Nothing that the job is about lacks a vector any more, but for so many memories that the model cannot embed though it works. */
  finished(job: Missing, failed: number): Promise<void>;
  size: PieceSettings;
  clock: Clock;
}

/** Why a text has no vector. */
type Outcome = Embedded | Error;

const isEmbedded = (outcome: Outcome): outcome is Embedded => !(outcome instanceof Error);

/** A text the model cannot take must not keep the others from their vectors. */
async function embedEach(embedder: Embedder, texts: readonly string[], size: PieceSettings): Promise<Outcome[]> {
  try {
    return await embedTexts(embedder, texts, size);
  } catch (error) {
    if (texts.length === 1) return [asError(error)];
    const outcomes: Outcome[] = [];
    for (const text of texts) outcomes.push(...(await embedEach(embedder, [text], size)));
    return outcomes;
  }
}

/** Any model that works can embed this. @throws what the model throws */
const probe = async (embedder: Embedder): Promise<void> => void (await embedder.embedDocuments(['a word']));

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
  handler(embedMissing, async (missing) => {
    const { model, user_id } = missing;
    if ((await embedderOf(model)) === null) return;
    let rows = await read.vectors.missing(missing, 0, PAGE);
    // Counting looks at every memory, and a few are embedded before anybody asks how far it is.
    const progress = rows.length < PAGE ? null : { model, total: await read.vectors.recallable(user_id), done: 0 };
    if (progress) progress.done = progress.total - (await read.vectors.countMissing(missing));
    let failed = 0;
    let reason = '';

    /** @returns false when the model is not wanted any more */
    async function embedStep(rows: readonly MissingRow[]): Promise<boolean> {
      const embedder = await embedderOf(model);
      if (embedder === null) return false;
      const outcomes = await embedEach(
        embedder,
        rows.map((row) => row.content),
        size,
      );
      const errors = outcomes.filter((outcome) => outcome instanceof Error);
      // Closed meanwhile: that is no fault of the texts.
      if (errors.length > 0 && (await embedderOf(model)) !== embedder) return embedStep(rows);
      const kept = await atomically(async ({ vectors, memories }) => {
        const kept: StoredVector[] = [];
        for (const [at, { id, user_id, content_hash }] of rows.entries()) {
          const outcome = outcomes[at]!;
          // A memory erased or changed meanwhile keeps no vector of what it was.
          if (!isEmbedded(outcome) || (await memories.byId(user_id, id))?.content_hash !== content_hash) continue;
          const records = recordsOf(outcome, { memory_id: id, user_id, content_hash });
          await vectors.replace(records, model, formatTime(clock.now()));
          kept.push(...records);
        }
        return kept;
      });
      await indexed(model, kept);
      if (errors.length > 0) reason = `memory ${rows[outcomes.indexOf(errors[0]!)]!.id}: ${errors[0]!.message}`;
      failed += errors.length;
      if (progress) {
        progress.done += rows.length - errors.length;
        // More may have been stored meanwhile.
        progress.total = Math.max(progress.total, progress.done);
        onProgress({ ...progress });
      }
      // When the model itself is down there is no use in trying all that is left.
      if (errors.length === rows.length) await probe(embedder);
      return true;
    }

    try {
      while (rows.length > 0) {
        const embedder = await embedderOf(model);
        if (embedder === null) return;
        for (const step of steps(rows, STEP[embedder.cost])) if (!(await embedStep(step))) return;
        rows = await read.vectors.missing(missing, rows.at(-1)!.id, PAGE);
      }
    } finally {
      onProgress(null);
    }
    if (failed > 0) {
      const embedder = await embedderOf(model);
      if (embedder === null) return;
      await probe(embedder);
    }
    await finished(missing, failed);
    if (failed > 0) throw new Error(`${failed} memories could not be embedded (${reason}).`);
  }),
];
