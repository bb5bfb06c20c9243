// Dot products of one query with a batch of vectors. The vectors are copied next to the query first: into memory that
// WebAssembly can read, where its 128-bit instructions are two to three times as fast as the same loop in JavaScript,
// the copy included. Where the engine or the processor lacks them, the loop does it.
import { compareIn, FLOATS, memoryOf } from './simd.ts';

/** Room for a query, a batch of vectors and their scores. The caller fills `query` and `rows`, then calls `run`. */
export interface DotBatch {
  /** Numbers from the start of one vector to the next: the dimensions, rounded up to four. The rest must be zero. */
  readonly stride: number;
  /** Vectors in a full batch. */
  readonly size: number;
  readonly query: Float32Array;
  readonly rows: Float32Array;
  /** Of row `i` at `i`, after `run`. */
  readonly scores: Float32Array;
  /** @param count rows to compare, from the first */
  run(count: number): void;
}

/** Stays in the cache next to the processor from the copy to the comparison. */
const BATCH_BYTES = 128 * 1024;

export const strideOf = (dims: number): number => Math.ceil(dims / 4) * 4;

/** The faster of the two that works here. */
export function dotBatch(dims: number): DotBatch {
  return simdBatch(dims) ?? plainBatch(dims);
}

/** A multiple of four, for the kernel takes four rows at a time. */
const sizeOf = (stride: number): number => Math.max(4, Math.floor(BATCH_BYTES / (4 * stride) / 4) * 4);

export function plainBatch(dims: number): DotBatch {
  const stride = strideOf(dims);
  const size = sizeOf(stride);
  const query = new Float32Array(stride);
  const rows = new Float32Array(size * stride);
  const scores = new Float32Array(size);
  // The engine computes in doubles: the query is converted once, not for every row.
  const doubles = new Float64Array(stride);
  return {
    stride,
    size,
    query,
    rows,
    scores,
    run(count) {
      doubles.set(query);
      for (let row = 0; row < count; row++) scores[row] = dot(rows, row * stride, doubles);
    },
  };
}

/** Four sums at once: one alone would wait for each addition before the next, at about half the speed. */
function dot(values: Float32Array, start: number, query: Float64Array): number {
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  for (let i = 0; i < query.length; i += 4) {
    const at = start + i;
    a += values[at]! * query[i]!;
    b += values[at + 1]! * query[i + 1]!;
    c += values[at + 2]! * query[i + 2]!;
    d += values[at + 3]! * query[i + 3]!;
  }
  return a + b + (c + d);
}

/** @returns null where the engine has no 128-bit instructions */
export function simdBatch(dims: number): DotBatch | null {
  const stride = strideOf(dims);
  const size = sizeOf(stride);
  const rowsAt = 4 * stride;
  const scoresAt = rowsAt + 4 * size * stride;
  const memory = memoryOf(scoresAt + 4 * size);
  const compare = compareIn(memory, FLOATS);
  return (
    compare && {
      stride,
      size,
      query: new Float32Array(memory.buffer, 0, stride),
      rows: new Float32Array(memory.buffer, rowsAt, size * stride),
      scores: new Float32Array(memory.buffer, scoresAt, size),
      run: (count) => compare(rowsAt, 0, scoresAt, Math.ceil(count / 4) * 4, 4 * stride),
    }
  );
}
