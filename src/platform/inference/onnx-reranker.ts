// A cross-encoder: question and text go through the model together, on this thread. One call is scored at a time, batch
// after batch, and between two the event loop has its turn, so that a call given up stops there. A score is always finite.
import type { InferenceSession, Tensor } from 'onnxruntime-node';
import { othersFirst } from '../../core/event-loop.ts';
import type { Reranker } from '../../core/ports.ts';
import {
  checkInputs,
  countsFromPad,
  type FolderOptions,
  ModelError,
  type ModelFiles,
  readModelFiles,
} from './model-folder.ts';
import { type PairEncoder, pairEncoder } from './pair-encoder.ts';
import { feedsOf, firstRun, openSession, planBatches, type TokenRow } from './session.ts';

export interface OnnxRerankerOptions extends FolderOptions {
  /** Threads of one inference; 0 lets ONNX Runtime choose. */
  threads: number;
  /** Pairs, and tokens with padding, in one run: what a call that is given up waits for at most. */
  batch_size?: number | undefined;
  batch_tokens?: number | undefined;
}

/** Characters tokenized without letting others have the event loop. */
const TOKENIZE_CHARS = 16_384;

/** @throws ModelError, whose sentence says which file or setting is wrong */
export async function openOnnxReranker(options: OnnxRerankerOptions): Promise<Reranker> {
  const { logger, batch_size = 16, batch_tokens = 1024 } = options;
  const files = await readModelFiles(options);
  const { query_prefix, document_prefix } = files.settings;
  const pairs = pairEncoder(files);
  const model = await openModel(files, pairs, options);
  const name = `${files.name}@${files.revision}`;
  logger.info({ model: name, file: files.onnx_path }, 'reranker loaded');

  /** Settled when the call before is done. */
  let turn: Promise<unknown> = Promise.resolve();
  let closed = false;

  async function scoreAll(query: string, texts: readonly string[], signal: AbortSignal): Promise<number[]> {
    const proceed = () => {
      if (closed) throw new Error('The reranker is closed.');
      signal.throwIfAborted();
    };
    proceed();
    const pairWith = pairs.asked(query_prefix + query);
    const rows: (TokenRow & { place: number })[] = [];
    let chars = 0;
    for (const [place, text] of texts.entries()) {
      rows.push({ ...pairWith(document_prefix + text), place });
      if ((chars += text.length) < TOKENIZE_CHARS) continue;
      chars = 0;
      await othersFirst();
      proceed();
    }
    const scores: number[] = [];
    for (const batch of planBatches(rows, batch_size, batch_tokens)) {
      await othersFirst();
      proceed();
      const started = performance.now();
      const found = await model.score(batch);
      batch.forEach(({ place }, i) => {
        scores[place] = found[i]!;
      });
      const tokens = batch.length * batch.at(-1)!.ids.length;
      logger.debug({ pairs: batch.length, tokens, ms: Math.round(performance.now() - started) }, 'scored a batch');
    }
    return scores;
  }

  return {
    name,
    score(query, texts, signal) {
      const scores = turn.then(() => scoreAll(query, texts, signal));
      turn = scores.catch(() => {});
      return scores;
    },
    async close() {
      if (closed) return;
      closed = true;
      await turn;
      await model.release();
    },
  };
}

interface Model {
  /** 0..1 for each row. */
  score(batch: readonly TokenRow[]): Promise<number[]>;
  release(): Promise<void>;
}

async function openModel(files: ModelFiles, pairs: PairEncoder, options: OnnxRerankerOptions): Promise<Model> {
  const { onnx_path: file, pad_id, last_id } = files;
  const session = await openSession(file, options.threads);
  try {
    checkInputs(
      file,
      session.inputMetadata,
      ['attention_mask', 'token_type_ids', 'position_ids'],
      'use a cross-encoder exported for sequence classification',
    );
    const output = outputOf(file, session);
    const first_position = countsFromPad(files.config) ? pad_id + 1 : 0;
    const run = async (batch: readonly TokenRow[]) =>
      (await session.run(feedsOf(session, batch, pad_id, first_position), [output]))[output] as Tensor;

    // With the last token there is: a table too small for the tokenizer fails here, not in a search.
    const probe = pairs.asked('probe')('probe');
    const { dims, type } = await firstRun(file, last_id, () => run([{ ...probe, ids: probe.ids.with(1, last_id) }]));
    if (type !== 'float32') {
      throw new ModelError(`The output "${output}" of ${file} is ${type}: export the model with float32 outputs.`);
    }
    if (dims.length !== 2 || dims[0] !== 1 || (dims[1] !== 1 && dims[1] !== 2)) {
      throw new ModelError(
        `The output "${output}" of ${file} has the shape [${dims}], but a reranker gives [batch, 1] or [batch, 2]: use a cross-encoder trained to tell whether a text answers a question.`,
      );
    }

    let warned = false;
    return {
      async score(batch) {
        const scores = scoresOf(await run(batch));
        if (scores.every(Number.isFinite)) return scores;
        if (!warned) options.logger.warn({ file }, 'the model gave a score that is no number; it counts as 0');
        warned = true;
        return scores.map((score) => (Number.isFinite(score) ? score : 0));
      },
      release: () => session.release(),
    };
  } catch (error) {
    await session.release();
    throw error;
  }
}

function outputOf(file: string, { outputNames }: InferenceSession): string {
  if (outputNames.includes('logits')) return 'logits';
  if (outputNames.length === 1) return outputNames[0]!;
  throw new ModelError(
    `${file} returns ${outputNames.join(', ')} and no logits: use a cross-encoder exported for sequence classification.`,
  );
}

/** Sigmoid of the one logit of each row; of two (unfit, fit) their softmax, which is the sigmoid of the difference. */
function scoresOf({ data, dims }: Tensor): number[] {
  const logits = data as Float32Array;
  const [rows, labels] = dims as [number, number];
  return Array.from({ length: rows }, (_, row) => {
    const logit = labels === 1 ? logits[row]! : logits[2 * row + 1]! - logits[2 * row]!;
    return 1 / (1 + Math.exp(-logit));
  });
}
