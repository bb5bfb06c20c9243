// Vectors of one user a second time, at a quarter of the size: each number as a byte. What a search spends is the way of all
// vectors from memory to the processor, so most are ruled out by their sketch, and only the rest is compared as it is.
//
// Nothing is lost by it: each sketch knows how far it is from its vector, so its score has an upper and a lower bound
// (Cauchy-Schwarz), and what is ruled out cannot be among the best.
import { BYTES, compareIn, memoryOf } from './simd.ts';

const BATCH_BYTES = 128 * 1024;
const ROW_LIMIT = 127;
/** Small enough that no sum of 4,096 products leaves 32 bits. */
const QUERY_LIMIT = 4095;
const MAX_DIMS = 4096;
/** Sums of floats, ours and those compared with, are off by less than this, for each unit of length of both sides. */
const ROUNDING = 1e-5;

const strideOf = (dims: number): number => Math.ceil(dims / 8) * 8;

/** Room in which one query meets a batch of sketches; shared by all users, for a search lets no other in. */
export interface SketchBatch {
  readonly dims: number;
  readonly stride: number;
  readonly size: number;
  readonly query: Int16Array;
  readonly rows: Int8Array;
  /** Of row `i` at `i`, after `run`. */
  readonly sums: Int32Array;
  run(count: number): void;
}

/** @returns null where the engine has no 128-bit instructions, or vectors are longer than sums have room for */
export function sketchBatch(dims: number): SketchBatch | null {
  if (dims > MAX_DIMS) return null;
  const stride = strideOf(dims);
  const size = Math.max(4, Math.floor(BATCH_BYTES / stride / 4) * 4);
  const rowsAt = 2 * stride;
  const sumsAt = rowsAt + size * stride;
  const memory = memoryOf(sumsAt + 4 * size);
  const compare = compareIn(memory, BYTES);
  return (
    compare && {
      dims,
      stride,
      size,
      query: new Int16Array(memory.buffer, 0, stride),
      rows: new Int8Array(memory.buffer, rowsAt, size * stride),
      sums: new Int32Array(memory.buffer, sumsAt, size),
      run: (count) => compare(rowsAt, 0, sumsAt, Math.ceil(count / 4) * 4, stride),
    }
  );
}

/** Between these lies the dot product of the query with each row. */
export interface Bounds {
  readonly middle: Float32Array;
  /** How far the dot product may be from the middle, either way. */
  readonly off: Float32Array;
}

export class Sketches {
  private readonly batch: SketchBatch;
  private values: Int8Array;
  /** What a step of a row is worth, and how far the row is from its vector. */
  private scales: Float32Array;
  private errors: Float32Array;
  /** Length of the longest vector there ever was. */
  private longest = 0;
  private bounds: Bounds;

  /** @param expected rows, to make room for at once */
  constructor(batch: SketchBatch, expected: number) {
    this.batch = batch;
    const room = Math.max(16, expected);
    this.values = new Int8Array(room * batch.stride);
    this.scales = new Float32Array(room);
    this.errors = new Float32Array(room);
    this.bounds = { middle: new Float32Array(0), off: new Float32Array(0) };
  }

  get bytes(): number {
    return this.values.byteLength + this.scales.byteLength + this.errors.byteLength;
  }

  set(row: number, vector: Float32Array): void {
    if (row >= this.scales.length) this.grow(row + 1);
    const { dims, stride } = this.batch;
    let most = 0;
    for (let i = 0; i < dims; i++) most = Math.max(most, Math.abs(vector[i]!));
    const scale = most / ROW_LIMIT;
    const at = row * stride;
    let error = 0;
    let square = 0;
    for (let i = 0; i < dims; i++) {
      const value = vector[i]!;
      const step = scale > 0 ? Math.round(value / scale) : 0;
      this.values[at + i] = step;
      error += (value - step * scale) ** 2;
      square += value * value;
    }
    this.scales[row] = scale;
    this.errors[row] = Math.sqrt(error);
    const length = Math.sqrt(square);
    if (length > this.longest) this.longest = length;
  }

  /** The last row takes the place of another. */
  move(from: number, to: number): void {
    const { stride } = this.batch;
    this.values.copyWithin(to * stride, from * stride, (from + 1) * stride);
    this.scales[to] = this.scales[from]!;
    this.errors[to] = this.errors[from]!;
  }

  private grow(rows: number): void {
    const room = Math.ceil(rows * 1.5);
    const larger = <T extends Int8Array | Float32Array>(fresh: T, old: T): T => {
      fresh.set(old);
      return fresh;
    };
    this.values = larger(new Int8Array(room * this.batch.stride), this.values);
    this.scales = larger(new Float32Array(room), this.scales);
    this.errors = larger(new Float32Array(room), this.errors);
  }

  /** @returns bounds of the first `count` rows; the next call uses the same arrays */
  compare(query: Float32Array, count: number): Bounds {
    const { stride, size, rows, sums } = this.batch;
    const { scale, error, length } = this.ask(query);
    if (this.bounds.middle.length < count) {
      const room = this.scales.length;
      this.bounds = { middle: new Float32Array(room), off: new Float32Array(room) };
    }
    const { middle, off } = this.bounds;
    const { values, scales, errors } = this;
    const always = this.longest * (error + ROUNDING * length);
    for (let from = 0; from < count; from += size) {
      const many = Math.min(size, count - from);
      rows.set(values.subarray(from * stride, (from + many) * stride));
      this.batch.run(many);
      for (let i = 0; i < many; i++) {
        const row = from + i;
        middle[row] = sums[i]! * scales[row]! * scale;
        // The sketch may be longer than the longest vector by its own error.
        off[row] = errors[row]! * (length + error) + always;
      }
    }
    return this.bounds;
  }

  /** Puts the query where it is compared. @returns what a step of it is worth, how far it is from the query, and its length */
  private ask(query: Float32Array): { scale: number; error: number; length: number } {
    let most = 0;
    for (const value of query) most = Math.max(most, Math.abs(value));
    const scale = most / QUERY_LIMIT;
    const asked = this.batch.query;
    let error = 0;
    let square = 0;
    for (const [i, value] of query.entries()) {
      const step = scale > 0 ? Math.round(value / scale) : 0;
      asked[i] = step;
      error += (value - step * scale) ** 2;
      square += value * value;
    }
    return { scale, error: Math.sqrt(error), length: Math.sqrt(square) };
  }
}
