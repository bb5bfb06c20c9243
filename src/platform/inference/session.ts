// What it takes to run an ONNX model over token ids, whatever it computes: the session, batches of like length, inputs
// padded to one width.
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { messageOf } from '../../core/thrown.ts';
import { ModelError } from './model-error.ts';
import { strangers } from './model-folder.ts';

/** @param threads of one inference; 0 lets ONNX Runtime choose */
export async function openSession(file: string, threads: number): Promise<InferenceSession> {
  return InferenceSession.create(file, {
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    // Plans memory for one shape; ours differ from batch to batch.
    enableMemPattern: false,
    logSeverityLevel: 3,
  }).catch((cause) => {
    const reason = messageOf(cause).trim();
    throw new ModelError(
      `ONNX Runtime cannot load ${file} (${reason}): the file may be cut short or not a model, copy it again.`,
      cause,
    );
  });
}

/**
 * What a model gives the first time it is run.
 * @param last_id largest id of its tokenizer
 * @throws ModelError
 */
export async function firstRun<T>(file: string, last_id: number, run: () => Promise<T>): Promise<T> {
  return run().catch((cause) => {
    const reason = messageOf(cause).trim();
    if (/out of (?:data )?bounds/.test(reason)) throw strangers(file, last_id, reason, cause);
    throw new ModelError(
      `${file} fails at a first text (${reason}): copy the folder again from where the model was exported.`,
      cause,
    );
  });
}

/** One input of a model. */
export interface TokenRow {
  readonly ids: readonly number[];
  /** Which of two texts each token is of; without it all are of the first. */
  readonly types?: readonly number[];
}

/** Neighbours in length share a batch, so that little of it is padding. */
export function planBatches<Row extends TokenRow>(rows: readonly Row[], size: number, tokens: number): Row[][] {
  const batches: Row[][] = [];
  let batch: Row[] = [];
  for (const row of rows.toSorted((a, b) => a.ids.length - b.ids.length)) {
    if (batch.length > 0 && (batch.length >= size || (batch.length + 1) * row.ids.length > tokens)) {
      batches.push(batch);
      batch = [];
    }
    batch.push(row);
  }
  if (batch.length > 0) batches.push(batch);
  return batches;
}

/**
 * The inputs a session asks for, [batch, longest row] each.
 * @param first_position of the first token, where the model wants `position_ids`
 */
export function feedsOf(
  session: InferenceSession,
  batch: readonly TokenRow[],
  pad_id: number,
  first_position = 0,
): Record<string, Tensor> {
  const width = Math.max(...batch.map(({ ids }) => ids.length));
  const size = batch.length * width;
  const data: Record<string, BigInt64Array> = {};
  for (const name of session.inputNames) data[name] = new BigInt64Array(size);
  const { input_ids, attention_mask, token_type_ids, position_ids } = data;
  input_ids!.fill(BigInt(pad_id));
  batch.forEach(({ ids, types }, row) => {
    const start = row * width;
    for (let i = 0; i < ids.length; i++) input_ids![start + i] = BigInt(ids[i]!);
    attention_mask?.fill(1n, start, start + ids.length);
    if (types) token_type_ids?.set(types.map(BigInt), start);
    if (position_ids) for (let i = 0; i < width; i++) position_ids[start + i] = BigInt(first_position + i);
  });
  return Object.fromEntries(
    Object.entries(data).map(([name, values]) => [name, new Tensor('int64', values, [batch.length, width])]),
  );
}
