// Dot products of one query with a batch of vectors. The vectors are copied next to the query first: into memory that
// WebAssembly can read, where its 128-bit instructions are two to three times as fast as the same loop in JavaScript,
// the copy included. Where the engine or the processor lacks them, the loop does it.

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

const PAGE_BYTES = 65_536;

/** @returns null where the engine has no 128-bit instructions */
export function simdBatch(dims: number): DotBatch | null {
  const stride = strideOf(dims);
  const size = sizeOf(stride);
  const rowsAt = 4 * stride;
  const scoresAt = rowsAt + 4 * size * stride;
  const pages = Math.ceil((scoresAt + 4 * size) / PAGE_BYTES);
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
  const compare = kernel(memory);
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

/** Addresses and `width` in bytes; `rows` a multiple of 4, not 0; `width` a multiple of 16, not 0. */
type Kernel = (rows_at: number, query_at: number, scores_at: number, rows: number, width: number) => void;

function kernel(memory: WebAssembly.Memory): Kernel | null {
  try {
    const instance = new WebAssembly.Instance(new WebAssembly.Module(kernelBytes()), { host: { memory } });
    return instance.exports.compare as Kernel;
  } catch {
    return null;
  }
}

// Instructions of the kernel below, as the core specification encodes them: https://webassembly.github.io/spec/core/binary/
const VOID = 0x40;
const I32 = 0x7f;
const V128 = 0x7b;
const END = 0x0b;
const loop = (...body: number[]): number[] => [0x03, VOID, ...body, END];
/** Back to the start of the innermost loop, unless the number on the stack is 0. */
const AGAIN_IF = [0x0d, 0];
const get = (local: number): number[] => [0x20, local];
const set = (local: number): number[] => [0x21, local];
const tee = (local: number): number[] => [0x22, local];
const i32 = (small: number): number[] => [0x41, small];
const I32_LESS = 0x49;
const I32_ADD = 0x6a;
const I32_SUB = 0x6b;
const F32_ADD = 0x92;
const f32Store = (offset: number): number[] => [0x38, 2, offset];
const V128_LOAD = [0xfd, 0, 4, 0];
const V128_ZERO = [0xfd, 12, ...new Array<number>(16).fill(0)];
const f32Lane = (lane: number): number[] => [0xfd, 31, lane];
const F32X4_ADD = [0xfd, 0xe4, 1];
const F32X4_MUL = [0xfd, 0xe6, 1];

/**
 * A module with one function, `compare`. Four rows at a time share each load of the query, and their four sums do not
 * wait for each other. Every row is summed in the same order, so equal vectors have equal scores wherever they lie.
 */
function kernelBytes(): Uint8Array<ArrayBuffer> {
  const [first, query, scores, rows, width] = [0, 1, 2, 3, 4] as const; // the parameters
  const [at, second, third, fourth] = [5, 6, 7, 8] as const; // addresses
  const [a, b, c, d, part] = [9, 10, 11, 12, 13] as const; // four numbers each

  const addTo = (sum: number, row: number) => [
    ...[...get(row), ...get(at), I32_ADD, ...V128_LOAD, ...get(part), ...F32X4_MUL],
    ...[...get(sum), ...F32X4_ADD, ...set(sum)],
  ];
  const total = (sum: number) => [
    ...[...get(sum), ...f32Lane(0), ...get(sum), ...f32Lane(1), F32_ADD],
    ...[...get(sum), ...f32Lane(2), ...get(sum), ...f32Lane(3), F32_ADD, F32_ADD],
  ];
  const store = (sum: number, place: number) => [...get(scores), ...total(sum), ...f32Store(4 * place)];
  const body = loop(
    ...[...get(first), ...get(width), I32_ADD, ...tee(second)],
    ...[...get(width), I32_ADD, ...tee(third), ...get(width), I32_ADD, ...set(fourth)],
    ...[a, b, c, d].flatMap((sum) => [...V128_ZERO, ...set(sum)]),
    ...[...i32(0), ...set(at)],
    ...loop(
      ...[...get(query), ...get(at), I32_ADD, ...V128_LOAD, ...set(part)],
      ...[...addTo(a, first), ...addTo(b, second), ...addTo(c, third), ...addTo(d, fourth)],
      ...[...get(at), ...i32(16), I32_ADD, ...tee(at), ...get(width), I32_LESS, ...AGAIN_IF],
    ),
    ...[...store(a, 0), ...store(b, 1), ...store(c, 2), ...store(d, 3)],
    ...[...get(scores), ...i32(16), I32_ADD, ...set(scores)],
    ...[...get(fourth), ...get(width), I32_ADD, ...set(first)],
    ...[...get(rows), ...i32(4), I32_SUB, ...tee(rows), ...AGAIN_IF],
  );

  const name = (text: string) => [text.length, ...new TextEncoder().encode(text)];
  const size = (n: number): number[] => (n < 128 ? [n] : [(n & 127) | 128, ...size(n >>> 7)]);
  const sized = (content: readonly number[]) => [...size(content.length), ...content];
  const section = (id: number, ...content: number[]) => [id, ...sized(content)];
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0], // "\0asm", version 1
    ...section(1, 1, 0x60, 5, I32, I32, I32, I32, I32, 0), // one type: five integers, no result
    ...section(2, 1, ...name('host'), ...name('memory'), 2, 0, 1), // one import: a memory
    ...section(3, 1, 0), // one function, of that type
    ...section(7, 1, ...name('compare'), 0, 0), // exported
    ...section(10, 1, ...sized([2, 4, I32, 5, V128, ...body, END])), // its locals and its body
  ]);
}
