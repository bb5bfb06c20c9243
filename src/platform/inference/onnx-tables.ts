// Takes the tables out of an ONNX file whose graph does nothing but look token rows up and add them, so that plain code
// can do the same: ONNX Runtime alone is some 40 MB and most of the time a small model takes to load.
// Only the graph that models/train/export.ts writes (`sentenceGraph`) is known, exactly; any other is for ONNX Runtime.
// Field numbers are those of onnx.proto, wire types those of protobuf's encoding.
import { closeSync, openSync, readSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { toFloats } from '../../core/float-bytes.ts';

export interface SentenceTables {
  readonly dims: number;
  /** [tokens, dims], less than 2 ** 31 numbers, in the memory the file was read into. */
  readonly rows: Int8Array;
  /** [tokens]: what the numbers of a row are multiplied by. */
  readonly scales: Float32Array;
  /** A sum shorter than this has no direction. */
  readonly least: number;
}

/** Results, operator, arguments and attributes of each node, in the order they are computed. */
const NODES = [
  'small = Gather(rows, input_ids) axis=0',
  'tokens = Cast(small) to=1',
  'token_scales = Gather(scales, input_ids) axis=0',
  'mask = Cast(attention_mask) to=1',
  'shares = Mul(token_scales, mask)',
  'shares_row = Unsqueeze(shares, middle)',
  'sum_row = MatMul(shares_row, tokens)',
  'sum = Squeeze(sum_row, middle)',
  'length = ReduceL2(sum) axes=[1] keepdims=1',
  'divisor = Max(length, least)',
  'sentence_embedding = Div(sum, divisor)',
];
/** Element types of a tensor. */
const FLOAT = 1;
const INT8 = 3;
const INT64 = 7;
const OPSET = 13;

/** The nodes come first in a file and take less than this. Whatever is larger need not be read to know that it differs. */
const HEAD_BYTES = 4096;

/** Whether the nodes are those of the graph: told from the beginning of the file, at once. */
export function isSentenceGraph(path: string): boolean {
  const file = openSync(path, 'r');
  try {
    const head = new Uint8Array(HEAD_BYTES);
    return sameNodes(readModel(head.subarray(0, readSync(file, head))));
  } finally {
    closeSync(file);
  }
}

/** @returns null when the graph is any other, or the file is damaged */
export async function readTables(path: string): Promise<SentenceTables | null> {
  return isSentenceGraph(path) ? tablesOf(readModel(await readFile(path))) : null;
}

const sameNodes = ({ nodes }: Model): boolean => nodes.join('\n') === NODES.join('\n');

function tablesOf(model: Model): SentenceTables | null {
  const { inputs, outputs, opsets, unknown, tensors } = model;
  const [rows, scales, least, middle] = ['rows', 'scales', 'least', 'middle'].map((name) => tensors.get(name));
  if (!sameNodes(model) || unknown || tensors.size !== 4 || !rows || !scales || !least || !middle) return null;
  const [tokens = 0, dims = 0] = rows.dims;
  const fits =
    opsets.join() === `:${OPSET}` &&
    inputs.join() === `input_ids ${INT64}[?;?],attention_mask ${INT64}[?;?]` &&
    outputs.join() === `sentence_embedding ${FLOAT}[?;${dims}]` &&
    isTensor(rows, INT8, [tokens, dims], 1) &&
    isTensor(scales, FLOAT, [tokens], 4) &&
    isTensor(least, FLOAT, [1], 4) &&
    isTensor(middle, INT64, [1], 8) &&
    tokens * dims > 0 &&
    tokens * dims < 2 ** 31 &&
    new DataView(middle.raw.buffer, middle.raw.byteOffset).getBigInt64(0, true) === 1n;
  if (!fits) return null;
  return {
    dims,
    rows: new Int8Array(rows.raw.buffer, rows.raw.byteOffset, rows.raw.byteLength),
    scales: toFloats(scales.raw),
    least: toFloats(least.raw)[0]!,
  };
}

const isTensor = ({ type, dims, raw }: Tensor, wanted: number, shape: readonly number[], bytes: number): boolean =>
  type === wanted && dims.join() === shape.join() && raw.length === shape.reduce((size, dim) => size * dim, bytes);

/** A copy: in the file they begin anywhere, and numbers of four bytes can be read only where a multiple of four begins. */

// --- the messages of onnx.proto, as far as that graph has them ------------------------------------------------------

interface Tensor {
  dims: number[];
  type: number;
  raw: Uint8Array;
}

interface Model {
  nodes: string[];
  tensors: Map<string, Tensor>;
  /** Name, element type and shape, `?` for a free dimension. */
  inputs: string[];
  outputs: string[];
  /** `domain:version`. */
  opsets: string[];
  /** Something that may change what is computed. */
  unknown: boolean;
}

/** Of a file cut short, what is there. */
function readModel(file: Uint8Array): Model {
  const model: Model = { nodes: [], tensors: new Map(), inputs: [], outputs: [], opsets: [], unknown: false };
  for (const { field, bytes } of fields(file)) {
    if (field === 7) readGraph(bytes, model);
    else if (field === 8) model.opsets.push(readOpset(bytes));
    // Versions, who made it, and comments.
    else if (![1, 2, 3, 4, 5, 6, 14].includes(field)) model.unknown = true;
  }
  return model;
}

function readGraph(graph: Uint8Array, model: Model): void {
  for (const { field, bytes } of fields(graph)) {
    if (field === 1) model.nodes.push(readNode(bytes));
    else if (field === 5) readTensor(bytes, model);
    else if (field === 11) model.inputs.push(readValue(bytes));
    else if (field === 12) model.outputs.push(readValue(bytes));
    // Its name, and comments.
    else if (field !== 2 && field !== 10) model.unknown = true;
  }
}

function readNode(node: Uint8Array): string {
  const inputs: string[] = [];
  const outputs: string[] = [];
  let operator = '';
  let more = '';
  for (const { field, bytes } of fields(node)) {
    if (field === 1) inputs.push(text(bytes));
    else if (field === 2) outputs.push(text(bytes));
    else if (field === 4) operator = text(bytes);
    else if (field === 5) more += ` ${readAttribute(bytes)}`;
    else if (field !== 3 && field !== 6) more += ` field ${field}`;
  }
  return `${outputs.join(', ')} = ${operator}(${inputs.join(', ')})${more}`;
}

function readAttribute(attribute: Uint8Array): string {
  let name = '';
  let whole = '';
  const wholes: number[] = [];
  for (const { field, number, bytes } of fields(attribute)) {
    if (field === 1) name = text(bytes);
    else if (field === 3) whole = String(number);
    else if (field === 8) wholes.push(number);
    else if (field !== 13 && field !== 20) whole += ` field ${field}`;
  }
  return `${name}=${whole}${wholes.length > 0 ? `[${wholes.join(', ')}]` : ''}`;
}

function readTensor(message: Uint8Array, model: Model): void {
  const tensor: Tensor = { dims: [], type: 0, raw: new Uint8Array() };
  let name = '';
  for (const { field, number, bytes } of fields(message)) {
    if (field === 1) tensor.dims.push(number);
    else if (field === 2) tensor.type = number;
    else if (field === 8) name = text(bytes);
    else if (field === 9) tensor.raw = bytes;
    // Numbers kept in another form, or in another file.
    else if (field !== 12) model.unknown = true;
  }
  model.tensors.set(name, tensor);
}

function readValue(value: Uint8Array): string {
  let name = '';
  let type = '';
  for (const { field, bytes } of fields(value)) {
    if (field === 1) name = text(bytes);
    else if (field === 2) for (const inner of fields(bytes)) type += inner.field === 1 ? readType(inner.bytes) : '?';
  }
  return `${name} ${type}`;
}

function readType(tensor: Uint8Array): string {
  let element = 0;
  const dims: string[] = [];
  for (const { field, number, bytes } of fields(tensor)) {
    if (field === 1) element = number;
    else if (field === 2) for (const dim of fields(bytes)) dims.push(readDim(dim.bytes));
  }
  return `${element}[${dims.join(';')}]`;
}

function readDim(dim: Uint8Array): string {
  for (const { field, number } of fields(dim)) if (field === 1) return String(number);
  return '?';
}

function readOpset(opset: Uint8Array): string {
  let domain = '';
  let version = 0;
  for (const { field, number, bytes } of fields(opset)) {
    if (field === 1) domain = text(bytes);
    else if (field === 2) version = number;
  }
  return `${domain}:${version}`;
}

// --- protobuf -------------------------------------------------------------------------------------------------------

interface Field {
  field: number;
  /** A number, where it is one. */
  number: number;
  /** Text, raw data or a message; empty where it is a number. */
  bytes: Uint8Array;
}

const NOTHING = new Uint8Array();
const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

/** The fields of a message in the order they were written. The last is short when the bytes end before it does. */
function* fields(message: Uint8Array): Generator<Field> {
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let unit = 1; at < message.length; unit *= 128) {
      const byte = message[at++]!;
      value += (byte & 127) * unit;
      if (byte < 128) break;
    }
    return value;
  };
  while (at < message.length) {
    const tag = varint();
    const wire = tag % 8;
    const number = wire === 0 ? varint() : 0;
    const length = wire === 0 ? 0 : wire === 1 ? 8 : wire === 2 ? varint() : wire === 5 ? 4 : Number.NaN;
    // Groups, which ONNX does not have, or no protobuf at all.
    if (Number.isNaN(length)) return;
    yield { field: Math.floor(tag / 8), number, bytes: length > 0 ? message.subarray(at, at + length) : NOTHING };
    at += length;
  }
}
