// The rows of a LanceDB vector table: its columns, records as a batch of them, and what a source has in their stead.
import {
  Table as ArrowTable,
  Field,
  FixedSizeList,
  Float32,
  Int32,
  Int64,
  makeData,
  RecordBatch,
  Schema,
  Struct,
  Utf8,
  vectorFromArray,
} from 'apache-arrow';
import { FIRST_PLACE, type VectorPlace, type VectorRecord, type VectorSource } from '../../core/ports.ts';
import { byMemory } from './pieces.ts';

export const schemaOf = (dims: number): Schema =>
  new Schema([
    new Field('memory_id', new Int64(), false),
    new Field('part', new Int32(), false),
    new Field('content_hash', new Utf8(), false),
    new Field('vector', new FixedSizeList(dims, new Field('item', new Float32(), true)), false),
  ]);

/** Columns built by hand: the library's own conversion visits every number of every vector. */
export function toArrow(schema: Schema, dims: number, records: readonly VectorRecord[]): ArrowTable {
  const length = records.length;
  const flat = new Float32Array(length * dims);
  for (const [row, record] of records.entries()) flat.set(record.vector, row * dims);
  const ids = BigInt64Array.from(records, (record) => BigInt(record.memory_id));
  const parts = Int32Array.from(records, (record) => record.part);
  const hashes = vectorFromArray(
    records.map((record) => record.content_hash),
    new Utf8(),
  );
  const item = new Field('item', new Float32(), true);
  const children = [
    makeData({ type: new Int64(), length, nullCount: 0, data: ids }),
    makeData({ type: new Int32(), length, nullCount: 0, data: parts }),
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

export const NO_IDS = new BigInt64Array();
export const NO_PARTS = new Int32Array();

/** What tells the pieces of a memory from others without looking at their vectors. */
export const signature = (pieces: readonly { part: number; content_hash: string }[]): string =>
  pieces.map(({ part, content_hash }) => `${part} ${content_hash}`).join('\n');

/** The order of the pieces does not matter. */
export const sameSignature = (a: string | undefined, b: string): boolean =>
  a === b || (a?.length === b.length && a.split('\n').sort().join() === b.split('\n').sort().join());

/** Signatures of the memories in a result with `memory_id`, `part` and `content_hash`. */
export function signatures(rows: ArrowTable): Map<number, string> {
  const memories = new Map<number, string>();
  const parts = column(rows, 'part', NO_PARTS);
  const hashes = rows.getChild('content_hash');
  for (const [row, big] of column(rows, 'memory_id', NO_IDS).entries()) {
    const id = Number(big);
    const piece = signature([{ part: parts[row]!, content_hash: hashes!.get(row) as string }]);
    const others = memories.get(id);
    memories.set(id, others === undefined ? piece : `${others}\n${piece}`);
  }
  return memories;
}

/** Reads a source page by page, each page as whole memories: what a page ends within comes with the next. */
export async function* memoriesOf(
  source: VectorSource,
  user_id: number,
  model: string,
  page_size: number,
): AsyncGenerator<Map<number, readonly VectorRecord[]>> {
  let begun: VectorRecord[] = [];
  for (let after: VectorPlace = FIRST_PLACE; ; ) {
    const page = await source.page(user_id, model, after, page_size);
    const memories = byMemory([...begun, ...page]);
    const last = page.length < page_size ? null : page.at(-1)!;
    begun = last ? [...memories.get(last.memory_id)!] : [];
    if (last) memories.delete(last.memory_id);
    yield memories;
    if (!last) return;
    after = last;
  }
}
