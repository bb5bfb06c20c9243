// Writes ONNX protobuf by hand: field numbers are those of onnx.proto3. What graphs of ours need, trained or made for tests.
export type Bytes = Uint8Array;

export const concat = (parts: readonly Bytes[]): Bytes => new Uint8Array(Buffer.concat(parts));
const utf8 = (content: string): Bytes => new TextEncoder().encode(content);

function varint(value: number): Bytes {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 128) {
    bytes.push((rest % 128) + 128);
    rest = Math.floor(rest / 128);
  }
  bytes.push(rest);
  return Uint8Array.from(bytes);
}

export const int = (field: number, value: number): Bytes => concat([varint(field * 8), varint(value)]);
export const bytes = (field: number, value: Bytes): Bytes =>
  concat([varint(field * 8 + 2), varint(value.length), value]);
export const text = (field: number, value: string): Bytes => bytes(field, utf8(value));
export const message = (field: number, ...parts: Bytes[]): Bytes => bytes(field, concat(parts));

export const FLOAT = 1;
export const INT8 = 3;
export const INT64 = 7;

/** A dimension: a number, or the name of a free one. */
export type Dim = number | string;

const shape = (dims: readonly Dim[]): Bytes =>
  message(2, ...dims.map((dim) => message(1, typeof dim === 'number' ? int(1, dim) : text(2, dim))));

/** ValueInfoProto: what an input or output is called, holds and measures. */
export const value = (field: 11 | 12, name: string, type: number, dims: readonly Dim[]): Bytes =>
  message(field, text(1, name), message(2, message(1, int(1, type), shape(dims))));

export const input = (name: string, type: number, dims: readonly Dim[]): Bytes => value(11, name, type, dims);
export const output = (name: string, type: number, dims: readonly Dim[]): Bytes => value(12, name, type, dims);

/** A constant of the graph. */
export function tensor(name: string, dims: readonly number[], data: Float32Array | Int8Array | BigInt64Array): Bytes {
  const type = data instanceof Float32Array ? FLOAT : data instanceof Int8Array ? INT8 : INT64;
  const raw = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return message(5, ...dims.map((dim) => int(1, dim)), int(2, type), text(8, name), bytes(9, raw));
}

export const axes = (name: string, ...axis: number[]): Bytes =>
  tensor(name, [axis.length], BigInt64Array.from(axis.map(BigInt)));

/** An integer attribute of a node. */
export const whole = (name: string, number: number): Bytes => message(5, text(1, name), int(3, number), int(20, 2));

/** A float attribute of a node. */
export function real(name: string, number: number): Bytes {
  const raw = new Uint8Array(Float32Array.of(number).buffer);
  return message(5, text(1, name), concat([varint(2 * 8 + 5), raw]), int(20, 1));
}

export const node = (op: string, inputs: readonly string[], result: string, ...attributes: Bytes[]): Bytes =>
  message(1, ...inputs.map((name) => text(1, name)), text(2, result), text(3, result), text(4, op), ...attributes);

export const model = (producer: string, ...graph: Bytes[]): Bytes =>
  concat([int(1, 8), text(2, producer), message(7, text(2, producer), ...graph), message(8, text(1, ''), int(2, 13))]);

/** A list of integers as attribute of a node. */
export const wholes = (name: string, ...numbers: number[]): Bytes =>
  message(5, text(1, name), ...numbers.map((number) => int(8, number)), int(20, 7));
