// Which files are the sentence graph, and that its tables come out as they went in.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { quantise, sentenceGraph } from '../../../models/train/export.ts';
import {
  axes,
  type Bytes,
  concat,
  int,
  message,
  node,
  tensor,
  text,
  whole,
} from '../../../models/train/onnx-writer.ts';
import { hiddenStateModel, randomTable, scalarModel, staticModel } from '../../../test/support/onnx-model.ts';
import { readTables } from './onnx-tables.ts';

const DIMS = 24;
const TOKENS = 300;
const quantised = quantise(randomTable(TOKENS, DIMS, 42), DIMS);
const graph = sentenceGraph(quantised, DIMS);

let root: string;
let files = 0;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'engram-tables-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

async function read(content: Bytes | string) {
  const path = join(root, `${++files}.onnx`);
  await writeFile(path, content);
  return readTables(path);
}

/** The graph with some bytes of it replaced by as many others, where they first stand. */
function replaced(from: string, to: string): Bytes {
  expect(to.length).toBe(from.length);
  const bytes = Buffer.from(graph);
  const at = bytes.indexOf(from, 0, 'latin1');
  expect(at).toBeGreaterThanOrEqual(0);
  bytes.write(to, at, 'latin1');
  return bytes;
}
/** A message that is there twice is one with the fields of both. */
const and = (...more: Bytes[]): Bytes => concat([graph, message(7, ...more)]);

describe('the sentence graph', () => {
  it('gives its tables', async () => {
    const tables = await read(graph);
    expect(tables).toMatchObject({ dims: DIMS, least: Math.fround(1e-12) });
    expect(Array.from(tables!.rows)).toEqual(Array.from(quantised.values));
    expect(Array.from(tables!.scales)).toEqual(Array.from(quantised.scales));
  });

  it('is recognised wherever in memory its numbers come to lie', async () => {
    for (let size = 1; size <= 8; size++) {
      const tables = await read(sentenceGraph(quantise(randomTable(size, 1, size), 1), 1));
      expect(tables!.scales.length).toBe(size);
    }
  });

  it('may be commented', async () => {
    expect(await read(concat([graph, text(6, 'about the model'), message(7, text(10, 'about the graph'))]))).not.toBe(
      null,
    );
  });
});

describe('nothing else is', () => {
  const others: [string, () => Bytes | string][] = [
    ['nothing', () => ''],
    ['text', () => 'name = "engram-mini"'],
    ['token vectors', () => hiddenStateModel(randomTable(14, 8, 1), 8)],
    ['a mean of token vectors', () => staticModel(randomTable(14, 8, 1), 8)],
    ['a number per text', () => scalarModel()],
    ['another operator', () => replaced('ReduceL2', 'ReduceL1')],
    ['another argument', () => replaced('\x0a\x0ashares_row', '\x0a\x0ashared_row')],
    ['another attribute', () => replaced('keepdims', 'keepdimz')],
    ['another name of a table', () => replaced('\x42\x06scales', '\x42\x06weight')],
    ['another input', () => replaced('attention_mask', 'attention_bias')],
    ['inputs of one size', () => replaced('\x0a\x07\x12\x05batch', '\x0a\x07\x08\x05\x1a\x03any')],
    ['one more node', () => and(node('Neg', ['sentence_embedding'], 'negative'))],
    ['one more tensor', () => and(axes('last', 2))],
    ['a tensor in another form', () => and(message(15, text(1, 'sparse')))],
    ['another element type', () => and(tensor('rows', [TOKENS, DIMS], new Float32Array(TOKENS * DIMS)))],
    ['rows and scales of different number', () => and(tensor('scales', [1], Float32Array.of(1)))],
    ['another axis', () => and(axes('middle', 2))],
    ['weights in a file of their own', () => and(message(5, text(8, 'rows'), message(13, text(1, 'location'))))],
    ['a norm over another axis', () => replaced('axes@\x01', 'axes@\x02')],
    ['rows along another axis', () => replaced('axis\x18\x00', 'axis\x18\x01')],
    ['functions of its own', () => concat([graph, message(25, text(1, 'Gather'))])],
    ['another version of the operators', () => concat([graph, message(8, text(1, ''), int(2, 18))])],
    ['operators of its own', () => concat([graph, message(8, text(1, 'com.example'), int(2, 1))])],
    ['two attributes in one node', () => and(node('Cast', ['small'], 'tokens', whole('to', 1), whole('to', 1)))],
  ];
  it.each(others)('%s', async (_, content) => {
    expect(await read(content())).toBeNull();
  });

  it('a part of it', async () => {
    const lengths = Array.from({ length: 40 }, (_, i) => Math.floor((graph.length * i) / 40));
    for (const length of [...lengths, graph.length - 1]) {
      expect(await read(graph.subarray(0, length)), `${length} bytes`).toBeNull();
    }
  });
});
