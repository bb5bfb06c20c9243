// The one loop that a search by meaning spends its time in, for WebAssembly: dot products of a query with rows that lie one
// after the other, four rows at a time. They share each load of the query, and their four sums do not wait for each other.
// Every row is summed in the same order, so equal rows have equal scores wherever they lie.

/** Addresses and `width` in bytes; `rows` a multiple of 4, not 0; `width`, of one row, a multiple of the kind's step, not 0. */
export type Compare = (rows_at: number, query_at: number, scores_at: number, rows: number, width: number) => void;

/** What numbers the rows are made of, in instructions. */
export interface Numbers {
  /** Bytes of a row that are compared at once. */
  readonly step: number;
  /** Bytes of the query for one byte of a row, as a power of two. */
  readonly query_shift: number;
  readonly load: readonly number[];
  /** From a part of a row and a part of the query to four sums, to be added to those there are. */
  readonly multiply: readonly number[];
  readonly add: readonly number[];
  readonly lane: (lane: number) => readonly number[];
  readonly add_lanes: number;
  readonly store: (offset: number) => readonly number[];
}

const PAGE_BYTES = 65_536;

export function memoryOf(bytes: number): WebAssembly.Memory {
  const pages = Math.ceil(bytes / PAGE_BYTES);
  return new WebAssembly.Memory({ initial: pages, maximum: pages });
}

/** @returns null where the engine has no 128-bit instructions */
export function compareIn(memory: WebAssembly.Memory, numbers: Numbers): Compare | null {
  try {
    const instance = new WebAssembly.Instance(new WebAssembly.Module(moduleOf(numbers)), { host: { memory } });
    return instance.exports.compare as Compare;
  } catch {
    return null;
  }
}

// Instructions, as the core specification encodes them: https://webassembly.github.io/spec/core/binary/
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
const I32_SHIFT_LEFT = 0x74;
const V128_LOAD = [0xfd, 0, 4, 0];
const V128_ZERO = [0xfd, 12, ...new Array<number>(16).fill(0)];

/** Rows and query of 32-bit floats; the scores are floats. */
export const FLOATS: Numbers = {
  step: 16,
  query_shift: 0,
  load: V128_LOAD,
  multiply: [0xfd, 0xe6, 1], // f32x4.mul
  add: [0xfd, 0xe4, 1], // f32x4.add
  lane: (lane) => [0xfd, 31, lane], // f32x4.extract_lane
  add_lanes: 0x92, // f32.add
  store: (offset) => [0x38, 2, offset], // f32.store
};

/** Rows of signed bytes, a query of signed 16-bit numbers; the scores are 32-bit integers. */
export const BYTES: Numbers = {
  step: 8,
  query_shift: 1,
  load: [0xfd, 1, 3, 0], // v128.load8x8_s: eight bytes, widened
  multiply: [0xfd, 0xba, 1], // i32x4.dot_i16x8_s
  add: [0xfd, 0xae, 1], // i32x4.add
  lane: (lane) => [0xfd, 27, lane], // i32x4.extract_lane
  add_lanes: I32_ADD,
  store: (offset) => [0x36, 2, offset], // i32.store
};

/** A module with one function, `compare`. */
function moduleOf(numbers: Numbers): Uint8Array<ArrayBuffer> {
  const [first, query, scores, rows, width] = [0, 1, 2, 3, 4] as const; // the parameters
  const [at, second, third, fourth] = [5, 6, 7, 8] as const; // addresses
  const [a, b, c, d, part] = [9, 10, 11, 12, 13] as const; // four numbers each

  const addTo = (sum: number, row: number) => [
    ...[...get(row), ...get(at), I32_ADD, ...numbers.load, ...get(part), ...numbers.multiply],
    ...[...get(sum), ...numbers.add, ...set(sum)],
  ];
  const lane = (sum: number, n: number) => [...get(sum), ...numbers.lane(n)];
  const { add_lanes } = numbers;
  const total = (sum: number) => [
    ...[...lane(sum, 0), ...lane(sum, 1), add_lanes],
    ...[...lane(sum, 2), ...lane(sum, 3), add_lanes, add_lanes],
  ];
  const store = (sum: number, place: number) => [...get(scores), ...total(sum), ...numbers.store(4 * place)];
  const inQuery = numbers.query_shift === 0 ? get(at) : [...get(at), ...i32(numbers.query_shift), I32_SHIFT_LEFT];
  const body = loop(
    ...[...get(first), ...get(width), I32_ADD, ...tee(second)],
    ...[...get(width), I32_ADD, ...tee(third), ...get(width), I32_ADD, ...set(fourth)],
    ...[a, b, c, d].flatMap((sum) => [...V128_ZERO, ...set(sum)]),
    ...[...i32(0), ...set(at)],
    ...loop(
      ...[...get(query), ...inQuery, I32_ADD, ...V128_LOAD, ...set(part)],
      ...[...addTo(a, first), ...addTo(b, second), ...addTo(c, third), ...addTo(d, fourth)],
      ...[...get(at), ...i32(numbers.step), I32_ADD, ...tee(at), ...get(width), I32_LESS, ...AGAIN_IF],
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
