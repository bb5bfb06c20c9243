// Writes a model folder that the ordinary ONNX path runs: int8 rows with a scale each, tokenizer, settings, checksums.
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Corpus } from './corpus.ts';
import { axes, FLOAT, INT64, input, model, node, output, tensor, whole, wholes } from './onnx-writer.ts';
import { PAD, tokenizerJson } from './tokenizer.ts';
import type { Trained } from './trainer.ts';

export interface Quantised {
  values: Int8Array;
  scales: Float32Array;
}

export function quantise(rows: Float32Array, dims: number): Quantised {
  const values = new Int8Array(rows.length);
  const scales = new Float32Array(rows.length / dims);
  for (let row = 0; row < scales.length; row++) {
    let largest = 0;
    for (let at = row * dims; at < (row + 1) * dims; at++) largest = Math.max(largest, Math.abs(rows[at]!));
    const scale = largest / 127 || 1;
    scales[row] = scale;
    for (let at = row * dims; at < (row + 1) * dims; at++) values[at] = Math.round(rows[at]! / scale);
  }
  return { values, scales };
}

/**
 * The sum of the rows under the mask, made one long: the mean points the same way. Nothing but padding is the zero
 * vector, not NaN. `src/platform/inference/onnx-tables.ts` reads exactly this graph; its test fails when they differ.
 */
export function sentenceGraph({ values, scales }: Quantised, dims: number): Uint8Array {
  return model(
    'engram-mini',
    node('Gather', ['rows', 'input_ids'], 'small', whole('axis', 0)),
    node('Cast', ['small'], 'tokens', whole('to', FLOAT)),
    node('Gather', ['scales', 'input_ids'], 'token_scales', whole('axis', 0)),
    node('Cast', ['attention_mask'], 'mask', whole('to', FLOAT)),
    node('Mul', ['token_scales', 'mask'], 'shares'),
    node('Unsqueeze', ['shares', 'middle'], 'shares_row'),
    node('MatMul', ['shares_row', 'tokens'], 'sum_row'),
    node('Squeeze', ['sum_row', 'middle'], 'sum'),
    node('ReduceL2', ['sum'], 'length', wholes('axes', 1), whole('keepdims', 1)),
    node('Max', ['length', 'least'], 'divisor'),
    node('Div', ['sum', 'divisor'], 'sentence_embedding'),
    tensor('rows', [scales.length, dims], values),
    tensor('scales', [scales.length], scales),
    tensor('least', [1], Float32Array.of(1e-12)),
    axes('middle', 1),
    input('input_ids', INT64, ['batch', 'sequence']),
    input('attention_mask', INT64, ['batch', 'sequence']),
    output('sentence_embedding', FLOAT, ['batch', dims]),
  );
}

export async function writeModel(
  out: string,
  corpus: Pick<Corpus, 'vocabulary'>,
  trained: Pick<Trained, 'rows'>,
  { dims, seed, card }: { dims: number; seed: number; card?: string },
): Promise<void> {
  const rows = trained.rows.slice();
  // A text without any word is embedded as one padding token: some direction of its own, near nothing else.
  const pad = corpus.vocabulary.indexOf(PAD);
  for (let dim = 0; dim < dims; dim++) rows[pad * dims + dim] = dim % 2 === 0 ? 1 : -1;
  const onnx = sentenceGraph(quantise(rows, dims), dims);
  const tokenizer = JSON.stringify(tokenizerJson(corpus.vocabulary));
  const revision = createHash('sha256').update(onnx).update(tokenizer).digest('hex').slice(0, 12);
  const settings = {
    name: 'engram-mini',
    revision,
    pooling: 'none',
    normalize: true,
    dims,
    max_seq: 512,
    document_prefix: '',
    query_prefix: '',
  };
  await mkdir(out, { recursive: true });
  await writeFile(join(out, 'model.onnx'), onnx);
  await writeFile(join(out, 'tokenizer.json'), tokenizer);
  await writeFile(join(out, 'engram.json'), `${JSON.stringify(settings, null, 2)}\n`);
  await writeFile(join(out, 'training.json'), `${JSON.stringify(report(trained, seed), null, 2)}\n`);
  if (card !== undefined) await writeFile(join(out, 'README.md'), card);
  await writeChecksums(out);
}

const report = ({ rows: _, ...figures }: Pick<Trained, 'rows'> & Partial<Trained>, seed: number) => ({
  seed,
  ...figures,
});

/** In the format of sha256sum, which can check it. */
export async function writeChecksums(out: string): Promise<void> {
  const lines: string[] = [];
  for (const file of (await readdir(out)).sort()) {
    if (file === 'SHA256SUMS') continue;
    const digest = createHash('sha256')
      .update(await readFile(join(out, file)))
      .digest('hex');
    lines.push(`${digest}  ${file}\n`);
  }
  await writeFile(join(out, 'SHA256SUMS'), lines.join(''));
}
