// The Arrow side of a LanceDB vector table: its columns, and records as a batch of them.
import {
  Table as ArrowTable,
  Field,
  FixedSizeList,
  Float32,
  Int64,
  makeData,
  RecordBatch,
  Schema,
  Struct,
  Utf8,
  vectorFromArray,
} from 'apache-arrow';
import type { VectorRecord } from '../../core/ports.ts';

export const schemaOf = (dims: number): Schema =>
  new Schema([
    new Field('memory_id', new Int64(), false),
    new Field('content_hash', new Utf8(), false),
    new Field('vector', new FixedSizeList(dims, new Field('item', new Float32(), true)), false),
  ]);

/** Columns built by hand: the library's own conversion visits every number of every vector. */
export function toArrow(schema: Schema, dims: number, records: readonly VectorRecord[]): ArrowTable {
  const length = records.length;
  const flat = new Float32Array(length * dims);
  for (const [row, record] of records.entries()) flat.set(record.vector, row * dims);
  const ids = BigInt64Array.from(records, (record) => BigInt(record.memory_id));
  const hashes = vectorFromArray(
    records.map((record) => record.content_hash),
    new Utf8(),
  );
  const item = new Field('item', new Float32(), true);
  const children = [
    makeData({ type: new Int64(), length, nullCount: 0, data: ids }),
    hashes.data[0]!,
    makeData({
      type: new FixedSizeList(dims, item),
      length,
      nullCount: 0,
      child: makeData({ type: new Float32(), length: flat.length, nullCount: 0, data: flat }),
    }),
  ];
  const data = makeData({ type: new Struct(schema.fields), length, nullCount: 0, children });
  return new ArrowTable(schema, new RecordBatch(schema, data));
}

/** A column of a result. LanceDB gives a result without rows no columns either. */
export const column = <T extends ArrayLike<unknown>>(rows: ArrowTable, name: string, none: T): T =>
  rows.numRows === 0 ? none : (rows.getChild(name)!.toArray() as T);
